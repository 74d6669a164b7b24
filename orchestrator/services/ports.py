"""What services need from outside, as protocols: tests give fakes, ``bootstrap`` the real ones."""

from contextlib import AbstractContextManager
from typing import Protocol

from orchestrator.store.database import Transaction
from protocol.ancestry import Descent


class Clock(Protocol):
    """Wall-clock time."""

    def __call__(self) -> int:
        """Unix seconds."""
        ...


class Transactions(Protocol):
    """A database as services see it."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """One transaction; commits at the end, rolls back on any error."""
        ...


class Constants(Protocol):
    """What a deployment's contracts were made with; none of it ever changes."""

    def required_approvals(self) -> int:
        """How many certifiers must approve a program, an engine or a successor."""
        ...

    def longest_lifetime(self) -> int:
        """Seconds from a proposal to the latest deadline that it may name."""
        ...


class ChainView(Constants, Protocol):
    """What the API asks of the chain itself, beyond the index."""

    def wallet_accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        """Whether a contract wallet accepts a signature (EIP-1271); False for an account without code."""
        ...

    def is_passkey_account(self, wallet: str) -> bool:
        """Whether a wallet is an account that passkeys own."""
        ...

    def passkey_challenge(self, wallet: str, digest: bytes) -> bytes | None:
        """What a wallet's passkeys sign for a digest; None for one that is no passkey account."""
        ...

    def path(self, top: int, bottom: int) -> Descent:
        """Hops from block ``top`` down to block ``bottom``; ``chain.state_pruned`` when the node has no state for one."""
        ...


class Publisher(Protocol):
    """The broker's producing side."""

    def publish(self, party: str, name: str, message: dict[str, object], message_id: str) -> None:
        """Send one task by name to a party's queue and wait for the broker's confirmation.

        Raises ``broker.unavailable`` when it did not come; sending again with the same ``message_id`` is harmless.
        """
        ...
