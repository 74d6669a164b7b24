"""``psi.join``: the rows of several owners' tables side by side as shares, and no owner learns which of its rows matched.

1. The owners agree on a fresh key that the helper does not learn, and send it the keyed digests of their ids in ascending order, as
   ``psi.align`` does. The helper, the compute party without data, works out which rows come out and in which order, a uniform one that it
   draws. It tells everybody the tables' sizes and how many rows there will be; where too few ids are common, that and nothing else.
2. Each owner shares its columns in the order of its digests. Where tables may lack a row, empty rows of zeros are put behind them.
3. The helper, who alone knows where the rows lie, permutes each table with the primitive of :mod:`mpc.backends.fast.permuting`, so that
   the rows that come out are the first ones of each; the others are dropped. A column of ones goes the same way: it says which rows a
   table has (``matched``).

Source: Mohassel, Rindal, Rosulek, Fast Database Joins and PSI for Secret Shared Data (CCS 2020); a third party that has no data takes
the place of their oblivious cuckoo tables. Bytes, of all parties: 16 a row for the digests and 52 an element, of empty rows too.

Security: passive, against any one party, the digests being a keyed BLAKE2s taken for a pseudorandom function. An owner sees sizes and
what a permutation shows: orders that are uniform to it. The helper sees sizes, and which positions of unnamed digests match: how many ids
any tables have in common. It could test guessed ids if an owner told it the key. Unlike in ``psi.align`` nobody can notice a helper that
matches wrongly: level 4 is for parties that follow the protocol.
"""

import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs import columns
from mpc.programs.alignment import key_columns
from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.run import Digests, ascending_order, keyed_digests, own_rows, read_digests
from mpc.programs.alignment.psi_join import matching
from mpc.programs.alignment.psi_join.matching import Positions
from mpc.programs.alignment.psi_join.rare import Seen, marks, marks_of, shown
from mpc.programs.minimum_group import guarded, require
from mpc.programs.precision import finest
from mpc.programs.rare_values import rare
from mpc.workflow.context import Order, StepContext
from mpc.workflow.frames import checked, share_from
from mpc.workflow.relay import Relay
from mpc.workflow.roles import dataless_party
from mpc.workflow.values import Floats, Label, SharedTable, Source, Value
from protocol.data_faults import too_few
from protocol.errors import RangeError, RefusedError
from protocol.limits import LIMITS

BLOCK: Final = 1 << 20
"""Elements that are shared and permuted at a time: what lies in memory beside the result."""
MATCHED: Final = "matched"
_SIZE_BYTES: Final = 4
_FINEST: Final = 20
"""A column's spread is at least 2^-20 of the limit: what programs take from a secret table's finer columns would be rounding."""
Own = Mapping[str, Floats]
"""This party's own columns by data set, in the order of its digests."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The tables of a join, and the label's if there is one."""

    tables: tuple[Source, ...]
    label: Source | None

    @property
    def all(self) -> tuple[Source, ...]:
        """The label's last."""
        return self.tables if self.label is None else (*self.tables, self.label)

    @property
    def owners(self) -> tuple[str, ...]:
        """Who brings them, sorted."""
        return tuple(sorted({source.owner for source in self.all}))


@dataclass(frozen=True, slots=True)
class Sizes:
    """What everybody learns: rows of each table, the label's last, and of the join."""

    tables: tuple[int, ...]
    rows: int

    @classmethod
    def supposed(cls, context: StepContext, tables: Sequence[int]) -> "Sizes":
        """As if every row of the smallest table were found in all others."""
        rows = {"inner": min(tables), "left": tables[0], "outer": max(tables)}[context.choice("kind")]
        return cls(tuple(tables), min(rows, tables[-1]) if context.inputs["label"] else rows)

    def data(self) -> bytes:
        """On the wire."""
        return np.array([self.rows, *self.tables], dtype="<u4").tobytes()

    @classmethod
    def read(cls, data: bytes, tables: int) -> "Sizes | None":
        """What :meth:`data` gives, or None: no join has more rows than its tables together."""
        if len(data) != _SIZE_BYTES * (tables + 1):
            return None
        rows, *sizes = np.frombuffer(data, dtype="<u4").tolist()
        good = all(0 < size <= LIMITS.psi_ids for size in sizes) and rows <= sum(sizes)
        return cls(tuple(sizes), rows) if good else None


