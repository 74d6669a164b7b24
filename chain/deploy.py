"""Deploys all contracts, wired to each other, and says what was deployed."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from chain.deployment import CONTRACTS, PASSKEY_ACCOUNTS, Deployment
from chain.endpoint import Endpoint, RevertError
from chain.errors import WrongChainError
from chain.events import decode_revert
from chain.nonces import MemoryNonceStore
from chain.sender import Sender, Transaction
from protocol import rlp
from protocol.errors import UnavailableError

ARTIFACTS: Final = Path(__file__).resolve().parent / "artifacts"
CONDITIONS: Final = ("Models", "Budgets")
"""What every start asks besides the consents, in this order, from the first block on."""
CONDITION_DELAY: Final = 7 * 86_400
MAX_LIFETIME: Final = 366 * 86_400


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract as committed (:mod:`chain.compile`)."""

    name: str
    constructor: tuple[tuple[str, str], ...]
    bytecode: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]

    def explains(self, code: bytes) -> bool:
        """Whether code on chain is this contract, whatever its constructor wrote into the immutables."""
        return len(code) == len(self.runtime) and self._masked(code) == self._masked(self.runtime)

    def _masked(self, code: bytes) -> bytes:
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(length)
        return bytes(masked)


def load_artifact(name: str, folder: Path = ARTIFACTS) -> Artifact:
    """Reads a committed artifact."""
    found: Mapping[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    constructors = [entry["inputs"] for entry in found["abi"] if entry["type"] == "constructor"]
    return Artifact(
        name=name,
        constructor=tuple(
            (item["name"].rstrip("_"), _kind(item)) for item in (constructors[0] if constructors else ())
        ),
        bytecode=bytes.fromhex(found["bytecode"][2:]),
        runtime=bytes.fromhex(found["deployedBytecode"][2:]),
        immutables=tuple((place["start"], place["length"]) for place in found["immutableReferences"]),
    )


def _kind(parameter: Mapping[str, Any]) -> str:
    if parameter["type"] != "tuple":
        return str(parameter["type"])
    return f"({','.join(_kind(component) for component in parameter['components'])})"


def create_address(sender: str, nonce: int) -> str:
    """The address a contract gets (yellow paper, section 7): known before it exists, so wiring can be immutable."""
    count = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    return to_checksum_address(keccak(rlp.encode([bytes.fromhex(sender[2:]), count]))[12:])


def deploy(
    rpc_url: str,
    deployer: LocalAccount,
    *,
    confirmations: int = 0,
    required_approvals: int = 1,
    condition_delay: int = CONDITION_DELAY,
    max_lifetime: int = MAX_LIFETIME,
    admin: str | None = None,
    path: Path | None = None,
    deadline: float = 60.0,
) -> Deployment:
    """Deploys every contract with a fresh random deployment id; saves the deployment file when given a path.

    ``admin`` (default: the deployer) gets the admission, publisher and guardian roles. ``required_approvals`` is how many
    certifiers must approve a program, an engine or a successor; ``condition_delay`` the seconds that everybody has before a
    new start condition counts, ``max_lifetime`` the seconds that a task may be given. Nothing is saved unless all of it is
    there and its code is the committed code.
    """
    endpoint = Endpoint(rpc_url, deadline=deadline)
    chain_id, address = endpoint.chain_id(), str(deployer.address)
    first_nonce = endpoint.transaction_count(address, pending=True)
    addresses = {name: create_address(address, first_nonce + position) for position, name in enumerate(CONTRACTS)}
    deployment_id = secrets.token_bytes(32)
    values: dict[str, object] = {
        "deploymentId": deployment_id,
        "admin": admin or address,
        "requiredApprovals": required_approvals,
        "conditionDelay": condition_delay,
        "maxLifetime": max_lifetime,
        "conditions": [addresses[name] for name in CONDITIONS],
        "wiring": tuple(addresses[name] for name in _WIRED),
        **{_PARAMETER[name]: contract for name, contract in addresses.items()},
    }
    sender = Sender(endpoint, chain_id, deployer, MemoryNonceStore(), deadline=deadline)
    blocks = [_create(endpoint, sender, load_artifact(name), values, addresses[name]) for name in CONTRACTS]
    genesis = endpoint.block_ref(0)
    if genesis is None:
        raise UnavailableError("chain.no_genesis", "The endpoint does not know block 0.", "Use a full node.")
    deployment = Deployment(
        chain_id=chain_id,
        deployment_id=f"0x{deployment_id.hex()}",
        genesis_hash=f"0x{genesis.hash.hex()}",
        contracts=addresses,
        runtime_code_hashes={name: f"0x{keccak(endpoint.code(found)).hex()}" for name, found in addresses.items()},
        confirmations=confirmations,
        deployed_block=max(blocks),
    )
    verify_code(endpoint, deployment)
    deployment = _with_passkey_accounts(endpoint, sender, deployment)
    if path is not None:
        deployment.save(path)
    return deployment


def deploy_passkey_accounts(
    rpc_url: str, deployer: LocalAccount, deployment: Deployment, *, deadline: float = 60.0
) -> Deployment:
    """Deploys what makes accounts for passkeys beside a deployment that has none; the deployment with its address."""
    endpoint = Endpoint(rpc_url, deadline=deadline)
    if endpoint.chain_id() != deployment.chain_id:
        raise WrongChainError(
            "chain.wrong_chain", "The endpoint is of another chain than the deployment.", "Use the right endpoint."
        )
    verify_code(endpoint, deployment)
    sender = Sender(endpoint, deployment.chain_id, deployer, MemoryNonceStore(), deadline=deadline)
    return _with_passkey_accounts(endpoint, sender, deployment)


def _with_passkey_accounts(endpoint: Endpoint, sender: Sender, deployment: Deployment) -> Deployment:
    made = create_address(sender.address, endpoint.transaction_count(sender.address, pending=True))
    values = {"deploymentId": bytes.fromhex(deployment.deployment_id[2:])}
    _create(endpoint, sender, load_artifact(PASSKEY_ACCOUNTS), values, made)
    found = replace(deployment, passkey_accounts=made)
    verify_code(endpoint, found)
    return found


def verify_code(endpoint: Endpoint, deployment: Deployment) -> None:
    """Checks that the code on chain is the committed artifacts' code; WrongChainError when it is not."""
    contracts = dict(deployment.contracts)
    if deployment.passkey_accounts:
        contracts[PASSKEY_ACCOUNTS] = deployment.passkey_accounts
    for name, address in contracts.items():
        if not load_artifact(name).explains(endpoint.code(address)):
            raise WrongChainError(
                "chain.foreign_code",
                f"The code of {name} at {address} is not what chain/artifacts/{name}.json says.",
                "Check out the version that was deployed, or deploy this one.",
                contract=name,
            )


_WIRED: Final = ("PartyRegistry", "DataSets", "Programs", "ProposalRules", "Consents", "Anchors")
"""The members of the struct that ``Tasks`` takes, in order."""
_PARAMETER: Final = {
    "PartyRegistry": "registry",
    "DataSets": "dataSets",
    "Programs": "programs",
    "ProposalRules": "rules",
    "Consents": "consents",
    "Anchors": "anchors",
    "Models": "models",
    "Budgets": "budgets",
    "Tasks": "tasks",
}


def _create(endpoint: Endpoint, sender: Sender, artifact: Artifact, values: Mapping[str, object], expected: str) -> int:
    arguments = encode([kind for _, kind in artifact.constructor], [values[name] for name, _ in artifact.constructor])
    data = artifact.bytecode + arguments
    try:
        gas = endpoint.estimate_gas(None, data, sender.address)
    except RevertError as error:
        raise decode_revert(artifact.name, f"new {artifact.name}", error.data, error.what) from error
    receipt = sender.send(Transaction(None, data, gas + gas // 4))
    if not receipt.succeeded or str(receipt.fields.get("contractAddress")).lower() != expected.lower():
        raise UnavailableError(
            "chain.deploy_interrupted",
            f"{artifact.name} is not at {expected}: another transaction of the deployer's key came between.",
            "Deploy again, and use the key for nothing else meanwhile.",
        )
    return receipt.block_number
