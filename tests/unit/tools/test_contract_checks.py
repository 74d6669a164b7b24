"""What the checks of the contracts read off other tools' reports: silence is no answer."""

from typing import Any

import pytest

from tools import contract_checks

REPORT = """TN:
SF:src/Tasks.sol
DA:10,3
DA:11,{line}
BRDA:11,0,0,4
BRDA:11,0,1,{branch}
end_of_record
"""


@pytest.mark.parametrize(
    ("line", "branch", "found"),
    [
        ("1", "2", []),
        ("0", "1", ["src/Tasks.sol:11 is never run"]),
        ("1", "-", ["src/Tasks.sol:11 has a branch that is never taken"]),
        ("1", "0", ["src/Tasks.sol:11 has a branch that is never taken"]),
    ],
)
def test_what_no_test_runs_is_found(line: str, branch: str, found: list[str]) -> None:
    assert contract_checks.missed(REPORT.format(line=line, branch=branch)) == found


def test_an_empty_report_is_no_success() -> None:
    assert contract_checks.missed("TN:\nend_of_record\n") == ["the report is empty"]


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("INFO:Slither:. analyzed (60 contracts with 98 detectors), 0 result(s) found", True),
        ("INFO:Slither:. analyzed (60 contracts with 98 detectors), 1 result(s) found", False),
        ("INFO:Slither:. analyzed (2 contracts with 98 detectors), 0 result(s) found", False),
        ("ERROR:ContractSolcParsing:x\nINFO:Slither:. analyzed (60 contracts with 98 detectors), 0 result(s) found", False),
        ("Traceback (most recent call last):", False),
    ],
)  # fmt: skip
def test_slither_that_saw_nothing_is_no_success(said: str, clean: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract_checks, "environment", lambda _: None)
    monkeypatch.setattr(contract_checks, "run", _answers(0, said))
    assert (contract_checks.slither() == "") is clean


@pytest.mark.parametrize(
    ("code", "said", "clean"),
    [
        (0, "Symbolic test result: 5 passed; 0 failed; time: 3s\nSymbolic test result: 2 passed; 0 failed", True),
        (0, "Symbolic test result: 5 passed; 0 failed; time: 3s\nSymbolic test result: 0 passed; 2 failed", False),
        (1, "Symbolic test result: 5 passed; 0 failed", False),
        (0, "nothing matched", False),
    ],
)
def test_symbolic_checks_that_did_not_run_are_no_success(
    code: int, said: str, clean: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract_checks, "environment", lambda _: None)
    monkeypatch.setattr(contract_checks, "run", _answers(code, said))
    assert (contract_checks.halmos() == "") is clean


def _answers(code: int, said: str) -> Any:
    return lambda *_, **__: (code, said)
