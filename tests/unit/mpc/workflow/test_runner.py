"""Whole workflows with all parties in one process: results, what leaves, and what is refused."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mpc.arrays import field
from mpc.arrays.prss import lagrange
from mpc.programs.alignment.psi_align import run as psi_align
from mpc.workflow.digest import engine_digest
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.runner import WorkflowResult, run_workflow
from mpc.workflow.values import PrivateTable
from protocol.contract import Step
from protocol.errors import TallyError
from tests.patience import scaled
from tests.unit.mpc.simulation import FakeSession, Wire, run_sessions

BANK, SHOP = "loans-" + "a" * 32, "orders-" + "b" * 32
COMMITTEE = ("bank", "neutral", "shop")


def step(name: str, program: str, parameters: dict[str, Any] | None = None, **inputs: str | tuple[str, ...]) -> Step:
    sources = tuple((k, (v,) if isinstance(v, str) else v) for k, v in sorted(inputs.items()))
    return Step(name, program, tuple(sorted((parameters or {}).items())), sources)


def workflow(
    outputs: tuple[str, ...], committee: tuple[str, ...] = COMMITTEE, train: dict[str, Any] | None = None
) -> Workflow:
    steps = (
        step("align", "psi.align@1.0.0", tables=(BANK, SHOP)),
        step("scale", "feature.standardize@1.0.0", tables="align.aligned", label="align.aligned.default"),
        step(
            "fit",
            "glm.logistic@1.0.0",
            train or {"c": "0.5"},
            features="scale.features",
            label="align.aligned.bank.default",
        ),
        step("test", "eval.binary@1.0.0", {"thresholds": 40}, scores="fit.scores", labels="fit.labels"),
    )
    sets = (DataSet(BANK, "bank", ("age", "default", "income")), DataSet(SHOP, "shop", ("orders", "returns")))
    return Workflow(committee, sets, steps, outputs)


def tables(rows: int = 120) -> tuple[PrivateTable, PrivateTable]:
    rng = np.random.default_rng(11)
    features = rng.normal(size=(rows, 4)) @ rng.normal(size=(4, 4))
    label = (rng.random(rows) < 1 / (1 + np.exp(-(features @ [0.9, -0.7, 0.4, 0.2] - 0.3)))).astype(float)
    ids = [f"c{i}" for i in range(rows)]
    swap = rng.permutation(rows)
    bank = PrivateTable(tuple(ids), {"age": 40 + 9 * features[:, 0], "default": label, "income": 1e4 * features[:, 1]})
    shop = PrivateTable(tuple(ids[i] for i in swap), {"orders": features[swap, 2], "returns": features[swap, 3]})
    return bank, shop


def execute(flow: Workflow, own: dict[str, dict[str, PrivateTable]], *, wire: Wire | None = None) -> list[Any]:
    async def party(session: FakeSession) -> WorkflowResult:
        return await run_workflow(session, flow, own.get(session.names[session.pid], {}), deadline=scaled(90))

    outside = tuple(name for name in flow.owners if name not in flow.committee)
    threshold = (len(flow.committee) - 1) // 2
    return run_sessions((*flow.committee, *outside), party, wire=wire, threshold=threshold, outside=len(outside))


def reconstruct(results: list[WorkflowResult]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    weights = lagrange(list(range(1, len(results) + 1)), 0)
    for place, output in enumerate(results[0].outputs):
        shares = [field.decode(result.outputs[place].data, output.shape) for result in results]
        total = sum(w * s for w, s in zip(weights, shares, strict=True)) % field.MODULUS
        found[output.name] = np.ldexp(field.signed(field.objects(total)).astype(float), -output.fraction_bits)
    return found


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bank's ids in the order of the alignment, which nobody else learns."""
    seen: list[str] = []
    original = psi_align._aligned

    def keep(source: Any, rows: Any) -> Any:
        if source.owner == "bank" and source.table is not None:
            seen[:] = [source.table.ids[row] for row in rows]
        return original(source, rows)

    monkeypatch.setattr(psi_align, "_aligned", keep)
    return seen


