"""Builds the committed artifacts of the contracts, and proves that they have not drifted from the sources.

``python -m chain.compile`` writes ``chain/artifacts/<Contract>.json``; ``--check`` rebuilds and compares every byte,
writes nothing and exits 1 on any difference. Only this module needs Node and a compiler; others read artifacts.

The compiler is the npm package ``solc`` behind ``contracts/bin/solc``, driven through standard JSON (Solidity
documentation, "Using the Compiler"). No metadata is appended to the code: equal sources give equal bytes anywhere.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import solcx
from solcx.exceptions import SolcError

from protocol.errors import FormatError, UnavailableError

ROOT: Final = Path(__file__).resolve().parent.parent
CONTRACTS_DIR: Final = ROOT / "contracts"
ARTIFACTS_DIR: Final = Path(__file__).resolve().parent / "artifacts"

CONTRACTS: Final = (
    "Anchors", "Budgets", "Consents", "DataSets", "Models", "PartyRegistry", "PasskeyAccount", "PasskeyAccounts",
    "Programs", "ProposalRules", "Tasks",
)  # fmt: skip
COMPILER_VERSION: Final = "0.8.37"
# EIP-170: no chain deploys more.
MAX_RUNTIME_BYTES: Final = 24_576

SETTINGS: Final[dict[str, Any]] = {
    "evmVersion": "osaka",
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": False,
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
}

_OUTPUTS: Final = ["abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode"]


def build() -> dict[str, str]:
    """Compile every contract; returns the text of each artifact by contract name.

    Raises:
        UnavailableError: the npm packages are not installed.
        FormatError: the compiler refused the sources, or a contract is too large to deploy.

    """
    answer = _compile(CONTRACTS, _OUTPUTS)
    warnings = [str(note["formattedMessage"]) for note in answer.get("errors", [])]
    if warnings:
        raise FormatError("compile.warned", "The compiler warned: " + "\n".join(warnings), "Fix them.")
    return {contract: _render(contract, answer["contracts"][f"src/{contract}.sol"][contract]) for contract in CONTRACTS}


def storage_layouts(contracts: Collection[str]) -> dict[str, Any]:
    """Where each contract keeps its state, as the compiler has it; raises as :func:`build`."""
    answer = _compile(contracts, ["storageLayout"])
    return {name: answer["contracts"][f"src/{name}.sol"][name]["storageLayout"] for name in contracts}


def _compile(contracts: Collection[str], outputs: list[str]) -> dict[str, Any]:
    shim = CONTRACTS_DIR / "bin" / "solc"
    if not (CONTRACTS_DIR / "node_modules" / "solc").is_dir():
        raise UnavailableError(
            "compile.no_compiler",
            f"The compiler is not installed under {CONTRACTS_DIR}.",
            "Run `npm ci` in contracts/ (Node 20 or newer).",
        )
    names = [f"src/{contract}.sol" for contract in contracts]
    request = {
        "language": "Solidity",
        "sources": {name: {"content": (CONTRACTS_DIR / name).read_text("utf-8")} for name in names},
        "settings": {**SETTINGS, "outputSelection": {name: {"*": outputs} for name in names}},
    }
    try:
        return solcx.compile_standard(request, solc_binary=shim, base_path=CONTRACTS_DIR)
    except SolcError as error:
        raise FormatError("compile.refused", f"The compiler refused the sources: {error}", "Fix them.") from error


def _render(contract: str, output: dict[str, Any]) -> str:
    """Text of one artifact: sorted keys, so that the same build is the same bytes."""
    metadata = json.loads(output["metadata"])
    version = str(metadata["compiler"]["version"])
    if not version.startswith(f"{COMPILER_VERSION}+"):
        raise FormatError(
            "compile.wrong_version",
            f"The compiler is {version}, not {COMPILER_VERSION}.",
            "Run `npm ci` in contracts/.",
        )
    runtime = output["evm"]["deployedBytecode"]
    size = len(runtime["object"]) // 2
    if size > MAX_RUNTIME_BYTES:
        raise FormatError(
            "compile.too_large",
            f"{contract} has {size} bytes of code; a chain takes {MAX_RUNTIME_BYTES} (EIP-170).",
            "Move code into a library or drop some.",
        )
    artifact = {
        "contractName": contract,
        "sourceName": f"src/{contract}.sol",
        "compiler": {"version": version, "settings": SETTINGS},
        "sourceHash": _source_hash(metadata["sources"]),
        "abi": output["abi"],
        "bytecode": "0x" + output["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + runtime["object"],
        "immutableReferences": _immutables(runtime.get("immutableReferences", {})),
    }
    return json.dumps(artifact, indent=1, sort_keys=True) + "\n"


def _source_hash(sources: dict[str, dict[str, Any]]) -> str:
    """SHA-256 over name and keccak256 of every source that went into the contract, libraries included."""
    lines = [f"{name} {sources[name]['keccak256']}\n" for name in sorted(sources)]
    return "0x" + hashlib.sha256("".join(lines).encode()).hexdigest()


def _immutables(references: dict[str, list[dict[str, int]]]) -> list[dict[str, int]]:
    """Byte ranges of ``deployedBytecode`` that the constructor fills in: zero here, so a comparison masks them."""
    ranges = [
        {"start": place["start"], "length": place["length"]} for places in references.values() for place in places
    ]
    return sorted(ranges, key=lambda place: place["start"])


def drift(built: dict[str, str], directory: Path) -> list[str]:
    """Names of files in ``directory`` that are not what was built: changed, missing or superfluous."""
    expected = {f"{contract}.json": text for contract, text in built.items()}
    found = {path.name: path.read_text("utf-8") for path in directory.glob("*.json")}
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


def write(built: dict[str, str], directory: Path) -> None:
    """Write the artifacts and remove those of contracts that are gone."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in drift(built, directory):
        text = built.get(name.removesuffix(".json"))
        if text is None:
            (directory / name).unlink()
        else:
            (directory / name).write_text(text, "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Entry point of ``python -m chain.compile``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m chain.compile", description="Compile the contracts.")
    parser.add_argument("--check", action="store_true", help="compare with the committed artifacts, write nothing")
    options = parser.parse_args(arguments)
    built = build()
    changed = drift(built, ARTIFACTS_DIR)
    if options.check:
        for name in changed:
            sys.stderr.write(f"{name} is not what the sources give; run `python -m chain.compile` and commit it.\n")
        return 1 if changed else 0
    write(built, ARTIFACTS_DIR)
    sys.stdout.write(f"{len(built)} artifacts, {len(changed)} changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
