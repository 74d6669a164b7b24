"""Verification of what a task may differ in: releases and their successors, who commits, reserved uses, and how it ends."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.workflow.digest import ENGINE
from protocol import bundle, chainproof, events, ids, registers, statements
from protocol.ask import Ask
from protocol.bundle import BundleMaterial, Succession
from protocol.contract import Input, TaskContract, proposal_of
from protocol.fields import fields_of
from protocol.messages import SignedAuthorization
from protocol.reasons import BY_CODE, WITHDRAWALS
from protocol.typed import KIND_WITHDRAWAL, camel
from protocol.verify import Report, verify
from tests.unit.protocol import samples
from tests.unit.protocol.simulated_task import CODE, NEWER, SimulatedTask, named_hash

ROOT = Path(__file__).parents[3]
THREE_OWNERS = (Input("admissions-" + "9" * 32, 1, "exchange", ("patient",), ()), *samples.contract().inputs)


def check(story: SimulatedTask) -> Report:
    return verify(bundle.build(story.material()), story.pinned)


def outcomes(report: Report) -> dict[int, str]:
    return {step.number: step.outcome for step in report.steps if step.outcome not in {"holds", "nothing"}}


# --- successors ---


def older_consents(
    story: SimulatedTask, *, successors: bool = True, before: TaskContract | None = None, **changes: Any
) -> None:
    """Every owner signed for what was before: the older engine."""
    before = before or replace(story.contract, engine=ENGINE)
    for place, item in enumerate(story.signed):
        ask = Ask.of(before, item.message.data_set)
        message = replace(item.message, engine=ENGINE, approved_successors=successors, policy=ask.digest(), **changes)
        digest = message.digest(story.trust.domain("Consents"))
        signature = bytes(story.wallets[item.owner].unsafe_sign_hash(digest).signature)  # pyright: ignore[reportArgumentType]
        story.signed[place] = SignedAuthorization(item.owner, message, signature, ask.data())


def successor_story(
    way: Sequence[str], hinted: Sequence[tuple[str, str]] | None = None, *, approvals: int = 2, **changes: Any
) -> SimulatedTask:
    """A task on the newer engine under consents to the older one; certifiers approved the steps of ``way``."""
    story = SimulatedTask(engine=NEWER)
    older_consents(story, **changes)
    steps = tuple(itertools.pairwise(way))
    for older, newer in steps if approvals else ():
        pair = (ids.on_chain(older), ids.on_chain(newer))
        story.chain.mine(("Programs", events.SuccessorDeclared(*pair)))
        story.chain.mine(("Programs", events.SuccessorApproved(*pair, ids.on_chain("regulator"), approvals)))
    story.first = story.chain.height + 1
    story.successions = tuple(Succession(*map(ids.on_chain, step)) for step in (steps if hinted is None else hinted))
    return story.complete()


def way(length: int) -> list[str]:
    return [ENGINE, *(f"tallystick.engine@1.{step}.0" for step in range(1, length)), NEWER]


@pytest.mark.parametrize("length", [1, 2, 16])
def test_an_approved_successor_stands_in_where_the_owner_said_so(length: int) -> None:
    assert outcomes(check(successor_story(way(length)))) == {}


def test_a_program_s_successor_stands_in_too_and_what_the_consent_named_is_compared_with_its_own_code() -> None:
    """The chain once compared the digest with the older programs' code when the consent was submitted."""
    older = "glm.logistic@0.9.0"
    for digest, expected in ((b"\x50" * 32, {}), (b"\x51" * 32, {3: "fails"})):
        story = SimulatedTask()
        pair = (ids.on_chain(older), ids.on_chain("glm.logistic@1.0.0"))
        published = events.ProgramPublished(pair[0], bytes(32), digest, 0, 3, 1, 3, 3, 1, 9)
        story.chain.mine(("Programs", published))
        story.chain.mine(("Programs", events.SuccessorApproved(*pair, ids.on_chain("regulator"), 1)))
        story.first = story.chain.height + 1
        story.successions, story.named = (Succession(*pair),), (older,)
        steps = tuple(
            replace(step, program=older) if step.program == "glm.logistic@1.0.0" else step
            for step in story.contract.steps
        )
        code = keccak(b"\x50" * 32 + CODE["psi.align@1.0.0"])
        older_consents(
            story,
            before=replace(story.contract, steps=steps),
            programs=(older, "psi.align@1.0.0"),
            programs_digest=code,
        )
        assert outcomes(check(story.complete())) == expected


