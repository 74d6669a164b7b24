"""Generated from the ABI of DataSets by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class DataSetAttestation:
    """``struct DataSetAttestation``."""

    data_set: bytes
    version: int
    party: bytes
    statement: bytes


@dataclass(frozen=True, slots=True)
class DataSetVersion:
    """``struct DataSetVersion``."""

    owner: bytes
    schema_hash: bytes
    input_root: bytes
    rows: int
    data_level: int
    legal_basis: bytes
    status: int


@dataclass(frozen=True, slots=True)
class DataSetRegistration:
    """``struct DataSetRegistration``."""

    data_set: bytes
    owner: bytes
    version: int
    schema_hash: bytes
    input_root: bytes
    rows: int
    data_level: int
    legal_basis: bytes


_DATA_SET_ATTESTATION: Final = Struct(DataSetAttestation, ("bytes32", "uint32", "bytes32", "bytes32"))
_DATA_SET_VERSION: Final = Struct(
    DataSetVersion,
    ("bytes32", "bytes32", "bytes32", "uint64", "uint8", "bytes32", "uint8"),
)
_DATA_SET_REGISTRATION: Final = Struct(
    DataSetRegistration,
    ("bytes32", "bytes32", "uint32", "bytes32", "bytes32", "uint64", "uint8", "bytes32"),
)
_F_ATTEST: Final = Function("DataSets", "attest", (_DATA_SET_ATTESTATION, "bytes"), ())
_F_DEPLOYMENT_ID: Final = Function("DataSets", "deploymentId", (), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("DataSets", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "DataSets",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_GET: Final = Function("DataSets", "get", ("bytes32", "uint32"), (_DATA_SET_VERSION,))
_F_LATEST: Final = Function("DataSets", "latest", ("bytes32",), ("uint32",))
_F_REGISTER: Final = Function("DataSets", "register", (_DATA_SET_REGISTRATION, "bytes"), ())
_F_REGISTRY: Final = Function("DataSets", "registry", (), ("address",))
_F_RETIRE: Final = Function("DataSets", "retire", ("bytes32", "uint32", "bytes"), ())

ERRORS: Final = errors_by_selector(
    ErrorSpec(
        "AlreadyStated",
        (("data_set", "bytes32"), ("version", "uint32"), ("party", "bytes32"), ("statement", "bytes32")),
    ),
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("MissingRole", (("party", "bytes32"), ("role", "uint32"))),
    ErrorSpec("NotOwner", (("data_set", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("OwnAttestation", (("data_set", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("UnknownVersion", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("VersionRetired", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("WrongVersion", (("data_set", "bytes32"), ("given", "uint32"), ("expected", "uint32"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def attest(a: DataSetAttestation, signature: bytes) -> Write:
    """``attest(DataSetAttestation, bytes)``."""
    return _F_ATTEST.write(a, signature)


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def domain_separator() -> Read[bytes]:
    """``domainSeparator()``."""
    return _F_DOMAIN_SEPARATOR.read()


def eip712_domain() -> Read[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
    """``eip712Domain()``."""
    return _F_EIP712_DOMAIN.read()


def get(data_set: bytes, version: int) -> Read[DataSetVersion]:
    """``get(bytes32, uint32)``."""
    return _F_GET.read(data_set, version)


def latest(data_set: bytes) -> Read[int]:
    """``latest(bytes32)``."""
    return _F_LATEST.read(data_set)


def register(r: DataSetRegistration, signature: bytes) -> Write:
    """``register(DataSetRegistration, bytes)``."""
    return _F_REGISTER.write(r, signature)


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def retire(data_set: bytes, version: int, signature: bytes) -> Write:
    """``retire(bytes32, uint32, bytes)``."""
    return _F_RETIRE.write(data_set, version, signature)
