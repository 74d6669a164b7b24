"""Random histories, each from its seed; and those that once were wrong, by name. `make faults` runs ten thousand."""

import pytest

from tests.simulation.faults.invariants import CHECKS
from tests.simulation.faults.schedule import FAULTS, Schedule, drawn, run, shrunk
from tests.simulation.faults.template import Template
from tests.simulation.faults.world import Operation, World

SEEDS = range(30)
STARTED: tuple[Operation, ...] = (("submit",), ("consent", 0, 0), ("consent", 1, 0))
FOUND: dict[str, tuple[int, tuple[Operation, ...]]] = {
    # an anchor's look before it is sent compared a struct with bytes: sent twice, it was shown as a forked log
    "an anchor that is relayed twice is no forked log": (0, (*STARTED, *[("turn",)] * 4, ("tick", 16), ("settle", 2))),
    # a relay job was done with its block, final or not; nobody asked again when the block was replaced
    "a proposal that a replaced block took along": (2, (*STARTED, ("engine", 1), ("reorganise", 2, 1))),
    "an authorization that a replaced block took along": (
        2,
        (("submit",), *[("turn",)] * 4, ("consent", 0, 0), ("engine", 1), ("reorganise", 2, 1), ("consent", 1, 0)),
    ),
    # nobody had told the node that its result was there, so it was at rest, and took other keys than those it was sealed to
    "a result that is sealed to keys which are rotated": (
        0,
        (
            *STARTED,
            *[("turn",)] * 4,
            *[("engine", 0), ("engine", 1), *[(act, n) for act in ("settle", "deliver") for n in range(3)], ("tick", 1)]
            * 6,
            ("rotate", 1),
        ),
    ),
    "a revocation that a replaced block took along": (
        2,
        (
            *STARTED[:2],
            ("engine", 1),
            *[("tick", 1)] * 3,
            ("engine", 0),
            ("revoke", 0, 0),
            ("engine", 1),
            ("reorganise", 1, 1),
        ),
    ),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_history_ends_well(made: Template, seed: int) -> None:
    schedule = drawn(seed)
    assert run(made, schedule) == [], schedule.text()


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_mended(made: Template, name: str) -> None:
    confirmations, operations = FOUND[name]
    assert run(made, Schedule(1, confirmations, operations)) == []


def test_a_schedule_is_a_history(made: Template) -> None:
    """The same one twice goes the same way, step by step; as JSON it stays what it is."""
    schedule = next(one for one in map(drawn, range(1000, 1100)) if any(name == "kill" for name, *_ in one.operations))
    traces: list[list[str]] = []

    def note(world: World) -> None:
        effects = [f"{name} {process.effects} {process.killed}" for name, process in world.processes.items()]
        traces.append([*world.trace(), *effects, *(block.hash.hex() for block in world.chain.blocks)])

    for one in (schedule, Schedule.read(schedule.text())):
        run(made, one, note)
    assert traces[0] == traces[1]
    assert len(traces[0]) > 20


def test_schedules_have_everything() -> None:
    """Each operation is drawn by some seed, and what it names exists."""
    drawn_names = {name for seed in range(300) for name, *_ in drawn(seed).operations}
    known = {name.removeprefix("do_") for name in dir(World) if name.startswith("do_")}
    assert drawn_names == known
    assert {name for kind in FAULTS.values() for name in kind} <= known
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS)


@pytest.mark.timeout(300)
def test_a_failing_schedule_shrinks_to_what_matters(made: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the relay's mend taken out: what has nothing to do with it is left out, and what is left fails still."""
    monkeypatch.setattr("orchestrator.services.sending.Sending.stands", lambda *_: True)
    noise: tuple[Operation, ...] = (("cut", 2, 1), ("cut", 2, 0))
    confirmations, operations = FOUND["a revocation that a replaced block took along"]
    schedule = Schedule(1, confirmations, (*noise, *operations))
    small = shrunk(made, schedule, "what_was_accepted_happens: revocation")
    assert {"revoke", "reorganise"} <= {name for name, *_ in small.operations}
    assert len(small.operations) <= 7
    assert any(found.startswith("what_was_accepted_happens: revocation") for found in run(made, small))
