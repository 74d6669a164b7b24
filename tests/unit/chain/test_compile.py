"""The committed artifacts are what the sources give, and the checker would notice if they were not."""

import json
import shutil
from pathlib import Path

import pytest

from chain import compile as compiler
from protocol import registers
from protocol.errors import FormatError, UnavailableError

needs_compiler = pytest.mark.skipif(
    not (compiler.CONTRACTS_DIR / "node_modules" / "solc").is_dir() or shutil.which("node") is None,
    reason="needs Node and `npm ci` in contracts/",
)


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    """What a build gives; that it does is the first test's question."""
    return {path.stem: path.read_text("utf-8") for path in compiler.ARTIFACTS_DIR.glob("*.json")}


def read(contract: str) -> dict[str, object]:
    return json.loads((compiler.ARTIFACTS_DIR / f"{contract}.json").read_text("utf-8"))


@needs_compiler
@pytest.mark.slow
def test_committed_artifacts_are_what_the_sources_give(built: dict[str, str]) -> None:
    """As `make check-artifacts` asks."""
    made = compiler.build()
    assert compiler.drift(made, compiler.ARTIFACTS_DIR) == []
    assert made == built


@needs_compiler
def test_check_exits_1_on_drift_and_writes_nothing(
    built: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compiler, "ARTIFACTS_DIR", tmp_path)
    monkeypatch.setattr(compiler, "build", lambda: built)
    assert compiler.main([]) == 0
    assert compiler.main(["--check"]) == 0
    changed = tmp_path / "Tasks.json"
    changed.write_text(changed.read_text("utf-8").replace("0x60", "0x61", 1), "utf-8")
    before = changed.read_bytes()
    assert compiler.main(["--check"]) == 1
    assert changed.read_bytes() == before
    assert "Tasks.json is not what the sources give" in capsys.readouterr().err


@needs_compiler
def test_a_source_error_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = tmp_path / "contracts"
    shutil.copytree(compiler.CONTRACTS_DIR / "src", tree / "src")
    shutil.copytree(compiler.CONTRACTS_DIR / "bin", tree / "bin")
    (tree / "node_modules").symlink_to(compiler.CONTRACTS_DIR / "node_modules")
    source = tree / "src" / "Anchors.sol"
    source.write_text(source.read_text("utf-8").replace("contract Anchors", "contract Anchors oops", 1), "utf-8")
    monkeypatch.setattr(compiler, "CONTRACTS_DIR", tree)
    with pytest.raises(FormatError) as refused:
        compiler.build()
    assert refused.value.code == "compile.refused"
    assert "Anchors.sol" in refused.value.what


def test_without_node_modules_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "CONTRACTS_DIR", tmp_path)
    with pytest.raises(UnavailableError) as refused:
        compiler.build()
    assert refused.value.code == "compile.no_compiler"
    assert "npm ci" in refused.value.fix


def test_write_removes_what_is_gone_and_drift_names_everything(tmp_path: Path) -> None:
    compiler.write({"One": "1", "Two": "2"}, tmp_path)
    assert compiler.drift({"One": "1", "Two": "2"}, tmp_path) == []
    assert compiler.drift({"One": "x", "Three": "3"}, tmp_path) == ["One.json", "Three.json", "Two.json"]
    compiler.write({"One": "x"}, tmp_path)
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {"One.json": "x"}


@pytest.mark.parametrize("contract", compiler.CONTRACTS)
def test_artifacts_are_complete_and_deployable(contract: str) -> None:
    artifact = read(contract)
    assert artifact["contractName"] == contract
    assert artifact["compiler"] == {"settings": compiler.SETTINGS, "version": "0.8.37+commit.f401782d"}
    runtime = bytes.fromhex(str(artifact["deployedBytecode"])[2:])
    assert 0 < len(runtime) <= compiler.MAX_RUNTIME_BYTES
    ranges = artifact["immutableReferences"]
    assert isinstance(ranges, list)
    assert all(runtime[place["start"] : place["start"] + place["length"]] == bytes(32) for place in ranges)
    assert ranges, "every contract of the deployment has something that its constructor filled in"


def test_events_are_unambiguous_across_contracts() -> None:
    """A receipt is decoded by its first topic alone: one name and one declaration for each."""
    declared: dict[str, object] = {}
    for contract in compiler.CONTRACTS:
        abi = read(contract)["abi"]
        assert isinstance(abi, list)
        for entry in abi:
            if entry["type"] in {"event", "error"}:
                assert declared.setdefault(f"{entry['type']} {entry['name']}", entry["inputs"]) == entry["inputs"]


@needs_compiler
def test_registers_are_read_where_the_compiler_puts_them() -> None:
    """Every mapping and field that verification reads from storage (:mod:`protocol.registers`)."""
    found = compiler.storage_layouts({contract for contract, _, _ in registers.PLACES})
    slots = {(contract, item["label"]): int(item["slot"]) for contract, one in found.items() for item in one["storage"]}
    assert {(contract, name): slot for contract, name, slot in registers.PLACES}.items() <= slots.items()
    structs = {
        kind["label"].split(" ")[1].split(".")[-1]: {
            member["label"]: (
                int(member["slot"]), int(member["offset"]), int(one["types"][member["type"]]["numberOfBytes"])
            )
            for member in kind["members"]
        }
        for one in found.values()
        for kind in one["types"].values()
        if "members" in kind
    }  # fmt: skip
    assert max(slot for slot, _, _ in structs["KeyPeriod"].values()) + 1 == registers.PERIOD_SLOTS
    for struct, places in registers.FIELDS.items():
        assert places.items() <= structs[struct].items(), struct
