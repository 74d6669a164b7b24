"""Workflows that run every program at several shapes and parameters, on made-up tables.

Two owners, ``bank`` and ``shop``, sit on the committee; further ones stay outside it. Features are within 2 and labels within 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import PrivateTable
from protocol.contract import Step

COMMITTEE: Final = ("bank", "neutral", "shop")
BANK, SHOP = "loans-" + "a" * 32, "orders-" + "b" * 32
LABELS: Final = ("count", "group", "level", "real", "yes")
"""A count, one of three groups, one of four levels, a real number, and a bit."""
Made = tuple[str, tuple[Step, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """One workflow and the size of its tables: ``rows`` each, ``columns`` of features in all."""

    name: str
    layout: str
    rows: int
    columns: int
    owners: int
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        """Names the case; :func:`case_of` makes it again."""
        return self.layout, self.name, self.rows, self.columns, self.owners

    @property
    def workflow(self) -> Workflow:
        sets = tuple(DataSet(reference(i), owner_name(i), names) for i, names in enumerate(self._columns()))
        return Workflow(COMMITTEE, sets, self.steps, self.outputs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns that some step names: others would count as features where rows are split."""
        named = {source.rpartition(".")[2] for step in self.steps for _, sources in step.inputs for source in sources}
        return tuple(name for name in LABELS if name in named)

    @property
    def sizes(self) -> dict[str, int]:
        """Rows of every data set."""
        return {reference(i): self.rows for i in range(self.owners)}

    @property
    def outside(self) -> tuple[str, ...]:
        """Owners that do not compute."""
        return tuple(owner_name(i) for i in range(2, self.owners))

    def tables(self, owner: str) -> dict[str, PrivateTable]:
        at = next((i for i in range(self.owners) if owner_name(i) == owner), None)
        if at is None:
            return {}
        rng = np.random.default_rng(7 if self.layout == "aligned" else (7, at))
        features = rng.normal(size=(self.rows, self.columns))
        signal = features @ np.random.default_rng(11).normal(size=self.columns) / np.sqrt(self.columns)
        found = {
            "yes": (signal + rng.logistic(size=self.rows) > 0).astype(float),
            "count": rng.poisson(np.exp(np.clip(0.3 * signal, -2, 2))).clip(0, 5).astype(float),
            "group": np.digitize(signal + rng.normal(size=self.rows), [-0.5, 0.5]).astype(float),
            "level": rng.integers(0, 4, self.rows).astype(float),
            "real": np.clip(1.5 * signal + 0.5 * rng.normal(size=self.rows), -5.5, 5.5),
        }
        found |= {f"x{i:03d}": np.clip(features[:, i], -2, 2) for i in range(self.columns)}
        ids = tuple(f"person-{i:09d}" for i in range(self.rows))
        return {reference(at): PrivateTable(ids, {name: found[name] for name in self._columns()[at]})}

    def _columns(self) -> list[tuple[str, ...]]:
        features = [f"x{i:03d}" for i in range(self.columns)]
        if self.layout != "aligned":
            return [tuple(sorted((*features, *self.labels)))] * self.owners
        parts = [features[i :: self.owners] for i in range(self.owners)]
        return [tuple(sorted((*parts[0], *self.labels))), *(tuple(part) for part in parts[1:])]


def owner_name(at: int) -> str:
    return ("bank", "shop")[at] if at < 2 else f"owner-{at:03d}"


def reference(at: int) -> str:
    return (BANK, SHOP)[at] if at < 2 else f"table-{at:03d}-" + "c" * 32


def step(name: str, program: str, parameters: dict[str, Any] | None = None, /, **inputs: str | tuple[str, ...]) -> Step:
    sources = tuple((k, (v,) if isinstance(v, str) else v) for k, v in sorted(inputs.items()))
    return Step(name, f"{program}@1.0.0", tuple(sorted((parameters or {}).items())), sources)


