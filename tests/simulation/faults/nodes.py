"""The nodes: real state machines over their own disks, and a simulated computation between them.

The computation is one call inside another: each party's attempt begins in the one before it, so that all of them are in their slots at
the same moment, as they are in life, without a thread. What the innermost finds (who is missing, who dies when it notes that its input
is out) is what all of them are told.
"""

import hashlib
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from mpc.programs.catalogue import find
from mpc.workflow.digest import ENGINE as RELEASE
from protocol.backends import KAPPA, MODULUS
from protocol.commitments import Tensor, Transcript
from protocol.contract import TaskContract
from protocol.errors import RefusedError, TallyError, VerificationError
from protocol.messages import COLLECT_TASK, RELEASE_TASK, RUN_TASK
from protocol.statements import MpcParameters
from tests.simulation.faults.chain import SimulatedChain, SimulatedView, Way
from tests.simulation.faults.coordinator import Message, NodePort
from tests.simulation.faults.process import Clock, Killed, Process, WatchedDatabase
from tests.simulation.faults.template import COMMITTEE, ENGINE, keys_of
from workers import backup, recovery, results
from workers.child_messages import LinkEnd, Order, Outcome, OutputShare, StepDone
from workers.config import NodeConfig
from workers.data_sets import DataSetStore
from workers.jobs.machine import Machine
from workers.jobs.run import Seat
from workers.jobs.stages import Stage
from workers.models import ModelStore
from workers.node import Desk, Node, assemble
from workers.outbox import Outbox
from workers.recovery import Restored
from workers.service import announce
from workers.state import State
from workers.supervise import ChildFailed, Material, Watch
from workers.vault import Vault

VALUE: Final = 3 << 18
"""The secret output: 3.0 with 18 fraction bits."""


@dataclass
class Touch:
    """A node handed its rows to a run: what its chain, and the newest final block of all, showed then."""

    party: str
    task: bytes
    tables: int
    started: bool
    consumed: bool


@dataclass(frozen=True)
class Backup:
    """What ``workers.backup`` puts into a file, without its seal: names and contents, and what the head says."""

    files: dict[str, bytes]
    taken: int
    block: int
    period: int


