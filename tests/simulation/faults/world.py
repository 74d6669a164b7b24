"""One history: all processes, and the operations that a schedule is made of.

An operation that makes no sense at its moment (a second restart, a task that there is not) does nothing, so that a schedule stays one
when some of it is left out. People repeat what was not answered, as their client does.
"""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch

import structlog

from chain.bindings import consents, tasks
from chain.errors import ChainError
from orchestrator.store.database import Row
from protocol import events, ids
from protocol.contract import TaskContract, proposal_of, task_id_of
from protocol.errors import RefusedError, TallyError, UnavailableError
from protocol.limits import LIMITS
from protocol.messages import PostedReceipt, SealedShare, SignedAuthorization
from protocol.reasons import BY_CODE
from protocol.typed import KIND_REFUSAL, KIND_WITHDRAWAL, Abort, Revocation, RevocationOfAll, Typed
from protocol.vocabulary import TaskState
from tests.simulation.faults.chain import Emitted, Log, SimulatedChain, Storage, Way
from tests.simulation.faults.coordinator import Coordinator, NodePort, SimulatedBroker
from tests.simulation.faults.nodes import Backup, Party, SimulatedComputation
from tests.simulation.faults.process import Clock, Process, watched
from tests.simulation.faults.template import COMMITTEE, NOW, OWNERS, Template, copied, drawn_from, fill, keys_of
from workers import disk, rotation
from workers.log import EvidenceLog
from workers.node import EPOCH

SECONDS: Final = 900
"""From a proposal to its deadline."""
MOST_TASKS: Final = 3
LOOPS: Final = ("index", "relay", "start", "expire", "publish")
WHO: Final = ("api", "engine", *COMMITTEE)
Operation = tuple[Any, ...]


@dataclass
class Accepted:
    """What people were told is taken."""

    tasks: dict[bytes, TaskContract] = field(default_factory=dict[bytes, TaskContract])
    consents: dict[bytes, tuple[str, bytes]] = field(default_factory=dict[bytes, tuple[str, bytes]])
    revocations: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    through: dict[str, int] = field(default_factory=dict[str, int])
    words: list[tuple[bytes, int]] = field(default_factory=list[tuple[bytes, int]])
    """Authorizations that were taken back, and how many transactions had been sent by then."""
    ends: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    refused: Counter[str] = field(default_factory=Counter[str])


@dataclass
class Sealed:
    """A sealed share left a node: what the newest final block showed of its task then."""

    party: str
    task: bytes
    state: TaskState
    commitments: int
    releasable: bool = True


class Lines:
    """The lines of the logs that say that something is wrong, with the exception behind them; stands for structlog's processors."""

    def __init__(self) -> None:
        self.wrong: list[tuple[str, dict[str, Any], BaseException | None]] = []

    def __call__(self, _logger: object, method: str, line: dict[str, Any]) -> dict[str, Any]:
        if method in ("error", "exception", "critical"):
            self.wrong.append((line["event"], line, sys.exc_info()[1]))
        raise structlog.DropEvent


@contextmanager
def listening() -> Generator[Lines]:
    """Every logger's lines, as ``structlog.testing.capture_logs`` takes them."""
    lines, processors = Lines(), structlog.get_config()["processors"]
    kept = processors.copy()
    try:
        processors.clear()
        processors.append(lines)
        structlog.configure(processors=processors)
        yield lines
    finally:
        processors.clear()
        processors.extend(kept)
        structlog.configure(processors=processors)


