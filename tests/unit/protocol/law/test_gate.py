"""The gate: nothing that the law requires may be missing, each rule is found where it is broken, and what nobody declared is told apart."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.ask import Ask
from protocol.contract import Keep, Output, Step, TaskContract
from protocol.errors import FormatError
from protocol.law import codes, gate
from protocol.law.declared import Approval, DataBasis, Declaration, Recipient, Source
from protocol.law.gate import Known
from protocol.law.policy import DEFAULT, Demand
from protocol.law.rules import RULES
from protocol.law.wording import basis_text, purpose_text
from tests.unit.protocol import samples
from tests.unit.protocol.law.declarations import (
    BASIS,
    DOCUMENT,
    REF,
    STATED,
    WALLETS,
    contract,
    diagnoses,
    known,
    measurements,
    with_diagnoses,
    with_measurements,
)
from tests.unit.protocol.samples import DIAGNOSES, MEASUREMENTS

CHINESE = re.compile(r"[一-鿿]")
Case = Callable[[], tuple[TaskContract, Known]]


def codes_of(made: TaskContract, given: Known) -> list[str]:
    return [item.code for item in gate.examine(made, given, DEFAULT)]


def refused(made: TaskContract, given: Known) -> bool:
    return any(item.refuses(DEFAULT) for item in gate.examine(made, given, DEFAULT))


def recipients(declaration: Declaration, named: str, **changes: Any) -> tuple[Recipient, ...]:
    assert declaration.scope is not None
    return tuple(replace(it, **changes) if it.party == named else it for it in declaration.scope.recipients)


def stated(**changes: str) -> TaskContract:
    return contract(legal_basis=basis_text("Consent", replace(STATED, **changes)) + REF)


def test_a_task_that_lacks_nothing_has_no_finding() -> None:
    assert codes_of(contract(), known()) == []


CASES: dict[str, Case] = {
    "law.wording": lambda: (contract(purpose=f"[purpose diagnosis] Diagnose and treat patients{REF}"), known()),
    "law.purpose_undeclared": lambda: (samples.contract(), known(declared={DIAGNOSES: None, MEASUREMENTS: None})),
    "law.purpose_missing": lambda: (contract(purpose=f"Diagnose and treat patients{REF}"), known()),
    "law.purpose_unknown": lambda: (contract(purpose=f"Do good [purpose goodness]{REF}"), known()),
    "law.purpose_words": lambda: (contract(purpose=f"Recommend and market: shoes [purpose diagnosis]{REF}"), known()),
    "law.basis_undeclared": lambda: (samples.contract(), known(declared={DIAGNOSES: None, MEASUREMENTS: None})),
    "law.basis_missing": lambda: (contract(legal_basis=f"Patients' written consent{REF}"), known()),
    "law.basis_unknown": lambda: (stated(code="goodwill"), known()),
    "law.basis_expired": lambda: (stated(until="2027-01-14"), known()),
    "law.basis_purpose": lambda: (stated(code="news"), known()),
    "law.basis_not_personal": lambda: (stated(code="not-personal"), known()),
    "law.data_undeclared": lambda: (contract(), known(declared={DIAGNOSES: None, MEASUREMENTS: measurements()})),
    "law.data_basis": lambda: (contract(), with_diagnoses(bases=(replace(BASIS, until="2027-01-14"),))),
    "law.scope_party": lambda: (contract(committee=("exchange", "hospital", "stranger")), known()),
    "law.scope_key": lambda: (contract(), known(wallets={**WALLETS, "laboratory": "0x" + "9" * 40})),
    "law.scope_standing": lambda: (
        contract(), with_measurements(recipients=recipients(measurements(), "hospital", standing="neither")),
    ),
    "law.trustee": lambda: (contract(outputs=(Output("fit.coefficients", ("exchange",)),)), known()),
    "law.scope_purpose": lambda: (contract(purpose=purpose_text("marketing") + REF), known()),
    "law.scope_operation": lambda: (
        contract(steps=(*contract().steps, Step("score", "score.glm@1.0.0", (), (("model", ("fit.model",)),)))), known(),
    ),
    "law.scope_kind": lambda: (contract(), with_diagnoses(kinds=("health",))),
    "law.separate": lambda: (contract(), with_diagnoses(separate=("guardian", "public-place", "sensitive"))),
    "law.protection": lambda: (contract(protection_level=3), known()),
    "law.group": lambda: (contract(minimum_group=19), known()),
    "law.review": lambda: (contract(reviewer="", review_within=0), known()),
    "law.assessment": lambda: (contract(impact_assessment=bytes(32)), known()),
    "law.border": lambda: (contract(), with_diagnoses(approvals=())),
    "law.border_contradicts": lambda: (
        contract(), with_measurements(recipients=recipients(measurements(), "hospital", jurisdiction="us")),
    ),
    "law.border_undeclared": lambda: (
        contract(),
        with_diagnoses(
            recipients=tuple(it for it in diagnoses().scope.recipients if it.party != "platform"), others=("trustee",),  # type: ignore[union-attr]
        ),
    ),
}  # fmt: skip
"""For each rule a task that breaks it."""


def test_every_rule_has_a_task_that_breaks_it() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("code", CASES)
def test_what_is_lacking_is_found_said_in_both_languages_and_refuses_if_it_was_declared(code: str) -> None:
    made, given_ = CASES[code]()
    found = [item for item in gate.examine(made, given_, DEFAULT) if item.code == code]
    assert found
    for item in found:
        assert item.refuses(DEFAULT) == item.rule.declared
        assert item.refuses(replace(DEFAULT, undeclared="refuse"))
        said = item.said()
        assert not CHINESE.search(said.english)
        assert CHINESE.search(said.chinese)
        assert item.rule.articles
        assert item.where.partition("[")[0] in TaskContract.__dataclass_fields__


def removals(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a declaration from which one thing can be taken: items of lists, and objects that may be none."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "scope" and item is not None:
                yield (*path, name)
            yield from removals(item, (*path, name))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield (*path, at)
            yield from removals(item, (*path, at))


def taken(value: Any, path: tuple[Any, ...]) -> Any:
    """The value without what is at the path."""
    head, *rest = path
    if isinstance(value, list):
        return [
            taken(it, tuple(rest)) if at == head and rest else it for at, it in enumerate(value) if at != head or rest
        ]
    if rest:
        return {**value, head: taken(value[head], tuple(rest))}
    return {**value, head: None}


REMOVED = [
    (data_set, path)
    for data_set, whole in ((DIAGNOSES, diagnoses()), (MEASUREMENTS, measurements()))
    for path in removals(whole.to_json())
    if path[0]
    != "columns"  # a column that nobody declares counts as all, and the description must have each: test_declared.py
]


@pytest.mark.parametrize(("data_set", "path"), REMOVED, ids=str)
def test_property_a_declaration_that_lacks_any_one_thing_does_not_pass(data_set: str, path: tuple[Any, ...]) -> None:
    """By reflection over the record, so that a list which is added later is walked, too."""
    declared = dict(known().declared)
    whole = declared[data_set]
    assert whole is not None
    try:
        declared[data_set] = Declaration.parse(taken(whole.to_json(), path))
    except FormatError:
        return  # it cannot even be registered
    assert refused(contract(), known(declared=declared)), path


ASKED: dict[str, Callable[[TaskContract], TaskContract]] = {
    "purpose's code": lambda it: replace(it, purpose=it.purpose.replace(" [purpose diagnosis]", "")),
    "purpose's words": lambda it: replace(it, purpose=it.purpose.replace("Diagnose", "Observe")),
    "basis' code": lambda it: replace(it, legal_basis=it.legal_basis.replace(" [basis consent]", "")),
    "basis' document": lambda it: replace(it, legal_basis=re.sub(r" \[document [^]]*\]", "", it.legal_basis)),
    "basis' end": lambda it: replace(it, legal_basis=re.sub(r" \[until [^]]*\]", "", it.legal_basis)),
    "assessment": lambda it: replace(it, impact_assessment=bytes(32)),
    "protection": lambda it: replace(it, protection_level=it.protection_level - 1),
    "group": lambda it: replace(it, minimum_group=it.minimum_group - 1),
    "reviewer": lambda it: replace(it, reviewer="", review_within=0),
}
"""What a task's own text must have over such data."""


