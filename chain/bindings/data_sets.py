"""Generated from the ABI of DataSets by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ErrorSpec, Function, Read, Struct, Write, errors_by_selector


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


_DATA_SET_VERSION: Final = Struct(
    DataSetVersion,
    ("bytes32", "bytes32", "bytes32", "uint64", "uint8", "bytes32", "uint8"),
)
_F_ATTEST: Final = Function("DataSets", "attest", ("bytes32", "uint32", "bytes32", "bytes32"), ())
_F_GET: Final = Function("DataSets", "get", ("bytes32", "uint32"), (_DATA_SET_VERSION,))
_F_LATEST: Final = Function("DataSets", "latest", ("bytes32",), ("uint32",))
_F_REGISTER: Final = Function(
    "DataSets",
    "register",
    ("bytes32", "bytes32", "uint32", "bytes32", "bytes32", "uint64", "uint8", "bytes32"),
    (),
)
_F_REGISTRY: Final = Function("DataSets", "registry", (), ("address",))
_F_RETIRE: Final = Function("DataSets", "retire", ("bytes32", "uint32"), ())

ERRORS: Final = errors_by_selector(
    ErrorSpec("MissingRole", (("party", "bytes32"), ("role", "uint32"))),
    ErrorSpec("NotAllowed", (("caller", "address"), ("party", "bytes32"))),
    ErrorSpec("NotOwner", (("data_set", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("OwnAttestation", (("data_set", "bytes32"), ("party", "bytes32"))),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("UnknownVersion", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("VersionRetired", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("WrongVersion", (("data_set", "bytes32"), ("given", "uint32"), ("expected", "uint32"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def attest(data_set: bytes, version: int, party: bytes, statement: bytes) -> Write:
    """``attest(bytes32, uint32, bytes32, bytes32)``."""
    return _F_ATTEST.write(data_set, version, party, statement)


def get(data_set: bytes, version: int) -> Read[DataSetVersion]:
    """``get(bytes32, uint32)``."""
    return _F_GET.read(data_set, version)


def latest(data_set: bytes) -> Read[int]:
    """``latest(bytes32)``."""
    return _F_LATEST.read(data_set)


def register(
    data_set: bytes,
    owner: bytes,
    version: int,
    schema_hash: bytes,
    input_root: bytes,
    rows: int,
    data_level: int,
    legal_basis: bytes,
) -> Write:
    """``register(bytes32, bytes32, uint32, bytes32, bytes32, uint64, uint8, bytes32)``."""
    return _F_REGISTER.write(data_set, owner, version, schema_hash, input_root, rows, data_level, legal_basis)


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def retire(data_set: bytes, version: int) -> Write:
    """``retire(bytes32, uint32)``."""
    return _F_RETIRE.write(data_set, version)