@dataclass
class Party:
    """One node as a process on a disk."""

    name: str
    folder: Path
    process: Process
    way: Way
    port: NodePort
    clock: Clock
    wallet: str
    period: int = 1
    closing: Callable[[], None] = lambda: None
    machine: Machine = field(default=cast("Machine", None))
    surprises: list[str] = field(default_factory=list[str])
    run: Callable[[str, Order, Material, Watch], Outcome] = field(default=cast("Any", None))

    def now(self) -> int:
        """By its own clock."""
        return self.clock.now + self.process.skew

    @property
    def node(self) -> Node:
        """The running node."""
        return self.machine.node

    def start(self) -> None:
        """Start the process on its folder, as ``workers.service`` does."""
        self.process.alive = True
        keys = keys_of(self.name, self.period)
        config = NodeConfig(
            self.name, "http://coordinator", "http://chain", "/broker", "", "/pass", self.wallet, "127.0.0.1", 4000, "127.0.0.1", 4000,
        )  # fmt: skip
        vault = Vault(keys.storage_key)
        state = State(self.folder / "state.sqlite")
        real = state._db
        real.execute("PRAGMA synchronous=OFF")  # kills are simulated, power cuts are not
        state._db = cast("Any", WatchedDatabase(real, self.process))
        desk = Desk(
            folder=self.folder, config=config, keys=keys, state=state, vault=vault, store=DataSetStore(self.folder / "data", vault),
            models=ModelStore(self.folder / "models", vault), chain=SimulatedView(self.way), coordinator=self.port, clock=self.now,
        )  # fmt: skip
        context = assemble(desk)

        def close() -> None:
            context.__exit__(None, None, None)
            real.close()

        try:
            node = context.__enter__()
        except BaseException:
            real.close()
            raise
        self.closing = close
        node.check = replace(
            node.check, installed=lambda name: find(name).published().code_digest, engine=lambda: (RELEASE, ENGINE)
        )
        self.machine = Machine(node, lambda order, material, watch: self.run(self.name, order, material, watch))
        recovery.settle(node)
        announce(node)
        self.machine.resume()

    def restart(self) -> None:
        """Start it where it may fail: with a full disk, or killed while it starts."""
        try:
            self.start()
        except Killed:
            self.stop()
        except (TallyError, OSError, sqlite3.OperationalError) as error:
            self.surprises.append(f"{self.name} does not start: {error}")
            self.process.alive = False
            self.stop()

    def back_up(self) -> Backup:
        """What the command takes beside the running node."""
        head = self.node.chain.head()
        return Backup(dict(backup._contents(self.folder)), self.now(), head.number, self.period)

    def put_back(self, found: Backup) -> bool:
        """As ``tally node restore`` into an empty folder, and a start; what the start refuses is undone. Whether it was taken."""
        if self.process.alive:
            self.process.alive = False
            self.stop()
        aside, period = self.folder.with_name(f"{self.name}.aside"), self.period
        self.folder.rename(aside)
        for name, data in found.files.items():
            path = self.folder / name
            for parent in reversed([at for at in path.parents if self.folder in (at, *at.parents)]):
                parent.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600)
        with closing(sqlite3.connect(self.folder / "state.sqlite", isolation_level=None)) as db:
            Restored(found.taken, found.block, self.now()).note(db)
        self.period = found.period
        self.process.alive = True
        try:
            self.start()
        except (RefusedError, VerificationError):
            self.stop()
            shutil.rmtree(self.folder)
            aside.rename(self.folder)
            self.period = period
            self.restart()
            return False
        except Killed:
            self.stop()
        except (TallyError, OSError, sqlite3.OperationalError):
            self.process.alive = False
            self.stop()
        shutil.rmtree(aside)
        return True

    def stop(self) -> None:
        """The process is gone; what was under way is not written."""
        closing, self.closing = self.closing, lambda: None
        closing()

    def act(self, what: Callable[[], object]) -> None:
        """One turn of one of its loops, as :func:`workers.service._loop` survives it."""
        if not self.process.alive:
            return
        try:
            what()
        except Killed:
            self.stop()
        except (TallyError, OSError) as error:
            self.surprises.append(f"{self.name} {getattr(error, 'code', type(error).__name__)}")
        except Exception as error:
            if "full" not in str(error):
                raise

    def settle(self) -> None:
        """The loop of that name."""

        def step() -> None:
            self.machine.tick()
            Outbox(self.node).reach_chain()

        self.act(step)

    def deliver(self) -> None:
        """The loop of that name."""

        def step() -> None:
            Outbox(self.node).deliver()
            results.collect_waiting(self.node)

        self.act(step)

    def receive(self, message: Message) -> None:
        """A message of its queue."""
        handlers = {
            RUN_TASK: self.machine.dispatch,
            RELEASE_TASK: self.machine.release,
            COLLECT_TASK: self.machine.collect,
        }

        def step() -> None:
            handlers[message.name](message.body)

        self.act(step)


@dataclass
class _Meeting:
    """One attempt of all parties at one run."""

    task: bytes
    run: bytes
    watches: dict[str, Watch] = field(default_factory=dict[str, Watch])
    dead: dict[str, BaseException] = field(default_factory=dict[str, BaseException])
    failed: ChildFailed | None = None
    done: bool = False


