"""A running task, followed until its end: in words, English or Chinese, and as a bar with an estimate."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from protocol import vocabulary
from protocol.api import ProgressView, TaskStatus
from protocol.errors import RefusedError, TallyError, UnavailableError
from protocol.programs import Language

EVERY: Final = 0.5
"""Seconds between two looks at a task."""


@dataclass(frozen=True, slots=True)
class _Words:
    task: str
    step: str
    percent: str
    left: str
    left_unknown: str
    note: str


_WORDS: Final[dict[Language, _Words]] = {
    "en": _Words(
        "task {state}",
        "{phase} {step}/{total}",
        "{percent} %",
        "about {seconds} s left",
        "time left unknown",
        "{note} ({peer})",
    ),
    "zh": _Words(
        "任务{state}",
        "{phase} 第 {step} 步，共 {total} 步",
        "{percent}%",
        "约剩 {seconds} 秒",
        "剩余时间未知",
        "{note}（{peer}）",
    ),
}


def follow(status: TaskStatus, language: Language) -> list[tuple[str, str]]:
    """(what it is about, the line) for the task as a whole, then for every party that has said where it is."""
    words = _WORDS[language]
    whole = [words.task.format(state=vocabulary.task_state(status.state, language))]
    if status.state == "completed" and status.contract.reviewer:
        whole.append(vocabulary.review(status.review, language))
    if status.percent is not None:
        whole += _estimate(words, status.percent, status.eta)
    lines = [("", _join(whole, language))]
    lines += [
        (item.party, f"{item.party}: " + _join(_party(words, item.progress, language), language))
        for item in status.parties
        if item.progress is not None
    ]
    return lines


def _party(words: _Words, item: ProgressView, language: Language) -> list[str]:
    found = [vocabulary.node_state(item.state, language)]
    if item.phase:
        found.append(
            words.step.format(phase=item.phase, step=item.step, total=item.total) if item.total else item.phase
        )
    if item.state == "computing":
        found += _estimate(words, item.percent, item.eta)
    if item.note:
        said = vocabulary.note(item.note, language)
        found.append(words.note.format(note=said, peer=item.peer) if item.peer else said)
    return found


def _estimate(words: _Words, percent: int, eta: int | None) -> list[str]:
    left = words.left_unknown if eta is None else words.left.format(seconds=eta)
    return [words.percent.format(percent=percent), left]


def _join(pieces: list[str], language: Language) -> str:
    return ("，" if language == "zh" else ", ").join(pieces)


def steps(read: Callable[[], TaskStatus], until: float, every: float = EVERY) -> Iterator[TaskStatus]:
    """A task's status, again and again until it has ended or the clock (``time.monotonic``) shows ``until``."""
    while True:
        status = read()
        yield status
        if status.ended or time.monotonic() >= until:
            return
        time.sleep(every)


@contextmanager
def bar(language: Language, console: Console | None = None) -> Generator[Callable[[TaskStatus], None]]:
    """A bar on the terminal for the whole task; what it yields is told each status."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=console, transient=False) as shown:
        line = shown.add_task("", total=100, left="")

        def show(status: TaskStatus) -> None:
            words = _WORDS[language]
            done = 100 if status.state == "completed" else status.percent or 0
            left = "" if status.eta is None or status.ended else words.left.format(seconds=status.eta)
            said = words.task.format(state=vocabulary.task_state(status.state, language))
            shown.update(line, completed=done, description=said, left=left)

        yield show


def ended(status: TaskStatus) -> TallyError | None:
    """Why a task gave no result (``task.not_completed``, ``task.still_running``); None when it completed."""
    if status.state == "completed":
        return None
    if not status.ended:
        return UnavailableError(
            "task.still_running",
            f"The task is {status.state}: it has not ended in the time that was given.",
            "Wait until its deadline.",
            state=status.state,
        )
    reasons = [f"{reason.code}: {reason.what}" for reason in status.reasons]
    fix = status.reasons[0].fix if status.reasons else "Look at the task's reasons, and propose it anew."
    return RefusedError(
        "task.not_completed",
        f"The task ended as {status.state}. {' '.join(reasons)}".rstrip(),
        fix,
        state=status.state,
        reasons=reasons,
    )
