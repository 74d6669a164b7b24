"""Workflows that run every program at several shapes, on made-up tables of two owners who also compute."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from protocol.contract import Step
from workers.mpc.programs.values import PrivateTable
from workers.mpc.programs.workflow import DataSet, Workflow

COMMITTEE = ("bank", "neutral", "shop")
BANK, SHOP = "loans-" + "a" * 32, "orders-" + "b" * 32
LABELS = ("count", "group", "level", "real", "yes")
"""A count, one of three groups, one of four levels, a real number, and a bit: all within 6, as the features are."""


@dataclass(frozen=True)
class Case:
    """One workflow and the size of its tables: ``rows`` each, ``columns`` of features in all."""

    name: str
    layout: str
    rows: int
    columns: int
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    keeps: tuple[str, ...] = field(default=())

    @property
    def workflow(self) -> Workflow:
        bank, shop = self._columns()
        sets = (DataSet(BANK, "bank", bank), DataSet(SHOP, "shop", shop))
        return Workflow(COMMITTEE, sets, self.steps, self.outputs, keeps=self.keeps)

    def tables(self, owner: str) -> dict[str, PrivateTable]:
        if owner not in ("bank", "shop"):
            return {}
        bank, shop = self._columns()
        rng = np.random.default_rng(7)
        features = rng.normal(size=(self.rows, self.columns))
        signal = features @ rng.normal(size=self.columns) / np.sqrt(self.columns)
        labels = {
            "yes": (signal + rng.logistic(size=self.rows) > 0).astype(float),
            "count": rng.poisson(np.exp(np.clip(0.3 * signal, -2, 2))).clip(0, 5).astype(float),
            "group": np.digitize(signal + rng.normal(size=self.rows), [-0.5, 0.5]).astype(float),
            "level": rng.integers(0, 4, self.rows).astype(float),
            "real": np.clip(1.5 * signal + 0.5 * rng.normal(size=self.rows), -5.5, 5.5),
        }
        found = {f"x{i:03d}": np.clip(features[:, i], -6, 6) for i in range(self.columns)} | labels
        if self.layout == "stacked":
            order = rng.permutation(self.rows) if owner == "shop" else np.arange(self.rows)
            found = {name: values[order] for name, values in found.items()}
        names, reference = (bank, BANK) if owner == "bank" else (shop, SHOP)
        ids = tuple(f"person-{i:09d}" for i in range(self.rows))
        return {reference: PrivateTable(ids, {name: found[name] for name in names})}

    def _columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        features = [f"x{i:03d}" for i in range(self.columns)]
        if self.layout == "stacked":
            everything = tuple(sorted((*features, *LABELS)))
            return everything, everything
        half = self.columns // 2
        return tuple(sorted((*features[:half], *LABELS))), tuple(features[half:])


def step(name: str, program: str, parameters: dict[str, Any] | None = None, /, **inputs: str | tuple[str, ...]) -> Step:
    sources = tuple((k, (v,) if isinstance(v, str) else v) for k, v in sorted(inputs.items()))
    return Step(name, program, tuple(sorted((parameters or {}).items())), sources)


def vertical(rows: int, columns: int) -> list[Case]:
    align = step("align", "psi.align@1.0.0", tables=(BANK, SHOP))
    scale = step("scale", "feature.standardize@1.0.0", tables="align.aligned", label="align.aligned.bank.yes")
    table, scaled = "align.aligned", "scale.features"
    cases = [
        ("logistic", (scale, *_logistic(scaled, table)), ("fit.coefficients", "judge.auc", "judge.ks", "judge.roc")),
        *_models(scaled, table, (scale,)),
        *_tables(table),
    ]
    steps = (
        step("bin", "feature.bin@1.0.0", tables=table, label=f"{table}.bank.yes"),
        step("woe", "feature.woe_iv@1.0.0", tables="bin.binned", label=f"{table}.bank.yes"),
        step("choose", "feature.select@1.0.0", {"keep": min(10, columns // 2)}, tables=table, scores="woe.iv",
             label=f"{table}.bank.yes"),
        step("mean", "stats.describe@1.0.0", {"quantiles": 2}, table="choose.selected"),
    )  # fmt: skip
    cases.append(("features", steps, ("woe.iv", "woe.woe", "mean.mean")))
    return [Case(name, "aligned", rows, columns, (align, *steps), outputs) for name, steps, outputs in cases]


def horizontal(rows: int, columns: int) -> list[Case]:
    stack = step("stack", "table.stack@1.0.0", tables=(BANK, SHOP))
    table = "stack.stacked"
    cases = [
        ("logistic", _logistic(table, table), ("fit.coefficients", "judge.auc", "judge.ks", "judge.roc")),
        *_models(table, table, ()),
        *_tables(table),
    ]
    return [Case(name, "stacked", rows, columns, (stack, *steps), outputs) for name, steps, outputs in cases]


def _label(table: str, name: str) -> str:
    return f"{table}.{name}" if table.startswith("stack") else f"{table}.bank.{name}"


def _logistic(features: str, table: str) -> tuple[Step, ...]:
    return (
        step("fit", "glm.logistic@1.0.0", {} if features != table else {"train_fraction": "0.7"}, features=features,
             label=_label(table, "yes")),
        step("judge", "eval.binary@1.0.0", scores="fit.scores", labels="fit.labels"),
    )  # fmt: skip


def _models(features: str, table: str, before: tuple[Step, ...]) -> list[tuple[str, tuple[Step, ...], tuple[str, ...]]]:
    def case(name: str, program: str, label: str, judge: str, given: dict[str, Any]) -> tuple[str, Any, Any]:
        steps = (
            *before,
            step("fit", program, given, features=features, label=_label(table, label)),
            step(
                "judge",
                judge,
                {"limit": "16"} if "regression" in judge else {},
                scores="fit.scores",
                labels="fit.labels",
            ),
        )
        return name, steps, ("fit.coefficients", "judge.accuracy" if "multi" in judge else "judge.r2")

    softmax = case("softmax", "glm.softmax@1.0.0", "group", "eval.multiclass@1.0.0", {})
    if before:
        return [
            case("ridge", "linear.ridge@1.0.0", "real", "eval.regression@1.0.0", {"label_limit": "6"}),
            case("poisson", "glm.poisson@1.0.0", "count", "eval.regression@1.0.0", {}),
            softmax,
        ]

    def scored(name: str, program: str, label: str, given: dict[str, Any]) -> tuple[str, Any, Any]:
        """Rows of several owners: the model is applied to the same table by score.glm."""
        steps = (
            step("fit", program, given, features=features, label=_label(table, label)),
            step("score", "score.glm@1.0.0", model="fit.model", tables=features),
        )
        return name, steps, ("fit.coefficients", "score.scores")

    return [
        scored("ridge", "linear.ridge@1.0.0", "real", {"label_limit": "6", "train_fraction": "1", "limit": "6"}),
        scored(
            "poisson", "glm.poisson@1.0.0", "count", {"train_fraction": "1", "limit": "6", "coefficient_limit": "1"}
        ),
        softmax,
    ]


def _tables(table: str) -> list[tuple[str, tuple[Step, ...], tuple[str, ...]]]:
    return [
        ("describe", (step("all", "stats.describe@1.0.0", {"limit": "8"}, table=table),),
         ("all.mean", "all.variance", "all.minimum", "all.maximum", "all.quantiles")),
        ("relations", (
            step("pairs", "stats.correlation@1.0.0", {"limit": "8"}, tables=table),
            step("cross", "stats.crosstab@1.0.0", {"row_levels": 3, "column_levels": 4}, row=_label(table, "group"),
                 column=_label(table, "level")),
            step("groups", "stats.groupby@1.0.0", {"groups": 4, "limit": "8"}, tables=table, by=_label(table, "level")),
        ), ("pairs.correlation", "cross.table", "cross.chi_square", "groups.mean")),
        ("kmeans", (step("near", "kmeans@1.0.0", {"limit": "8"}, tables=table),), ("near.centroids", "near.inertia")),
    ]  # fmt: skip


def cases(shapes: list[tuple[int, int]]) -> list[Case]:
    return [case for rows, columns in shapes for case in (*vertical(rows, columns), *horizontal(rows, columns))]
