"""What once passed, each by its name: logs that were left out, ends that nobody showed, and what is none of the chain's word."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from protocol import bundle, events, ids, merkle, statements
from protocol.bundle import BundleMaterial
from protocol.statements import Statement, TaskEnd
from protocol.verify import Report, verify
from tests.unit.protocol.false_stories import falsehoods, with_log, without
from tests.unit.protocol.liars import Liar, told_by
from tests.unit.protocol.simulated_task import named_hash
from tests.unit.protocol.true_stories import KINDS, Story, told

PARTIES = ("exchange", "hospital", "laboratory")


def check(story: Story, material: BundleMaterial | None = None) -> Report:
    return verify(bundle.build(material or story.material()), story.pinned)


def outcomes(report: Report) -> dict[int, str]:
    return {step.number: step.outcome for step in report.steps if step.outcome not in {"holds", "nothing"}}


def receipts_of(story: Story, kind: type[events.Event]) -> set[int]:
    """Places of the receipts that hold an event of a kind."""
    return {place for place, item in enumerate(story.material().receipts) if kind.topic() in item.receipt}


@pytest.mark.parametrize("kind", ["aborted", "aborted early", "expired", "disputed", "completed"])
def test_attack_a_task_without_any_log_cannot_be_checked_and_names_who_is_missing(kind: str) -> None:
    """An aborted task without a log once held in all steps."""
    story = told(kind)
    report = check(story, replace(story.material(), logs=()))
    assert "fails" not in outcomes(report).values()
    for number in (4, 5):
        assert report.steps[number - 1].outcome == "cannot"
        assert all(party in report.steps[number - 1].detail.english for party in PARTIES)
        assert all(party in report.steps[number - 1].detail.chinese for party in PARTIES)


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("kind", ["aborted", "aborted early", "expired"])
def test_attack_one_log_left_out_is_missed_by_name(kind: str, place: int) -> None:
    story = told(kind)
    report = check(story, with_log(story.material(), place, None))
    assert "fails" not in outcomes(report).values()
    assert PARTIES[place] in report.steps[3].detail.english


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("aborted", events.TaskAborted),
        ("aborted early", events.TaskAborted),
        ("declined", events.TaskAborted),
        ("withdrawn", events.TaskAborted),
        ("expired", events.TaskExpired),
        ("never started", events.TaskExpired),
        ("completed", events.TaskCompleted),
    ],
)
def test_attack_the_end_of_a_task_left_out(kind: str, event: type[events.Event]) -> None:
    """The statement of an abort once stood for the chain's own event."""
    story = told(kind)
    report = check(story, without(story.material(), receipts_of(story, event)))
    assert outcomes(report)[10] == "cannot"
    assert "fails" not in outcomes(report).values()


@pytest.mark.parametrize("kind", ["aborted", "expired", "completed"])
def test_attack_commitments_left_out_leave_no_step_about_nothing(kind: str) -> None:
    """Over no links at all step 7 once held."""
    story = told(kind)
    report = check(story, without(story.material(), receipts_of(story, events.RunCommitted)))
    assert [outcomes(report).get(number) for number in (6, 7, 8)] == ["cannot"] * 3
    assert "fails" not in outcomes(report).values()


def test_there_is_nothing_to_check_only_where_the_chain_says_so() -> None:
    steps = check(told("aborted early")).steps
    assert [steps[number - 1].outcome for number in (3, 6, 7, 8)] == ["holds", "holds", "nothing", "nothing"]
    steps = check(told("never started")).steps
    assert [step.outcome for step in steps] == ["holds"] * 2 + ["nothing"] * 6 + ["holds"] * 2
    material = told("never started").material()
    unproven = replace(material.registers["Tasks"], words=())
    hidden = replace(material, registers={**material.registers, "Tasks": unproven})
    assert set(outcomes(check(told("never started"), hidden)).values()) == {"cannot"}


@pytest.mark.parametrize(
    "event",
    [
        lambda task: events.TaskCompleted(task, b"\x77" * 32),
        lambda task: events.TaskAborted(task, ids.on_chain("hospital"), 1, 9, named_hash("no"), 0),
        lambda task: events.TaskExpired(task, ()),
    ],
    ids=["completed", "aborted", "expired"],
)
def test_attack_events_of_a_contract_that_the_trust_root_does_not_name(event: Callable[[bytes], Any]) -> None:
    """Whoever deploys a contract can have it say anything."""
    story = Story()
    story.before_end()
    story.anchor()
    before = check(story)
    story.chain.mine(("Stranger", event(story.task)))
    report = check(story)
    assert (report.state, outcomes(report)) == (before.state, outcomes(before))
    assert report.state == "started"
    assert outcomes(report)[10] == "cannot"


