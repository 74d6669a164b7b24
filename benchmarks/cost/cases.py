"""Workflows that run every program at several shapes and parameters, on made-up tables.

Two owners, ``bank`` and ``shop``, sit on the committee; further ones stay outside it. Features are within 2 and labels within 6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from mpc.programs.catalogue import CATALOGUE, cost_of
from mpc.programs.costs import Made, Tables, step
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import Genotypes, PrivateTable
from protocol.contract import Step
from protocol.variants import ListName

COMMITTEE: Final = ("bank", "neutral", "shop")
BANK, SHOP = "loans-" + "a" * 32, "orders-" + "b" * 32
TARGET: Final = "target-" + "d" * 32
"""A data set of the bank's with the bit alone, there where a step names it."""
GENOTYPES: Final = ("case", "genotypes")
"""The columns of a data set of genotypes, which each owner has where a step names them."""
FLOWS: Final = ("amount", "day", "payer", "reference")
"""The columns of a data set of payments, which each owner has where a step names them."""
ENDS: Final = ("source", "target")
GRAPH: Final = tuple(f"{name}-" + "9" * 32 for name in ("calls", "transfers", "blacklist", "accounts"))
"""Edges of the first two owners, and the first one's seeds and nodes that it asks about, which are there where a step names them."""
LABELS: Final = ("count", "group", "level", "rank", "real", "yes")
"""A count, one of three groups, one of four levels, one of five ranks, a real number, and a bit."""


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
        target = (DataSet(TARGET, owner_name(0), ("yes",)),) if self._targeted else ()
        if self._variants:  # comparing counts with a group is most of what is done with them
            sets = tuple(DataSet(genotypes(i), owner_name(i), GENOTYPES) for i in range(self.owners))
            return Workflow(COMMITTEE, sets, self.steps, self.outputs, minimum_group=5)
        if self._linked:
            calls, transfers, *nodes = GRAPH
            edges = (DataSet(calls, owner_name(0), ENDS), DataSet(transfers, owner_name(1), ENDS))
            sets = (*edges, *(DataSet(name, owner_name(0), ("node",)) for name in nodes))
        if self._flowing:
            sets = tuple(DataSet(flows(i), owner_name(i), FLOWS) for i in range(self.owners))
        return Workflow(COMMITTEE, (*sets, *target), self.steps, self.outputs)

    @property
    def _targeted(self) -> bool:
        return any(TARGET in sources for step in self.steps for _, sources in step.inputs)

    @property
    def _variants(self) -> int:
        """How many variants the genotypes have that the steps read; 0 where none reads any."""
        reading = [step for step in self.steps for _, sources in step.inputs if genotypes(0) in sources]
        return int(dict(reading[0].parameters)["variants"]) if reading else 0

    @property
    def _flowing(self) -> bool:
        return any(flows(0) in sources for step in self.steps for _, sources in step.inputs)

    @property
    def _linked(self) -> bool:
        return any(GRAPH[0] in sources for step in self.steps for _, sources in step.inputs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns that some step names: others would count as features where rows are split."""
        named = {source.rpartition(".")[2] for step in self.steps for _, sources in step.inputs for source in sources}
        return tuple(name for name in LABELS if name in named)

    @property
    def sizes(self) -> dict[str, int]:
        """Rows of every data set."""
        if self._linked:
            return dict(
                zip(GRAPH, (self.rows, self.rows, max(5, self.rows // 20), max(1, self.rows // 4)), strict=True)
            )
        name = genotypes if self._variants else flows if self._flowing else reference
        return {name(i): self.rows for i in range(self.owners)} | ({TARGET: self.rows} if self._targeted else {})

    @property
    def outside(self) -> tuple[str, ...]:
        """Owners that do not compute."""
        if self._linked:
            return ()
        return tuple(owner_name(i) for i in range(2, self.owners))

    def tables(self, owner: str) -> dict[str, PrivateTable]:
        at = next((i for i in range(self.owners) if owner_name(i) == owner), None)
        if at is None:
            return {}
        rng = np.random.default_rng(7 if self.layout == "aligned" else (7, at))
        ids = tuple(f"person-{i:09d}" for i in range(self.rows))
        if self._variants:
            listed = ListName(self._variants, bytes(32))
            drawn = Genotypes(listed, rng.integers(0, 256, (self.rows, listed.width), np.uint8))
            case = rng.integers(0, 2, self.rows).astype(float)
            return {genotypes(at): PrivateTable(ids, dict(zip(GENOTYPES, (case, drawn), strict=True)))}
        if self._linked:
            return _linked(self.sizes, at) if at < 2 else {}
        if self._flowing:
            return {flows(at): PrivateTable(ids, _payments(self.rows, at))}
        features = rng.normal(size=(self.rows, self.columns))
        signal = features @ np.random.default_rng(11).normal(size=self.columns) / np.sqrt(self.columns)
        found = {
            "yes": (signal + rng.logistic(size=self.rows) > 0).astype(float),
            "count": rng.poisson(np.exp(np.clip(0.3 * signal, -2, 2))).clip(0, 5).astype(float),
            "group": np.digitize(signal + rng.normal(size=self.rows), [-0.5, 0.5]).astype(float),
            "level": rng.integers(0, 4, self.rows).astype(float),
            "rank": np.digitize(signal + rng.normal(size=self.rows), [-1, -0.3, 0.3, 1]).astype(float),
            "real": np.clip(1.5 * signal + 0.5 * rng.normal(size=self.rows), -5.5, 5.5),
        }
        found |= {f"x{i:03d}": np.clip(features[:, i], -2, 2) for i in range(self.columns)}
        own = {reference(at): PrivateTable(ids, {name: found[name] for name in self._columns()[at]})}
        return own | ({TARGET: PrivateTable(ids, {"yes": found["yes"]})} if self._targeted and at == 0 else {})

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


def genotypes(at: int) -> str:
    return f"genotypes-{at:03d}-" + "e" * 32


def flows(at: int) -> str:
    return f"flows-{at:03d}-" + "f" * 32


def _linked(sizes: Mapping[str, int], at: int) -> dict[str, PrivateTable]:
    """Of owner ``at``, of half as many nodes as there are edges in one data set."""
    calls, transfers, blacklist, accounts = GRAPH
    rng, nodes = np.random.default_rng((7, at)), max(5, sizes[calls] // 2)
    found = {(calls, transfers)[at]: {end: rng.integers(0, nodes, sizes[calls]).astype(np.float64) for end in ENDS}}
    if at == 0:
        found |= {name: {"node": np.arange(float(sizes[name]))} for name in (blacklist, accounts)}
    return {name: PrivateTable(tuple(map(str, range(sizes[name]))), columns) for name, columns in found.items()}


def _payments(rows: int, at: int) -> dict[str, np.ndarray[tuple[int], np.dtype[Any]]]:
    """Of owner ``at``, nine of ten as everybody has them, in an order of its own."""
    order = np.random.default_rng((7, at)).permutation(rows)
    shift = np.where(order % 10 == at % 10, rows * (at + 1), 0)
    return {
        "amount": order * 37 % 100_000 / 100,
        "day": 20240101.0 + order % 28,
        "payer": np.array([f"account {each % 997}" for each in order], dtype=object),
        "reference": np.array([f"payment {each}" for each in order + shift], dtype=object),
    }


def made(layout: str, owners: int) -> list[Made]:
    """Every program's cases on this layout, with the steps that make the tables they name."""
    sources = tuple(reference(i) for i in range(owners))
    if layout == "aligned":
        tables = Tables(
            layout,
            owners,
            sources,
            TARGET,
            "align.aligned",
            "scale.features",
            "align.aligned.bank.",
            flows=tuple(flows(i) for i in range(owners)),
            graphs=GRAPH,
        )
        first = step("align", "psi.align", tables=sources)
        scale = step("scale", "feature.standardize", tables=tables.table, label=tables.label + "yes")
    else:
        split = {"train_fraction": "0.7", "limit": "6"}
        tables = Tables(
            layout,
            owners,
            sources,
            TARGET,
            "stack.stacked",
            "stack.stacked",
            "stack.stacked.",
            split,
            tuple(genotypes(i) for i in range(owners)),
        )
        first, scale = step("stack", "table.stack", tables=sources), None
    found: list[Made] = []
    for program in CATALOGUE:
        for name, steps, outputs in cost_of(program).cases(tables):
            used = {source for each in steps for _, named in each.inputs for source in named}
            scales = scale is not None and tables.features in used
            joins = scales or any(source.startswith(f"{first.id}.") for source in used)
            before = (*((first,) if joins else ()), *((scale,) if scale is not None and scales else ()))
            found.append((name, (*before, *steps), outputs))
    return found


Size = tuple[int, int, int]
"""Rows of each table, columns of features in all, owners."""


def cases(sizes: Iterable[Size], only: Iterable[str] = ()) -> list[Case]:
    """All cases of these sizes, or those named."""
    names = set(only)
    return [
        Case(name, layout, *size, steps, outputs)
        for size in sizes
        for layout in ("aligned", "stacked")
        for name, steps, outputs in made(layout, size[2])
        if not names or name in names
    ]


def case_of(key: tuple[str, str, int, int, int]) -> Case:
    """The case with this key."""
    layout, name, rows, columns, owners = key
    return next(case for case in cases([(rows, columns, owners)], [name]) if case.layout == layout)


_NEEDED: Final = frozenset(
    {"classes", "groups", "row_levels", "column_levels", "limit", "label_limit", "mean_limit", "bins", "train_fraction", "keep",
     "rule", "coefficient_limit", "recipe", "sql", "variants", "keys", "rounds"}
)  # fmt: skip
"""Parameters that a case's data need: their classes, levels and ranges, and rows to test on."""


def at_defaults(case: Case, program: str) -> Case:
    """The case with this program's own defaults, but for what its data need."""
    steps = tuple(
        replace(step, parameters=tuple(p for p in step.parameters if p[0] in _NEEDED))
        if step.program == program
        else step
        for step in case.steps
    )
    return replace(case, steps=steps)
