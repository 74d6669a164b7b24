"""What every schedule begins with, made once: keys, wallets, the nodes' folders with their data, the chain's registers, the coordinator's
catalogue. Everything that is drawn is drawn from a fixed seed, so that the same schedule is the same history in every process.
"""

import hashlib
import random
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch

from eth_account import Account
from eth_account.signers.local import LocalAccount

from chain.indexer import Indexer
from embedded.postgres import Postgres
from mpc.programs.catalogue import find
from mpc.workflow.digest import ENGINE as RELEASE
from orchestrator.engine.indexing import IndexStore
from orchestrator.services import enrolling
from orchestrator.store import catalogue, index, receipts
from orchestrator.store.migrate import migrate
from protocol import dsse, events, ids, offers
from protocol.ask import per_person
from protocol.catalogue import DATA_SET_TYPE
from protocol.contract import Input, Output, Parameter, Step, TaskContract
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from protocol.programs import COMMITTEES
from protocol.typed import Authorization
from protocol.vocabulary import ReleaseKind, Role
from tests.simulation.faults.chain import Emitted, Party, SimulatedChain, SimulatedGateway, Storage, Way, release_facts
from tests.simulation.faults.coordinator import Database, Shared, Store, prepare
from tests.simulation.faults.process import Clock, Process
from workers.chain_view import DataSetFacts, PartyFacts
from workers.data_sets import DataSetStore, StoredVersion
from workers.keystore import NodeKeys
from workers.sources.schema import Schema
from workers.state import State
from workers.vault import Vault

NOW: Final = 1_800_000_000
COMMITTEE: Final = ("exchange", "hospital", "laboratory")
REVIEWER: Final = "regulator"
OWNERS: Final = ("hospital", "laboratory")
ALIGN, DESCRIBE = "psi.align@1.0.0", "stats.describe@1.0.0"
PROGRAMS: Final = (ALIGN, DESCRIBE)
ENGINE: Final = b"\x0a" * 32
CANARY: Final = "CANARY"
"""In every identifier of the owners' tables, which is nobody's but theirs."""
_SCHEMA: Final[dict[str, Any]] = {
    "format": "tallystick/declared-schema/v2",
    "title": {"en": "Table", "zh": "表"},
    "data_level": 3,
    "sensitive": [],
    "columns": [
        {"name": "patient", "kind": "identifier"},
        {"name": "age", "kind": "integer", "low": 0, "high": 120},
        {"name": "dose", "kind": "integer", "low": 0, "high": 9},
    ],
}
_OFFICES: Final = {"platform": Role.SCHEDULER | Role.PLATFORM | Role.ALGORITHM_PROVIDER, REVIEWER: Role.REGULATOR}
_NODE: Final = Role.COMPUTE_PROVIDER | Role.DATA_PROVIDER | Role.RESULT_USER


def key_of(*words: object) -> bytes:
    """32 bytes that these words give."""
    return hashlib.sha256(" ".join(map(str, words)).encode()).digest()


def keys_of(name: str, period: int = 1) -> NodeKeys:
    """A node's keys of a period; what it stores with stays."""
    return NodeKeys(
        key_of("signer", name, period),
        key_of("node", name, period),
        key_of("seal", name, period),
        key_of("storage", name),
    )


@contextmanager
def drawn_from(seed: object) -> Generator[None]:
    """What the code under test draws comes from the seed: nothing here is secret."""
    dice = random.Random(f"{seed}")
    with (
        patch("secrets.token_bytes", lambda size=32: dice.randbytes(size)),
        patch("secrets.token_hex", lambda size=32: dice.randbytes(size).hex()),
        patch("secrets.randbelow", dice.randrange),
    ):
        yield


