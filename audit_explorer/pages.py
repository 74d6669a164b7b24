"""From records to what a template prints: formatted, translated, nothing left to decide there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from audit_explorer import timeline
from audit_explorer.records import Event, Party, PartyProgress, Reason, Sender, StoredBundle, Task
from audit_explorer.words import LANGUAGES, TEXTS, Text
from protocol import event_words, ids, vocabulary
from protocol.programs import Language
from protocol.reasons import BY_CODE, BY_NUMBER
from protocol.verify import TITLES, Report, StepResult
from protocol.vocabulary import ENDED, TASK_STATES, say

_PENDING: Final = "pending"


@dataclass(frozen=True, slots=True)
class Hash:
    """A long value: ``short`` for the eye, ``full`` for copying and for screen readers' details."""

    short: str
    full: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time: machine form, printed form (UTC) and its distance from now."""

    machine: str
    printed: str
    distance: str


@dataclass(frozen=True, slots=True)
class State:
    """A state with its word, sentence and look: ``good``, ``bad`` or ``pending``."""

    code: str
    word: str
    about: str
    look: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event of a task's timeline."""

    block: int
    time: Moment
    name: str
    party: str
    value: Hash | None
    transaction: Hash
    sender: Hash | None


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """One party's own report."""

    party: str
    state: str
    phase: str
    step: int
    total: int
    steps: str
    note: str
    heard: Moment


@dataclass(frozen=True, slots=True)
class Step:
    """One verification step's answer."""

    number: int
    title: str
    outcome: str
    word: str
    detail: str


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Everything the task's template prints beside the record itself."""

    id: str
    task: Hash
    state: State
    reasons: tuple[str, ...]
    review: str
    submitted: Moment
    started: Moment | None
    deadline: Moment
    events: tuple[EventLine, ...]
    drawing: str
    progress: tuple[ProgressLine, ...]
    steps: tuple[Step, ...]
    verdict: str


def shorten(value: bytes, prefix: str = "") -> Hash:
    """Eight and four digits around an ellipsis, and the whole value (0x or ``prefix`` before it)."""
    digits, head = value.hex(), f"{prefix}_" if prefix else "0x"
    return Hash(f"{head}{digits[:8]}…{digits[-4:]}" if len(digits) > 16 else head + digits, head + digits)


def party(record: Party) -> str:
    """A party's name, or its shortened id where nobody told the coordinator the name behind it."""
    return record.name if record.name is not None else shorten(record.id).short


def moment(unix: int, now: int, text: Text) -> Moment:
    """A unix time as UTC to the second, with its distance from ``now``; times out of the calendar print as numbers."""
    try:
        value = datetime.fromtimestamp(unix, UTC)
    except (ValueError, OverflowError, OSError):
        return Moment("", str(unix), "")
    distance = _distance(abs(unix - now), text)
    relative = (text.left if unix > now else text.ago).format(time=distance)
    return Moment(value.strftime("%Y-%m-%dT%H:%M:%SZ"), value.strftime("%Y-%m-%d %H:%M:%S"), relative)


def state(code: str, language: Language) -> State:
    """The state ``code`` in words; codes are those of :mod:`protocol.vocabulary`."""
    look = "good" if code == "completed" else "bad" if code in ENDED else _PENDING
    term = TASK_STATES[code]
    return State(code, say(term.word, language), say(term.about, language), look)


def task_page(
    record: Task, stored: StoredBundle | None, report: Report | None, now: int, language: Language
) -> TaskPage:
    """The task's page. ``report`` is the verification of its bundle for who may read it; everybody sees the outcomes."""
    text = TEXTS[language]
    steps = _outcomes(stored, language) if report is None else tuple(_step(item, language) for item in report.steps)
    return TaskPage(
        id=ids.prefixed("task", record.row.task),
        task=shorten(record.row.task, "task"),
        state=state(record.row.state, language),
        reasons=_reasons(record.reason, language),
        review=_review(record, text),
        submitted=moment(record.row.submitted_at, now, text),
        started=None if record.started_at is None else moment(record.started_at, now, text),
        deadline=moment(record.row.deadline, now, text),
        events=tuple(_event(event, now, language) for event in record.events),
        drawing=_drawing(record, now, language),
        progress=tuple(_progress(item, now, language) for item in record.progress),
        steps=steps,
        verdict=_verdict(stored, steps, text),
    )


def other(language: Language) -> Language:
    """The other of the two languages."""
    return next(item for item in LANGUAGES if item != language)


