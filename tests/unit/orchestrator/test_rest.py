"""Resting: rings are never lost, pauses grow with the quiet, backoffs are not cut short, and an idle loop looks seldom."""

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.engine.loop import Loop, LoopRunner
from orchestrator.engine.rest import Bell, pause
from tests.patience import scaled
from tests.unit.orchestrator.test_wiring import Memory

seconds = st.floats(0, 1e6)


@given(shortest=st.floats(0.01, 10), longest=st.floats(0.01, 100), quiet=seconds, more=seconds)
def test_a_pause_stays_in_its_bounds_and_never_shrinks_with_the_quiet(
    shortest: float, longest: float, quiet: float, more: float
) -> None:
    found = pause(shortest, longest, quiet)
    assert shortest <= found <= max(shortest, longest)
    assert pause(shortest, longest, quiet + more) >= found
    assert found <= max(shortest, quiet * 0.1)


def test_an_hour_of_quiet_costs_few_looks() -> None:
    now, looks = 0.0, 0
    while now < 3600:
        now += pause(0.05, 5.0, now)
        looks += 1
    assert looks < 3600 / 5 + 100


def test_a_ring_between_the_look_and_the_rest_is_heard() -> None:
    bell = Bell()
    heard = bell.rings
    bell.ring()
    begun = time.monotonic()
    assert bell.wait(heard, 30)
    assert time.monotonic() - begun < scaled(10)
    assert not bell.wait(bell.rings, 0.01)


def run(loop: Loop, bell: Bell, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=LoopRunner(loop, Memory(), stop, bell).run, daemon=True)
    thread.start()
    return thread


def test_a_step_that_did_something_wakes_the_others_and_one_that_did_not_wakes_nobody() -> None:
    stop, bell = threading.Event(), Bell()
    work, done = threading.Event(), threading.Event()
    counts = {"first": 0, "second": 0}

    def first() -> bool:
        counts["first"] += 1
        found = work.is_set()
        work.clear()
        return found

    def second() -> bool:
        counts["second"] += 1
        if counts["second"] > 1:
            done.set()
        return False

    threads = [run(Loop(name, step, 60.0, 60.0), bell, stop) for name, step in (("first", first), ("second", second))]
    try:
        end = time.monotonic() + scaled(20)
        while min(counts.values()) < 1 and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(0.2)
        assert counts == {"first": 1, "second": 1}
        work.set()
        bell.ring()  # as the database's word does
        assert done.wait(scaled(20))
    finally:
        stop.set()
        bell.ring()
        for thread in threads:
            thread.join(scaled(20))
    assert not any(thread.is_alive() for thread in threads)
    # the ring, then the one by the step that had found work; no echo
    assert counts["first"] <= 4
    assert counts["second"] <= 4


def test_a_ring_does_not_cut_a_backoff_short() -> None:
    stop, bell, tries = threading.Event(), Bell(), []

    def step() -> bool:
        tries.append(time.monotonic())
        raise RuntimeError

    thread = run(Loop("test", step, 0.01, 1.0), bell, stop)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        bell.ring()
        time.sleep(0.01)
    stop.set()
    thread.join(scaled(60))
    assert 1 <= len(tries) <= 4


def test_a_loop_that_the_bell_does_not_wake_keeps_its_interval() -> None:
    stop, bell, turns = threading.Event(), Bell(), []

    def step() -> bool:
        turns.append(1)
        return False

    thread = run(Loop("sweep", step, 0.3), bell, stop)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        bell.ring()
        time.sleep(0.005)
    stop.set()
    thread.join(scaled(20))
    assert 1 <= len(turns) <= 5
