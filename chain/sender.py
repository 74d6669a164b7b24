"""Gets signed transactions into blocks: one nonce each, kept before they are sent, sent again until they are in.

All fees are zero on our chains (anvil and Besu with a zero base fee), so a transaction is never stuck for its price.
It is stuck when the node forgot it (restart, pool lost): it is sent again on the next send and while it is waited for,
however often the node refuses for the moment (it syncs, its pool is off, it counts requests). What a node once took and
now refuses again and again, though it takes something else in its place, gives way to an empty transaction with its
nonce, since those behind it wait for that nonce. Nonces are counted from the newest block and our own book, never from
the node's pool alone, which may be lost: a gap below what we sent is filled the same way.
"""

import time
from dataclasses import dataclass, replace
from typing import Final

import structlog
from eth_account.signers.local import LocalAccount
from eth_account.types import TransactionDictType
from eth_typing import HexStr

from chain.endpoint import Endpoint, RawReceipt, RefusedByNodeError
from chain.errors import SendTimeoutError
from chain.nonces import NonceBook, NonceStore, Outstanding
from protocol.errors import UnavailableError

_log = structlog.get_logger()
_KNOWN = ("already known", "already imported", "known transaction")
_NONCE_TAKEN = ("nonce too low", "replacement transaction underpriced", "nonce below", "nonce already")
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.3
_SEND_AGAIN_AFTER = 2.0
_REFUSALS = 5
"""So often in a row a node refuses what it once took before something empty is offered in its place."""
_GAP = 64
"""So many nonces below the lowest of our book are filled in one try."""
_TRANSFER_GAS = 21_000
_FOREIGN = 8
"""So many nonces in a row that transactions of the key from elsewhere wait for are stepped over in one try."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What to send; ``to`` None creates a contract."""

    to: str | None
    data: bytes
    gas: int


class NonceTakenError(UnavailableError):
    """Another transaction of this key took the nonce: this one can never be in a block, so a new one may be sent."""

    def __init__(self, nonce: int) -> None:
        super().__init__(
            "chain.nonce_taken",
            f"Nonce {nonce} was used by another transaction of the same key.",
            "Use one key in one place, or let all places share the nonce store.",
            nonce=nonce,
        )


