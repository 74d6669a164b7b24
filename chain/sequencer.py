"""Puts transactions into blocks, journal first: a transaction that was acknowledged survives any kill.

Order of one send: anvil accepts the transaction into its pool (a refusal ends here, nothing is kept); the journal line
is written and synced; the block is mined; the sender is answered. A kill between any two steps either loses a
transaction that nobody was told about, or replays the block exactly as it was or would have been.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import structlog

from chain.anvil import Anvil, AnvilOptions
from chain.journal import Entry, Genesis, Journal
from chain.jsonrpc import RpcError
from chain.ports import free_port
from protocol.errors import UnavailableError, VerificationError

_log = structlog.get_logger()
T = TypeVar("T")
_TRIES = 5


class Sequencer:
    """One chain in one folder. ``start`` and ``send`` may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self._lock: Final = threading.RLock()
        self._anvil: Anvil | None = None
        self._journal: Journal | None = None
        self._last_time = 0
        self._height = 0

    @property
    def anvil(self) -> Anvil:
        """The running node; started again, with everything replayed, when it was killed."""
        running = self._anvil
        if running is not None and running.is_running():
            # Without the lock: reads need not wait for a block being mined.
            return running
        with self._lock:
            if self._anvil is None or not self._anvil.is_running():
                self.start()
            if self._anvil is None:
                raise AssertionError("start() either sets the node or raises")
            return self._anvil

    def read(self, method: str, params: list[object]) -> object:
        """A call that changes nothing; answered after the replay when the node is killed under it."""
        return self._try(lambda node: node.rpc.call(method, *params))[1]

    def start(self) -> None:
        """Starts anvil and replays the journal; a first start draws a random chain id."""
        with self._lock:
            for _ in range(_TRIES - 1):
                try:
                    return self._start()
                except UnavailableError as error:
                    if error.code == "chain.no_anvil":
                        raise
                    # Its port was taken, or it was killed while it replayed.
                    _log.warning("devnet.start_failed", code=error.code, reason=error.what)
            return self._start()

    def _start(self) -> None:
        self.stop()
        journal_path = self._folder / "journal.jsonl"
        journal = Journal.open(journal_path) if journal_path.exists() else None
        if journal is None:
            # Random, below 2^31 so that every tool takes it: a signature for one devnet is worthless on another.
            options = (secrets.randbelow(2**31 - 2**20) + 2**20, int(time.time()))
        else:
            options = (journal.genesis.chain_id, journal.genesis.time)
        anvil = Anvil(self._folder, AnvilOptions(*options, free_port(), automine=False))
        try:
            anvil.start()
            genesis = _block_hash(anvil, 0)
            if journal is None:
                journal = Journal.create(journal_path, Genesis(*options, genesis))
            _must_equal(journal.genesis.hash, genesis, 0)
            _replay(anvil, journal.entries)
        except BaseException:
            anvil.stop()
            if journal is not None:
                journal.close()
            raise
        self._anvil, self._journal = anvil, journal
        self._height = len(journal.entries)
        self._last_time = journal.entries[-1].time if journal.entries else journal.genesis.time
        # Replaying left anvil's clock at the last block's time; calls on "pending" must see the present.
        anvil.rpc.call("evm_setTime", max(int(time.time()), self._last_time))
        _log.info("devnet.ready", chain_id=options[0], blocks=self._height)

    def send(self, transaction: str) -> str:
        """Puts one signed raw transaction into a block of its own; returns its hash. RpcError when refused."""
        with self._lock:
            anvil, (transaction_hash, parent) = self._try(
                lambda node: (_pool(node, transaction), _block_hash(node, self._height))
            )
            try:
                self._mine(anvil, parent, transaction)
            except OSError:
                # Not in the journal (disk full), so it must not slip into the next block either.
                anvil.rpc.call("anvil_dropAllTransactions")
                raise
            return transaction_hash

    def mine(self) -> None:
        """Mines one empty block."""
        with self._lock:
            anvil, parent = self._try(lambda node: _block_hash(node, self._height))
            self._mine(anvil, parent, None)

    def stop(self) -> None:
        """Stops anvil. Nothing needs saving."""
        with self._lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None
            if self._anvil is not None:
                self._anvil.stop()
                self._anvil = None

    def _mine(self, anvil: Anvil, parent: str, transaction: str | None) -> None:
        if self._journal is None:
            raise AssertionError("a running node has an open journal")
        # Equal times are allowed to anvil; strictly rising ones would run ahead of the clock under load.
        now = max(int(time.time()), self._last_time)
        self._journal.append(Entry(self._height + 1, parent, now, transaction))
        self._height, self._last_time = self._height + 1, now
        try:
            anvil.rpc.call("evm_mine", {"timestamp": now})
        except UnavailableError:
            # Killed in this very moment. The block is in the journal: the replay mines it.
            self._replace(anvil)

    def _try(self, action: Callable[[Anvil], T]) -> tuple[Anvil, T]:
        """Does something with the node, with another one when it is killed meanwhile; says with which."""
        anvil = self.anvil
        for _ in range(_TRIES - 1):
            try:
                return anvil, action(anvil)
            except UnavailableError:
                anvil = self._replace(anvil)
        return anvil, action(anvil)

    def _replace(self, failed: Anvil) -> Anvil:
        """A node in place of one that stopped answering, unless another thread has done it already."""
        with self._lock:
            if self._anvil is failed:
                _log.warning("devnet.node_lost", pid=failed.pid)
                self.start()
            return self.anvil


def _pool(anvil: Anvil, transaction: str) -> str:
    """Puts a transaction into the pool; returns its hash."""
    transaction_hash = anvil.rpc.call_text("eth_sendRawTransaction", transaction)
    if int(str(anvil.rpc.call_object("txpool_status")["queued"]), 16) > 0:
        # A pool of waiting transactions would not survive a kill: better refused than forgotten. It holds only this one;
        # anvil_dropTransaction leaves transactions that wait for their turn where they are.
        anvil.rpc.call("anvil_dropAllTransactions")
        raise RpcError("eth_sendRawTransaction", {"code": -32003, "message": "nonce too high"})
    return transaction_hash


def _replay(anvil: Anvil, entries: Sequence[Entry]) -> None:
    for entry in entries:
        try:
            if entry.transaction is not None:
                anvil.rpc.call("eth_sendRawTransaction", entry.transaction)
            anvil.rpc.call("evm_mine", {"timestamp": entry.time})
        except RpcError as error:
            raise _differs(entry.number, f"cannot be mined again: {error.message}") from error
    # The newest known hash vouches for every block before it; which one differs is looked up only when one does.
    if entries and entries[-1].parent != _block_hash(anvil, entries[-1].number - 1):
        for entry in entries:
            _must_equal(entry.parent, _block_hash(anvil, entry.number - 1), entry.number - 1)


def _must_equal(kept: str, found: str, number: int) -> None:
    if kept != found:
        raise _differs(number, f"was {kept} and is {found} when mined again")


def _differs(number: int, how: str) -> VerificationError:
    return VerificationError(
        "chain.replay_differs",
        f"Block {number} {how}.",
        "Use the anvil version that wrote this state folder, or start with an empty one.",
        block=number,
    )


def _block_hash(anvil: Anvil, number: int) -> str:
    return str(anvil.rpc.call_object("eth_getBlockByNumber", hex(number), False)["hash"])