@settings(max_examples=60)
@given(asked=st.sets(st.sampled_from(sorted(ASKED)), min_size=1), seed=st.integers(0, 2**32))
def test_property_no_ask_that_lacks_any_required_elements_passes(asked: set[str], seed: int) -> None:
    """However many are lacking, and in whatever order they went: one lack never hides another into nothing."""
    made, order = contract(), sorted(asked)
    random.Random(seed).shuffle(order)
    for name in order:
        made = ASKED[name](made)
    assert refused(made, known()), asked
    assert refused(made, known(declared={DIAGNOSES: diagnoses(), MEASUREMENTS: None})), asked


def test_nothing_that_runs_without_declarations_stops() -> None:
    found = gate.examine(samples.contract(), known(declared={DIAGNOSES: None, MEASUREMENTS: None}), DEFAULT)
    assert [item.code for item in found] == [
        "law.purpose_undeclared", "law.basis_undeclared", "law.data_undeclared", "law.data_undeclared",
    ]  # fmt: skip
    assert not any(item.refuses(DEFAULT) for item in found)


def test_a_data_set_that_is_not_known_here_is_left_to_its_owner() -> None:
    """A node judges its own; what the coordinator's reader may not read is not called undeclared."""
    assert "law.data_undeclared" not in codes_of(contract(), known(declared={DIAGNOSES: diagnoses()}))
    assert codes_of(contract(), known(declared={MEASUREMENTS: measurements()})) == []


