"""Generated from the ABI of Budgets by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, Write, errors_by_selector


@dataclass(frozen=True, slots=True)
class Proposal:
    """``struct Proposal``."""

    proposer: bytes
    scheduler: bytes
    contract_digest: bytes
    compute_parties: tuple[bytes, ...]
    data_sets: tuple[bytes, ...]
    data_versions: tuple[int, ...]
    epsilon_micros: tuple[int, ...]
    programs: tuple[bytes, ...]
    engine: bytes
    models: tuple[bytes, ...]
    licences: tuple[bytes, ...]
    result_users: tuple[bytes, ...]
    auditors: tuple[bytes, ...]
    reviewer: bytes
    purpose: bytes
    protection_level: int
    uses: int
    max_reserves: int
    deadline: int
    review_by: int
    nonce: int


@dataclass(frozen=True, slots=True)
class Budget:
    """``struct Budget``."""

    epsilon_micros: int
    spent: int
    change: int


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """``struct BudgetChange``."""

    data_set: bytes
    epsilon_micros: int
    change: int


_PROPOSAL: Final = Struct(
    Proposal,
    (
        "bytes32",
        "bytes32",
        "bytes32",
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        ArrayOf("uint32"),
        ArrayOf("uint64"),
        ArrayOf("bytes32"),
        "bytes32",
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        ArrayOf("bytes32"),
        "bytes32",
        "bytes32",
        "uint8",
        "uint32",
        "uint32",
        "uint64",
        "uint64",
        "uint256",
    ),
)
_BUDGET: Final = Struct(Budget, ("uint64", "uint64", "uint64"))
_BUDGET_CHANGE: Final = Struct(BudgetChange, ("bytes32", "uint64", "uint64"))
_F_CONSUME: Final = Function("Budgets", "consume", ("bytes32", _PROPOSAL, ArrayOf("bytes32")), ())
_F_DATA_SETS: Final = Function("Budgets", "dataSets", (), ("address",))
_F_DEPLOYMENT_ID: Final = Function("Budgets", "deploymentId", (), ("bytes32",))
_F_DOMAIN_SEPARATOR: Final = Function("Budgets", "domainSeparator", (), ("bytes32",))
_F_EIP712_DOMAIN: Final = Function(
    "Budgets",
    "eip712Domain",
    (),
    ("bytes1", "string", "string", "uint256", "address", "bytes32", ArrayOf("uint256")),
)
_F_GET: Final = Function("Budgets", "get", ("bytes32",), (_BUDGET,))
_F_REGISTRY: Final = Function("Budgets", "registry", (), ("address",))
_F_SET: Final = Function("Budgets", "set", (_BUDGET_CHANGE, "bytes"), ())
_F_TASKS: Final = Function("Budgets", "tasks", (), ("address",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("BadSignature", (("signer", "address"), ("digest", "bytes32"))),
    ErrorSpec("BudgetExceeded", (("data_set", "bytes32"), ("asked", "uint64"), ("left", "uint64"))),
    ErrorSpec("OnlyTasks", (("caller", "address"),)),
    ErrorSpec("PartyNotActive", (("party", "bytes32"),)),
    ErrorSpec("UnknownVersion", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("WrongOrdinal", (("subject", "bytes32"), ("given", "uint64"), ("expected", "uint64"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def consume(task: bytes, p: Proposal, argument_2: tuple[bytes, ...]) -> Write:
    """``consume(bytes32, Proposal, bytes32[])``."""
    return _F_CONSUME.write(task, p, argument_2)


def data_sets() -> Read[str]:
    """``dataSets()``."""
    return _F_DATA_SETS.read()


def deployment_id() -> Read[bytes]:
    """``deploymentId()``."""
    return _F_DEPLOYMENT_ID.read()


def domain_separator() -> Read[bytes]:
    """``domainSeparator()``."""
    return _F_DOMAIN_SEPARATOR.read()


def eip712_domain() -> Read[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
    """``eip712Domain()``."""
    return _F_EIP712_DOMAIN.read()


def get(data_set: bytes) -> Read[Budget]:
    """``get(bytes32)``."""
    return _F_GET.read(data_set)


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()


def set(b: BudgetChange, signature: bytes) -> Write:
    """``set(BudgetChange, bytes)``."""
    return _F_SET.write(b, signature)


def tasks() -> Read[str]:
    """``tasks()``."""
    return _F_TASKS.read()
