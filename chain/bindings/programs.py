"""Generated from the ABI of Programs by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Program:
    """``struct Program``."""

    publisher: bytes
    code_digest: bytes
    protection_level: int
    security_model: int
    min_parties: int
    max_parties: int
    output_kind: int
    approvals: int
    status: int


_PROGRAM: Final = Struct(
    Program,
    ("bytes32", "bytes32", "uint8", "uint8", "uint8", "uint8", "uint8", "uint8", "uint8"),
)
_F_DEFAULT_ADMIN_ROLE: Final = Function("Programs", "DEFAULT_ADMIN_ROLE", (), ("bytes32",))
_F_PUBLISHER_ROLE: Final = Function("Programs", "PUBLISHER_ROLE", (), ("bytes32",))
_F_APPROVE: Final = Function("Programs", "approve", ("bytes32", "bytes32"), ())
_F_GET: Final = Function("Programs", "get", ("bytes32",), (_PROGRAM,))
_F_GET_ROLE_ADMIN: Final = Function("Programs", "getRoleAdmin", ("bytes32",), ("bytes32",))
_F_GRANT_ROLE: Final = Function("Programs", "grantRole", ("bytes32", "address"), ())
_F_HAS_ROLE: Final = Function("Programs", "hasRole", ("bytes32", "address"), ("bool",))
_F_IS_APPROVED: Final = Function("Programs", "isApproved", ("bytes32",), ("bool",))
_F_PUBLISH: Final = Function(
    "Programs",
    "publish",
    ("bytes32", "bytes32", "uint8", "uint8", "uint8", "uint8", "uint8"),
    (),
)
_F_REGISTRY: Final = Function("Programs", "registry", (), ("address",))
_F_RENOUNCE_ROLE: Final = Function("Programs", "renounceRole", ("bytes32", "address"), ())
_F_REQUIRE_RUNNABLE: Final = Function("Programs", "requireRunnable", ("bytes32", "uint8", "uint256"), ("bytes32",))
_F_REQUIRED_APPROVALS: Final = Function("Programs", "requiredApprovals", (), ("uint8",))
_F_RETIRE: Final = Function("Programs", "retire", ("bytes32",), ())
_F_REVOKE_ROLE: Final = Function("Programs", "revokeRole", ("bytes32", "address"), ())
_F_SUPPORTS_INTERFACE: Final = Function("Programs", "supportsInterface", ("bytes4",), ("bool",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("AccessControlBadConfirmation", ()),
    ErrorSpec("AccessControlUnauthorizedAccount", (("account", "address"), ("needed_role", "bytes32"))),
    ErrorSpec("AlreadyApproved", (("program", "bytes32"), ("certifier", "bytes32"))),
    ErrorSpec("CommitteeSize", (("program", "bytes32"), ("size", "uint256"), ("min", "uint8"), ("max", "uint8"))),
    ErrorSpec("LevelNotReached", (("program", "bytes32"), ("level", "uint8"), ("required", "uint8"))),
    ErrorSpec("MissingRole", (("party", "bytes32"), ("role", "uint32"))),
    ErrorSpec("NotAllowed", (("caller", "address"), ("party", "bytes32"))),
    ErrorSpec("NotEnoughApprovals", (("program", "bytes32"), ("approvals", "uint8"), ("required", "uint8"))),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("OwnApproval", (("program", "bytes32"), ("certifier", "bytes32"))),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("ProgramExists", (("program", "bytes32"),)),
    ErrorSpec("RetiredProgram", (("program", "bytes32"),)),
    ErrorSpec("UnknownProgram", (("program", "bytes32"),)),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def default_admin_role() -> Read[bytes]:
    """``DEFAULT_ADMIN_ROLE()``."""
    return _F_DEFAULT_ADMIN_ROLE.read()


def publisher_role() -> Read[bytes]:
    """``PUBLISHER_ROLE()``."""
    return _F_PUBLISHER_ROLE.read()


def approve(program: bytes, certifier: bytes) -> Write:
    """``approve(bytes32, bytes32)``."""
    return _F_APPROVE.write(program, certifier)


def get(program: bytes) -> Read[Program]:
    """``get(bytes32)``."""
    return _F_GET.read(program)


def get_role_admin(role: bytes) -> Read[bytes]:
    """``getRoleAdmin(bytes32)``."""
    return _F_GET_ROLE_ADMIN.read(role)


def grant_role(role: bytes, account: str) -> Write:
    """``grantRole(bytes32, address)``."""
    return _F_GRANT_ROLE.write(role, account)


def has_role(role: bytes, account: str) -> Read[bool]:
    """``hasRole(bytes32, address)``."""
    return _F_HAS_ROLE.read(role, account)


def is_approved(program: bytes) -> Read[bool]:
    """``isApproved(bytes32)``."""
    return _F_IS_APPROVED.read(program)


def publish(
    program: bytes,
    code_digest: bytes,
    protection_level: int,
    security_model: int,
    min_parties: int,
    max_parties: int,
    output_kind: int,
) -> Write:
    """``publish(bytes32, bytes32, uint8, uint8, uint8, uint8, uint8)``."""
    return _F_PUBLISH.write(
        program, code_digest, protection_level, security_model, min_parties, max_parties, output_kind
    )


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def renounce_role(role: bytes, caller_confirmation: str) -> Write:
    """``renounceRole(bytes32, address)``."""
    return _F_RENOUNCE_ROLE.write(role, caller_confirmation)


def require_runnable(program: bytes, protection_level: int, committee_size: int) -> Read[bytes]:
    """``requireRunnable(bytes32, uint8, uint256)``."""
    return _F_REQUIRE_RUNNABLE.read(program, protection_level, committee_size)


def required_approvals() -> Read[int]:
    """``requiredApprovals()``."""
    return _F_REQUIRED_APPROVALS.read()


def retire(program: bytes) -> Write:
    """``retire(bytes32)``."""
    return _F_RETIRE.write(program)


def revoke_role(role: bytes, account: str) -> Write:
    """``revokeRole(bytes32, address)``."""
    return _F_REVOKE_ROLE.write(role, account)


def supports_interface(interface_id: bytes) -> Read[bool]:
    """``supportsInterface(bytes4)``."""
    return _F_SUPPORTS_INTERFACE.read(interface_id)