def test_owners_nodes_ask_together_for_what_the_joint_data_ask_for() -> None:
    """Each judges by its own data sets alone, and the strictest wins: the same as of all together."""
    lower = contract(protection_level=3, minimum_group=10, reviewer="", review_within=0)
    together = set(codes_of(lower, known()))
    apart = [set(codes_of(lower, known(declared={name: it}))) for name, it in known().declared.items()]
    assert together == apart[0] | apart[1] == {"law.protection", "law.group", "law.review"}
    assert apart[1] == set(), "the laboratory's data alone would do with less"


# attacks


def test_attack_a_purpose_code_that_contradicts_its_templates_words() -> None:
    """Wallets show the words; the scope is compared by the code: neither may say another thing than the other."""
    for purpose in (
        f"Recommend and market: shoes [purpose diagnosis]{REF}",
        f"推荐与营销：鞋 [purpose diagnosis]{REF}",
        f"Recommend and market [purpose diagnosis]{REF}",
        f"Diagnose and treat patientsX: shoes [purpose diagnosis]{REF}",
        f"To diagnose and treat patients [purpose diagnosis]{REF}",
    ):
        found = codes_of(contract(purpose=purpose), known())
        assert "law.purpose_words" in found, purpose
        assert "law.scope_purpose" in found, "words that are not the code's leave the scope uncovered"
    assert codes_of(contract(purpose=purpose_text("diagnosis", "肿瘤", "zh") + REF), known()) == []


@pytest.mark.parametrize(
    "purpose",
    [
        "Recommend and market [purpose marketing]: shoes [purpose diagnosis]",
        "Diagnose and treat patients [purpose diagnosis] [purpose marketing]",
        "Diagnose and treat patients [Purpose marketing] [purpose diagnosis]",
        "Diagnose and treat patients【purpose marketing】 [purpose diagnosis]",
        "Diagnose and treat patients [ purpose marketing] [purpose diagnosis]",
        "Diagnose and treat patients [basis consent] [purpose diagnosis]",
    ],
)
def test_attack_two_codes_in_one_text_are_refused(purpose: str) -> None:
    found = codes_of(contract(purpose=purpose + REF), known())
    assert "law.wording" in found
    assert "law.scope_purpose" in found


def test_attack_a_basis_that_expires_between_signing_and_start() -> None:
    """Signed while it held, a standing authorization may start tasks for long: the gate asks again as of each start."""
    asked = Ask.of(contract(), DIAGNOSES).contract  # what a standing authorization covers has no deadline of its own
    until = 1_830_297_599  # the last second of 31 December 2027, UTC
    assert codes_of(asked, known(now=until)) == []
    late = codes_of(asked, known(now=until + 1))
    assert {"law.basis_expired", "law.data_basis", "law.border"} <= set(late)
    assert refused(asked, known(now=until + 1))
    before = known(now=1_735_689_599)  # the last second of 2024: the basis begins a second later
    assert "law.data_basis" in codes_of(asked, before)
    assert "law.data_basis" not in codes_of(asked, known(now=1_735_689_600))