@dataclass
class Template:
    """See the module."""

    folder: Path
    store: Store
    wallets: dict[str, LocalAccount]
    stored: dict[str, StoredVersion]
    chains: dict[int, SimulatedChain]

    def contract(self, number: int, now: int, seconds: int, *, reviewed: bool = False) -> TaskContract:
        """The number-th task's."""
        sets = sorted(self.stored.items(), key=lambda item: item[1].data_set)
        return TaskContract(
            nonce=key_of("task", number).hex(),
            proposer="hospital",
            scheduler="platform",
            committee=COMMITTEE,
            inputs=tuple(Input(stored.data_set, 1, owner, ("age", "dose"), ()) for owner, stored in sets),
            engine=RELEASE,
            steps=(
                Step("align", ALIGN, _defaults(ALIGN), (("tables", tuple(s.data_set for _, s in sets)),)),
                Step("describe", DESCRIBE, _defaults(DESCRIBE), (("table", ("align.aligned",)),)),
            ),
            outputs=(Output("describe.count", ("hospital",)), Output("describe.mean", ("hospital", "laboratory"))),
            keeps=(),
            models=(),
            auditors=(),
            reviewer=REVIEWER if reviewed else "",
            review_within=120 if reviewed else 0,
            purpose=f"A simulated purpose [ref {'4' * 32}]",
            legal_basis=f"A simulated consent [ref {'5' * 32}]",
            impact_assessment=bytes(32),
            protection_level=3,
            minimum_group=0,
            automated_decision=False,
            deadline=now + seconds,
        )

    def offer(
        self, contract: TaskContract, task: bytes, owner: str, *, now: int, standing: int = 0, attempt: int = 0
    ) -> tuple[Authorization, bytes]:
        """What an owner signs for a task, or for so many like it, and the ask behind it."""
        stored = self.stored[owner]
        releases = offers.Releases(lambda name: find(name).published().code_digest, lambda _a, _b: False)
        message, policy = offers.offer(
            contract, task, stored.data_set, input_root=stored.input_root,
            programs=releases.programs_digest(contract.programs), not_before=now - 300, attempt=attempt,
        )  # fmt: skip
        described = {name: find(name).published() for name in PROGRAMS}
        message, policy = offers.opted_in(message, policy, per_person(contract, described))
        if standing:
            message = replace(message, task=bytes(32), max_uses=standing, not_after=now + 86_400)
        return message, policy.data()

    def close(self) -> None:
        """Close the database."""
        self.store.close()


@contextmanager
def template() -> Generator[Template]:
    """A server of its own, on memory where there is some."""
    with ExitStack() as stack:
        shared = Path("/dev/shm")
        place = shared if shared.is_dir() else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tally-faults-", dir=place)))
        folder.chmod(0o711)
        server = Postgres(folder / "postgres")
        server.start()
        stack.callback(server.erase)
        stack.callback(server.stop)
        migrate(server.dsn)
        prepare(server.dsn)
        store = Store(server.dsn)
        stack.callback(store.close)
        with patch("os.fsync", lambda _: None), drawn_from("template"):
            yield _made(folder, store)


def _made(folder: Path, store: Store) -> Template:
    wallets = {name: Account.from_key(key_of("wallet", name)) for name in (*COMMITTEE, "platform", REVIEWER)}
    stored = {name: _data_set(folder / "nodes" / name, name) for name in OWNERS}
    (folder / "nodes" / "exchange").mkdir(mode=0o700, parents=True)
    chains = {depth: _chain(depth, wallets, stored) for depth in (0, 2)}
    made = Template(folder, store, wallets, stored, chains)
    for name in COMMITTEE:  # so that a schedule has nothing to migrate
        _state(folder / "nodes" / name).close()
    return made


def _state(folder: Path) -> State:
    state = State(folder / "state.sqlite")
    state._db.execute("PRAGMA synchronous=OFF")  # kills are simulated, power cuts are not
    return state


def _data_set(folder: Path, owner: str) -> StoredVersion:
    folder.mkdir(mode=0o700, parents=True)
    source = folder.parent.parent / f"{owner}.csv"
    source.write_text("patient,age,dose\n" + "".join(f"{CANARY}{i},{20 + i},{i}\n" for i in range(5)))
    state = _state(folder)
    reference = f"{owner}-data-{key_of('reference', owner).hex()[:32]}"
    found = DataSetStore(folder / "data", Vault(keys_of(owner).storage_key)).add(
        source, Schema.parse(_SCHEMA), reference, 1, "consent [ref 00]"
    )
    state.add_data_set(found.data_set, 1, found.input_root, found.rows, NOW)
    state.close()
    return found


