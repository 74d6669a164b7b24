"""Generated from the ABI of ProposalRules by `python -m chain.generate`: do not edit."""

from dataclasses import dataclass
from typing import Final

from chain.abi import ArrayOf, ErrorSpec, Function, Read, Struct, errors_by_selector


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
_F_CHECK: Final = Function(
    "ProposalRules",
    "check",
    (_PROPOSAL, "uint64", "uint64"),
    ("uint8", ArrayOf("bytes32"), ArrayOf("bytes32")),
)
_F_DATA_SETS: Final = Function("ProposalRules", "dataSets", (), ("address",))
_F_PROGRAMS: Final = Function("ProposalRules", "programs", (), ("address",))
_F_REGISTRY: Final = Function("ProposalRules", "registry", (), ("address",))

ERRORS: Final = errors_by_selector(
    ErrorSpec("AuditorOnCommittee", (("party", "bytes32"),)),
    ErrorSpec("BadLength", (("list", "bytes32"), ("length", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("CommitteeNotOwners", (("party", "bytes32"),)),
    ErrorSpec("Duplicate", (("list", "bytes32"), ("item", "bytes32"))),
    ErrorSpec("MissingRole", (("party", "bytes32"), ("role", "uint32"))),
    ErrorSpec("MixedCommittees", (("program", "bytes32"), ("committee", "uint8"), ("other", "uint8"))),
    ErrorSpec("OutOfRange", (("field", "bytes32"), ("value", "uint256"), ("min", "uint256"), ("max", "uint256"))),
    ErrorSpec("SameOperator", (("party", "bytes32"), ("other", "bytes32"), ("operator", "bytes32"))),
    ErrorSpec("UnknownRelease", (("release", "bytes32"),)),
    ErrorSpec("UnknownVersion", (("data_set", "bytes32"), ("version", "uint32"))),
    ErrorSpec("WrongKind", (("release", "bytes32"), ("kind", "uint8"))),
    ErrorSpec("ZeroValue", (("field", "bytes32"),)),
)


def check(p: Proposal, time: int, max_lifetime: int) -> Read[tuple[int, tuple[bytes, ...], tuple[bytes, ...]]]:
    """``check(Proposal, uint64, uint64)``."""
    return _F_CHECK.read(p, time, max_lifetime)


def data_sets() -> Read[str]:
    """``dataSets()``."""
    return _F_DATA_SETS.read()


def programs() -> Read[str]:
    """``programs()``."""
    return _F_PROGRAMS.read()


def registry() -> Read[str]:
    """``registry()``."""
    return _F_REGISTRY.read()
