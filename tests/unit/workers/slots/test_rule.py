"""The rule of slots: never more runs than slots, no circle of waiting, no task blocked by a node that it does not need."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workers.slots.simulation import Slots, Task, finished
from workers.slots.rule import SlotRule
from workers.slots.runs import Kind, Patience, Phase, Run
from workers.slots.words import NO_ROUND, Claim, Go, Held, Offer, PeerState, Release, Standing, Word

NAMES = ("a", "b", "c", "d", "e")


def world_of(
    seed: int, *, least: int = 1, most: int = 3, tasks: int = 20, seconds: float = 20.0
) -> tuple[Slots, list[Task]]:
    dice = random.Random(seed)
    slots = {name: {Kind.TASK: dice.randint(least, most), Kind.SESSION: 0} for name in NAMES}
    world = Slots(seed, NAMES, slots)
    made = [
        Task(
            dice.randbytes(32), dice.randint(0, 8), tuple(dice.sample(NAMES, dice.randint(3, 5))),
            dice.uniform(0.2, seconds),
        )
        for _ in range(tasks)
    ]  # fmt: skip
    dice.shuffle(made)
    for task in made:
        world.add(task, spread=10)
    world.connect()
    return world, made


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_all_overlapping_tasks_end_whatever_the_order(seed: int) -> None:
    world, tasks = world_of(seed)
    world.run(2000, lambda: all(finished(world, task) for task in tasks))
    assert [task for task in tasks if not finished(world, task)] == []
    assert world.blamed == [], "nobody left a run in which input was sent"


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_one_slot_each_and_twenty_tasks_never_lock(seed: int) -> None:
    world, tasks = world_of(seed, most=1)
    world.run(4000, lambda: all(finished(world, task) for task in tasks))
    assert [task for task in tasks if not finished(world, task)] == []
    assert world.blamed == []


@settings(max_examples=8)
@given(st.integers(0, 2**32), st.sampled_from(NAMES))
def test_a_stopped_node_blocks_only_what_needs_it(seed: int, stopped: str) -> None:
    world, tasks = world_of(seed, most=2)
    world.later(random.Random(seed).uniform(0, 20), lambda: world.stop(stopped))
    unaffected = [task for task in tasks if stopped not in task.parties]
    world.run(3000, lambda: all(finished(world, task) for task in unaffected))
    assert [task for task in unaffected if not finished(world, task)] == []
    assert {task for task, _ in world.blamed} <= {task.name for task in tasks if stopped in task.parties}
    for name, node in world.nodes.items():
        if name != stopped:
            assert all(run.phase is Phase.WAITING for run in node.rule.runs()), "a dead peer's run holds a slot"
            for run in node.rule.runs():
                first, state = node.rule.missing(run.task)[0]
                assert (first.decode(), state) == (stopped, PeerState.ABSENT) or run.task in {
                    t for t, _ in world.blamed
                }


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_kills_and_cuts_at_any_moment_lose_nothing_that_had_not_sent_input(seed: int) -> None:
    world, tasks = world_of(seed, most=2, tasks=12)
    dice = random.Random(seed + 1)
    for _ in range(dice.randint(1, 6)):
        name = dice.choice(NAMES)
        world.later(dice.uniform(0, 60), lambda name=name: world.stop(name, back_after=dice.uniform(0.5, 10)))
    for _ in range(dice.randint(0, 6)):
        pair = dice.sample(NAMES, 2)
        world.later(dice.uniform(0, 60), lambda pair=pair: world.cut(*pair))
    world.run(3000, lambda: all(task.name in world.inputs for task in tasks))
    broken = {task for task, _ in world.blamed}
    for task in tasks:
        ended = [party for party in task.parties if task.name in world.nodes[party].done]
        assert finished(world, task) or (task.name in world.inputs and ended), task
        assert task.name in world.inputs, "every task came to its run"
    assert broken <= set(world.inputs)


@settings(max_examples=3)
@given(st.integers(0, 2**32))
def test_what_is_offered_is_what_there_is_room_for(seed: int) -> None:
    """All runs are looked at in one go; each is told what it would be told alone."""
    told, offered, seen = SlotRule._tell_standing, SlotRule._say_offer, Counter[bool]()

    def lead(self: SlotRule, run: Run, now: float) -> None:
        assert run.offered == self._room(run, now)
        seen[bool(run.offered)] += 1
        told(self, run, now)

    def party(self: SlotRule, run: Run, *, ready: bool) -> None:
        if ready:
            assert self._room(run, world.now)
        offered(self, run, ready=ready)

    world, tasks = world_of(seed, most=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SlotRule, "_tell_standing", lead)
        patch.setattr(SlotRule, "_say_offer", party)
        world.run(2000, lambda: all(finished(world, task) for task in tasks))
    assert min(seen[True], seen[False]) > 20


@pytest.mark.parametrize("seed", range(6))
def test_a_task_that_needs_busy_nodes_is_not_passed_for_ever(seed: int) -> None:
    """Short runs of a+b+c and of c+d+e follow each other without end; one that needs a and d at once gets its turn all the same."""
    world = Slots(seed, NAMES, {name: {Kind.TASK: 1, Kind.SESSION: 0} for name in NAMES})
    dice = random.Random(seed)
    starving = Task(b"\x00" * 32, 5, ("a", "b", "d"), 1.0)
    world.add(starving, spread=0.1)
    for i in range(400):
        for parties in (("a", "b"), ("d", "e", "c")):
            task = Task(dice.randbytes(32), 10 + i, parties, dice.uniform(2, 6))
            world.tasks[task.name] = task
            for party in parties:
                world.later(i * 2.0, lambda party=party, task=task: world.learn(world.nodes[party], task))
    world.connect()
    world.run(120, lambda: finished(world, starving))
    assert finished(world, starving)


def test_sessions_and_tasks_are_counted_apart() -> None:
    names = ("a", "b", "c")
    world = Slots(1, names, {name: {Kind.TASK: 1, Kind.SESSION: 1} for name in names})
    session = Task(b"\x01" * 32, 1, names, 10_000.0, Kind.SESSION)
    second = Task(b"\x02" * 32, 2, names, 10.0, Kind.SESSION)
    tasks = [Task(bytes((9 + i,)) * 32, 3 + i, names, 5.0) for i in range(3)]
    for task in (session, second, *tasks):
        world.add(task, spread=1)
    world.connect()
    world.run(300)
    assert all(finished(world, task) for task in tasks), "a session took a task's slot"
    assert session.name in world.inputs
    assert second.name not in world.inputs, "two sessions in one slot"


class Recorder:
    """A port that writes down."""

    def __init__(self) -> None:
        self.said: list[tuple[bytes, Word]] = []
        self.started: list[bytes] = []
        self.asides: list[bytes] = []

    def send(self, peer: bytes, word: Word) -> None:
        self.said.append((peer, word))

    def start(self, task: bytes, seed: bytes) -> None:
        self.started.append(task)

    def put_aside(self, task: bytes) -> None:
        self.asides.append(task)

    def words(self, kind: type) -> list[Word]:
        return [word for _, word in self.said if isinstance(word, kind)]


def member(slots: int = 1) -> tuple[SlotRule, Recorder]:
    """Node ``m`` with channels to the leads ``x`` and ``y``."""
    port = Recorder()
    rule = SlotRule(b"m", {Kind.TASK: slots, Kind.SESSION: 0}, port, Patience())
    rule.connected(b"x", 0.0, leads=True)
    rule.connected(b"y", 0.0, leads=True)
    return rule, port


EARLY, LATE, R1, R2, SEED = b"\x01" * 32, b"\x02" * 32, b"r" * 16, b"s" * 16, b"e" * 32


def test_an_earlier_claim_takes_a_slot_that_is_only_held() -> None:
    rule, port = member()
    rule.add(Run(LATE, 2, (b"x", b"m", b"z")), 0.0)
    rule.receive(b"x", Claim(LATE, R1), 1.0)
    assert port.words(Held) == [Held(LATE, R1)]
    rule.add(Run(EARLY, 1, (b"y", b"m", b"z")), 2.0)
    rule.receive(b"y", Claim(EARLY, R2), 2.0)
    assert port.words(Held)[-1] == Held(EARLY, R2)
    assert (b"x", Offer(LATE, R1, ready=False)) in port.said
    rule.receive(b"x", Go(LATE, R1, SEED), 3.0)
    assert port.started == [], "go came too late"


def test_an_earlier_claim_does_not_take_the_slot_of_a_run_that_goes() -> None:
    rule, port = member()
    rule.add(Run(LATE, 2, (b"x", b"m", b"z")), 0.0)
    rule.receive(b"x", Claim(LATE, R1), 1.0)
    rule.receive(b"x", Go(LATE, R1, SEED), 1.0)
    assert port.started == [LATE]
    rule.add(Run(EARLY, 1, (b"y", b"m", b"z")), 2.0)
    rule.receive(b"y", Claim(EARLY, R2), 2.0)
    assert Held(EARLY, R2) not in port.words(Held)
    assert port.words(Offer)[-1] == Offer(EARLY, R2, ready=False)
    assert rule.committed(LATE)
    rule.receive(b"x", Release(LATE, R1), 3.0)
    rule.lost(b"x", 3.0, leads=True)
    assert port.asides == [], "nothing puts a committed run aside"


@pytest.mark.parametrize("cause", ["release", "lost"])
def test_a_run_that_opens_is_put_aside_and_may_not_commit_any_more(cause: str) -> None:
    rule, port = member()
    rule.add(Run(LATE, 2, (b"x", b"m", b"z")), 0.0)
    rule.receive(b"x", Claim(LATE, R1), 1.0)
    rule.receive(b"x", Go(LATE, R1, SEED), 1.0)
    if cause == "release":
        rule.receive(b"x", Release(LATE, R1), 2.0)
    else:
        rule.lost(b"x", 2.0, leads=True)
    assert port.asides == [LATE]
    assert not rule.committed(LATE)


def test_unknown_tasks_strangers_words_and_wrong_leads_change_nothing() -> None:
    rule, port = member()
    run = Run(LATE, 2, (b"x", b"m", b"z"))
    rule.add(run, 0.0)
    words = (
        Claim(EARLY, R1), Go(LATE, R1, SEED), Go(EARLY, R1, SEED), Release(LATE, R1), Held(LATE, R1),
        Standing(LATE, True, (PeerState.BUSY,)), Standing(EARLY, True, ()), Claim(LATE, R2),
    )  # fmt: skip
    for word in words:
        rule.receive(b"y", word, 1.0)
        rule.receive(b"nobody", word, 1.0)
    assert port.started == []
    assert port.words(Held) == []
    assert run.phase is Phase.WAITING
    assert run.standing is None
    assert (b"y", Offer(EARLY, R1, ready=False)) in port.said, "a claim is answered, or its lead would wait"


def test_a_peer_cannot_fill_the_memory_with_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.slots.rule.MAX_OFFERS", 10)
    rule, _ = member()
    rule.connected(b"x", 0.0, leads=False)
    for i in range(1000):
        rule.receive(b"x", Offer(i.to_bytes(32, "big"), NO_ROUND, ready=True), 1.0)
    assert len(rule._parties[b"x"].offers) == 10


def test_a_claim_that_is_not_answered_is_released_and_the_silent_one_is_absent() -> None:
    port = Recorder()
    rule = SlotRule(b"x", {Kind.TASK: 1, Kind.SESSION: 0}, port, Patience())
    for peer in (b"m", b"n"):
        rule.connected(peer, 0.0, leads=False)
        rule.receive(peer, Offer(EARLY, NO_ROUND, ready=True), 0.0)
    rule.add(Run(EARLY, 1, (b"x", b"m", b"n")), 0.0)
    (claim, _) = port.words(Claim)
    assert isinstance(claim, Claim)
    rule.receive(b"m", Held(EARLY, claim.round), 1.0)
    rule.tick(9.0)
    assert port.words(Release) == []
    rule.tick(11.0)
    assert len(port.words(Release)) == 2
    assert rule.missing(EARLY)[0] == (b"n", PeerState.ABSENT)
    assert rule.runs()[0].phase is Phase.WAITING
