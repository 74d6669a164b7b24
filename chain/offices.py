"""Who holds the consortium's offices: the contracts' access roles, handed on, taken back and laid down.

Each act checks the chain first, so repeating one that took effect changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from eth_hash.auto import keccak

from chain.abi import Read, Write
from chain.bindings import party_registry, programs, tasks
from chain.gateway import Gateway
from protocol.enrolment import Office


@dataclass(frozen=True, slots=True)
class _Home:
    """One contract's role, and its calls."""

    role: bytes
    holds: Callable[[bytes, str], Read[bool]]
    grant: Callable[[bytes, str], Write]
    revoke: Callable[[bytes, str], Write]
    renounce: Callable[[bytes, str], Write]


def _registry(role: bytes) -> _Home:
    it = party_registry
    return _Home(role, it.has_role, it.grant_role, it.revoke_role, it.renounce_role)


def _programs(role: bytes) -> _Home:
    it = programs
    return _Home(role, it.has_role, it.grant_role, it.revoke_role, it.renounce_role)


def _tasks(role: bytes) -> _Home:
    it = tasks
    return _Home(role, it.has_role, it.grant_role, it.revoke_role, it.renounce_role)


_ADMIN: Final = bytes(32)
"""OpenZeppelin's ``DEFAULT_ADMIN_ROLE``: hands the other roles on and takes them back."""
_HOMES: Final[Mapping[Office, tuple[_Home, ...]]] = MappingProxyType(
    {
        "admission": (_registry(keccak(b"ADMISSION_ROLE")),),
        "publisher": (_programs(keccak(b"PUBLISHER_ROLE")),),
        "guardian": (_tasks(keccak(b"GUARDIAN_ROLE")),),
        "admin": (_registry(_ADMIN), _programs(_ADMIN), _tasks(_ADMIN)),
    }
)


def holds(gateway: Gateway, office: Office, account: str) -> bool:
    """Whether an address holds an office, in every contract that has it."""
    return all(_held(gateway, home, account) for home in _HOMES[office])


def grant(gateway: Gateway, office: Office, account: str) -> bool:
    """Give an office to an address; False when it holds it. Only an admin may."""
    homes = [home for home in _HOMES[office] if not _held(gateway, home, account)]
    for home in homes:
        gateway.send(home.grant(home.role, account))
    return bool(homes)


def withdraw(gateway: Gateway, office: Office, account: str) -> bool:
    """Take an office from an address; False when it does not hold it. Only an admin may."""
    homes = [home for home in _HOMES[office] if _held(gateway, home, account)]
    for home in homes:
        gateway.send(home.revoke(home.role, account))
    return bool(homes)


def renounce(gateway: Gateway, office: Office) -> bool:
    """Lay down an office of one's own; False when one does not hold it."""
    homes = [home for home in _HOMES[office] if _held(gateway, home, gateway.address)]
    for home in homes:
        gateway.send(home.renounce(home.role, gateway.address))
    return bool(homes)


def _held(gateway: Gateway, home: _Home, account: str) -> bool:
    return gateway.read(home.holds(home.role, account), block=gateway.head())
