"""A report as one HTML file: no script, nothing loaded, links spelt out as what they name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit_explorer.letters import visible
from audit_explorer.reports.inputs import Inputs
from audit_explorer.reports.period import Report
from audit_explorer.rooms.frame import Fact, Table
from audit_explorer.words import TEXTS, Language

_TEMPLATES: Final = Path(__file__).parent.parent / "templates"


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
