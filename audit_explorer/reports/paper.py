"""A report as one HTML file: no script, nothing loaded, links spelt out as what they name; and as PDF by a Chromium of this machine."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit_explorer.letters import visible
from audit_explorer.reports.inputs import Inputs
from audit_explorer.reports.period import Report
from audit_explorer.rooms.frame import Fact, Table
from audit_explorer.words import TEXTS, Language
from protocol.errors import UnavailableError

_TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed: ``lead`` is its one sentence, ``about`` what it is made of."""

    title: str
    lead: str
    about: str
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]


def period(given: Inputs, language: Language) -> Paper:
    """The report over a period."""
    report = Report(given, language)
    return Paper(report.title, report.lead, report.about, report.facts(), report.tables())


def html(paper: Paper, language: Language) -> str:
    """The file's text. It depends on nothing but its arguments."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=visible, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("paper.html.j2").render(paper=paper, t=TEXTS[language])


def pdf(text: str, seconds: float = _SECONDS) -> bytes:
    """The file as PDF, printed by a Chromium that is installed here; ``report.no_browser`` or ``report.not_printed`` otherwise."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise UnavailableError(
            "report.no_browser",
            "No Chromium is installed here to print with.",
            "Install chromium and fonts-noto-cjk, or print the HTML with a browser of yours.",
        )
    with tempfile.TemporaryDirectory(prefix="tally-report-") as folder:
        page, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(text, "utf-8")
        # the page loads nothing and runs nothing, so that it needs no sandbox, which root could not have
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer",
                     f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.as_uri()]  # fmt: skip
        try:
            subprocess.run([browser, *arguments], check=True, capture_output=True, timeout=seconds)
            return printed.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise UnavailableError(
                "report.not_printed", "Chromium did not print the report.", "Print the HTML with a browser of yours."
            ) from error
