"""A task's page for who may read its words, and the page of who may not."""

from dataclasses import replace

import pytest

from audit_explorer.records import Commitment, Party, Task
from audit_explorer.rooms import understood
from audit_explorer.rooms.frame import Site, Table
from audit_explorer.verification import Claim, Told, Verified, Verifier, told
from protocol import bundle, events, ids, statements
from protocol.programs import Words
from protocol.verify import Report, StepResult
from tests.unit.audit_explorer import fakes
from tests.unit.protocol import samples
from tests.unit.protocol.simulated_task import SimulatedTask

CONTRACT = samples.contract()
COMMITTEE = tuple(fakes.party(name) for name in ("exchange", "hospital", "laboratory"))
SITE = Site(fakes.FakeRecords(), lambda: fakes.NOW, None, None, None, "")  # type: ignore[arg-type]


def verified(*claims: Claim, signed: bool = True) -> Verified:
    step = StepResult(4, Words("t", "t"), "holds" if signed else "fails", Words("", ""))
    return Verified(Report(None, "completed", (step,)), 1, bytes(32), Told(CONTRACT, claims))


def record(**changes: object) -> Task:
    return replace(fakes.completed(), contract_digest=CONTRACT.digest(), committee=COMMITTEE, **changes)  # type: ignore[arg-type]


def texts(table: Table | None) -> list[list[str]]:
    assert table
    return [[cell.text for cell in row] for row in table.rows]


def test_the_verdict_is_one_sentence_in_both_languages() -> None:
    assert understood.verdict(record(), "en") == (
        "hospital asked exchange, hospital and laboratory to run glm.logistic@1.0.0 over data sets: 2 for hospital: completed."
    )
    assert understood.verdict(record(), "zh") == (
        "hospital 请 exchange、hospital、laboratory 以 glm.logistic@1.0.0 对 2 个数据集 进行计算，结果归 hospital：已完成。"
    )
    unproposed = replace(record(), level=None, row=fakes.row(1, "submitted"))
    assert understood.verdict(unproposed, "en") == "hospital asked for it: submitted."


def test_who_may_read_the_words_reads_purpose_basis_columns_and_what_leaks() -> None:
    tables = {table.id: table for table in understood.read(SITE, "*", record(), CONTRACT, "en")}
    assert list(tables) == ["about", "inputs", "declared", "standings", "law", "workflow"]
    said = dict(map(tuple, texts(tables["about"])))
    assert said["Purpose"] == CONTRACT.purpose
    assert said["Legal basis"] == CONTRACT.legal_basis
    assert said["Who would have to collude"] == "2 of exchange, hospital, laboratory, to see the data"
    assert said["Becomes known on the way"] == "not known: nobody described glm.logistic@1.0.0, psi.align@1.0.0"
    assert texts(tables["inputs"])[1][3:] == ["patient, worst_area", "only rows where worst_area > “0”"]
    assert texts(tables["workflow"])[1][2:] == [
        "table: align.table", "inverse_strength=“0.1”", "fit.coefficients → hospital: ABOUT SINGLE PEOPLE, row by row",
    ]  # fmt: skip
    assert tables["workflow"].drawing.startswith("<svg")


def test_attack_the_words_of_another_contract_than_the_chains_are_not_shown() -> None:
    """The bundle comes from the coordinator: what it calls this task's contract must have the digest that is on chain."""
    assert understood.read(SITE, "*", fakes.completed(), CONTRACT, "en") == ()
    assert understood.read(SITE, "*", record(), None, "en") == ()
    claim = Claim("laboratory", "abort", "node.failed", "fit", "hospital", 1)
    assert understood.claims(fakes.completed(), verified(claim), "en") is None


