"""Generated from the ABI of PartyRegistry by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """``struct PartyRecord``."""

    wallet: str
    node_signer: str
    node_key: bytes
    seal_key: bytes
    operator: bytes
    roles: int
    profile_hash: bytes
    status: int


_PARTY_RECORD: Final = Struct(
    PartyRecord,
    ("address", "address", "bytes32", "bytes32", "bytes32", "uint32", "bytes32", "uint8"),
)
_F_ADMISSION_ROLE: Final = Function("PartyRegistry", "ADMISSION_ROLE", (), ("bytes32",))
_F_DEFAULT_ADMIN_ROLE: Final = Function("PartyRegistry", "DEFAULT_ADMIN_ROLE", (), ("bytes32",))
_F_ADMIT: Final = Function(
    "PartyRegistry",
    "admit",
    ("bytes32", "address", "address", "bytes32", "bytes32", "bytes32", "uint32", "bytes32"),
    (),
)
_F_CHANGE_WALLET: Final = Function("PartyRegistry", "changeWallet", ("bytes32", "address"), ())
_F_GET: Final = Function("PartyRegistry", "get", ("bytes32",), (_PARTY_RECORD,))
_F_GET_ROLE_ADMIN: Final = Function("PartyRegistry", "getRoleAdmin", ("bytes32",), ("bytes32",))
_F_GRANT_ROLE: Final = Function("PartyRegistry", "grantRole", ("bytes32", "address"), ())
_F_HAS_ROLE: Final = Function("PartyRegistry", "hasRole", ("bytes32", "address"), ("bool",))
_F_HOLDS_ROLE: Final = Function("PartyRegistry", "holdsRole", ("bytes32", "uint32"), ("bool",))
_F_IS_ACTIVE: Final = Function("PartyRegistry", "isActive", ("bytes32",), ("bool",))
_F_KEYS_AT: Final = Function("PartyRegistry", "keysAt", ("bytes32", "uint256"), ("address", "bytes32", "bytes32"))
_F_PARTY_OF: Final = Function("PartyRegistry", "partyOf", ("address",), ("bytes32",))
_F_REINSTATE: Final = Function("PartyRegistry", "reinstate", ("bytes32",), ())
_F_RENOUNCE_ROLE: Final = Function("PartyRegistry", "renounceRole", ("bytes32", "address"), ())
_F_REVOKE_ROLE: Final = Function("PartyRegistry", "revokeRole", ("bytes32", "address"), ())
_F_ROTATE_KEYS: Final = Function("PartyRegistry", "rotateKeys", ("bytes32", "address", "bytes32", "bytes32"), ())
_F_SUPPORTS_INTERFACE: Final = Function("PartyRegistry", "supportsInterface", ("bytes4",), ("bool",))
_F_SUSPEND: Final = Function("PartyRegistry", "suspend", ("bytes32", "bytes32"), ())

ERRORS: Final = errors_by_selector(
    ErrorSpec("AccessControlBadConfirmation", ()),
    ErrorSpec("AccessControlUnauthorizedAccount", (("account", "address"), ("needed_role", "bytes32"))),
    ErrorSpec("FutureBlock", (("asked", "uint256"), ("current", "uint256"))),
    ErrorSpec("NoKeysAt", (("party", "bytes32"), ("block_number", "uint256"))),
    ErrorSpec("NotAllowed", (("caller", "address"), ("party", "bytes32"))),
    ErrorSpec("PartyExists", (("party", "bytes32"),)),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("PartyNotSuspended", (("party", "bytes32"),)),
    ErrorSpec("UnknownParty", (("party", "bytes32"),)),
    ErrorSpec("WalletIsNodeSigner", (("wallet", "address"),)),
    ErrorSpec("WalletTaken", (("wallet", "address"), ("party", "bytes32"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def admission_role() -> Read[bytes]:
    """``ADMISSION_ROLE()``."""
    return _F_ADMISSION_ROLE.read()


def default_admin_role() -> Read[bytes]:
    """``DEFAULT_ADMIN_ROLE()``."""
    return _F_DEFAULT_ADMIN_ROLE.read()


def admit(
    party: bytes,
    wallet: str,
    node_signer: str,
    node_key: bytes,
    seal_key: bytes,
    operator: bytes,
    roles: int,
    profile_hash: bytes,
) -> Write:
    """``admit(bytes32, address, address, bytes32, bytes32, bytes32, uint32, bytes32)``."""
    return _F_ADMIT.write(party, wallet, node_signer, node_key, seal_key, operator, roles, profile_hash)


def change_wallet(party: bytes, new_wallet: str) -> Write:
    """``changeWallet(bytes32, address)``."""
    return _F_CHANGE_WALLET.write(party, new_wallet)


def get(party: bytes) -> Read[PartyRecord]:
    """``get(bytes32)``."""
    return _F_GET.read(party)


def get_role_admin(role: bytes) -> Read[bytes]:
    """``getRoleAdmin(bytes32)``."""
    return _F_GET_ROLE_ADMIN.read(role)


def grant_role(role: bytes, account: str) -> Write:
    """``grantRole(bytes32, address)``."""
    return _F_GRANT_ROLE.write(role, account)


def has_role(role: bytes, account: str) -> Read[bool]:
    """``hasRole(bytes32, address)``."""
    return _F_HAS_ROLE.read(role, account)


def holds_role(party: bytes, role: int) -> Read[bool]:
    """``holdsRole(bytes32, uint32)``."""
    return _F_HOLDS_ROLE.read(party, role)


def is_active(party: bytes) -> Read[bool]:
    """``isActive(bytes32)``."""
    return _F_IS_ACTIVE.read(party)


def keys_at(party: bytes, block_number: int) -> Read[tuple[str, bytes, bytes]]:
    """``keysAt(bytes32, uint256)``."""
    return _F_KEYS_AT.read(party, block_number)


def party_of(wallet: str) -> Read[bytes]:
    """``partyOf(address)``."""
    return _F_PARTY_OF.read(wallet)


def reinstate(party: bytes) -> Write:
    """``reinstate(bytes32)``."""
    return _F_REINSTATE.write(party)


def renounce_role(role: bytes, caller_confirmation: str) -> Write:
    """``renounceRole(bytes32, address)``."""
    return _F_RENOUNCE_ROLE.write(role, caller_confirmation)


def revoke_role(role: bytes, account: str) -> Write:
    """``revokeRole(bytes32, address)``."""
    return _F_REVOKE_ROLE.write(role, account)


def rotate_keys(party: bytes, node_signer: str, node_key: bytes, seal_key: bytes) -> Write:
    """``rotateKeys(bytes32, address, bytes32, bytes32)``."""
    return _F_ROTATE_KEYS.write(party, node_signer, node_key, seal_key)


def supports_interface(interface_id: bytes) -> Read[bool]:
    """``supportsInterface(bytes4)``."""
    return _F_SUPPORTS_INTERFACE.read(interface_id)


def suspend(party: bytes, reason: bytes) -> Write:
    """``suspend(bytes32, bytes32)``."""
    return _F_SUSPEND.write(party, reason)
