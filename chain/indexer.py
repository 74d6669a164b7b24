"""Follows the chain: every event of the deployment once, in order, across restarts and reorganisations.

Each step reads a range of final blocks and hands the events to the store together with the new cursor, to be kept in
one transaction: a kill between steps loses nothing and repeats nothing. A cursor holds its block's hash. When that
block is no longer on the chain, the store is rolled back to the newest cursor that still is (at worst to nothing),
and reading goes on from there.

A node that lags behind the one that named the blocks answers with no events instead of an error, and what a cursor has
passed is never asked for again. So every block's own header is asked whether it may hold events of ours; where it may
and none came, the block's receipts decide, which must hash to the header's receiptsRoot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import structlog

from chain import blooms, proofs
from chain.endpoint import BlockRef, RawLog, RefusedByNodeError
from chain.errors import EndpointError
from chain.events import Logged, decode_logs
from chain.gateway import Gateway

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last block whose events are kept."""

    number: int
    hash: bytes


class CursorStore(Protocol):
    """Keeps events and cursors. Every method is one transaction."""

    def cursors(self) -> Sequence[Cursor]:
        """The kept cursors, newest first. More of them make a rollback shorter; one is enough to be right."""
        ...

    def advance(self, cursor: Cursor, events: Sequence[Logged]) -> None:
        """Keeps the events of the blocks after the newest cursor up to ``cursor``, and the cursor."""
        ...

    def rollback(self, to: Cursor | None) -> None:
        """Removes every event and cursor after ``to``; all of them when None."""
        ...