def test_a_way_that_is_too_long_proves_nothing() -> None:
    assert outcomes(check(successor_story(way(17)))) == {3: "cannot"}


def test_attack_a_successor_that_the_owner_did_not_allow() -> None:
    assert outcomes(check(successor_story(way(1), successors=False))) == {3: "fails"}


def test_attack_a_successor_that_nobody_approved() -> None:
    """A declaration of the publisher, or a hint in the bundle, is worth nothing."""
    report = check(successor_story(way(1), approvals=0))
    assert outcomes(report) == {3: "cannot"}
    assert "engine" in report.steps[2].detail.english


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_the_way_back_a_gap_and_other_releases_lead_nowhere(data: st.DataObject) -> None:
    """Any hints but the whole way: the order does not matter, and none can be left out."""
    steps = list(itertools.pairwise(way(3)))
    hinted = data.draw(st.permutations(steps).flatmap(lambda found: st.just(found[: data.draw(st.integers(0, 3))])))
    expected = {} if sorted(hinted) == sorted(steps) else {3: "cannot"}
    assert outcomes(check(successor_story(way(3), hinted))) == expected


def test_what_is_wrong_besides_fails_whatever_way_there_is() -> None:
    report = check(successor_story(way(1), [], purpose="something else"))
    assert outcomes(report) == {3: "fails"}
    assert "purpose" in report.steps[2].detail.english
    assert "engine" not in report.steps[2].detail.english


def test_a_succession_replaced_and_a_release_retired_since_do_not_undo_what_started() -> None:
    story = successor_story(way(2))
    middle = ids.on_chain(way(2)[1])
    story.chain.mine(("Programs", events.ReleaseRetired(middle)))
    story.chain.mine(("Programs", events.SuccessorDeclared(ids.on_chain(ENGINE), ids.on_chain("another@1.0.0"))))
    assert outcomes(check(story)) == {}


def test_the_longest_way_is_the_contracts() -> None:
    found = re.search(r"MAX_SUCCESSIONS = (\d+);", (ROOT / "contracts/src/Types.sol").read_text())
    assert found is not None
    assert int(found[1]) == bundle.MAX_SUCCESSIONS


# --- releases ---


def test_an_engine_that_is_a_program_or_was_never_published_fails() -> None:
    for name in ("psi.align@1.0.0", "tallystick.engine@9.0.0"):
        story = SimulatedTask(engine=name)
        story.run = lambda story=story: run_with(story, b"\x88" * 32)  # type: ignore[method-assign]
        story.complete()
        found = outcomes(check(story))
        assert found.get(6) in {"fails", "cannot"}, name
    assert found[6] == "cannot", "a bundle that lacks the engine's words proves nothing about it"


def run_with(story: SimulatedTask, engine: bytes) -> None:
    contract = story.contract
    story.contract = replace(contract, engine=ENGINE)
    log = story.log

    def corrected(party: str, statement: statements.Statement) -> bytes:
        changes: dict[str, Any] = {"contract": contract.digest()}
        if isinstance(statement, statements.Run):
            changes["engine"] = engine
        return log(party, replace(statement, **changes))

    story.log = corrected  # type: ignore[method-assign]
    try:
        SimulatedTask.run(story)
    finally:
        story.contract, story.log = contract, log  # type: ignore[method-assign]


# --- who commits ---


def test_owners_that_compute_with_each_other_verify_as_a_committee_does() -> None:
    story = SimulatedTask(kind="owners", inputs=THREE_OWNERS)
    assert set(story.contract.committee) == set(story.contract.owners)
    report = check(story.complete())
    assert outcomes(report) == {}
    assert "3 links" in report.steps[6].detail.english


