"""A simulated chain: the contracts' rules as far as tasks need them, blocks that may be replaced, and how the others see it.

What is signed is checked by who sends it here (the coordinator's API, the node), but for aborts, where it matters who signed; the real
contracts check all of it once more, and their own tests hold them to it. Ids come from the typed messages. A block may have several transactions; one that the rules refuse leaves no trace.
"""

import copy
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any, Final, cast

from eth_abi.abi import decode
from eth_hash.auto import keccak

from chain import abi, blooms
from chain.abi import Function, Read, Write
from chain.bindings import anchors, consents
from chain.bindings import tasks as calls
from chain.deployment import Deployment
from chain.endpoint import BlockRef, RawLog
from chain.errors import ChainError, EndpointError
from chain.gateway import Receipt
from protocol import events, ids, merkle
from protocol.event import Event
from protocol.messages import ChainRequest
from protocol.trust import CONTRACTS
from protocol.typed import Abort, Domain, ResultAttestation, key_signed
from protocol.vocabulary import CHAIN_ENDS, TRANSITIONS, ReleaseKind, Review, TaskState
from tests.simulation.faults.process import Clock, Process
from tests.unit.protocol.simulated_chain import encode_log
from workers.chain_view import CommitmentFacts, DataSetFacts, Head, LogFacts, PartyFacts, ReleaseFacts, TaskFacts

REFUSAL, ABORT, WITHDRAWAL = 1, 2, 3
LONGEST_LAG: Final = 30
"""Seconds that an endpoint is behind at most: a node believes one minute long that a dispatched task will still be started."""
NOBODY: Final = keccak(b"")
SENDER: Final = bytes(19) + b"\x01"
_MODULES: Final[dict[str, ModuleType]] = {"Tasks": calls, "Consents": consents, "Anchors": anchors}


@dataclass(frozen=True, slots=True)
class Party:
    """A registered party."""

    name: str
    facts: PartyFacts
    period: int = 1


@dataclass(frozen=True, slots=True)
class Given:
    """An authorization on chain."""

    owner: bytes
    message: consents.Authorization
    sequence: int
    uses_left: int


@dataclass(frozen=True, slots=True)
class Task:
    """A task on chain; ``authorizations`` are those that its start consumed."""

    proposal: calls.Proposal
    state: TaskState
    started_at: int = 0
    run: bytes = bytes(32)
    authorizations: tuple[bytes, ...] = ()
    review: Review = Review.NONE

    @property
    def releasable(self) -> bool:
        """As ``isReleasable``."""
        unreviewed = self.proposal.reviewer == NOBODY
        return self.state == TaskState.COMPLETED and (unreviewed or self.review == Review.APPROVED)


@dataclass(frozen=True, slots=True)
class Log:
    """A party's log on chain: ``roots`` are all that were ever anchored, by epoch and size."""

    epoch: int = 0
    size: int = 0
    root: bytes = bytes(32)
    noted: tuple[tuple[int, bytes], ...] = ()


@dataclass(slots=True)
class Storage:
    """What the contracts hold. Rows are frozen, so a copy of the tables is a copy of everything."""

    parties: dict[bytes, Party] = field(default_factory=dict[bytes, Party])
    data_sets: dict[tuple[bytes, int], DataSetFacts] = field(default_factory=dict[tuple[bytes, int], DataSetFacts])
    releases: dict[bytes, ReleaseFacts] = field(default_factory=dict[bytes, ReleaseFacts])
    given: dict[bytes, Given] = field(default_factory=dict[bytes, Given])
    revoked: dict[tuple[bytes, bytes], bool] = field(default_factory=dict[tuple[bytes, bytes], bool])
    through: dict[bytes, int] = field(default_factory=dict[bytes, int])
    submissions: dict[bytes, int] = field(default_factory=dict[bytes, int])
    tasks: dict[bytes, Task] = field(default_factory=dict[bytes, Task])
    committed: dict[tuple[bytes, bytes], calls.RunCommitment] = field(
        default_factory=dict[tuple[bytes, bytes], calls.RunCommitment]
    )
    attested: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict[tuple[bytes, bytes], bytes])
    returned: dict[tuple[bytes, bytes], bool] = field(default_factory=dict[tuple[bytes, bytes], bool])
    logs: dict[bytes, Log] = field(default_factory=dict[bytes, Log])
    roots: dict[tuple[bytes, int, int], bytes] = field(default_factory=dict[tuple[bytes, int, int], bytes])

    def copy(self) -> "Storage":
        """Tables of their own."""
        return Storage(*(copy.copy(getattr(self, one.name)) for one in fields(self)))


