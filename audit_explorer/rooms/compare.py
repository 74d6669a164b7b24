"""Two tasks, two versions of a data set, or two programs side by side, line by line, with what differs marked in words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request, Response

from audit_explorer import graph, pages
from audit_explorer.records import NOBODY, Party, Reader, Records, Row, Task
from audit_explorer.rooms import find, frame, understood
from audit_explorer.rooms.data_sets import ACTIVE, RETIRED
from audit_explorer.rooms.find import Hit
from audit_explorer.rooms.frame import Cell, Page, Site, Table
from audit_explorer.verification import told
from audit_explorer.words import TEXTS, Language
from protocol import sentences
from protocol.contract import Step, TaskContract
from protocol.errors import FormatError
from protocol.programs import ProgramDescriptor, Words
from protocol.vocabulary import say

TITLE: Final = Words("Compare", "比较")
_BACK: Final = Words("Overview", "概览")
_LEAD: Final = Words(
    "Two tasks, two programs, or two data sets side by side: type what the search box takes, of a data set's version also `id@2`.",
    "并列比较两个任务、两个程序或两个数据集：输入内容与查找框相同；数据集的某一版本可写作 `标识@2`。",
)
_ONE: Final = Words("This one", "其一")
_OTHER: Final = Words("and this one", "其二")
_UNFOUND: Final = Words(
    "“{text}” is not one thing that you may read and that can be compared.", "“{text}”不是您可查看且可比较的单一对象。"
)
_KINDS: Final = Words("A {left} and a {right} have nothing to compare.", "{left}与{right}不可比较。")
_SAME: Final = Words("alike", "相同")
_DIFFERENT: Final = Words("DIFFERENT", "不同")
_ALIKE: Final = Words("Alike", "是否相同")
_WHAT: Final = Words("What", "项目")
_SINGLE: Final = Words("known of one alone", "仅知其一")
_RESULT: Final = Words(
    "{different} of {lines} lines differ; {single} are known of one alone.",
    "{lines} 项中有 {different} 项不同，{single} 项仅知其一。",
)
_TABLE: Final = Words("Side by side", "并列比较")
_NONE: Final = Words("Nothing to compare yet.", "尚无可比较的内容。")
_STATE: Final = Words("State", "状态")
_PROPOSER: Final = Words("Proposer", "发起方")
_LEVEL: Final = Words("Protection level", "保护等级")
_COMMITTEE: Final = Words("Committee", "计算节点组")
_PROGRAMS: Final = Words("Programs", "程序")
_ENGINE: Final = Words("Engine", "计算引擎")
_DATA_SETS: Final = Words("Data sets", "数据集")
_USERS: Final = Words("Result users", "结果使用方")
_AUDITORS: Final = Words("Auditors", "审计方")
_REVIEWER: Final = Words("Output reviewer", "结果复核方")
_SUBMITTED: Final = Words("Submitted (UTC)", "提交时间（UTC）")
_DEADLINE: Final = Words("Deadline (UTC)", "截止时间（UTC）")
_EVENTS: Final = Words("Events on chain", "链上事件数")
_CONTRACT: Final = Words("Contract digest", "任务合约摘要")
_RUN: Final = Words("Run id", "运行标识")
_PURPOSE: Final = Words("Purpose", "处理目的")
_BASIS: Final = Words("Legal basis", "合法性基础")
_ASKED: Final = Words("Columns and rows of {data_set}", "{data_set} 的列与行")
_STEP: Final = Words("Step {step}", "步骤 {step}")
_GROUP: Final = Words("Minimum group", "最小分组")
_KNOWN: Final = Words("Becomes known on the way", "过程中公开")
_OWNER: Final = Words("Data owner", "数据提供方")
_VERSION: Final = Words("Version", "版本")
_ROWS: Final = Words("Rows", "行数")
_DATA_LEVEL: Final = Words("Data level", "数据分级")
_ROOT: Final = Words("Input root", "输入根")
_SCHEMA: Final = Words("Description (hash)", "描述（哈希）")
_BLOCK: Final = Words("Last change in block", "最近变更所在区块")
_NAME: Final = Words("Name", "名称")
_PUBLISHER: Final = Words("Publisher", "发布方")
_DIGEST: Final = Words("Code digest", "代码摘要")
_PARTIES: Final = Words("Compute parties", "计算方数量")
_APPROVALS: Final = Words("Approvals", "批准数")
_PARAMETER: Final = Words("Parameter {name}", "参数 {name}")
_INPUT: Final = Words("Input {name}", "输入 {name}")
_OUTPUT: Final = Words("Output {name}", "输出 {name}")
_ALL_ROWS: Final = Words("all rows", "全部行")
_MOST: Final = 500
_VERSIONED: Final = re.compile(r"(.+)@([0-9]{1,9})")

Lines = Mapping[str, Cell]
"""What a thing is, line by line, by its label."""
Evidence = Callable[[Request, bytes], bytes | None]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its kind, what it is called, and its lines."""

    kind: str
    name: Cell
    lines: Lines


