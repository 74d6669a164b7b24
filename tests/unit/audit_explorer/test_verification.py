from dataclasses import replace

import pytest

from audit_explorer import verification
from audit_explorer.verification import Verifier
from protocol import bundle
from tests.unit.protocol.simulated_task import SimulatedTask


@pytest.fixture(scope="module")
def story() -> SimulatedTask:
    return SimulatedTask().complete()


def test_an_honest_bundle_holds(story: SimulatedTask) -> None:
    found = Verifier(story.pinned).check(bundle.build(story.material()))
    assert [step.outcome for step in found.report.steps] == ["holds"] * 9 + ["nothing"]
    assert found.size == len(bundle.build(story.material()))


def test_a_head_binds_only_the_bundle_that_ends_with_it(story: SimulatedTask) -> None:
    """The trusted head of a later block must not make an earlier, honest bundle fail: it cannot be checked."""
    assert story.pinned.head
    later = replace(story.pinned, head=(story.pinned.head[0] + 5, b"\x01" * 32))
    report = Verifier(later).check(bundle.build(story.material())).report
    assert [step.outcome for step in report.steps] == ["holds"] + ["cannot"] * 9
    other = replace(story.pinned, head=(story.pinned.head[0], b"\x01" * 32))
    assert Verifier(other).check(bundle.build(story.material())).report.exit_code == 1


def test_equal_bytes_are_verified_once_and_other_bytes_are_not_mistaken(
    story: SimulatedTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = verification.verify, list[bytes]()
    monkeypatch.setattr(verification, "verify", lambda data, trust: (calls.append(data), real(data, trust))[1])
    verifier, data = Verifier(story.pinned), bundle.build(story.material())
    assert verifier.check(data) == verifier.check(data)
    assert len(calls) == 1
    assert verifier.check(data[:-1]).report.steps[0].outcome == "fails"
    assert len(calls) == 2


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_REMEMBERED", 3)
    verifier = Verifier(None)
    for number in range(10):
        verifier.check(b"%d" % number)
    assert len(verifier._known) == 3