class Sender:
    """Sends for one account on one chain. Safe for threads and, with a shared store, for processes."""

    def __init__(
        self, endpoint: Endpoint, chain_id: int, account: LocalAccount, store: NonceStore, *, deadline: float
    ) -> None:
        self.address: Final = str(account.address)
        self._endpoint: Final = endpoint
        self._chain_id: Final = chain_id
        self._account: Final = account
        self._store: Final = store
        self._deadline: Final = deadline

    def send(self, transaction: Transaction) -> RawReceipt:
        """Signs, sends and waits for the receipt (of success or of failure).

        SendTimeoutError and EndpointError leave the outcome open: the transaction is kept and may still get in.
        """
        stop = time.monotonic() + self._deadline
        while True:
            try:
                return self._wait(self._submit(transaction), stop)
            except NonceTakenError:
                if time.monotonic() > stop:
                    raise
                time.sleep(_FIRST_PAUSE)

    def flush(self) -> int:
        """Sends again what an earlier process left on its way; returns how many are."""
        with self._store.locked(self._book_name, self._deadline) as book:
            return len(self._send_again(book))

    @property
    def _book_name(self) -> str:
        return f"{self._chain_id}-{self.address.lower()}"

    def _submit(self, transaction: Transaction) -> Outstanding:
        # Held until the node has it: nonces then arrive in order, which a node without a queue of its own needs.
        with self._store.locked(self._book_name, self._deadline) as book:
            waiting = self._send_again(book)
            nonce = waiting[-1].nonce + 1 if waiting else self._mined()
            for _ in range(_FOREIGN):
                outstanding = self._sign(transaction, nonce)
                book.save((*waiting, outstanding))
                try:
                    if self._broadcast(outstanding):
                        return outstanding
                except RefusedByNodeError:
                    # The node never had it, so its nonce is free for the next one.
                    book.save(waiting)
                    raise
                nonce = max(nonce + 1, self._endpoint.transaction_count(self.address, pending=True))
            book.save(waiting)
            raise NonceTakenError(nonce)

    def _send_again(self, book: NonceBook) -> tuple[Outstanding, ...]:
        """Offers the node everything of ours that is in no block, gaps filled; what that is, by nonce without gaps."""
        kept = {one.nonce: one for one in book.load()}
        if not kept:
            return ()
        mined, lowest = self._mined(), min(kept)
        if lowest - mined > _GAP:
            # So long a gap is hardly ours: the node lags, or says 0. Were it one, it closes piece by piece; the book does
            # not grow by it.
            for nonce in range(mined, mined + _GAP):
                self._offer(self._nothing(nonce))
            mined = lowest
        waiting = tuple(self._offer(kept.get(nonce) or self._nothing(nonce)) for nonce in range(mined, max(kept) + 1))
        book.save(waiting)
        return waiting

    def _offer(self, one: Outstanding) -> Outstanding:
        """What is to be kept for this nonce: never nothing, while no block has it."""
        try:
            self._broadcast(one)
        except RefusedByNodeError as error:
            refused = replace(one, refusals=one.refusals + 1)
            _log.warning("chain.resend_refused", nonce=one.nonce, times=refused.refusals, reason=error.message)
            return refused if refused.refusals < _REFUSALS else self._give_way(refused)
        return replace(one, refusals=0)

    def _give_way(self, one: Outstanding) -> Outstanding:
        """Something empty in place of a transaction, if the node takes that: otherwise it takes nothing at the moment."""
        nothing = self._nothing(one.nonce)
        try:
            taken = self._broadcast(nothing)
        except RefusedByNodeError:
            return one
        if taken:
            _log.warning("chain.transaction_replaced", nonce=one.nonce, transaction=f"0x{one.hash.hex()}")
        return nothing if taken else one

    def _nothing(self, nonce: int) -> Outstanding:
        return self._sign(Transaction(self.address, b"", _TRANSFER_GAS), nonce)

    def _mined(self) -> int:
        return self._endpoint.transaction_count(self.address)

    def _broadcast(self, one: Outstanding) -> bool:
        """Whether the node has the transaction now; False when its nonce belongs to another one."""
        try:
            self._endpoint.send(one.signed)
        except RefusedByNodeError as error:
            said = error.message.lower()
            if any(text in said for text in _KNOWN):
                return True
            if any(text in said for text in _NONCE_TAKEN):
                # Also what a repeated send hears when the first try got through and only its answer was lost.
                return self._endpoint.receipt(one.hash) is not None
            raise
        return True

    def _wait(self, one: Outstanding, stop: float) -> RawReceipt:
        pause, send_again = _FIRST_PAUSE, time.monotonic() + _SEND_AGAIN_AFTER
        while True:
            receipt = self._endpoint.receipt(one.hash)
            if receipt is not None:
                return receipt
            now = time.monotonic()
            if now > stop:
                raise SendTimeoutError(one.hash, self._deadline)
            if now > send_again:
                self._still_waits(one)
                send_again = now + _SEND_AGAIN_AFTER
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _still_waits(self, one: Outstanding) -> None:
        if self._mined() > one.nonce:
            if self._endpoint.receipt(one.hash) is None:
                raise NonceTakenError(one.nonce)
            return
        try:
            self._broadcast(one)
        except RefusedByNodeError as error:
            # It stays in the book: what is refused now may be taken later.
            _log.warning("chain.resend_refused", nonce=one.nonce, reason=error.message)

    def _sign(self, transaction: Transaction, nonce: int) -> Outstanding:
        fields: TransactionDictType = {
            "type": 2,
            "chainId": self._chain_id,
            "nonce": nonce,
            "gas": transaction.gas,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "data": transaction.data,
        }
        if transaction.to is not None:
            fields["to"] = HexStr(transaction.to)
        signed = self._account.sign_transaction(fields)
        return Outstanding(nonce, bytes(signed.hash), bytes(signed.raw_transaction))
