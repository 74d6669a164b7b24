"""``graph.propagate``: how near the nodes of a graph whose edges several owners have are to some that are known, and nobody sees another's edge.

1. The owners agree on a fresh key that the helper, the compute party without data, does not learn, and send it the keyed digests of their nodes
   in ascending order. The helper gives every node of their union a slot, in a uniform order that it draws, and tells each owner the slots
   of its own nodes, and everybody how many slots there are.
2. Scores live on slots, shared. They begin as 1 at seeds and 0 elsewhere. In each round every owner, who alone knows its edges, gathers the scores at
   their heads and adds them up at their tails (:mod:`mpc.functions.indexed`): a product with its sparse matrix, with its weights where edges have
   them. The sums are divided by the numbers of edges of all owners, or by what these weigh, which stays secret: s ← (1 - damping)·seeds + damping·(mean of the neighbours' scores), label propagation with
   the seeds held (Zhou, Bousquet, Lal, Weston, Schölkopf, NIPS 2003, with rows' means).
3. The scores of the nodes that are asked about are gathered in their owner's order and compared: a class each is all that opens.

Bytes of all parties, of S slots and E rows of an owner's edges: 16 a node for digests; in each round 172 for each of S + 2E, of every owner, 117 a slot to
divide, and 39 for each end of an edge with a weight. Rounds: 11 a round, with weights 12; owners' products go side by side.

Security: passive, against any one party, the digests being a keyed BLAKE2s taken for a pseudorandom function. The helper sees how many nodes each owner
has, and how many of them any owners have in common; owners see the size of the union. A class tells who reads it about the other's edges: that is
declared with the output, and exact scores, which would tell of single edges, never open.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.interface import SecureArray
from mpc.functions.indexed import gather, scatter_add
from mpc.functions.reciprocal import Divisor
from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.run import Digests, ascending_order, keyed_digests, read_digests
from mpc.programs.alignment.psi_join.matching import located
from mpc.programs.graph.propagate.nodes import ENDS, Names, Part, own_part
from mpc.programs.minimum_group import added, least_of
from mpc.workflow.context import Order, StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.relay import Relay
from mpc.workflow.roles import dataless_party
from mpc.workflow.values import Source, Value
from protocol.errors import RangeError, RefusedError
from protocol.limits import LIMITS

SCORE_BITS: Final = 26
"""A score is within 2^-20 of the plain one: each round rounds twice and divides with 2^-24."""
_SLOT_BYTES: Final = 4
_HEAVIEST: Final = 2**30
"""What all edges may weigh together, so that quotients keep their places."""
_MOST: Final = 1 + 2.0**-8
"""Scores are at most 1, and what rounding adds."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The step's data sets."""

    edges: tuple[Source, ...]
    seeds: Source
    asked: Source

    @property
    def all(self) -> tuple[Source, ...]:
        """Edges, seeds, and what is asked about."""
        return (*self.edges, self.seeds, self.asked)

    @property
    def owners(self) -> tuple[str, ...]:
        """Who brings them, sorted."""
        return tuple(sorted({source.owner for source in self.all}))

    def part(self, owner: str, names: Names, least: int) -> Part:
        """At an owner: its own part."""
        edges = [source for source in self.edges if source.owner == owner]
        seeds, asked = (source if source.owner == owner else None for source in (self.seeds, self.asked))
        return own_part(edges, seeds, asked, names, least)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What everybody knows: rows of edges by owner, rows that are asked about, and slots."""

    edges: Mapping[str, int]
    asked: int
    slots: int

    @classmethod
    def of(cls, sources: Sources, rows: Mapping[str, int], slots: int) -> "Sizes":
        """Of data sets with so many rows."""
        edges: dict[str, int] = {}
        for source in sources.edges:
            edges[source.owner] = edges.get(source.owner, 0) + rows[source.data_set]
        return cls(edges, rows[sources.asked.data_set], slots)

    @classmethod
    def supposed(cls, sources: Sources, rows: Mapping[str, int], own: int = 0) -> "Sizes":
        """As if half as many nodes as the largest table has edges were all, or as many as one owner has."""
        found = cls.of(sources, rows, 0)
        least = max(own, rows[sources.asked.data_set], rows[sources.seeds.data_set])
        return cls(found.edges, found.asked, max(1, least, max(found.edges.values()) // 2))


async def run(context: StepContext) -> dict[str, Value]:
    """Propagate; see the module."""
    sources, names = sources_of(context)
    relay = Relay(context.session, dataless_party(context.session.committee, sources.owners), sources.owners)
    rounds = context.integer("rounds")
    context.progress(0, rounds + 2)
    own: Part | None = None
    if context.me in sources.owners:
        own, sizes = await _as_owner(context, sources, names, relay)
    elif context.me == relay.hub:
        sizes = await _as_helper(context, sources, relay)
    else:
        sizes = _told(context, relay, sources, await context.session.receive(relay.hub, context.label("slots")))
    context.disclose("union_size", sizes.slots)
    context.progress(1, rounds + 2)
    graph = Graph(context, sources, names, sizes, own)
    start, weights, degrees = graph.seeds(), graph.weights(), Divisor(graph.degrees(), floor=1)
    scores = start
    for done in range(rounds):
        scores = await graph.after(scores, start, weights, degrees).settled()
        context.progress(done + 2, rounds + 2)
    outputs = graph.outputs(scores)
    context.progress(rounds + 2, rounds + 2)
    return outputs


def sources_of(context: StepContext) -> tuple[Sources, Names]:
    """The step's data sets and column names; refuses what cannot be computed, by facts that everybody knows."""
    names = Names.of(context)
    edges, (seeds,), (asked,) = (
        tuple(source for source in context.inputs[port] if isinstance(source, Source))
        for port in ("edges", "seeds", "asked")
    )
    found = Sources(edges, seeds, asked)
    weighted = any(len(source.columns) > ENDS for source in edges)
    for source in edges:
        names.check(source, names.ends, more=int(weighted))
    for source in (seeds, asked):
        names.check(source, names.node)
    if outside := [owner for owner in found.owners if owner not in context.session.committee]:
        raise RefusedError(
            "graph.outside",
            f"{', '.join(outside)} bring data and do not compute: only a compute party can keep the places of its edges to itself.",
            "Put the owners of edges, seeds and of what is asked about on the committee, with one party that has no data.",
        )
    if len({source.owner for source in edges}) < ENDS:
        raise RefusedError(
            "graph.one_owner",
            "The edges are one owner's: there is nothing to keep from anybody.",
            "Name data sets of two owners at least as `edges`.",
        )
    if not weighted:
        names = replace(names, most=1)
    if others := sorted(context.readers - {asked.owner}):
        raise RefusedError(
            "graph.reader",
            f"{', '.join(others)} would read results of this task. Classes are of {asked.owner}'s own nodes, for it alone.",
            "Give outputs to that party alone; who else asks about its own nodes does so in a task of its own.",
        )
    return found, names


