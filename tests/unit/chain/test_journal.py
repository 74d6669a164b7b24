import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.journal import Entry, Genesis, Journal
from protocol.errors import FormatError

GENESIS = Genesis(chain_id=7, time=1_700_000_000, hash="0x" + "11" * 32)
entries = st.lists(st.tuples(st.integers(0, 2**40), st.one_of(st.none(), st.binary(max_size=50))), max_size=6).map(
    lambda given_: [
        Entry(number + 1, f"0x{number:064x}", time, None if raw is None else f"0x{raw.hex()}")
        for number, (time, raw) in enumerate(given_)
    ]
)


def fresh(path: Path) -> Path:
    path.unlink(missing_ok=True)
    return path


def write(path: Path, kept: list[Entry]) -> None:
    journal = Journal.create(fresh(path), GENESIS)
    for entry in kept:
        journal.append(entry)
    journal.close()


def read(path: Path) -> Journal:
    journal = Journal.open(path)
    journal.close()
    return journal


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(entries)
def test_what_was_appended_is_read(tmp_path: Path, kept: list[Entry]) -> None:
    write(tmp_path / "journal", kept)
    journal = read(tmp_path / "journal")
    assert journal.genesis == GENESIS
    assert list(journal.entries) == kept


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(entries, st.integers(1, 400))
def test_a_torn_last_line_is_cut_off_and_appending_goes_on(tmp_path: Path, kept: list[Entry], torn: int) -> None:
    path = tmp_path / "journal"
    last = Entry(len(kept) + 1, "0x" + "22" * 32, 5, "0x" + "33" * 150)
    write(path, [*kept, last])
    content = path.read_bytes()
    line = content.rstrip(b"\n").rpartition(b"\n")[2]
    path.write_bytes(content[: len(content) - min(torn, len(line))])
    journal = Journal.open(path)
    assert list(journal.entries) == kept
    journal.append(last)
    journal.close()
    assert list(read(path).entries) == [*kept, last]


def test_creating_never_overwrites(tmp_path: Path) -> None:
    write(tmp_path / "journal", [])
    with pytest.raises(FileExistsError):
        Journal.create(tmp_path / "journal", GENESIS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"not json\n",
        b'{"version":1}\n',
        b'{"version":1,"chain_id":7,"time":1,"hash":"0x"}\n{"number":2,"parent":"0x","time":1,"transaction":null}\n',
        b'{"version":1,"chain_id":7,"time":1,"hash":"0x"}\n{"number":1,"parent":"0x","time":1}\n',
        b'{"version":1,"chain_id":7,"time":1,"hash":"0x"}\n{"number":1,"parent":"","time":1,"transaction":null,"x":1}\n',
        b'{"version":1,"chain_id":7,"time":1,"hash":"0x"}\n[]\n',
    ],
)
def test_damage_is_told_and_nothing_is_changed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        Journal.open(path)
    assert caught.value.code == "chain.journal_damaged"
    assert path.read_bytes() == content


def test_another_version_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text(json.dumps({"version": 2, "chain_id": 7, "time": 1, "hash": "0x"}) + "\n")
    with pytest.raises(FormatError, match="journal_version"):
        Journal.open(path)


def test_a_full_disk_leaves_whole_lines_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    journal = Journal.create(path, GENESIS)
    first = Entry(1, "0x" + "22" * 32, 5, None)
    journal.append(first)
    real = os.write

    def short(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="No space left"):
        journal.append(Entry(2, "0x" + "22" * 32, 5, None))
    monkeypatch.undo()
    journal.append(Entry(2, "0x" + "44" * 32, 6, None))
    journal.close()
    assert [entry.number for entry in read(path).entries] == [1, 2]
    assert read(path).entries[1].time == 6
