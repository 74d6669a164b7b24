"""The API's few direct questions to the chain: contract wallets (EIP-1271), constants of the contracts, hops."""

import threading
from typing import Final

from chain import passkeys, wallets
from chain.bindings import programs, tasks
from chain.errors import EndpointError
from chain.gateway import Gateway
from chain.proofs import Prover
from protocol import ancestry, ids
from protocol.ancestry import Descent
from protocol.errors import RefusedError
from protocol.passkeys import challenge_of
from protocol.typed import Domain

_LIVE_HOPS: Final = 16


class GatewayView:
    """:class:`orchestrator.services.ports.ChainView` through a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway: Final = gateway
        self._lock: Final = threading.Lock()
        self._approvals: int | None = None
        self._lifetime: int | None = None

    def wallet_accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        """See :func:`chain.wallets.contract_accepts`."""
        return wallets.contract_accepts(self._gateway.endpoint, wallet, digest, signature)

    def is_passkey_account(self, wallet: str) -> bool:
        """See :func:`chain.passkeys.is_account`."""
        return passkeys.is_account(self._gateway.endpoint, wallet)

    def passkey_challenge(self, wallet: str, digest: bytes) -> bytes | None:
        """See :func:`protocol.passkeys.challenge_of`."""
        found = self._gateway.deployment
        account = Domain(found.chain_id, wallet, ids.hex32(found.deployment_id, "deployment_id"))
        return challenge_of(digest, account) if self.is_passkey_account(wallet) else None

    def required_approvals(self) -> int:
        """Immutable, so it is asked once."""
        with self._lock:
            if self._approvals is None:
                self._approvals = self._gateway.read(programs.required_approvals())
            return self._approvals

    def longest_lifetime(self) -> int:
        """Immutable, so it is asked once."""
        with self._lock:
            if self._lifetime is None:
                self._lifetime = self._gateway.read(tasks.max_lifetime())
            return self._lifetime

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
