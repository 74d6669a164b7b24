"""A bank and an operator put their graphs together in real processes over pinned TLS links, against scipy's sparse products."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.programs.breast_cancer import step
from tests.integration.programs.conftest import Run
from tests.integration.programs.outputs import reconstruct
from tests.unit.mpc.programs.test_graph_propagate import drawn, scores

COMMITTEE = ("bank", "exchange", "telco")
TRANSFERS, CALLS, SEEDS, ASKED = (f"{name}-{digit * 32}" for name, digit in zip(("sent", "calls", "bad", "own"), "abcd", strict=True))  # fmt: skip


@pytest.mark.slow
def test_a_bank_reads_which_of_its_accounts_are_near_known_ones(run: Run, tmp_path: Path) -> None:
    edges = drawn(3, 60, 120, ("bank", "telco"))
    seeds, asked = ["n3", "n7", "n11", "n13", "n17"], [f"n{at}" for at in range(60)]
    ends, node = ["source", "target"], ["node"]
    tables = {
        TRANSFERS: dict(zip(ends, zip(*edges["bank"], strict=True), strict=True)),
        CALLS: dict(zip(ends, zip(*edges["telco"], strict=True), strict=True)),
        SEEDS: {"node": seeds},
        ASKED: {"node": asked},
    }
    for name, columns in tables.items():
        rows = len(next(iter(columns.values())))
        (tmp_path / f"{name}.json").write_text(json.dumps({"ids": [*map(str, range(rows))], "columns": columns}))
    spec: dict[str, Any] = {
        "body": "workflow", "folder": str(tmp_path), "total": 150.0, "deadline": 140.0, "readers": ["bank"],
        "data_sets": [[TRANSFERS, "bank", ends], [CALLS, "telco", ends], [SEEDS, "bank", node], [ASKED, "bank", node]],
        "steps": [
            step("spread", "graph.propagate@1.0.0", {"threshold": "0.0711"}, edges=[TRANSFERS, CALLS], seeds=[SEEDS], asked=[ASKED]),
        ],
        "outputs": ["spread.classes"],
    }  # fmt: skip
    results = run(COMMITTEE, within=150, **spec)
    assert all("ok" in result for result in results.values()), results
    exact = scores(edges, seeds, asked, 3, 0.85) >= 0.0711
    assert 10 < exact.sum() < 50
    assert reconstruct(tmp_path, results, COMMITTEE)["spread.classes"].tolist() == exact.astype(int).tolist()
    nodes = {n for rows in edges.values() for edge in rows for n in edge} | {*asked}
    for result in results.values():
        assert result["ok"]["steps"][0][5] == [["union_size", len(nodes)]]
