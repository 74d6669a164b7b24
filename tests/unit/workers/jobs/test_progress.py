"""Percent and time left from made-up clocks: never wrong in silence, never back, and not too often."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.orchestrator import sample
from workers.jobs.progress import INTERVAL, Estimate, Point, Reporter, weights

STEPS = (("align", 1.0), ("fit", 8.0), ("judge", 1.0))


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_steady_run_is_foreseen() -> None:
    clock = Hands()
    estimate = Estimate(STEPS, clock)
    assert estimate.at("align", 0, 3) == Point("align", 0, 3, 0, 0)
    clock.now += 10
    assert estimate.at("align", 1, 1) == Point("align", 1, 1, 10, 90)
    clock.now += 40
    assert estimate.at("fit", 20, 40) == Point("fit", 20, 40, 50, 50)
    clock.now += 50
    assert estimate.at("judge", 1, 1) == Point("judge", 1, 1, 100, 0)


def test_what_cannot_be_known_is_not_said() -> None:
    clock = Hands()
    estimate = Estimate(STEPS, clock)
    assert estimate.at("connect", 1, 3) == Point("connect", 1, 3, 0, 0), "no step of the workflow"
    assert estimate.at("align", 9, 10).eta == 0, "no time has passed"
    clock.now += 3600
    assert Estimate(STEPS, clock).at("align", 0, 0).eta == 0, "a total that is not known"


def test_time_left_is_unknown_when_the_rest_proves_longer_and_comes_back() -> None:
    clock = Hands()
    estimate = Estimate(STEPS, clock)
    estimate.at("align", 0, 1)
    clock.now += 1
    assert estimate.at("align", 1, 1).eta == 9
    clock.now += 100
    assert estimate.at("fit", 1, 10) == Point("fit", 1, 10, 18, 0)
    clock.now += 1
    assert estimate.at("judge", 9, 10).eta in range(1, 10)


@given(
    st.lists(
        st.tuples(st.sampled_from(["align", "fit", "judge", "connect"]), st.integers(0, 50), st.integers(0, 50), st.floats(0, 99)),
        max_size=30,
    )
)  # fmt: skip
def test_percent_never_falls_and_time_left_never_rises(reports: list[tuple[str, int, int, float]]) -> None:
    clock = Hands()
    estimate = Estimate(STEPS, clock)
    percent, known = 0, 2**31
    for phase, step, total, seconds in reports:
        clock.now += seconds
        point = estimate.at(phase, step, total)
        assert percent <= point.percent <= 100
        percent = point.percent
        if point.eta:
            assert point.eta <= known
            known = point.eta


def test_weights_follow_the_descriptors_and_an_unknown_program_does_not_stop_a_run() -> None:
    contract = sample.contract()
    named = weights(contract, 1000)
    assert [name for name, _ in named] == [step.id for step in contract.steps]
    assert all(weight > 0 for _, weight in named)
    unknown = replace(contract, steps=(replace(contract.steps[0], program="no.such@9.9.9"),))
    assert weights(unknown, 0) == ((contract.steps[0].id, 1.0),)


def test_reports_are_rare_and_the_last_is_never_lost() -> None:
    clock = Hands()
    said: list[tuple[float, int]] = []
    reporter = Reporter(lambda point: said.append((clock.now, point.step)), Estimate(STEPS, clock), clock)
    for step in range(1, 101):
        clock.now += 1 / 64
        reporter.report("fit", step, 100)
    assert [step for _, step in said] == [1, 33, 65, 97]
    clock.now += INTERVAL
    reporter.flush()
    reporter.flush()
    assert [step for _, step in said] == [1, 33, 65, 97, 100]
    assert all(later - sooner >= INTERVAL for (sooner, _), (later, _) in pairwise(said))
