import os
import shutil
from pathlib import Path

import pytest

from chain.child import Account
from embedded import postgres
from protocol.errors import UnavailableError


def test_a_lock_of_a_process_that_is_gone_is_removed(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{2**22 + 1}\n/data\n")
    postgres._drop_stale_lock(tmp_path)
    assert not lock.exists()


def test_a_lock_whose_number_belongs_to_something_else_now_is_removed(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    # The test's own process: alive, and no postmaster.
    lock.write_text(f"{os.getppid()}\n/data\n")
    postgres._drop_stale_lock(tmp_path)
    assert not lock.exists()


@pytest.mark.parametrize("content", [None, "", "text\n"])
def test_a_lock_that_is_missing_or_torn_is_left_to_postgres(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "postmaster.pid").write_text(content)
    postgres._drop_stale_lock(tmp_path)
    assert (tmp_path / "postmaster.pid").exists() == (content is not None)


@pytest.mark.parametrize(
    ("content", "ready"),
    [
        ("7\n/data\n1\n5432\n/s\n\n1 2\nready   \n", True),
        ("7\n/data\n1\n5432\n/s\n\n1 2\nstarting\n", False),
        ("8\n/data\n1\n5432\n/s\n\n1 2\nready\n", False),
        ("7\n/data\n", False),
        ("", False),
    ],
)
def test_ready_is_what_our_own_postmaster_wrote(tmp_path: Path, content: str, ready: bool) -> None:
    assert not postgres._is_ready(tmp_path, 7)
    (tmp_path / "postmaster.pid").write_text(content)
    assert postgres._is_ready(tmp_path, 7) == ready


def test_only_root_needs_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert postgres._account() is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("TALLY_PG_USER", raising=False)
    assert isinstance(postgres._account(), Account)
    monkeypatch.setenv("TALLY_PG_USER", "no-such-user")
    with pytest.raises(UnavailableError, match="no-such-user"):
        postgres._account()


def test_copied_programs_can_be_run_by_everyone(tmp_path: Path) -> None:
    inner = tmp_path / "bin"
    inner.mkdir(mode=0o700)
    (inner / "program").touch(mode=0o700)
    (inner / "data").touch(mode=0o600)
    postgres._open_for_reading(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"bin": 0o755, "program": 0o755, "data": 0o644}


def test_the_programs_are_in_the_package() -> None:
    folder = postgres._packaged_programs()
    assert {"postgres", "initdb", "psql", "createdb"} <= {path.name for path in folder.iterdir()}


def test_two_set_ups_at_once_both_find_the_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Regression: the slower of two renamed its copy onto a folder that the other had just put there, and failed."""
    packaged = tmp_path / "package" / "installed" / "bin"
    packaged.mkdir(parents=True)
    (packaged / "postgres").write_bytes(b"program")
    (tmp_path / "package.libs").mkdir()
    monkeypatch.setattr(postgres, "_ROOT_HOME", tmp_path / "home")
    opened = postgres._open_for_reading

    def slow(aside: Path) -> None:
        opened(aside)
        faster = aside.with_name(aside.name.rpartition(".")[0])
        if not faster.exists():
            shutil.copytree(aside, faster)

    monkeypatch.setattr(postgres, "_open_for_reading", slow)
    found = postgres._copied_programs(packaged)
    assert (found / "postgres").read_bytes() == b"program"
    assert [path.name for path in (tmp_path / "home").iterdir()] == [found.parents[2].name]
