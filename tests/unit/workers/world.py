"""Three nodes, a chain that behaves like the contracts, and a coordinator that can misbehave: all in memory and on tmp disks."""

import contextlib
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from eth_account import Account

from chain.errors import ChainError
from mpc.programs.catalogue import find
from mpc.workflow.digest import ENGINE as RELEASE
from protocol import dsse, ids, merkle, offers
from protocol.api import ReceiptOutcome
from protocol.ask import per_person
from protocol.backends import KAPPA, MODULUS
from protocol.catalogue import Audience
from protocol.commitments import Tensor, Transcript
from protocol.contract import Input, Output, Parameter, Step, TaskContract, task_id_of
from protocol.credentials import SealedCredentials
from protocol.errors import RefusedError, UnavailableError
from protocol.messages import (
    ANNOUNCEMENT_TYPE,
    Announcement,
    ChainRequest,
    LogEvidence,
    PostedReceipt,
    Receipt,
    RunDispatch,
    SealedShare,
    SignedAuthorization,
    TaskNotice,
)
from protocol.registrations import DataSetAttestation, DataSetRegistration, DataSetRetirement
from protocol.statements import MpcParameters
from protocol.typed import Abort, AnchorUpdate, Domain, ResultAttestation, RunCommitment, Typed, key_signed, recover
from protocol.vocabulary import ReleaseKind
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
from workers.child_messages import LinkEnd, Order, Outcome, OutputShare, StepDone
from workers.config import NodeConfig
from workers.data_sets import DataSetStore, StoredVersion, draw_reference
from workers.jobs.machine import Machine
from workers.jobs.run import Seat
from workers.keystore import NodeKeys
from workers.models import ModelStore
from workers.node import Desk, Node, assemble
from workers.outbox import Outbox
from workers.sources.schema import Schema
from workers.state import State
from workers.supervise import Material, Watch
from workers.vault import Vault

COMMITTEE = ("exchange", "hospital", "laboratory")
PROGRAMS = ("glm.logistic@1.0.0", "psi.align@1.0.0")
CODE = {name: hashlib.sha256(name.encode()).digest() for name in PROGRAMS}
RELEASES = offers.Releases(CODE.__getitem__, lambda _older, _newer: False)
NOW = 1_800_000_000
ENGINE = b"\x0a" * 32
VALUE = 3 << 18  # the secret output: 3.0 with 18 fraction bits
SCHEMA: dict[str, Any] = {
    "format": "tallystick/declared-schema/v2",
    "title": {"en": "Table", "zh": "表"},
    "data_level": 3,
    "sensitive": [],
    "columns": [
        {"name": "patient", "kind": "identifier"},
        {"name": "age", "kind": "integer", "low": 0, "high": 120},
    ],
}
DOSES = {**SCHEMA, "columns": [*SCHEMA["columns"], {"name": "dose", "kind": "integer", "low": 0, "high": 9}]}
"""What the owners of the tasks' data sets have."""


