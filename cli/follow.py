"""A running task in words, English or Chinese: what `tally task watch` prints when it changes."""

from dataclasses import dataclass
from typing import Final

from protocol import vocabulary
from protocol.api import ProgressView, TaskStatus
from protocol.programs import Language


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
