"""Each problem by itself, found where it is; a good contract has none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.services.preflight import Bounds, Report, examine
from orchestrator.services.registry import NO_KEY, Facts, Publisher
from protocol import ids
from protocol.api import Estimate
from protocol.ask import LEFT_OUT, complete
from protocol.contract import Keep, KeptModel, Output, RowFilter, Step, TaskContract
from protocol.programs import CostModel, Measured, Pair, Port
from protocol.support import WORDS as SUPPORT_WORDS
from protocol.vocabulary import ROLE_BITS
from tests.unit.orchestrator.sample import DIAGNOSES, NOW, PANELS, PROGRAM, WORDS, contract, facts, party, program

BOUNDS = Bounds("platform")
OTHER = "stats.other@1.0.0"


def look(made: TaskContract, known: Facts) -> Report:
    return examine(made, known, BOUNDS, NOW)


def with_party(name: str, **changes: object) -> Facts:
    known = facts()
    known.parties[name] = replace(known.parties[name], **changes)  # pyright: ignore[reportArgumentType]
    return known


def with_program(**changes: object) -> Facts:
    known = facts()
    known.programs[PROGRAM] = replace(known.programs[PROGRAM], **changes)  # pyright: ignore[reportArgumentType]
    return known


def with_data_set(**changes: object) -> Facts:
    known = facts()
    known.data_sets[PANELS] = replace(known.data_sets[PANELS], **changes)  # pyright: ignore[reportArgumentType]
    return known


def without(kind: str, name: str) -> Facts:
    known = facts()
    del getattr(known, kind)[name]
    return known


def test_a_good_contract_has_no_problem_and_a_price() -> None:
    report = look(contract(), facts())
    assert report.problems == ()
    assert (report.level, report.collusion_threshold) == (4, 2)
    assert report.estimate == Estimate(2, None, None, None, None, (), "plan.not_asked")
    assert report.disclosures == (WORDS,)


def steps(**changes: object) -> TaskContract:
    made = contract()
    return replace(made, steps=(replace(made.steps[0], **changes),))  # pyright: ignore[reportArgumentType]


def with_inputs(*ports: Port) -> Facts:
    described = facts().programs[PROGRAM].descriptor
    assert described is not None
    return with_program(descriptor=replace(described, inputs=ports))


def test_an_optional_input_may_be_left_out() -> None:
    ports = (Port("table", "table", WORDS, 1, 9), Port("weights", "table", WORDS, 0))
    assert look(contract(), with_inputs(*ports)).problems == ()


def column(name: str) -> TaskContract:
    made = contract()
    return replace(made, inputs=(made.inputs[0], replace(made.inputs[1], columns=(name,))))


def with_engine(**changes: object) -> Facts:
    known = facts()
    assert known.engine is not None
    return replace(known, engine=replace(known.engine, **changes))  # pyright: ignore[reportArgumentType]


def operator_of(name: str) -> bytes:
    return facts().parties[name].operator


def run_by(name: str, other: str) -> Facts:
    """As always, but who runs one party runs the other."""
    return with_party(name, operator=operator_of(other))


def reviewed(**changes: object) -> TaskContract:
    return contract(**{"auditors": (), "reviewer": "regulator", "review_within": 86_400, **changes})


def read_by_the_reviewers_operator() -> Facts:
    known = facts()
    known.parties["reader"] = replace(party("reader", "result-user"), operator=operator_of("regulator"))
    return known


def everybody_reads() -> Facts:
    known = facts()
    known.parties.update({name: party(name, "result-user") for name in (f"user-{i:03}" for i in range(101))})
    return known


def two_programs() -> TaskContract:
    made = contract()
    second = Step("again", OTHER, (("rounds", 10),), (("table", (DIAGNOSES, PANELS)),))
    return replace(made, steps=(*made.steps, second))


def with_other_program(**changes: object) -> Facts:
    known = facts()
    other = replace(known.programs[PROGRAM], program=OTHER, **changes)  # pyright: ignore[reportArgumentType]
    known.programs[OTHER] = other
    return known


CASES: list[tuple[str, str, Callable[[], tuple[TaskContract, Facts]]]] = [
    ("task.other_scheduler", "scheduler", lambda: (contract(scheduler="exchange"), facts())),
    ("party.unknown", "committee[0]", lambda: (contract(), without("parties", "exchange"))),
    ("party.inactive", "committee[0]", lambda: (contract(), with_party("exchange", active=False))),
    ("party.missing_role", "committee[0]", lambda: (contract(), with_party("exchange", roles=ROLE_BITS["result-user"]))),
    ("party.missing_role", "outputs", lambda: (contract(), with_party("hospital", roles=3))),
    ("party.no_seal_key", "outputs", lambda: (contract(), with_party("hospital", seal_key=NO_KEY))),
    ("party.no_node", "committee[0]", lambda: (contract(), with_party("exchange", node_key=NO_KEY))),
    ("party.unknown", "reviewer", lambda: (contract(reviewer="nobody"), facts())),
    ("committee.same_operator", "committee[2]", lambda: (
        contract(), with_party("laboratory", operator=facts().parties["hospital"].operator))),
    ("committee.same_node_key", "committee[2]", lambda: (
        contract(), with_party("laboratory", node_key=facts().parties["hospital"].node_key))),
    ("committee.same_node_signer", "committee[2]", lambda: (
        contract(), with_party("laboratory", node_signer=facts().parties["hospital"].node_signer))),
    ("engine.unknown", "engine", lambda: (contract(), replace(facts(), engine=None))),
    ("engine.retired", "engine", lambda: (contract(), with_engine(active=False))),
    ("engine.not_approved", "engine", lambda: (contract(), with_engine(approvals=0))),
    ("committee.size", "committee", lambda: (contract(), with_program(committee="none"))),
    ("committee.not_owners", "committee", lambda: (contract(), with_program(committee="owners"))),
    ("program.mixed_committees", "steps[1].program", lambda: (two_programs(), with_other_program(committee="owners"))),
    ("auditor.not_independent", "auditors[0]", lambda: (contract(), run_by("regulator", "exchange"))),
    ("auditor.not_independent", "auditors[0]", lambda: (contract(), run_by("regulator", "laboratory"))),
    ("auditor.not_independent", "auditors[0]", lambda: (
        contract(), with_program(publisher=Publisher(ids.on_chain("someone"), operator_of("regulator"))))),
    ("auditor.not_independent", "auditors[0]", lambda: (
        contract(), with_engine(publisher=Publisher(ids.on_chain("someone"), operator_of("regulator"))))),
    ("auditor.not_independent", "auditors[0]", lambda: (
        contract(proposer="platform"), run_by("regulator", "platform"))),
    ("reviewer.not_independent", "reviewer", lambda: (reviewed(), run_by("regulator", "exchange"))),
    ("reviewer.not_independent", "reviewer", lambda: (reviewed(proposer="platform"), run_by("regulator", "platform"))),
    ("reviewer.not_independent", "reviewer", lambda: (
        reviewed(outputs=(Output("train.scores", ("reader",)),)), read_by_the_reviewers_operator())),
    ("reviewer.not_independent", "reviewer", lambda: (
        reviewed(), with_engine(publisher=Publisher(ids.on_chain("someone"), operator_of("regulator"))))),
    ("contract.result_users", "outputs", lambda: (
        contract(outputs=(Output("train.scores", tuple(f"user-{i:03}" for i in range(101))),)), everybody_reads())),
    ("committee.audits", "committee[0]", lambda: (contract(), with_party("exchange", roles=2 | ROLE_BITS["regulator"]))),
    ("committee.audits", "committee[0]", lambda: (contract(), with_party("exchange", roles=2 | ROLE_BITS["certifier"]))),
    ("data_set.unknown", "inputs[1].data_set", lambda: (contract(), without("data_sets", PANELS))),
    ("data_set.owner", "inputs[1].owner", lambda: (contract(), with_data_set(owner=b"\1" * 32))),
    ("data_set.retired", "inputs[1].version", lambda: (contract(), with_data_set(active=False))),
    ("data_set.too_small", "inputs[1]", lambda: (contract(), with_data_set(rows=9))),
    ("data_set.not_described", "inputs[1]", lambda: (contract(), with_data_set(descriptor=None))),
    ("data_set.no_such_column", "inputs[1].columns[0]", lambda: (column("nothing"), facts())),
    ("program.unknown", "steps[0].program", lambda: (contract(), without("programs", PROGRAM))),
    ("program.retired", "steps[0].program", lambda: (contract(), with_program(active=False))),
    ("program.not_approved", "steps[0].program", lambda: (contract(), with_program(approvals=0))),
    ("program.level", "steps[0].program", lambda: (contract(protection_level=5), facts())),
    ("program.party_range", "steps[0].program", lambda: (contract(), with_program(min_parties=5, max_parties=7))),
    ("program.not_described", "steps[0].program", lambda: (contract(), with_program(descriptor=None))),
    ("program.parameter", "steps[0].parameters", lambda: (steps(parameters=(("rounds", 101),)), facts())),
    ("program.unknown_parameter", "steps[0].parameters", lambda: (steps(parameters=(("speed", 1),)), facts())),
    ("program.input_missing", "steps[0].inputs", lambda: (steps(inputs=()), facts())),
    ("program.input_count", "steps[0].inputs.table", lambda: (contract(), with_inputs(Port("table", "table", WORDS)))),
    ("program.no_such_input", "steps[0].inputs.more", lambda: (
        steps(inputs=(("more", (PANELS,)), ("table", (DIAGNOSES,)))), facts())),
    ("program.no_such_output", "outputs[0].from", lambda: (
        replace(contract(), outputs=(replace(contract().outputs[0], source="train.loss"),)), facts())),
    ("program.private_output", "outputs[0].from", lambda: (
        replace(contract(), outputs=(replace(contract().outputs[0], source="train.model"),)), facts())),
    ("program.private_output", "outputs[0].from", lambda: (
        replace(contract(), outputs=(replace(contract().outputs[0], source="train.aligned.hospital.age"),)), facts())),
    ("program.private_output", "keeps[0].from", lambda: (
        contract(keeps=(Keep("train.aligned", ("hospital",), NOW + 9_999),)), facts())),
    ("program.no_such_output", "keeps[0].from", lambda: (
        contract(keeps=(Keep("train.weights", ("hospital",), NOW + 9_999),)), facts())),
    ("contract.no_reference", "purpose", lambda: (contract(purpose="guessable"), facts())),
    ("contract.no_reference", "legal_basis", lambda: (contract(legal_basis="guessable [ref 12]"), facts())),
    ("contract.no_impact_assessment", "impact_assessment", lambda: (contract(), with_data_set(
        descriptor=replace(facts().data_sets[PANELS].descriptor, sensitive=("genes",))))),  # pyright: ignore[reportArgumentType]
    ("deadline.too_near", "deadline", lambda: (contract(deadline=NOW + 60), facts())),
    ("deadline.too_far", "deadline", lambda: (contract(deadline=NOW + 31 * 86_400), facts())),
    ("deadline.too_far", "deadline", lambda: (contract(), replace(facts(), longest_lifetime=3600))),
    ("estimate.seconds", "deadline", lambda: (contract(), with_program(descriptor=replace(
        facts().programs[PROGRAM].descriptor, seconds=CostModel("1e6*rows"))))),  # pyright: ignore[reportArgumentType]
]  # fmt: skip


@pytest.mark.parametrize(("code", "where", "make"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_one_problem(code: str, where: str, make: Callable[[], tuple[TaskContract, Facts]]) -> None:
    made, known = make()
    found = look(made, known).problems
    assert [(p.code, p.where) for p in found if p.code == code] == [(code, where)]
    assert all(p.what and p.fix for p in found)
    assert len(found) <= 2


def test_filters_name_columns_that_exist() -> None:
    made = contract()
    filtered = replace(made, inputs=(made.inputs[0], replace(made.inputs[1], filters=(RowFilter("zip", "eq", "1"),))))
    assert [(p.code, p.where) for p in look(filtered, facts()).problems] == [
        ("data_set.no_such_column", "inputs[1].filters[0]")
    ]


def test_attack_a_parameter_left_out_so_that_a_default_applies_unsaid() -> None:
    made = contract()
    bare = replace(made, steps=(replace(made.steps[0], parameters=()),))
    (problem,) = look(bare, facts()).problems
    assert (problem.code, problem.where) == (LEFT_OUT, "steps[0].parameters")
    assert "rounds" in problem.what
    assert look(complete(bare, {PROGRAM: program().descriptor}), facts()).problems == ()  # pyright: ignore[reportArgumentType]


def test_a_step_reads_only_outputs_that_exist() -> None:
    made = contract()
    second = Step("again", PROGRAM, (("rounds", 10),), (("table", ("train.loss",)),))
    found = look(replace(made, steps=(*made.steps, second)), facts()).problems
    assert [(p.code, p.where) for p in found] == [("program.no_such_output", "steps[1].inputs.table")]


@pytest.mark.parametrize(
    ("takes", "source", "fits"),
    [
        ("aligned", "train.aligned", True),
        ("label", "train.aligned", False),
        ("label", "train.aligned.hospital.age", True),
        ("shares", "train.scores", True),
        ("model:linear", "train.model", True),
        ("model:linear", "old", True),
        ("model:tree", "old", False),
        ("model:tree|shared", "train.model", False),
        ("shares", "old", False),
        ("table", "old", False),
        ("aligned|shares", DIAGNOSES, False),
        ("model:linear|table", DIAGNOSES, True),
    ],
)
def test_a_step_reads_only_what_fits(takes: str, source: str, fits: bool) -> None:
    known = facts()
    described = known.programs[PROGRAM].descriptor
    assert described is not None
    other = replace(described, inputs=(Port("given", takes, WORDS),), parameters=())
    known.programs["score.glm@1.0.0"] = replace(known.programs[PROGRAM], program="score.glm@1.0.0", descriptor=other)
    made = contract(models=(KeptModel("old", bytes(32), "fit.model", "model:linear"),))
    second = Step("again", "score.glm@1.0.0", (), (("given", (source,)),))
    found = look(replace(made, steps=(*made.steps, second)), known).problems
    code = "program.model_family" if takes.startswith("model:tree") else "program.input_kind"
    expected = [] if fits else [(code, "steps[1].inputs.given")]
    assert [(p.code, p.where) for p in found] == expected


def test_inputs_that_do_not_go_together_are_refused_by_the_programs_declared_pairs() -> None:
    known = facts()
    described = known.programs[PROGRAM].descriptor
    assert described is not None
    ports = (Port("features", "aligned|shares", WORDS), Port("label", "label|shares", WORDS, 0))
    pairs = (Pair("features", "aligned", "label", "label"), Pair("features", "shares", "label", "shares"))
    other = replace(described, inputs=ports, parameters=(), pairs=pairs)
    known.programs["score.glm@1.0.0"] = replace(known.programs[PROGRAM], program="score.glm@1.0.0", descriptor=other)
    made = contract()
    label = "train.aligned.hospital.age"
    for features, by, fits in (
        ("train.aligned", (label,), True), ("train.aligned", ("train.scores",), False), ("train.aligned", (), True),
        ("train.scores", ("train.scores",), True), ("train.scores", (label,), False),
    ):  # fmt: skip
        second = Step("again", "score.glm@1.0.0", (), (("features", (features,)), *((("label", by),) if by else ())))
        found = look(replace(made, steps=(*made.steps, second)), known).problems
        assert [(p.code, p.where) for p in found] == ([] if fits else [("program.mispaired", "steps[1].inputs.label")])
        assert all("again" in p.what and p.chinese for p in found)


def test_two_tables_by_groups_are_refused_under_a_minimum_group() -> None:
    known = facts()
    described = known.programs[PROGRAM].descriptor
    assert described is not None
    port = Port("by", "shares", WORDS, values="levels")
    other = replace(
        described, inputs=(port,), outputs=(Port("count", "shares", WORDS, support="cells"),), parameters=()
    )
    known.programs["score.glm@1.0.0"] = replace(known.programs[PROGRAM], program="score.glm@1.0.0", descriptor=other)
    made = contract()
    steps = [Step(name, "score.glm@1.0.0", (), (("by", ("train.scores",)),)) for name in ("one", "two")]
    outputs = tuple(Output(f"{step.id}.count", ("hospital",)) for step in steps)
    task = replace(made, steps=(*made.steps, *steps), outputs=outputs)
    report = look(task, known)
    assert [(p.code, p.where) for p in report.problems] == [("group.two_tables", "outputs")]
    assert {about.english for _, about in report.supports} == {SUPPORT_WORDS["cells"].english}
    assert look(replace(task, minimum_group=1), known).problems == ()
    assert look(replace(task, outputs=outputs[:1]), known).problems == ()


def test_all_problems_at_once() -> None:
    found = look(contract(purpose="x", legal_basis="y", scheduler="z", deadline=NOW), facts()).problems
    assert {p.code for p in found} >= {
        "contract.no_reference", "task.other_scheduler", "party.unknown", "deadline.too_near",
    }  # fmt: skip


def test_an_overflowing_cost_model_gives_a_bounded_estimate() -> None:
    known = facts()
    described = known.programs[PROGRAM].descriptor
    assert described is not None
    wild = replace(described, seconds=CostModel("1e308*rows"))
    known.programs[PROGRAM] = replace(known.programs[PROGRAM], descriptor=wild)
    assert look(contract(), known).estimate.seconds == 2**53 - 1


def test_seconds_beyond_what_was_measured_are_marked_and_counted_twice() -> None:
    known = facts()
    described = known.programs[PROGRAM].descriptor
    assert described is not None
    inside, beyond = Measured("rows", 10, 1000), Measured("rows", 10, 999)
    parameter = Measured("rounds", 1, 9)  # the contract says 10
    for measured, seconds, marks in (
        ((inside,), 2, ()), ((beyond,), 4, ("train.rows",)), ((parameter, inside), 4, ("train.rounds",)),
        ((), 4, ("train.rows",)),
    ):  # fmt: skip
        known.programs[PROGRAM] = replace(known.programs[PROGRAM], descriptor=replace(described, measured=measured))
        found = look(contract(), known).estimate
        assert (found.seconds, found.beyond) == (seconds, marks)


def test_the_level_is_unknown_while_a_program_is() -> None:
    assert look(contract(), without("programs", PROGRAM)).level == 0


@pytest.mark.parametrize(
    ("size", "level", "code"),
    [(3, 3, ""), (5, 3, ""), (10, 3, "backend.committee"), (3, 5, "backend.security_model")],
)
def test_no_protocol_stack_no_task(size: int, level: int, code: str) -> None:
    """The same function that the nodes' engine chooses by, so nobody signs what cannot run."""
    committee = tuple(sorted(f"party-{i}" for i in range(size)))
    found = look(contract(committee=committee, protection_level=level), facts()).problems
    assert {p.code for p in found if p.code.startswith("backend.")} == ({code} if code else set())
