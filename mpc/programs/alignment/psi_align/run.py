"""``psi.align``: find the common ids of two or more owners with the help of a compute party that has no data.

1. The owners agree on a fresh key that the helper does not learn (:mod:`mpc.programs.alignment.psi_align.group_key`). Owners need no
   links among each other: the helper carries their messages, signed and, where they are secret, encrypted end to end.
2. Each owner sends the helper the 128-bit keyed BLAKE2s digests (RFC 7693) of its ids in ascending order. To the helper they are random
   numbers in random order: it learns how many there are and, having matched them, how many are common.
3. The helper returns to each owner the positions of the common digests in that owner's list; where fewer are common than
   the minimum, it returns none to anybody, and the run ends.
4. The owners compare keyed hashes over the matched digests, each bound to its sender so that none can be played back: a
   helper that errs is noticed. It can leave a match out for all of them, but cannot invent or swap one.

All owners order their matched rows by digest: the same order everywhere, and a random one, since the key is fresh. It serves
as the random order of a train and test split. What owners learn beyond the size is which of their rows matched (level 3).

Security: passive, helper and owners not colluding. A helper with the key could test guessed ids; the key never leaves the
owners.
"""

import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import blake2s, sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.programs.alignment import key_columns
from mpc.programs.alignment.psi_align import group_key
from mpc.workflow.context import Order, StepContext
from mpc.workflow.relay import Relay
from mpc.workflow.roles import dataless_party
from mpc.workflow.values import Aligned, AlignedTable, Floats, PrivateTable, Source, Value
from protocol.data_faults import DataFault, too_few
from protocol.errors import RangeError, RefusedError
from protocol.limits import LIMITS

DIGEST_BYTES: Final = 16
_POSITION_BYTES: Final = 4
_HASH_BYTES: Final = 32
Digests = NDArray[np.bytes_]


async def run(context: StepContext) -> dict[str, Value]:
    """Align all tables; see the module."""
    sources = sources_of(context)
    owners = tuple(sorted(source.owner for source in sources))
    relay = Relay(context.session, dataless_party(context.session.committee, owners), owners)
    context.progress(0, 3)
    own = next((source for source in sources if source.owner == context.me), None)
    if own is not None:
        order = await _as_owner(context, own, relay)
    elif context.me == relay.hub:
        order = await _as_helper(context, relay)
    else:
        order = await _as_bystander(context, relay)
    context.progress(3, 3)
    rows = context.disclosed["intersection_size"]
    tables = tuple(_aligned(source, order) for source in sources)
    mine = None if own is None or own.table is None else own.table.ids
    return {"aligned": Aligned(rows, tables, ids=None if mine is None else tuple(mine[i] for i in order))}


def sources_of(context: StepContext) -> list[Source]:
    """The step's data sets, with the columns beside the keys; refuses those that cannot be aligned, by facts that everybody knows."""
    given = (source for source in context.inputs["tables"] if isinstance(source, Source))
    sources = [key_columns.without(source, key_columns.named(context)) for source in given]
    owners = {source.owner for source in sources}
    if len(owners) < 2 or len(owners) != len(sources):
        raise RefusedError(
            "psi.one_table_per_owner",
            f"{len(sources)} tables of {len(owners)} owners cannot be aligned.",
            "Name exactly one table of each of at least two owners.",
        )
    return sources


def normalise(ids: Sequence[str]) -> list[bytes]:
    """Ids in the form that is compared: Unicode NFC without surrounding white space, as UTF-8.

    Empty ids and ids that become equal are refused, with their row numbers: matching them would be a guess.
    """
    if "".join(ids).isascii():  # where NFC changes nothing
        plain = [text.strip().encode() for text in ids]
        distinct = set(plain)
        if len(distinct) == len(plain) <= LIMITS.psi_ids and b"" not in distinct:
            return plain
    found = [unicodedata.normalize("NFC", text.strip()).encode("utf-8") for text in ids]
    empty = [row for row, data in enumerate(found, start=1) if not data]
    if empty:
        faults.refuse(DataFault("psi.empty_id", rows=len(empty), row=empty[0]))
    first: dict[bytes, int] = {}
    again = [row for row, data in enumerate(found, start=1) if first.setdefault(data, row) != row and data]
    if again:
        faults.refuse(DataFault("psi.duplicate_id", rows=len(again), row=again[0]))
    if len(first) > LIMITS.psi_ids:
        raise RangeError("psi.too_many_ids", f"{len(first)} ids; the limit is {LIMITS.psi_ids}.", "Split the task.")
    return found


