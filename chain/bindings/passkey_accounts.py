"""Generated from the ABI of PasskeyAccounts by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Passkey:
    """``struct Passkey``."""

    x: bytes
    y: bytes


_PASSKEY: Final = Struct(Passkey, ("bytes32", "bytes32"))
_F_ADDRESS_OF: Final = Function(
    "PasskeyAccounts",
    "addressOf",
    (ArrayOf(_PASSKEY), "uint256", "bytes32"),
    ("address",),
)
_F_CREATE: Final = Function("PasskeyAccounts", "create", (ArrayOf(_PASSKEY), "uint256", "bytes32"), ("address",))
_F_DEPLOYMENT_ID: Final = Function("PasskeyAccounts", "deploymentId", (), ("bytes32",))
_F_VERIFIER: Final = Function("PasskeyAccounts", "verifier", (), ("address",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("Create2EmptyBytecode", ()),
    ErrorSpec("FailedDeployment", ()),
    ErrorSpec("InsufficientBalance", (("balance", "uint256"), ("needed", "uint256"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def address_of(passkeys: tuple[Passkey, ...], threshold: int, salt: bytes) -> Read[str]:
    """``addressOf(Passkey[], uint256, bytes32)``."""
    return _F_ADDRESS_OF.read(passkeys, threshold, salt)


def create(passkeys: tuple[Passkey, ...], threshold: int, salt: bytes) -> Write:
    """``create(Passkey[], uint256, bytes32)``."""
    return _F_CREATE.write(passkeys, threshold, salt)


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def verifier() -> Read[str]:
    """``verifier()``."""
    return _F_VERIFIER.read()