def serve(app: FastAPI, site: Site, evidence: Evidence) -> None:
    """Add the page."""

    @app.get("/{tongue}/compare")
    def compare(request: Request, tongue: str) -> Response:
        language, reader = site.spoken(tongue), site.reader(request)
        asked = {name: request.query_params.get(name, "").strip() for name in ("a", "b")}
        problem, sides = "", list[Side]()
        if reader == NOBODY:
            problem = TEXTS[language].closed
        elif all(asked.values()):
            found = [_side(site, request, reader, text, evidence, language) for text in asked.values()]
            sides = [side for side in found if side is not None]
            problem = _problem(list(asked.values()), found, language)
        compared = not problem and len(sides) == 2
        table = (
            _table(sides[0], sides[1], language)
            if compared
            else Table("sides", say(_TABLE, language), "", (), (), say(_NONE, language))
        )
        said = [row[-1].text for row in table.rows]
        numbers = {"different": said.count(say(_DIFFERENT, language)), "single": said.count(say(_SINGLE, language))}
        lead = (
            say(_RESULT, language).format(lines=len(said), **numbers) if compared else problem or say(_LEAD, language)
        )
        page = Page(
            say(TITLE, language), Cell(), Cell(say(_BACK, language), "home"), lead, (), (table,) if compared else ()
        )
        return site.render(
            request, "compare.html.j2", language, 400 if problem and reader != NOBODY else 200, page=page, asked=asked, problem=problem,
            labels={"a": say(_ONE, language), "b": say(_OTHER, language)}, action=say(TITLE, language),
        )  # fmt: skip


def _problem(texts: list[str], found: list[Side | None], language: Language) -> str:
    for text, side in zip(texts, found, strict=True):
        if side is None:
            return say(_UNFOUND, language).format(text=text[:80])
    kinds = [side.kind for side in found if side is not None]
    if kinds[0] != kinds[1]:
        left, right = (say(find.KINDS[kind], language) for kind in kinds)
        return say(_KINDS, language).format(left=left, right=right)
    return ""


def _side(
    site: Site, request: Request, reader: Reader, text: str, evidence: Evidence, language: Language
) -> Side | None:
    """The one thing that a text means, of what ``reader`` may read."""
    typed = find.clean(text)
    match = _VERSIONED.fullmatch(typed)
    hits = _hits(site.records, reader, match[1] if match else typed)
    version = int(match[2]) if match else None
    if len(hits) != 1:
        return None
    hit = hits[0]
    found = frame.id_of(hit.cell.href.partition("/")[2], {"task": "task", "data_set": "ds"}.get(hit.kind, "program"))
    if hit.kind == "task" and version is None:
        record = site.records.task(reader, found)
        data = evidence(request, found)
        words = None if data is None else told(data)
        contract = words.contract if words and record and words.contract.digest() == record.contract_digest else None
        lines = None if record is None else _task(site.records, reader, record, contract, site.now(), language)
    elif hit.kind == "data_set":
        lines = _data_set(site.records.rows(reader, "data_set", id=found), version, language)
    elif version is None:
        lines = _program(site.records, reader, found, language)
    else:
        lines = None
    if lines is None:
        return None
    name = hit.cell if version is None else Cell(f"{hit.cell.text}@{version}", hit.cell.href, hit.cell.full)
    return Side("program" if hit.kind == "engine" else hit.kind, name, lines)


def _hits(records: Records, reader: Reader, typed: str) -> list[Hit]:
    known = {"task", "data_set", "program", "engine"}
    return [hit for hit in find.search(records, reader, typed) if hit.kind in known]


def _table(left: Side, right: Side, language: Language) -> Table:
    labels = [*left.lines, *(label for label in right.lines if label not in left.lines)]
    rows = tuple(
        (
            Cell(label),
            left.lines.get(label, Cell()),
            right.lines.get(label, Cell()),
            Cell(say(_verdict(left, right, label), language)),
        )
        for label in labels[:_MOST]
    )
    heads = (say(_WHAT, language), left.name.text, right.name.text, say(_ALIKE, language))
    return Table("sides", say(_TABLE, language), "", heads, rows, say(_NONE, language))


def _verdict(left: Side, right: Side, label: str) -> Words:
    """What is known of one alone is not thereby different: the other's contract may only not be one that its reader may open."""
    if label not in left.lines or label not in right.lines:
        return _SINGLE
    return _SAME if _plain(left.lines[label]) == _plain(right.lines[label]) else _DIFFERENT


def _plain(cell: Cell) -> str:
    """What a cell says, whole."""
    return cell.full or cell.text or (cell.state.code if cell.state else cell.moment.printed if cell.moment else "")


