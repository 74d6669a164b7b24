"""The deployment file: which chain, which contracts, which code. A gateway checks all of it before its first call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from eth_utils.address import is_checksum_address

from chain.child import write_atomically
from protocol import ids
from protocol.errors import FormatError, RefusedError
from protocol.trust import Trust
from protocol.typed import Domain

CONTRACTS: Final = (
    "PartyRegistry", "DataSets", "Programs", "ProposalRules", "Anchors", "Consents", "Models", "Budgets", "Tasks",
)  # fmt: skip
"""In the order of their deployment: ``Tasks`` comes last and checks that all others point to each other."""
PASSKEY_ACCOUNTS: Final = "PasskeyAccounts"
"""What makes accounts for passkeys: beside the others, and in a deployment that has none, later."""
_MAX_CONFIRMATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of all contracts.

    Hashes are ``0x`` and 64 lower-case hex digits, addresses checksummed (EIP-55). ``confirmations`` is how many blocks
    must follow a block before anyone acts on it: 0 where a block is final at once (QBFT, the demo's devnet).
    ``deployed_block`` is the first block that can hold one of our events.
    """

    chain_id: int
    deployment_id: str
    genesis_hash: str
    contracts: Mapping[str, str]
    runtime_code_hashes: Mapping[str, str]
    confirmations: int
    deployed_block: int
    passkey_accounts: str = ""
    """Where passkey accounts are made (``PasskeyAccounts``), "" where nothing is deployed for them. Nothing that is proven rests on
    it, so a trust root does not name it."""

    def __post_init__(self) -> None:
        """Refuses what is not well formed; the mappings become read-only."""
        for name in ("deployment_id", "genesis_hash"):
            ids.hex32(getattr(self, name), name)
        for name in ("contracts", "runtime_code_hashes"):
            given: Mapping[str, str] = getattr(self, name)
            if sorted(given) != sorted(CONTRACTS):
                raise _malformed(f"{name} must name exactly {', '.join(CONTRACTS)}")
            object.__setattr__(self, name, MappingProxyType(dict(given)))
        for address in (*self.contracts.values(), *([self.passkey_accounts] if self.passkey_accounts else [])):
            if not is_checksum_address(address):
                raise _malformed(f"{address!r} is not a checksummed address")
        for contract, code_hash in self.runtime_code_hashes.items():
            ids.hex32(code_hash, f"runtime_code_hashes.{contract}")
        for name, low, high in (
            ("chain_id", 1, 2**64 - 1),
            ("confirmations", 0, _MAX_CONFIRMATIONS),
            ("deployed_block", 0, 2**64 - 1),
        ):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise _malformed(f"{name} must be a whole number from {low} to {high}")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads the file; refuses unknown and missing fields."""
        try:
            values = json.loads(path.read_text("utf-8"))
            return cls(**values)
        except FileNotFoundError as error:
            raise FormatError(
                "deployment.missing", f"There is no deployment file {path}.", "Deploy first, or pass the right path."
            ) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise _malformed(f"{path}: {error}") from error

    def address(self, contract: str) -> str:
        """The address of one of the contracts, or of ``PasskeyAccounts``; ``passkey.off`` where that is not deployed."""
        if contract != PASSKEY_ACCOUNTS:
            return self.contracts[contract]
        if not self.passkey_accounts:
            raise RefusedError(
                "passkey.off",
                "This deployment makes no accounts for passkeys.",
                "Its operator deploys what makes them (`tally passkey deploy`); until then use a wallet.",
            )
        return self.passkey_accounts

    def domain(self, contract: str) -> Domain:
        """The EIP-712 domain of what ``contract`` checks."""
        return Domain(self.chain_id, self.contracts[contract], ids.hex32(self.deployment_id, "deployment_id"))

    def trust(self) -> Trust:
        """The offline trust root. A regulator makes its own from what it knows itself; this one serves to compare."""
        names = sorted(self.contracts)
        return Trust(
            deployment=ids.hex32(self.deployment_id, "deployment_id"),
            chain_id=self.chain_id,
            genesis_hash=ids.hex32(self.genesis_hash, "genesis_hash"),
            contracts=tuple((name, self.contracts[name].lower()) for name in names),
            runtime_code_hashes=tuple((name, ids.hex32(self.runtime_code_hashes[name], name)) for name in names),
            confirmations=self.confirmations,
        )

    def save(self, path: Path) -> None:
        """Writes the file atomically. It holds no secret."""
        write_atomically(path, self.to_json().encode(), mode=0o644)

    def to_json(self) -> str:
        """The file's text: sorted keys, so that equal deployments are equal bytes."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        if not self.passkey_accounts:  # as the files were written before there was such a member
            del values["passkey_accounts"]
        values |= {"contracts": dict(self.contracts), "runtime_code_hashes": dict(self.runtime_code_hashes)}
        return json.dumps(values, indent=2, sort_keys=True) + "\n"


def _malformed(problem: str) -> FormatError:
    return FormatError("deployment.malformed", f"The deployment file is not usable: {problem}.", "Deploy again.")
