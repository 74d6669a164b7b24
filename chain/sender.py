"""Gets signed transactions into blocks: one nonce each, kept before they are sent, sent again until they are in.

All fees are zero on our chains (anvil and Besu with a zero base fee), so a transaction is never stuck for its price.
It is stuck when the node forgot it (restart: sent again on the next send or while waiting) or when the node will
never take it (refused for good: its nonce is given to the next one).
"""

import time
from dataclasses import dataclass
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
            taken = {one.nonce for one in waiting}
            nonce = self._endpoint.transaction_count(self.address, pending=True)
            while nonce in taken:
                nonce += 1
            outstanding = self._sign(transaction, nonce)
            book.save((*waiting, outstanding))
            try:
                if not self._broadcast(outstanding):
                    book.save(waiting)
                    raise NonceTakenError(nonce)
            except RefusedByNodeError:
                book.save(waiting)
                raise
            return outstanding

    def _send_again(self, book: NonceBook) -> tuple[Outstanding, ...]:
        kept = book.load()
        if not kept:
            return ()
        mined = self._endpoint.transaction_count(self.address)
        waiting: list[Outstanding] = []
        for one in sorted(kept, key=lambda kept_one: kept_one.nonce):
            if one.nonce < mined:
                continue
            try:
                if self._broadcast(one):
                    waiting.append(one)
            except RefusedByNodeError as error:
                _log.warning("chain.transaction_dropped", nonce=one.nonce, reason=error.message)
        book.save(tuple(waiting))
        return tuple(waiting)

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
                if not self._broadcast(one):
                    raise NonceTakenError(one.nonce)
                send_again = now + _SEND_AGAIN_AFTER
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

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
