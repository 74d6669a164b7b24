import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.child import Account
from embedded.places import SOCKET_PATH_LIMIT, private_folder, reachable, socket_folder
from protocol.errors import RefusedError

NOBODY = Account(65534, 65534)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Below /tmp with modes that everyone may pass, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="tally-test-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_path_that_fits_is_used_as_it_is(tmp_path: Path) -> None:
    exact = SOCKET_PATH_LIMIT - len(os.fsencode(tmp_path)) - 2 - len("x.sock")
    assert exact > 0
    folder = socket_folder(tmp_path / ("d" * exact), "x.sock")
    assert folder == tmp_path / ("d" * exact)
    assert len(os.fsencode(folder / "x.sock")) == SOCKET_PATH_LIMIT


def test_a_path_one_byte_too_long_gets_a_short_one_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = tmp_path / "t"
    short.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    exact = SOCKET_PATH_LIMIT - len(os.fsencode(tmp_path)) - 2 - len("x.sock")
    wanted = tmp_path / ("d" * (exact + 1))
    folder = socket_folder(wanted, "x.sock")
    assert folder.parent == short
    assert folder == socket_folder(wanted, "x.sock")
    assert folder != socket_folder(tmp_path / ("e" * (exact + 1)), "x.sock")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not wanted.exists()


def test_bytes_count_not_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    exact = SOCKET_PATH_LIMIT - len(os.fsencode(tmp_path)) - 2 - len("x.sock")
    assert socket_folder(tmp_path / ("契" * (exact // 3 + 1)), "x.sock").name.startswith("tally-")


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    assert private_folder(folder).stat().st_mode & 0o777 == 0o700


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(RefusedError, match="foreign_folder"):
        private_folder(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_strangers_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 4242, 4242)
    with pytest.raises(RefusedError, match="4242"):
        private_folder(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another user")
def test_reachable_is_what_the_other_user_really_can_reach(open_folder: Path) -> None:
    inner = open_folder / "inner"
    inner.mkdir(mode=0o755)
    (inner / "file").touch(mode=0o600)
    assert reachable(inner / "file", NOBODY)
    assert not reachable(inner / "missing", NOBODY)
    inner.chmod(0o700)
    assert not reachable(inner / "file", NOBODY)
    os.chown(inner, NOBODY.uid, NOBODY.gid)
    assert reachable(inner / "file", NOBODY)