class Indexer:
    """Reads for one store. ``batch`` is the most blocks asked for at once; with ``senders`` who sent each transaction is asked, too."""

    def __init__(self, gateway: Gateway, store: CursorStore, *, batch: int = 2_000, senders: bool = False) -> None:
        self._gateway: Final = gateway
        self._store: Final = store
        self._largest: Final = batch
        self._senders: Final = senders
        self._batch = batch

    def step(self) -> tuple[Logged, ...] | None:
        """Reads the next range of blocks; its events, or None when there is no new final block."""
        cursor = self._canonical_cursor()
        first = self._gateway.deployment.deployed_block if cursor is None else cursor.number + 1
        last = min(self._gateway.finalized_block(), first + self._batch - 1)
        if last < first:
            return None
        try:
            events = self._read(cursor, first, last)
        except RefusedByNodeError as error:
            if first == last:
                raise
            # Nodes limit a query by blocks or by results, each in its own words: ask for less, then slowly more again.
            self._batch = max(1, (last - first + 1) // 2)
            _log.info("indexer.batch_halved", blocks=self._batch, reason=error.message)
            return ()
        self._batch = min(self._largest, self._batch * 2)
        return events

    def catch_up(self) -> int:
        """Steps until there is no new final block; returns the number of events."""
        count = 0
        while (events := self.step()) is not None:
            count += len(events)
        return count

    def _read(self, cursor: Cursor | None, first: int, last: int) -> tuple[Logged, ...]:
        gateway = self._gateway
        blocks = self._blocks(first, last)
        if any(block.parent != before for before, block in zip(self._before(cursor, blocks), blocks, strict=True)):
            # Replaced since the cursor was checked, or while the headers were read: the next step rolls back if it must.
            return ()
        addresses = list(gateway.deployment.contracts.values())
        logs = gateway.endpoint.logs(addresses, first, last)
        end = blocks[-1]
        # The same last block before and after means the same chain all the way down, so the logs are of that chain.
        if self._block(last).hash != end.hash:
            return ()
        hashes = {block.number: block.hash for block in blocks}
        if any(hashes.get(log.block_number) != log.block_hash for log in logs):
            return ()
        self._nothing_left_out(blocks, logs, addresses)
        events = self._with_senders(self._with_times(decode_logs(gateway.deployment.contracts, logs)))
        self._store.advance(Cursor(last, end.hash), events)
        return events

    @staticmethod
    def _before(cursor: Cursor | None, blocks: Sequence[BlockRef]) -> list[bytes]:
        first = blocks[0].parent if cursor is None else cursor.hash
        return [first, *(block.hash for block in blocks[:-1])]

    def _nothing_left_out(self, blocks: Sequence[BlockRef], logs: Sequence[RawLog], addresses: Sequence[str]) -> None:
        told = {log.block_number for log in logs}
        wanted = {address.lower() for address in addresses}
        for block in blocks:
            if block.number in told or not blooms.may_have_logs(block.bloom, wanted):
                continue
            receipts = proofs.whole_receipts(self._gateway.endpoint, block.number, block.hash)
            if any(log.address.lower() in wanted for receipt in receipts for log in receipt.logs):
                raise EndpointError(
                    "chain.logs_missing",
                    f"The endpoint left out the events of block {block.number}, which its receipts have.",
                    "It is asked again. If it lasts, use an endpoint whose nodes are all as far as their newest block.",
                    block=block.number,
                )

    def _canonical_cursor(self) -> Cursor | None:
        kept = self._store.cursors()
        for position, cursor in enumerate(kept):
            block = self._gateway.block_ref(cursor.number)
            if block is not None and block.hash == cursor.hash:
                if position > 0:
                    self._store.rollback(cursor)
                    _log.warning("indexer.rolled_back", to_block=cursor.number, from_block=kept[0].number)
                return cursor
        if kept:
            self._store.rollback(None)
            _log.warning("indexer.rolled_back", to_block=None, from_block=kept[0].number)
        return None

    def _with_times(self, events: tuple[Logged, ...]) -> tuple[Logged, ...]:
        """Block times from the headers where the node leaves them out of its logs."""
        missing = {event.block_number for event in events if event.time == 0}
        times = {number: self._block(number).time for number in sorted(missing)}
        return tuple(replace(event, time=times.get(event.block_number, event.time)) for event in events)

    def _with_senders(self, events: tuple[Logged, ...]) -> tuple[Logged, ...]:
        """Who sent each event's transaction; from the block's own receipts where the node keeps no transactions by their hashes."""
        if not self._senders or not events:
            return events
        endpoint, asked = self._gateway.endpoint, list({event.transaction_hash: None for event in events})
        found = dict(zip(asked, endpoint.senders(asked), strict=True))
        for digest in dict.fromkeys(event.block_hash for event in events if found[event.transaction_hash] is None):
            found |= {receipt.transaction_hash: receipt.sender for receipt in endpoint.receipts(digest)}
        return tuple(replace(event, sender=found[event.transaction_hash]) for event in events)

    def _blocks(self, first: int, last: int) -> list[BlockRef]:
        found = self._gateway.endpoint.block_refs(range(first, last + 1))
        return [_there(number, block) for number, block in enumerate(found, first)]

    def _block(self, number: int) -> BlockRef:
        return _there(number, self._gateway.block_ref(number))


def _there(number: int, block: BlockRef | None) -> BlockRef:
    if block is None:
        raise EndpointError("chain.not_found", f"Block {number} went away while it was read.", "Try again.")
    return block


class MemoryCursorStore:
    """Keeps everything in memory, every cursor included: for tests and one-off reads."""

    def __init__(self) -> None:
        self.events: list[Logged] = []
        self._cursors: list[Cursor] = []

    def cursors(self) -> Sequence[Cursor]:
        """See :class:`CursorStore`."""
        return self._cursors[::-1]

    def advance(self, cursor: Cursor, events: Sequence[Logged]) -> None:
        """See :class:`CursorStore`."""
        self.events.extend(events)
        self._cursors.append(cursor)

    def rollback(self, to: Cursor | None) -> None:
        """See :class:`CursorStore`."""
        last = -1 if to is None else to.number
        self.events = [event for event in self.events if event.block_number <= last]
        self._cursors = [cursor for cursor in self._cursors if cursor.number <= last]
