"""Scores of a shared model: against numpy and scipy, in the same run and after the model was kept and loaded again."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from scipy.special import softmax as plain_softmax

from mpc.arrays.interface import share
from mpc.backends.choice import backend_for
from mpc.programs.linear.model import KIND, LinearModel
from mpc.programs.scoring.glm import run as score_glm
from mpc.programs.scoring.glm.description import PROGRAM as SCORE_GLM
from mpc.workflow.context import StepContext
from mpc.workflow.kept import dump, load
from mpc.workflow.values import Aligned, AlignedTable, SharedTable, Stacked, StackedTable, Value
from protocol.errors import TallyError
from tests.unit.mpc.simulation import FakeSession, opened, run_sessions

NAMES = ("bank", "shop", "helper")
RNG = np.random.default_rng(3)
BANK, SHOP = RNG.normal(5, 2, (40, 2)), RNG.normal(-1, 3, (40, 1))
WEIGHTS = np.array([0.5, -1.25, 2.0, 0.3])
SCALINGS = {"bank.age": (5.0, 2.0), "bank.debt": (4.0, 3.0), "shop.spent": (-1.0, 3.0)}
COLUMNS = ("shop.spent", "bank.age", "bank.debt")


def plain(weights: Any = WEIGHTS) -> Any:
    rows = np.column_stack([SHOP[:, 0], BANK])
    pairs = np.array([SCALINGS[name] for name in COLUMNS])
    return (rows - pairs[:, 0]) / pairs[:, 1] @ weights[:-1] + weights[-1]


def run_all(
    link: Any,
    weights: Any,
    parameters: dict[str, Any],
    *,
    change: Any = None,
    keep: bool = False,
    wanted: str = "scores",
    group: int = 0,
) -> Any:
    async def party(session: FakeSession) -> Any:
        backend = backend_for(session)
        me = session.names[session.pid]
        shared = share(
            backend, weights if session.pid == 2 else None, shape=weights.shape, owner=2, fraction_bits=20, limit=8
        )
        mine = {name: pair for name, pair in SCALINGS.items() if name.startswith(me + ".")}
        model = LinearModel(link, COLUMNS, shared, 16.0, "aligned", mine)
        if keep:
            model = LinearModel.of(load(backend, await dump(backend, model.value()), KIND))
        tables: Value = Aligned(
            40,
            (
                AlignedTable("d1", "bank", ("age", "debt"), BANK if me == "bank" else None),
                AlignedTable("d2", "shop", ("spent",), SHOP if me == "shop" else None),
            ),
        )
        if change is not None:
            model, tables = change(model, tables)
        context = StepContext(
            session=session, backend=backend, program=SCORE_GLM, step="score",
            parameters=SCORE_GLM.validate_params(parameters), inputs={"model": (model.value(),), "tables": (tables,)},
            wanted=frozenset({wanted}), minimum_group=group,
        )  # fmt: skip
        try:
            found = (await score_glm.run(context))[wanted]
            return await opened(found)  # pyright: ignore[reportArgumentType]
        finally:
            await backend.cancel()

    results = run_sessions(NAMES, party)
    for result in results:
        if isinstance(result, TallyError):
            raise result
    assert not any(isinstance(result, BaseException) for result in results), results
    return results[0]


@pytest.mark.parametrize("keep", [False, True])
def test_linear_predictors_are_numpys(keep: bool) -> None:
    scores = run_all("logit", WEIGHTS, {"output": "linear"}, keep=keep)
    np.testing.assert_allclose(scores, plain(), atol=1e-3)


def test_means_are_the_inverse_links() -> None:
    np.testing.assert_allclose(run_all("logit", WEIGHTS, {}), expit(plain()), atol=1e-3)
    small = WEIGHTS / 4
    np.testing.assert_allclose(run_all("log", small, {}), np.exp(plain(small)), rtol=1e-3)
    many = np.column_stack([WEIGHTS, -WEIGHTS / 2, WEIGHTS[::-1]])
    np.testing.assert_allclose(run_all("softmax", many, {}), plain_softmax(plain(many), axis=1), atol=2e-3)


def test_rows_of_one_owner_with_a_model_in_raw_units() -> None:
    values = np.column_stack([SHOP[:, 0], BANK])

    def change(model: LinearModel, tables: Value) -> Any:
        assert isinstance(tables, Aligned)
        mine = tables.tables[0].values is not None
        stacked = Stacked(
            ("x", "y", "z", "unused"), (StackedTable("d", "bank", 40, np.c_[values, SHOP] if mine else None),)
        )
        return replace(model, columns=("x", "y", "z"), trained_on="raw"), stacked

    scores = run_all("identity", WEIGHTS, {}, change=change)
    np.testing.assert_allclose(scores, values @ WEIGHTS[:-1] + WEIGHTS[-1], atol=1e-3)


def test_each_owner_scales_its_own_rows_of_a_pooled_model() -> None:
    many = np.column_stack([WEIGHTS, -WEIGHTS / 2])
    scalings = {
        "bank": np.array([[5.0, 2.0], [4.0, 3.0], [1.0, 0.0]]),
        "shop": np.array([[-1.0, 3.0], [0.5, 1.0], [2, 2]]),
    }
    rows = {"shop": np.column_stack([SHOP[:, 0], BANK])[:30], "bank": np.column_stack([BANK, SHOP])[:25]}

    def change(model: LinearModel, tables: Value) -> Any:
        assert isinstance(tables, Aligned)
        me = next((table.owner for table in tables.tables if table.values is not None), "")
        parts = tuple(
            StackedTable("d", owner, len(values), values if owner == me else None) for owner, values in rows.items()
        )
        mine = {f"{me}.{n}": (m, d) for n, (m, d) in zip("xyz", scalings[me].tolist(), strict=True)} if me else {}
        pooled = replace(model, columns=("x", "y", "z"), trained_on="pooled", scalings=mine, owners=("bank", "shop"))
        return pooled, Stacked(("x", "y", "z"), parts)

    scores = run_all("logit", many, {"output": "linear"}, change=change)
    expected: list[Any] = []
    for place, owner in ((1, "shop"), (0, "bank")):
        means, deviations = scalings[owner].T
        scaled = np.where(deviations > 0, (rows[owner] - means) / np.where(deviations > 0, deviations, 1), 0)
        expected.append(np.clip(scaled, -16, 16) @ many[:-1, place] + many[-1, place])
    np.testing.assert_allclose(scores, np.concatenate(expected), atol=1e-3)


def test_a_secret_table_is_scored_as_it_is() -> None:
    values = np.column_stack([SHOP[:, 0], BANK])

    def change(model: LinearModel, tables: Value) -> Any:
        assert isinstance(tables, Aligned)
        mine = tables.tables[0].values is not None
        backend = model.weights.backend
        rows = share(backend, values if mine else None, shape=values.shape, owner=0, fraction_bits=20, limit=32)
        return replace(model, columns=("x", "y", "z"), trained_on="shared"), SharedTable(("x", "y", "z"), rows)

    scores = run_all("identity", WEIGHTS, {}, change=change)
    np.testing.assert_allclose(scores, values @ WEIGHTS[:-1] + WEIGHTS[-1], atol=1e-3)


def near(model: LinearModel, tables: Value) -> Any:
    return replace(model, limit=1.0), tables


def test_values_beyond_the_models_limit_are_counted_by_its_columns() -> None:
    pairs = np.array([SCALINGS[name] for name in COLUMNS])
    far = (np.abs((np.column_stack([SHOP[:, 0], BANK]) - pairs[:, 0]) / pairs[:, 1]) > 1).sum(axis=0)
    assert run_all("logit", WEIGHTS, {}, change=near, wanted="clipped").tolist() == far.tolist()
    least = int(far.min()) + 1
    hidden = np.where((far < least) | (40 - far < least), least, far)
    assert run_all("logit", WEIGHTS, {}, change=near, wanted="clipped", group=least).tolist() == hidden.tolist()

    def split(model: LinearModel, tables: Value) -> Any:
        assert isinstance(tables, Aligned)
        me = next((table.owner for table in tables.tables if table.values is not None), "")
        rows = {"bank": np.column_stack([BANK, SHOP]), "shop": np.column_stack([SHOP, BANK])[:30]}
        parts = tuple(StackedTable("d", who, len(own), own if who == me else None) for who, own in rows.items())
        return replace(model, columns=("z", "x", "y"), trained_on="raw", limit=4.0), Stacked(("x", "y", "z"), parts)

    both = np.concatenate([np.column_stack([BANK, SHOP]), np.column_stack([SHOP, BANK])[:30]])[:, [2, 0, 1]]
    counts = (np.abs(both) > 4).sum(axis=0).tolist()
    assert run_all("identity", WEIGHTS, {}, change=split, wanted="clipped").tolist() == counts


def of_strangers(model: LinearModel, tables: Value) -> Any:
    assert isinstance(tables, Aligned)
    part = StackedTable("d", "shop", 40, SHOP if tables.tables[1].values is not None else None)
    weights = model.weights.reshape(-1, 1)
    return replace(model, trained_on="pooled", owners=("bank",), weights=weights), Stacked(COLUMNS[:1], (part,))


def without_scalings(model: LinearModel, tables: Value) -> Any:
    return replace(model, scalings={}), tables


def without_a_column(model: LinearModel, tables: Value) -> Any:
    return replace(model, columns=(*model.columns[:-1], "bank.income")), tables


def in_raw_units(model: LinearModel, tables: Value) -> Any:
    return replace(model, trained_on="raw"), tables


def narrow(model: LinearModel, tables: Value) -> Any:
    return replace(model, limit=0.1), tables


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without_scalings, "score.no_scaling"),
        (without_a_column, "score.columns"),
        (in_raw_units, "score.kind"),
        (of_strangers, "score.owner"),
        (narrow, "score.beyond_limit"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(change: Any, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        run_all("logit", WEIGHTS, {"beyond_limit": "refuse"}, change=change)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("link", "cubic"),
        ("trained_on", "sand"),
        ("owners", ["bank"]),
        ("shape", [3]),
        ("shares", "AAAA"),
        ("scalings", {"bank.age": ["1"]}),
        ("columns", [1]),
    ],
)
def test_a_malformed_part_is_refused(field: str, value: object) -> None:
    from protocol import canonical

    async def party(session: FakeSession) -> Any:
        backend = backend_for(session)
        shared = share(backend, WEIGHTS if session.pid == 0 else None, shape=(4,), owner=0, fraction_bits=20, limit=8)
        data = await dump(backend, LinearModel("logit", COLUMNS, shared, 16.0, "aligned").value())
        LinearModel.of(load(backend, data, KIND))
        whole: Any = canonical.loads(data, 1 << 20)
        part = next(part for part in (whole["public"], whole["private"], whole["arrays"]["weights"]) if field in part)
        part[field] = value
        with pytest.raises(TallyError):
            LinearModel.of(load(backend, canonical.dumps(whole), KIND))
        await backend.cancel()
        return True

    assert run_sessions(NAMES, party) == [True, True, True]