class World:
    """See the module. Made by :func:`world`."""

    def __init__(self, made: Template, folder: Path, confirmations: int, lines: Lines) -> None:
        self.made: Final = made
        self.lines: Final = lines
        self.folder: Final = folder
        self.clock: Final = Clock(NOW)
        self.confirmations: Final = confirmations
        base = made.chains[confirmations]
        self.chain: Final = SimulatedChain(self.clock, confirmations)
        self.chain.blocks = list(base.blocks)
        self.processes: Final = {name: Process(name) for name in WHO}
        self.ways: Final = {name: Way(self.chain, self.processes[name]) for name in WHO}
        fill(made, self.chain)
        self.broker: Final = SimulatedBroker(self.processes["engine"])
        self.coordinator: Final = Coordinator(
            made.store,
            self.clock,
            self.processes["api"],
            self.processes["engine"],
            self.ways["api"],
            self.ways["engine"],
            self.broker,
        )
        self.parties: Final[dict[str, Party]] = {}
        for name in COMMITTEE:
            port = NodePort(self.coordinator, self.processes[name])
            port.on_post = self._posted
            self.parties[name] = Party(
                name, folder / name, self.processes[name], self.ways[name], port, self.clock, made.wallets[name].address
            )
        self.computation: Final = SimulatedComputation(self.parties, self.chain)
        self.accepted: Final = Accepted()
        self.intents: list[Callable[[], None]] = []
        self.contracts: list[tuple[bytes, TaskContract]] = []
        self.given: dict[str, list[bytes]] = {name: [] for name in OWNERS}
        self.sealed: list[Sealed] = []
        self.backups: dict[str, Backup] = {}
        self.put_back: set[str] = set()
        self.words: list[str] = []
        self.begun_finishing = NOW
        self.applied: list[Operation] = []
        for party in self.parties.values():
            party.start()

    # what is seen of it

    def task(self, number: int) -> tuple[bytes, TaskContract] | None:
        """The number-th task that somebody wanted."""
        return self.contracts[number] if number < len(self.contracts) else None

    def row(self, task: bytes) -> Row | None:
        """A task as the coordinator shows it."""
        found = self.coordinator.rows("SELECT * FROM tally.tasks WHERE task_id = %s", task)
        return found[0] if found else None

    def trace(self) -> list[str]:
        """What happened, as it can be compared: events of the chain, ends at the nodes."""
        told = [
            f"{time} {event.name if hasattr(event, 'name') else type(event).__name__}"
            for time, _, event in self.chain.history
        ]
        for party in self.parties.values():
            jobs = party.node.state.jobs() if party.process.alive else []
            told += [f"{party.name} {job.task.hex()[:8]} {job.stage} {job.reason} {job.peer}" for job in jobs]
        return told

    def _posted(self, party: str, item: PostedReceipt) -> None:
        if isinstance(item.body, SealedShare):
            final = self.chain.final.storage
            found = final.tasks.get(item.body.task)
            count = sum(task == item.body.task for task, _ in final.committed)
            state = TaskState.NONE if found is None else found.state
            allowed = found is not None and found.releasable
            self.sealed.append(Sealed(party, item.body.task, state, count, allowed))

    # operations

    def apply(self, operation: Operation) -> None:
        """Do one."""
        name, *arguments = operation
        self.applied.append(operation)
        cast("Callable[..., None]", getattr(self, f"do_{name}"))(*arguments)

    def _person(self, act: Callable[[], None]) -> None:
        """A request of a person: what is refused is read, what is not answered is repeated later."""
        try:
            act()
        except UnavailableError:
            self.intents.append(act)
        except TallyError as error:
            self.accepted.refused[error.code] += 1
            self.words.append(f"{error.code}: {error.what} {error.details}")

    def _sign(self, party: str, message: Typed) -> bytes:
        digest = message.digest(self.coordinator.domains.domain(message.HOME))
        return bytes(self.made.wallets[party].unsafe_sign_hash(cast("Any", digest)).signature)

    def do_submit(self, reviewed: int = 0) -> None:
        """Somebody proposes a task, with a named reviewer of its output or without."""
        number = len(self.contracts)
        if number >= MOST_TASKS:
            return
        contract = self.made.contract(number, self.clock.now, SECONDS, reviewed=bool(reviewed))
        task = task_id_of(contract, self.coordinator.domains.domain("Tasks"))
        proposal = proposal_of(contract)
        self.chain.ids[tasks.Proposal(*proposal.chain_args())] = task
        self.contracts.append((task, contract))
        signature = self._sign("hospital", proposal)

        def act() -> None:
            self.coordinator.submit(contract, signature)
            self.accepted.tasks[task] = contract

        self._person(act)

    def do_consent(self, owner: int, number: int) -> None:
        """An owner authorizes a task."""
        found = self.task(number)
        if found is None:
            return
        task, contract = found
        self._give(OWNERS[owner], task, contract, 0)

    def do_stand(self, owner: int, number: int, uses: int) -> None:
        """An owner authorizes so many tasks like this one."""
        found = self.task(number)
        if found is not None:
            self._give(OWNERS[owner], *found, uses)

    def _give(self, owner: str, task: bytes, contract: TaskContract, uses: int) -> None:
        message, policy = self.made.offer(
            contract, task, owner, now=self.clock.now, standing=uses, attempt=len(self.given[owner])
        )
        digest = message.digest(self.coordinator.domains.domain("Consents"))
        self.chain.ids[consents.Authorization(*message.chain_args())] = digest
        self.given[owner].append(digest)
        signed = SignedAuthorization(owner, message, self._sign(owner, message), policy)

        def act() -> None:
            if uses:
                self.coordinator.stand(signed)
            else:
                self.coordinator.authorize(task, signed)
            self.accepted.consents[digest] = owner, bytes(32) if uses else task

        self._person(act)

    def do_revoke(self, owner: int, number: int) -> None:
        """An owner takes one authorization back."""
        name = OWNERS[owner]
        if number >= len(self.given[name]):
            return
        digest = self.given[name][number]
        message = Revocation(digest, name)
        signature = self._sign(name, message)

        def act() -> None:
            self.coordinator.revoke(message, signature)
            self.accepted.revocations.append((name, digest))
            self.accepted.words.append((digest, len(self.chain.asked)))

        self._person(act)

    def do_revoke_all(self, owner: int) -> None:
        """An owner takes back all that the chain finally has of it."""
        name = OWNERS[owner]
        storage = self.chain.final.storage
        through = storage.submissions.get(ids.on_chain(name), 0)
        known = [digest for digest, given in storage.given.items() if given.owner == ids.on_chain(name)]
        message = RevocationOfAll(name, through)
        signature = self._sign(name, message)

        def act() -> None:
            self.coordinator.revoke_all(message, signature)
            self.accepted.through[name] = max(through, self.accepted.through.get(name, 0))
            self.accepted.words += [(digest, len(self.chain.asked)) for digest in known]

        self._person(act)

    def do_refuse(self, owner: int, number: int) -> None:
        """An owner's wallet declines."""
        self._end(OWNERS[owner], number, KIND_REFUSAL, "owner.declined", self.coordinator.refuse)

    def do_withdraw(self, number: int) -> None:
        """The proposer takes its proposal back."""
        self._end("hospital", number, KIND_WITHDRAWAL, "proposer.withdrew", self.coordinator.withdraw)

    def _end(self, party: str, number: int, kind: int, reason: str, tell: Callable[[Abort, bytes], None]) -> None:
        found = self.task(number)
        if found is None:
            return
        message = Abort(found[0], party, kind, BY_CODE[reason].number, bytes(32))
        signature = self._sign(party, message)

        def act() -> None:
            tell(message, signature)
            self.accepted.ends.append((party, message.task))

        self._person(act)

    def do_review(self, number: int, approved: int) -> None:
        """The named reviewer says what it thinks of a completed task's output."""
        found = self.task(number)
        if found is not None:
            with suppress(ChainError):
                self.chain.send("review", found[0], bool(approved), bytes(32))

    def do_return_use(self, owner: int, number: int) -> None:
        """An owner's wallet says that its node sent no input, as its command lets it: where the node's own state says so."""
        found, party = self.task(number), self.parties[OWNERS[owner]]
        if found is None or not party.process.alive:
            return
        sent = any((party.name, found[0]) == (name, task) for name, task, _ in self.computation.inputs)
        held = self.chain.newest.tasks.get(found[0])
        for digest in () if held is None or sent else held.authorizations:
            if self.chain.newest.given[digest].owner == ids.on_chain(party.name):
                with suppress(ChainError):
                    self.chain.send("returnUse", found[0], digest, b"")

    def do_suspend(self, party: int) -> None:
        """The office suspends a party."""
        self._set_active(COMMITTEE[party], active=False)

    def do_reinstate(self, party: int) -> None:
        """And takes that back."""
        self._set_active(COMMITTEE[party], active=True)

    def _set_active(self, name: str, *, active: bool) -> None:
        party = ids.on_chain(name)
        if self.chain.newest.parties[party].facts.active == active:
            return

        def act(s: Storage) -> Emitted:
            found = s.parties[party]
            s.parties[party] = replace(found, facts=replace(found.facts, active=active))
            event = events.PartyReinstated(party) if active else events.PartySuspended(party, bytes(32))
            return [("PartyRegistry", event)]

        self.chain.send("setUp", act)

    def do_rotate(self, party: int) -> None:
        """A node at rest gets new keys and a new epoch, as ``workers.rotation.rotate`` does it in one go (its kills are its own tests')."""
        name = COMMITTEE[party]
        found = self.parties[name]
        if (
            not found.process.alive
            or self.ways[name].cut
            or self.processes[name].kill_in
            or self.processes[name].full_for
        ):
            return
        try:
            rotation._require_at_rest(found.node)
        except RefusedError as error:
            self.accepted.refused[error.code] += 1
            return
        keys, identity = keys_of(name, found.period + 1), ids.on_chain(name)

        def act(s: Storage) -> Emitted:
            held, log = s.parties[identity], s.logs.get(identity, Log())
            facts = replace(
                held.facts, node_signer=keys.signer_address, node_key=keys.node_public, seal_key=keys.seal_public
            )
            s.parties[identity] = replace(held, facts=facts, period=held.period + 1)
            s.logs[identity] = Log(log.epoch + 1)
            rotated = events.KeysRotated(
                identity, held.period + 1, facts.node_signer.lower(), facts.node_key, facts.seal_key
            )
            return [("PartyRegistry", rotated), ("Anchors", events.EpochOpened(identity, log.epoch + 1))]

        self.chain.send("setUp", act)
        for _ in range(self.confirmations):  # the command waits for it
            self.chain.mine()
        found.node.state.set_fact(EPOCH, str(found.node.epoch + 1))
        found.stop()
        found.period += 1
        found.restart()

    # steps

    def do_engine(self, loop: int) -> None:
        """One step of one of the engine's loops."""
        self.coordinator.step(LOOPS[loop])

    def do_hand_over(self, party: int) -> None:
        """The broker delivers a party's next message."""
        name = COMMITTEE[party]
        queue = self.broker.queues.get(name, [])
        if self.broker.away or not queue or not self.parties[name].process.alive:
            return
        message = queue.pop(0)
        self.parties[name].receive(message)
        if not self.parties[name].process.alive:  # it was not acknowledged
            queue.insert(0, message)

    def do_settle(self, party: int) -> None:
        """A node looks at chain and clock."""
        self.parties[COMMITTEE[party]].settle()

    def do_deliver(self, party: int) -> None:
        """A node delivers what it owes, and fetches what waits for it."""
        self.parties[COMMITTEE[party]].deliver()

    def do_compute(self) -> None:
        """Runs that are due take their slots."""
        for task in self.computation.due():
            self.computation.attempt(task)

    def do_tick(self, seconds: int) -> None:
        """Time passes; the chain makes a block."""
        self.clock.now += seconds
        self.chain.mine()

    def do_turn(self) -> None:
        """Everybody does something, then a second passes."""
        for loop in LOOPS:
            self.coordinator.step(loop)
        for place, name in enumerate(COMMITTEE):
            while self.broker.queues.get(name) and not self.broker.away and self.parties[name].process.alive:
                self.do_hand_over(place)
            self.do_settle(place)
        self.do_compute()
        for place in range(len(COMMITTEE)):
            self.do_settle(place)
            self.do_deliver(place)
        self.do_tick(1)

    # faults

    def do_kill(self, who: int, effects: int, after: int) -> None:
        """A process dies at its so-manieth effect from now on; 0: at once."""
        process = self.processes[WHO[who]]
        if effects:
            process.plan_kill(effects, after=bool(after))
        elif process.alive:
            process.alive = False
            process.killed += 1
            if WHO[who] in self.parties:
                self.parties[WHO[who]].stop()

    def do_restart(self, who: int) -> None:
        """Somebody starts it again."""
        name = WHO[who]
        process = self.processes[name]
        if process.alive:
            return
        process.kill_in = 0
        if name == "engine":
            self.coordinator.start_engine()
        elif name in self.parties:
            self.parties[name].restart()
        else:
            process.alive = True

    def do_back_up(self, party: int) -> None:
        """A backup of a node is taken; the newest one counts."""
        found = self.parties[COMMITTEE[party]]
        if found.process.alive and not self.ways[found.name].cut:
            self.backups[found.name] = found.back_up()

    def do_put_back(self, party: int) -> None:
        """A node's disk is lost, and its backup put back, by an operator who sees it start."""
        name = COMMITTEE[party]
        if name not in self.backups or self.ways[name].cut:
            return
        self.processes[name].kill_in = self.processes[name].full_for = 0
        if self.parties[name].put_back(self.backups[name]):
            self.put_back.add(name)

    def _new_epochs(self) -> None:
        """What the operator of a node that was put back does when its log turns out to be shorter than what the chain vouches for:
        a commitment was on its way. ``tally node new-epoch`` asks the party's wallet.
        """
        for name in sorted(self.put_back):
            party, identity = self.parties[name], ids.on_chain(name)
            log = self.chain.final.storage.logs.get(identity, Log())
            if not party.process.alive or log.epoch != party.node.epoch:
                continue
            held, _ = party.node.evidence.head()
            heads = ((log.size, log.root), *log.noted)
            if all(size <= held and party.node.evidence.root(size) == root for size, root in heads if size):
                continue

            def act(s: Storage, identity: bytes = identity) -> Emitted:
                epoch = s.logs[identity].epoch + 1
                s.logs[identity] = Log(epoch)
                return [("Anchors", events.EpochOpened(identity, epoch))]

            self.chain.send("setUp", act)
            party.node.state.set_fact(EPOCH, str(log.epoch + 1))
            party.process.alive = False
            party.stop()
            party.restart()

    def do_database_away(self, away: int) -> None:
        """PostgreSQL does not answer."""
        self.coordinator.shared.away = bool(away)

    def do_commit_unsaid(self) -> None:
        """Its next answer to a commit is lost."""
        self.coordinator.shared.unsaid = 1

    def do_broker_away(self, away: int) -> None:
        """The broker does not answer."""
        self.broker.away = bool(away)

    def do_duplicate(self, party: int) -> None:
        """A message comes twice."""
        queue = self.broker.queues.get(COMMITTEE[party], [])
        if queue:
            queue.append(queue[0])

    def do_reorder(self, party: int) -> None:
        """A message overtakes another."""
        queue = self.broker.queues.get(COMMITTEE[party], [])
        if len(queue) > 1:
            queue.append(queue.pop(0))

    def do_lose(self, party: int) -> None:
        """A message that the broker had confirmed is lost with its disk."""
        queue = self.broker.queues.get(COMMITTEE[party], [])
        if queue:
            queue.pop(0)
            self.broker.lost += 1

    def do_cut(self, party: int, cut: int) -> None:
        """A node does not reach the coordinator."""
        self.parties[COMMITTEE[party]].port.cut = bool(cut)

    def do_answer_lost(self, party: int) -> None:
        """The coordinator's next answer to a node does not arrive."""
        self.parties[COMMITTEE[party]].port.lose_answer = True

    def do_chain_away(self, who: int, cut: int) -> None:
        """Somebody does not reach its chain endpoint."""
        self.ways[WHO[who]].cut = bool(cut)

    def do_chain_lags(self, who: int, blocks: int) -> None:
        """Somebody's endpoint is behind."""
        self.ways[WHO[who]].lag = blocks

    def do_sent_unsaid(self, who: int) -> None:
        """Somebody's next transaction gets into its block, and nobody says so."""
        self.ways[WHO[who]].lose_answer = True

    def do_partition(self, a: int, b: int, cut: int) -> None:
        """Two nodes do not reach each other."""
        pair = frozenset({COMMITTEE[a], COMMITTEE[b]})
        if cut and len(pair) == 2:
            self.computation.partitions.add(pair)
        else:
            self.computation.partitions.discard(pair)

    def do_break(self, party: int) -> None:
        """A party's next child dies after its input is out."""
        self.computation.breaks.add(COMMITTEE[party])

    def do_disk_full(self, party: int, writes: int) -> None:
        """A node's next so many writes find no room."""
        self.processes[COMMITTEE[party]].full_for = writes

    def do_skew(self, who: int, seconds: int) -> None:
        """Somebody's clock is wrong."""
        self.processes[WHO[who]].skew = seconds

    def do_reorganise(self, depth: int, drop: int) -> None:
        """The chain replaces blocks that are not final; what was in them waits again, or is lost."""
        self.chain.replace(min(depth, self.confirmations), drop=bool(drop))

    # the end

    def heal(self) -> None:
        """Every fault is lifted; what was dead runs again."""
        shared = self.coordinator.shared
        shared.away, shared.unsaid, self.broker.away = False, 0, False
        self.computation.partitions.clear()
        self.computation.breaks.clear()
        for name, process in self.processes.items():
            process.heal()
            way = self.ways[name]
            way.lag, way.cut, way.lose_answer = 0, False, False
        for party in self.parties.values():
            party.port.cut = party.port.lose_answer = False
        for place in range(len(WHO)):
            self.do_restart(place)
        for place in range(len(COMMITTEE)):
            self.do_reinstate(place)

    def finish(self) -> None:
        """Heal, let people repeat what was not answered, and let time pass until nothing more happens, to behind all deadlines at most."""
        self.heal()
        self.begun_finishing = self.clock.now
        intents, self.intents = self.intents, []
        for act in intents:
            self._person(act)
        pauses = [0] * 8 + [1, 1, 2, 3, 5, 8, 15, 30, 60]
        ends = [contract.deadline + contract.review_within for _, contract in self.contracts]
        last = max(ends, default=0) + LIMITS.deadline_grace
        quiet = 0
        for turn in range(400):
            for place in range(len(WHO)):
                self.do_restart(place)
            self._new_epochs()
            before = (len(self.chain.history), self.resting())
            self.do_turn()
            quiet = quiet + 1 if before == (len(self.chain.history), True) else 0
            if quiet > self.confirmations + 3:
                return
            self.do_tick(pauses[min(turn, len(pauses) - 1)] if self.clock.now < last or turn % 2 else 1)

    def resting(self) -> bool:
        """Whether nothing is left to be done by anybody."""
        if not all(process.alive for process in self.processes.values()):
            return False
        for party in self.parties.values():
            state = party.node.state
            if state.jobs(open_only=True) or state.unsettled():
                return False
            for task, _ in state.collections(1 << 40):
                path = party.folder / "results" / task.hex() / "result.json"
                if not self.put_back or not path.exists():  # without the share of who forgot its run it stays unchecked
                    return False
        open_ = "SELECT 1 FROM tally.tasks WHERE state IN ('submitted', 'proposed', 'started')"
        jobs = "SELECT 1 FROM tally.relay_jobs WHERE state = 'waiting'"
        owed = "SELECT 1 FROM tally.outbox WHERE published_at IS NULL"
        return not any(self.broker.queues.values()) and not any(self.coordinator.rows(q) for q in (open_, jobs, owed))

    def close(self) -> None:
        """End all nodes."""
        for party in self.parties.values():
            party.stop()