def test_attack_a_party_that_is_listed_under_an_older_name_is_not_covered() -> None:
    listed = recipients(diagnoses(), "laboratory", party="lab-before-merger")
    (found,) = (
        it for it in gate.examine(contract(), with_diagnoses(recipients=tuple(sorted(listed, key=lambda r: r.party))), DEFAULT)
        if it.code == "law.scope_party"
    )  # fmt: skip
    assert "laboratory" in found.what.english
    assert "the wallet is listed under the name lab-before-merger" in found.what.english
    assert "lab-before-merger" in found.what.chinese


def test_attack_a_party_that_is_listed_by_an_older_key_is_not_covered() -> None:
    moved = {**WALLETS, "exchange": "0x" + "e" * 40}
    assert "law.scope_key" in codes_of(contract(), known(wallets=moved))
    gone = {name: wallet for name, wallet in WALLETS.items() if name != "exchange"}
    assert "law.scope_key" in codes_of(contract(), known(wallets=gone))


@pytest.mark.parametrize(
    "made",
    [
        contract(outputs=(Output("fit.coefficients", ("exchange", "hospital")),)),
        contract(proposer="exchange"),
        contract(keeps=(Keep("fit.model", ("exchange",), 1_900_000_000),)),
    ],
    ids=["reads the result", "proposes", "may use what stays"],
)
def test_attack_a_trustee_that_names_itself_result_user_or_decides(made: TaskContract) -> None:
    assert "law.trustee" in codes_of(made, known())
    assert gate.standings(made, "hospital")["exchange"] == "joint-processor"


def test_attack_a_trustee_by_kind_does_not_cover_who_reads() -> None:
    """`others = ["trustee"]` lets anybody compute, and nobody unnamed read."""
    anybody = with_measurements(others=("trustee",), recipients=())
    found = gate.examine(contract(), anybody, DEFAULT)
    assert [it.what.english for it in found if it.code == "law.scope_party"] == [
        f"Individuals in {MEASUREMENTS} did not agree that hospital is joint processor."
    ]


def test_attack_a_filter_on_a_column_that_nobody_agreed_to_counts_as_use() -> None:
    made = contract()
    filtered = replace(made.inputs[0], filters=(replace(samples.contract().inputs[1].filters[0], column="ward"),))
    found = gate.examine(replace(made, inputs=(filtered, made.inputs[1])), known(), DEFAULT)
    assert any(it.code == "law.scope_kind" and "genes" in it.what.english for it in found)


def test_attack_a_column_that_the_declaration_does_not_have_counts_as_all() -> None:
    made = contract()
    asked = replace(made.inputs[0], columns=("unheard",))
    found = gate.examine(replace(made, inputs=(asked, made.inputs[1])), known(), DEFAULT)
    assert any(it.code == "law.scope_kind" and "genes" in it.what.english for it in found)


def test_attack_a_program_of_no_known_family_is_covered_by_no_scope() -> None:
    made = contract()
    steps = (replace(made.steps[0], program="mystery.box@1.0.0"), made.steps[1])
    found = [it.what.english for it in gate.examine(replace(made, steps=steps), known(), DEFAULT)]
    assert any("mystery.box@1.0.0: of no known kind" in said for said in found)


def test_attack_no_personal_information_is_no_basis_for_personal_columns() -> None:
    bases = (BASIS, DataBasis("not-personal", DOCUMENT, "2025-01-01", "2027-12-31"))
    assert codes_of(contract(), with_diagnoses(bases=bases)) == []
    only = (replace(BASIS, until="2026-01-01"), bases[1])
    assert "law.data_basis" in codes_of(contract(), with_diagnoses(bases=only))


def test_a_missing_separate_consent_cites_its_own_article() -> None:
    (found,) = gate.examine(contract(), with_diagnoses(separate=("cross-border", "public-place", "sensitive")), DEFAULT)
    assert found.said().english.endswith("minors' guardians. [PIPL art. 31(1)]")


def test_important_data_leave_only_with_the_states_assessment() -> None:
    columns = tuple(replace(it, kinds=("important",)) for it in diagnoses().columns)
    assert "law.border" in codes_of(contract(), with_diagnoses(columns=columns))
    approvals = (Approval("sg", "security-assessment", DOCUMENT, "2027-12-31"),)
    assert "law.border" not in codes_of(contract(), with_diagnoses(columns=columns, approvals=approvals))