class FakeChain:
    """Enough of the contracts' rules that a node which breaks them is found out."""

    chain_id = 31337
    deployment_id = b"\x22" * 32

    def __init__(self) -> None:
        self.number = 10
        self.time = NOW
        self.parties: dict[str, PartyFacts] = {}
        self.releases: dict[str, ReleaseFacts] = {}
        self.successions: dict[str, str] = {}
        self.sets: dict[tuple[str, int], DataSetFacts] = {}
        self.tasks: dict[bytes, TaskFacts] = {}
        self.consumed: set[tuple[bytes, bytes]] = set()
        self.used_at: dict[tuple[bytes, bytes], int] = {}
        self.owners: dict[bytes, bytes] = {}
        self.committed: dict[tuple[bytes, str], RunCommitment] = {}
        self.logs: dict[str, LogFacts] = {}
        self.completed_at: dict[bytes, Head] = {}
        self.reviewed_at: dict[bytes, int] = {}
        self.attestations: dict[tuple[bytes, str], bytes] = {}
        self.aborts: list[Abort] = []
        self.anchors: list[tuple[str, int, int]] = []
        self.down = False
        self.said_of_data: list[DataSetAttestation] = []
        self.after_send: Callable[[ChainRequest], None] = lambda _: None

    def domain(self, contract: str) -> Domain:
        return Domain(self.chain_id, "0x" + hashlib.sha256(contract.encode()).hexdigest()[:40], self.deployment_id)

    def head(self) -> Head:
        if self.down:
            raise UnavailableError("chain.unreachable", "down", "wait")
        return self._at(self.number)

    def _at(self, number: int) -> Head:
        return Head(number, hashlib.sha256(b"block %d" % number).digest(), self.time)

    def mine(self) -> None:
        self.number += 1
        self.time += 1

    def task(self, task: bytes, at: Head) -> TaskFacts:
        return self.tasks.get(task, TaskFacts(TaskState.NONE, Review.NONE, bytes(32), (), 0, 0, bytes(32)))

    def set_state(self, task: bytes, **changes: Any) -> None:
        self.tasks[task] = replace(self.tasks[task], **changes)
        self.mine()

    def completed(self, task: bytes, after: int, at: Head) -> Head | None:
        return self.completed_at.get(task)

    def reviewed(self, task: bytes, after: int, at: Head) -> int | None:
        return self.reviewed_at.get(task)

    def party(self, name: str, at: Head) -> PartyFacts | None:
        return self.parties.get(name)

    def wallet_accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        return key_signed(wallet.lower(), digest, signature)

    def data_set(self, data_set: str, version: int, at: Head) -> DataSetFacts | None:
        return self.sets.get((data_set, version))

    def release(self, name: str, at: Head) -> ReleaseFacts | None:
        found = self.releases.get(name)
        newer = self.successions.get(name)
        stands = newer is not None and self.is_successor(name, newer, at)
        return None if found is None else replace(found, successor=f"0x{ids.on_chain(newer).hex()}" if stands else "")

    def is_successor(self, older: str, newer: str, at: Head) -> bool:
        reached = older
        for _ in range(16):
            reached = self.successions.get(reached, "")
            if not reached or not self.releases[reached].active:
                return False
            if reached == newer:
                return True
        return False

    def use_consumed(self, task: bytes, authorization: bytes, at: Head) -> bool:
        return (task, authorization) in self.consumed

    def uses_of(self, party: str, after: int, at: Head) -> list[tuple[bytes, bytes]]:
        return [
            use
            for use in sorted(self.consumed)
            if after < self.used_at[use] <= at.number and self.owners[use[1]] == ids.on_chain(party)
        ]

    def authorization_owner(self, authorization: bytes, at: Head) -> bytes | None:
        return self.owners.get(authorization)

    def commitment(self, task: bytes, party: str, at: Head) -> CommitmentFacts | None:
        found = self.committed.get((task, party))
        return None if found is None else CommitmentFacts(found.run_id, found.output_shares, found.links)

    def attested(self, request: ChainRequest, at: Head) -> bool:
        message = request.message
        return isinstance(message, ResultAttestation) and (message.task, message.result_user) in self.attestations

    def log(self, party: str, at: Head) -> LogFacts:
        return self.logs.get(party, LogFacts(0, 0, bytes(32), ()))

    def register_data_set(self, registration: DataSetRegistration, signature: bytes) -> None:
        r = registration
        last = max((version for data_set, version in self.sets if data_set == r.data_set), default=0)
        if r.version != last + 1:
            raise ChainError("WrongVersion", {}, call="register")
        self._decided(r.owner, r, signature)
        self.sets[r.data_set, r.version] = DataSetFacts(
            ids.on_chain(r.owner), r.schema_hash, r.input_root, r.rows, True
        )
        self.mine()

    def retire_data_set(self, retirement: DataSetRetirement, signature: bytes) -> None:
        found = self.sets[retirement.data_set, retirement.version]
        self._decided(next(n for n in self.parties if ids.on_chain(n) == found.owner), retirement, signature)
        self.sets[retirement.data_set, retirement.version] = replace(found, active=False)
        self.mine()

    def attest_data_set(self, attestation: DataSetAttestation, signature: bytes) -> None:
        self._decided(attestation.party, attestation, signature)
        self.said_of_data.append(attestation)
        self.mine()

    def _decided(self, party: str, message: Typed, signature: bytes) -> None:
        """As ``Signatures.requireDecision``: whoever sends, the wallet has signed."""
        if recover(message.digest(self.domain(message.HOME)), signature) != self.parties[party].wallet:
            raise ChainError("BadSignature", {}, call=type(message).__name__)

    def send(self, request: ChainRequest) -> None:
        message = request.message
        signer = recover(message.digest(self.domain(message.HOME)), request.signature)
        party = message.result_user if isinstance(message, ResultAttestation) else message.party
        assert signer == self.parties[party].node_signer, "not the registered node signer"
        if isinstance(message, RunCommitment):
            self._commit(message)
        elif isinstance(message, Abort):
            self._abort(message)
        elif isinstance(message, ResultAttestation):
            assert self.tasks[message.task].state == TaskState.COMPLETED
            if (message.task, message.result_user) in self.attestations:
                raise ChainError("AlreadyAttested", {}, call="attest")
            self.attestations[message.task, message.result_user] = message.result_hash
        elif isinstance(message, AnchorUpdate):
            self._anchor(message, request)
        self.mine()
        self.after_send(request)

    def _commit(self, c: RunCommitment) -> None:
        facts = self.tasks[c.task]
        if facts.state != TaskState.STARTED:
            raise ChainError("WrongState", {}, call="commit")
        if (c.task, c.party) in self.committed:
            raise ChainError("AlreadyCommitted", {}, call="commit")
        log = self.log(c.party, self.head())
        if c.log_size < log.size:
            raise ChainError("ForkedLog", {}, call="commit")
        self.logs[c.party] = replace(log, noted=(*log.noted, (c.log_size, c.log_root)))
        self.committed[c.task, c.party] = c
        if sum(task == c.task for task, _ in self.committed) == len(facts.committee):
            self._settle(c)

    def _settle(self, c: RunCommitment) -> None:
        agreed = True
        names = {ids.on_chain(name): name for name in self.parties}
        committee = [names[party] for party in self.tasks[c.task].committee]
        for i, one in enumerate(committee):
            for j, other in enumerate(committee):
                if i < j:
                    a, b = self.committed[c.task, one], self.committed[c.task, other]
                    agreed &= a.run_id == b.run_id and a.links[j - 1] == b.links[i]
        if agreed:
            self.set_state(c.task, state=TaskState.COMPLETED, run=c.run_id)
            self.completed_at[c.task] = self.head()
        else:
            self.set_state(c.task, state=TaskState.DISPUTED)

    def _abort(self, a: Abort) -> None:
        if self.tasks.get(a.task) is None or self.tasks[a.task].state not in (TaskState.PROPOSED, TaskState.STARTED):
            raise ChainError("WrongState", {}, call="abort")
        assert (a.task, a.party) not in self.committed
        self.aborts.append(a)
        self.set_state(a.task, state=TaskState.REFUSED if a.kind == 1 else TaskState.ABORTED)

    def _anchor(self, u: AnchorUpdate, request: ChainRequest) -> None:
        log = self.log(u.party, self.head())
        if len(request.from_noted) != len(log.noted):
            raise ChainError("BadLength", {}, call="anchor")
        old_root = log.root if log.size else merkle.EMPTY_ROOT
        merkle.verify_consistency(log.size, old_root, u.size, u.root, request.from_last)
        for (size, root), proof in zip(log.noted, request.from_noted, strict=True):
            merkle.verify_consistency(size, root, u.size, u.root, proof)
        self.logs[u.party] = LogFacts(log.epoch, u.size, u.root, ())
        self.anchors.append((u.party, log.size, u.size))