def alone(context: StepContext, rows: Mapping[str, int], order: Order) -> dict[str, Value]:
    """A dry run at one owner."""
    del order  # what comes out is shares
    sources, names = sources_of(context)
    owner = next(source.owner for source in sources.all if source.table is not None)
    own = sources.part(owner, names, _least(context))
    sizes = Sizes.supposed(sources, _own_rows(sources, rows), len(own.nodes))
    graph = Graph(context, sources, names, sizes, own.at(np.arange(len(own.nodes))))
    return planned(context, graph)


def planned(context: StepContext, graph: "Graph") -> dict[str, Value]:
    """All rounds at a party that knows no slots, or supposes them."""
    start, weights, degrees = graph.seeds(), graph.weights(), Divisor(graph.degrees(), floor=1)
    scores = start
    for _ in range(context.integer("rounds")):
        scores = graph.after(scores, start, weights, degrees)
    return graph.outputs(scores)


def _own_rows(sources: Sources, rows: Mapping[str, int]) -> dict[str, int]:
    """Rows by data set, as they are after a contract's filters where this party has them."""
    return {s.data_set: rows[s.data_set] if s.table is None else len(s.table.ids) for s in sources.all}


# -- on shares ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph on slots; ``own`` is this party's part of it."""

    context: StepContext
    sources: Sources
    names: Names
    sizes: Sizes
    own: Part | None

    def seeds(self) -> SecureArray:
        """1 at seeds, 0 elsewhere; shape (slots,)."""
        owner, values = self.sources.seeds.owner, None
        if self.own is not None and self.context.me == owner:
            values = np.zeros(self.sizes.slots)
            values[self.own.seeds] = 1
        return share_from(self.context, values, owner, (self.sizes.slots,), 0, 1)

    def weights(self) -> dict[str, SecureArray]:
        """By owner the weights of both ends of its rows, (2·rows,); none where edges have none."""
        found: dict[str, SecureArray] = {}
        for source in self.sources.edges:
            rows = ENDS * self.sizes.edges[source.owner]
            if self.names.weight(source) and source.owner not in found:
                values = self.own.weights if self.own is not None and self.context.me == source.owner else None
                found[source.owner] = share_from(self.context, values, source.owner, (rows,), 0, self.names.most)
        return found

    def degrees(self) -> SecureArray:
        """How many edges of all owners each slot has, or their weights together; (slots,)."""
        most = sum(self.sizes.edges.values()) * self.names.most
        if most > _HEAVIEST:
            raise RangeError(
                "graph.weights",
                f"{sum(self.sizes.edges.values())} edges with weights up to {self.names.most} together could weigh more than 2^30.",
                "Use fewer edges or a lower weight_limit, and larger units of weight.",
            )
        parts: list[SecureArray] = []
        for owner, rows in self.sizes.edges.items():
            mine = self.own is not None and self.context.me == owner
            values = self.own.degrees(self.sizes.slots) if self.own is not None and mine else None
            limit = rows * self.names.most
            parts.append(share_from(self.context, values, owner, (self.sizes.slots,), 0, limit))
        return added(parts)

    def after(
        self, scores: SecureArray, seeds: SecureArray, weights: Mapping[str, SecureArray], degrees: Divisor
    ) -> SecureArray:
        """The scores one round later."""
        damping = self.context.decimal("damping")
        sums: list[SecureArray] = []
        scores = scores.rescaled(SCORE_BITS)
        for owner, rows in self.sizes.edges.items():
            by = self.context.session.names.index(owner)
            part = self.own if self.context.me == owner else None
            along = gather(scores, None if part is None else part.heads, ENDS * rows, by=by)
            if owner in weights:
                along = along * weights[owner]
            targets, limit = None if part is None else part.tails, rows * self.names.most * _MOST
            sums.append(scatter_add(along, targets, self.sizes.slots, by=by, limit=limit))
        mean = degrees.divide(added(sums), limit=_MOST, fraction_bits=SCORE_BITS)
        kept = seeds.multiply(1 - damping, fraction_bits=SCORE_BITS)
        return (mean * damping + kept).within(_MOST, because="a mean of scores and a seed, weighted")

    def outputs(self, scores: SecureArray) -> dict[str, Value]:
        """Each asked node's class, by how many bounds its score reaches."""
        context, owner, rows = self.context, self.sources.asked.owner, self.sizes.asked
        mine = None if self.own is None or context.me != owner else self.own.asked
        of_asked = gather(scores, mine, rows, by=context.session.names.index(owner))
        classes = context.integer("classes")
        reached = of_asked.at_least(bounds(context.decimal("threshold"), classes)).sum(axis=0)
        context.rows_of["classes"] = (("", rows),)
        return {"classes": reached.within(classes - 1, because="as many bounds")}


