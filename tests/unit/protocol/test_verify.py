"""The ten steps against an honest story, and against every class of lie that a bundle could tell."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import bundle, dsse, events, ids, statements
from protocol.bundle import BundleMaterial, ReceiptProof
from protocol.errors import TallyError
from protocol.messages import LogEvidence, SignedAuthorization
from protocol.record import Record
from protocol.trust import Trust
from protocol.verify import Report, verify
from tests.unit.protocol.simulated_task import SimulatedTask, named_hash


@cache
def honest() -> tuple[BundleMaterial, Trust]:
    story = SimulatedTask().complete()
    return story.material(), story.pinned


def check(material: BundleMaterial, trust: Trust) -> Report:
    return verify(bundle.build(material), trust)


def outcomes(report: Report) -> dict[int, str]:
    return {step.number: step.outcome for step in report.steps if step.outcome != "holds"}


def test_the_honest_story_holds_in_all_ten_steps() -> None:
    material, trust = honest()
    report = check(material, trust)
    assert outcomes(report) == {}
    assert len(report.steps) == 10
    assert (report.exit_code, report.state, report.task) == (0, "completed", material.task)


def test_without_a_trust_root_nothing_but_the_form_is_checked() -> None:
    report = verify(bundle.build(honest()[0]), None)
    assert [step.outcome for step in report.steps] == ["holds"] + ["cannot"] * 9
    assert report.exit_code == 2
    assert "trust" in report.steps[1].detail.english


@pytest.mark.parametrize(
    "change",
    [
        {"genesis_hash": b"\x01" * 32},
        {"chain_id": 1},
        {"deployment": b"\x01" * 32},
        {"confirmations": 1},
        {"head": (21, b"\x01" * 32)},
        {"head": (20, b"\x01" * 32)},
        {"contracts": tuple((name, "0x" + "ab" * 20) for name, _ in honest()[1].contracts)},
    ],
    ids=lambda c: next(iter(c)),
)
def test_another_trust_root_fails(change: dict[str, Any]) -> None:
    material, trust = honest()
    assert check(material, replace(trust, **change)).exit_code != 0


def test_headers_without_seals_and_without_a_trusted_head_prove_nothing() -> None:
    """Whoever knows the genesis block can write any number of headers after it."""
    material, trust = honest()
    report = check(material, replace(trust, head=None))
    assert [step.outcome for step in report.steps] == ["holds"] + ["cannot"] * 9


Alter = Callable[[SimulatedTask], None]


def story_with(alter: dict[str, Alter]) -> SimulatedTask:
    """The honest story with some stages replaced."""
    story = SimulatedTask()
    for name, stage in alter.items():
        setattr(story, name, lambda *args, stage=stage: stage(story, *args))
    return story.complete()


def consent_changed(field: str, value: Any) -> Alter:
    """An owner's consent that says something else and was signed all the same."""

    def authorize(story: SimulatedTask) -> None:
        item = story.signed[0]
        message = replace(item.message, **{field: value})
        digest = message.digest(story.trust.domain("Consents"))
        signature = bytes(story.wallets[item.owner].unsafe_sign_hash(digest).signature)  # pyright: ignore[reportArgumentType]
        story.signed[0] = SignedAuthorization(item.owner, message, signature, item.policy)
        SimulatedTask.authorize(story)

    return authorize


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("data_version", 9),
        ("input_root", b"\x01" * 32),
        ("programs", ("psi.align@1.0.0",)),
        ("programs_digest", b"\x01" * 32),
        ("proposer", "laboratory"),
        ("purpose", "something else"),
        ("result_users", ("laboratory",)),
        ("compute_parties", ("exchange", "hospital", "platform")),
        ("policy", b"\x01" * 32),
        ("task", b"\x01" * 32),
        ("not_before", 1_800_000_000),
        ("not_after", 1_600_000_000),
        ("min_protection_level", 5),
        ("legal_basis", "another"),
        ("impact_assessment", b"\x01" * 32),
        ("max_uses", 0),
    ],
)
def test_step_3_a_consent_that_does_not_cover_the_task_fails(field: str, value: Any) -> None:
    story = story_with({"authorize": consent_changed(field, value)})
    assert outcomes(check(story.material(), story.pinned)).get(3) == "fails"


def test_step_3_a_consent_signed_by_another_key_is_not_accepted() -> None:
    def authorize(story: SimulatedTask) -> None:
        item = story.signed[0]
        digest = item.message.digest(story.trust.domain("Consents"))
        stranger = bytes(story.wallets["platform"].unsafe_sign_hash(digest).signature)  # pyright: ignore[reportArgumentType]
        story.signed[0] = replace(item, signature=stranger)
        SimulatedTask.authorize(story)

    story = story_with({"authorize": authorize})
    data = bundle.build(story.material())
    assert outcomes(verify(data, story.pinned)) == {3: "cannot"}
    assert outcomes(verify(data, story.pinned, lambda _: False)) == {3: "fails"}
    wallet = story.wallets[story.signed[0].owner].address
    assert outcomes(verify(data, story.pinned, lambda address: address == wallet)) == {}


