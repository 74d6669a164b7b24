"""Which successions a bundle takes along: a way from what a consent names to what ran, wherever there is one."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.services import evidence
from orchestrator.store import index
from protocol.bundle import MAX_SUCCESSIONS

Step = tuple[bytes, bytes]


def way(steps: list[Step], older: bytes, newer: bytes) -> set[Step]:
    """Over the events of these approvals; the index is asked as it is asked on the database."""

    def events_about(_: Any, subjects: list[bytes], names: list[str]) -> list[dict[str, Any]]:
        assert names == ["SuccessorApproved"]
        return [{"subject": a, "args": {"newer": "0x" + b.hex()}} for a, b in steps if a in subjects]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "events_about", events_about)
        return evidence._way(None, older, newer)  # type: ignore[arg-type]


def reached(steps: set[Step], older: bytes) -> set[bytes]:
    found = {older}
    for _ in range(MAX_SUCCESSIONS):
        found |= {b for a, b in steps if a in found}
    return found


releases = st.integers(0, 12).map(lambda number: bytes([number]) * 32)


@settings(max_examples=300)
@given(st.lists(st.tuples(releases, releases), max_size=30), releases, releases)
def test_a_way_is_found_wherever_there_is_one_and_is_no_more_than_that(
    steps: list[Step], older: bytes, newer: bytes
) -> None:
    found = way(steps, older, newer)
    assert found <= set(steps)
    if newer == older:
        assert not found
    elif newer in reached(set(steps), older):
        assert newer in reached(found, older)
        assert all(newer not in reached(found - {step}, older) for step in found), "each step is needed"
    else:
        assert not found


@pytest.mark.parametrize("length", [1, MAX_SUCCESSIONS, MAX_SUCCESSIONS + 1])
def test_as_long_as_the_chain_follows(length: int) -> None:
    line = [bytes([number]) * 32 for number in range(length + 1)]
    steps = list(itertools.pairwise(line))
    assert way(steps, line[0], line[-1]) == (set(steps) if length <= MAX_SUCCESSIONS else set())