def bounds(threshold: float, classes: int) -> NDArray[np.float64]:
    """Where classes from 1 begin, ascending: evenly up to the threshold, where the last one begins."""
    return threshold * np.arange(1, classes) / (classes - 1)


# -- what the parties tell each other ----------------------------------------------------------------------------------


def _least(context: StepContext) -> int:
    return max(context.integer("minimum_seeds"), least_of(context))


async def _as_owner(context: StepContext, sources: Sources, names: Names, relay: Relay) -> tuple[Part, Sizes]:
    session = context.session
    own = sources.part(context.me, names, _least(context))  # refused, if at all, before anything is sent
    if len(own.nodes) > LIMITS.psi_ids:
        raise RangeError(
            "psi.too_many_ids", f"{len(own.nodes)} nodes; the limit is {LIMITS.psi_ids}.", "Split the task."
        )
    key = await group_key.agree(relay, context.label("key"))
    digests = keyed_digests(key, own.nodes)
    order = ascending_order(digests)
    await session.send(relay.hub, context.label("digests"), np.ascontiguousarray(digests[order]).tobytes())
    counts = [len(source.table.ids) for source in sources.all if source.table is not None]
    await session.send(relay.hub, context.label("rows"), np.array(counts, dtype="<u4").tobytes())
    sizes = _told(context, relay, sources, await session.receive(relay.hub, context.label("slots")))
    data = await session.receive(relay.hub, context.label("own-slots"))
    found = np.frombuffer(data, dtype="<u4").astype(np.int64) if len(data) == _SLOT_BYTES * len(order) else order[:0]
    if len(found) != len(order) or len(np.unique(found)) < len(found) or found.max(initial=0) >= sizes.slots:
        raise session.refuse(relay.hub, "the slots that it gives this party's nodes are none")
    slots = np.empty(len(order), dtype=np.int64)
    slots[order] = found
    return own.at(slots), sizes


