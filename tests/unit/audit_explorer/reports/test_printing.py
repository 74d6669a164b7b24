"""PDF by a Chromium that is there, that is not, that hangs and that fails: what is given to it, and what is said."""

import sys
import threading
from pathlib import Path

import pytest

from audit_explorer.reports import printing
from protocol.errors import UnavailableError
from tests import patience

PRINTS = """
out = next(word.partition("=")[2] for word in sys.argv if word.startswith("--print-to-pdf="))
data = json.dumps([sys.argv[1:], dict(os.environ)])
open(out, "w").write("%PDF-1.4 " + data + " /CreationDate (D:20261201121314+00'00') /ModDate (D:20261201121314Z) %%EOF")
"""
HANGS = """
import subprocess
child = subprocess.Popen(["sleep", "300"])
open(os.environ["HOME"] + "/../said-" + os.path.basename(os.environ["HOME"]), "w").write(str(child.pid))
time.sleep(300)
"""


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of the browser's name, alone on the path."""
    program = tmp_path / "bin" / "chromium"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("TALLY_DATABASE_URL_FILE", "/run/secrets/canary")
    return program


def written(program: Path, source: str) -> None:
    program.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{source}")
    program.chmod(0o700)


def test_where_no_browser_is_installed_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UnavailableError, match="no_browser"):
        printing.pdf("<p>x</p>")


def test_the_browser_finds_no_other_machine_and_is_told_nothing_of_ours(browser: Path) -> None:
    written(browser, PRINTS)
    data = printing.pdf("<p>x</p>")
    assert b"MAP * ~NOTFOUND" in data
    assert b"canary" not in data


def test_the_time_of_printing_is_not_in_the_file(browser: Path) -> None:
    written(browser, PRINTS)
    data = printing.pdf("<p>x</p>")
    assert b"Date" not in data
    assert data.endswith(b"%%EOF")
    assert data.startswith(b"%PDF-1.4 ")


def test_a_browser_that_hangs_is_ended_with_all_that_it_started(
    browser: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(printing.tempfile, "tempdir", None)
    written(browser, HANGS)
    with pytest.raises(UnavailableError, match="not_printed"):
        printing.pdf("<p>x</p>", seconds=patience.scaled(2))
    (said,) = tmp_path.glob("said-*")
    child = int(said.read_text())
    patience.until(10, "the child's end", lambda: not running(child))
    assert not list(tmp_path.glob("tally-report-*"))


def running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("source", ["sys.exit(1)", "pass"])
def test_a_browser_that_prints_nothing_is_an_error(browser: Path, source: str) -> None:
    written(browser, source)
    with pytest.raises(UnavailableError, match="not_printed"):
        printing.pdf("<p>x</p>")


def test_attack_many_that_print_do_not_fill_the_machine(browser: Path, tmp_path: Path) -> None:
    """Two print; the others are told at once to come back, and the place is free again afterwards."""
    door = tmp_path / "door"
    written(browser, f"while not os.path.exists({str(door)!r}):\n    time.sleep(0.02)\n{PRINTS}")
    done: list[bytes] = []
    printers = [threading.Thread(target=lambda: done.append(printing.pdf("<p>x</p>"))) for _ in range(2)]
    for printer in printers:
        printer.start()
    patience.until(10, "two at work", lambda: printing._FREE._value == 0)
    try:
        with pytest.raises(UnavailableError, match=r"report\.busy"):
            printing.pdf("<p>x</p>")
    finally:
        door.touch()
        for printer in printers:
            printer.join(patience.scaled(20))
    assert len(done) == 2
    assert printing.pdf("<p>x</p>")
