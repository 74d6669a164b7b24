"""What every program of the catalogue does alike: bad values are refused by their owner before it sends anything, progress is
told in counts that all parties know, and nothing is opened but what a program declares."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mpc
from mpc.arrays.interface import share
from mpc.backends.fast.backend import FastBackend
from mpc.programs.catalogue import CATALOGUE
from mpc.programs.linear.model import LinearModel
from mpc.programs.scoring.scorecard import Scorecard
from mpc.programs.tree.binning import Bins
from mpc.programs.tree.forest import Forest
from mpc.workflow.values import PrivateTable, Source
from protocol.errors import RangeError
from tests.unit.mpc.programs.genotypes import centres, table_of
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked
from tests.unit.mpc.simulation import FakeSession

RNG = np.random.default_rng(17)
ROWS = np.clip(RNG.normal(size=(48, 4)), -2.5, 2.5)
BITS = (ROWS @ [1, -1, 0.5, 0.3] + RNG.normal(size=48) > 0).astype(float)
CLASSES = np.arange(48) % 3.0
BINS = np.floor(ROWS + 3).clip(0, 5)
ENDS = np.arange(48.0).reshape(24, 2) % 17
TRAIN = 36
NAMES = ("a", "b", "c", "d")
Inputs = Callable[[str, Any], dict[str, Any]]
Spoil = Callable[[Any], Any]


def columns(rows: Any, target: Any = None, *, port: str = "tables", by: str = "label", scaled: bool = True) -> Inputs:
    """Two owners' columns; the bank has the target."""

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = aligned(me, {"bank": (NAMES[:2], rows[:, :2]), "shop": (NAMES[2:], rows[:, 2:])}, TRAIN)
        if scaled:
            object.__setattr__(table, "limit", 16.0)
        return {port: (table,)} | ({} if target is None else {by: (label(me, "bank", target),)})

    return inputs


def lives(rows: Any, time: Any, event: Any) -> Inputs:
    """Two owners' covariates; the bank has times and events."""
    times, events = (columns(rows, values, port="features", by=by) for values, by in ((time, "time"), (event, "event")))
    return two(times, events)


def below(rows: Any, target: Any = None, *, port: str = "tables", by: str = "label", owners: int = 2) -> Inputs:
    """Two owners' rows."""
    whole = rows if target is None else np.column_stack([rows, target])
    names = NAMES[: rows.shape[1]] if target is None else (*NAMES[: rows.shape[1]], "y")
    cuts = np.array_split(whole, owners)

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = stacked(me, names, dict(zip(("bank", "shop", "neutral"), cuts, strict=False)))
        return {port: (table,)} | ({} if target is None else {by: (table.column("y"),)})

    return inputs


def shares(bits: int, most: float, **given: Any) -> Inputs:
    """Secret arrays that the bank brings, by port; labels with so many fraction bits and this limit."""

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        return {
            port: (
                share(
                    backend, values if me == "bank" else None, shape=values.shape, owner=0,
                    fraction_bits=bits if port == "labels" else 18, limit=most if port == "labels" else 8,
                ),
            )
            for port, values in given.items()
        }  # fmt: skip

    return inputs


def tables(rows: Any) -> Inputs:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        found = []
        for owner, cut in (("bank", rows[:24]), ("shop", rows[24:])):
            table = PrivateTable(tuple(f"{i}" for i in range(24)), dict(zip(NAMES, cut.T, strict=True)))
            found.append(Source(f"{owner}-set", owner, NAMES, table if me == owner else None))
        return {"tables": tuple(found)}

    return inputs


def model(rows: Any) -> Inputs:
    def inputs(me: str, backend: Any) -> dict[str, Any]:
        weights = share(
            backend, np.arange(5) / 8 if me == "shop" else None, shape=(5,), owner=2, fraction_bits=20, limit=8
        )
        fitted = LinearModel("logit", NAMES, weights, 16.0, "raw").value()
        return {"model": (fitted,), "tables": (stacked(me, NAMES, {"bank": rows}),)}

    return inputs


