# ruff: noqa: INP001 - a script beside the contracts, not a package
"""Writes ``tests/vectors/eip712.json``: golden vectors of every type that is signed for the chain.

The types are read from the strings in ``src/libraries``; the oracle is ``eth_account.encode_typed_data``,
which shares no code with those libraries nor with ``protocol/typed.py``. It coerces badly typed input, so it only ever
sees the well-typed values below.
``python contracts/vectors.py`` writes the file; ``--check`` compares and exits 1 on a difference.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from rlp import encode as rlp

LIBRARIES: Final = Path(__file__).resolve().parent / "src" / "libraries"
SOURCES: Final = "".join((LIBRARIES / name).read_text("utf-8") for name in ("TypedData.sol", "Registrations.sol"))
OUTPUT: Final = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "eip712.json"
# The forge test deploys its hashers from here, so that the verifying contracts' addresses are known beforehand.
DEPLOYER: Final = bytes.fromhex("00000000000000000000000000000000000a11ce")
HOMES: Final = ("Consents", "Tasks", "Anchors", "PartyRegistry", "DataSets", "Models", "Budgets", "PasskeyAccount")
DOMAIN_TYPE: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
)
# Each type string of the libraries: a keccak256 of string literals, which Solidity joins.
TYPES: Final[dict[str, str]] = dict(
    re.fullmatch(r"(\w+)\((.*)\)", "".join(re.findall(r'"([^"]*)"', literals))).groups()  # pyright: ignore[reportOptionalMemberAccess]
    for literals in re.findall(r'_TYPEHASH\s*=\s*keccak256\(((?:\s*"[^"]*")+)\s*\)', SOURCES)
)
# Which contract checks the type; all others are Tasks.
ELSEWHERE: Final = {
    "Authorization": "Consents",
    "Revocation": "Consents",
    "RevocationOfAll": "Consents",
    "NoInputSent": "Consents",
    "AnchorUpdate": "Anchors",
    "Admission": "PartyRegistry",
    "WalletChange": "PartyRegistry",
    "KeyRotation": "PartyRegistry",
    "DataSetRegistration": "DataSets",
    "DataSetRetirement": "DataSets",
    "DataSetAttestation": "DataSets",
    "ModelRegistration": "Models",
    "ModelRetirement": "Models",
    "LicenceGrant": "Models",
    "LicenceRetirement": "Models",
    "BudgetChange": "Budgets",
    "AccountMessage": "PasskeyAccount",
    "Execution": "PasskeyAccount",
}
WORLDS: Final = (
    {"chain_id": 731_337, "salt": keccak(b"first deployment"), "first_nonce": 0},
    {"chain_id": 2**53 + 1, "salt": keccak(b"second deployment"), "first_nonce": len(HOMES)},
)
NOTES: Final = ("typical", "smallest", "largest")


def fields_of(name: str) -> list[tuple[str, str]]:
    """(field, type) of one signed type, in order."""
    return [(part.split()[1], part.split()[0]) for part in TYPES[name].split(",")]


def value(kind: str, field: str, note: str) -> Any:  # noqa: ANN401 - the kinds' Python types differ
    """A well-typed value: ``int``, ``bytes``, ``str``, or a list of them."""
    if kind.endswith("[]"):
        length = {"typical": 3, "smallest": 0, "largest": 7}[note]
        return [value(kind[:-2], f"{field}{place}", note) for place in range(length)]
    if kind == "string":
        return {"typical": f"{field.lower()}-5f2c", "smallest": "", "largest": f"{field} 评估 é [ref {'0f' * 16}]"}[
            note
        ]
    if kind == "bytes32":
        return {"typical": keccak(field.encode()), "smallest": bytes(32), "largest": b"\xff" * 32}[note]
    if kind == "address":
        return (
            "0x" + {"typical": keccak(field.encode())[12:], "smallest": bytes(20), "largest": b"\xff" * 20}[note].hex()
        )
    if kind == "bytes":
        return {"typical": keccak(field.encode())[:7], "smallest": b"", "largest": b"\xff" * 100}[note]
    if kind == "bool":
        return note == "largest"
    bits = int(kind.removeprefix("uint"))
    return {"typical": sum(field.encode()) % 2**bits, "smallest": 0, "largest": 2**bits - 1}[note]


def on_chain(kind: str, given: Any) -> Any:  # noqa: ANN401 - as above
    """The value as a contract takes it: a string is its keccak256."""
    if kind.endswith("[]"):
        return [on_chain(kind[:-2], item) for item in given]
    return keccak(given.encode()) if kind == "string" else given


def shown(kind: str, given: Any) -> Any:  # noqa: ANN401 - as above
    """The value as JSON: bytes as 0x hex, integers over 53 bits as decimal strings."""
    if kind.endswith("[]"):
        return [shown(kind[:-2], item) for item in given]
    if kind in {"bytes32", "bytes"}:
        return "0x" + given.hex()
    return str(given) if kind.startswith("uint") and int(kind[4:]) > 53 else given


def vector(name: str, world: dict[str, Any], note: str, secret: bytes) -> dict[str, Any]:
    """One type in one domain, hashed and signed."""
    home = ELSEWHERE.get(name, "Tasks")
    fields = fields_of(name)
    message = {field: value(kind, field, note) for field, kind in fields}
    contract = "0x" + keccak(rlp([DEPLOYER, world["first_nonce"] + HOMES.index(home)]))[12:].hex()
    domain = {
        "name": "Tallystick",
        "version": "1",
        "chainId": world["chain_id"],
        "verifyingContract": contract,
        "salt": world["salt"],
    }
    types = {
        "EIP712Domain": [{"name": field, "type": kind} for field, kind in DOMAIN_TYPE],
        name: [{"name": field, "type": kind} for field, kind in fields],
    }
    document = {"types": types, "primaryType": name, "domain": domain, "message": message}
    signable = encode_typed_data(full_message=document)
    signed = Account.sign_message(signable, secret)
    chain_kinds = [kind.replace("string", "bytes32") for _, kind in fields]
    chain_values = [on_chain(kind, message[field]) for field, kind in fields]
    # As `abi.encode` of the Solidity struct: dynamic structs stand behind an offset, the two bare pairs do not.
    encoded = encode([f"({','.join(chain_kinds)})"], [chain_values])
    return {
        "primary_type": name,
        "note": note,
        "contract": home,
        "typed_data": {
            **document,
            "domain": {field: shown(kind, domain[field]) for field, kind in DOMAIN_TYPE},
            "message": {field: shown(kind, message[field]) for field, kind in fields},
        },
        "chain_id": str(world["chain_id"]),
        "salt": "0x" + world["salt"].hex(),
        "verifying_contract": contract,
        "encoded": "0x" + encoded.hex(),
        "struct_hash": "0x" + signable.body.hex(),
        "digest": "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex(),
        "private_key": "0x" + secret.hex(),
        "signer": Account.from_key(secret).address,
        "signature": "0x" + bytes(signed.signature).hex(),
    }


def main() -> int:
    """Write or check the file; returns the exit code."""
    vectors = [
        vector(name, world, note, keccak(f"test key of {name} {note}".encode()))
        for world in WORLDS
        for name in TYPES
        for note in NOTES
    ]
    text = json.dumps({"vectors": vectors}, indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        return 0 if OUTPUT.read_text("utf-8") == text else 1
    OUTPUT.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