def vertical(rows: int, columns: int, owners: int = 2) -> list[Case]:
    """Columns split, rows matched by id."""
    table, scaled, label = "align.aligned", "scale.features", "align.aligned.bank."
    before = (
        step("align", "psi.align", tables=tuple(reference(i) for i in range(owners))),
        step("scale", "feature.standardize", tables=table, label=label + "yes"),
    )
    made: list[Made] = [
        *((name, (before[1], *steps), outputs) for name, steps, outputs in _models(scaled, label, {})),
        *_tables(table, label),
        ("features", (
            step("bin", "feature.bin", {"bins": 8}, tables=table, label=label + "yes"),
            step("woe", "feature.woe_iv", {"bins": 8}, tables="bin.binned", label=label + "yes"),
            step("choose", "feature.select", {"keep": 2}, tables=table, scores="woe.iv", label=label + "yes"),
            step("mean", "stats.describe", {"quantiles": 2}, table="choose.selected"),
        ), ("woe.iv", "woe.woe", "mean.mean")),
        ("features-many", (
            step("bin", "feature.bin", {"bins": 32}, tables=table, label=label + "yes"),
            step("woe", "feature.woe_iv", {"bins": 32}, tables="bin.binned", label=label + "yes"),
        ), ("woe.iv",)),
        ("one-hot", (step("bin", "feature.bin", {"bins": 5, "output": "one-hot"}, tables=table, label=label + "yes"),),
         ("bin.edges",)),
        ("correlated", (
            step("choose", "feature.select", {"keep": 2, "rule": "correlation"}, tables=table, label=label + "yes"),
            step("again", "feature.select", {"keep": 2, "rule": "variance"}, tables=table, label=label + "yes"),
            step("mean", "stats.describe", {"quantiles": 2}, table="again.selected"),
        ), ("mean.mean",)),
    ]  # fmt: skip
    return [Case(name, "aligned", rows, columns, owners, (before[0], *steps), outputs) for name, steps, outputs in made]


def horizontal(rows: int, columns: int, owners: int = 2) -> list[Case]:
    """Rows split: every owner has ``rows`` of them."""
    table, label = "stack.stacked", "stack.stacked."
    before = step("stack", "table.stack", tables=tuple(reference(i) for i in range(owners)))
    pooled = step("pool", "feature.standardize_pooled", {"limit": "8"}, tables=table, label=label + "yes")

    def scored(name: str, program: str, target: str, given: dict[str, Any]) -> Made:
        """No test rows: the model is applied to the table that it was trained on."""
        steps = (
            step("fit", program, {"train_fraction": "1", **given}, features=table, label=label + target),
            step("score", "score.glm", model="fit.model", tables=table),
        )
        return name, steps, ("fit.coefficients", "score.scores")

    made: list[Made] = [
        *_models(table, label, {"train_fraction": "0.7", "limit": "6"}),
        *(scored(name, program, target, given) for name, program, target, given in (
            ("ridge", "linear.ridge", "real", {"label_limit": "6", "limit": "6"}),
            ("poisson", "glm.poisson", "count", {"mean_limit": "8", "limit": "2", "coefficient_limit": "1"}),
            ("poisson-short", "glm.poisson", "count",
             {"mean_limit": "8", "limit": "2", "coefficient_limit": "1", "iterations": 3}),
        )),
        ("scored-logistic", (
            step("fit", "glm.logistic", {"iterations": 3}, features=table, label=label + "yes"),
            step("score", "score.glm", model="fit.model", tables=table),
        ), ("score.scores",)),
        *_tables(table, label),
        ("pooled", (pooled, step("all", "stats.describe", {"limit": "16"}, table="pool.features")),
         ("all.mean", "all.quantiles")),
        ("pooled-models", (
            pooled,
            step("near", "kmeans", {"limit": "16", "iterations": 5}, tables="pool.features"),
        ), ("near.centroids",)),
    ]  # fmt: skip
    if owners > 2:
        made.append((
            "federated",
            (step("fit", "glm.logistic_federated", {"iterations": 6}, features=table, label=label + "yes"),),
            ("fit.coefficients",),
        ))  # fmt: skip
    return [Case(name, "stacked", rows, columns, owners, (before, *steps), outputs) for name, steps, outputs in made]