def forest(rows: Any) -> Inputs:
    """One tree of one split at 0."""

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        def secret_(values: Any, bits: int) -> Any:
            own = values if me == "shop" else None
            return share(backend, own, shape=values.shape, owner=2, fraction_bits=bits, limit=1)

        choice, leaves = np.eye(13)[None, 2], np.array([[0.5, -0.5]])
        bins = Bins(4, None, 4.0, 20)
        fitted = Forest(
            "logistic", NAMES, 1, bins, "stacked", 0, secret_(choice, 0), secret_(leaves, 20), secret_(np.zeros(1), 20)
        )
        return {"model": (fitted.value(),), "tables": (stacked(me, NAMES, {"bank": rows}),)}

    return inputs


def raw(rows: Any) -> Inputs:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = PrivateTable(tuple(f"{i}" for i in range(48)), dict(zip(NAMES, rows.T, strict=True)))
        return {"table": (Source("bank-set", "bank", NAMES, table if me == "bank" else None),)}

    return inputs


def cohorts(cases: Any) -> Inputs:
    """Two centres' people, with genotypes of six variants."""
    dosages = np.arange(48 * 6).reshape(48, 6) % 3
    return centres({"bank": table_of(cases[:24], dosages[:24]), "shop": table_of(cases[24:], dosages[24:])})


def payments(amounts: Any) -> Inputs:
    """What the bank reports, and what the shop has of it."""

    def inputs(me: str, _: Any) -> dict[str, Any]:
        keys = np.arange(48.0)

        def source(owner: str, values: Any) -> Source:
            table = PrivateTable(tuple(f"{i}" for i in range(48)), {"amount": values, "key": keys})
            return Source(f"{owner}-set", owner, ("amount", "key"), table if me == owner else None)

        return {"reported": (source("bank", amounts),), "banks": (source("shop", CLASSES),)}

    return inputs


def linked(ends: Any) -> Inputs:
    """Edges of the bank's and the shop's; the bank asks about the nodes that it knows."""

    def inputs(me: str, _: Any) -> dict[str, Any]:
        def source(name: str, owner: str, columns: tuple[str, ...], rows: Any) -> Source:
            table = PrivateTable(tuple(map(str, range(len(rows)))), dict(zip(columns, rows.T, strict=True)))
            return Source(name, owner, columns, table if me == owner else None)

        edges = (
            source("bank-set", "bank", ("source", "target"), ends),
            source("shop-set", "shop", ("source", "target"), ENDS),
        )
        seeds, asked = (source(name, "bank", ("node",), np.arange(6.0).reshape(-1, 1)) for name in ("seeds", "asked"))
        return {"edges": edges, "seeds": (seeds,), "asked": (asked,)}

    return inputs


HAZARDS: dict[str, Any] = {"iterations": 1, "alpha": "1"}
TREES: dict[str, Any] = {"trees": 1, "depth": 2, "bins": 4, "min_child_rows": 2}


def carded(woe: Any) -> Inputs:
    """A logistic model of two columns of four bins, and their weights of evidence, which the bank brings."""

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        arrays = shares(0, 1, weights=np.array([0.5, -1.0, 0.25]), woe=woe)(me, backend)
        (weights,) = arrays.pop("weights")
        return arrays | {"model": (LinearModel("logit", NAMES[:2], weights, 8.0, "shared").value(),)}

    return inputs


def pointed(rows: Any) -> Inputs:
    def inputs(me: str, backend: Any) -> dict[str, Any]:
        arrays = shares(0, 1, points=np.arange(12.0).reshape(2, 6) / 2, base=np.ones(1))(me, backend)
        card = Scorecard(("c", "a"), *(arrays[name][0] for name in ("points", "base"))).value()
        return {"card": (card,), **columns(rows)(me, backend)}

    return inputs


