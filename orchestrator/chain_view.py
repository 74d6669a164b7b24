"""The API's few direct questions to the chain: contract wallets (EIP-1271), a constant of ``Programs``, hops."""

import threading
from typing import Final

from chain.abi import Function
from chain.bindings import programs
from chain.endpoint import RevertError
from chain.errors import EndpointError
from chain.gateway import Gateway
from chain.proofs import Prover
from protocol import ancestry
from protocol.ancestry import Descent
from protocol.enrolment import NO_ADDRESS
from protocol.errors import RefusedError

_IS_VALID: Final = Function("Wallet", "isValidSignature", ("bytes32", "bytes"), ("bytes4",))
_LIVE_HOPS: Final = 16
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

    def path(self, top: int, bottom: int) -> Descent:
        """Hops between two blocks, from the node's own state; at most as many as one request may cost."""
        if top - bottom > _LIVE_HOPS * ancestry.WINDOW:
            raise RefusedError(
                "evidence.path_too_long",
                f"From block {top} to block {bottom} no hops are stored.",
                "Use `tally verify --rpc` with an endpoint that keeps historical state.",
            )
        prover = Prover(self._gateway.endpoint)
        return prover.path(top, prover.header(bottom))

    def head(self) -> int | None:
        """The newest block, None when the chain does not answer."""
        try:
            return self._gateway.head()
        except EndpointError:
            return None