def _task(
    records: Records, reader: Reader, record: Task, contract: TaskContract | None, now: int, language: Language
) -> Lines:  # fmt: skip
    def named(parties: tuple[Party, ...]) -> Cell:
        return Cell(", ".join(pages.party(item) for item in parties))

    lines = {
        _STATE: Cell(state=pages.state(record.row.state, language)),
        _PROPOSER: Cell(record.row.proposer),
        _LEVEL: Cell("" if record.level is None else f"{record.level} / 5"),
        _PROGRAMS: named(record.programs),
        _ENGINE: named((record.engine,) if record.engine else ()),
        _DATA_SETS: Cell(", ".join(pages.shorten(item).short for item in record.data_sets), "", " ".join(item.hex() for item in record.data_sets)),
        _COMMITTEE: named(record.committee),
        _USERS: named(record.result_users),
        _AUDITORS: named(record.auditors),
        _REVIEWER: named((record.reviewer,) if record.reviewer else ()),
        _SUBMITTED: frame.when(record.row.submitted_at, now, language),
        _DEADLINE: frame.when(record.row.deadline, now, language),
        _EVENTS: Cell(str(len(record.events))),
        _RUN: frame.digest(record.run),
        _CONTRACT: frame.digest(record.contract_digest),
    }  # fmt: skip
    said = {say(words, language): cell for words, cell in lines.items()}
    return {**said, **_words(records, reader, contract, language)}


def _words(records: Records, reader: Reader, contract: TaskContract | None, language: Language) -> Lines:
    """What only the contract says; nothing without it."""
    if contract is None:
        return {}
    rows = sentences.english_rows if language == "en" else sentences.chinese_rows
    known = understood.known(contract, understood.described(records, reader, contract), language)
    return {
        say(_PURPOSE, language): Cell(contract.purpose),
        say(_BASIS, language): Cell(contract.legal_basis),
        say(_GROUP, language): Cell(str(contract.minimum_group)),
        **{
            say(_STEP, language).format(step=step.id): _step(step)
            for step in contract.steps
        },
        **{
            say(_ASKED, language).format(data_set=graph.shortened(item.data_set)): Cell(f"{', '.join(item.columns)}; {rows(item).lstrip(',， ') or say(_ALL_ROWS, language)}")
            for item in contract.inputs
        },
        say(_KNOWN, language): Cell("; ".join(known)),
    }  # fmt: skip


def _step(step: Step) -> Cell:
    """A step with its sources: shortened for the eye, compared whole."""
    said = sentences.step_said(step)
    return Cell(f"{said}; {understood.sources(step)}", "", f"{said}; {'; '.join(sentences.sources_said(step))}")


def _data_set(rows: list[Row], version: int | None, language: Language) -> Lines | None:
    """A version, the newest without one; ``rows`` are newest first."""
    row = next((row for row in rows if version in (None, int(row["version"]))), None)
    if row is None:
        return None
    lines = {
        _VERSION: Cell(str(row["version"])),
        _STATE: Cell(say(ACTIVE if row["active"] else RETIRED, language)),
        _OWNER: frame.party(row["owner_id"], row["owner"]),
        _ROWS: Cell(str(row["row_count"])),
        _DATA_LEVEL: Cell(str(row["data_level"])),
        _ROOT: frame.digest(row["input_root"]),
        _SCHEMA: frame.digest(row["schema_hash"]),
        _BLOCK: Cell(str(row["block_number"]), f"blocks/{row['block_number']}"),
    }
    return {say(words, language): cell for words, cell in lines.items()}


def _program(records: Records, reader: Reader, found: bytes, language: Language) -> Lines | None:
    rows = records.rows(reader, "program", id=found)
    if not rows:
        return None
    row = rows[0]
    parties = "" if row["min_parties"] is None else f"{row['min_parties']}–{row['max_parties']}"
    lines = {
        _NAME: Cell(row["name"] or f"0x{found.hex()}"),
        _STATE: Cell(say(ACTIVE if row["active"] else RETIRED, language)),
        _PUBLISHER: frame.party(row["publisher"], row["publisher_name"]),
        _DIGEST: frame.digest(row["code_digest"]),
        _LEVEL: Cell("" if row["protection_level"] is None else f"{row['protection_level']} / 5"),
        _PARTIES: Cell(parties),
        _APPROVALS: Cell(str(row["approvals"])),
        _BLOCK: Cell(str(row["block_number"]), f"blocks/{row['block_number']}"),
    }
    said = {say(words, language): cell for words, cell in lines.items()}
    return {**said, **_description(records, reader, found, language)}


def _description(records: Records, reader: Reader, found: bytes, language: Language) -> Lines:
    """What its publisher says of the registered code; nothing where nobody described it."""
    rows = records.rows(reader, "descriptors", ids=[found])
    try:
        said = ProgramDescriptor.read(bytes(rows[0]["payload"])) if rows else None
    except FormatError:
        said = None
    if said is None:
        return {}
    return {
        **{say(_PARAMETER, language).format(name=spec.name): Cell(f"{say(spec.about, language)} ({spec.default})") for spec in said.parameters},
        **{say(_INPUT, language).format(name=port.name): Cell(port.kind) for port in said.inputs},
        **{say(_OUTPUT, language).format(name=port.name): Cell(f"{port.kind}, {port.support}") for port in said.outputs},
        say(_KNOWN, language): Cell("; ".join(say(item.about, language) for item in said.disclosures)),
    }  # fmt: skip