def test_public_places_serve_public_security_without_a_separate_consent() -> None:
    open_ = with_diagnoses(separate=("cross-border", "guardian", "sensitive"), purposes=("public-security",))
    made = contract(purpose=purpose_text("public-security") + REF)
    given_ = replace(open_, declared={DIAGNOSES: open_.declared[DIAGNOSES]})
    assert codes_of(made, given_) == []
    private = replace(given_, declared={DIAGNOSES: diagnoses(separate=("cross-border", "guardian", "sensitive"))})
    assert codes_of(contract(), private) == ["law.separate"]


def test_a_basis_other_than_consent_asks_for_no_separate_consents() -> None:
    contractual = DataBasis("contract", DOCUMENT, "2025-01-01", "2027-12-31")
    given_ = with_measurements(bases=(BASIS, contractual), separate=())
    assert codes_of(contract(), given_) == []
    assert "law.separate" in codes_of(contract(), with_measurements(separate=()))


def test_attack_an_answer_is_not_made_larger_than_it_can_hold() -> None:
    """A hundred parties, a hundred data sets of strict owners: a bounded answer, and it still refuses."""
    names = tuple(f"party-{at:03}" for at in range(100))
    made = contract(committee=names, outputs=(Output("fit.coefficients", names),), proposer=names[0])
    inputs = tuple(replace(made.inputs[0], data_set=f"set-{at:03}-{'a' * 32}", owner=names[at]) for at in range(100))
    made = replace(made, inputs=inputs, steps=tuple(replace(made.steps[0], id=f"s{at}") for at in range(64)))
    strict = diagnoses(operations=("score",))
    found = gate.examine(made, known(declared={item.data_set: strict for item in inputs}), DEFAULT)
    assert len(found) <= 2000
    assert max(len(it.said().english) for it in found) < 2000
    assert max(len(it.said().chinese) for it in found) < 2000
    assert any("And 54 more." in it.what.english for it in found if it.code == "law.scope_operation")
    assert any(it.refuses(DEFAULT) for it in found)


def test_standings_follow_from_what_parties_decide_and_read() -> None:
    made = contract()
    assert gate.standings(made, "hospital") == {
        "exchange": "trustee", "hospital": "processor", "laboratory": "trustee", "office": "neither", "platform": "trustee",
        "regulator": "neither",
    }  # fmt: skip
    assert gate.standings(made, "laboratory")["hospital"] == "joint-processor"
    assert gate.standings(made, "laboratory")["laboratory"] == "joint-processor"


def test_a_consortiums_own_policy_decides() -> None:
    strict = replace(DEFAULT, demands=(Demand("health", 4, 5, 100, False),))
    assert [it.code for it in gate.examine(contract(), known(), strict)] == ["law.protection", "law.group"]
    loose = replace(DEFAULT, demands=())
    assert [it.code for it in gate.examine(contract(protection_level=1, minimum_group=0), known(), loose)] == []


def test_data_about_nobody_needs_neither_basis_nor_assessment_of_the_task() -> None:
    bases = (DataBasis("not-personal", DOCUMENT, "2025-01-01", "2027-12-31"),)
    plain = Declaration(
        Source("derived"), bases, None, "cn", (),
        tuple(replace(it, level=1, kinds=("none",)) for it in diagnoses().columns),
    )  # fmt: skip
    made = contract(
        legal_basis=f"No personal information{REF}", impact_assessment=bytes(32), reviewer="", review_within=0,
        protection_level=1, minimum_group=0,
    )  # fmt: skip
    assert codes_of(made, known(declared={DIAGNOSES: plain})) == ["law.basis_undeclared"]


@pytest.mark.parametrize("purpose", codes.PURPOSE)
def test_a_purpose_is_covered_by_a_scope_that_names_it_and_by_no_other(purpose: str) -> None:
    made = contract(purpose=purpose_text(purpose) + REF)
    others = tuple(sorted(set(codes.PURPOSE) - {purpose}))
    alone = known(declared={DIAGNOSES: diagnoses(purposes=(purpose,))})
    assert "law.scope_purpose" not in codes_of(made, alone)
    assert "law.scope_purpose" in codes_of(made, known(declared={DIAGNOSES: diagnoses(purposes=others)}))
