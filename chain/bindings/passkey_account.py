"""Generated from the ABI of PasskeyAccount by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Passkey:
    """``struct Passkey``."""

    x: bytes
    y: bytes


_PASSKEY: Final = Struct(Passkey, ("bytes32", "bytes32"))
_F_MAX_THRESHOLD: Final = Function("PasskeyAccount", "MAX_THRESHOLD", (), ("uint256",))
_F_ADD_PASSKEY: Final = Function("PasskeyAccount", "addPasskey", (_PASSKEY,), ())
_F_DEPLOYMENT_ID: Final = Function("PasskeyAccount", "deploymentId", (), ("bytes32",))
_F_DIGEST_OF: Final = Function("PasskeyAccount", "digestOf", ("bytes32",), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("PasskeyAccount", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "PasskeyAccount",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_EXECUTE: Final = Function("PasskeyAccount", "execute", ("address", "bytes", "uint256", "bytes"), ("bytes",))
_F_EXECUTION_DIGEST: Final = Function(
    "PasskeyAccount",
    "executionDigest",
    ("address", "bytes", "uint256"),
    ("bytes32",),
)
_F_ID_OF: Final = Function("PasskeyAccount", "idOf", (_PASSKEY,), ("bytes32",))
_F_IS_PASSKEY: Final = Function("PasskeyAccount", "isPasskey", (_PASSKEY,), ("bool",))
_F_IS_VALID_SIGNATURE: Final = Function("PasskeyAccount", "isValidSignature", ("bytes32", "bytes"), ("bytes4",))
_F_NONCE: Final = Function("PasskeyAccount", "nonce", (), ("uint256",))
_F_PASSKEYS: Final = Function("PasskeyAccount", "passkeys", (), ("uint256",))
_F_REMOVE_PASSKEY: Final = Function("PasskeyAccount", "removePasskey", (_PASSKEY,), ())
_F_SET_THRESHOLD: Final = Function("PasskeyAccount", "setThreshold", ("uint256",), ())
_F_THRESHOLD: Final = Function("PasskeyAccount", "threshold", (), ("uint256",))
_F_VERIFIER: Final = Function("PasskeyAccount", "verifier", (), ("address",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("AddressEmptyCode", (("target", "address"),)),
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("FailedCall", ()),
    ErrorSpec("InsufficientBalance", (("balance", "uint256"), ("needed", "uint256"))),
    ErrorSpec("NotContract", (("target", "address"),)),
    ErrorSpec("NotOnCurve", (("x", "bytes32"), ("y", "bytes32"))),
    ErrorSpec("OnlySelf", (("caller", "address"),)),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("PasskeyExists", (("passkey", "bytes32"),)),
    ErrorSpec("UnknownPasskey", (("passkey", "bytes32"),)),
    ErrorSpec("WrongNonce", (("given", "uint256"), ("expected", "uint256"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def max_threshold() -> Read[int]:
    """``MAX_THRESHOLD()``."""
    return _F_MAX_THRESHOLD.read()


def add_passkey(passkey: Passkey) -> Write:
    """``addPasskey(Passkey)``."""
    return _F_ADD_PASSKEY.write(passkey)


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def digest_of(digest: bytes) -> Read[bytes]:
    """``digestOf(bytes32)``."""
    return _F_DIGEST_OF.read(digest)


def domain_separator() -> Read[bytes]:
    """``domainSeparator()``."""
    return _F_DOMAIN_SEPARATOR.read()


def eip712_domain() -> Read[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
    """``eip712Domain()``."""
    return _F_EIP712_DOMAIN.read()


def execute(target: str, data: bytes, nonce: int, signature: bytes) -> Write:
    """``execute(address, bytes, uint256, bytes)``."""
    return _F_EXECUTE.write(target, data, nonce, signature)


def execution_digest(target: str, data: bytes, nonce: int) -> Read[bytes]:
    """``executionDigest(address, bytes, uint256)``."""
    return _F_EXECUTION_DIGEST.read(target, data, nonce)


def id_of(passkey: Passkey) -> Read[bytes]:
    """``idOf(Passkey)``."""
    return _F_ID_OF.read(passkey)


def is_passkey(passkey: Passkey) -> Read[bool]:
    """``isPasskey(Passkey)``."""
    return _F_IS_PASSKEY.read(passkey)


def is_valid_signature(digest: bytes, signature: bytes) -> Read[bytes]:
    """``isValidSignature(bytes32, bytes)``."""
    return _F_IS_VALID_SIGNATURE.read(digest, signature)


def nonce() -> Read[int]:
    """``nonce()``."""
    return _F_NONCE.read()


def passkeys() -> Read[int]:
    """``passkeys()``."""
    return _F_PASSKEYS.read()


def remove_passkey(passkey: Passkey) -> Write:
    """``removePasskey(Passkey)``."""
    return _F_REMOVE_PASSKEY.write(passkey)


def set_threshold(threshold: int) -> Write:
    """``setThreshold(uint256)``."""
    return _F_SET_THRESHOLD.write(threshold)


def threshold() -> Read[int]:
    """``threshold()``."""
    return _F_THRESHOLD.read()


def verifier() -> Read[str]:
    """``verifier()``."""
    return _F_VERIFIER.read()