@pytest.mark.parametrize(
    "committee",
    [
        COMMITTEE,
        pytest.param(("a-third", "bank", "c", "neutral", "shop"), marks=pytest.mark.slow),
        ("bank", "neutral", "third"),
        ("a-third", "neutral", "other"),
    ],
    ids=["three", "five", "shop-outside", "both-outside"],
)
def test_model_and_evaluation_equal_scikit_learn(committee: tuple[str, ...], order: list[str]) -> None:
    bank, shop = tables()
    outputs = ("fit.coefficients", "fit.intercept", "fit.scores", "fit.labels", "test.auc", "scale.means")
    results = execute(workflow(outputs, committee), {"bank": {BANK: bank}, "shop": {SHOP: shop}})
    assert all(isinstance(result, WorkflowResult) for result in results), results
    got = reconstruct(results[: len(committee)])
    assert all(result.outputs == () for result in results[len(committee) :])
    assert {(result.mpc, result.engine) for result in results} == {(results[0].mpc, engine_digest())}
    left, right = [bank.ids.index(i) for i in order], [shop.ids.index(i) for i in order]
    raw = np.column_stack([bank.matrix(("age", "income"))[left], shop.matrix(("orders", "returns"))[right]])
    labels, train = bank.columns["default"][left], int(0.7 * len(order))
    scaled = (raw - raw[:train].mean(axis=0)) / raw[:train].std(axis=0)
    model = LogisticRegression(C=0.5, tol=1e-10).fit(scaled[:train], labels[:train])
    assert np.abs(model.coef_[0] - got["fit.coefficients"]).max() < 2e-3
    assert abs(model.intercept_[0] - got["fit.intercept"]) < 2e-3
    scores = model.decision_function(scaled[train:])
    assert np.abs(scores - got["fit.scores"]).max() < 1e-2
    assert got["fit.labels"].tolist() == labels[train:].tolist()
    assert abs(roc_auc_score(labels[train:], scores) - got["test.auc"]) < 2e-2
    assert np.allclose(got["scale.means"], raw[:train].mean(axis=0), atol=1e-8)


def test_only_named_outputs_leave_and_the_record_holds_no_values() -> None:
    bank, shop = tables(40)
    results = execute(workflow(("fit.intercept",)), {"bank": {BANK: bank}, "shop": {SHOP: shop}})
    for result in results:
        assert [output.name for output in result.outputs] == ["fit.intercept"]
        assert "data" not in repr(result.outputs[0])
        assert [record.step for record in result.steps] == ["align", "scale", "fit", "test"]
        assert result.steps[0].disclosed == (("intersection_size", 40),)
        bit = (("every_class_occurs", 1),)
        assert [record.disclosed for record in result.steps[1:]] == [(), bit, bit]
        assert result.steps[2].bytes_sent > 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"age": np.nan}, "input.null"),
        ({"age": np.inf}, "input.null"),
        ({"default": 2.0}, "frame.label"),
        ({"income": 1e18}, "standardize.beyond_limit"),
    ],
)
def test_bad_records_are_refused_before_anything_of_them_is_shared(change: dict[str, float], code: str) -> None:
    bank, shop = tables(2000 if code == "standardize.beyond_limit" else 40)
    spoiled = {name: values.copy() for name, values in bank.columns.items()}
    for name, value in change.items():
        spoiled[name][3] = value
    wire = Wire()
    own = {"bank": {BANK: PrivateTable(bank.ids, spoiled)}, "shop": {SHOP: shop}}
    results = execute(workflow(("fit.intercept",)), own, wire=wire)
    assert isinstance(results[0], TallyError)
    assert results[0].code == code
    assert not [label for sender, _, label, _ in wire.seen if sender == 0 and not str(label).startswith("align/")]


def test_constant_columns_are_refused_by_name() -> None:
    bank, shop = tables(40)
    flat = dict(shop.columns) | {"returns": np.full(40, 3.25)}
    results = execute(
        workflow(("fit.intercept",)), {"bank": {BANK: bank}, "shop": {SHOP: PrivateTable(shop.ids, flat)}}
    )
    assert results[2].code == "standardize.constant_column"
    assert results[2].details["columns"] == ["returns"]


def test_a_session_with_another_committee_is_refused() -> None:
    async def party(session: FakeSession) -> WorkflowResult:
        return await run_workflow(session, workflow(("fit.intercept",)), {}, deadline=5)

    results = run_sessions(("bank", "other", "shop"), party)
    assert all(isinstance(result, TallyError) and result.code == "workflow.committee" for result in results)


def test_the_deadline_holds_when_a_peer_stays_silent() -> None:
    bank, _ = tables(40)

    async def party(session: FakeSession) -> WorkflowResult | None:
        if session.names[session.pid] == "shop":
            return None
        own = {BANK: bank} if session.names[session.pid] == "bank" else {}
        return await run_workflow(session, workflow(("fit.intercept",)), own, deadline=0.3)

    results = run_sessions(COMMITTEE, party)
    assert results[2] is None
    assert all(isinstance(result, TallyError) and result.code == "workflow.deadline" for result in results[:2])