@pytest.mark.parametrize("event", [events.TaskStarted, events.RunCommitted, events.TaskCompleted, events.Anchored])
def test_attack_what_a_failed_transaction_would_have_said(event: type[events.Event]) -> None:
    story = Story()
    story.complete()
    at = next(
        number
        for number, block in zip(story.chain.numbers, story.chain.blocks, strict=True)
        if number >= story.first and any(isinstance(found, event) for transaction in block for _, found in transaction)
    )
    story.chain.failed.add(at)
    report = check(story)
    assert "chain.reverted" in report.steps[1].detail.english
    assert report.exit_code == 1


@pytest.mark.parametrize("word", ["another task", "a stranger's log", "as another epoch's", "another data set's"])
def test_attack_another_s_in_the_place_of_this_one_s(word: str) -> None:
    story = told("completed")
    made = [false for false in falsehoods(story) if word in false.name]
    assert made
    for false in made:
        assert check(story, false.material).exit_code != 0, false.name


def test_attack_a_log_of_a_party_that_has_no_part_in_the_task() -> None:
    """Right in itself, signed by a registered node and anchored: it says nothing about this task."""
    story = Story()
    anchor = story.anchor

    def with_platform() -> None:
        story.trees["platform"], story.entries["platform"] = merkle.MerkleTree(), []
        anchor()

    story.anchor = with_platform  # type: ignore[method-assign]
    story.complete()
    assert "bundle.log" in check(story).steps[1].detail.english


def test_attack_consents_beside_a_task_that_never_started() -> None:
    story = told("declined")
    report = check(story, replace(story.material(), authorizations=tuple(story.signed)))
    assert "bundle.consent" in report.steps[2].detail.english


@pytest.mark.parametrize(
    "entries",
    [lambda own: own[1:], lambda own: own[:-1], lambda own: (), lambda own: (*own, own[-1] + 1), lambda own: own[::-1]],
    ids=["without the first", "without the last", "empty", "with itself", "backwards"],
)
def test_attack_a_list_that_is_not_of_what_its_party_stated(
    entries: Callable[[tuple[int, ...]], tuple[int, ...]],
) -> None:
    def said(_: int, honest: Statement) -> list[Statement]:
        return [replace(honest, entries=entries(honest.entries)) if isinstance(honest, TaskEnd) else honest]

    for party in PARTIES[:2]:
        report = check(told_by("completed", party, said))
        assert outcomes(report)[5] == "fails"
        assert party in report.steps[4].detail.english


@pytest.mark.parametrize("epoch", [0, 1])
def test_what_a_lost_log_held_is_not_held_against_its_party(epoch: int) -> None:
    """A node that lost its log goes on in a new epoch, where what it had stated before is not."""

    def said(_: int, honest: Statement) -> list[Statement]:
        return [] if isinstance(honest, statements.TaskContract) else [honest]

    def make() -> Liar:
        story = Liar("laboratory", said)
        story.epochs["laboratory"] = epoch
        return story

    assert outcomes(check(KINDS["aborted"](make))) == {6: "cannot" if epoch else "fails"}


def test_attack_a_list_of_what_is_not_there() -> None:
    """The other task's entry, listed as one of this: nobody can show it, and the step cannot hold."""

    def said(_: int, honest: Statement) -> list[Statement]:
        return [replace(honest, entries=(0, *honest.entries)) if isinstance(honest, TaskEnd) else honest]

    report = check(told_by("completed", "exchange", said))
    assert outcomes(report) == {5: "cannot"}


def test_attack_a_field_that_its_own_party_altered() -> None:
    """One of each way in which fields are compared; the walk over all is slow."""

    def lie(kind: type[Statement], **changes: Any) -> int:
        def said(_: int, honest: Statement) -> list[Statement]:
            return [replace(honest, **changes) if isinstance(honest, kind) else honest]

        return check(told_by("completed", "hospital", said)).exit_code

    assert lie(statements.TaskContract, chain_id=1)
    assert lie(statements.TaskContract, contract=bytes(32))
    assert lie(statements.ConsentCheck, authorization=None)
    assert lie(statements.Erasure, run=None)
    assert lie(statements.Release, result_user="laboratory")