@pytest.fixture
def no_committee(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contracts without compute parties; no released program has such tasks yet."""
    monkeypatch.setattr(TaskContract, "require", lambda *_: None)


@pytest.mark.usefixtures("no_committee")
def test_owners_that_answer_for_themselves_have_no_links() -> None:
    story = SimulatedTask(kind="none", inputs=THREE_OWNERS, committee=()).complete()
    report = check(story)
    assert outcomes(report) == {}
    assert "no links" in report.steps[6].detail.english


@pytest.mark.usefixtures("no_committee")
def test_attack_links_where_nobody_computes_with_anybody() -> None:
    story = SimulatedTask(kind="none", inputs=THREE_OWNERS, committee=())
    commit = story.commit
    story.commit = lambda party: commit(party, links=(b"\1" * 32,))  # type: ignore[method-assign]
    assert outcomes(check(story.complete())) == {6: "fails"}


@pytest.mark.parametrize("kind", ["three", "owners"])
def test_the_commitment_of_each_who_commits_is_asked_for(kind: Any) -> None:
    story = SimulatedTask(kind=kind, inputs=THREE_OWNERS).complete()
    place, block = next(
        (place, block)
        for place, block in enumerate(story.chain.blocks)
        if any(isinstance(event, events.RunCommitted) for transaction in block for _, event in transaction)
    )
    assert place
    block[0].pop(0)
    assert outcomes(check(story)).get(6) == "cannot"


# --- uses ---


def reserving(story: SimulatedTask, *numbers: int, uses: int = 1, consumed: bool = True) -> SimulatedTask:
    """The honest story with uses reserved before the first commitment."""
    run = story.run

    def reserve_and_run() -> None:
        digests = tuple(item.message.digest(story.trust.domain("Consents")) for item in story.signed)
        for number in numbers:
            used = [("Consents", events.UseConsumed(digest, story.task, uses, 9)) for digest in digests]
            reserved = ("Tasks", events.UsesReserved(story.task, number, uses, digests))
            story.chain.mine(*(used if consumed else ()), reserved)
        run()

    story.run = reserve_and_run  # type: ignore[method-assign]
    return story.complete()


@pytest.fixture
def three_reserves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals that may reserve; no released program asks for it yet."""
    for module in ("protocol.contract", "protocol.story", "tests.unit.protocol.simulated_task"):
        monkeypatch.setattr(f"{module}.proposal_of", lambda contract: replace(proposal_of(contract), max_reserves=3))


@pytest.mark.usefixtures("three_reserves")
@pytest.mark.parametrize(
    ("numbers", "changes", "expected"),
    [
        ((1,), {}, {}),
        ((1, 2, 3), {}, {}),
        ((2,), {}, {3: "cannot"}),
        ((1, 3), {}, {3: "cannot"}),
        ((1, 2, 3, 4), {}, {3: "fails"}),
        ((1,), {"uses": 2}, {3: "fails"}),
        ((1,), {"consumed": False}, {3: "cannot"}),
    ],
    ids=repr,
)
def test_reserves_are_counted_and_take_the_same_consents(
    numbers: tuple[int, ...], changes: dict[str, Any], expected: dict[int, str]
) -> None:
    assert outcomes(check(reserving(SimulatedTask(), *numbers, **changes))) == expected


def test_a_task_that_runs_once_reserves_nothing() -> None:
    assert outcomes(check(reserving(SimulatedTask(), 1))) == {3: "fails"}


def test_more_uses_than_proposed_fail() -> None:
    story = SimulatedTask()
    start = story.start

    def greedy() -> None:
        start()
        transaction = story.chain.blocks[-1][0]
        for place, (name, event) in enumerate(transaction):
            if isinstance(event, events.UseConsumed):
                transaction[place] = (name, replace(event, uses=2))

    story.start = greedy  # type: ignore[method-assign]
    assert outcomes(check(story.complete())) == {3: "fails"}


def test_another_digest_of_the_programs_at_the_start_fails() -> None:
    story = SimulatedTask()
    start = story.start

    def other() -> None:
        start()
        name, event = story.chain.blocks[-1][0][-1]
        assert isinstance(event, events.TaskStarted)
        story.chain.blocks[-1][0][-1] = (name, replace(event, programs_digest=b"\1" * 32))

    story.start = other  # type: ignore[method-assign]
    assert outcomes(check(story.complete())) == {3: "fails"}


# --- the proposal ---


@pytest.mark.parametrize("field", [field.attribute for field in fields_of(events.Proposal)])
def test_step_2_every_field_of_the_proposal_on_chain_is_compared(field: str) -> None:
    story = SimulatedTask()
    propose = story.propose

    def other() -> None:
        propose()
        name, event = story.chain.blocks[-1][0][0]
        assert isinstance(event, events.TaskProposed)
        value = getattr(event.proposal, field)
        number = field in {"data_versions", "epsilon_micros"}
        if isinstance(value, tuple):
            changed: Any = (*value, 7 if number else b"\1" * 32)
        else:
            changed = value + 1 if isinstance(value, int) else bytes([value[0] ^ 1]) + value[1:]
        story.chain.blocks[-1][0][0] = (name, replace(event, proposal=replace(event.proposal, **{field: changed})))

    story.propose = other  # type: ignore[method-assign]
    report = check(story.complete())
    assert outcomes(report) == {2: "fails"}
    assert report.steps[1].detail.english.startswith(camel(field) + ":")


# --- ends ---


def refused_by(party: str, *, key_period: int, logged: bool) -> SimulatedTask:
    story = SimulatedTask()
    story.propose()
    story.authorize()
    story.start()
    refusal = statements.Refusal(*story.head(party, None), None, "check.data_changed")
    if logged:
        story.log(party, story.failed(party, "data"))
        story.log(party, refusal)
    aborted = events.TaskAborted(story.task, ids.on_chain(party), 1, 4, statements.digest(refusal), key_period)
    story.chain.mine(("Tasks", aborted))
    story.anchor()
    return story


def test_a_wallet_s_refusal_needs_no_log_even_where_its_node_has_one() -> None:
    """An owner's node may have written of other things: the wallet's word is not among them."""
    assert outcomes(check(refused_by("laboratory", key_period=0, logged=False))) == {}
    story = SimulatedTask()
    story.propose()
    story.authorize()
    story.start()
    story.log("laboratory", statements.TaskContract(*story.head("laboratory", None), 31337, story.trust.deployment))
    aborted = events.TaskAborted(story.task, ids.on_chain("laboratory"), 1, 4, named_hash("by wallet"), 0)
    story.chain.mine(("Tasks", aborted))
    story.anchor()
    assert outcomes(check(story)) == {}


def test_a_node_s_refusal_is_in_its_log_or_cannot_be_checked() -> None:
    assert outcomes(check(refused_by("laboratory", key_period=1, logged=True))) == {}
    silent = refused_by("laboratory", key_period=1, logged=False)
    assert outcomes(check(silent)) == {6: "fails"}, "its list of statements is there, and the refusal is not in it"
    material = silent.material()
    others = replace(material, logs=tuple(log for log in material.logs if log.party != "laboratory"))
    assert outcomes(verify(bundle.build(others), silent.pinned)) == {4: "cannot", 5: "cannot", 6: "cannot"}


def not_started(end: events.Event | None = None) -> SimulatedTask:
    story = SimulatedTask()
    story.propose()
    story.authorize()
    ended = events.TaskAborted(story.task, ids.on_chain("laboratory"), 1, 9, bytes(32), 0)
    story.chain.mine(("Tasks", end or ended))
    return story


def withdrawn(party: str = "", code: str = WITHDRAWALS[0], kind: int = KIND_WITHDRAWAL) -> SimulatedTask:
    """What only a chain that breaks its own rules could show, unless left as it is."""
    story = SimulatedTask()
    author = ids.on_chain(party or story.contract.proposer)
    return not_started(events.TaskAborted(story.task, author, kind, BY_CODE[code].number, bytes(32), 0))


def test_a_withdrawal_is_the_proposer_s_and_needs_no_log() -> None:
    report = check(withdrawn())
    assert (outcomes(report), report.state) == ({}, "aborted")
    assert WITHDRAWALS[0] in report.steps[9].detail.english


def test_attack_a_withdrawal_by_another_or_for_another_s_reason() -> None:
    """Nobody else takes a proposal back, nor says that its proposer did."""
    for story in (
        withdrawn("laboratory"),
        withdrawn(code="owner.declined"),
        withdrawn("laboratory", kind=1),
        withdrawn("laboratory", kind=2),
    ):
        assert outcomes(check(story)) == {10: "fails"}


def test_attack_a_withdrawal_of_what_had_started() -> None:
    story = SimulatedTask()
    story.propose()
    story.authorize()
    story.start()
    number = BY_CODE[WITHDRAWALS[0]].number
    taken = events.TaskAborted(story.task, ids.on_chain(story.contract.proposer), KIND_WITHDRAWAL, number, bytes(32), 0)
    story.chain.mine(("Tasks", taken))
    story.anchor()
    assert outcomes(check(story))[10] == "fails"


def test_what_ended_before_it_started_is_proven_not_to_have_started() -> None:
    """By the task's record: an event that is not there proves nothing."""
    refused = check(not_started())
    assert (outcomes(refused), refused.state) == ({}, "refused")
    assert "did not start" in refused.steps[2].detail.english
    expired = check(not_started(events.TaskExpired(SimulatedTask().task, ())))
    assert (outcomes(expired), expired.state) == ({}, "expired")


def without(story: SimulatedTask, event: type[events.Event]) -> BundleMaterial:
    """The story's bundle with its task's record, without the transaction of an event."""
    material = story.material()
    gone = next(item for item in material.receipts if event.topic() in item.receipt)
    windows = tuple(
        replace(w, blocks=tuple(b for b in w.blocks if chainproof.parse_header(b.header).number != gone.block))
        for w in material.descent.windows
    )
    return replace(
        material,
        receipts=tuple(item for item in material.receipts if item != gone),
        descent=replace(material.descent, windows=windows),
        registers=story.chain.registers([*story.slots(), *registers.task_slots(story.task)]),
    )


def test_attack_a_start_that_is_left_out() -> None:
    story = refused_by("laboratory", key_period=1, logged=True)
    report = verify(bundle.build(without(story, events.TaskStarted)), story.pinned)
    assert outcomes(report) == {3: "cannot"}
    assert "The task started" in report.steps[2].detail.english


def test_attack_a_completion_that_is_left_out_accuses_nobody() -> None:
    """Whoever released after it would look as if it had released without one."""
    story = SimulatedTask().complete()
    report = verify(bundle.build(without(story, events.TaskCompleted)), story.pinned)
    assert "fails" not in outcomes(report).values()
    assert outcomes(report)[9] == "cannot"
    assert "The task completed" in report.steps[8].detail.english


def unreviewed(*released: str) -> SimulatedTask:
    story = SimulatedTask("regulator", approves=False)

    def expire() -> None:
        event = events.ReviewExpired(story.task, ids.on_chain("regulator"), story.proposal.review_by)
        story.chain.mine(("Tasks", event))
        for party in released:
            story.release(party)
        story.reviewed = story.chain.height

    story.review = expire  # type: ignore[method-assign]
    return story.complete()


def test_step_9_a_review_that_nobody_made_in_time_closes_the_result() -> None:
    report = check(unreviewed())
    assert outcomes(report) == {}
    assert "did not review in time" in report.steps[8].detail.english
    assert "未按期复核" in report.steps[8].detail.chinese
    assert outcomes(check(unreviewed("hospital"))) == {9: "fails"}


@pytest.mark.parametrize(
    ("period", "words"), [(0, ("(wallet)", "（钱包）")), (1, ("(node key 1)", "（第1期节点密钥）"))]
)
def test_step_9_says_who_signed_for_the_result(period: int, words: tuple[str, str]) -> None:
    story = SimulatedTask()
    story.periods["hospital"] = 1
    attest = story.attest

    def by() -> None:
        story.periods["hospital"] = period
        attest()

    story.attest = by  # type: ignore[method-assign]
    detail = check(story.complete()).steps[8].detail
    assert words[0] in detail.english
    assert words[1] in detail.chinese
