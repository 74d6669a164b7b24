"""The consortium's configuration, checked as Besu's documentation prescribes it; Besu itself is not run here."""

import json
import stat
from pathlib import Path

import pytest
import rlp
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import besu
from protocol import ancestry
from protocol.errors import RangeError, RefusedError

KEYS = tuple(PrivateKey(bytes([n]) * 32) for n in range(1, 5))
VALIDATORS = tuple(besu.Validator(key, f"172.28.10.{10 + n}") for n, key in enumerate(KEYS, start=1))
ADDRESSES = tuple(validator.address for validator in VALIDATORS)


def test_extra_data_is_the_documented_rlp() -> None:
    """Byte for byte: list head, 32 zero bytes, four sorted addresses, no vote, round 0, no seals."""
    addresses = sorted(ADDRESSES)
    body = b"\xa0" + bytes(32)
    body += b"\xf8" + bytes([4 * 21]) + b"".join(b"\x94" + address for address in addresses)
    body += b"\xc0\x80\xc0"
    assert besu.extra_data(ADDRESSES) == b"\xf8" + bytes([len(body)]) + body


@given(st.lists(st.binary(min_size=20, max_size=20), unique=True, min_size=1, max_size=64))
def test_extra_data_decodes_to_the_validators(addresses: list[bytes]) -> None:
    vanity, validators, vote, round_number, seals = rlp.decode(besu.extra_data(tuple(addresses)))
    assert (vanity, vote, round_number, seals) == (bytes(32), [], b"", [])
    assert validators == sorted(addresses)


def test_genesis_pins_osaka_and_free_gas() -> None:
    document = besu.genesis(20_250_731, ADDRESSES, 1_700_000_000)
    config = document["config"]
    assert isinstance(config, dict)
    assert config["qbft"] == {"blockperiodseconds": 2, "epochlength": 30_000, "requesttimeoutseconds": 4}
    assert config["zeroBaseFee"] is True
    assert config["osakaTime"] == 0
    forks = {key for key in config if key.endswith("Time")}
    assert forks == {"shanghaiTime", "cancunTime", "pragueTime", "osakaTime"}, (
        "a later fork would change the EVM under the contracts"
    )
    assert bytes.fromhex(str(document["mixHash"])[2:]) == b"ctical byzantine fault tolerance"
    assert document["difficulty"] == "0x1"


def test_genesis_keeps_block_hashes_in_state() -> None:
    """Besu writes them on QBFT only with Prague's contracts named, and to nowhere without the history contract's code."""
    document = besu.genesis(20_250_731, ADDRESSES, 1_700_000_000)
    config, alloc = document["config"], document["alloc"]
    assert isinstance(config, dict)
    assert isinstance(alloc, dict)
    named = {value for key, value in config.items() if key.endswith("ContractAddress")}
    assert len(named) == 3
    history = alloc.pop("0x" + ancestry.HISTORY.hex())
    assert keccak(bytes.fromhex(history["code"][2:])) == ancestry.HISTORY_CODE
    assert history["nonce"] == "0x1"
    assert set(alloc) < named
    assert {account["code"] for account in alloc.values()} == {"0x00"}, "a stop answers no requests"


@pytest.mark.parametrize("chain_id", [0, -1, 2**53])
def test_genesis_refuses_chain_ids_that_json_cannot_hold(chain_id: int) -> None:
    with pytest.raises(RangeError, match=r"besu\.chain_id"):
        besu.genesis(chain_id, ADDRESSES, 0)


def test_genesis_refuses_a_validator_twice() -> None:
    with pytest.raises(RefusedError, match=r"besu\.duplicate_validator"):
        besu.genesis(1, (*ADDRESSES, ADDRESSES[0]), 0)


@settings(max_examples=20)
@given(st.integers(4, 8))
def test_drawn_validators_differ(count: int) -> None:
    drawn = besu.draw_validators(count)
    assert len({validator.address for validator in drawn}) == count
    assert len({validator.host for validator in drawn}) == count


@pytest.mark.parametrize("count", [0, 1, 3, 65])
def test_too_few_or_too_many_validators_are_refused(count: int) -> None:
    with pytest.raises(RangeError, match=r"besu\.validators"):
        besu.draw_validators(count)


@pytest.mark.parametrize("network", ["10.0.0.0/29", "nonsense", "172.28.10.1/24", "::/64"])
def test_networks_without_room_are_refused(network: str) -> None:
    with pytest.raises(RangeError, match=r"besu\.network"):
        besu.draw_validators(4, network)


def test_chain_ids_are_drawn_within_json_range() -> None:
    drawn = {besu.draw_chain_id() for _ in range(50)}
    assert len(drawn) == 50
    assert all(2**52 <= chain_id + 1 < 2**53 for chain_id in drawn)


def test_written_folder_keeps_secrets_to_its_owner(tmp_path: Path) -> None:
    out = tmp_path / "consortium"
    besu.write(out, 7, VALIDATORS, 1_700_000_000)
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == {
        "public/genesis.json", "public/static-nodes.json", "public/consortium.json", *(f"validator-{n}/key" for n in range(1, 5)),
    }  # fmt: skip
    for path in (out, *(p for p in out.rglob("*") if p.is_dir())):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for number, key in enumerate(KEYS, start=1):
        secret = out / f"validator-{number}" / "key"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert secret.read_text().strip() == "0x" + key.to_bytes().hex()
    public = (
        (out / "public" / "genesis.json").read_text()
        + (out / "public" / "static-nodes.json").read_text()
        + (out / "public" / "consortium.json").read_text()
    )
    assert not any(key.to_bytes().hex() in public for key in KEYS)


def test_written_files_agree_with_each_other(tmp_path: Path) -> None:
    out = tmp_path / "consortium"
    besu.write(out, 7, VALIDATORS, 1_700_000_000)
    nodes = json.loads((out / "public" / "static-nodes.json").read_text())
    public = json.loads((out / "public" / "consortium.json").read_text())
    extra = bytes.fromhex(json.loads((out / "public" / "genesis.json").read_text())["extraData"][2:])
    assert nodes == [entry["enode"] for entry in public["validators"]]
    assert sorted(entry["address"] for entry in public["validators"]) == ["0x" + a.hex() for a in rlp.decode(extra)[1]]
    for node, key in zip(nodes, KEYS, strict=True):
        assert node.startswith(f"enode://{key.public_key.to_bytes().hex()}@172.28.10.")
        assert node.endswith(":30303")


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "consortium"
    besu.write(out, 7, VALIDATORS, 0)
    before = (out / "validator-1" / "key").read_bytes()
    with pytest.raises(RefusedError, match=r"besu\.folder_in_use"):
        besu.write(out, 8, besu.draw_validators(4), 0)
    assert (out / "validator-1" / "key").read_bytes() == before


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "consortium"
    assert besu.main([str(out), "--validators", "5", "--chain-id", "99"]) == 0
    said = capsys.readouterr().out
    assert "5 validators of chain 99" in said
    keys = [(out / f"validator-{n}" / "key").read_text().strip() for n in range(1, 6)]
    assert not any(key.removeprefix("0x") in said for key in keys)
    assert besu.main([str(tmp_path / "other"), "--validators", "3"]) == 2
    assert "besu.validators" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
