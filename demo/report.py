"""The result user's report: one self-contained HTML page, without scripts, readable offline and in print.

It holds results (metrics, curves, coefficients): it belongs to the result user alone and is written 0600.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from audit_explorer import timeline
from demo import charts
from demo.charts import Bar, CurvePoint, Labels
from protocol.programs import Words
from protocol.verify import Report

Language = Literal["en", "zh"]
_LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the comparison; None prints as a dash (the laboratory has no labels, so it has no "alone")."""

    name: Words
    joint: float | None
    pooled: float | None
    alone: float | None


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient of the joint model on standardised features; ``pooled`` is the plaintext model's."""

    name: str
    owner: str
    joint: float
    pooled: float | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One moment of the task; ``when`` in unix seconds, ``about`` a party's name or empty."""

    what: Words
    about: str
    when: int
    mark: timeline.Mark


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed what: ``key`` says with which kind of key, ``digest`` is the signed digest or the log root."""

    who: str
    what: Words
    key: Words
    when: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value, printed as it stands (numbers already formatted)."""

    name: Words
    value: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything the page prints.

    ``story`` is one or two sentences: who, over what, for what. ``curve`` are the joint model's points on its public
    threshold grid, ``curve_alone`` those of the hospital alone (may be empty). ``leaks`` lists what the programs
    declare to disclose, ``opened`` what they in fact opened (sizes, counts). ``warnings`` are printed on top.
    """

    title: Words
    story: Words
    task: bytes
    state: str
    written_at: int
    happenings: tuple[Happening, ...]
    metrics: tuple[Metric, ...]
    curve: tuple[CurvePoint, ...]
    curve_alone: tuple[CurvePoint, ...]
    coefficients: tuple[Coefficient, ...]
    signatures: tuple[Signature, ...]
    verification: Report
    protection_level: int
    protection: Words
    leaks: tuple[Words, ...]
    opened: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    warnings: tuple[Words, ...]
    verify_command: str


def render(data: ReportData) -> str:
    """The page's HTML."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    owners = tuple(dict.fromkeys(item.owner for item in data.coefficients))
    return environment.get_template("report.html.j2").render(
        data=data,
        owners=owners,
        hexadecimal=lambda value: "0x" + value.hex(),
        number=_number,
        moment=_moment,
        sentence=_counts(data.verification),
        timelines=_both(lambda language: _timeline(data.happenings, language)),
        rocs=_both(lambda language: charts.roc(data.curve, data.curve_alone, _roc_labels(language))),
        separations=_both(lambda language: charts.separation(data.curve, _separation_labels(language))),
        bars=_both(lambda language: charts.bars(_bars(data.coefficients, owners), _bar_labels(language))),
    )


def write(data: ReportData, path: Path) -> None:
    """Write the page for its owner's eyes only (0600), whole or not at all."""
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(render(data))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _both(draw: Callable[[Language], str]) -> dict[Language, str]:
    return {language: draw(language) for language in _LANGUAGES}


def _timeline(happenings: Sequence[Happening], language: Language) -> str:
    moments = tuple(
        timeline.Moment(_say(item.what, language), item.about, _moment(item.when)[11:], item.mark)
        for item in happenings
    )
    title = "What happened" if language == "en" else "经过"
    description = "; ".join(f"{item.label} {item.about} {item.when}" for item in moments)
    return timeline.draw(moments, title, description, f"timeline-{language}")


def _roc_labels(language: Language) -> Labels:
    if language == "en":
        return Labels(
            "roc-en", "ROC curve", "True against false positives of the joint model over all thresholds.",
            "false positive rate", "true positive rate",
        )  # fmt: skip
    return Labels("roc-zh", "ROC 曲线", "联合模型在各阈值下的真阳性率与假阳性率。", "假阳性率", "真阳性率")


def _separation_labels(language: Language) -> Labels:
    if language == "en":
        return Labels(
            "ks-en", "KS curve", "Share of each class at or above the threshold, and the widest gap between them.",
            "threshold, low to high", "share at or above",
        )  # fmt: skip
    return Labels(
        "ks-zh", "KS 曲线", "两类样本在阈值及以上的占比，以及二者的最大差距。", "阈值（由低到高）", "阈值及以上占比"
    )


def _bar_labels(language: Language) -> Labels:
    if language == "en":
        return Labels("bars-en", "Coefficients", "Coefficients of the joint model on standardised features.")
    return Labels("bars-zh", "系数", "联合模型在标准化特征上的系数。")


def _bars(coefficients: Sequence[Coefficient], owners: Sequence[str]) -> tuple[Bar, ...]:
    ordered = sorted(coefficients, key=lambda item: -abs(item.joint))
    return tuple(Bar(item.name, item.joint, item.pooled, owners.index(item.owner) % 4) for item in ordered)


def _counts(report: Report) -> dict[str, int]:
    return {
        kind: sum(step.outcome == kind for step in report.steps) for kind in ("holds", "nothing", "fails", "cannot")
    }


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _moment(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _say(words: Words, language: Language) -> str:
    return words.english if language == "en" else words.chinese
