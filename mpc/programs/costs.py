"""What the formulas of programs' seconds are fitted to: the terms that may appear, and workflows to measure, in each ``cost.py``.

A formula is a sum of products of a shape (rows, columns, owners) with what the program's parameters add. Every
``cost.py`` names its terms in ``TERMS`` and gives ``cases(tables)``: workflows that run the program at several parameters,
on columns split (``aligned``) or rows split (``stacked``) between owners. How long they take is measured, and the formulas of
``description.py`` with their ranges follow (``python -m benchmarks.cost_model --fit``). Bytes, rounds, memory and failure need no
formula: a plan counts them (:mod:`mpc.workflow.planning`).
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from protocol.contract import Step

LINEAR: Final = ("", "rows", "rows*columns", "columns")
SQUARE: Final = (*LINEAR, "columns^2", "rows*columns^2")
Made: TypeAlias = tuple[str, tuple[Step, ...], tuple[str, ...]]
"""A case's name, its steps after the tables are there, and the outputs that somebody uses."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What may appear in the formula of a program's seconds: ``work``.

    ``as_aligned``: with a secret table the program does what it does with one that it shares first; no case runs it on one.
    """

    work: Sequence[str]
    as_aligned: bool = False


class Cost(Protocol):
    """A program's ``cost.py``."""

    @property
    def TERMS(self) -> Terms:
        """The terms of its formulas."""
        ...

    @staticmethod
    def cases(tables: "Tables", /) -> list[Made]:
        """Workflows that run the program, on tables that are there."""
        ...


@dataclass(frozen=True, slots=True)
class Tables:
    """What a case starts from, as sources: the data sets and one with a bit alone, and, of the tables that are made of the data sets, all
    columns, columns to train on, and the prefix of the label columns.

    Labels are ``yes`` (a bit), ``count`` (up to 5), ``group`` (one of 3), ``level`` (one of 4) and ``real`` (within 6);
    features are within 2. ``split`` holds the parameters that a model of several owners' rows needs; ``genotypes`` are data sets of their own, of
    people who are cases or not, and so are ``flows``, of payments by reference, payer and day,
    and ``graphs``: edges of two owners, seeds, and nodes that are asked about.
    """

    layout: str
    owners: int
    sources: tuple[str, ...]
    target: str
    table: str
    features: str
    label: str
    split: Mapping[str, str] = field(default_factory=dict[str, str])
    genotypes: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    graphs: tuple[str, ...] = ()

    @property
    def stacked(self) -> bool:
        """Whether rows are split."""
        return self.layout == "stacked"


def step(
    name: str, program: str, parameters: Mapping[str, Any] | None = None, /, **inputs: str | tuple[str, ...]
) -> Step:
    """A step of version 1.0.0 of ``program``, with its inputs by port."""
    sources = tuple((k, (v,) if isinstance(v, str) else v) for k, v in sorted(inputs.items()))
    return Step(name, f"{program}@1.0.0", tuple(sorted((parameters or {}).items())), sources)


def product(*factors: Sequence[str]) -> list[str]:
    """All products of one term of each."""
    return ["*".join(part for part in parts if part) for parts in itertools.product(*factors)]


def both(terms: Iterable[str]) -> list[str]:
    """For all layouts, and more where rows are split."""
    return product(list(terms), ("", "[layout=stacked]"))


def apart(terms: Iterable[str]) -> list[str]:
    """For all layouts, and more for each: what rows of several owners need has little to do with what one table needs."""
    return product(list(terms), ("", "[layout=stacked]", "[layout=aligned]"))


def judged(tables: Tables, name: str, program: str, target: str, judge: str, given: Mapping[str, Any]) -> Made:
    """A model of one column, and how good it is on the test rows."""
    limits = {"limit": "16"} if "regression" in judge else {}
    fit = step("fit", program, {**tables.split, **given}, features=tables.features, label=tables.label + target)
    judging = step("judge", judge, limits, scores="fit.scores", labels="fit.labels")
    return name, (fit, judging), ("fit.coefficients", "judge.accuracy" if "multi" in judge else "judge.r2")


def scored(tables: Tables, name: str, program: str, target: str, given: Mapping[str, Any]) -> Made:
    """A model of rows of several owners, applied to the rows that it was trained on: there are no test rows."""
    fit = step("fit", program, {"train_fraction": "1", **given}, features=tables.features, label=tables.label + target)
    applied = step("score", "score.glm", model="fit.model", tables=tables.table)
    return name, (fit, applied), ("fit.coefficients", "score.scores")
