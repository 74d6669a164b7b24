import base64
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.messages import RunDispatch
from workers.jobs.stages import ENDED, TRANSITIONS, Stage, TransitionError, require
from workers.state import State

TASK = b"\x01" * 32
DISPATCH = RunDispatch(TASK, b"{}", (), ())
ORDER = (
    Stage.CHECKED,
    Stage.RUNNING,
    Stage.INPUT_SENT,
    Stage.COMPUTED,
    Stage.COMMITTED,
    Stage.COMPLETED,
    Stage.RELEASED,
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "state.sqlite")
    yield made
    made.close()


def test_the_table_knows_every_stage_and_has_no_way_back_once_input_is_out() -> None:
    assert set(TRANSITIONS) == set(Stage)
    reachable = {Stage.INPUT_SENT}
    while True:
        more = reachable | {target for stage in reachable for target in TRANSITIONS[stage]}
        if more == reachable:
            break
        reachable = more
    assert not reachable & {Stage.RECEIVED, Stage.CHECKED, Stage.RUNNING}
    assert all(not TRANSITIONS[end] for end in ENDED)
    for a, b in itertools.product(Stage, Stage):
        if b in TRANSITIONS[a]:
            require(a, b)
        else:
            with pytest.raises(TransitionError):
                require(a, b)


def test_every_stage_leads_to_an_end() -> None:
    for stage in Stage:
        seen = {stage}
        for _ in Stage:
            seen |= {target for one in seen for target in TRANSITIONS[one]}
        assert seen & ENDED


def test_a_job_ends_only_as_it_was_heading(state: State) -> None:
    assert state.add_job(DISPATCH, 100, 1)
    assert not state.add_job(DISPATCH, 100, 2)
    for stage in ORDER:
        state.move(TASK, stage, 3)
    state.move(TASK, Stage.ERASED, 4)
    state.move(TASK, Stage.ANCHORED, 4)
    with pytest.raises(TransitionError):
        state.move(TASK, Stage.ABORTED, 5)
    state.move(TASK, Stage.DONE, 5)
    assert not state.jobs(open_only=True)
    assert state.jobs()[0].ended


def test_a_failed_transaction_changes_nothing(state: State) -> None:
    state.add_job(DISPATCH, 100, 1)

    def change() -> None:
        with state.transaction():
            state.post(b"envelope", TASK, "envelope", 1)
            state.move(TASK, Stage.CHECKED, 1)
            state.move(TASK, Stage.DONE, 1)

    with pytest.raises(TransitionError):
        change()
    assert state.unsettled() == 0
    assert state.jobs()[0].stage == Stage.RECEIVED


def test_receipts_are_known_by_their_bytes(state: State) -> None:
    first = state.post(b"one", TASK, "envelope", 1)
    assert state.post(b"one", TASK, "envelope", 2) == first
    state.post(b"two", TASK, "envelope", 1)
    assert [item.created for item in state.due(10)] == [1, 1]
    state.acknowledge(first, 5, settled=True)
    assert len(state.due(10)) == 1
    state.retry_later(state.due(10)[0].digest, 50)
    assert not state.due(49)
    assert state.due(50)[0].attempts == 1


def test_only_the_newest_progress_is_owed(state: State) -> None:
    for i in range(3):
        state.post_latest(b"progress %d" % i, TASK, "progress", i)
    assert len(state.due(10)) == 1


def test_announcements_never_go_back(state: State) -> None:
    for sequence in (2, 3, 1):
        state.announce("exchange", sequence, b"%d" % sequence)
    assert state.announcement("exchange") == b"3"
    assert state.announcement("other") is None


def test_numbers_survive_a_restart(state: State, tmp_path: Path) -> None:
    assert [state.next_number("n") for _ in range(2)] == [1, 2]
    state.close()
    again = State(tmp_path / "state.sqlite")
    assert again.next_number("n") == 3
    again.close()


def test_a_readable_file_is_refused(tmp_path: Path) -> None:
    State(tmp_path / "state.sqlite").close()
    (tmp_path / "state.sqlite").chmod(0o644)
    with pytest.raises(Exception, match=r"disk\.loose_mode"):
        State(tmp_path / "state.sqlite")


def test_what_is_for_the_chain_goes_first_and_never_past_another_signed_before_it(state: State) -> None:
    """Regression: a commitment that overtook an anchor made the chain refuse the anchor."""
    kinds = ("envelope", "anchor", "sealed", "chain", "envelope", "anchor", "chain", "log")
    for place, kind in enumerate(kinds):
        state.post(bytes([place]), None, kind, 1)
    order = [base64.b64decode(str(item.body["body"]))[0] for item in state.due(1)]
    assert order == [1, 3, 5, 6, 0, 2, 4, 7]


def test_a_post_rings_once_it_is_on_disk_and_one_that_is_rolled_back_never(state: State) -> None:
    heard: list[int] = []
    state.on_post = lambda: heard.append(state.unsettled())
    with state.transaction():
        state.post(b"one", None, "envelope", 1)
        state.post(b"two", None, "envelope", 1)
        assert not heard
    assert heard == [2]

    def failing() -> None:
        with state.transaction():
            state.post(b"three", None, "envelope", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    state.set_fact("another", "write")
    assert heard == [2]
    state.post_latest(b"four", bytes(32), "progress", 1)
    assert heard == [2, 3]