async def run(context: StepContext) -> dict[str, Value]:
    """Join all tables; see the module."""
    sources = sources_of(context)
    relay = Relay(context.session, dataless_party(context.session.committee, sources.owners), sources.owners)
    steps = len(sources.all) + 1
    context.progress(0, steps)
    own: dict[str, Floats] = {}
    orders: list[Positions] | None = None
    if context.me in sources.owners:
        sizes, own = await _as_owner(context, sources, relay)
    elif context.me == relay.hub:
        sizes, orders = await _as_helper(context, sources, relay)
    else:
        sizes = _read(context, relay, await context.session.receive(relay.hub, context.label("sizes")), sources)
    context.disclose("joined_rows", sizes.rows)
    context.progress(1, steps)
    table = _Table(context, sources, sizes, own, orders)
    parts: list[list[SecureArray]] = []
    for at in range(len(sources.all)):
        parts.append([await part.settled() for part in table.parts(at)])
        context.progress(at + 2, steps)
    return table.outputs(parts)


def sources_of(context: StepContext) -> Sources:
    """The step's data sets; refuses those that cannot be joined, by facts that everybody knows."""
    names = key_columns.named(context)
    tables, labels = (
        tuple(key_columns.without(source, names) for source in context.inputs[port] if isinstance(source, Source))
        for port in ("tables", "label")
    )
    label = labels[0] if labels else None
    found = Sources(tables, label)
    owners = {source.owner for source in tables}
    if len(owners) != len(tables) or len(found.owners) < 2:
        raise RefusedError(
            "join.one_table_per_owner",
            f"{len(tables)} tables of {len(owners)} owners, with {len(found.owners)} owners in all, cannot be joined.",
            "Name one table of each owner, and data sets of two owners at least.",
        )
    if label is not None and len(label.columns) != 1:
        raise RefusedError(
            "join.label_columns",
            f"The label's data set has {len(label.columns)} columns{' beside the keys' if names else ''} in this contract.",
            "Name one column of it: the label.",
        )
    if MATCHED in chain.from_iterable(source.columns for source in optional(context, found)):
        raise RefusedError(
            "join.column_name",
            f"A table has a column named {MATCHED!r}, which the join gives to the column that says where it has a row.",
            "Register the data set with another name for it.",
        )
    return found


def optional(context: StepContext, sources: Sources) -> tuple[Source, ...]:
    """The tables that may lack a row of the join."""
    return {"inner": (), "left": sources.tables[1:], "outer": sources.tables}[context.choice("kind")]


def alone(context: StepContext, rows: Mapping[str, int], order: Order) -> dict[str, Value]:
    """A dry run at one owner, as if all of its rows matched."""
    del order  # what comes out is shares
    sources = sources_of(context)
    own = {s.data_set: _own(context, s, sources)[1] for s in sources.all if s.table is not None}
    sizes = [len(own[s.data_set]) if s.data_set in own else rows[s.data_set] for s in sources.all]
    least, most = _least(context), min((len(values) for values in own.values()), default=min(sizes))
    if most < least:
        faults.refuse(too_few("psi.too_few_matches", most, least))
    table = table_of(context, sources, Sizes.supposed(context, sizes), own)
    return table.outputs([list(table.parts(at)) for at in range(len(sources.all))])


def table_of(context: StepContext, sources: Sources, sizes: Sizes, own: Own | None = None) -> "_Table":
    """The join in the making at a party that knows no order."""
    return _Table(context, sources, sizes, own or {}, None)