Emitted = list[tuple[str, Event]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction: a function of the contracts and its arguments."""

    function: str
    arguments: tuple[Any, ...]
    number: int

    @property
    def hash(self) -> bytes:
        """Names it."""
        return hashlib.sha256(f"transaction {self.number}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Block:
    """A block with the contracts' storage after it."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    storage: Storage
    sent: tuple[Sent, ...] = ()
    logs: tuple[RawLog, ...] = ()
    emitted: tuple[tuple[str, Event], ...] = ()


def deployment(confirmations: int) -> Deployment:
    """A deployment file for a chain on which nothing was deployed."""
    addresses = {
        name: abi.to_checksum_address("0x" + hashlib.sha256(name.encode()).hexdigest()[:40]) for name in CONTRACTS
    }
    codes = {name: "0x" + hashlib.sha256(f"code {name}".encode()).hexdigest() for name in CONTRACTS}
    return Deployment(31337, "0x" + "22" * 32, "0x" + "33" * 32, addresses, codes, confirmations, 1)


class SimulatedChain:
    """Blocks and rules. ``ids`` maps proposals and authorizations, as the contracts get them, to what they hash to."""

    def __init__(self, clock: Clock, confirmations: int) -> None:
        self.clock: Final = clock
        self.deployment: Final = deployment(confirmations)
        self.blocks: list[Block] = [Block(0, bytes(32), bytes(32), clock.now, Storage())]
        self.ids: Final[dict[object, bytes]] = {}
        self.pool: list[Sent] = []
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        """Every transaction that somebody sent and the rules took, in the order of the sending."""
        self._forks = 0
        self._sent = 0

    @property
    def newest(self) -> Storage:
        """The contracts now."""
        return self.blocks[-1].storage

    @property
    def final(self) -> Block:
        """The newest block that may be acted upon."""
        return self.blocks[max(0, len(self.blocks) - 1 - self.deployment.confirmations)]

    @property
    def history(self) -> list[tuple[int, str, Event]]:
        """Every event on the chain as it is now, with its block's time."""
        return [(block.time, contract, event) for block in self.blocks for contract, event in block.emitted]

    def domain(self, contract: str) -> Domain:
        """Where a contract's messages are signed."""
        return Domain(
            self.deployment.chain_id,
            self.deployment.contracts[contract].lower(),
            bytes.fromhex(self.deployment.deployment_id[2:]),
        )

    def send(self, function: str, *arguments: object) -> Block:
        """A transaction in a block of its own (and of what waits); :class:`ChainError` when it is refused."""
        self._sent += 1
        sent = Sent(function, arguments, self._sent)
        self._execute(self.newest.copy(), sent, self._time())  # as an estimate would: refused before it is sent
        self.asked.append((function, arguments))
        self.mine(sent)
        return self.blocks[-1]

    def tried(self, storage: Storage, function: str, arguments: tuple[Any, ...]) -> None:
        """What a call would do, undone; :class:`ChainError` when it is refused."""
        self._execute(storage.copy(), Sent(function, arguments, 0), self._time())

    def mine(self, *new: Sent) -> None:
        """A block with what waits and what is new."""
        waiting, self.pool = self.pool, []
        storage, time = self.newest.copy(), self._time()
        done: list[tuple[Sent, Emitted]] = []
        for sent in (*new, *waiting):
            trial = storage.copy()
            try:
                emitted = self._execute(trial, sent, time)
            except ChainError:
                continue
            storage = trial
            done.append((sent, emitted))
        parent = self.blocks[-1]
        number = parent.number + 1
        named = parent.hash + b"".join(sent.hash for sent, _ in done) + f"{number} {time} {self._forks}".encode()
        digest = hashlib.sha256(named).digest()
        logs: list[RawLog] = []
        for place, (sent, emitted) in enumerate(done):
            for contract, event in emitted:
                address = self.deployment.contracts[contract]
                _, topics, data = encode_log(bytes.fromhex(address[2:]), cast("events.Event", event))
                logs.append(RawLog(address, tuple(topics), data, number, digest, sent.hash, place, len(logs), time))
        told = tuple(item for _, emitted in done for item in emitted)
        self.blocks.append(
            Block(number, digest, parent.hash, time, storage, tuple(sent for sent, _ in done), tuple(logs), told)
        )

    def replace(self, depth: int, *, drop: bool) -> None:
        """Other blocks in place of the last ones, and one more. Their transactions wait again, the last first, or are lost."""
        depth = min(depth, len(self.blocks) - 2)
        gone = self.blocks[len(self.blocks) - depth :]
        del self.blocks[len(self.blocks) - depth :]
        self._forks += 1
        if not drop:
            self.pool += [sent for block in reversed(gone) for sent in reversed(block.sent)]
        for _ in range(depth + 1):
            self.mine()

    def _time(self) -> int:
        return max(self.clock.now, self.blocks[-1].time)

    def _execute(self, storage: Storage, sent: Sent, time: int) -> Emitted:
        return cast("Callable[..., Emitted]", getattr(self, f"_{sent.function}"))(storage, time, *sent.arguments)

    # the registry, for the office

    def _setUp(self, s: Storage, _time: int, act: Callable[[Storage], Emitted]) -> Emitted:
        return act(s)

    # Tasks

    def _propose(self, s: Storage, time: int, p: calls.Proposal, _signature: bytes) -> Emitted:
        task = self.ids[p]
        if task in s.tasks:
            raise ChainError("TaskExists", {"id": task}, call="propose")
        proposer = _active(s, p.proposer)
        if p.deadline <= time:
            raise ChainError("OutOfRange", {"deadline": p.deadline}, call="propose")
        for party in (p.scheduler, *p.compute_parties, *p.result_users):
            _active(s, party)
        s.tasks[task] = Task(p, TaskState.PROPOSED)
        struct = events.Proposal(*(getattr(p, one.name) for one in fields(p)))
        return [("Tasks", events.TaskProposed(task, proposer.facts.wallet.lower(), struct))]

    def _start(self, s: Storage, time: int, p: calls.Proposal, authorizations: tuple[bytes, ...]) -> Emitted:
        task = self.ids[p]
        found = _move(s, task, TaskState.STARTED)
        _before_deadline(found, time)
        for party in (p.proposer, p.scheduler, *p.compute_parties, *p.result_users):
            _active(s, party)
        s.tasks[task] = replace(found, started_at=time, authorizations=authorizations)
        emitted: Emitted = []
        for digest, data_set, version in zip(authorizations, p.data_sets, p.data_versions, strict=True):
            emitted.append(("Consents", self._consume(s, time, digest, task, (data_set, version, p.uses))))
        return [*emitted, ("Tasks", events.TaskStarted(task, authorizations, bytes(32), time))]

    @staticmethod
    def _consume(s: Storage, time: int, digest: bytes, task: bytes, what: tuple[bytes, int, int]) -> events.UseConsumed:
        given = s.given.get(digest)
        if given is None:
            raise ChainError("UnknownAuthorization", {"authorization": digest}, call="start")
        _not_revoked(s, digest, given)
        _active(s, given.owner)
        message, (data_set, version, uses) = given.message, what
        if time < message.not_before:
            raise ChainError("NotYetValid", {"authorization": digest}, call="start")
        if time > message.not_after:
            raise ChainError("NoLongerValid", {"authorization": digest}, call="start")
        if (message.task not in (bytes(32), task)) or (message.data_set, message.data_version) != (data_set, version):
            raise ChainError("NotCovered", {"authorization": digest}, call="start")
        if given.uses_left < uses:
            raise ChainError("NotEnoughUses", {"authorization": digest}, call="start")
        s.given[digest] = replace(given, uses_left=given.uses_left - uses)
        return events.UseConsumed(digest, task, uses, given.uses_left - uses)

    def _commit(self, s: Storage, time: int, c: calls.RunCommitment, _signature: bytes) -> Emitted:
        found = s.tasks.get(c.task)
        if found is None or found.state != TaskState.STARTED:
            raise _wrong_state(found, "commit")
        _before_deadline(found, time)
        committee = found.proposal.compute_parties
        if c.party not in committee:
            raise ChainError("NotInTask", {"task": c.task}, call="commit")
        if (c.task, c.party) in s.committed:
            raise ChainError("AlreadyCommitted", {"task": c.task}, call="commit")
        party = _active(s, c.party)
        s.committed[c.task, c.party] = c
        _note(s, c.party, c.epoch, c.log_size, c.log_root)
        emitted: Emitted = [
            (
                "Tasks",
                events.RunCommitted(
                    c.task,
                    c.run_id,
                    c.party,
                    c.input_root,
                    c.epoch,
                    c.log_size,
                    c.log_root,
                    c.links,
                    c.output_shares,
                    party.period,
                ),
            )
        ]
        given = [s.committed[c.task, one] for one in committee if (c.task, one) in s.committed]
        if len(given) == len(committee):
            emitted.append(("Tasks", _settle(s, c.task, committee, given)))
        return emitted

    def _abort(self, s: Storage, time: int, a: calls.Abort, signature: bytes) -> Emitted:
        was = s.tasks.get(a.task)
        found = _move(s, a.task, TaskState.REFUSED if a.kind == REFUSAL else TaskState.ABORTED)
        _before_deadline(found, time)
        assert was is not None
        owners = {
            s.data_sets[key].owner for key in zip(was.proposal.data_sets, was.proposal.data_versions, strict=True)
        }
        if a.kind == WITHDRAWAL:
            if was.state != TaskState.PROPOSED:
                raise _wrong_state(was, "abort")
            if a.party != was.proposal.proposer:
                raise ChainError("NotInTask", {"task": a.task}, call="abort")
        elif a.party not in {*was.proposal.compute_parties, *owners}:
            raise ChainError("NotInTask", {"task": a.task}, call="abort")
        elif (a.task, a.party) in s.committed:
            raise ChainError("AlreadyCommitted", {"task": a.task}, call="abort")
        party = _active(s, a.party)
        # who signed decides what it may end: the one signature that the simulation looks at itself
        digest = Abort(a.task, party.name, a.kind, a.reason, a.statement).digest(self.domain("Tasks"))
        early = a.kind == REFUSAL and was.state == TaskState.PROPOSED and a.party in owners
        by_wallet = key_signed(party.facts.wallet.lower(), digest, signature)
        by_node = key_signed(party.facts.node_signer.lower(), digest, signature)
        if not (by_wallet if a.kind == WITHDRAWAL else by_node or (early and by_wallet)):
            raise ChainError("BadSignature", {"party": a.party}, call="abort")
        return [("Tasks", events.TaskAborted(a.task, a.party, a.kind, a.reason, a.statement, party.period))]

    @staticmethod
    def _expire(s: Storage, time: int, task: bytes) -> Emitted:
        was = s.tasks.get(task)
        found = _move(s, task, TaskState.EXPIRED)
        if time <= found.proposal.deadline:
            raise ChainError("DeadlineNotPassed", {"task": task}, call="expire")
        assert was is not None
        committee = found.proposal.compute_parties
        missing = tuple(one for one in committee if (task, one) not in s.committed)
        return [("Tasks", events.TaskExpired(task, missing if was.state == TaskState.STARTED else ()))]

    @staticmethod
    def _attest(s: Storage, _time: int, r: calls.ResultAttestation, _signature: bytes) -> Emitted:
        found = s.tasks.get(r.task)
        if found is None or not found.releasable:
            raise ChainError("NotReleased", {"task": r.task}, call="attest")
        if r.run_id != found.run:
            raise ChainError("WrongRun", {"task": r.task}, call="attest")
        if r.result_user not in found.proposal.result_users:
            raise ChainError("NotInTask", {"task": r.task}, call="attest")
        if (r.task, r.result_user) in s.attested:
            raise ChainError("AlreadyAttested", {"task": r.task}, call="attest")
        party = _active(s, r.result_user)
        s.attested[r.task, r.result_user] = r.result_hash
        return [("Tasks", events.ResultAttested(r.task, r.run_id, r.result_user, r.result_hash, party.period))]

    @staticmethod
    def _review(s: Storage, time: int, task: bytes, approved: bool, statement: bytes) -> Emitted:
        found = _unreviewed(s, task)
        if time > found.proposal.review_by:
            raise ChainError("ReviewOver", {"task": task}, call="review")
        s.tasks[task] = replace(found, review=Review.APPROVED if approved else Review.REJECTED)
        return [("Tasks", events.OutputReviewed(task, found.proposal.reviewer, approved, statement))]

    @staticmethod
    def _expireReview(s: Storage, time: int, task: bytes) -> Emitted:
        found = _unreviewed(s, task)
        if time <= found.proposal.review_by:
            raise ChainError("ReviewNotOver", {"task": task}, call="expireReview")
        s.tasks[task] = replace(found, review=Review.EXPIRED)
        return [("Tasks", events.ReviewExpired(task, found.proposal.reviewer, found.proposal.review_by))]

    # Consents

    @staticmethod
    def _returnUse(s: Storage, _time: int, task: bytes, digest: bytes, _signature: bytes) -> Emitted:
        found, given = s.tasks.get(task), s.given.get(digest)
        if found is None or given is None or digest not in found.authorizations:
            raise ChainError("UseNotConsumed", {"task": task}, call="returnUse")
        if (task, digest) in s.returned:
            raise ChainError("UseAlreadyReturned", {"task": task}, call="returnUse")
        if found.state not in CHAIN_ENDS - {TaskState.COMPLETED}:
            raise ChainError("TaskNotEndedWithoutResult", {"task": task}, call="returnUse")
        s.returned[task, digest] = True
        s.given[digest] = replace(given, uses_left=given.uses_left + found.proposal.uses)
        return [
            ("Consents", events.UseReturned(digest, task, found.proposal.uses, given.uses_left + found.proposal.uses))
        ]

    def _submit(self, s: Storage, time: int, a: consents.Authorization, owner: bytes, _signature: bytes) -> Emitted:
        digest = self.ids[a]
        if s.revoked.get((digest, owner)):
            raise ChainError("RevokedAuthorization", {"authorization": digest}, call="submit")
        before = s.given.get(digest)
        if before is not None:
            _not_revoked(s, digest, before)
            return []
        if time > a.not_after:
            raise ChainError("NoLongerValid", {"authorization": digest}, call="submit")
        wallet = _active(s, owner).facts.wallet.lower()
        sequence = s.submissions[owner] = s.submissions.get(owner, 0) + 1
        s.given[digest] = Given(owner, a, sequence, a.max_uses)
        struct = events.Authorization(*(getattr(a, one.name) for one in fields(a)))
        return [("Consents", events.AuthorizationSubmitted(digest, owner, wallet, sequence, struct))]

    @staticmethod
    def _revoke(s: Storage, _time: int, digest: bytes, owner: bytes, _signature: bytes) -> Emitted:
        if s.revoked.get((digest, owner)):
            return []
        s.revoked[digest, owner] = True
        return [("Consents", events.AuthorizationRevoked(digest, owner))]

    @staticmethod
    def _revokeAll(s: Storage, _time: int, owner: bytes, through: int, _signature: bytes) -> Emitted:
        last = s.submissions.get(owner, 0)
        if through > last:
            raise ChainError("OutOfRange", {"through": through, "last": last}, call="revokeAll")
        if through <= s.through.get(owner, 0):
            return []
        s.through[owner] = through
        return [("Consents", events.AllRevoked(owner, through))]

    # Anchors

    @staticmethod
    def _anchor(
        s: Storage,
        _time: int,
        u: anchors.AnchorUpdate,
        _signature: bytes,
        last: Sequence[bytes],
        noted: Sequence[Sequence[bytes]],
    ) -> Emitted:
        party, log = _active(s, u.party), s.logs.get(u.party, Log())
        if u.epoch != log.epoch:
            raise ChainError("WrongEpoch", {"epoch": u.epoch}, call="anchor")
        if len(noted) != len(log.noted):
            raise ChainError("BadLength", {"what": "fromNoted"}, call="anchor")
        old_root = log.root if log.size else merkle.EMPTY_ROOT
        for (size, root), proof in zip(((log.size, old_root), *log.noted), (last, *noted), strict=True):
            try:
                merkle.verify_consistency(size, root, u.size, u.root, tuple(proof))
            except Exception as error:
                raise ChainError("ForkedLog", {"party": u.party}, call="anchor") from error
        if u.size == log.size and not log.noted:
            return []
        s.logs[u.party] = Log(log.epoch, u.size, u.root)
        s.roots[u.party, u.epoch, u.size] = u.root
        return [("Anchors", events.Anchored(u.party, u.epoch, log.size, u.size, u.root, party.period))]


def _active(s: Storage, party: bytes) -> Party:
    found = s.parties.get(party)
    if found is None or not found.facts.active:
        raise ChainError("PartyNotActive", {"party": party}, call="registry")
    return found


def _move(s: Storage, task: bytes, to: TaskState) -> Task:
    found = s.tasks.get(task)
    if found is None or to not in TRANSITIONS.get(found.state, frozenset()):
        raise _wrong_state(found, to.name.lower())
    s.tasks[task] = replace(found, state=to)
    return s.tasks[task]


def _unreviewed(s: Storage, task: bytes) -> Task:
    found = s.tasks.get(task)
    if found is None or found.state != TaskState.COMPLETED:
        raise _wrong_state(found, "review")
    if found.proposal.reviewer == NOBODY:
        raise ChainError("NotInTask", {"task": task}, call="review")
    if found.review != Review.NONE:
        raise ChainError("AlreadyReviewed", {"task": task}, call="review")
    return found


def _wrong_state(found: Task | None, call: str) -> ChainError:
    return ChainError("WrongState", {"state": int(TaskState.NONE if found is None else found.state)}, call=call)


def _before_deadline(found: Task, time: int) -> None:
    if time > found.proposal.deadline:
        raise ChainError("DeadlinePassed", {"deadline": found.proposal.deadline}, call="tasks")


def _not_revoked(s: Storage, digest: bytes, given: Given) -> None:
    if s.revoked.get((digest, given.owner)) or given.sequence <= s.through.get(given.owner, 0):
        raise ChainError("RevokedAuthorization", {"authorization": digest}, call="consents")


def _note(s: Storage, party: bytes, epoch: int, size: int, root: bytes) -> None:
    log = s.logs.get(party, Log())
    if epoch != log.epoch:
        raise ChainError("WrongEpoch", {"epoch": epoch}, call="commit")
    known = dict(log.noted)
    if size < log.size or (size == log.size and root != log.root) or known.get(size, root) != root:
        raise ChainError("ForkedLog", {"party": party}, call="commit")
    if size not in known:
        s.logs[party] = replace(log, noted=(*log.noted, (size, root)))


def _settle(s: Storage, task: bytes, committee: tuple[bytes, ...], given: Sequence[calls.RunCommitment]) -> Event:
    left: list[bytes] = []
    right: list[bytes] = []
    for j in range(1, len(given)):
        for i in range(j):
            if given[i].run_id != given[j].run_id or given[i].links[j - 1] != given[j].links[i]:
                left.append(committee[i])
                right.append(committee[j])
    found = _move(s, task, TaskState.DISPUTED if left else TaskState.COMPLETED)
    if left:
        return events.TaskDisputed(task, tuple(left), tuple(right))
    s.tasks[task] = replace(found, run=given[0].run_id)
    return events.TaskCompleted(task, given[0].run_id)


@cache
def _functions(contract: str) -> dict[str, Function]:
    return {one.name: one for one in vars(_MODULES[contract]).values() if isinstance(one, Function)}


def _arguments(call: Read[Any] | Write) -> tuple[Any, ...]:
    """What a binding encoded, as the binding's own types."""
    function = _functions(call.contract)[call.function]
    raw = decode([abi.text(kind) for kind in function.inputs], call.data[4:])
    return tuple(abi._lift(kind, value) for kind, value in zip(function.inputs, raw, strict=True))


@dataclass
class Way:
    """One process' way to the chain: ``lag`` blocks behind, or cut."""

    chain: SimulatedChain
    process: Process
    lag: int = 0
    cut: bool = False
    lose_answer: bool = False

    def head(self) -> int:
        """The newest block that this endpoint shows."""
        self.process.require_alive()
        if self.cut:
            raise EndpointError("chain.unreachable", "The simulated endpoint is away.", "Wait.")
        newest = len(self.chain.blocks) - 1
        shown = max(1, newest - self.lag)
        while shown < newest and self.chain.blocks[shown + 1].time < self.chain.clock.now - LONGEST_LAG:
            shown += 1
        return shown

    def final(self) -> Block:
        """The newest final block that it shows."""
        return self.chain.blocks[max(0, self.head() - self.chain.deployment.confirmations)]

    def send(self, function: str, *arguments: object) -> Block:
        """A transaction, whose answer may be lost after it got into its block."""
        self.head()
        self.lag = 0  # whoever reads a transaction's receipt is as far as its block
        with self.process.effect():
            block = self.chain.send(function, *arguments)
        if self.lose_answer:
            self.lose_answer = False
            raise EndpointError("chain.unreachable", "The simulated endpoint's answer was lost.", "Wait.")
        return block


class SimulatedGateway:
    """What the coordinator uses of :class:`chain.gateway.Gateway`, over a :class:`Way`."""

    def __init__(self, way: Way) -> None:
        self._way: Final = way
        self.deployment: Final = way.chain.deployment
        self.endpoint: Final = self

    def head(self) -> int:
        """See the gateway; so below."""
        return self._way.head()

    def finalized_block(self) -> int:
        return self._way.final().number

    def block_ref(self, number: int) -> BlockRef | None:
        if number > self._way.head():
            return None
        block = self._way.chain.blocks[number]
        bloom = 0
        for log in block.logs:
            bloom |= blooms.bits(log.address.lower())
        return BlockRef(block.number, block.hash, block.parent, block.time, bloom)

    def block_refs(self, numbers: Iterable[int]) -> list[BlockRef | None]:
        return [self.block_ref(number) for number in numbers]

    def logs(self, _addresses: object, first: int, last: int) -> list[RawLog]:
        self._way.head()
        return [log for block in self._way.chain.blocks[first : last + 1] for log in block.logs]

    def senders(self, asked: Sequence[bytes]) -> list[bytes]:
        return [SENDER for _ in asked]

    def read(self, call: Read[Any], *, block: int | None = None) -> Any:
        s = self._way.chain.blocks[self._way.final().number if block is None else block].storage
        found = _arguments(call)
        match call.function:
            case "stateOf":
                return int(s.tasks[found[0]].state) if found[0] in s.tasks else 0
            case "commitmentOf":
                held = s.committed.get((found[0], found[1]))
                return calls.CommitmentRecord(
                    *((held.run_id, held.output_shares, held.links) if held else (bytes(32), bytes(32), ()))
                )
            case "isRevoked":
                return bool(s.revoked.get((found[0], found[1])))
            case "revokedThrough":
                return s.through.get(found[0], 0)
            case "rootAt":
                return anchors.AnchoredRoot(s.roots.get((found[0], found[1], found[2]), bytes(32)), 1)
            case "get" if call.contract == "Tasks":
                held = s.tasks.get(found[0])
                return SimpleNamespace(review=int(Review.NONE if held is None else held.review))
            case "get":
                return SimpleNamespace(status=int(found[0] in s.given))
            case "attest":  # a call that is tried, not sent
                return self._way.chain.tried(s, call.function, found)
            case other:
                raise NotImplementedError(f"the simulated chain is not asked for {other}")

    def send(self, call: Write, *, least_gas: int = 0) -> Receipt:
        del least_gas
        block = self._way.send(call.function, *_arguments(call))
        return Receipt(bytes(32), block.number, block.hash, ())

    # what the API asks beyond the index

    def wallet_accepts(self, _wallet: str, _digest: bytes, _signature: bytes) -> bool:
        return False

    def required_approvals(self) -> int:
        return 1

    def longest_lifetime(self) -> int:
        return 30 * 86_400


class SimulatedView:
    """:class:`workers.chain_view.ChainView` over a :class:`Way`."""

    def __init__(self, way: Way) -> None:
        self._way: Final = way
        self.chain_id: Final = way.chain.deployment.chain_id
        self.deployment_id: Final = bytes.fromhex(way.chain.deployment.deployment_id[2:])

    def domain(self, contract: str) -> Domain:
        """See the protocol; so below."""
        return self._way.chain.domain(contract)

    def head(self) -> Head:
        block = self._way.final()
        return Head(block.number, block.hash, block.time)

    def _at(self, at: Head) -> Storage:
        self._way.head()
        return self._way.chain.blocks[at.number].storage

    def task(self, task: bytes, at: Head) -> TaskFacts:
        found = self._at(at).tasks.get(task)
        if found is None:
            return TaskFacts(TaskState.NONE, Review.NONE, bytes(32), (), 0, 0, bytes(32))
        p = found.proposal
        return TaskFacts(
            found.state, found.review, p.contract_digest, p.compute_parties, p.deadline, found.started_at, found.run
        )

    def completed(self, task: bytes, after: int, at: Head) -> Head | None:
        self._way.head()
        for block in self._way.chain.blocks[after + 1 : at.number + 1]:
            for _, event in block.emitted:
                if isinstance(event, events.TaskCompleted) and event.task == task:
                    return Head(block.number, block.hash, block.time)
        return None

    def reviewed(self, task: bytes, after: int, at: Head) -> int | None:
        self._way.head()
        for block in self._way.chain.blocks[after + 1 : at.number + 1]:
            for _, event in block.emitted:
                if isinstance(event, events.OutputReviewed) and event.task == task and event.approved:
                    return block.number
        return None

    def party(self, name: str, at: Head) -> PartyFacts | None:
        found = self._at(at).parties.get(ids.on_chain(name))
        return None if found is None else found.facts

    def wallet_accepts(self, _wallet: str, _digest: bytes, _signature: bytes) -> bool:
        return False

    def data_set(self, data_set: str, version: int, at: Head) -> DataSetFacts | None:
        return self._at(at).data_sets.get((ids.on_chain(data_set), version))

    def release(self, name: str, at: Head) -> ReleaseFacts | None:
        return self._at(at).releases.get(ids.on_chain(name))

    def is_successor(self, _older: str, _newer: str, _at: Head) -> bool:
        return False

    def use_consumed(self, task: bytes, authorization: bytes, at: Head) -> bool:
        found = self._at(at).tasks.get(task)
        held = found is not None and authorization in found.authorizations
        return held and (task, authorization) not in self._at(at).returned

    def authorization_owner(self, authorization: bytes, at: Head) -> bytes | None:
        found = self._at(at).given.get(authorization)
        return None if found is None else found.owner

    def commitment(self, task: bytes, party: str, at: Head) -> CommitmentFacts | None:
        found = self._at(at).committed.get((task, ids.on_chain(party)))
        return None if found is None else CommitmentFacts(found.run_id, found.output_shares, found.links)

    def attested(self, request: ChainRequest, at: Head) -> bool:
        message = cast("ResultAttestation", request.message)
        return (message.task, ids.on_chain(message.result_user)) in self._at(at).attested

    def uses_of(self, party: str, after: int, at: Head) -> list[tuple[bytes, bytes]]:
        s = self._at(at)
        return [
            (event.task, event.authorization)
            for block in self._way.chain.blocks[after + 1 : at.number + 1]
            for _, event in block.emitted
            if isinstance(event, events.UseConsumed) and s.given[event.authorization].owner == ids.on_chain(party)
        ]

    def log(self, party: str, at: Head) -> LogFacts:
        found = self._at(at).logs.get(ids.on_chain(party), Log())
        return LogFacts(found.epoch, found.size, found.root, found.noted)

    def send(self, request: ChainRequest) -> None:
        arguments, signature = request.message.chain_args(), request.signature
        match request.kind:
            case "commit":
                self._way.send("commit", calls.RunCommitment(*arguments), signature)
            case "abort":
                self._way.send("abort", calls.Abort(*arguments), signature)
            case "attest":
                self._way.send("attest", calls.ResultAttestation(*arguments), signature)
            case "anchor":
                update = anchors.AnchorUpdate(*arguments)
                self._way.send("anchor", update, signature, request.from_last, request.from_noted)
            case other:
                raise NotImplementedError(other)


def ended(state: TaskState) -> bool:
    """Whether nothing follows."""
    return state in CHAIN_ENDS


def release_facts(kind: ReleaseKind, digest: bytes, level: int) -> ReleaseFacts:
    """An approved release."""
    return ReleaseFacts(kind, digest, level, active=True, approved=True, successor="")