def slots_told(rows: tuple[int, ...], slots: int) -> bytes:
    """On the wire: rows of each data set, and slots."""
    return np.array([*rows, slots], dtype="<u4").tobytes()


def _told(context: StepContext, relay: Relay, sources: Sources, data: bytes) -> Sizes:
    """What the helper tells everybody."""
    all_ = sources.all
    *rows, slots = np.frombuffer(data, dtype="<u4").tolist() if len(data) == _SLOT_BYTES * (len(all_) + 1) else [0]
    good = bool(rows) and all(0 < size <= LIMITS.psi_ids for size in rows)
    if not good or not 0 < slots <= ENDS * sum(rows):
        raise context.session.refuse(relay.hub, "the sizes that it tells are none of these tables")
    found = dict(zip((source.data_set for source in all_), rows, strict=True))
    if any(s.table is not None and len(s.table.ids) != found[s.data_set] for s in all_):
        raise context.session.refuse(relay.hub, "it tells another size of this party's own table")
    return Sizes.of(sources, found, slots)


async def _as_helper(context: StepContext, sources: Sources, relay: Relay) -> Sizes:
    session = context.session
    await group_key.serve(relay, context.label("key"))
    lists: dict[str, Digests] = {}
    rows: dict[str, int] = {}
    for owner in relay.members:
        digests = read_digests(await session.receive(owner, context.label("digests")))
        if digests is None:
            raise session.refuse(owner, "its digests are not strictly ascending 16-byte values within the limit")
        lists[owner] = digests
        mine = [source.data_set for source in sources.all if source.owner == owner]
        data = await session.receive(owner, context.label("rows"))
        if len(data) != _SLOT_BYTES * len(mine):
            raise session.refuse(owner, "its tables' sizes are malformed")
        rows |= zip(mine, np.frombuffer(data, dtype="<u4").tolist(), strict=True)
    union = np.unique(np.concatenate(list(lists.values())))
    slots = _drawn(len(union))
    told = slots_told(tuple(rows[source.data_set] for source in sources.all), len(union))
    for peer in session.names:
        if peer != relay.hub:
            await session.send(peer, context.label("slots"), told)
    for owner, digests in lists.items():
        await session.send(owner, context.label("own-slots"), slots[located(digests, union)].astype("<u4").tobytes())
    return Sizes.of(sources, rows, len(union))


def _drawn(rows: int) -> NDArray[np.int64]:
    """A uniform order from the operating system's randomness."""
    return np.argsort(np.frombuffer(secrets.token_bytes(8 * rows), dtype="<u8"), kind="stable")