# -- from shared tables to the join --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """The join in the making. ``orders`` are the helper's, None elsewhere."""

    context: StepContext
    sources: Sources
    sizes: Sizes
    own: Own
    orders: Sequence[Positions] | None

    def parts(self, at: int) -> Iterator[SecureArray]:
        """The joined rows of table ``at``, some columns at a time; its own, then those that the join adds."""
        source, size = self.sources.all[at], self.sizes.tables[at]
        own = self.own.get(source.data_set)
        bits, limit = self._places(at)
        step = max(1, BLOCK // (size + self._padding(at)))
        for start in range(0, len(source.columns), step):
            names = source.columns[start : start + step]
            values = None if own is None else own[:, start : start + step]
            shape = (size, len(names))
            yield self._permuted(at, share_from(self.context, values, source.owner, shape, bits, limit, names))
        if at == len(self.sources.tables):
            return
        if source in optional(self.context, self.sources):
            yield self._permuted(at, constant(self.context.backend, np.ones((size, 1)), bits))
        if guarded(self.context):
            for start in range(0, len(source.columns), step):
                values = None if own is None else marks(own[:, start : start + step])
                shape = marks_of(size, len(source.columns[start : start + step]))
                yield self._permuted(at, share_from(self.context, values, source.owner, shape, 0, 1))

    def outputs(self, parts: Sequence[Sequence[SecureArray]]) -> dict[str, Value]:
        """What the step gives, of all tables' :meth:`parts`."""
        context, rows = self.context, self.sizes.rows
        owned = (("", rows),)
        require(context, owned)
        blocks: list[SecureArray] = []
        added: list[SecureArray] = []
        names: list[str] = []
        indicators: list[str] = []
        seen: list[Seen] = []
        for source, found in zip(self.sources.tables, parts, strict=False):
            own = [part for part in found if part.fraction_bits]
            absent = source in optional(context, self.sources)
            if absent:
                added.append(own.pop())
                indicators.append(f"{source.owner}.{MATCHED}")
            blocks += own
            names += [f"{source.owner}.{name}" for name in source.columns]
            if guarded(context):
                there = None if not absent else _bits(added[-1])
                tallied = [part for part in found if not part.fraction_bits]
                values = self.own.get(source.data_set)
                seen.append(Seen.of(context, source, values, tallied, rows, there, absent=absent))
        whole = concatenate([*blocks, *added], axis=1)
        few = None
        if guarded(context):
            bits, few = shown(context, seen, len(added))
            whole = (whole * bits).within(whole.limit, because="as it is, or zero")
        fraction = context.decimal("train_fraction")
        train = max(1, math.floor(rows * fraction)) if fraction < 1 else None
        outputs: dict[str, Value] = {"joined": SharedTable((*names, *indicators), whole, train, owned, few)}
        if self.sources.label is not None:
            outputs["labels"] = parts[-1][0].reshape(rows)
            context.rows_of["labels"] = owned
        return outputs

    def _places(self, at: int) -> tuple[int, float]:
        """Fraction bits and limit of table ``at``."""
        limit = self.context.decimal("limit")
        if at < len(self.sources.tables) or self.context.choice("label_values") == "numbers":
            return places(self.context), limit
        return 0, 1 if self.context.choice("label_values") == "bits" else limit

    def _padding(self, at: int) -> int:
        """Empty rows behind table ``at``: as many as it may lack."""
        absent = at < len(self.sources.tables) and self.sources.tables[at] in optional(self.context, self.sources)
        return self.sizes.rows if absent else 0

    def _permuted(self, at: int, block: SecureArray) -> SecureArray:
        """The rows of a block that come out, in the join's order."""
        session = self.context.session
        helper = session.names.index(dataless_party(session.committee, self.sources.owners))
        order, rows = None, block.shape[0]
        if (empty := self._padding(at)) > 0:
            zeros = constant(self.context.backend, np.zeros((empty, block.shape[1])), block.fraction_bits)
            block = concatenate([block, zeros])
        if self.orders is not None:
            order = matching.order_of(self.orders[at], rows, empty)
        return block.permuted(helper, order)[: self.sizes.rows]


def places(context: StepContext) -> int:
    """Fraction bits of a joined table: sums over ten million rows stay in range, and so do comparisons."""
    return finest(context.backend, context.decimal("limit") * LIMITS.psi_ids, spare=2)


def _bits(indicator: SecureArray) -> SecureArray:
    """A column of ones and zeros as integers."""
    return indicator.shifted_down(-indicator.fraction_bits)


# -- what the parties tell each other ------------------------------------------------------------------------------


def _own(context: StepContext, source: Source, sources: Sources) -> tuple[list[bytes], Floats]:
    """The owner's ids and columns: all that its rows alone can be refused for."""
    ids, values = own_rows(source, key_columns.named(context))
    limit, kind = context.decimal("limit"), context.choice("label_values")
    if source is sources.label and kind != "numbers":
        (name,) = source.columns
        label = checked(Label(source.owner, source.data_set, name, len(ids), values[:, 0]), kind, limit)
        return ids, values if label.values is None else label.values.reshape(-1, 1)
    values = columns.within(values, source.columns, limit, "stats.beyond_limit", clip=False)
    columns.resolved(values, source.columns, limit, _FINEST, pooled=False)
    if guarded(context) and faults.noticing() and bool((found := rare(values, context.minimum_group)).any()):
        names = [name for name, flag in zip(source.columns, found, strict=True) if flag]
        faults.notice("group.rare_hidden", names, least=context.minimum_group)
    return ids, values


async def _as_owner(context: StepContext, sources: Sources, relay: Relay) -> tuple[Sizes, dict[str, Floats]]:
    session, mine = context.session, [(at, s) for at, s in enumerate(sources.all) if s.owner == context.me]
    given = [_own(context, source, sources) for _, source in mine]  # refused, if at all, before anything is sent
    key = await group_key.agree(relay, context.label("key"))
    own: dict[str, Floats] = {}
    for (at, source), (ids, values) in zip(mine, given, strict=True):
        digests = keyed_digests(key, ids)
        order = ascending_order(digests)
        await session.send(relay.hub, context.label(f"digests/{at}"), np.ascontiguousarray(digests[order]).tobytes())
        own[source.data_set] = values[order]
    sizes = _read(context, relay, await session.receive(relay.hub, context.label("sizes")), sources)
    if any(sizes.tables[at] != len(own[source.data_set]) for at, source in mine):
        raise session.refuse(relay.hub, "it tells another size of this party's own table")
    return sizes, own


def _read(context: StepContext, relay: Relay, data: bytes, sources: Sources) -> Sizes:
    """What the helper tells everybody; nothing but that there are too few, where there are."""
    if not data:
        raise too_few("psi.too_few_matches", None, _least(context))
    sizes = Sizes.read(data, len(sources.all))
    if sizes is None or sizes.rows < _least(context):
        raise context.session.refuse(relay.hub, "the sizes that it tells are none of a join")
    _check_rows(sizes.rows)
    return sizes


async def _as_helper(context: StepContext, sources: Sources, relay: Relay) -> tuple[Sizes, list[Positions]]:
    session = context.session
    await group_key.serve(relay, context.label("key"))
    lists: list[Digests] = []
    for at, source in enumerate(sources.all):
        digests = read_digests(await session.receive(source.owner, context.label(f"digests/{at}")))
        if digests is None:
            raise session.refuse(source.owner, "its digests are not strictly ascending 16-byte values within the limit")
        lists.append(digests)
    tables = len(sources.tables)
    label = lists[tables] if sources.label is not None else None
    found = matching.kept(context.choice("kind"), lists[:tables], label)
    sizes = Sizes(tuple(map(len, lists)), len(found[0]))
    enough = _enough(context, found)
    for peer in session.names:
        if peer != relay.hub:
            await session.send(peer, context.label("sizes"), sizes.data() if enough else b"")
    if not enough:
        raise too_few("psi.too_few_matches", None, _least(context))
    _check_rows(sizes.rows)
    order = _drawn(sizes.rows)
    return sizes, [positions[order] for positions in found]


def _check_rows(rows: int) -> None:
    if rows > LIMITS.psi_ids:
        raise RangeError("psi.too_many_ids", f"{rows} rows; the limit is {LIMITS.psi_ids}.", "Split the task.")


def _enough(context: StepContext, found: Sequence[Positions]) -> bool:
    """Enough ids are common; and where a group is agreed, a table lacks none of the rows, or enough."""
    least = _least(context)
    if matching.common(found) < least:
        return False
    lacking = [int((positions < 0).sum()) for positions in found]
    return not guarded(context) or not any(0 < count < context.minimum_group for count in lacking)


def _least(context: StepContext) -> int:
    return max(context.integer("minimum_matches"), context.minimum_group)


def _drawn(rows: int) -> Positions:
    """A uniform order from the operating system's randomness."""
    keys = np.frombuffer(secrets.token_bytes(8 * rows), dtype="<u8")
    return np.argsort(keys, kind="stable")
