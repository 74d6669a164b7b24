"""A regulator outside the committee reconciles its lines with those of two banks, in real processes over pinned TLS links, against DuckDB."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.programs.breast_cancer import step
from tests.integration.programs.conftest import Run
from tests.integration.programs.outputs import reconstruct
from tests.unit.mpc.programs.flow_tables import KEYS, Row, drawn, expected

COMMITTEE = ("bank", "exchange", "shop")
REPORTED, BANK, SHOP = "reports-" + "a" * 32, "payments-" + "b" * 32, "payments-" + "c" * 32


def file(rows: Sequence[Row]) -> dict[str, Any]:
    """As a node hands its lines over."""
    columns = {key: [row[at] for row in rows] for at, key in enumerate(KEYS)} | {"amount": [float(r[3]) for r in rows]}
    return {"ids": [str(at) for at in range(len(rows))], "columns": columns}


@pytest.mark.slow
def test_only_the_regulator_sees_which_of_its_lines_agree(run: Run, tmp_path: Path) -> None:
    reported, banks = drawn(3, 400, ("bank", "shop"))
    for name, rows in ((REPORTED, reported), (BANK, banks["bank"]), (SHOP, banks["shop"])):
        (tmp_path / f"{name}.json").write_text(json.dumps(file(rows)))
    columns = [*KEYS, "amount"]
    given = {"keys": ", ".join(KEYS), "tolerance": "1", "limit": "100000"}
    spec: dict[str, Any] = {
        "body": "workflow", "folder": str(tmp_path), "total": 150.0, "deadline": 140.0, "readers": ["regulator"],
        "data_sets": [[REPORTED, "regulator", columns], [BANK, "bank", columns], [SHOP, "shop", columns]],
        "steps": [step("compare", "reconcile.flows@1.0.0", given, reported=[REPORTED], banks=[BANK, SHOP])],
        "outputs": ["compare.lines", "compare.totals", "compare.amounts"],
    }  # fmt: skip
    results = run(COMMITTEE, within=150, outside=("regulator",), **spec)
    assert all("ok" in result for result in results.values()), results
    found = reconstruct(tmp_path, results, COMMITTEE)
    whole = expected(reported, banks, "1")
    assert sorted((int(line), int(finding)) for line, finding in found["compare.lines"]) == whole.lines
    assert found["compare.totals"].tolist() == whole.totals
    assert found["compare.amounts"].tolist() == whole.amounts
    for result in results.values():
        assert result["ok"]["steps"][0][5] == [], "nothing is opened on the way"
