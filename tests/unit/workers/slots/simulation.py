"""Nodes with run slots in memory: ordered channels with delays, children that open and run, stops, kills and cuts.

Time is simulated; everything that may happen in another order on a real network does, by a seeded dice.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workers.slots.rule import SlotRule
from workers.slots.runs import Kind, Patience, Phase, Run
from workers.slots.words import Word

OPEN_LIMIT = 20.0
PATIENCE = Patience(claim=10.0, hold=30.0, keep=30.0)


@dataclass
class Task:
    """A started task: who takes part, in the contract's order, and how long it computes."""

    name: bytes
    started: int
    parties: tuple[str, ...]
    seconds: float
    kind: Kind = Kind.TASK


@dataclass
class Child:
    """A child of one attempt at one node."""

    seed: bytes
    stage: str = "opening"
    alive: bool = True


@dataclass
class Node:
    """One node: its rule and its children; ``up`` until it is stopped or killed."""

    world: "Slots"
    name: str
    slots: Mapping[Kind, int]
    up: bool = True
    frozen: bool = False
    children: dict[bytes, Child] = field(default_factory=dict)
    known: set[bytes] = field(default_factory=set)
    done: set[bytes] = field(default_factory=set)
    asides: int = 0

    def __post_init__(self) -> None:
        self.boot()

    def boot(self) -> None:
        self.children = {}
        self.rule = SlotRule(self.name.encode(), self.slots, self, PATIENCE, self.world.dice.randbytes)

    def send(self, peer: bytes, word: Word) -> None:
        self.world.transmit(self.name, peer.decode(), word)

    def start(self, task: bytes, seed: bytes) -> None:
        assert task not in self.children, "a second child of one run"
        self.children[task] = Child(seed)
        for kind, most in self.slots.items():
            used = sum(self.world.tasks[name].kind is kind for name in self.children)
            assert used <= most, f"{self.name} has {used} runs in {most} slots"
        self.world.opening(self, task, seed)

    def put_aside(self, task: bytes) -> None:
        child = self.children[task]
        assert child.stage == "opening", f"a run that had committed was put aside at {self.name}"
        self.asides += 1
        self.world.end_child(self, task, child)


