"""EIP-712 domains of the coordinator's own deployment."""

from dataclasses import dataclass
from typing import Self

from chain.deployment import Deployment
from protocol.typed import Domain, Typed


@dataclass(frozen=True, slots=True)
class Domains:
    """The domain each typed message is signed in."""

    deployment_id: bytes
    chain_id: int
    addresses: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, deployment: Deployment) -> Self:
        """The domains of a deployment file."""
        salt = bytes.fromhex(deployment.deployment_id[2:])
        return cls(salt, deployment.chain_id, tuple(sorted(deployment.contracts.items())))

    def domain(self, contract: str) -> Domain:
        """The domain of messages that a contract checks."""
        return Domain(self.chain_id, dict(self.addresses)[contract], self.deployment_id)

    def digest(self, message: Typed) -> bytes:
        """What is signed for a message."""
        return message.digest(self.domain(message.HOME))
