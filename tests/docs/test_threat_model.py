"""The threat model names its tests; every one of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()


def test_every_named_file_and_test_exists() -> None:
    files = set(re.findall(r"`((?:tests|contracts/test)/[^`]+\.(?:py|sol))`", PAGE))
    assert len(files) > 20
    assert {name for name in files if not (ROOT / name).is_file()} == set()
    text = "\n".join((ROOT / name).read_text() for name in files)
    tests = set(re.findall(r"`((?:test|invariant)_[A-Za-z0-9_]+)`", PAGE))
    assert len(tests) > 10
    assert {name for name in tests if f" {name}(" not in text} == set()


def test_every_attacker_has_an_answer() -> None:
    """A row of the attackers' tables without a test says openly that it is a limit."""
    rows = re.findall(r"^\| (?!it tries|---|asset|key|a stranger)(.+) \|$", PAGE.split("## Attackers")[1], re.MULTILINE)
    for row in rows:
        cells = row.split(" | ")
        assert len(cells) == 3, row