def commit_changed(party: str, **changes: Any) -> Callable[..., None]:
    return lambda story, who: SimulatedTask.commit(story, who, **(changes if who == party else {}))


@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": b"\x01" * 32},
        {"input_root": b"\x01" * 32},
        {"links": (b"\x01" * 32, b"\x02" * 32)},
        {"output_shares": b"\x01" * 32},
    ],
    ids=lambda c: next(iter(c)),
)
def test_step_6_a_commitment_unlike_its_statement_fails(changes: dict[str, Any]) -> None:
    story = story_with({"commit": commit_changed("laboratory", **changes)})
    assert outcomes(check(story.material(), story.pinned)).get(6) == "fails"


def test_step_5_a_forked_log_fails() -> None:
    story = story_with({"commit": commit_changed("hospital", log_root=b"\x01" * 32)})
    assert 5 in outcomes(check(story.material(), story.pinned))


def fact_changed(**changes: Any) -> Callable[..., statements.LinkFact]:
    def fact(story: SimulatedTask, party: str, peer: str) -> statements.LinkFact:
        found = SimulatedTask.fact(story, party, peer)
        return replace(found, **changes) if (party, peer) == ("hospital", "laboratory") else found

    return fact


@pytest.mark.parametrize(
    "changes",
    [
        {"sent": b"\x01" * 32},
        {"received_frames": 99},
        {"signature": bytes(64)},
        {"countersignature": bytes(64)},
    ],
    ids=lambda c: next(iter(c)),
)
def test_step_7_transcripts_that_differ_or_are_not_countersigned_fail(changes: dict[str, Any]) -> None:
    story = story_with({"fact": fact_changed(**changes)})
    assert outcomes(check(story.material(), story.pinned)).get(7) == "fails"


def test_step_8_rows_other_than_the_registered_ones_fail() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if isinstance(statement, statements.InputCommitment):
            statement = replace(statement, rows=499)
        return SimulatedTask.log(story, party, statement)

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)) == {8: "fails"}


def test_step_9_a_release_before_completion_fails() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if isinstance(statement, statements.Release):
            statement = replace(statement, completed=statement.completed - 1)
        return SimulatedTask.log(story, party, statement)

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


@pytest.mark.parametrize("approves", [True, False])
def test_step_9_holds_after_a_review_whatever_its_word(approves: bool) -> None:
    story = SimulatedTask("regulator", approves=approves).complete()
    report = check(story.material(), story.pinned)
    assert outcomes(report) == {}
    assert ("rejected" in report.steps[8].detail.english) is not approves


def test_step_9_a_release_after_a_rejection_fails() -> None:
    story = SimulatedTask("regulator", approves=False)
    review = story.review

    def review_and_release() -> None:
        review()
        story.release("hospital")

    story.review = review_and_release  # type: ignore[method-assign]
    story.complete()
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


@pytest.mark.parametrize("on", [None, 3])
def test_step_9_a_release_without_the_review_that_the_chain_shows_fails(on: int | None) -> None:
    story = SimulatedTask("regulator")
    release = story.release

    def early(party: str) -> None:
        story.reviewed = on if party == "laboratory" else len(story.chain.blocks) - 1
        release(party)

    story.release = early  # type: ignore[method-assign]
    story.complete()
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


def test_step_9_without_the_reviewer_s_word_it_cannot_be_checked() -> None:
    story = SimulatedTask("regulator")
    story.review = lambda: None  # type: ignore[method-assign]
    story.complete()
    assert outcomes(check(story.material(), story.pinned)) == {9: "cannot"}


def test_step_9_a_share_that_was_not_committed_fails() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if isinstance(statement, statements.Release):
            statement = replace(statement, outputs=(replace(statement.outputs[0], commitment=b"\x01" * 32),))
        return SimulatedTask.log(story, party, statement)

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


def test_step_9_an_attestation_of_another_run_fails_and_a_missing_one_cannot_be_checked() -> None:
    def attest(story: SimulatedTask) -> None:
        event = events.ResultAttested(story.task, b"\x01" * 32, ids.on_chain("hospital"), named_hash("result"))
        story.chain.mine(("Tasks", event))

    story = story_with({"attest": attest})
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}
    silent = story_with({"attest": lambda _: None})
    assert outcomes(check(silent.material(), silent.pinned)) == {9: "cannot"}


def test_step_4_an_envelope_under_another_key_fails() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if party != "exchange":
            return SimulatedTask.log(story, party, statement)
        envelope = dsse.sign_statement(statement, story.public["platform"], story.nodes["platform"].sign)
        story.entries[party].append((story.trees[party].append(envelope), envelope))
        return envelope

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)).get(4) == "fails"


