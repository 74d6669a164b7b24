"""``reconcile.flows``: which of its lines a regulator finds at the banks, and with which amount, and no bank learns which of its lines was looked for.

1. The owners agree on a fresh key that the helper, the compute party without data, does not learn, and send it the keyed digests of their
   lines in ascending order, as ``psi.join`` does: one for each line, so that nobody sees how often a key stands in a table. The helper tells
   everybody the tables' sizes and finds for each line of a bank the reported line with the same digest.
2. Each bank shares, by line, the amount and number of its lines of that key. They are added up at the reported lines by
   :func:`~mpc.functions.indexed.scatter_add`, whose index the helper alone knows. A reported line that no bank has gets nothing, and a sum over
   all banks is all that there is of a line's amount.
3. Amounts are compared with those reported, and numbers of lines with 0 and 1. What comes out is a finding for each reported line, with the
   line's number, which the regulator shared: the order is that of the digests, a random one.

Security: passive, against any one party, the digests being a keyed BLAKE2s taken for a pseudorandom function; level 4. The helper sees sizes,
and how many keys any two tables have in common. It could test guessed keys if an owner told it the key. As with ``psi.join`` nobody can notice
a helper that matches wrongly.

Bytes of all parties: 16 a line for the digests, 212 a bank's line and 806 a reported one, with all outputs; 164 of either are the scatter's. Rounds: 21, however
many lines there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.interface import SecureArray, concatenate, constant, stack
from mpc.functions.indexed import scatter_add
from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.run import Digests, ascending_order, keyed_digests, read_digests
from mpc.programs.alignment.psi_join.matching import located
from mpc.programs.minimum_group import enough, guarded, require
from mpc.programs.reconcile.flows.lines import Lines, Terms, own_lines
from mpc.programs.reconcile.flows.words import DIFFER, FURTHER, KNOWN, MISSING, SEVERAL, TOTALS
from mpc.workflow.context import Order, StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.relay import Relay
from mpc.workflow.roles import dataless_party
from mpc.workflow.values import Floats, Source, Value
from protocol.errors import RangeError, RefusedError
from protocol.limits import LIMITS

STEPS: Final = 4
_SIZE_BYTES: Final = 4
_SUMS: Final = 2**60
_ABOUT_OTHERS: Final = [at for at, name in enumerate(TOTALS) if name not in KNOWN]
"""Totals that are of banks' lines and not known to who reported: each is 0 or enough under a minimum group."""
Own = Mapping[str, Lines]
"""This party's lines by data set, in the order of its digests."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The reported lines and those of banks."""

    reported: Source
    banks: tuple[Source, ...]

    @property
    def all(self) -> tuple[Source, ...]:
        """The reported ones first."""
        return (self.reported, *self.banks)

    @property
    def owners(self) -> tuple[str, ...]:
        """Who brings them, sorted."""
        return tuple(sorted({source.owner for source in self.all}))


async def run(context: StepContext) -> dict[str, Value]:
    """Compare; see the module."""
    sources, terms = sources_of(context)
    relay = Relay(context.session, dataless_party(context.session.committee, sources.owners), sources.owners)
    context.progress(0, STEPS)
    own: dict[str, Lines] = {}
    targets: NDArray[np.int64] | None = None
    if context.me in sources.owners:
        sizes, own = await _as_owner(context, sources, terms, relay)
    elif context.me == relay.hub:
        sizes, targets = await _as_helper(context, sources, relay)
    else:
        sizes = _read(context, relay, await context.session.receive(relay.hub, context.label("sizes")), sources)
    context.progress(1, STEPS)
    found = Reported.of(context, sources, terms, sizes, own)
    sums = await banks_sums(context, sources, terms, sizes, own, targets).settled()
    context.progress(2, STEPS)
    compared = Compared.of(found, sums, terms)
    await compared.differ.settled()
    context.progress(3, STEPS)
    outputs = results(context, terms, sizes, found, compared)
    context.progress(STEPS, STEPS)
    return outputs


def sources_of(context: StepContext) -> tuple[Sources, Terms]:
    """The step's data sets and what the contract says of them; refuses what cannot be compared, by facts that everybody knows."""
    terms = Terms.of(context)
    (reported,) = (source for source in context.inputs["reported"] if isinstance(source, Source))
    found = Sources(reported, tuple(source for source in context.inputs["banks"] if isinstance(source, Source)))
    if reported.owner in {source.owner for source in found.banks}:
        raise RefusedError(
            "reconcile.owners",
            f"{reported.owner} brings the reported lines and lines to compare them with.",
            "Name data sets of others as `banks`: who reports nothing to itself needs no computation.",
        )
    others = sorted(context.readers - {reported.owner})
    if others and ("lines" in context.wanted or guarded(context)):
        raise RefusedError(
            "reconcile.reader",
            f"{', '.join(others)} would read results of this task. Findings line by line, and under a minimum group all figures, are for {reported.owner} alone,"
            " who knows the lines.",
            "Give outputs to that party alone; what others may read (totals, amounts) ask for in a task of its own.",
        )
    for source in found.all:
        terms.amount(source)
    return found, terms


