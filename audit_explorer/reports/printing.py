"""A report's HTML as PDF, by a Chromium of this machine: of the same HTML and the same Chromium the same bytes, whoever prints it."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from protocol.errors import UnavailableError

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_SECONDS: Final = 120
_AT_ONCE: Final = 2
"""Browsers of one process at once: each takes some 200 MB, and who serves pages shall not be stopped by those who print."""
_FREE: Final = threading.BoundedSemaphore(_AT_ONCE)
_PRINTED_AT: Final = re.compile(rb"/(?:CreationDate|ModDate) ?\(D:[0-9+'Z-]{1,40}\)")
_ARGUMENTS: Final = (
    "--headless",
    # by its own policy nothing runs in the page and nothing is loaded: it needs no sandbox, which root and most containers could not have
    "--no-sandbox",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-pdf-header-footer",
)


def pdf(text: str, seconds: float = _SECONDS) -> bytes:
    """The HTML ``text`` as PDF. :class:`UnavailableError` ``report.no_browser``, ``report.busy`` or ``report.not_printed`` otherwise.

    The times of printing, which Chromium writes into the file, are blanked: what is left follows from text, Chromium and fonts.
    """
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise UnavailableError(
            "report.no_browser",
            "No Chromium is installed here to print with.",
            "Install chromium and fonts-noto-cjk, or print the HTML with a browser of yours.",
        )
    if not _FREE.acquire(blocking=False):
        raise UnavailableError(
            "report.busy", "Other reports are being printed at this moment.", "Try again in some seconds."
        )
    try:
        return _PRINTED_AT.sub(lambda found: b" " * len(found[0]), _printed(browser, text, seconds))
    finally:
        _FREE.release()


def _printed(browser: str, text: str, seconds: float) -> bytes:
    with tempfile.TemporaryDirectory(prefix="tally-report-", ignore_cleanup_errors=True) as folder:
        page, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(text, "utf-8")
        own = [f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.as_uri()]
        try:
            if _run([browser, *_ARGUMENTS, *own], Path(folder), seconds) == 0:
                return printed.read_bytes()
            cause = None
        except (OSError, subprocess.TimeoutExpired) as error:
            cause = error
    raise UnavailableError(
        "report.not_printed", "Chromium did not print the report.", "Print the HTML with a browser of yours."
    ) from cause


def _run(command: Sequence[str], folder: Path, seconds: float) -> int:
    """The command's status; when this returns, nothing that it started runs any more."""
    # nothing of our environment: it may name files with secrets
    given = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LANG": "C.UTF-8", "TZ": "UTC"}
    process = subprocess.Popen(
        command, env=given, cwd=folder, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        return process.wait(seconds)
    finally:
        # its renderers are processes of its session, and outlive it where it is stopped
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
