"""The offline trust root: which chain, which deployment, which contracts. Never taken from a bundle.

A regulator gets ``trust.json`` by a way of its own; a verifier without one says so and stops at what it can check.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from protocol import canonical
from protocol.errors import FormatError
from protocol.record import Record
from protocol.typed import Domain

FORMAT: Final = "tallystick/trust/v2"
LIMIT: Final = 64 * 1024
CONTRACTS: Final = (
    "Anchors", "Budgets", "Consents", "DataSets", "Models", "PartyRegistry", "Programs", "ProposalRules", "Tasks",
)  # fmt: skip
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Trust:
    """``contracts`` maps names to lower-case addresses; ``confirmations`` is the chain's finality rule.

    ``head`` is (number, hash) of the bundle's last block as the regulator saw it on a chain endpoint of its own. Where
    validators seal every block (QBFT) the genesis is enough; headers without seals prove nothing but their order, and
    only a later block that somebody trusts binds them.
    """

    deployment: bytes
    chain_id: int
    genesis_hash: bytes
    contracts: tuple[tuple[str, str], ...]
    runtime_code_hashes: tuple[tuple[str, bytes], ...]
    confirmations: int
    head: tuple[int, bytes] | None = None

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse ``trust.json``; it need not be canonical, since people copy it by hand."""
        if len(data) > LIMIT:
            raise FormatError("trust.too_large", "The trust file is over 64 KiB.", "Give the right file.")
        record = Record(canonical.parse(data), "trust")
        record.const("format", FORMAT)
        contracts = record.mapping("contracts", 32)
        codes = record.mapping("runtime_code_hashes", 32)
        if sorted(contracts) != list(CONTRACTS) or sorted(codes) != list(CONTRACTS):
            raise FormatError("trust.contracts", f"The trust file must name {', '.join(CONTRACTS)}.", "Complete it.")
        found = cls(
            record.hex32("deployment"),
            record.decimal("chain_id", 256),
            record.hex32("genesis_hash"),
            tuple((name, _address(contracts[name], name)) for name in CONTRACTS),
            tuple((name, Record(codes, "codes").hex32(name)) for name in CONTRACTS),
            record.integer("confirmations", 0, 10_000),
            _head(record.take("head")),
        )
        record.done()
        return found

    def data(self) -> bytes:
        """Canonical bytes of the file."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "deployment": "0x" + self.deployment.hex(),
                "chain_id": str(self.chain_id),
                "genesis_hash": "0x" + self.genesis_hash.hex(),
                "contracts": dict(self.contracts),
                "runtime_code_hashes": {name: "0x" + code.hex() for name, code in self.runtime_code_hashes},
                "confirmations": self.confirmations,
                "head": None if self.head is None else {"number": self.head[0], "hash": "0x" + self.head[1].hex()},
            }
        )

    def address(self, contract: str) -> str:
        """Lower-case address of a contract."""
        return dict(self.contracts)[contract]

    def domain(self, contract: str) -> Domain:
        """EIP-712 domain of a contract."""
        return Domain(self.chain_id, self.address(contract), self.deployment)


def _head(value: object) -> tuple[int, bytes] | None:
    if value is None:
        return None
    record = Record(value, "trust.head")
    found = record.integer("number", 0, canonical.SAFE_INTEGER), record.hex32("hash")
    record.done()
    return found


def _address(value: object, name: str) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise FormatError(
            "trust.address", f"The address of {name} is not 0x and 40 lower-case hex digits.", "Correct it."
        )
    return value