def _distance(seconds: int, text: Text) -> str:
    units = ((86_400, text.unit_day), (3_600, text.unit_hour), (60, text.unit_minute), (1, text.unit_second))
    for position, (size, unit) in enumerate(units):
        if seconds >= size or size == 1:
            whole, rest = divmod(seconds, size)
            printed = f"{whole} {unit}"
            if position + 1 < len(units) and (smaller := rest // units[position + 1][0]) and whole < 10:
                printed += f" {smaller} {units[position + 1][1]}"
            return printed
    return ""


def _reasons(reason: Reason | None, language: Language) -> tuple[str, ...]:
    if reason is None:
        return ()
    found: list[str] = []
    known = BY_NUMBER.get(reason.number or 0) or BY_CODE.get(reason.code or "")
    if known is not None:
        sentence = known.english if language == "en" else known.chinese
        found.append(f"{sentence} [{known.code}]")
    elif reason.code is not None:
        found.append(f"[{reason.code}]")
    about = reason.about.english if language == "en" else reason.about.chinese
    found += [about.replace("{party}", party(item)) for item in reason.parties]
    return tuple(found)


def _verdict(stored: StoredBundle | None, steps: tuple[Step, ...], text: Text) -> str:
    """What the evidence says, in one sentence; the worst counts."""
    if stored is None:
        return text.verdict_none
    for outcome, sentence in (("fails", text.verdict_fails), ("cannot", text.verdict_cannot)):
        if found := [str(step.number) for step in steps if step.outcome == outcome]:
            return sentence.format(steps=", ".join(found))
    return text.verdict_holds if steps else text.verdict_unknown


def _review(record: Task, text: Text) -> str:
    if record.review == "approved":
        return text.review_approved
    if record.review == "rejected":
        return text.review_rejected
    if record.review == "expired":
        return text.review_expired
    return text.review_waiting if record.reviewer is not None and record.row.state == "completed" else ""


def _event(event: Event, now: int, language: Language) -> EventLine:
    text = TEXTS[language]
    return EventLine(
        event.block,
        moment(event.time, now, text),
        say(event_words.shown(event.name).words, language),
        "" if event.party is None else party(event.party),
        None if event.value is None else shorten(event.value),
        shorten(event.transaction),
        sent_by(event.sender),
    )


def sent_by(sender: Sender | None) -> Hash | None:
    """Who sent a transaction: the party whose wallet it is, or the shortened address; in full the address. None where it is not kept."""
    if sender is None:
        return None
    address = ids.checksum_address(sender.wallet)
    return Hash(f"{address[:8]}…{address[-4:]}" if sender.party is None else party(sender.party), address)


def _clock(unix: int) -> str:
    """Hour, minute and second (UTC) of a block's time."""
    seconds = unix % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _drawing(record: Task, now: int, language: Language) -> str:
    text = TEXTS[language]
    if not record.events:
        return ""
    moments = [
        timeline.Moment(
            say(event_words.shown(event.name).words, language),
            "" if event.party is None else party(event.party),
            f"{_clock(event.time)} · {text.column_block} {event.block}",
            "bad" if event_words.shown(event.name).bad else "done",
        )
        for event in record.events
    ]
    if record.row.state not in ENDED:
        moments.append(timeline.Moment(text.timeline_next, "", moment(record.row.deadline, now, text).distance, "open"))
    description = text.timeline_summary.format(
        count=len(record.events),
        first=record.events[0].block,
        last=record.events[-1].block,
        state=state(record.row.state, language).word,
    )
    return timeline.draw(tuple(moments), text.timeline_title, description)


def _progress(item: PartyProgress, now: int, language: Language) -> ProgressLine:
    text = TEXTS[language]
    note = vocabulary.note(item.note, language)
    if item.peer:
        note = text.note_about.format(note=note, peer=item.peer)
    return ProgressLine(
        item.party,
        vocabulary.node_state(item.state, language),
        item.phase,
        item.step,
        item.total,
        _steps(item, text),
        note if item.note else "",
        moment(item.received_at, now, text),
    )


def _steps(item: PartyProgress, text: Text) -> str:
    """Step, percent of the whole run and the time left, as far as the node says them."""
    said = text.step_of.format(step=item.step, total=item.total) if item.total else ""
    if said and item.state == "computing":
        said = text.step_percent.format(steps=said, percent=item.percent)
        if item.eta:
            said = text.step_left.format(steps=said, seconds=item.eta)
    return said


def _outcomes(stored: StoredBundle | None, language: Language) -> tuple[Step, ...]:
    """The stored outcomes without what was compared; none where another version of us counted other steps."""
    if stored is None or len(stored.outcomes) != len(TITLES):
        return ()
    return tuple(
        Step(number, say(title, language), outcome, getattr(TEXTS[language], f"outcome_{outcome}"), "")
        for number, (title, outcome) in enumerate(zip(TITLES, stored.outcomes, strict=True), start=1)
    )


def _step(step: StepResult, language: Language) -> Step:
    text = TEXTS[language]
    return Step(
        step.number,
        say(step.title, language),
        step.outcome,
        getattr(text, f"outcome_{step.outcome}"),
        say(step.detail, language),
    )
