"""An owner's part of a graph in the clear: its nodes, its edges between them, and which of them are seeds or asked about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.functions.indexed import NOWHERE
from mpc.programs.alignment.key_columns import keys
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats, Source
from protocol.column_names import parse
from protocol.data_faults import DataFault, too_few
from protocol.errors import RefusedError

ENDS: Final = 2
Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Names:
    """The columns that the contract names: both ``ends`` of an edge, and the ``node`` of seeds and of those asked about. A further column of edges holds
    their weights, up to ``most``.
    """

    ends: tuple[str, ...]
    node: tuple[str, ...]
    most: int

    @classmethod
    def of(cls, context: StepContext) -> "Names":
        """Refuses lists of another length (``graph.columns``)."""
        found = cls(parse(context.choice("ends")), parse(context.choice("node")), context.integer("weight_limit"))
        if (len(found.ends), len(found.node)) != (ENDS, 1):
            raise RefusedError(
                "graph.columns",
                f"An edge has two ends and a node one column; the contract names {', '.join(found.ends)} and {', '.join(found.node)}.",
                "Name two columns as `ends` (`source, target`) and one as `node`.",
            )
        return found

    def check(self, source: Source, wanted: tuple[str, ...], *, more: int = 0) -> None:
        """A data set has these columns and so many others (``graph.columns``)."""
        left = set(source.columns) - set(wanted)
        if not set(wanted) <= set(source.columns) or len(left) != more:
            raise RefusedError(
                "graph.columns",
                f"{source.data_set} has the columns {', '.join(source.columns)} in this contract; what is read of it are {', '.join(wanted)}"
                + (", and one of weights as in the other data sets of edges." if more else "."),
                "Name these columns in the contract, and no others; they are called alike in all data sets. Weights are in all data sets of edges or in none.",
            )

    def weight(self, source: Source) -> str:
        """The column of an edge's weight, "" where edges have none."""
        return next((name for name in source.columns if name not in self.ends), "")


@dataclass(frozen=True, slots=True)
class Part:
    """One owner's part. ``nodes`` are its keys, each once; edges, seeds and ``asked`` name them by place.

    ``heads`` and ``tails`` have an entry for each end of each row of its tables: twice the rows, in an order that says nothing. Where a
    row is no edge of its own (a loop; without weights an edge that an earlier row has, in either direction) its tail is nowhere. ``weights`` are those
    of the entries, None where edges have none.
    """

    nodes: list[bytes] = field(repr=False)
    heads: Places = field(repr=False)
    tails: Places = field(repr=False)
    seeds: Places = field(repr=False)
    asked: Places = field(repr=False)
    weights: Floats | None = field(default=None, repr=False)

    def at(self, slots: Places) -> "Part":
        """The same with nodes by their slot."""
        tails = np.where(self.tails == NOWHERE, NOWHERE, slots[self.tails])
        return Part([], slots[self.heads], tails, slots[self.seeds], slots[self.asked], self.weights)

    def degrees(self, slots: int) -> Floats:
        """The edges of each slot, or their weights together, of a part by slots."""
        there = self.tails != NOWHERE
        weights = np.ones(len(there)) if self.weights is None else self.weights
        return np.bincount(self.tails[there], weights[there], minlength=slots).astype(np.float64)


def own_part(edges: Sequence[Source], seeds: Source | None, asked: Source | None, names: Names, least: int) -> Part:
    """All that the owner's rows alone can be refused for."""
    place: dict[bytes, int] = {}

    def located(source: Source, column: str) -> Places:
        assert source.table is not None
        found = keys(source.table, (column,))
        return np.array([place.setdefault(key, len(place)) for key in found], dtype=np.int64)

    rows = [tuple(located(source, column) for column in names.ends) for source in edges]
    one, other = (np.concatenate([row[end] for row in rows]) if rows else np.zeros(0, np.int64) for end in range(ENDS))
    linked = len(place)
    known, wanted = (np.zeros(0, np.int64) if source is None else located(source, names.node[0]) for source in (seeds, asked))  # fmt: skip
    if unknown := int((known >= linked).sum() + (wanted >= linked).sum()):
        faults.notice("graph.unknown", names.node, unknown)
    seeded = np.unique(known)
    if seeds is not None and len(seeded) < least:
        faults.refuse(too_few("graph.few_seeds", len(seeded), least))
    weighed = [_weights(source, names) for source in edges if names.weight(source)]
    dropped = _no_edges(one, other, names, weighted=bool(weighed))
    heads, tails = np.concatenate([one, other]), np.concatenate([other, one])
    weights = np.tile(np.concatenate(weighed), ENDS) if weighed else None
    return Part(list(place), heads, np.where(np.tile(dropped, ENDS), NOWHERE, tails), seeded, wanted, weights)


def _weights(source: Source, names: Names) -> Floats:
    """The weights of a table's rows, refused unless they are whole numbers from 1 (``graph.weight``)."""
    assert source.table is not None
    name = names.weight(source)
    values = source.table.matrix((name,))[:, 0]
    wrong = ~((values >= 1) & (values <= names.most) & (values == np.rint(values)))
    if bool(wrong.any()):
        faults.refuse(DataFault("graph.weight", [name], int(wrong.sum()), limit=names.most))
        return np.ones(len(values))
    return values


def _no_edges(one: Places, other: Places, names: Names, *, weighted: bool) -> NDArray[np.bool_]:
    """Rows that are a loop or an edge once more; weights of an edge add up."""
    loops = one == other
    if count := int(loops.sum()):
        faults.notice("graph.loops", names.ends, count)
    if weighted:
        return loops
    pairs = np.stack([np.minimum(one, other), np.maximum(one, other)], axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    again = np.ones(len(one), dtype=np.bool_)
    again[first] = False
    if count := int((again & ~loops).sum()):
        faults.notice("graph.doubled", names.ends, count)
    return loops | again