def _chain(confirmations: int, wallets: dict[str, LocalAccount], stored: dict[str, StoredVersion]) -> SimulatedChain:
    chain = SimulatedChain(Clock(NOW), confirmations)

    def registers(s: Storage) -> Emitted:
        emitted: Emitted = []
        for name, account in wallets.items():
            keys = keys_of(name)
            roles = _OFFICES.get(name, _NODE)
            facts = PartyFacts(
                account.address,
                keys.signer_address,
                keys.node_public,
                keys.seal_public,
                ids.on_chain(f"operator-{name}"),
                int(roles),
                True,
            )
            s.parties[ids.on_chain(name)] = Party(name, facts)
            emitted.append(
                (
                    "PartyRegistry",
                    events.PartyAdmitted(
                        ids.on_chain(name),
                        facts.wallet.lower(),
                        facts.node_signer.lower(),
                        facts.node_key,
                        facts.seal_key,
                        facts.operator,
                        facts.roles,
                        key_of("profile", name),
                    ),
                )
            )
        for owner, found in stored.items():
            digest = found.description(owner).digest()
            facts_ = DataSetFacts(ids.on_chain(owner), digest, found.input_root, found.rows, True)
            s.data_sets[ids.on_chain(found.data_set), 1] = facts_
            emitted.append(
                (
                    "DataSets",
                    events.DataSetRegistered(
                        ids.on_chain(found.data_set),
                        1,
                        facts_.owner,
                        digest,
                        facts_.input_root,
                        facts_.rows,
                        3,
                        key_of("basis"),
                    ),
                )
            )
        for serial, name in enumerate(PROGRAMS, 1):
            described = find(name).published()
            s.releases[ids.on_chain(name)] = release_facts(
                ReleaseKind.PROGRAM, described.code_digest, described.protection_level
            )
            emitted.append(
                (
                    "Programs",
                    events.ProgramPublished(
                        ids.on_chain(name),
                        bytes(32),
                        described.code_digest,
                        COMMITTEES.index(described.committee),
                        described.protection_level,
                        described.security_model,
                        described.min_parties,
                        described.max_parties,
                        1,
                        serial,
                    ),
                )
            )
        s.releases[ids.on_chain(RELEASE)] = release_facts(ReleaseKind.ENGINE, ENGINE, 0)
        emitted.append(("Programs", events.EnginePublished(ids.on_chain(RELEASE), bytes(32), ENGINE, 9)))
        emitted += [
            ("Programs", events.ReleaseApproved(ids.on_chain(name), ids.on_chain("certifier"), 1))
            for name in (*PROGRAMS, RELEASE)
        ]
        return emitted

    chain.send("setUp", registers)
    for _ in range(confirmations + 1):
        chain.mine()
    return chain


def fill(made: Template, chain: SimulatedChain) -> None:
    """The coordinator's tables as they are before anything happens, within the present history."""
    process = Process("setup")
    database = Database(made.store, chain.clock, process, Shared())
    deployment = chain.deployment
    with database.transaction() as tx:
        identity = (
            bytes.fromhex(deployment.deployment_id[2:]),
            deployment.chain_id,
            bytes.fromhex(deployment.genesis_hash[2:]),
        )
        index.bind_deployment(tx, *identity)
    gateway = cast("Any", SimulatedGateway(Way(chain, process)))
    Indexer(gateway, IndexStore(database), senders=True).catch_up()
    with database.transaction() as tx:
        for name in made.wallets:
            catalogue.remember_name(tx, "party", ids.on_chain(name), name)
        for name in PROGRAMS:
            enrolling.describe_program(tx, "platform", find(name).published())
        enrolling.name_engine(tx, RELEASE)
        for owner, stored in made.stored.items():
            envelope = _signed(owner, stored.description(owner).data(), DATA_SET_TYPE)
            enrolling.describe_data_set(tx, owner, envelope)
        for name in COMMITTEE:
            said = Announcement(name, "127.0.0.1", 4000, 1, RELEASE, ENGINE)
            receipts.put_announcement(tx, name, 1, _signed(name, said.data(), ANNOUNCEMENT_TYPE))


def _signed(party: str, payload: bytes, kind: str) -> bytes:
    keys = keys_of(party)
    return dsse.sign(payload, keys.node_public, keys.sign, kind)


def _defaults(program: str) -> tuple[tuple[str, Parameter], ...]:
    return tuple(sorted(find(program).published().check_parameters(()).items()))


def copied(made: Template, to: Path) -> None:
    """The nodes' folders, for one schedule."""
    shutil.copytree(made.folder / "nodes", to)