def own_rows(source: Source, names: Sequence[str]) -> tuple[list[bytes], Floats]:
    """What the owner's rows are matched by, ids or the key columns ``names``, as it is compared, and its columns: all that its rows alone can be
    refused for.
    """
    table = source.table
    if table is None:
        raise RefusedError("psi.no_table", f"The records of {source.data_set} are not here.", "Load the data set.")
    ids = key_columns.distinct(table, names) if names else normalise(table.ids)
    return ids, table.matrix(source.columns)


def alone(context: StepContext, rows: Mapping[str, int], order: Order) -> dict[str, Value]:
    """A dry run at one owner, as if all of its rows matched; ``order`` draws the order that digests would give."""
    sources, names = sources_of(context), key_columns.named(context)
    own = {source.data_set: own_rows(source, names)[1] for source in sources if source.table is not None}
    size = max((len(values) for values in own.values()), default=min(rows.values()))
    least = _least(context)
    if size < least:
        faults.refuse(too_few("psi.too_few_matches", size, least))
    drawn = order(size)
    tables = tuple(
        AlignedTable(s.data_set, s.owner, s.columns, own[s.data_set][drawn] if s.data_set in own else None)
        for s in sources
    )
    return {"aligned": Aligned(size, tables)}


def keyed_digests(key: bytes, ids: Sequence[bytes]) -> Digests:
    """128-bit keyed digests, one per id, in the order of ``ids``."""
    start, found = blake2s(key=key, digest_size=DIGEST_BYTES), bytearray()
    for item in ids:
        one = start.copy()
        one.update(item)
        found += one.digest()
    return np.frombuffer(bytes(found), dtype=f"S{DIGEST_BYTES}")


def ascending_order(digests: Digests) -> NDArray[np.int64]:
    """The order that sorts digests, by their first 64 bits where those differ."""
    heads = _heads(digests)
    order = np.argsort(heads)
    found = heads[order]
    return np.argsort(digests, kind="stable") if bool((found[1:] == found[:-1]).any()) else order


def match(lists: Sequence[Digests]) -> list[NDArray[np.int64]]:
    """For ascending digest lists: the positions in each of the digests that are in all of them, in ascending order."""
    heads = [_heads(digests) for digests in lists]
    if any(bool((found[1:] == found[:-1]).any()) for found in heads):  # two of a list share 64 bits: rare, and slower
        return _match_whole(lists)
    common = np.arange(len(lists[0]))
    for digests, found in zip(lists[1:], heads[1:], strict=True):
        at = np.minimum(np.searchsorted(found, heads[0][common]), len(found) - 1)
        common = common[digests[at] == lists[0][common]]
    return [np.searchsorted(found, heads[0][common]).astype(np.int64) for found in heads]


def _match_whole(lists: Sequence[Digests]) -> list[NDArray[np.int64]]:
    common = lists[0]
    for other in lists[1:]:
        common = np.intersect1d(common, other, assume_unique=True)
    return [np.searchsorted(digests, common).astype(np.int64) for digests in lists]


def _heads(digests: Digests) -> NDArray[np.uint64]:
    """The first 64 bits of each digest, in the order of the digests' bytes."""
    words = np.frombuffer(np.ascontiguousarray(digests).tobytes(), dtype=">u8")
    return words[::2].astype(np.uint64)


async def _as_owner(context: StepContext, source: Source, relay: Relay) -> "NDArray[np.int64]":
    session, helper = context.session, relay.hub
    ids, _ = own_rows(source, key_columns.named(context))  # refused, if at all, before anything is sent
    key = await group_key.agree(relay, context.label("key"))
    digests = keyed_digests(key, ids)
    rows = ascending_order(digests)
    ascending = digests[rows]
    await session.send(helper, context.label("digests"), _packed(ascending))
    context.progress(1, 3)
    data = await session.receive(helper, context.label("matches"))
    positions = read_positions(data, len(ids))
    if positions is None:
        raise session.refuse(helper, "its matches are no ascending positions in this party's list")
    _require_enough(context, len(positions))
    context.progress(2, 3)
    await _agree_on_matches(context, relay, key, _packed(ascending[positions]))
    context.disclose("intersection_size", len(positions))
    return rows[positions]


