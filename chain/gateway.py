"""The way to the contracts: typed reads at final blocks, sends with kept nonces, reverts as named errors."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak

from chain.abi import Read, Write
from chain.deployment import Deployment
from chain.endpoint import BlockRef, Endpoint, RawReceipt, RevertError
from chain.errors import ChainError, EndpointError, WrongChainError
from chain.events import Logged, decode_logs, decode_revert
from chain.nonces import MemoryNonceStore, NonceStore
from chain.sender import Sender, Transaction
from protocol.errors import RefusedError, UnavailableError

T = TypeVar("T")
_POLL = 0.1
# Between estimate and block other transactions may lengthen a loop or turn a slot's first write into ours.
_GAS_FACTOR_PERCENT = 130
_GAS_EXTRA = 30_000
# anvil's and our QBFT genesis' block gas limit.
_GAS_LIMIT = 30_000_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that succeeded, and our events in it."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    events: tuple[Logged, ...]


class Gateway:
    """One deployment through one endpoint. Safe for threads.

    ``timeout`` bounds one HTTP round trip, ``deadline`` one call with its retries, ``send_deadline`` one send until its
    receipt; all in seconds. Nothing is called before the endpoint has proven to serve the deployment's chain and
    code, and again after every loss of the endpoint.
    """

    def __init__(
        self,
        rpc_url: str,
        deployment: Deployment,
        signer: LocalAccount | None = None,
        store: NonceStore | None = None,
        *,
        timeout: float = 10.0,
        deadline: float = 20.0,
        send_deadline: float = 60.0,
    ) -> None:
        self.deployment: Final = deployment
        self.endpoint: Final = Endpoint(rpc_url, timeout=timeout, deadline=deadline)
        self._checked = False
        self._checking: Final = threading.Lock()
        self._sender: Final = (
            None
            if signer is None
            else Sender(self.endpoint, deployment.chain_id, signer, store or MemoryNonceStore(), deadline=send_deadline)
        )

    @property
    def address(self) -> str:
        """The signer's address."""
        return self._signer().address

    def check(self) -> None:
        """Compares chain id, genesis and the contracts' code with the deployment; WrongChainError when they differ."""
        wanted = self.deployment
        _same("chain id", wanted.chain_id, self.endpoint.chain_id())
        genesis = self.endpoint.block_ref(0)
        _same("genesis hash", wanted.genesis_hash, "none" if genesis is None else f"0x{genesis.hash.hex()}")
        for name, address in wanted.contracts.items():
            code = self.endpoint.code(address)
            _same(f"code of {name}", wanted.runtime_code_hashes[name], f"0x{keccak(code).hex()}")
        self._checked = True

    def head(self) -> int:
        """Number of the newest block."""
        return self._guarded(self.endpoint.head)

    def block_ref(self, number: int) -> BlockRef | None:
        """Hash, parent and time of a block, or None when there is no such block."""
        return self._guarded(lambda: self.endpoint.block_ref(number))

    def finalized_block(self) -> int:
        """The newest block that may be acted upon: the head less the deployment's confirmations."""
        return max(0, self.head() - self.deployment.confirmations)

    def read(self, call: Read[T], *, block: int | None = None) -> T:
        """Result of a call at a block, by default the newest final one; ChainError when the contract refuses."""
        at = self.finalized_block() if block is None else block
        if at < self.deployment.deployed_block:
            raise UnavailableError(
                "chain.not_final_yet",
                f"Block {at} is before the contracts' own block {self.deployment.deployed_block}.",
                f"Wait for {self.deployment.confirmations} confirmations of the deployment.",
            )
        address = self.deployment.address(call.contract)
        try:
            data = self._guarded(lambda: self.endpoint.call(address, call.data, at))
        except RevertError as error:
            raise self._explained(call.contract, call.function, error) from error
        return call.result(data)

    def send(self, call: Write, *, least_gas: int = 0) -> Receipt:
        """Sends a call and waits until it is in a block. See :meth:`wait_final` for its finality.

        ``least_gas`` is for calls that need more than their estimate when others of their kind get in before them.

        ChainError: the contract refuses (before sending, or in the block). EndpointError, SendTimeoutError: open
        outcome; the signed transaction is kept in the nonce store and sent again.
        """
        sender = self._signer()
        try:
            gas = self._gas(call, sender.address)
        except RevertError as error:
            raise self._explained(call.contract, call.function, error) from error
        transaction = Transaction(self.deployment.address(call.contract), call.data, max(gas, least_gas))
        receipt = self._guarded(lambda: sender.send(transaction))
        if not receipt.succeeded:
            raise self._failed(call, receipt, sender.address)
        return Receipt(
            receipt.transaction_hash,
            receipt.block_number,
            receipt.block_hash,
            decode_logs(self.deployment.contracts, receipt.logs),
        )

    def wait_final(self, receipt: Receipt, deadline: float) -> None:
        """Waits until the receipt's block is final; RefusedError when a reorganisation took it off the chain."""
        stop = time.monotonic() + deadline
        while self.finalized_block() < receipt.block_number:
            if time.monotonic() > stop:
                raise UnavailableError(
                    "chain.finality_timeout",
                    f"Block {receipt.block_number} is not final after {deadline:.0f} s.",
                    "Check that the chain makes blocks.",
                )
            time.sleep(_POLL)
        found = self._guarded(lambda: self.endpoint.receipt(receipt.transaction_hash))
        if found is None or found.block_hash != receipt.block_hash:
            raise RefusedError(
                "chain.reorganised",
                f"Transaction 0x{receipt.transaction_hash.hex()} is no longer in block {receipt.block_number}.",
                "Look up its effect and send again if it is missing.",
            )

    def flush(self) -> int:
        """Sends again what an earlier process of this key left on its way; returns how many are still waiting."""
        return self._guarded(self._signer().flush)

    def _guarded(self, action: Callable[[], T]) -> T:
        if not self._checked:
            with self._checking:
                if not self._checked:
                    self.check()
        try:
            return action()
        except EndpointError:
            # What answers after an outage may be something else.
            self._checked = False
            raise

    def _gas(self, call: Write, sender: str) -> int:
        address = self.deployment.address(call.contract)
        estimate = self._guarded(lambda: self.endpoint.estimate_gas(address, call.data, sender))
        return min(estimate * _GAS_FACTOR_PERCENT // 100 + _GAS_EXTRA, _GAS_LIMIT)

    def _failed(self, call: Write, receipt: RawReceipt, sender: str) -> ChainError:
        """Why a transaction failed in its block: tried again on the state after that block, then before it."""
        address = self.deployment.address(call.contract)
        for block in (receipt.block_number, receipt.block_number - 1):
            try:
                self.endpoint.call(address, call.data, block, sender)
            except RevertError as error:
                return self._explained(call.contract, call.function, error)
        return ChainError(
            "Unexplained", {"transaction": receipt.transaction_hash}, call=f"{call.contract}.{call.function}"
        )

    def _explained(self, contract: str, function: str, error: RevertError) -> ChainError:
        return decode_revert(contract, f"{contract}.{function}", error.data, error.what)

    def _signer(self) -> Sender:
        if self._sender is None:
            raise RefusedError("chain.no_signer", "This gateway only reads.", "Give it a signer to send with.")
        return self._sender


def _same(what: str, wanted: object, found: object) -> None:
    if wanted != found:
        raise WrongChainError(
            "chain.wrong_chain",
            f"The {what} is {found}, the deployment file says {wanted}.",
            "Point to the right endpoint, or to the right deployment file.",
            field=what,
        )
