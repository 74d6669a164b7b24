"""No story that is made of a true bundle passes, and one from which something was merely left out accuses nobody.

A quick sample of each kind runs always, the whole walk with the slow tests.
"""

import random
from collections.abc import Iterable

import pytest

from protocol import bundle, events
from protocol.bundle import BundleMaterial
from protocol.errors import TallyError
from protocol.trust import Trust
from protocol.verify import Report, verify
from protocol.verify_statements import CLAIMED
from tests.unit.protocol.false_stories import Falsehood, falsehoods, thinned
from tests.unit.protocol.liars import Lie, field_name, leaves, lies, restatements, told_by
from tests.unit.protocol.true_stories import KINDS, Story, told

SAMPLE = 5


def accusations(report: Report) -> set[str]:
    """What fails, in words. A bundle that is not whole in itself is nobody's fault but its own."""
    failed = {step.detail.english for step in report.steps if step.outcome == "fails"}
    return {words for words in failed if "[bundle." not in words and "[chain.block_missing]" not in words}


def report_of(false: Falsehood, trust: Trust) -> Report | None:
    """None where it cannot even be put into a bundle."""
    try:
        data = bundle.build(false.material)
    except (TallyError, ValueError):
        return None
    return verify(data, trust)


def idle(material: BundleMaterial) -> set[str]:
    """What may be left out where the very same is then said: registered facts that no step reads, because an earlier one
    settles it, and the submission of a consent, of which the contract keeps a record.
    """
    submitted = events.AuthorizationSubmitted.topic()
    return {
        *(f"without receipt {n}" for n, receipt in enumerate(material.receipts) if submitted in receipt.receipt),
        *(f"{name} without slot {slot:x}" for name, found in material.registers.items() for slot, _ in found.words),
    }


def survivors(story: Story, made: Iterable[Falsehood]) -> list[str]:
    """What passes that should not, or accuses where something was left out."""
    material, trust = story.material(), story.pinned
    truth, unread, found = verify(bundle.build(material), trust), idle(material), list[str]()
    for false in made:
        report = report_of(false, trust)
        if report is None:
            continue
        same = [(step.outcome, step.detail) for step in report.steps] == [
            (step.outcome, step.detail) for step in truth.steps
        ]
        harmless = false.omission and same and false.name in unread
        if report.exit_code == 0 and not harmless:
            found.append(f"passes: {false.name}")
        if false.omission and (new := accusations(report) - accusations(truth)):
            found.append(f"accuses: {false.name}: {new}")
    return found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "disputed"])
def test_a_true_story_of_each_kind_holds(kind: str) -> None:
    story = told(kind)
    report = verify(bundle.build(story.material()), story.pinned)
    assert report.exit_code == 0, [step for step in report.steps if step.outcome in {"fails", "cannot"}]


@pytest.mark.parametrize("kind", KINDS)
def test_attack_a_sample_of_false_stories(kind: str) -> None:
    story = told(kind)
    made = list(falsehoods(story))
    assert survivors(story, random.Random(kind).sample(made, min(SAMPLE, len(made)))) == []


@pytest.mark.walk
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_attack_every_false_story(kind: str) -> None:
    story = told(kind)
    assert survivors(story, falsehoods(story)) == []


def thinning(kind: str, seeds: Iterable[int]) -> None:
    """Whatever is left out at once: nobody is accused, and where all steps still hold they say the very same."""
    story = told(kind)
    material, trust = story.material(), story.pinned
    truth = verify(bundle.build(material), trust)
    for seed in seeds:
        report = report_of(thinned(material, random.Random(seed)), trust)
        assert report is not None
        assert accusations(report) <= accusations(truth), seed
        if report.exit_code == 0:
            assert report == truth, seed


@pytest.mark.parametrize("kind", KINDS)
def test_attack_many_things_left_out_at_once(kind: str) -> None:
    thinning(kind, range(6))


@pytest.mark.walk
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_attack_very_many_things_left_out_at_once(kind: str) -> None:
    thinning(kind, range(6, 200))


LIED_IN = ("completed", "reviewed", "outside owner", "aborted", "aborted early", "expired", "standing", "two outputs")


def believed(kind: str, told_lies: Iterable[Lie]) -> set[str]:
    """Lies after which all ten steps still hold."""
    found: set[str] = set()
    for lie in told_lies:
        try:
            story = told_by(kind, lie.party, lie.said)
            data = bundle.build(story.material())
        except (TallyError, ValueError):
            continue
        if verify(data, story.pinned).exit_code == 0:
            found.add(lie.field)
    return found


def claims(known: str, field: str) -> bool:
    """Whether a name on the list is this field, or what it is in."""
    return any(name == known or name.startswith(f"{known}.") for name in (field, field.split(".", 1)[1]))


def claimed(field: str) -> bool:
    """Whether a field is on the list of what is its node's own word."""
    return any(claims(known, field) for known in CLAIMED)


@pytest.mark.parametrize("kind", ["completed", "aborted", "outside owner"])
def test_attack_a_sample_of_lies(kind: str) -> None:
    chosen = random.Random(kind).sample(list(lies(kind)), 3) + random.Random(kind).sample(list(restatements(kind)), 2)
    assert {field for field in believed(kind, chosen) if not claimed(field)} == set()


@pytest.mark.walk
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", LIED_IN)
def test_attack_every_field_of_every_statement_of_every_party(kind: str) -> None:
    assert {field for field in believed(kind, lies(kind)) if not claimed(field)} == set()


@pytest.mark.walk
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", LIED_IN)
def test_attack_statements_left_out_doubled_and_moved_by_their_own_party(kind: str) -> None:
    assert believed(kind, restatements(kind)) == set()


def test_what_is_a_node_s_own_word_is_named_with_a_reason_and_is_a_field() -> None:
    known: set[str] = set()
    for kind in ("completed", "aborted", "aborted early"):
        story = told(kind)
        for said in (said for party in story.trees for said in story.stated(party)):
            known |= {field_name(said, path) for path, _ in leaves(said.to_json())}
    for name, reason in CLAIMED.items():
        assert len(reason) > 10
        assert any(claims(name, field) for field in known), name