def two(before: Inputs, after: Inputs) -> Inputs:
    """Two tables at two ports."""
    return lambda me, backend: before(me, backend) | after(me, backend)


CASES: dict[str, tuple[str, Callable[[Spoil], Inputs], dict[str, Any]]] = {
    "preparing": ("prepare.table", lambda s: raw(s(ROWS)), {"recipe": "a: clip -3 3; b: bins 0 1"}),
    "folds": ("prepare.folds", lambda s: columns(s(ROWS), CLASSES, scaled=False), {"folds": 2}),
    "folds, label": ("prepare.folds", lambda s: columns(ROWS, s(CLASSES), scaled=False), {"folds": 2}),
    "fold": ("prepare.fold", lambda s: columns(s(ROWS), scaled=False), {"folds": 4}),
    "card": ("score.card", lambda s: carded(s(BINS[:2] / 5)), {}),
    "points": ("score.points", lambda s: pointed(s(BINS)), {"bins": 6, "reasons": 2}),
    "stability, expected": (
        "eval.stability",
        lambda s: two(columns(s(BINS), port="expected"), columns(BINS, port="actual")),
        {"bins": 6},
    ),
    "stability, actual": (
        "eval.stability",
        lambda s: two(columns(BINS, port="expected"), columns(s(BINS), port="actual")),
        {"bins": 6},
    ),
    "stability, rows": (
        "eval.stability",
        lambda s: two(below(BINS[:30], port="expected"), below(s(BINS), port="actual")),
        {"bins": 6},
    ),
    "align": ("psi.align", lambda s: tables(s(ROWS)), {}),
    "join": ("psi.join", lambda s: tables(s(ROWS)), {"limit": "4"}),
    "association": ("gwas.assoc", lambda s: cohorts(s(BITS)), {"variants": 6}),
    "reconciliation": ("reconcile.flows", lambda s: payments(s(CLASSES)), {"keys": "key", "limit": "4"}),
    "graph": ("graph.propagate", lambda s: linked(s(ENDS)), {"rounds": 2}),
    "stack": ("table.stack", lambda s: tables(s(ROWS)), {}),
    "describe, columns": ("stats.describe", lambda s: columns(s(ROWS), port="table"), {"limit": "4"}),
    "describe, rows": ("stats.describe", lambda s: below(s(ROWS), port="table"), {"limit": "4"}),
    "correlation, columns": ("stats.correlation", lambda s: columns(s(ROWS)), {}),
    "correlation, rows": ("stats.correlation", lambda s: below(s(ROWS)), {"limit": "4"}),
    "crosstab, columns": (
        "stats.crosstab",
        lambda s: lambda me, _: {"row": (label(me, "bank", s(CLASSES)),), "column": (label(me, "shop", BITS),)},
        {"row_levels": 3},
    ),
    "crosstab, rows": (
        "stats.crosstab",
        lambda s: lambda me, b: {
            "row": below(ROWS[:, :1], s(CLASSES))(me, b)["label"],
            "column": below(ROWS[:, :1], BITS)(me, b)["label"],
        },
        {"row_levels": 3},
    ),
    "crosstab, column": (
        "stats.crosstab",
        lambda s: lambda me, _: {"row": (label(me, "bank", CLASSES),), "column": (label(me, "bank", s(BITS)),)},
        {"row_levels": 3},
    ),
    "groupby, columns": ("stats.groupby", lambda s: columns(s(ROWS), CLASSES, by="by"), {"groups": 3, "limit": "4"}),
    "groupby, groups": ("stats.groupby", lambda s: columns(ROWS, s(CLASSES), by="by"), {"groups": 3, "limit": "4"}),
    "groupby, rows": ("stats.groupby", lambda s: below(s(ROWS), CLASSES, by="by"), {"groups": 3, "limit": "4"}),
    "query, columns": (
        "stats.sql", lambda s: columns(s(ROWS), port="tables"), {"sql": "SELECT SUM(a + b + c + d) FROM rows", "limit": "4"},
    ),
    "query, one owner's": (
        "stats.sql", lambda s: columns(s(ROWS), port="tables"), {"sql": "SELECT VAR_SAMP(a + b) FROM rows", "limit": "4"},
    ),
    "query, rows": (
        "stats.sql", lambda s: below(s(ROWS)), {"sql": "SELECT AVG(a), SUM(b - c * d) FROM rows", "limit": "4"},
    ),
    "woe, columns": ("feature.woe_iv", lambda s: columns(s(BINS), BITS), {"bins": 6}),
    "woe, label": ("feature.woe_iv", lambda s: columns(BINS, s(BITS)), {"bins": 6}),
    "woe, rows": ("feature.woe_iv", lambda s: below(s(BINS), BITS), {"bins": 6}),
    "pooled scaling": ("feature.standardize_pooled", lambda s: below(s(ROWS), BITS), {"limit": "4"}),
    "selection": ("feature.select", lambda s: columns(s(ROWS), BITS), {"keep": 2, "rule": "correlation"}),
    "k-means, columns": ("kmeans", lambda s: columns(s(ROWS)), {"iterations": 2}),
    "k-means, rows": ("kmeans", lambda s: below(s(ROWS)), {"iterations": 2, "limit": "4"}),
    "ridge, columns": ("linear.ridge", lambda s: columns(s(ROWS), CLASSES, port="features"), {"label_limit": "4", "alpha": "0"}),
    "ridge, label": (
        "linear.ridge", lambda s: columns(ROWS, s(CLASSES), port="features"), {"label_limit": "4", "alpha": "0"},
    ),
    "ridge, rows": (
        "linear.ridge", lambda s: below(s(ROWS), CLASSES, port="features"), {"label_limit": "4", "limit": "4"},
    ),
    "poisson, columns": ("glm.poisson", lambda s: columns(s(ROWS), CLASSES, port="features"), {"iterations": 2}),
    "poisson, counts": ("glm.poisson", lambda s: columns(ROWS, s(CLASSES), port="features"), {"iterations": 2}),
    "softmax, columns": (
        "glm.softmax", lambda s: columns(s(ROWS), CLASSES, port="features"), {"classes": 3, "iterations": 2},
    ),
    "softmax, classes": (
        "glm.softmax", lambda s: columns(ROWS, s(CLASSES), port="features"), {"classes": 3, "iterations": 2},
    ),
    "softmax, rows": (
        "glm.softmax", lambda s: below(ROWS, s(CLASSES), port="features"), {"classes": 3, "iterations": 2, "limit": "4"},
    ),
    "survival, columns": ("survival.cox", lambda s: lives(s(ROWS), CLASSES, BITS), HAZARDS),
    "survival, time": ("survival.cox", lambda s: lives(ROWS, s(CLASSES), BITS), HAZARDS),
    "survival, event": ("survival.cox", lambda s: lives(ROWS, CLASSES, s(BITS)), HAZARDS),
    "logistic, columns": ("glm.logistic", lambda s: columns(s(ROWS), BITS, port="features"), {"iterations": 4}),
    "logistic, label": ("glm.logistic", lambda s: columns(ROWS, s(BITS), port="features"), {"iterations": 4}),
    "logistic, rows": (
        "glm.logistic", lambda s: below(s(ROWS), BITS, port="features"), {"iterations": 4, "train_fraction": "0.7"},
    ),
    "federated": (
        "glm.logistic_federated", lambda s: below(s(ROWS), BITS, port="features", owners=3), {"iterations": 2},
    ),
    "federated, label": (
        "glm.logistic_federated", lambda s: below(ROWS, s(BITS), port="features", owners=3), {"iterations": 2},
    ),
    "binary evaluation": (
        "eval.binary", lambda s: shares(0, 1, scores=s(ROWS[:, 0]), labels=BITS), {"thresholds": 9},
    ),
    "multiclass evaluation": ("eval.multiclass", lambda s: shares(0, 2, scores=s(ROWS), labels=CLASSES), {}),
    "regression evaluation": (
        "eval.regression", lambda s: shares(18, 8, scores=s(ROWS[:, 0]), labels=BITS), {"limit": "4"},
    ),
    "scoring": ("score.glm", lambda s: model(s(ROWS)), {"beyond_limit": "refuse"}),
    "trees, columns": ("tree.boost", lambda s: columns(s(ROWS), BITS, port="features"), TREES),
    "trees, label": ("tree.boost", lambda s: columns(ROWS, s(BITS), port="features"), TREES),
    "regression trees, columns": (
        "tree.regress", lambda s: columns(s(ROWS), CLASSES, port="features"), {**TREES, "label_limit": "4"},
    ),
    "regression trees, label": (
        "tree.regress", lambda s: columns(ROWS, s(CLASSES), port="features"), {**TREES, "label_limit": "4"},
    ),
    "trees, rows": (
        "tree.boost", lambda s: below(s(ROWS), BITS, port="features"), {**TREES, "limit": "4", "train_fraction": "0.7"},
    ),
    "scoring with trees": ("score.tree", lambda s: forest(s(ROWS)), {}),
    "scaling": ("feature.standardize", lambda s: columns(s(ROWS), scaled=False), {}),
    "binning": ("feature.bin", lambda s: columns(s(ROWS), scaled=False), {"bins": 4}),
}  # fmt: skip
LOCAL = {"scaling", "binning", "folds", "fold"}
"""These send nothing but what is granted, and take what psi.align gives them, which is finite: see "align"."""