def alone(context: StepContext, rows: Mapping[str, int], order: Order) -> dict[str, Value]:
    """A dry run at one owner."""
    del order  # what comes out is shares
    sources, terms = sources_of(context)
    own = {s.data_set: own_lines(s, terms) for s in sources.all if s.table is not None}
    sizes = tuple(len(own[s.data_set].counts) if s.data_set in own else rows[s.data_set] for s in sources.all)
    return planned(context, sources, terms, sizes, own)


def planned(
    context: StepContext, sources: Sources, terms: Terms, sizes: tuple[int, ...], own: Own | None = None
) -> dict[str, Value]:
    """What comes out at a party that knows no target."""
    found = Reported.of(context, sources, terms, sizes, own or {})
    sums = banks_sums(context, sources, terms, sizes, own or {}, None)
    return results(context, terms, sizes, found, Compared.of(found, sums, terms))


# -- on shares ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reported:
    """The reported lines as shares, each of shape (lines,): their ``numbers`` from 1, ``amounts`` in units, and bits: there is a ``further`` one of the
    key, and this is such a one.
    """

    numbers: SecureArray
    amounts: SecureArray
    several: SecureArray
    further: SecureArray

    @classmethod
    def of(cls, context: StepContext, sources: Sources, terms: Terms, sizes: tuple[int, ...], own: Own) -> "Reported":
        """Dealt by their owner."""
        rows, lines = sizes[0], own.get(sources.reported.data_set)

        def dealt(values: Floats | None, limit: float) -> SecureArray:
            return share_from(context, values, sources.reported.owner, (rows,), 0, limit)

        if lines is None:
            return cls(dealt(None, rows), dealt(None, terms.limit), dealt(None, 1), dealt(None, 1))
        several, further = ((lines.counts > 1).astype(np.float64), (lines.counts == 0).astype(np.float64))
        return cls(dealt(lines.numbers, rows), dealt(lines.amounts, terms.limit), dealt(several, 1), dealt(further, 1))


def banks_sums(
    context: StepContext,
    sources: Sources,
    terms: Terms,
    sizes: tuple[int, ...],
    own: Own,
    targets: NDArray[np.int64] | None,
) -> SecureArray:
    """At each reported line the sum of amounts, in units, and the number of the lines that all banks have of its key; shape (lines, 2)."""
    parts: list[SecureArray] = []
    for source, rows in zip(sources.banks, sizes[1:], strict=True):
        lines = own.get(source.data_set)
        amounts = share_from(context, None if lines is None else lines.amounts, source.owner, (rows,), 0, terms.limit)
        counts = share_from(context, None if lines is None else lines.counts, source.owner, (rows,), 0, rows)
        parts.append(stack([amounts, counts], axis=1))
    helper = context.session.names.index(dataless_party(context.session.committee, sources.owners))
    most = max(terms.limit * len(parts), sum(sizes[1:]))  # a key stands at most once in a table's list
    return scatter_add(concatenate(parts), targets, sizes[0], by=helper, limit=most)


@dataclass(frozen=True, slots=True)
class Compared:
    """Of each reported line: the banks' ``amounts`` and ``counts``, and bits: a bank has its key (``found``), and of those found, several lines are of the
    key on some side (``several``), and the sums ``differ`` by more than the tolerance. Of further lines of a key nothing is found.
    """

    amounts: SecureArray
    counts: SecureArray
    found: SecureArray
    several: SecureArray
    differ: SecureArray

    @classmethod
    def of(cls, reported: Reported, sums: SecureArray, terms: Terms) -> "Compared":
        """Two comparisons of each line, and one round of products."""
        amounts, counts = sums[:, 0], sums[:, 1]
        found, two = counts.at_least([1, 2])
        below, above = (reported.amounts - amounts).at_least([-terms.tolerance, terms.tolerance + 1])
        apart = (1 - below + above).within(1, because="no difference is both above and below the tolerance")
        both = stack([reported.several, reported.several, apart]) & stack([found, two, found])
        several = (two + both[0] - both[1]).within(1, because="two lines or, where there is one, another reported one")
        return cls(amounts, counts, found, several, both[2])


