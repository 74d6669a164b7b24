"""Evidence bundles: built when the material is there, built again when there is more of it, checked before they are kept."""

from typing import Final

import structlog

from chain.deployment import Deployment
from chain.gateway import Gateway
from chain.proofs import Prover
from orchestrator.engine.items import Items
from orchestrator.services import evidence
from orchestrator.services.evidence import Gathered
from orchestrator.services.ports import Transactions
from orchestrator.store import receipts
from protocol import bundle, chainproof, verify
from protocol.bundle import BundleMaterial
from protocol.errors import UnavailableError
from protocol.trust import Trust

_log = structlog.get_logger()
_PAUSE: Final = 2.0


class Bundling:
    """One step builds what is due."""

    def __init__(self, database: Transactions, gateway: Gateway) -> None:
        self._database: Final = database
        self._gateway: Final = gateway
        self._items: Final = Items(database, "bundle")
        self._prover: Final = Prover(gateway.endpoint)

    def step(self) -> bool:
        """Build what is due; False when nothing was."""
        with self._database.transaction() as tx:
            due = receipts.due_bundles(tx)
        return self._items.each(due, lambda item: item[0].hex(), self._built)

    def _built(self, item: tuple[bytes, int]) -> bool:
        """One bundle; when something does not answer it goes behind the others, so that it cannot starve them."""
        try:
            return self._one(*item)
        except UnavailableError:
            with self._database.transaction() as tx:
                receipts.postpone_bundle(tx, item[0], _PAUSE)
            raise

    def _one(self, task: bytes, marked: int) -> bool:
        with self._database.transaction() as tx:
            gathered = evidence.gather(tx, task)
            if gathered is None or receipts.bundle_fingerprint(tx, task) == gathered.fingerprint:
                receipts.bundle_settled(tx, task, marked)
                return False
        data = self._build(gathered)
        with self._database.transaction() as tx:
            receipts.put_bundle(tx, task, gathered.fingerprint, data)
            receipts.bundle_settled(tx, task, marked)
        return True

    def _build(self, gathered: Gathered) -> bytes:
        proofs = tuple(self._prover.receipt_proof(tx_hash) for _, tx_hash in gathered.transactions)
        headers = tuple(self._prover.header_chain(0, gathered.last_block))
        data = bundle.build(
            BundleMaterial(
                gathered.task,
                gathered.contract,
                gathered.authorizations,
                gathered.logs,
                headers,
                tuple(sorted(proofs, key=lambda proof: (proof.block, proof.index))),
            )
        )
        report = verify.verify(data, _own_trust(self._gateway.deployment, headers))
        _log.info(
            "evidence.bundle_built",
            task=gathered.task.hex(),
            bytes=len(data),
            blocks=len(headers),
            state=report.state,
            not_holding=[step.number for step in report.steps if step.outcome != "holds"],
        )
        return data


def _own_trust(deployment: Deployment, headers: tuple[bytes, ...]) -> Trust:
    """What we ourselves hold true, to notice a bundle that nobody could verify."""
    return Trust(
        deployment=bytes.fromhex(deployment.deployment_id[2:]),
        chain_id=deployment.chain_id,
        genesis_hash=bytes.fromhex(deployment.genesis_hash[2:]),
        contracts=tuple(sorted((name, address.lower()) for name, address in deployment.contracts.items())),
        runtime_code_hashes=tuple(
            sorted((name, bytes.fromhex(code[2:])) for name, code in deployment.runtime_code_hashes.items())
        ),
        confirmations=deployment.confirmations,
        head=(len(headers) - 1, chainproof.parse_header(headers[-1]).hash),
    )