def _models(features: str, label: str, split: dict[str, str]) -> list[Made]:
    """``split`` holds what rows of several owners need."""
    weighed = {k: v for k, v in split.items() if k == "train_fraction"}

    def logistic(name: str, given: dict[str, Any], judged: dict[str, Any] | None = None) -> Made:
        fit = step("fit", "glm.logistic", {**weighed, **given}, features=features, label=label + "yes")
        judge = step("judge", "eval.binary", judged or {}, scores="fit.scores", labels="fit.labels")
        return name, (fit, judge), ("fit.coefficients", "judge.auc", "judge.roc")

    def model(name: str, program: str, target: str, judge: str, given: dict[str, Any]) -> Made:
        limits = {"limit": "16"} if "regression" in judge else {}
        judged = step("judge", judge, limits, scores="fit.scores", labels="fit.labels")
        fit = step("fit", program, {**split, **given}, features=features, label=label + target)
        return name, (fit, judged), ("fit.coefficients", "judge.accuracy" if "multi" in judge else "judge.r2")

    return [
        logistic("logistic", {}),
        logistic("bound", {"solver": "bound", "iterations": 20}, {"thresholds": 32}),
        logistic("gradient", {"solver": "gradient", "iterations": 20}, {"thresholds": 1024}),
        logistic("gradient-linear", {"solver": "gradient", "sigmoid": "linear", "iterations": 40}),
        logistic("gradient-segments", {"solver": "gradient", "sigmoid": "segments", "iterations": 20}),
        logistic("gradient-fast", {"solver": "gradient", "sigmoid": "fast", "iterations": 10}),
        logistic("bound-fast", {"solver": "bound", "sigmoid": "fast", "iterations": 10}),
        logistic("bound-segments", {"solver": "bound", "sigmoid": "segments", "iterations": 10}),
        logistic("bound-linear", {"solver": "bound", "sigmoid": "linear", "iterations": 10}),
        logistic("sgd-segments", {"solver": "sgd", "sigmoid": "segments", "iterations": 3, "batch": 256}),
        logistic("sgd", {"solver": "sgd", "iterations": 3, "batch": 256}),
        logistic("sgd-small", {"solver": "sgd", "sigmoid": "fast", "iterations": 3, "batch": 32}),
        logistic("sgd-linear", {"solver": "sgd", "sigmoid": "linear", "iterations": 3, "batch": 128}),
        *([] if split else [
            model("ridge", "linear.ridge", "real", "eval.regression", {"label_limit": "6"}),
            model("poisson", "glm.poisson", "count", "eval.regression", {"mean_limit": "8"}),
            model("poisson-short", "glm.poisson", "count", "eval.regression", {"mean_limit": "8", "iterations": 3}),
        ]),
        model("softmax", "glm.softmax", "group", "eval.multiclass", {}),
        model("softmax-five", "glm.softmax", "group", "eval.multiclass", {"classes": 5, "iterations": 4}),
    ]  # fmt: skip


def _tables(table: str, label: str) -> list[Made]:
    def described(name: str, quantiles: int) -> Made:
        figures = ("mean", "variance", "minimum", "maximum", "quantiles")
        steps = (step("all", "stats.describe", {"limit": "8", "quantiles": quantiles}, table=table),)
        return name, steps, tuple(f"all.{figure}" for figure in figures)

    def related(name: str, rows: int, columns: int, groups: int) -> Made:
        steps = (
            step("pairs", "stats.correlation", {"limit": "8"}, tables=table),
            step("cross", "stats.crosstab", {"row_levels": rows, "column_levels": columns}, row=label + "group",
                 column=label + "level"),
            step("groups", "stats.groupby", {"groups": groups, "limit": "8"}, tables=table, by=label + "level"),
        )  # fmt: skip
        return name, steps, ("pairs.correlation", "cross.table", "cross.chi_square", "groups.mean")

    def near(name: str, given: dict[str, Any]) -> Made:
        return (
            name,
            (step("near", "kmeans", {"limit": "8", **given}, tables=table),),
            ("near.centroids", "near.inertia"),
        )

    return [
        described("describe", 4),
        described("deciles", 10),
        related("relations", 3, 4, 4),
        related("relations-many", 40, 25, 60),
        near("kmeans", {}),
        near("kmeans-many", {"clusters": 12, "iterations": 4}),
        near("kmeans-rows", {"clusters": 3, "iterations": 20, "start": "rows"}),
    ]


Size = tuple[int, int, int]
"""Rows of each table, columns of features in all, owners."""


def cases(sizes: Iterable[Size], only: Iterable[str] = ()) -> list[Case]:
    """All cases of these sizes, or those named."""
    names = set(only)
    return [
        case for size in sizes for case in (*vertical(*size), *horizontal(*size)) if not names or case.name in names
    ]


def case_of(key: tuple[str, str, int, int, int]) -> Case:
    """The case with this key."""
    layout, name, *size = key
    return next(case for case in (vertical if layout == "aligned" else horizontal)(*size) if case.name == name)