def test_blame_is_told_as_a_claim_by_its_author() -> None:
    ended = replace(fakes.refused(), contract_digest=CONTRACT.digest())
    claim = Claim("laboratory", "abort", "run.peer_lost", "fit", "hospital", 1)
    rows = texts(understood.claims(ended, verified(claim), "en"))
    assert [row[0] for row in rows] == ["laboratory", "laboratory"], "its word on chain, and the one in its log"
    assert rows[1][2:] == ["hospital", "its own signed log"]
    assert "[run.peer_lost] (Step fit)" in rows[1][1]
    unsigned = texts(understood.claims(ended, verified(claim, signed=False), "en"))
    assert unsigned[1][3] == "a log whose signatures do not hold"
    disputed = replace(
        ended, events=tuple(replace(event, name="TaskDisputed", party=None) for event in ended.events[-1:])
    )
    assert texts(understood.claims(disputed, None, "en"))[0][0] == "the chain"
    assert understood.claims(record(), None, "en") is None


def test_the_claims_in_a_bundles_logs_are_those_of_their_authors() -> None:
    story = SimulatedTask()
    story.propose()
    story.authorize()
    story.start()
    story.log("laboratory", story.failed("laboratory", "data"))
    story.log("laboratory", statements.Refusal(*story.head("laboratory", None), None, "check.data_changed"))
    story.log("exchange", statements.Abort(*story.head("exchange"), "run.peer_lost", "fit", "hospital"))
    event = events.TaskAborted(story.task, ids.on_chain("laboratory"), 1, 4, bytes(32), 1)
    story.chain.mine(("Tasks", event))
    story.anchor()
    found = told(bundle.build(story.material()))
    assert found is not None
    assert found.contract == story.contract
    assert [(claim.author, claim.kind, claim.reason, claim.step, claim.peer) for claim in found.claims] == [
        ("exchange", "abort", "run.peer_lost", "fit", "hospital"),
        ("laboratory", "refusal", "check.data_changed", "", ""),
    ]
    assert told(b"no bundle") is None


def test_whether_a_claim_is_signed_is_what_step_four_answers() -> None:
    whole = SimulatedTask().complete()
    data = bundle.build(whole.material())
    assert Verifier(whole.pinned).check(data).signed
    assert not Verifier(None).check(data).signed


def commitment(party: Party, run: bytes, links: tuple[bytes, ...]) -> Commitment:
    return Commitment(party, run, 7, fakes.digest("root"), 5, fakes.digest("in"), fakes.digest("out"), links)


@pytest.mark.parametrize(("lie", "word"), [(None, "alike"), ("run", "DIFFERENT"), ("link", "DIFFERENT")])
def test_commitments_stand_side_by_side_and_what_must_agree_is_compared(lie: str | None, word: str) -> None:
    run, (ab, ac, bc) = fakes.digest("run"), (fakes.digest(name) for name in ("ab", "ac", "bc"))
    other = fakes.digest("other")
    table = understood.commitments(
        record(
            commitments=(
                commitment(COMMITTEE[0], run, (ab, ac)),
                commitment(COMMITTEE[1], other if lie == "run" else run, (other if lie == "link" else ab, bc)),
                commitment(COMMITTEE[2], run, (ac, bc)),
            )
        ),
        "en",
    )
    assert table.headers == ("What", "exchange", "hospital", "laboratory", "Alike")
    rows = {row[0]: row[1:] for row in texts(table)}
    assert rows["Link exchange – laboratory"][1] == "", "hospital is no end of it"
    assert rows["Link exchange – laboratory"][-1] == "alike"
    assert rows["Run id"][-1] == (word if lie == "run" else "alike")
    assert rows["Link exchange – hospital"][-1] == (word if lie == "link" else "alike")
    assert rows["Input root"][-1] == "each its own"


def test_one_commitment_agrees_with_nothing_yet() -> None:
    rows = texts(
        understood.commitments(
            record(commitments=(commitment(COMMITTEE[0], fakes.digest("run"), (bytes(32), bytes(32))),)), "en"
        )
    )
    assert rows[0][-1] == "others not yet"
    assert ids.on_chain("exchange") == COMMITTEE[0].id
