"""Generated from the ABI of Anchors by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class AnchorUpdate:
    """``struct AnchorUpdate``."""

    party: bytes
    epoch: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class LogHead:
    """``struct LogHead``."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class AnchoredRoot:
    """``struct AnchoredRoot``."""

    root: bytes
    key_period: int


_ANCHOR_UPDATE: Final = Struct(AnchorUpdate, ("bytes32", "uint64", "uint64", "bytes32"))
_LOG_HEAD: Final = Struct(LogHead, ("uint64", "bytes32"))
_ANCHORED_ROOT: Final = Struct(AnchoredRoot, ("bytes32", "uint64"))
_F_MAX_NOTED: Final = Function("Anchors", "MAX_NOTED", (), ("uint256",))
_F_ANCHOR: Final = Function(
    "Anchors",
    "anchor",
    (_ANCHOR_UPDATE, "bytes", ArrayOf("bytes32"), ArrayOf(ArrayOf("bytes32"))),
    (),
)
_F_DEPLOYMENT_ID: Final = Function("Anchors", "deploymentId", (), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("Anchors", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "Anchors",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_HEAD: Final = Function("Anchors", "head", ("bytes32",), ("uint64", "uint64", "bytes32"))
_F_NOTE: Final = Function("Anchors", "note", ("bytes32", "uint64", "uint64", "bytes32"), ())
_F_NOTED: Final = Function("Anchors", "noted", ("bytes32",), (ArrayOf(_LOG_HEAD),))
_F_OPEN_EPOCH: Final = Function("Anchors", "openEpoch", ("bytes32", "uint64"), ())
_F_REGISTRY: Final = Function("Anchors", "registry", (), ("address",))
_F_ROOT_AT: Final = Function("Anchors", "rootAt", ("bytes32", "uint64", "uint64"), (_ANCHORED_ROOT,))
_F_TASKS: Final = Function("Anchors", "tasks", (), ("address",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("BadLength", (("list", "bytes32"), ("length", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("ForkedLog", (("party", "bytes32"), ("old_size", "uint64"), ("size", "uint64"))),
    ErrorSpec("NotAllowed", (("caller", "address"), ("party", "bytes32"))),
    ErrorSpec("OnlyTasks", (("caller", "address"),)),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("TooManyNoted", (("party", "bytes32"), ("limit", "uint256"))),
    ErrorSpec("WrongEpoch", (("party", "bytes32"), ("given", "uint64"), ("expected", "uint64"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def max_noted() -> Read[int]:
    """``MAX_NOTED()``."""
    return _F_MAX_NOTED.read()


def anchor(
    u: AnchorUpdate,
    signature: bytes,
    from_last: tuple[bytes, ...],
    from_noted: tuple[tuple[bytes, ...], ...],
) -> Write:
    """``anchor(AnchorUpdate, bytes, bytes32[], bytes32[][])``."""
    return _F_ANCHOR.write(u, signature, from_last, from_noted)


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def domain_separator() -> Read[bytes]:
    """``domainSeparator()``."""
    return _F_DOMAIN_SEPARATOR.read()


def eip712_domain() -> Read[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
    """``eip712Domain()``."""
    return _F_EIP712_DOMAIN.read()


def head(party: bytes) -> Read[tuple[int, int, bytes]]:
    """``head(bytes32)``."""
    return _F_HEAD.read(party)


def note(party: bytes, epoch: int, size: int, root: bytes) -> Write:
    """``note(bytes32, uint64, uint64, bytes32)``."""
    return _F_NOTE.write(party, epoch, size, root)


def noted(party: bytes) -> Read[tuple[LogHead, ...]]:
    """``noted(bytes32)``."""
    return _F_NOTED.read(party)


def open_epoch(party: bytes, new_epoch: int) -> Write:
    """``openEpoch(bytes32, uint64)``."""
    return _F_OPEN_EPOCH.write(party, new_epoch)


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def root_at(party: bytes, epoch: int, size: int) -> Read[AnchoredRoot]:
    """``rootAt(bytes32, uint64, uint64)``."""
    return _F_ROOT_AT.read(party, epoch, size)


def tasks() -> Read[str]:
    """``tasks()``."""
    return _F_TASKS.read()
