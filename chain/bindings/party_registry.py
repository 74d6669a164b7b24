"""Generated from the ABI of PartyRegistry by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Admission:
    """``struct Admission``."""

    party: bytes
    wallet: str
    node_signer: str
    node_key: bytes
    seal_key: bytes
    operator: bytes
    roles: int
    profile_hash: bytes


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


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """``struct KeyPeriod``."""

    from_block: int
    node_signer: str
    node_key: bytes
    seal_key: bytes


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """``struct KeyRotation``."""

    party: bytes
    node_signer: str
    node_key: bytes
    seal_key: bytes
    period: int


_ADMISSION: Final = Struct(
    Admission,
    ("bytes32", "address", "address", "bytes32", "bytes32", "bytes32", "uint32", "bytes32"),
)
_PARTY_RECORD: Final = Struct(
    PartyRecord,
    ("address", "address", "bytes32", "bytes32", "bytes32", "uint32", "bytes32", "uint8"),
)
_KEY_PERIOD: Final = Struct(KeyPeriod, ("uint64", "address", "bytes32", "bytes32"))
_KEY_ROTATION: Final = Struct(KeyRotation, ("bytes32", "address", "bytes32", "bytes32", "uint64"))
_F_ADMISSION_ROLE: Final = Function("PartyRegistry", "ADMISSION_ROLE", (), ("bytes32",))
_F_DEFAULT_ADMIN_ROLE: Final = Function("PartyRegistry", "DEFAULT_ADMIN_ROLE", (), ("bytes32",))
_F_ACCEPT_WALLET: Final = Function("PartyRegistry", "acceptWallet", ("bytes32", "bytes"), ())
_F_ADMIT: Final = Function("PartyRegistry", "admit", (_ADMISSION, "bytes", "bytes"), ())
_F_CHANGE_WALLET: Final = Function("PartyRegistry", "changeWallet", ("bytes32", "address", "uint64", "bytes"), ())
_F_DEPLOYMENT_ID: Final = Function("PartyRegistry", "deploymentId", (), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("PartyRegistry", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "PartyRegistry",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_GET: Final = Function("PartyRegistry", "get", ("bytes32",), (_PARTY_RECORD,))
_F_GET_ROLE_ADMIN: Final = Function("PartyRegistry", "getRoleAdmin", ("bytes32",), ("bytes32",))
_F_GRANT_ROLE: Final = Function("PartyRegistry", "grantRole", ("bytes32", "address"), ())
_F_HAS_ROLE: Final = Function("PartyRegistry", "hasRole", ("bytes32", "address"), ("bool",))
_F_HOLDS_ROLE: Final = Function("PartyRegistry", "holdsRole", ("bytes32", "uint32"), ("bool",))
_F_IS_ACTIVE: Final = Function("PartyRegistry", "isActive", ("bytes32",), ("bool",))
_F_KEY_PERIOD: Final = Function("PartyRegistry", "keyPeriod", ("bytes32",), ("uint64",))
_F_KEYS_OF: Final = Function("PartyRegistry", "keysOf", ("bytes32", "uint64"), (_KEY_PERIOD,))
_F_MAY_ADMIT: Final = Function("PartyRegistry", "mayAdmit", ("address",), ("bool",))
_F_PARTY_OF: Final = Function("PartyRegistry", "partyOf", ("address",), ("bytes32",))
_F_PENDING_WALLET: Final = Function("PartyRegistry", "pendingWallet", ("bytes32",), ("address", "uint64"))
_F_REINSTATE: Final = Function("PartyRegistry", "reinstate", ("bytes32",), ())
_F_RENOUNCE_ROLE: Final = Function("PartyRegistry", "renounceRole", ("bytes32", "address"), ())
_F_REVOKE_ROLE: Final = Function("PartyRegistry", "revokeRole", ("bytes32", "address"), ())
_F_ROTATE_KEYS: Final = Function("PartyRegistry", "rotateKeys", (_KEY_ROTATION, "bytes", "bytes"), ())
_F_SUPPORTS_INTERFACE: Final = Function("PartyRegistry", "supportsInterface", ("bytes4",), ("bool",))
_F_SUSPEND: Final = Function("PartyRegistry", "suspend", ("bytes32", "bytes32"), ())

ERRORS: Final = errors_by_selector(
    ErrorSpec("AccessControlBadConfirmation", ()),
    ErrorSpec("AccessControlUnauthorizedAccount", (("account", "address"), ("needed_role", "bytes32"))),
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("NoSuchPeriod", (("party", "bytes32"), ("period", "uint64"))),
    ErrorSpec("NoWalletChange", (("party", "bytes32"),)),
    ErrorSpec("PartyExists", (("party", "bytes32"),)),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("PartyNotSuspended", (("party", "bytes32"),)),
    ErrorSpec("UnknownParty", (("party", "bytes32"),)),
    ErrorSpec("WalletIsNodeSigner", (("wallet", "address"),)),
    ErrorSpec("WalletTaken", (("wallet", "address"), ("party", "bytes32"))),
    ErrorSpec("WrongOrdinal", (("subject", "bytes32"), ("given", "uint64"), ("expected", "uint64"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def admission_role() -> Read[bytes]:
    """``ADMISSION_ROLE()``."""
    return _F_ADMISSION_ROLE.read()


def default_admin_role() -> Read[bytes]:
    """``DEFAULT_ADMIN_ROLE()``."""
    return _F_DEFAULT_ADMIN_ROLE.read()


def accept_wallet(party: bytes, signature: bytes) -> Write:
    """``acceptWallet(bytes32, bytes)``."""
    return _F_ACCEPT_WALLET.write(party, signature)


def admit(a: Admission, wallet_signature: bytes, node_signature: bytes) -> Write:
    """``admit(Admission, bytes, bytes)``."""
    return _F_ADMIT.write(a, wallet_signature, node_signature)


def change_wallet(party: bytes, new_wallet: str, change: int, signature: bytes) -> Write:
    """``changeWallet(bytes32, address, uint64, bytes)``."""
    return _F_CHANGE_WALLET.write(party, new_wallet, change, signature)


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def domain_separator() -> Read[bytes]:
    """``domainSeparator()``."""
    return _F_DOMAIN_SEPARATOR.read()


def eip712_domain() -> Read[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
    """``eip712Domain()``."""
    return _F_EIP712_DOMAIN.read()


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


def key_period(party: bytes) -> Read[int]:
    """``keyPeriod(bytes32)``."""
    return _F_KEY_PERIOD.read(party)


def keys_of(party: bytes, period: int) -> Read[KeyPeriod]:
    """``keysOf(bytes32, uint64)``."""
    return _F_KEYS_OF.read(party, period)


def may_admit(account: str) -> Read[bool]:
    """``mayAdmit(address)``."""
    return _F_MAY_ADMIT.read(account)


def party_of(wallet: str) -> Read[bytes]:
    """``partyOf(address)``."""
    return _F_PARTY_OF.read(wallet)


def pending_wallet(party: bytes) -> Read[tuple[str, int]]:
    """``pendingWallet(bytes32)``."""
    return _F_PENDING_WALLET.read(party)


def reinstate(party: bytes) -> Write:
    """``reinstate(bytes32)``."""
    return _F_REINSTATE.write(party)


def renounce_role(role: bytes, caller_confirmation: str) -> Write:
    """``renounceRole(bytes32, address)``."""
    return _F_RENOUNCE_ROLE.write(role, caller_confirmation)


def revoke_role(role: bytes, account: str) -> Write:
    """``revokeRole(bytes32, address)``."""
    return _F_REVOKE_ROLE.write(role, account)


def rotate_keys(r: KeyRotation, node_signature: bytes, signature: bytes) -> Write:
    """``rotateKeys(KeyRotation, bytes, bytes)``."""
    return _F_ROTATE_KEYS.write(r, node_signature, signature)


def supports_interface(interface_id: bytes) -> Read[bool]:
    """``supportsInterface(bytes4)``."""
    return _F_SUPPORTS_INTERFACE.read(interface_id)


def suspend(party: bytes, reason: bytes) -> Write:
    """``suspend(bytes32, bytes32)``."""
    return _F_SUSPEND.write(party, reason)
