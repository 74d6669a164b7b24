"""One running node: everything it holds, opened once by :func:`open_node` and handed to the parts."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Protocol

from chain.deployment import Deployment
from client import Coordinator
from client.transport import Timing
from mpc.programs import catalogue
from mpc.workflow.digest import ENGINE
from protocol.api import ReceiptOutcome, TaskStatus
from protocol.catalogue import Audience
from protocol.checkpoint import Origin
from protocol.credentials import SealedCredentials
from protocol.messages import PostedReceipt, SealedShare
from workers import disk, keystore, law
from workers.chain_gateway import GatewayView
from workers.chain_view import ChainView
from workers.checks import PartyCheck
from workers.config import NodeConfig
from workers.data_sets import DataSetStore
from workers.evidence import Evidence
from workers.keystore import NodeKeys
from workers.log import EvidenceLog
from workers.models import ModelStore
from workers.state import State, read_state
from workers.vault import Vault
from workers.wake import Wake

DEPLOYMENT: Final = "deployment.json"
KEYS: Final = "keys"
LOCK: Final = "lock"
EPOCH: Final = "epoch"
"""Name of the fact that says which epoch's log this node writes."""


class CoordinatorPort(Protocol):
    """What the node asks of the coordinator."""

    def receipts(self, items: Sequence[PostedReceipt]) -> tuple[ReceiptOutcome, ...]:
        """Hand in receipts; one outcome for each."""
        ...

    def announcements(self) -> dict[str, bytes]:
        """The newest announcement envelopes by party; to be verified by the caller."""
        ...

    def task(self, task: bytes) -> TaskStatus:
        """A task's status; the contract in it is checked against the id."""
        ...

    def sealed(self, task: bytes, user: str) -> tuple[SealedShare, ...]:
        """Shares sealed for a result user."""
        ...

    def credentials(self) -> SealedCredentials:
        """The party's own broker credentials, sealed."""
        ...

    def register_data_set(self, envelope: bytes, audience: Audience | None = None) -> object:
        """Publish a data set's description, and say who reads it."""
        ...


@dataclass(slots=True, kw_only=True)
class Desk:
    """What every command of the operator works with; may be open beside a running node."""

    folder: Path
    config: NodeConfig
    keys: NodeKeys = field(repr=False)
    state: State
    vault: Vault = field(repr=False)
    store: DataSetStore
    models: ModelStore
    chain: ChainView
    coordinator: CoordinatorPort
    clock: Callable[[], int] = lambda: int(time.time())
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def party(self) -> str:
        """The party's name."""
        return self.config.party

    @property
    def epoch(self) -> int:
        """Which epoch's log this node writes."""
        return int(self.state.fact(EPOCH) or "0")

    @property
    def log_folder(self) -> Path:
        """Where that log lies."""
        return self.folder / "log" / str(self.epoch)


@dataclass(slots=True, kw_only=True)
class Node(Desk):
    """A running node: the one writer of its log. ``wake`` is set when there is something to do before the next tick."""

    evidence: Evidence
    check: PartyCheck
    wake: Wake = field(default_factory=Wake)

    def __post_init__(self) -> None:
        """What is owed goes out at once."""
        self.state.on_post = self.wake.set

    def work(self, task: bytes) -> Path:
        """The folder of a task's working copies."""
        return self.folder / "work" / task.hex()


@dataclass(frozen=True, slots=True)
class NodeSigner:
    """The node signer as the coordinator's client takes it."""

    keys: NodeKeys = field(repr=False)

    @property
    def address(self) -> str:
        """Checksummed address."""
        return self.keys.signer_address

    def sign_digest(self, digest: bytes) -> bytes:
        """65-byte signature over a digest that the client built from our own typed data."""
        return self.keys.sign_digest(digest)


@contextmanager
def open_node(folder: Path) -> Generator[Node]:
    """Open the state folder as its one node: lock, keys, state, log, chain endpoint, coordinator client."""
    lock = disk.private_dir(folder) / LOCK
    with disk.exclusive(lock, f"the node in {folder}"), open_desk(folder) as desk, assemble(desk) as node:
        yield node


@contextmanager
def open_desk(folder: Path) -> Generator[Desk]:
    """Open what an operator's command needs, beside a running node or without one."""
    config, keys = load_settings(folder)
    chain = GatewayView(config.rpc_url, _deployment(folder), keys.node_signer, folder / "nonces")
    vault = Vault(keys.storage_key)
    with read_state(folder) as state, connect(folder, config, keys) as coordinator:
        yield Desk(
            folder=folder, config=config, keys=keys, state=state, vault=vault,
            store=DataSetStore(folder / "data", vault), models=ModelStore(folder / "models", vault), chain=chain, coordinator=coordinator,
        )  # fmt: skip


@contextmanager
def connect(folder: Path, config: NodeConfig, keys: NodeKeys) -> Generator[Coordinator]:
    """A client of the coordinator that signs with the node signer and trusts only the node's own deployment file."""
    deployment = _deployment(folder)
    with Coordinator(
        config.coordinator_url, party=config.party, signer=NodeSigner(keys),
        domains={name: deployment.domain(name) for name in ("Tasks", "Consents", "Anchors")},
        timing=Timing(total=10.0, attempt=5.0),
    ) as coordinator:  # fmt: skip
        yield coordinator


def load_settings(folder: Path) -> tuple[NodeConfig, NodeKeys]:
    """``node.toml``, and the keystore opened with the passphrase file that it names."""
    config = NodeConfig.load(disk.private_dir(folder))
    return config, keystore.load(folder / KEYS, keystore.read_passphrase(Path(config.passphrase_file), folder))


@contextmanager
def assemble(desk: Desk) -> Generator[Node]:
    """A node on an open desk; tests bring one with a fake chain and coordinator."""
    disk.private_dir(desk.folder / "work")
    chain, keys, party = desk.chain, desk.keys, desk.party
    origin = Origin(chain.deployment_id, chain.chain_id, party, desk.epoch)
    disk.private_dir(desk.log_folder.parent)
    log = EvidenceLog(desk.log_folder, origin, keys.node_public, keys.sign)
    try:
        yield Node(
            **{name.name: getattr(desk, name.name) for name in fields(Desk)},
            evidence=Evidence(party, log, desk.state, keys),
            check=PartyCheck(
                party,
                keys,
                chain,
                desk.state,
                desk.store,
                desk.models,
                catalogue.code_digest,
                installed_engine,
                law.policy_at(desk.config.law_policy),
            ),
        )
    finally:
        log.close()


def installed_engine() -> tuple[str, bytes]:
    """Name of this process's engine, and the digest of the engine that lies on its disk now, which a run would start."""
    return ENGINE, catalogue.engine_digest()


def _deployment(folder: Path) -> Deployment:
    return Deployment.load(folder / DEPLOYMENT)