class Slots:
    """The world; :meth:`run` lets things happen until all is quiet or the time is over."""

    def __init__(self, seed: int, names: Sequence[str], slots: Mapping[str, Mapping[Kind, int]]) -> None:
        self.dice = random.Random(seed)
        self.now = 0.0
        self.tasks: dict[bytes, Task] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._arrives: dict[tuple[str, str], float] = {}
        self._channels: dict[frozenset[str], int] = {}
        self.nodes = {name: Node(self, name, slots[name]) for name in names}
        self.inputs: dict[bytes, set[bytes]] = {}
        self.blamed: list[tuple[bytes, str]] = []

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._count), act))

    def add(self, task: Task, spread: float) -> None:
        """Every party hears of the task at a moment of its own."""
        self.tasks[task.name] = task
        for party in task.parties:
            self.later(self.dice.uniform(0, spread), lambda party=party: self.learn(self.nodes[party], task))

    def connect(self) -> None:
        """Every pair has a channel, after a while."""
        for one, other in itertools.combinations(self.nodes, 2):
            self.later(self.dice.uniform(0, 3), lambda one=one, other=other: self._connect(one, other))

    def cut(self, one: str, other: str) -> None:
        """The channel breaks, and comes back by itself."""
        if self._channels.pop(frozenset((one, other)), None) is not None:
            for me, peer in ((one, other), (other, one)):
                if self.nodes[me].up:
                    self.later(self.dice.uniform(0, 1), lambda me=me, peer=peer: self._lose(me, peer))
            self.later(self.dice.uniform(1.5, 4), lambda: self._connect(one, other))

    def stop(self, name: str, back_after: float | None = None) -> None:
        """The node's process ends, with its children; it comes back with what was on its disk."""
        node = self.nodes[name]
        if not node.up:
            return
        node.up = False
        for task, child in list(node.children.items()):
            child.alive = False
            if child.stage == "running":
                node.done.add(task)  # input may be out: it ends and never runs again (I10)
            self._break(task, child.seed)
        node.children = {}
        for other in self.nodes:
            if other != name and self._channels.pop(frozenset((name, other)), None) is not None:
                self.later(self.dice.uniform(0, 1), lambda other=other: self._lose(other, name))
        if back_after is not None:
            self.later(back_after, lambda: self._return(node))

    def run(self, until: float, ended: Callable[[], bool] = lambda: False) -> None:
        """Until the time is over, or 60 seconds after what is asked for has happened."""
        ticking, stop_at = True, until

        def tick() -> None:
            for node in self.nodes.values():
                if node.up:
                    node.rule.tick(self.now)
            if ticking:
                self.later(1.0, tick)

        self.later(0, tick)
        while self._events and self._events[0][0] <= stop_at:
            self.now, _, act = heapq.heappop(self._events)
            act()
            if stop_at == until and ended():
                stop_at = min(until, self.now + 60)
        ticking = False

    def transmit(self, sender: str, receiver: str, word: Word) -> None:
        epoch = self._channels.get(frozenset((sender, receiver)))
        at = max(self.now + self.dice.expovariate(20), self._arrives.get((sender, receiver), 0.0))
        self._arrives[sender, receiver] = at

        def arrive() -> None:
            node = self.nodes[receiver]
            if node.up and epoch is not None and self._channels.get(frozenset((sender, receiver))) == epoch:
                node.rule.receive(sender.encode(), word, self.now)

        self.later(at - self.now, arrive)

    # --- children

    def opening(self, node: Node, task: bytes, seed: bytes) -> None:
        child = node.children[task]

        def give_up() -> None:
            if child.stage == "opening":
                self.end_child(node, task, child)

        self.later(OPEN_LIMIT, give_up)
        self.later(self.dice.uniform(0.1, 2), lambda: self._look(task, seed))

    def end_child(self, node: Node, task: bytes, child: Child, *, over: bool = False) -> None:
        """The child ends, and its node hears of it; the other children of the attempt find the link broken."""
        if not child.alive:
            return
        child.alive = False
        self.later(self.dice.uniform(0, 0.3), lambda: self._gone(node, task, child, over=over))
        if not over:
            self._break(task, child.seed)

    def _gone(self, node: Node, task: bytes, child: Child, *, over: bool) -> None:
        if node.children.get(task) is not child:
            return
        del node.children[task]
        if over:
            node.done.add(task)
            node.rule.remove(task, self.now)
        else:
            node.rule.again(task, self.now + self.dice.uniform(0, 3), self.now)

    def _break(self, task: bytes, seed: bytes) -> None:
        for node in self.nodes.values():
            child = node.children.get(task)
            if child is not None and child.seed == seed and child.alive:
                over = child.stage == "running"
                if over:
                    self.blamed.append((task, node.name))
                delay = self.dice.uniform(0, 0.5)
                self.later(
                    delay, lambda node=node, child=child, over=over: self.end_child(node, task, child, over=over)
                )

    def _attempt(self, task: bytes, seed: bytes) -> list[tuple[Node, Child]] | None:
        found: list[tuple[Node, Child]] = []
        for party in self.tasks[task].parties:
            child = self.nodes[party].children.get(task)
            if child is None or child.seed != seed or not child.alive:
                return None
            found.append((self.nodes[party], child))
        return found

    def _look(self, task: bytes, seed: bytes) -> None:
        """When all links of an attempt stand, each child asks its node at a moment of its own."""
        attempt = self._attempt(task, seed)
        if attempt is None:
            return
        for node, child in attempt:
            self.later(self.dice.uniform(0, 0.2), lambda node=node, child=child: self._commit(node, task, child))

    def _commit(self, node: Node, task: bytes, child: Child) -> None:
        if child.alive and child.stage == "opening" and node.rule.committed(task):
            child.stage = "committed"
            attempt = self._attempt(task, child.seed)
            if attempt is not None and all(other.stage == "committed" for _, other in attempt):
                assert task not in self.inputs, "input of one task went out in two attempts"
                self.inputs[task] = {child.seed}
                for other_node, other in attempt:
                    other.stage = "running"
                    self.later(
                        self.tasks[task].seconds,
                        lambda other_node=other_node, other=other: self.end_child(other_node, task, other, over=True),
                    )

    # --- nodes and channels

    def learn(self, node: Node, task: Task) -> None:
        node.known.add(task.name)
        if node.up:
            self._tell(node, task)

    def _tell(self, node: Node, task: Task) -> None:
        parties = tuple(name.encode() for name in task.parties)
        node.rule.add(Run(task.name, task.started, parties, task.kind), self.now)

    def _return(self, node: Node) -> None:
        node.up = True
        node.boot()
        for name in node.known - node.done:
            self._tell(node, self.tasks[name])
        for other in self.nodes:
            if other != node.name:
                self.later(self.dice.uniform(0, 2), lambda other=other: self._connect(node.name, other))

    def _connect(self, one: str, other: str) -> None:
        pair = frozenset((one, other))
        if pair in self._channels:
            return
        if not (self.nodes[one].up and self.nodes[other].up):
            self.later(self.dice.uniform(0.5, 2), lambda: self._connect(one, other))
            return
        self._channels[pair] = next(self._count)
        for me, peer in ((one, other), (other, one)):
            for leads in (False, True):
                self.nodes[me].rule.connected(peer.encode(), self.now, leads=leads)

    def _lose(self, me: str, peer: str) -> None:
        if self.nodes[me].up and frozenset((me, peer)) not in self._channels:
            for leads in (False, True):
                self.nodes[me].rule.lost(peer.encode(), self.now, leads=leads)


def finished(world: Slots, task: Task) -> bool:
    """Whether the task ran to its end at all its parties."""
    return all(task.name in world.nodes[party].done for party in task.parties)


def waiting(world: Slots, name: str) -> list[bytes]:
    """What waits at a node."""
    return [run.task for run in world.nodes[name].rule.runs() if run.phase is Phase.WAITING]