def results(
    context: StepContext, terms: Terms, sizes: tuple[int, ...], reported: Reported, compared: Compared
) -> dict[str, Value]:
    """The wanted outputs."""
    for count in (sizes[0], sum(sizes[1:])):
        require(context, (("", count),))
    rows, outputs = sizes[0], dict[str, Value]()
    if "lines" in context.wanted:
        missing = (1 - compared.found) * MISSING + reported.further * (FURTHER - MISSING)
        finding = compared.differ * DIFFER + compared.several * SEVERAL + missing
        most = max(rows, FURTHER)
        lines = stack([reported.numbers, finding], axis=1).within(most, because="a number of a line, or of a finding")
        outputs["lines"] = lines
        context.rows_of["lines"] = (("", rows),)
    if {"totals", "amounts"} & context.wanted:
        totals = _totals(context, sizes, reported, compared)
        shown = enough(totals[_ABOUT_OTHERS], context.minimum_group) if guarded(context) else None
        if "totals" in context.wanted:
            outputs["totals"] = totals if shown is None else totals * shown
        if "amounts" in context.wanted:
            amounts = _amounts(context, terms, sizes, reported, compared)
            outputs["amounts"] = amounts if shown is None else amounts * shown
    return outputs


def _totals(context: StepContext, sizes: tuple[int, ...], reported: Reported, compared: Compared) -> SecureArray:
    """How many reported lines have each finding, all lines of banks, and those of keys that nobody reported."""
    rows, lines = sizes[0], sum(sizes[1:])
    differ, several, found = (bits.sum(limit=rows) for bits in (compared.differ, compared.several, compared.found))
    both = (compared.differ & compared.several).sum(limit=rows)
    further = reported.further.sum(limit=rows)
    whole = constant(context.backend, np.array(lines), 0)
    counts = [
        found - differ - several + both, differ - both, several - both, both, -found - further + rows, further,
        whole, whole - compared.counts.sum(limit=lines),
    ]  # fmt: skip
    return stack(counts).within(max(rows, lines), because="each counts some of the lines")


def _amounts(
    context: StepContext, terms: Terms, sizes: tuple[int, ...], reported: Reported, compared: Compared
) -> SecureArray:
    """Of keys that a bank has, what is reported and what the banks have, in units."""
    most = terms.limit * min(sizes[0] * len(context.inputs["banks"]), sum(sizes[1:]))
    if most > _SUMS:
        raise RangeError(
            "reconcile.amounts",
            f"Sums of {sizes[0]} lines with amounts up to {context.choice('limit')} could leave what the committee can hold.",
            "Leave out the output `amounts`, or lower limit or places in the contract.",
        )
    return stack([(compared.found * reported.amounts).sum(limit=most), compared.amounts.sum(limit=most)])


# -- what the parties tell each other ----------------------------------------------------------------------------------


async def _as_owner(
    context: StepContext, sources: Sources, terms: Terms, relay: Relay
) -> tuple[tuple[int, ...], dict[str, Lines]]:
    session, mine = context.session, [(at, s) for at, s in enumerate(sources.all) if s.owner == context.me]
    given = [own_lines(source, terms) for _, source in mine]  # refused, if at all, before anything is sent
    key = await group_key.agree(relay, context.label("key"))
    own: dict[str, Lines] = {}
    for (at, source), lines in zip(mine, given, strict=True):
        digests = keyed_digests(key, lines.items)
        order = ascending_order(digests)
        await session.send(relay.hub, context.label(f"digests/{at}"), np.ascontiguousarray(digests[order]).tobytes())
        own[source.data_set] = lines.ordered(order)
    sizes = _read(context, relay, await session.receive(relay.hub, context.label("sizes")), sources)
    if any(sizes[at] != len(own[source.data_set].counts) for at, source in mine):
        raise session.refuse(relay.hub, "it tells another size of this party's own table")
    return sizes, own


def sizes_told(sizes: tuple[int, ...]) -> bytes:
    """On the wire."""
    return np.array(sizes, dtype="<u4").tobytes()


def _read(context: StepContext, relay: Relay, data: bytes, sources: Sources) -> tuple[int, ...]:
    """What the helper tells everybody."""
    sizes = np.frombuffer(data, dtype="<u4").tolist() if len(data) == _SIZE_BYTES * len(sources.all) else []
    if not sizes or not all(0 < size <= LIMITS.psi_ids for size in sizes):
        raise context.session.refuse(relay.hub, "the sizes that it tells are none of these tables")
    return tuple(sizes)


async def _as_helper(context: StepContext, sources: Sources, relay: Relay) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    session = context.session
    await group_key.serve(relay, context.label("key"))
    lists: list[Digests] = []
    for at, source in enumerate(sources.all):
        digests = read_digests(await session.receive(source.owner, context.label(f"digests/{at}")))
        if digests is None:
            raise session.refuse(source.owner, "its digests are not strictly ascending 16-byte values within the limit")
        lists.append(digests)
    sizes = tuple(map(len, lists))
    for peer in session.names:
        if peer != relay.hub:
            await session.send(peer, context.label("sizes"), sizes_told(sizes))
    return sizes, np.concatenate([located(digests, lists[0]) for digests in lists[1:]])
