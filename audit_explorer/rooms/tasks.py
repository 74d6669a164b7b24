"""The list of tasks."""

from typing import Final, cast

from audit_explorer import pages
from audit_explorer.records import Reader, Records, Row
from audit_explorer.rooms import frame, listing
from audit_explorer.rooms.listing import Column, Line, Listing, Position, Wanted
from audit_explorer.words import TEXTS, Language
from protocol import ids
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import PART_WORDS, TASK_STATES

_NEWEST: Final = Position(str(listing.FOREVER), b"\xff" * 32)
_OLDEST: Final = Position("0", b"")


def _find(records: Records, reader: Reader, wanted: Wanted, limit: int) -> list[Row]:
    start = wanted.after or (_NEWEST if wanted.down else _OLDEST)
    facets = _facets(records, reader, wanted)
    kinds, values = [kind for kind, _ in facets], [value for _, value in facets]
    first = records.rows(reader, "narrowest", kinds=kinds, values=values)[0]
    return records.rows(
        reader,
        "tasks" if wanted.down else "tasks_oldest",
        kind=first["kind"],
        value=first["value"],
        kinds=kinds,
        values=values,
        submitted_at=listing.whole(start, 0),
        task=start.id,
        since=wanted.since,
        until=wanted.until,
        limit=limit,
    )


def _facets(records: Records, reader: Reader, wanted: Wanted) -> list[tuple[str, str]]:
    """What tasks must have; as a rule the first finds fewest."""
    found = list[tuple[str, str]]()
    if "data_set" in wanted.filters:
        found.append(("data_set_id", cast("bytes", wanted.filters["data_set"]).hex()))
    if "party" in wanted.filters:
        _, name = _named(records, reader, ("party",), wanted.filters["party"])
        found.append(("role", f"{wanted.text('role')} {name}") if "role" in wanted.filters else ("party", name))
    elif "role" in wanted.filters:
        raise FormatError("explorer.filter", "A role is some party's.", "Name the party, too.")
    if "program" in wanted.filters:
        found.append(_named(records, reader, ("program", "engine"), wanted.filters["program"]))
    found += [(name, wanted.text(name)) for name in ("state", "level") if name in wanted.filters]
    return found or [("task", "")]


def _named(records: Records, reader: Reader, kinds: tuple[str, ...], found: object) -> tuple[str, str]:
    """The kind and the name that facets have for an id on chain; for one without a name what finds nothing."""
    rows = records.rows(reader, "names", ids=[found])
    return next(((str(row["kind"]), str(row["name"])) for row in rows if row["kind"] in kinds), (kinds[0], "?"))


def _line(row: Row, now: int, language: Language) -> Line:
    task, text = bytes(row["task_id"]), TEXTS[language]
    submitted, deadline = int(row["submitted_at"]), int(row["deadline"])
    found = ids.prefixed("task", task)
    level = None if row["level"] is None else int(row["level"])
    proposer, bundle = str(row["proposer"]), bool(row["bundle"])
    cells = (
        frame.task(task),
        frame.Cell(state=pages.state(row["state"], language)),
        frame.party(ids.on_chain(proposer), proposer),
        frame.number(level),
        frame.when(submitted, now, language),
        frame.when(deadline, now, language),
        frame.plain(text.evidence_yes if bundle else text.evidence_no),
    )
    return Line(
        Position(str(submitted), task), cells, (found, row["state"], proposer, level, submitted, deadline, bundle)
    )


LIST: Final = Listing(
    "tasks",
    Words("Tasks", "任务"),
    Words(
        "Every joint computation this coordinator knows and you may read. The chain decides the state.",
        "本协调方所知且您可查看的全部联合计算。状态以链上为准。",
    ),
    Words("No task matches.", "没有符合条件的任务。"),
    (
        listing.choice("state", Words("State", "状态"), {code: term.word for code, term in TASK_STATES.items()}),
        listing.subject("party", Words("Party", "参与方"), ids.name, "hospital"),
        listing.choice("role", Words("as", "身份"), PART_WORDS),
        listing.subject("program", Words("Program or engine", "程序或计算引擎"), ids.program, "family.program@1.0.0"),
        listing.subject("data_set", Words("Data set", "数据集"), ids.reference, "0x…"),
        listing.level("level", Words("Protection level", "保护等级")),
        *listing.days(),
    ),
    (
        Column("task", Words("Task", "任务")),
        Column("state", Words("State", "状态")),
        Column("proposer", Words("Proposer", "发起方")),
        Column("protection_level", Words("Level", "等级")),
        Column("submitted_at", Words("Submitted", "提交时间"), "submitted"),
        Column("deadline", Words("Deadline", "截止时间")),
        Column("bundle", Words("Evidence", "证据")),
    ),
    ("submitted", True),
    _find,
    _line,
)