class FakeCoordinator:
    """Takes receipts and relays chain requests, unless told otherwise."""

    def __init__(self, chain: FakeChain) -> None:
        self.chain = chain
        self.silent = False
        self.relays = True
        self.posted: list[Receipt] = []
        self.described: list[bytes] = []
        self.contracts: dict[bytes, TaskContract] = {}
        self.envelopes: dict[str, bytes] = {}
        self.sealed_credentials: SealedCredentials | None = None

    def receipts(self, items: Sequence[PostedReceipt]) -> tuple[ReceiptOutcome, ...]:
        if self.silent:
            raise UnavailableError("coordinator.unreachable", "silent", "wait")
        for item in items:
            self.posted.append(item.body)
            if isinstance(item.body, ChainRequest) and self.relays:
                with contextlib.suppress(ChainError):
                    self.chain.send(item.body)
        return (ReceiptOutcome(bytes(32), new=True),) * len(items)

    def register_data_set(self, envelope: bytes, audience: Audience | None = None) -> dict[str, Any]:
        self.described.append(envelope)
        return {}

    def credentials(self) -> SealedCredentials:
        if self.sealed_credentials is None:
            raise RefusedError("credentials.none", "None.", "Wait.", status=404)
        return self.sealed_credentials

    def announcements(self) -> dict[str, bytes]:
        if self.silent:
            raise UnavailableError("coordinator.unreachable", "silent", "wait")
        return self.envelopes

    def task(self, task: bytes) -> Any:
        class Status:
            contract = self.contracts[task]

        return Status

    def sealed(self, task: bytes, user: str) -> tuple[SealedShare, ...]:
        if self.silent:
            raise UnavailableError("coordinator.unreachable", "silent", "wait")
        found = {
            (r.party, r.output): r
            for r in self.posted
            if isinstance(r, SealedShare) and (r.task, r.user) == (task, user)
        }
        return tuple(found[key] for key in sorted(found))

    def logs(self, task: bytes) -> dict[str, LogEvidence]:
        return {r.party: r for r in self.posted if isinstance(r, LogEvidence) and r.task == task}


