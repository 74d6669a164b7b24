from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import checkpoint, merkle, tiles
from protocol.checkpoint import Origin
from protocol.errors import TallyError
from workers.log import EvidenceLog

KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = Origin(b"\x02" * 32, 31337, "hospital", 0)


def open_log(folder: Path) -> EvidenceLog:
    return EvidenceLog(folder / "log", ORIGIN, PUBLIC, KEY.sign)


def test_appended_entries_survive_and_prove(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    assert log.append([b"one", b"two"]) == 0
    assert log.append([b"three"]) == 2
    log.close()
    log = open_log(tmp_path)
    assert [log.entry(i) for i in range(log.size)] == [b"one", b"two", b"three"]
    merkle.verify_inclusion(merkle.leaf_hash(b"two"), 1, 3, log.inclusion(1, 3), log.root())
    merkle.verify_consistency(2, log.root(2), 3, log.root(3), log.consistency(2, 3))
    assert checkpoint.open_checkpoint(log.checkpoint(), ORIGIN, PUBLIC).root == log.root()


@settings(max_examples=60)
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6), st.data())
def test_a_torn_append_is_cut_off_and_nothing_before_it(
    tmp_path_factory: pytest.TempPathFactory, entries: list[bytes], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = open_log(folder)
    log.append(entries)
    root = log.root()
    log.publish()
    whole = (folder / "log" / "journal").read_bytes()
    log.append([b"never acknowledged"])
    log.close()
    torn = (folder / "log" / "journal").read_bytes()
    cut = data.draw(st.integers(len(whole), len(torn) - 1))
    (folder / "log" / "journal").write_bytes(torn[:cut])
    log = open_log(folder)
    assert log.size == len(entries)
    assert log.root() == root
    assert (folder / "log" / "journal").read_bytes() == whole
    assert log.append([b"next"]) == len(entries)


def test_damage_in_the_middle_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([b"one", b"two", b"three"])
    log.close()
    path = tmp_path / "log" / "journal"
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"two")] ^= 1
    path.write_bytes(raw)
    with pytest.raises(TallyError, match=r"log\.damaged"):
        open_log(tmp_path)


def test_a_log_shorter_than_its_checkpoint_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([b"one"])
    short = (tmp_path / "log" / "journal").read_bytes()
    log.append([b"two"])
    log.publish()
    log.close()
    (tmp_path / "log" / "journal").write_bytes(short)
    with pytest.raises(TallyError, match=r"log\.lost_entries"):
        open_log(tmp_path)


def test_another_history_than_the_checkpoint_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([b"one"])
    log.publish()
    log.close()
    other = EvidenceLog(tmp_path / "other", ORIGIN, PUBLIC, KEY.sign)
    other.append([b"forged", b"more"])
    other.close()
    (tmp_path / "other" / "journal").replace(tmp_path / "log" / "journal")
    with pytest.raises(TallyError, match=r"log\.lost_entries"):
        open_log(tmp_path)


def test_published_tiles_rebuild_the_root(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for count in (3, 300, 300):
        log.append([b"entry %d" % i for i in range(count)])
        log.publish()
    folder = tmp_path / "log"
    leaves: list[bytes] = []
    entries: list[bytes] = []
    for tile in tiles.tiles_of(log.size):
        hashes = tiles.parse_tile(tile, (folder / tile.path).read_bytes())
        if tile.level == 0:
            leaves += hashes
    for bundle in tiles.bundles_of(log.size):
        entries += tiles.parse_entries(bundle, (folder / bundle.path).read_bytes())
    assert merkle.root_of(leaves) == log.root()
    assert [merkle.leaf_hash(e) for e in entries] == leaves
    assert not (folder / "tile/0/000.p").exists()
    note = (folder / "checkpoint").read_bytes()
    assert checkpoint.open_checkpoint(note, ORIGIN, PUBLIC).size == 603


def test_an_entry_too_large_for_a_tile_is_refused_and_nothing_written(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    with pytest.raises(TallyError, match=r"log\.entry_size"):
        log.append([b"fine", b"x" * 70_000])
    assert log.size == 0


def test_a_full_disk_leaves_no_half_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(tmp_path)
    log.append([b"one"])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workers.log.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        log.append([b"two"])
    monkeypatch.undo()
    assert log.append([b"three"]) == 1
    log.close()
    log = open_log(tmp_path)
    assert [log.entry(i) for i in range(2)] == [b"one", b"three"]