def refused_story() -> SimulatedTask:
    story = SimulatedTask()
    story.propose()
    story.authorize()
    story.start()
    refusal = statements.Refusal(*story.head("laboratory", None), None, "check.data_changed")
    story.log("laboratory", refusal)
    digest = statements.digest(refusal)
    story.chain.mine(("Tasks", events.TaskAborted(story.task, ids.on_chain("laboratory"), 1, 4, digest)))
    story.anchor()
    return story


def test_a_refused_task_verifies_too_and_names_who_and_why() -> None:
    story = refused_story()
    report = check(story.material(), story.pinned)
    assert (outcomes(report), report.state) == ({}, "refused")
    assert "laboratory: check.data_changed" in report.steps[9].detail.english


def test_step_6_an_abort_without_its_statement_fails() -> None:
    story = refused_story()
    block = story.chain.blocks[-4]
    event = block[0][0][1]
    assert isinstance(event, events.TaskAborted)
    block[0][0] = ("Tasks", replace(event, statement=b"\x01" * 32))
    assert outcomes(check(story.material(), story.pinned)) == {6: "fails"}


def leaves(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in leaves(item, (*at, key))]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in leaves(item, (*at, index))]
    return [at]


def flipped(value: Any, position: int) -> Any:
    """A value of the same kind that differs in one place."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "0x" + "00" * 32
    if not value:
        return "x"
    at = position % len(value)
    return value[:at] + ("1" if value[at] != "1" else "2") + value[at + 1 :]


PARTS: dict[str, Callable[[BundleMaterial, int], tuple[Any, Callable[[Any], BundleMaterial]]]] = {
    "log": lambda m, i: (
        m.logs[i % len(m.logs)].to_json(),
        lambda v: replace(
            m, logs=tuple(LogEvidence.parse(v) if n == i % len(m.logs) else x for n, x in enumerate(m.logs))
        ),
    ),
    "consent": lambda m, i: (
        m.authorizations[i % 2].to_json(),
        lambda v: replace(
            m,
            authorizations=tuple(
                SignedAuthorization.parse(v) if n == i % 2 else x for n, x in enumerate(m.authorizations)
            ),
        ),
    ),
    "receipt": lambda m, i: (
        m.receipts[i % len(m.receipts)].to_json(),
        lambda v: replace(
            m,
            receipts=tuple(
                ReceiptProof.parse(v, "r") if n == i % len(m.receipts) else x for n, x in enumerate(m.receipts)
            ),
        ),
    ),
    "header": lambda m, i: (
        ["0x" + h.hex() for h in m.headers],
        lambda v: replace(m, headers=Record({"v": v}, "headers").list("v", 10**6, _header)),
    ),
    "contract": lambda m, i: (
        m.contract.decode(),
        lambda v: replace(m, contract=v.encode()),
    ),
}


def _header(value: object, where: str) -> bytes:
    return Record({"v": value}, where).hex_bytes("v", 8192)


@settings(max_examples=200)
@given(st.sampled_from(sorted(PARTS)), st.integers(0, 10**6), st.data())
def test_any_changed_field_is_noticed_even_when_manifest_and_zip_are_made_anew(
    part: str, index: int, data: st.DataObject
) -> None:
    material, trust = honest()
    value, rebuild = PARTS[part](material, index)
    changed = {"v": copy.deepcopy(value)}
    path = data.draw(st.sampled_from(leaves(changed)))
    at: Any = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = flipped(at[path[-1]], data.draw(st.integers(0, 10**6)))
    try:
        report = check(rebuild(changed["v"]), trust)
    except (TallyError, ValueError):
        return  # it cannot even be put into a bundle
    assert report.exit_code != 0, (part, path)


@pytest.mark.parametrize("kind", [k.__name__ for k in statements.KINDS if k.__name__ not in {"Abort", "Refusal"}])
def test_leaving_a_statement_out_is_noticed_or_harmless(kind: str) -> None:
    """What a party committed to cannot be hidden; notes that no step rests on may be absent, and the log shows the gap."""
    material, trust = honest()
    needed = {"InputCommitment", "Run", "OutputCommitment", "Release"}
    logs = tuple(
        replace(log, entries=tuple(e for e in log.entries if _kind(e.envelope) != kind)) for log in material.logs
    )
    assert (check(replace(material, logs=logs), trust).exit_code != 0) == (kind in needed)


@pytest.mark.parametrize("index", range(21))
def test_leaving_a_receipt_out_never_lets_a_lie_pass(index: int) -> None:
    material, trust = honest()
    receipts = tuple(r for n, r in enumerate(material.receipts) if n != index)
    assert len(receipts) == len(material.receipts) - 1
    report = check(replace(material, receipts=receipts), trust)
    assert "fails" in outcomes(report).values() or "cannot" in outcomes(report).values() or index in _IRRELEVANT


def test_all_receipts_that_matter_were_tried() -> None:
    assert len(honest()[0].receipts) == 21


# admissions of parties whose keys no step needs (platform, regulator), and of the exchange's anchor's own successor
_IRRELEVANT = {3, 4}


def _kind(envelope: bytes) -> str:
    return type(statements.parse(dsse.parse(envelope).payload)).__name__
