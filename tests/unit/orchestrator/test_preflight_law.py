"""What the law asks, at preflight: the one gate over the descriptions that the proposer may read; what nobody declared is a notice."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.services.preflight import Bounds, Report, examine
from orchestrator.services.registry import Facts
from orchestrator.settings import ApiSettings, legal_policy
from protocol.catalogue import DataSetDescriptorV3
from protocol.contract import TaskContract
from protocol.errors import FormatError
from protocol.law.declared import Declaration, Recipient, Sensitivity
from protocol.law.policy import DEFAULT
from protocol.law.wording import StatedBasis, basis_text, purpose_text
from tests.unit.orchestrator.sample import DIAGNOSES, NOW, PANELS, REFERENCE, WORDS, contract, facts
from tests.unit.protocol.law import declarations

STATED = StatedBasis("consent", "0x" + "51" * 32, "2027-12-31")
BOUNDS = Bounds("platform")
WALLET = "0x" + "11" * 20


def declared(data_set: str, **changes: Any) -> Facts:
    """The facts, with one data set's law declared."""
    known = facts()
    old = known.data_sets[data_set].descriptor
    assert old is not None
    law = declaration(old.columns[0].name, **changes)
    new = DataSetDescriptorV3(old.data_set, old.version, old.owner, WORDS, old.columns, old.rows, 4, ("health",), law)
    known.data_sets[data_set] = replace(known.data_sets[data_set], descriptor=new)
    return known


def declaration(column: str, **changes: Any) -> Declaration:
    given: dict[str, Any] = {
        "columns": (Sensitivity(column, 4, ("health",)),),
        "operations": ("train",),
        "recipients": tuple(
            Recipient(name, standing, "cn", WALLET)
            for name, standing in (("exchange", "trustee"), ("hospital", "joint-processor"), ("laboratory", "trustee"), ("platform", "trustee"))
        ),
        "separate": ("provision", "sensitive"),
    }  # fmt: skip
    return declarations.measurements(**{"jurisdiction": "cn", **given, **changes})


def lawful(**changes: Any) -> TaskContract:
    return contract(
        **{
            "purpose": purpose_text("diagnosis", "readmission") + REFERENCE,
            "legal_basis": basis_text("Consent", STATED) + REFERENCE,
            "impact_assessment": b"\x55" * 32,
            **changes,
        }
    )


def found(made: TaskContract, known: Facts, bounds: Bounds = BOUNDS) -> Report:
    return examine(made, known, bounds, NOW)


def codes(report: Report) -> tuple[list[str], list[str]]:
    return [item.code for item in report.problems], [item.code for item in report.notices]


def test_a_lawful_task_over_declared_data_has_neither_problem_nor_notice_of_its_own() -> None:
    assert codes(found(lawful(), declared(PANELS))) == ([], ["law.data_undeclared"])


@pytest.mark.parametrize(
    ("made", "known", "code", "where"),
    [
        (lawful(purpose="Predict readmission" + REFERENCE), declared(PANELS), "law.purpose_missing", "purpose"),
        (lawful(), declared(PANELS, purposes=("marketing",)), "law.scope_purpose", "inputs[1]"),
        (lawful(), declared(DIAGNOSES, operations=("align",)), "law.scope_operation", "inputs[0]"),
        (lawful(minimum_group=9), declared(PANELS), "law.group", "minimum_group"),
    ],
)
def test_what_is_lacking_is_a_problem_with_articles_in_both_languages(
    made: TaskContract, known: Facts, code: str, where: str
) -> None:
    problem = found(made, known).problems[0]
    assert (problem.code, problem.where) == (code, where)
    assert "PIPL art." in problem.what
    assert problem.fix
    assert "《个人信息保护法》" in problem.chinese


def test_a_wallet_that_changed_since_it_was_listed_is_found_in_the_registry() -> None:
    known = declared(PANELS)
    known.parties["exchange"] = replace(known.parties["exchange"], wallet="0x" + "99" * 20)
    assert codes(found(lawful(), known))[0] == ["law.scope_key"]


def test_a_missing_assessment_is_said_once() -> None:
    assert codes(found(lawful(impact_assessment=bytes(32)), declared(PANELS)))[0] == ["law.assessment"]


def test_undeclared_is_a_notice_or_a_problem_as_the_consortium_has_it() -> None:
    said = ["law.purpose_undeclared", "law.basis_undeclared", "law.data_undeclared", "law.data_undeclared"]
    assert codes(found(contract(), facts())) == ([], said)
    strict = replace(BOUNDS, legal=replace(DEFAULT, undeclared="refuse"))
    assert codes(found(contract(), facts(), strict)) == (said, [])


def test_what_the_proposer_may_not_read_is_not_called_undeclared() -> None:
    known = declared(PANELS)
    known.data_sets[DIAGNOSES] = replace(known.data_sets[DIAGNOSES], descriptor=None)
    problems, notices = codes(found(lawful(), known))
    assert problems == ["data_set.not_described"]
    assert notices == []


def test_the_policy_is_read_from_the_file_that_the_settings_name(tmp_path: Any) -> None:
    own = replace(DEFAULT, name="banks")
    path = tmp_path / "policy.toml"
    path.write_text(own.toml(), "utf-8")
    given = {"database_url_file": path, "deployment_file": path, "rpc_url": "http://chain"}
    assert legal_policy(ApiSettings(**given)) == DEFAULT
    assert legal_policy(ApiSettings(**given, law_policy_file=path)) == own
    with pytest.raises(FormatError, match=r"law\.policy_missing"):
        legal_policy(ApiSettings(**given, law_policy_file=tmp_path / "none"))