@contextmanager
def world(made: Template, confirmations: int, seed: object = 0) -> Generator[World]:
    """A world of one schedule; nothing of it stays."""
    with ExitStack() as stack:
        place = Path(tempfile.mkdtemp(prefix="h-", dir=made.folder))
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        folder = place / "nodes"
        copied(made, folder)
        stack.enter_context(made.store.history())
        stack.enter_context(drawn_from(seed))
        held: dict[Path, Process] = {}

        def process_of(path: Any) -> Process | None:
            return next((process for root, process in held.items() if Path(path).is_relative_to(root)), None)

        append = EvidenceLog.append

        def appended(log: EvidenceLog, entries: Any) -> int:
            process = process_of(log.folder)
            if process is None:
                return append(log, entries)
            with process.effect():
                process.write()
                return append(log, entries)

        for name in ("write_private_pieces", "erase"):
            stack.enter_context(patch.object(disk, name, watched(process_of, getattr(disk, name))))
        stack.enter_context(patch.object(EvidenceLog, "append", appended))
        stack.enter_context(patch("os.fsync", lambda _: None))
        found = World(made, folder, confirmations, stack.enter_context(listening()))
        held |= {folder / name: found.processes[name] for name in COMMITTEE}
        stack.callback(found.close)
        yield found
