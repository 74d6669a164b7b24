"""`tally law`: the codes and the policy, and what an owner is shown of its declaration before its wallet signs."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from cli import dataset
from cli.main import app
from protocol.api import Estimate, Finding, Preflight
from protocol.law import codes, gate, wording
from protocol.law.gate import Known
from protocol.law.policy import DEFAULT, Policy
from tests.unit.protocol.law import declarations
from tests.unit.protocol.samples import DIAGNOSES, MEASUREMENTS


def said(*words: str, status: int = 0) -> str:
    found = CliRunner().invoke(app, ["law", *words])
    assert found.exit_code == status, found.output
    return found.output


def test_codes_are_printed_with_their_articles_in_both_languages() -> None:
    everything = said("codes")
    assert not [code.code for table in codes.TABLES for code in table.codes if f"  {code.code} " not in everything]
    bases = said("codes", "bases")
    assert "PIPL art. 13(1)(1)" in bases
    assert "第十三条第一款第一项" in "".join(bases.split())
    assert "credit-risk" not in bases
    assert "there is no table shoes" in said("codes", "shoes", status=2)


def test_purpose_and_basis_are_written_as_the_gate_reads_them(tmp_path: Path) -> None:
    text = said("purpose", "credit-risk", "three banks", "--lang", "zh").strip()
    assert text == "评估信用风险：three banks [purpose credit-risk]"
    assert wording.purpose_code(text) == "credit-risk"
    document = tmp_path / "consents.pdf"
    document.write_bytes(b"consents")
    found = wording.stated_basis(said("basis", "consent", str(document), "2027-12-31", "Consent").strip())
    assert found == wording.StatedBasis("consent", "0x" + hashlib.sha256(b"consents").hexdigest(), "2027-12-31")
    assert "there is no shoes" in said("purpose", "shoes", status=2)
    late = CliRunner().invoke(app, ["law", "basis", "consent", str(document), "2027-02-30", "Consent"])
    assert "law.wording" in str(late.exception)


def test_the_default_policy_is_written_changed_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    assert "0x" + DEFAULT.digest().hex() in said("policy", "--out", str(path))
    assert Policy.from_toml(path.read_bytes()) == DEFAULT
    own = replace(DEFAULT, undeclared="refuse", demands=DEFAULT.demands[:2])
    path.write_text(own.toml(), "utf-8")
    shown = said("policy", str(path))
    assert "0x" + own.digest().hex() in shown
    assert "refuses 拒绝" in shown
    again = CliRunner().invoke(app, ["law", "policy", "--out", str(path)])
    assert "law.policy_exists" in str(again.exception)


@pytest.mark.parametrize("declared", [True, False])
def test_before_the_wallet_signs_all_that_is_declared_is_shown_or_that_nothing_is(
    declared: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    law = declarations.diagnoses() if declared else None
    dataset._show_declared(cast("Any", SimpleNamespace(schema=SimpleNamespace(law=law))))
    shown = capsys.readouterr().out
    if declared:
        assert "from a public place" in shown
        assert "公共场所采集" in shown
        assert "0x" + declarations.DOCUMENT.hex() in shown
    else:
        assert "not declared" in shown
        assert "未声明" in shown


@pytest.mark.parametrize(("language", "undeclared"), [("en", "not declared"), ("zh", "未声明")])
def test_a_tasks_check_shows_what_is_lacking_what_is_not_declared_and_who_is_what(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, language: str, undeclared: str
) -> None:
    made = declarations.contract(minimum_group=9)
    given = Known({DIAGNOSES: declarations.diagnoses(), MEASUREMENTS: None}, declarations.WALLETS, declarations.NOW)
    found = gate.examine(made, given, DEFAULT)
    lines = [
        Finding(it.code, it.said().english, it.rule.fix.english, it.where, it.said().chinese + it.rule.fix.chinese) for it in found
    ]  # fmt: skip
    assert {it.code for it in lines} == {"law.group", "law.data_undeclared"}
    answer = Preflight(
        bytes(32), tuple(it for it in lines if it.code == "law.group"), Estimate(1, None, None, None, None, (), "plan.not_asked"), 3, 2, (), (),
        {}, tuple(it for it in lines if it.code != "law.group"), DEFAULT.digest(),
    )  # fmt: skip

    @contextmanager
    def client_of(_: object) -> Generator[Any]:
        yield SimpleNamespace(preflight=lambda contract: answer if contract == made else None)

    monkeypatch.setattr("cli.task.client_of", client_of)
    path = tmp_path / "contract.json"
    path.write_bytes(made.data())
    said = CliRunner().invoke(app, ["task", "check", str(path), "--lang", language])
    assert said.exit_code == 1, said.output
    assert "law.group" in said.output
    assert f"law.data_undeclared inputs[1]: {undeclared}:" in said.output
    assert '"exchange": "trustee"' in said.output
    assert "0x" + DEFAULT.digest().hex() in said.output
