"""The guides' task contracts parse, pass the nodes' checks, and compute what they say; the guides quote them word for word."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score

from mpc.programs.alignment.table_stack import run as table_stack
from mpc.programs.catalogue import descriptors
from mpc.workflow.graph import Workflow, check
from mpc.workflow.runner import WorkflowResult, run_workflow
from mpc.workflow.values import PrivateTable
from orchestrator.services.connections import Connections
from protocol.contract import TaskContract
from tests.patience import scaled
from tests.unit.mpc.programs.flow_tables import drawn, expected, source
from tests.unit.mpc.simulation import FakeSession, run_sessions
from tests.unit.mpc.workflow.test_runner import reconstruct

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = {path.stem: path for path in sorted((DOCS / "examples").glob("*.json"))}
GUIDES = ("user-guide.md", "user-guide.zh-CN.md")


def contract(name: str) -> TaskContract:
    return TaskContract.parse(json.loads(EXAMPLES[name].read_text("utf-8")))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_passes_the_checks_of_a_node_at_the_level_it_asks_for(name: str) -> None:
    flow = Workflow.of(contract(name))
    check(flow)
    assert flow.protection_level == contract(name).protection_level


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_together_in_the_eyes_of_the_coordinator(name: str) -> None:
    """Preflight looks at published descriptors alone, a node at its installed programs: both find nothing."""
    terms, published = contract(name), {found.program: found for found in descriptors()}
    connections = Connections(terms)
    for step in terms.steps:
        assert list(connections.step(step, published[step.program], step.id)) == []
    assert list(connections.outputs(terms)) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_guides_quote_the_examples(guide: str) -> None:
    text = (DOCS / guide).read_text("utf-8")
    quoted = re.findall(r"\(examples/([a-z-]+)\.json\).*?```json\n(.*?)```", text, re.DOTALL)
    assert {name for name, _ in quoted} == set(EXAMPLES)
    for name, fragment in quoted:
        whole = json.loads(EXAMPLES[name].read_text("utf-8"))
        for key, value in json.loads(fragment).items():
            assert value == whole[key], f"{guide}: {name}.{key}"


def compute(
    terms: TaskContract,
    tables: Mapping[str, PrivateTable],
    models: list[dict[str, bytes]] | None = None,
) -> tuple[list[WorkflowResult], dict[str, Any]]:
    """All parties of the contract in one process; results, and what the result users reconstruct."""
    flow = Workflow.of(terms)
    outside = tuple(owner for owner in flow.owners if owner not in flow.committee)

    async def party(session: FakeSession) -> WorkflowResult:
        own = {s.name: tables[s.name] for s in flow.data_sets if s.owner == session.names[session.pid]}
        kept = models[session.pid] if models else None
        return await run_workflow(session, flow, own, deadline=scaled(28), models=kept)

    found = run_sessions((*flow.committee, *outside), party, threshold=1, outside=len(outside))
    assert all(isinstance(result, WorkflowResult) for result in found), found
    return found, reconstruct(found[: len(flow.committee)])


def table(columns: Mapping[str, Any], ids: list[str]) -> PrivateTable:
    return PrivateTable(tuple(ids), {name: np.asarray(values, dtype=float) for name, values in columns.items()})


def test_the_horizontal_model_equals_pooled_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_stack, "_shuffled", lambda rows: rows)  # else nobody knows which rows train
    terms, rng = contract("horizontal-model"), np.random.default_rng(5)
    tables: dict[str, PrivateTable] = {}
    for item, rows in zip(terms.inputs, (150, 90, 120), strict=True):
        age, income = rng.normal(45, 12, rows), rng.normal(4000, 900, rows)
        risk = (age - 45) / 12 - (income - 4000) / 900
        tables[item.data_set] = table(
            {"age": age, "default": rng.random(rows) < 1 / (1 + np.exp(-risk)), "income": income},
            [str(i) for i in range(rows)],
        )
    _, got = compute(terms, tables)
    train, test, known, asked = [], [], [], []
    for part in tables.values():
        rows, cut = part.matrix(("age", "income")), math.floor(len(part.ids) * 0.7)
        train.append(rows[:cut])
        test.append(rows[cut:])
        known.extend(part.columns["default"][:cut])
        asked.extend(part.columns["default"][cut:])
    mean, deviation = np.vstack(train).mean(axis=0), np.vstack(train).std(axis=0)
    oracle = LogisticRegression(C=0.5, tol=1e-10).fit((np.vstack(train) - mean) / deviation, known)
    np.testing.assert_allclose(got["fit.means"], mean, rtol=1e-4)
    np.testing.assert_allclose(got["fit.deviations"], deviation, rtol=1e-4)
    np.testing.assert_allclose(got["fit.coefficients"], oracle.coef_[0], atol=2e-3)
    plain = roc_auc_score(asked, oracle.decision_function((np.vstack(test) - mean) / deviation))
    assert abs(got["judge.auc"] - plain) < 2e-2


def test_the_statistic_equals_a_plain_query_and_hides_small_wards() -> None:
    terms, rng = contract("statistics"), np.random.default_rng(6)
    tables: dict[str, PrivateTable] = {}
    for item, rows in zip(terms.inputs, (60, 45), strict=True):
        wards = rng.choice(3, rows)
        wards[:2] = 3  # four patients in all: below the minimum group
        values = {"cost": rng.uniform(500, 9000, rows), "days": rng.integers(1, 30, rows), "ward": wards}
        tables[item.data_set] = table(values, [str(i) for i in range(rows)])
    _, got = compute(terms, tables)
    ward = np.concatenate([t.columns["ward"] for t in tables.values()])
    values = np.vstack([t.matrix(("cost", "days")) for t in tables.values()])
    sizes = np.bincount(ward.astype(int), minlength=4)
    assert sizes[3] < terms.minimum_group
    shown = got["wards.shown"].astype(bool)
    assert shown.sum() == 2  # the small one, and another without which the total would give it away
    assert got["wards.count"].tolist() == np.where(shown, sizes, 0).tolist()
    for group in np.flatnonzero(shown):
        np.testing.assert_allclose(got["wards.mean"][group], values[ward == group].mean(axis=0), rtol=1e-3)


def test_the_reconciliation_equals_a_plain_query() -> None:
    terms = contract("reconciliation")
    reported, banks = drawn(3, 60, ("bank", "lender"))
    tables: dict[str, PrivateTable] = {}
    for item, lines in zip(terms.inputs, (*banks.values(), reported), strict=True):
        own = source(item.owner, item.owner, lines).table
        assert own is not None
        assert set(own.columns) == set(item.columns)
        tables[item.data_set] = own
    _, got = compute(terms, tables)
    whole = expected(reported, banks, "0.05")
    assert sorted((int(line), int(finding)) for line, finding in got["compare.lines"]) == whole.lines
    assert got["compare.totals"].tolist() == whole.totals
    assert got["compare.amounts"].tolist() == whole.amounts


def patients(count: int, seed: int) -> tuple[list[str], Any]:
    rng = np.random.default_rng(seed)
    return [f"p{seed}-{i}" for i in range(count)], rng.normal(size=(count, 3)) * [10, 2, 30] + [50, 5, 100]


def test_a_model_is_kept_and_scores_new_patients() -> None:
    terms = contract("kept-model")
    ids, features = patients(200, 7)
    stay = (
        0.2 * features[:, 0] + 1.5 * features[:, 1] - 0.05 * features[:, 2] + np.random.default_rng(8).normal(size=200)
    )
    left, right = (item.data_set for item in terms.inputs)
    found, got = compute(
        terms,
        {
            left: table({"age": features[:, 0], "stay": stay}, ids),
            right: table({"marker": features[:, 1], "sugar": features[:, 2]}, ids),
        },
    )
    order = [ids.index(name) for name in found[1].alignment]
    train, test = order[:140], order[140:]
    mean, deviation = features[train].mean(axis=0), features[train].std(axis=0)
    oracle = Ridge(1.0).fit((features[train] - mean) / deviation, stay[train])
    plain = r2_score(stay[test], oracle.predict((features[test] - mean) / deviation))
    assert abs(got["judge.r2"] - plain) < 5e-3

    later = contract("scoring")
    fresh, seen = patients(30, 9)
    first, second = (item.data_set for item in later.inputs)
    (named,) = later.models
    scored, out = compute(
        later,
        {
            first: table({"age": seen[:, 0]}, fresh),
            second: table({"marker": seen[:, 1], "sugar": seen[:, 2]}, fresh),
        },
        [{named.name: dict(result.kept)[terms.keeps[0].source]} for result in found],
    )
    rows = [fresh.index(name) for name in scored[1].alignment]
    expected = oracle.predict((seen[rows] - mean) / deviation)
    np.testing.assert_allclose(out["score.scores"], expected, atol=0.05)


@pytest.mark.parametrize("guide", GUIDES)
def test_guides_quote_the_joint_model_in_python_in_few_lines(guide: str) -> None:
    """Whoever reads it types it: the import, and what follows."""
    source = (DOCS / "examples" / "joint_model.py").read_text("utf-8")
    code = source[source.index("from tallystick") :]
    quoted = re.findall(
        r"\(examples/joint_model\.py\).*?```python\n(.*?)```", (DOCS / guide).read_text("utf-8"), re.DOTALL
    )
    assert quoted == [code]
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    assert re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE) == ["tallystick"]
