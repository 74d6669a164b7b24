"""Generated from the ABI of Programs by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Release:
    """``struct Release``."""

    publisher: bytes
    code_digest: bytes
    kind: int
    committee: int
    protection_level: int
    security_model: int
    min_parties: int
    max_parties: int
    output_kind: int
    approvals: int
    status: int
    serial: int


@dataclass(frozen=True, slots=True)
class Succession:
    """``struct Succession``."""

    newer: bytes
    approvals: int


_RELEASE: Final = Struct(
    Release,
    ("bytes32", "bytes32", "uint8", "uint8", "uint8", "uint8", "uint8", "uint8", "uint8", "uint8", "uint8", "uint64"),
)
_SUCCESSION: Final = Struct(Succession, ("bytes32", "uint8"))
_F_DEFAULT_ADMIN_ROLE: Final = Function("Programs", "DEFAULT_ADMIN_ROLE", (), ("bytes32",))
_F_PUBLISHER_ROLE: Final = Function("Programs", "PUBLISHER_ROLE", (), ("bytes32",))
_F_APPROVE: Final = Function("Programs", "approve", ("bytes32", "bytes32"), ())
_F_APPROVE_SUCCESSOR: Final = Function("Programs", "approveSuccessor", ("bytes32", "bytes32", "bytes32"), ())
_F_DECLARE_SUCCESSOR: Final = Function("Programs", "declareSuccessor", ("bytes32", "bytes32"), ())
_F_DIGEST_OF: Final = Function("Programs", "digestOf", (ArrayOf("bytes32"),), ("bytes32",))
_F_GET: Final = Function("Programs", "get", ("bytes32",), (_RELEASE,))
_F_GET_ROLE_ADMIN: Final = Function("Programs", "getRoleAdmin", ("bytes32",), ("bytes32",))
_F_GRANT_ROLE: Final = Function("Programs", "grantRole", ("bytes32", "address"), ())
_F_HAS_ROLE: Final = Function("Programs", "hasRole", ("bytes32", "address"), ("bool",))
_F_IS_APPROVED: Final = Function("Programs", "isApproved", ("bytes32",), ("bool",))
_F_IS_SUCCESSOR: Final = Function("Programs", "isSuccessor", ("bytes32", "bytes32"), ("bool",))
_F_PUBLISH: Final = Function(
    "Programs",
    "publish",
    ("bytes32", "bytes32", "uint8", "uint8", "uint8", "uint8", "uint8", "uint8"),
    (),
)
_F_PUBLISH_ENGINE: Final = Function("Programs", "publishEngine", ("bytes32", "bytes32"), ())
_F_REGISTRY: Final = Function("Programs", "registry", (), ("address",))
_F_RENOUNCE_ROLE: Final = Function("Programs", "renounceRole", ("bytes32", "address"), ())
_F_REQUIRE_RUNNABLE: Final = Function("Programs", "requireRunnable", ("bytes32", "uint8", "uint256"), ("bytes32",))
_F_REQUIRE_RUNNABLE_ENGINE: Final = Function("Programs", "requireRunnableEngine", ("bytes32",), ())
_F_REQUIRED_APPROVALS: Final = Function("Programs", "requiredApprovals", (), ("uint8",))
_F_RETIRE: Final = Function("Programs", "retire", ("bytes32",), ())
_F_REVOKE_ROLE: Final = Function("Programs", "revokeRole", ("bytes32", "address"), ())
_F_SUCCESSOR_OF: Final = Function("Programs", "successorOf", ("bytes32",), (_SUCCESSION,))
_F_SUPPORTS_INTERFACE: Final = Function("Programs", "supportsInterface", ("bytes4",), ("bool",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("AccessControlBadConfirmation", ()),
    ErrorSpec("AccessControlUnauthorizedAccount", (("account", "address"), ("needed_role", "bytes32"))),
    ErrorSpec("AlreadyApproved", (("release", "bytes32"), ("certifier", "bytes32"))),
    ErrorSpec("AlreadySucceeded", (("older", "bytes32"), ("newer", "bytes32"))),
    ErrorSpec("CommitteeSize", (("program", "bytes32"), ("size", "uint256"), ("min", "uint8"), ("max", "uint8"))),
    ErrorSpec("LevelNotReached", (("program", "bytes32"), ("level", "uint8"), ("required", "uint8"))),
    ErrorSpec("MissingRole", (("party", "bytes32"), ("role", "uint32"))),
    ErrorSpec("NoSuccessor", (("older", "bytes32"), ("newer", "bytes32"), ("field", "bytes32"))),
    ErrorSpec("NotAllowed", (("caller", "address"), ("party", "bytes32"))),
    ErrorSpec("NotEnoughApprovals", (("release", "bytes32"), ("approvals", "uint8"), ("required", "uint8"))),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("OwnApproval", (("release", "bytes32"), ("certifier", "bytes32"))),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("ReleaseExists", (("release", "bytes32"),)),
    ErrorSpec("RetiredRelease", (("release", "bytes32"),)),
    ErrorSpec("SuccessionNotDeclared", (("older", "bytes32"), ("newer", "bytes32"))),
    ErrorSpec("UnknownRelease", (("release", "bytes32"),)),
    ErrorSpec("WrongKind", (("release", "bytes32"), ("kind", "uint8"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def default_admin_role() -> Read[bytes]:
    """``DEFAULT_ADMIN_ROLE()``."""
    return _F_DEFAULT_ADMIN_ROLE.read()


def publisher_role() -> Read[bytes]:
    """``PUBLISHER_ROLE()``."""
    return _F_PUBLISHER_ROLE.read()


def approve(release: bytes, certifier: bytes) -> Write:
    """``approve(bytes32, bytes32)``."""
    return _F_APPROVE.write(release, certifier)


def approve_successor(older: bytes, newer: bytes, certifier: bytes) -> Write:
    """``approveSuccessor(bytes32, bytes32, bytes32)``."""
    return _F_APPROVE_SUCCESSOR.write(older, newer, certifier)


def declare_successor(older: bytes, newer: bytes) -> Write:
    """``declareSuccessor(bytes32, bytes32)``."""
    return _F_DECLARE_SUCCESSOR.write(older, newer)


def digest_of(programs: tuple[bytes, ...]) -> Read[bytes]:
    """``digestOf(bytes32[])``."""
    return _F_DIGEST_OF.read(programs)


def get(release: bytes) -> Read[Release]:
    """``get(bytes32)``."""
    return _F_GET.read(release)


def get_role_admin(role: bytes) -> Read[bytes]:
    """``getRoleAdmin(bytes32)``."""
    return _F_GET_ROLE_ADMIN.read(role)


def grant_role(role: bytes, account: str) -> Write:
    """``grantRole(bytes32, address)``."""
    return _F_GRANT_ROLE.write(role, account)


def has_role(role: bytes, account: str) -> Read[bool]:
    """``hasRole(bytes32, address)``."""
    return _F_HAS_ROLE.read(role, account)


def is_approved(release: bytes) -> Read[bool]:
    """``isApproved(bytes32)``."""
    return _F_IS_APPROVED.read(release)


def is_successor(older: bytes, newer: bytes) -> Read[bool]:
    """``isSuccessor(bytes32, bytes32)``."""
    return _F_IS_SUCCESSOR.read(older, newer)


def publish(
    program: bytes,
    code_digest: bytes,
    committee: int,
    protection_level: int,
    security_model: int,
    min_parties: int,
    max_parties: int,
    output_kind: int,
) -> Write:
    """``publish(bytes32, bytes32, uint8, uint8, uint8, uint8, uint8, uint8)``."""
    return _F_PUBLISH.write(
        program, code_digest, committee, protection_level, security_model, min_parties, max_parties, output_kind
    )


def publish_engine(engine: bytes, code_digest: bytes) -> Write:
    """``publishEngine(bytes32, bytes32)``."""
    return _F_PUBLISH_ENGINE.write(engine, code_digest)


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def renounce_role(role: bytes, caller_confirmation: str) -> Write:
    """``renounceRole(bytes32, address)``."""
    return _F_RENOUNCE_ROLE.write(role, caller_confirmation)


def require_runnable(program: bytes, protection_level: int, committers: int) -> Read[bytes]:
    """``requireRunnable(bytes32, uint8, uint256)``."""
    return _F_REQUIRE_RUNNABLE.read(program, protection_level, committers)


def require_runnable_engine(engine: bytes) -> Read[None]:
    """``requireRunnableEngine(bytes32)``."""
    return _F_REQUIRE_RUNNABLE_ENGINE.read(engine)


def required_approvals() -> Read[int]:
    """``requiredApprovals()``."""
    return _F_REQUIRED_APPROVALS.read()


def retire(release: bytes) -> Write:
    """``retire(bytes32)``."""
    return _F_RETIRE.write(release)


def revoke_role(role: bytes, account: str) -> Write:
    """``revokeRole(bytes32, address)``."""
    return _F_REVOKE_ROLE.write(role, account)


def successor_of(release: bytes) -> Read[Succession]:
    """``successorOf(bytes32)``."""
    return _F_SUCCESSOR_OF.read(release)


def supports_interface(interface_id: bytes) -> Read[bool]:
    """``supportsInterface(bytes4)``."""
    return _F_SUPPORTS_INTERFACE.read(interface_id)
