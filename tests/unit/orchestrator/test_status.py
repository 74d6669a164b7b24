"""The task's percent and time left from what its compute parties say."""

import pytest

from orchestrator.services.status import _whole
from protocol.api import PartyStatus, ProgressView


def party(
    name: str, percent: int | None, eta: int = 0, *, committed: bool = False, part: str = "committee"
) -> PartyStatus:
    said = None if percent is None else ProgressView("computing", "fit", 1, 2, percent, eta or None, "", "")
    return PartyStatus(name, (part,), committed, (), False, False, said)


@pytest.mark.parametrize(
    ("parties", "expected"),
    [
        ((party("a", 40, 9), party("b", 35, 12), party("c", 41, 8)), (35, 12)),
        ((party("a", 40, 9), party("b", 35)), (35, None)),
        ((party("a", 40, 9), party("b", None)), (0, None)),
        ((party("a", 90, 3), party("b", 20, 80, committed=True)), (90, 3)),
        ((party("a", None, committed=True), party("b", None, committed=True)), (100, None)),
        ((party("a", 50, 5), party("owner", 10, 99, part="owner")), (50, 5)),
    ],
    ids=["slowest", "one-cannot-tell", "one-is-silent", "committed-counts-as-done", "all-committed", "owners-do-not-count"],
)  # fmt: skip
def test_the_slowest_compute_party_counts_and_unknown_stays_unknown(
    parties: tuple[PartyStatus, ...], expected: tuple[int, int | None]
) -> None:
    assert _whole(parties) == expected
