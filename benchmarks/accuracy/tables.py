"""The tables that programs are compared on: scikit-learn's own, made ones, and public ones beside the project where they are."""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn import datasets
from statsmodels.datasets import heart

from benchmarks.accuracy.runs import Floats
from mpc.workflow.values import PrivateTable

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
TARGET: Final = "y"
EVENT: Final = "event"
BANK, SHOP = "left-" + "a" * 32, "right-" + "b" * 32


@dataclass(frozen=True, slots=True)
class Table:
    """Public rows with a target, before anybody holds a part of them."""

    name: str
    features: Floats
    target: Floats
    event: Floats | None = None
    """Where the target is a time: 1 where an event ended it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Columns, in the order of the features."""
        return tuple(f"x{at:03d}" for at in range(self.features.shape[1]))

    @property
    def shape(self) -> str:
        """Rows × columns."""
        return f"{self.features.shape[0]:,} × {self.features.shape[1]}"

    def columns(self) -> dict[str, dict[str, PrivateTable]]:
        """The target (and event) and the first half of the columns at the bank, the others at the shop."""
        half = (len(self.names) + 1) // 2
        left = {name: self.features[:, at] for at, name in enumerate(self.names[:half])} | {TARGET: self.target}
        if self.event is not None:
            left[EVENT] = self.event
        right = {name: self.features[:, half + at] for at, name in enumerate(self.names[half:])}
        return {"bank": {BANK: self._held(left)}, "shop": {SHOP: self._held(right)}}

    def rows(self, owners: Sequence[str] = ("bank", "shop")) -> dict[str, dict[str, PrivateTable]]:
        """Every owner with rows of its own, of unlike numbers."""
        whole = {name: self.features[:, at] for at, name in enumerate(self.names)} | {TARGET: self.target}
        size, found = len(self.target), {}
        edges = [round(size * (at / len(owners)) ** 0.8) for at in range(len(owners) + 1)]
        for at, owner in enumerate(owners):
            part = slice(edges[at], edges[at + 1])
            found[owner] = {stacked_name(at): self._held({name: values[part] for name, values in whole.items()})}
        return found

    def _held(self, columns: dict[str, Floats]) -> PrivateTable:
        count = len(next(iter(columns.values())))
        return PrivateTable(tuple(f"row-{at:07d}" for at in range(count)), columns)


def _known(loader: Any, **options: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - its types are a union of all that its options give
    features, target = loader(return_X_y=True, **options)
    return np.asarray(features, np.float64), np.asarray(target, np.float64)


def stacked_name(at: int) -> str:
    """The reference of an owner's rows."""
    return (BANK, SHOP, "third-" + "c" * 32)[at]


@cache
def breast_cancer() -> Table:
    """569 biopsies, 30 measures, malignant or not."""
    features, target = _known(datasets.load_breast_cancer)
    return Table("breast_cancer", features, 1 - target)


@cache
def diabetes() -> Table:
    """442 patients, 10 measures in their own units, progression of the disease."""
    features, target = _known(datasets.load_diabetes, scaled=False)
    return Table("diabetes", features, target)


@cache
def wine() -> Table:
    """178 wines, 13 measures, three cultivars."""
    features, target = _known(datasets.load_wine)
    return Table("wine", features, target)


@cache
def transplants() -> Table:
    """69 patients of Stanford's heart transplants: days until death or until they left, age and its square."""
    data: Any = heart.load_pandas()  # its annotations know fewer fields than it has
    age, days, died = (np.asarray(column, np.float64) for column in (data.exog, data.endog, data.censors))
    return Table("heart transplants", np.column_stack([age, (age - 45) ** 2]), days, died)


@cache
def german() -> Table | None:
    """1,000 applicants for credit: numbers and codes of categories; None where the file is not beside the project."""
    path = next((DATA / "german_credit").glob("*.csv*"), None) if (DATA / "german_credit").is_dir() else None
    if path is None:
        return None
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    found: dict[str, Floats] = {}
    for at, name in enumerate(header):
        texts = [row[at] for row in rows]
        try:
            found[name] = np.array([float(text) for text in texts])
        except ValueError:
            found[name] = np.unique(texts, return_inverse=True)[1].astype(np.float64)
    *names, label = header
    target = found[label]
    return Table(
        "german_credit", np.column_stack([found[name] for name in names]), (target == target.max()).astype(float)
    )


@cache
def made(kind: str, rows: int = 2000) -> Table:
    """Columns of a normal law and what depends on them: ``counts``, ``classes`` far from balanced, ``times`` until an
    event, many alike (``tied times``), or ``far`` from 0 with a small spread.
    """
    rng = np.random.default_rng(17)
    features = rng.normal(size=(rows, 6))
    features[:, 5] = features[:, 0] + 0.3 * features[:, 5]
    signal = features @ [0.4, -0.3, 0.2, 0.1, 0.0, 0.2]
    match kind:
        case "counts":
            return Table("made counts", features, rng.poisson(np.exp(0.3 * signal)).clip(0, 20).astype(float))
        case "rare":
            return Table(
                "made, 3 % events", features, (rng.random(rows) < 1 / (1 + np.exp(3.6 - signal))).astype(float)
            )
        case "times" | "tied times":
            lasts, leaves = rng.exponential(np.exp(-signal)), rng.exponential(1.5, size=rows)
            time = np.minimum(lasts, leaves)
            event = (lasts <= leaves).astype(float)
            return Table(f"made {kind}", features, np.ceil(6 * time) if kind == "tied times" else time, event)
        case "far":
            return Table("made, mean 900 and spread 1", features + 900, signal + rng.normal(size=rows))
        case _:
            raise ValueError(kind)
