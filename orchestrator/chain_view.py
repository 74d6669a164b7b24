"""The API's few direct questions to the chain: contract wallets (EIP-1271) and a constant of ``Programs``."""

import threading
from typing import Final

from chain.abi import Function
from chain.bindings import programs
from chain.endpoint import RevertError
from chain.errors import EndpointError
from chain.gateway import Gateway
from protocol.enrolment import NO_ADDRESS

_IS_VALID: Final = Function("Wallet", "isValidSignature", ("bytes32", "bytes"), ("bytes4",))
_MAGIC: Final = bytes.fromhex("1626ba7e").ljust(32, b"\0")


class GatewayView:
    """:class:`orchestrator.services.ports.ChainView` through a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway: Final = gateway
        self._lock: Final = threading.Lock()
        self._approvals: int | None = None

    def wallet_accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        """EIP-1271 ``isValidSignature`` by a static call on the newest block; accounts without code never accept."""
        if wallet == NO_ADDRESS:
            return False
        endpoint = self._gateway.endpoint
        if not endpoint.code(wallet):
            return False
        call = _IS_VALID.read(digest, signature)
        try:
            answer = endpoint.call(wallet, call.data, "latest")
        except RevertError:
            return False
        return len(answer) == len(_MAGIC) and answer == _MAGIC

    def required_approvals(self) -> int:
        """Immutable, so it is asked once."""
        with self._lock:
            if self._approvals is None:
                self._approvals = self._gateway.read(programs.required_approvals())
            return self._approvals

    def head(self) -> int | None:
        """The newest block, None when the chain does not answer."""
        try:
            return self._gateway.head()
        except EndpointError:
            return None
