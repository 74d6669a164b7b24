"""Evidence bundles: built when the material is there, built again when there is more of it, checked before they are kept."""

from dataclasses import replace
from typing import Final

import structlog

from chain.errors import StatePrunedError
from chain.gateway import Gateway
from chain.proofs import Place, Prover
from orchestrator.engine.items import Items
from orchestrator.services import evidence
from orchestrator.services.evidence import Gathered
from orchestrator.services.ports import Transactions
from orchestrator.store import hops, receipts
from protocol import bundle, chainproof, verify
from protocol.bundle import BundleMaterial
from protocol.errors import UnavailableError

_log = structlog.get_logger()
_PAUSE: Final = 2.0


class Bundling:
    """One step builds what is due."""

    def __init__(self, database: Transactions, gateway: Gateway) -> None:
        self._database: Final = database
        self._gateway: Final = gateway
        self._items: Final = Items(database, "bundle")
        self._prover: Final = Prover(gateway.endpoint, gateway.deployment.contracts)

    def step(self) -> bool:
        """Build what is due; False when nothing was."""
        with self._database.transaction() as tx:
            due = receipts.due_bundles(tx)
        return self._items.each(due, lambda item: item[0].hex(), self._built, lambda item: item[0])

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
        data, head, outcomes = self._build(gathered)
        with self._database.transaction() as tx:
            receipts.put_bundle(tx, task, fingerprint=gathered.fingerprint, body=data, head=head, outcomes=outcomes)
            hops.want(tx, head)
            receipts.bundle_settled(tx, task, marked)
        return True

    def _build(self, gathered: Gathered) -> tuple[bytes, int, list[str]]:
        """The bundle's bytes, the number of its head, and what each step of its verification answers."""
        deployment = self._gateway.deployment
        places = [Place(*place) for place in gathered.places]
        try:
            last = max(place.block for place in places)
            found = self._prover.evidence(places, gathered.facts, last + deployment.confirmations)
        except StatePrunedError:
            # Built late, on a node that keeps little state: a newer head within the window proves the same.
            found = self._prover.evidence(places, gathered.facts, self._gateway.finalized_block())
        data = bundle.build(
            BundleMaterial(
                gathered.task,
                gathered.contract,
                gathered.authorizations,
                gathered.logs,
                found.descent,
                found.seals,
                found.registers,
                gathered.successions,
                found.receipts,
            )
        )
        head = chainproof.parse_header(found.descent.head)
        # What we ourselves hold true, to notice a bundle that nobody could verify.
        report = verify.verify(data, replace(deployment.trust(), head=(head.number, head.hash)))
        _log.info(
            "evidence.bundle_built",
            task=gathered.task.hex(),
            bytes=len(data),
            head=head.number,
            windows=len(found.descent.windows),
            state=report.state,
            not_holding=[step.number for step in report.steps if step.outcome != "holds"],
        )
        return data, head.number, [step.outcome for step in report.steps]
