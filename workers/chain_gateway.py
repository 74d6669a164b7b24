"""The node's chain view over its own JSON-RPC endpoint and its own deployment file."""

from pathlib import Path
from typing import Final, TypeVar

from eth_account import Account
from eth_utils.address import to_checksum_address

from chain import releases
from chain.abi import Read, Write
from chain.bindings import anchors, consents, data_sets, party_registry, programs, tasks
from chain.deployment import Deployment
from chain.errors import ChainError
from chain.events import Undecoded, decode_logs
from chain.gateway import Gateway
from chain.nonces import FileNonceStore
from chain.wallets import accepts
from protocol import events, ids
from protocol.errors import UnavailableError
from protocol.messages import ChainRequest
from protocol.registrations import DataSetAttestation, DataSetRegistration, DataSetRetirement
from protocol.typed import Domain
from workers.chain_view import (
    CommitmentFacts,
    DataSetFacts,
    Head,
    LogFacts,
    PartyFacts,
    ReleaseFacts,
    Review,
    TaskFacts,
    TaskState,
)

T = TypeVar("T")
_ACTIVE: Final = 1
_CONSUMED: Final = 1
_UNKNOWN: Final = frozenset({"UnknownParty", "UnknownVersion"})


class GatewayView:
    """See :class:`workers.chain_view.ChainView`."""

    def __init__(self, rpc_url: str, deployment: Deployment, node_signer: bytes, nonces: Path) -> None:
        self._deployment = deployment
        self._gateway = Gateway(rpc_url, deployment, Account.from_key(node_signer), FileNonceStore(nonces))

    @property
    def chain_id(self) -> int:
        """Chain id."""
        return self._deployment.chain_id

    @property
    def deployment_id(self) -> bytes:
        """Deployment id."""
        return bytes.fromhex(self._deployment.deployment_id[2:])

    def domain(self, contract: str) -> Domain:
        """EIP-712 domain."""
        return Domain(self.chain_id, self._deployment.contracts[contract].lower(), self.deployment_id)

    def head(self) -> Head:
        """Newest final block; the endpoint has proven to be the deployment's chain before."""
        number = self._gateway.finalized_block()
        return self._head(number)

    def task(self, task: bytes, at: Head) -> TaskFacts:
        """The task."""
        found = self._read(tasks.get(task), at)
        return TaskFacts(
            TaskState(found.state), Review(found.review), found.contract_digest, found.committers, found.deadline,
            found.started_at, found.run_id,
        )  # fmt: skip

    def completed(self, task: bytes, after: int, at: Head) -> Head | None:
        """Block of ``TaskCompleted``."""
        for block, event in self._events(after, at):
            if isinstance(event, events.TaskCompleted) and event.task == task:
                return self._head(block)
        return None

    def reviewed(self, task: bytes, after: int, at: Head) -> int | None:
        """Block of an approving ``OutputReviewed``."""
        for block, event in self._events(after, at):
            if isinstance(event, events.OutputReviewed) and event.task == task and event.approved:
                return block
        return None

    def party(self, name: str, at: Head) -> PartyFacts | None:
        """A party."""
        found = self._known(party_registry.get(ids.on_chain(name)), at)
        if found is None:
            return None
        return PartyFacts(
            to_checksum_address(found.wallet), to_checksum_address(found.node_signer), found.node_key, found.seal_key,
            found.operator, found.roles, found.status == _ACTIVE,
        )  # fmt: skip

    def wallet_accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        """Whether a wallet accepts a signature."""
        return accepts(self._gateway.endpoint, wallet.lower(), digest, signature)

    def data_set(self, data_set: str, version: int, at: Head) -> DataSetFacts | None:
        """A version."""
        found = self._known(data_sets.get(ids.on_chain(data_set), version), at)
        if found is None or not found.status:
            return None
        return DataSetFacts(found.owner, found.schema_hash, found.input_root, found.rows, found.status == _ACTIVE)

    def release(self, name: str, at: Head) -> ReleaseFacts | None:
        """A program or an engine."""
        found = releases.find(self._gateway, name, at.number)
        if found is None:
            return None
        return ReleaseFacts(
            found.kind, found.code_digest, found.protection_level, not found.retired, found.approved, found.successor,
        )  # fmt: skip

    def is_successor(self, older: str, newer: str, at: Head) -> bool:
        """Whether approved successions lead there."""
        return self._read(programs.is_successor(ids.on_chain(older), ids.on_chain(newer)), at)

    def use_consumed(self, task: bytes, authorization: bytes, at: Head) -> bool:
        """Whether the use is taken."""
        return self._read(consents.use_of(task, authorization), at).state == _CONSUMED

    def authorization_owner(self, authorization: bytes, at: Head) -> bytes | None:
        """Owner of an authorization."""
        found = self._read(consents.get(authorization), at)
        return found.owner if found.status else None

    def commitment(self, task: bytes, party: str, at: Head) -> CommitmentFacts | None:
        """A commitment."""
        found = self._read(tasks.commitment_of(task, ids.on_chain(party)), at)
        return CommitmentFacts(found.run_id, found.output_shares, found.links) if any(found.run_id) else None

    def attested(self, request: ChainRequest, at: Head) -> bool:
        """By the block's own refusal to take it once more: no contract says who attested."""
        call = _write(request)
        try:
            self._read(Read(call.contract, call.function, call.data, bytes), at)
        except ChainError as error:
            return error.name == "AlreadyAttested"
        return False

    def uses_of(self, party: str, after: int, at: Head) -> list[tuple[bytes, bytes]]:
        """Uses consumed after a block."""
        found = [event for _, event in self._events(after, at, "Consents") if isinstance(event, events.UseConsumed)]
        owners = {digest: self.authorization_owner(digest, at) for digest in {event.authorization for event in found}}
        own = ids.on_chain(party)
        return [(event.task, event.authorization) for event in found if owners[event.authorization] == own]

    def log(self, party: str, at: Head) -> LogFacts:
        """A party's anchored log."""
        epoch, size, root = self._read(anchors.head(ids.on_chain(party)), at)
        noted = self._read(anchors.noted(ids.on_chain(party)), at)
        return LogFacts(epoch, size, root, tuple((item.size, item.root) for item in noted))

    def send(self, request: ChainRequest) -> None:
        """Send a signed request."""
        self._gateway.send(_write(request))

    def register_data_set(self, registration: DataSetRegistration, signature: bytes) -> None:
        """Register a version."""
        message = data_sets.DataSetRegistration(*registration.chain_args())
        self._gateway.send(data_sets.register(message, signature))

    def retire_data_set(self, retirement: DataSetRetirement, signature: bytes) -> None:
        """Retire a version."""
        self._gateway.send(data_sets.retire(ids.on_chain(retirement.data_set), retirement.version, signature))

    def attest_data_set(self, attestation: DataSetAttestation, signature: bytes) -> None:
        """Attest a version."""
        self._gateway.send(data_sets.attest(data_sets.DataSetAttestation(*attestation.chain_args()), signature))

    def _head(self, number: int) -> Head:
        found = self._gateway.endpoint.block_ref(number)
        if found is None:
            raise UnavailableError("chain.no_block", f"The endpoint has no block {number}.", "Try again.")
        return Head(found.number, found.hash, found.time)

    def _read(self, call: Read[T], at: Head) -> T:
        return self._gateway.read(call, block=at.number)

    def _known(self, call: Read[T], at: Head) -> T | None:
        try:
            return self._read(call, at)
        except ChainError as error:
            if error.name in _UNKNOWN:
                return None
            raise

    def _events(self, after: int, at: Head, contract: str = "Tasks") -> list[tuple[int, events.Event | Undecoded]]:
        addresses = [self._deployment.contracts[contract]]
        first = max(after + 1, self._deployment.deployed_block)
        logs = self._gateway.endpoint.logs_in_parts(addresses, first, at.number)
        return [(logged.block_number, logged.event) for logged in decode_logs(self._deployment.contracts, logs)]


def _write(request: ChainRequest) -> Write:
    arguments = request.message.chain_args()
    if request.kind == "commit":
        return tasks.commit(tasks.RunCommitment(*arguments), request.signature)
    if request.kind == "abort":
        return tasks.abort(tasks.Abort(*arguments), request.signature)
    if request.kind == "attest":
        return tasks.attest(tasks.ResultAttestation(*arguments), request.signature)
    update = anchors.AnchorUpdate(*arguments)
    return anchors.anchor(update, request.signature, request.from_last, request.from_noted)
