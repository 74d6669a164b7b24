"""A party that refuses, or dies, ends the run for everyone, soon and with a reason."""

from pathlib import Path
from typing import Any

import pytest

from tests.alike import some
from tests.integration.programs import breast_cancer as data
from tests.integration.programs.conftest import Run


def spoiled(what: str) -> tuple[dict[str, Any], dict[str, Any]]:
    hospital, laboratory = data.tables()
    match what:
        case "nan":
            laboratory["columns"]["l03"][5] = float("nan")
        case "duplicate":
            laboratory["ids"][7] = laboratory["ids"][8].strip()
        case "outlier":
            laboratory["columns"]["l03"] = [1e6 if i == 9 else v for i, v in enumerate(laboratory["columns"]["l03"])]
            laboratory["ids"] = [f"patient-{i:06d}" for i in range(len(laboratory["ids"]))]
            hospital["ids"] = [f"patient-{i:06d}" for i in range(len(hospital["ids"]))]
        case "label":
            hospital["columns"][data.LABEL] = [2.0 * value for value in hospital["columns"][data.LABEL]]
    return hospital, laboratory


@pytest.mark.parametrize(
    ("what", "owner", "code"),
    some(
        [
            ("nan", "laboratory", "input.null"),
            ("duplicate", "laboratory", "psi.duplicate_id"),
            ("outlier", "laboratory", "standardize.beyond_limit"),
            ("label", "hospital", "frame.label"),
        ],
        always=(0, 3),
    ),
)
def test_bad_data_is_refused_by_its_owner_and_ends_the_run(
    run: Run, tmp_path: Path, what: str, owner: str, code: str
) -> None:
    data.write(tmp_path, *spoiled(what))
    # However far away, a value is at most sqrt(n - 1) deviations from the mean of the n that train: below the demo's limit.
    results = run(data.NAMES, within=40, **data.spec(tmp_path, limit="16" if what == "outlier" else "24"))
    assert results[owner]["error"] == code, results[owner]
    for name, result in results.items():
        if name != owner:
            assert result["error"].startswith("link."), result
    assert not list(tmp_path.glob("*.share"))


def test_a_party_that_dies_in_training_does_not_hang_the_others(run: Run, tmp_path: Path) -> None:
    data.write(tmp_path, *data.tables())
    specs = data.spec(tmp_path, die_in="train", die_name="laboratory")
    results = run(data.NAMES, within=60, **specs)
    assert results["laboratory"]["exit"] == 9
    for name in ("exchange", "hospital"):
        assert results[name]["error"].startswith("link."), results[name]
        assert results[name]["details"]["peer"] == "laboratory"
    assert not list(tmp_path.glob("*.share"))


def test_a_deadline_ends_the_run(run: Run, tmp_path: Path) -> None:
    data.write(tmp_path, *data.tables())
    results = run(data.NAMES, within=40, **data.spec(tmp_path, deadline=0.5))
    assert {result.get("error", "").split(".")[0] for result in results.values()} <= {"workflow", "link"}
    assert any(result["error"] == "workflow.deadline" for result in results.values())
    assert not list(tmp_path.glob("*.share"))
