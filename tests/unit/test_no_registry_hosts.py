"""No committed file names a package registry's host: whoever installs takes the registry of their own settings."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOSTS = re.compile(
    rb"registry\." rb"npmjs|registry\." rb"yarnpkg|npm" rb"mirror\.com|registry\." rb"npmmirror|files\." rb"pythonhosted"
    rb"|pypi\." rb"(?:org|python)|unpkg\." rb"com|cdn\." rb"jsdelivr|esm\." rb"sh/|deb\." rb"nodesource|crates\." rb"io/api"
)  # fmt: skip


def committed() -> list[Path]:
    try:
        found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the git checkout: what is committed is asked of git")
    return [ROOT / name for name in found.split("\0") if name and (ROOT / name).is_file()]


def test_no_committed_file_names_a_registry() -> None:
    assert [path for path in committed() if HOSTS.search(path.read_bytes())] == []


def test_npm_locks_hold_hashes_and_no_addresses() -> None:
    locks = [path for path in committed() if path.name == "package-lock.json"]
    assert {path.parent.relative_to(ROOT).as_posix() for path in locks} == {"contracts", "audit_explorer/web"}
    for path in locks:
        assert (path.parent / ".npmrc").read_text() == "omit-lockfile-registry-resolved=true\n"
        packages = json.loads(path.read_bytes())["packages"]
        assert not [name for name, item in packages.items() if "resolved" in item]
        assert not [name for name, item in packages.items() if name and not item["integrity"].startswith("sha512-")]


def test_packages_are_pinned_to_one_version() -> None:
    for folder in ("contracts", "audit_explorer/web"):
        package = json.loads((ROOT / folder / "package.json").read_bytes())
        versions = {**package["dependencies"], **package["devDependencies"]}
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values()), versions