class World:
    """The honest world; tests bend it. `clock` is everybody's time."""

    PARTIES: tuple[str, ...] = COMMITTEE

    def __init__(self, folder: Path, chain: "FakeChain | None" = None) -> None:
        self.folder = folder
        self.now = NOW
        self.chain = chain or FakeChain()
        self.coordinator = FakeCoordinator(self.chain)
        self.stack = ExitStack()
        self.keys: dict[str, NodeKeys] = {}
        self.wallets = {
            name: Account.from_key(hashlib.sha256(f"wallet {name}".encode()).digest()) for name in self.PARTIES
        }
        self.nodes: dict[str, Node] = {}
        self.machines: dict[str, Machine] = {}
        self.runs: dict[str, int] = dict.fromkeys(self.PARTIES, 0)
        self.runner_of: Callable[[str], Callable[[Order, Material, Watch], Outcome]] = self.honest_runner
        for name in self.PARTIES:
            self.keys[name] = NodeKeys.draw()
            self.chain.parties[name] = PartyFacts(
                self.wallets[name].address, self.keys[name].signer_address, self.keys[name].node_public,
                self.keys[name].seal_public, ids.on_chain(f"operator-{name}"), 2 | 1 | 16, True,
            )  # fmt: skip
            self.open(name)
            said = Announcement(name, "127.0.0.1", 4000, 1, RELEASE, ENGINE)
            self.coordinator.envelopes[name] = dsse.sign(
                said.data(), self.keys[name].node_public, self.keys[name].sign, ANNOUNCEMENT_TYPE
            )
        for program in PROGRAMS:
            self.chain.releases[program] = release(CODE[program])
        self.chain.releases[RELEASE] = release(ENGINE, ReleaseKind.ENGINE)
        self.stored = {name: self._add_data(name) for name in ("hospital", "laboratory")}

    def open(self, name: str) -> Node:
        """(Re)open a node on its folder, as a new process would."""
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        config = NodeConfig(
            name, "http://coordinator", "http://chain", "/broker", "", "/pass", self.wallets[name].address,
            "127.0.0.1", 4000, "127.0.0.1", 4000,
        )  # fmt: skip
        state = State(folder / "state.sqlite")
        state._db.execute("PRAGMA synchronous=OFF")  # kills are simulated, power cuts are not: tests may be fast
        vault = Vault(self.keys[name].storage_key)
        desk = Desk(
            folder=folder, config=config, keys=self.keys[name], state=state, vault=vault,
            store=DataSetStore(folder / "data", vault), models=ModelStore(folder / "models", vault), chain=self.chain, coordinator=self.coordinator,
            clock=lambda: self.now,
        )  # fmt: skip
        node = self.stack.enter_context(assemble(desk))
        node.check = replace(node.check, installed=lambda program: CODE[program], engine=lambda: (RELEASE, ENGINE))
        self.nodes[name] = node
        self.machines[name] = Machine(node, self._runner(name))
        return node

    def _runner(self, name: str) -> Callable[[Order, Material, Watch], Outcome]:
        def run(order: Order, material: Material, watch: Watch) -> Outcome:
            return self.runner_of(name)(order, material, watch)  # looked up late: tests replace it

        return run

    def close(self) -> None:
        self.stack.close()
        for node in self.nodes.values():
            node.state.close()

    def _add_data(self, owner: str) -> StoredVersion:
        path = self.folder / f"{owner}.csv"
        path.write_text("patient,age,dose\n" + "".join(f"p{i},{20 + i},{i}\n" for i in range(5)))
        node = self.nodes[owner]
        stored = node.store.add(path, Schema.parse(DOSES), draw_reference(owner), 1, "consent [ref 00]")
        node.state.add_data_set(stored.data_set, 1, stored.input_root, stored.rows, self.now)
        descriptor = stored.schema.descriptor(stored.data_set, 1, owner, stored.rows)
        self.chain.sets[stored.data_set, 1] = DataSetFacts(
            ids.on_chain(owner), descriptor.digest(), stored.input_root, stored.rows, True
        )
        return stored

    def contract(self, **changes: Any) -> TaskContract:
        sets = sorted(self.stored.items(), key=lambda item: item[1].data_set)
        fields: dict[str, Any] = {
            "nonce": f"{random.getrandbits(256):064x}",
            "proposer": "hospital",
            "scheduler": "platform",
            "committee": COMMITTEE,
            "inputs": tuple(Input(stored.data_set, 1, owner, ("age", "dose"), ()) for owner, stored in sets),
            "engine": RELEASE,
            "steps": (
                Step(
                    "align",
                    "psi.align@1.0.0",
                    _defaults("psi.align@1.0.0"),
                    (("tables", tuple(s.data_set for _, s in sets)),),
                ),
                Step("fit", "glm.logistic@1.0.0", _defaults("glm.logistic@1.0.0"), (("features", ("align.aligned",)),)),
            ),
            "outputs": (Output("fit.coefficients", ("hospital",)), Output("fit.scores", ("hospital", "laboratory"))),
            "keeps": (),
            "models": (),
            "auditors": (),
            "reviewer": "",
            "review_within": 0,
            "purpose": "test [ref 0123]",
            "legal_basis": "consent [ref 4567]",
            "impact_assessment": bytes(32),
            "protection_level": 3,
            "minimum_group": 0,
            "automated_decision": False,
            "deadline": NOW + 600,
        }
        return TaskContract(**{**fields, **changes})

    def authorize(self, contract: TaskContract, task_id: bytes, owner: str, **changes: Any) -> SignedAuthorization:
        stored = self.stored[owner]
        programs = RELEASES.programs_digest(contract.programs)
        message, policy = offers.offer(
            contract, task_id, stored.data_set, input_root=stored.input_root, programs=programs, not_before=NOW - 10
        )
        descriptors = {name: find(name).published() for name in contract.programs if name in PROGRAMS}
        message, policy = offers.opted_in(message, policy, changes.pop("per_person", per_person(contract, descriptors)))
        document = changes.pop("document", None) or policy.data()
        message = replace(message, policy=hashlib.sha256(document).digest(), **changes)
        digest = message.digest(self.chain.domain("Consents"))
        signature = bytes(self.wallets[owner].unsafe_sign_hash(digest).signature)
        return SignedAuthorization(owner, message, signature, document)

    def start(self, contract: TaskContract | None = None, **authorization: Any) -> RunDispatch:
        """Propose, authorize and start on chain; returns the honest dispatch."""
        contract = contract or self.contract()
        task = task_id_of(contract, self.chain.domain("Tasks"))
        signed = tuple(self.authorize(contract, task, item.owner, **authorization) for item in contract.inputs)
        for item in signed:
            digest = item.message.digest(self.chain.domain("Consents"))
            self.chain.owners[digest] = ids.on_chain(item.owner)
            self.chain.consumed.add((task, digest))
            self.chain.used_at[task, digest] = self.chain.number + 1
        self.chain.tasks[task] = TaskFacts(
            TaskState.STARTED, Review.NONE, contract.digest(), tuple(ids.on_chain(n) for n in contract.committee),
            contract.deadline, self.chain.time, bytes(32),
        )  # fmt: skip
        self.chain.mine()
        self.coordinator.contracts[task] = contract
        return RunDispatch(task, contract.data(), signed, tuple(self.coordinator.envelopes.values()))

    def honest_runner(self, party: str) -> Callable[[Order, Material, Watch], Outcome]:
        def run(order: Order, material: Material, watch: Watch) -> Outcome:
            run_id = hashlib.sha256(b"run" + order.task).digest()
            watch.progress("connect", 1, 3)
            watch.input_sent(run_id)
            self.runs[party] += 1  # counts the runs whose input may be out
            return self.outcome(order, party, run_id)

        return run

    def outcome(self, order: Order, party: str, run_id: bytes) -> Outcome:
        contract = TaskContract.read(order.contract)
        dice = random.Random(order.task)
        outputs: list[OutputShare] = []
        for output in contract.outputs:
            shape = (2,) if output.source == "fit.coefficients" else ()
            data = b""
            for _ in range(shape[0] if shape else 1):
                slope = dice.randrange(MODULUS)
                point = contract.committee.index(party) + 1
                data += ((VALUE + slope * point) % MODULUS).to_bytes(13, "little")
            outputs.append(OutputShare(output.source, Tensor(shape, 18, data)))
        links = tuple(self.link(run_id, party, peer) for peer in contract.committee if peer != party)
        steps = (
            StepDone("align", "psi.align@1.0.0", 3, (("intersection_size", 5),)),
            StepDone("fit", "glm.logistic@1.0.0", 9, ()),
        )
        return Outcome(run_id, MpcParameters("mpyc", 1, MODULUS, 1, KAPPA), ENGINE, tuple(outputs), steps, links)

    def link(self, run_id: bytes, party: str, peer: str) -> LinkEnd:
        def direction(a: str, b: str) -> tuple[bytes, int]:
            return hashlib.sha256(f"{a}>{b}".encode() + run_id).digest(), 7

        sent, received = direction(party, peer), direction(peer, party)
        message = Transcript.seen_by(run_id, party, peer, sent, received).message()
        return LinkEnd(peer, *sent, *received, self.keys[party].sign(message), self.keys[peer].sign(message))

    def dispatch(self, message: RunDispatch, *parties: str) -> None:
        for name in parties or self.PARTIES:
            self.machines[name].dispatch(message.to_json())

    def turn(self, *parties: str) -> None:
        """One round of every loop of the nodes, then time passes."""
        for name in parties or self.PARTIES:
            machine = self.machines[name]
            machine.tick()
            for job in machine.waiting():
                machine.attempt(job.task, Seat())
            machine.tick()
            outbox = Outbox(machine.node)
            outbox.deliver()
            outbox.reach_chain()
        self.now += 1
        self.chain.time = max(self.chain.time, self.now)

    def turns(self, count: int, *parties: str) -> None:
        for _ in range(count):
            self.turn(*parties)

    def stages(self, task: bytes) -> dict[str, str]:
        jobs = {name: node.state.job(task) for name, node in self.nodes.items()}
        return {name: str(job.stage) for name, job in jobs.items() if job is not None}

    def everything_on_disk(self) -> Iterator[tuple[Path, bytes]]:
        for path in self.folder.rglob("*"):
            if path.is_file() and path.suffix != ".csv":
                yield path, path.read_bytes()


def release(digest: bytes, kind: ReleaseKind = ReleaseKind.PROGRAM, **changes: Any) -> ReleaseFacts:
    """An approved release."""
    level = 3 if kind is ReleaseKind.PROGRAM else 0
    return replace(ReleaseFacts(kind, digest, level, active=True, approved=True, successor=""), **changes)


def notice(task: bytes) -> dict[str, object]:
    return TaskNotice(task).to_json()


def _defaults(program: str) -> tuple[tuple[str, Parameter], ...]:
    return tuple(sorted(find(program).published().check_parameters(()).items()))