async def _agree_on_matches(context: StepContext, relay: Relay, key: bytes, matched: bytes) -> None:
    tags = await relay.broadcast(context.label("matched"), _matched_tag(key, relay.me, matched))
    for owner, tag in tags.items():
        if not hmac.compare_digest(tag, _matched_tag(key, owner, matched)):
            what = f"{owner} was told other matches: the helper or that owner deviated"
            raise context.session.refuse(relay.hub, what)


def _matched_tag(key: bytes, owner: str, matched: bytes) -> bytes:
    return hmac.digest(key, b"matched " + owner.encode() + b"\0" + sha256(matched).digest(), sha256)


async def _as_helper(context: StepContext, relay: Relay) -> "NDArray[np.int64]":
    session, owners = context.session, relay.members
    await group_key.serve(relay, context.label("key"))
    lists: list[Digests] = []
    for owner in owners:
        digests = read_digests(await session.receive(owner, context.label("digests")))
        if digests is None:
            raise session.refuse(owner, "its digests are not strictly ascending 16-byte values within the limit")
        lists.append(digests)
    context.progress(1, 3)
    matches = match(lists)
    size = len(matches[0])
    if size < _least(context):  # nobody may learn which rows matched, nor how many: all see none
        matches, size = [positions[:0] for positions in matches], 0
    for owner, positions in zip(owners, matches, strict=True):
        await session.send(owner, context.label("matches"), positions.astype("<u4").tobytes())
    for peer in session.names:
        if peer not in (*owners, relay.hub):
            await session.send(peer, context.label("size"), size.to_bytes(_POSITION_BYTES, "little"))
    _require_enough(context, size)
    context.progress(2, 3)
    await relay.serve_broadcast(context.label("matched"), _HASH_BYTES)
    context.disclose("intersection_size", size)
    return np.empty(0, dtype=np.int64)


async def _as_bystander(context: StepContext, relay: Relay) -> "NDArray[np.int64]":
    data = await context.session.receive(relay.hub, context.label("size"))
    if len(data) != _POSITION_BYTES:
        raise context.session.refuse(relay.hub, "the intersection size is malformed")
    size = int.from_bytes(data, "little")
    _require_enough(context, size)
    context.disclose("intersection_size", size)
    return np.empty(0, dtype=np.int64)


def read_digests(data: bytes) -> Digests | None:
    """An owner's list, or None unless it is strictly ascending (hence free of duplicates) and within the limit."""
    if len(data) % DIGEST_BYTES or not 0 < len(data) <= LIMITS.psi_ids * DIGEST_BYTES:
        return None
    digests = np.frombuffer(data, dtype=f"S{DIGEST_BYTES}")
    return digests if bool((digests[1:] > digests[:-1]).all()) else None


def read_positions(data: bytes, count: int) -> "NDArray[np.int64] | None":
    """The helper's answer, or None unless it is a strictly ascending list of positions below ``count``."""
    if len(data) % _POSITION_BYTES or len(data) > count * _POSITION_BYTES:
        return None
    positions = np.frombuffer(data, dtype="<u4").astype(np.int64)
    if positions.size and (positions[-1] >= count or bool((positions[1:] <= positions[:-1]).any())):
        return None
    return positions


def _least(context: StepContext) -> int:
    return max(context.integer("minimum_matches"), context.minimum_group)


def _require_enough(context: StepContext, size: int) -> None:
    least = _least(context)
    if size < least:
        raise too_few("psi.too_few_matches", None, least)


def _packed(digests: Digests) -> bytes:
    """All 16 bytes of each digest (numpy keeps trailing zeros in the buffer)."""
    return np.ascontiguousarray(digests).tobytes()


def _aligned(source: Source, order: "NDArray[np.int64]") -> AlignedTable:
    table: PrivateTable | None = source.table
    values = None if table is None else table.matrix(source.columns)[order]
    return AlignedTable(source.data_set, source.owner, source.columns, values)