class SimulatedComputation:
    """The runs between the nodes. ``partitions`` are pairs that do not reach each other; ``breaks`` children that die in mid-run."""

    def __init__(self, parties: dict[str, Party], chain: SimulatedChain) -> None:
        self._parties: Final = parties
        self._chain: Final = chain
        self.partitions: set[frozenset[str]] = set()
        self.breaks: set[str] = set()
        self.touches: list[Touch] = []
        self.inputs: list[tuple[str, bytes, bytes]] = []
        self._runs = 0
        self._meeting: _Meeting | None = None
        self._left: list[str] = []
        for party in parties.values():
            party.run = self._run

    def attempt(self, task: bytes) -> None:
        """All nodes whose run is due take their slots."""
        ready = [name for name in COMMITTEE if self._due(name, task)]
        if not ready:
            return
        self._runs += 1
        self._meeting = _Meeting(task, hashlib.sha256(task + f"run {self._runs}".encode()).digest())
        self._left = ready
        self._next()
        self._meeting = None

    def due(self) -> list[bytes]:
        """Tasks that some node would begin now, in the order of the nodes."""
        found: dict[bytes, None] = {}
        for party in self._parties.values():
            if party.process.alive:
                found |= dict.fromkeys(job.task for job in party.machine.waiting())
        return list(found)

    def _due(self, name: str, task: bytes) -> bool:
        party = self._parties[name]
        return party.process.alive and any(job.task == task for job in party.machine.waiting())

    def _next(self) -> None:
        """The next party's attempt; where nobody is left it is found how it goes."""
        meeting = self._meeting
        assert meeting is not None
        while self._left:
            party = self._parties[self._left.pop(0)]
            party.act(lambda party=party: party.machine.attempt(meeting.task, Seat()))
            if party.name in meeting.watches:
                return  # its run had the others begin
        if not meeting.done:
            self._meet(meeting)

    def _run(self, name: str, order: Order, material: Material, watch: Watch) -> Outcome:
        meeting = self._meeting
        assert meeting is not None
        self._touched(name, order.task, len(material.tables))
        meeting.watches[name] = watch
        if not meeting.done:
            self._next()
        if name in meeting.dead:
            raise meeting.dead[name]
        if meeting.failed is not None:
            raise meeting.failed
        return self._outcome(order, name, meeting.run)

    def _meet(self, meeting: _Meeting) -> None:
        meeting.done = True
        here = list(meeting.watches)
        missing = [name for name in COMMITTEE if name not in here]
        parted = [pair for pair in self.partitions if pair <= set(here)]
        if missing or parted:
            peer = missing[0] if missing else min(parted[0])
            meeting.failed = ChildFailed("link.unreachable", "A simulated peer is not there.", "run.peer_lost", peer)
            return
        for name in here:
            try:
                meeting.watches[name].input_sent(meeting.run)
            except BaseException as error:
                meeting.dead[name] = error
            else:
                self.inputs.append((name, meeting.task, meeting.run))
        broken = [name for name in here if name in self.breaks]
        self.breaks -= set(broken)
        for name in broken:
            meeting.dead.setdefault(name, ChildFailed("child.died", "A simulated child ended.", "run.interrupted", ""))
        if meeting.dead:
            peer = next(iter(meeting.dead))
            meeting.failed = ChildFailed("link.peer_left", "A simulated peer left.", "run.peer_lost", peer)

    def _touched(self, name: str, task: bytes, tables: int) -> None:
        way = self._parties[name].way
        storage = way.final().storage
        found = storage.tasks.get(task)
        started = found is not None and found.started_at > 0
        owners = set() if found is None else {storage.given[digest].owner for digest in found.authorizations}
        own = storage.parties
        consumed = any(own[owner].name == name for owner in owners) or tables == 0
        self.touches.append(Touch(name, task, tables, started, consumed))

    def _outcome(self, order: Order, name: str, run: bytes) -> Outcome:
        """Points of one line for each value, so that the result can be put together."""
        contract = TaskContract.read(order.contract)
        dice = random.Random(order.task)
        outputs: list[OutputShare] = []
        for output in contract.outputs:
            shape = (4,) if output.source == "describe.mean" else ()
            data = b""
            for _ in range(shape[0] if shape else 1):
                slope = dice.randrange(MODULUS)
                data += ((VALUE + slope * (contract.committee.index(name) + 1)) % MODULUS).to_bytes(13, "little")
            outputs.append(OutputShare(output.source, Tensor(shape, 18, data)))
        links = tuple(self._link(run, name, peer) for peer in contract.committee if peer != name)
        steps = (
            StepDone("align", "psi.align@1.0.0", 3, (("intersection_size", 5),)),
            StepDone("describe", "stats.describe@1.0.0", 9, ()),
        )
        return Outcome(run, MpcParameters("mpyc", 1, MODULUS, 1, KAPPA), ENGINE, tuple(outputs), steps, links)

    def _link(self, run: bytes, name: str, peer: str) -> LinkEnd:
        def direction(a: str, b: str) -> tuple[bytes, int]:
            return hashlib.sha256(f"{a}>{b}".encode() + run).digest(), 7

        sent, received = direction(name, peer), direction(peer, name)
        message = Transcript.seen_by(run, name, peer, sent, received).message()
        own, other = (keys_of(one, self._parties[one].period) for one in (name, peer))
        return LinkEnd(peer, *sent, *received, own.sign(message), other.sign(message))


def stage_of(party: Party, task: bytes) -> Stage | None:
    """Where a task stands at a node, read beside it."""
    job = party.node.state.job(task) if party.process.alive else None
    return None if job is None else job.stage