ANY_FINITE = {"preparing", "graph", "align", "stack", "correlation, columns", "selection"}
"""Here the owner scales what it has, or nothing is shared."""
ASKED = {
    "ridge, rows": ("coefficients", "intercept"),
    **dict.fromkeys(("survival, columns", "survival, time", "survival, event"), ("coefficients",)),
}
"""Outputs that are asked for where not all are: ridge's errors need other parameters, those of survival cost more than the fit."""
FAMILIES = {"arrays", "boost", "frame", "input", "logistic", "score", "standardize", "stats", "survival"}


def execute(name: str, spoil: Spoil = lambda values: values) -> Any:
    program, build, parameters = CASES[name]
    found = CATALOGUE[f"{program}@1.0.0"]
    wanted = ASKED.get(name) or [port.name for port in found.outputs]
    return run_step(found.program, build(spoil), parameters, wanted=wanted)


def test_no_program_is_left_out() -> None:
    assert {f"{program}@1.0.0" for program, *_ in CASES.values()} == set(CATALOGUE)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The arrays that the bank deals, in order, in the clear."""
    dealt: list[bytes] = []
    original = FastBackend.share

    def share_(backend: FastBackend, values: Any, shape: tuple[int, ...], owner: int) -> Any:
        if backend.pid == 0 and owner == 0:
            dealt.append(values.tobytes())
        return original(backend, values, shape, owner)

    monkeypatch.setattr(FastBackend, "share", share_)
    return dealt


@pytest.mark.filterwarnings("ignore:invalid value")  # numpy's, on the way to the refusal
@pytest.mark.parametrize("name", [name for name in CASES if name not in LOCAL])
def test_what_is_no_number_or_out_of_range_is_refused_before_any_of_it_is_shared(
    name: str, shared: list[bytes]
) -> None:
    """What the owner dealt until then is what it deals of good data: nothing depends on the bad column."""
    execute(name)
    good = list(shared)
    for bad in (np.nan, -np.inf, -1e12):
        if np.isfinite(bad) and name in ANY_FINITE:
            continue
        shared.clear()

        def spoil(values: Any, bad: float = bad) -> Any:
            found = np.array(values, dtype=float)
            found.reshape(-1)[0] = bad  # the first row of the bank's first column
            return found

        with pytest.raises(RangeError) as caught:
            execute(name, spoil)
        assert caught.value.fix
        assert caught.value.code.split(".")[0] in FAMILIES
        assert len(shared) < len(good) or name == "align"
        assert shared == good[: len(shared)]


@pytest.mark.parametrize("bad", [-1.0, 1.5])
@pytest.mark.parametrize(
    "name", ["poisson, counts", "softmax, classes", "softmax, rows", "logistic, label", "woe, label"]
)
def test_counts_and_classes_are_whole_and_not_negative(name: str, bad: float) -> None:
    """Regression: encoding rounded 1.5 to class 2, and a class of -1 was in no class without anybody noticing."""

    def spoil(values: Any) -> Any:
        return np.where(np.arange(len(values)) == 5, bad, values)

    with pytest.raises(RangeError, match=r"frame\.(not_whole|label)"):
        execute(name, spoil)


@pytest.mark.parametrize(
    ("program", "given", "code"),
    [
        ("eval.binary", shares(0, 1, scores=ROWS, labels=BITS), "evaluation.shape"),
        ("eval.binary", shares(0, 1, scores=ROWS[:40, 0], labels=BITS), "evaluation.shape"),
        ("eval.binary", shares(0, 2, scores=ROWS[:, 0], labels=CLASSES), "evaluation.labels"),
        ("eval.binary", shares(4, 1, scores=ROWS[:, 0], labels=BITS), "evaluation.labels"),
        ("eval.multiclass", shares(0, 2, scores=ROWS[:, 0], labels=CLASSES), "evaluation.shape"),
        ("eval.multiclass", shares(4, 2, scores=ROWS, labels=CLASSES), "evaluation.labels"),
        ("eval.regression", shares(18, 2, scores=ROWS, labels=CLASSES), "evaluation.shape"),
    ],
)
def test_what_cannot_be_evaluated_together_is_refused(program: str, given: Inputs, code: str) -> None:
    """Regression: three classes passed as labels of eval.binary and were counted as two of class 1."""
    with pytest.raises(RangeError) as caught:
        run_step(f"{program}@1.0.0", given)
    assert caught.value.code == code
    assert caught.value.fix


@pytest.mark.parametrize("name", CASES)
def test_progress_is_told_alike_by_all_parties_and_no_fact_is_disclosed_undeclared(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[int, list[tuple[int, int]]] = {}

    def progress(session: FakeSession, phase: str, step: int, total: int) -> None:
        assert phase == "step"
        told.setdefault(session.pid, []).append((step, total))

    monkeypatch.setattr(FakeSession, "progress", progress)
    outcome = execute(name)
    declared = {disclosure.name for disclosure in CATALOGUE[f"{CASES[name][0]}@1.0.0"].disclosures}
    assert set(outcome.disclosed) <= declared
    for said in told.values():
        assert all(type(number) is int for point in said for number in point)
        assert all(0 <= step <= total for step, total in said)
        assert said == sorted(said)
        assert name == "align" or said == told[0]
    if CASES[name][0].startswith(("glm.", "kmeans", "linear.", "eval.", "psi.", "score.", "tree.")):
        assert set(told) == {0, 1, 2}


OPENINGS = ("open", "order", "output", "to_mpyc", "_open", "masked_open")
"""What opens shares; an order opens comparisons."""


def test_programs_open_nothing_but_through_the_context_and_the_sort() -> None:
    """Every ``….open(…)`` in programs and functions, and every way round the secure array to a backend's opening."""
    root = Path(mpc.__file__).parent
    found = {
        source.relative_to(root).as_posix()
        for folder in ("programs", "workflow", "functions")
        for source in (root / folder).rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in OPENINGS
    }
    assert found == {"workflow/context.py", "functions/order.py", "workflow/planning.py"}  # a plan opens shapes
