"""A period for a regulator: who used what, how often, for which purpose; refusals, failures, protection levels, use of authorizations.

Everything is counted from :class:`~audit_explorer.reports.inputs.Inputs` alone: the same inputs give the same report.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from audit_explorer import pages
from audit_explorer.records import EVERYTHING, NOBODY
from audit_explorer.reports.inputs import Inputs
from audit_explorer.rooms import frame
from audit_explorer.rooms.frame import Cell, Fact, Table
from audit_explorer.words import Language
from protocol import events, ids, sentences
from protocol.event_words import ended_by, reason_of
from protocol.programs import Words
from protocol.vocabulary import TASK_STATES, say

TITLE: Final = Words("Report over a period", "期间报告")
_PERIOD: Final = Words("Period (UTC), tasks proposed in it", "期间（UTC），按提议时间计")
_AS_OF: Final = Words("As of block", "截至区块")
_READER: Final = Words("Gathered for", "读取者")
_ALL: Final = Words("a reader of everything", "可读全部者")
_PUBLIC: Final = Words("nobody: nothing is read", "无：不读取任何内容")
_CHAIN: Final = Words("Chain and deployment", "链与部署标识")
_EVENTS: Final = Words("Events counted", "所计事件数")
_DIGEST: Final = Words("SHA-256 of the inputs", "输入的 SHA-256")
_WORDS: Final = Words("Contracts whose words are known", "已知原文的合约数")
_LEAD: Final = Words(
    "{tasks} tasks were proposed: {completed} completed, {failed} ended without success, {open} have not ended.",
    "共提议 {tasks} 个任务：{completed} 个完成，{failed} 个未成功结束，{open} 个尚未结束。",
)
_ABOUT: Final = Words(
    "Counted from the chain's events. Tasks that were never put on chain are not in it. A purpose whose words are not known is printed as the hash that is on chain.",
    "由链上事件统计。从未上链的任务不在其内。未知原文的处理目的以其链上哈希表示。",
)
_NONE: Final = Words("None in this period.", "本期间没有。")
_STATE: Final = Words("State", "状态")
_TASKS: Final = Words("Tasks", "任务")
_TASK: Final = Words("Task", "任务")
_STARTED: Final = Words("Started", "已启动")
_COMPLETED: Final = Words("Completed", "已完成")
_FAILED: Final = Words("Without success", "未成功")
_BY_STATE: Final = Words("Tasks by state", "按状态统计任务")
_USE: Final = Words("Who used what, how often, for which purpose", "何人使用何种数据、次数与目的")
_WHO: Final = Words("Who asked", "发起方")
_DATA_SET: Final = Words("Data set", "数据集")
_OWNER: Final = Words("Data owner", "数据提供方")
_PURPOSE: Final = Words("Purpose", "处理目的")
_USES: Final = Words("Uses taken", "使用次数")
_PURPOSES: Final = Words("Purposes", "处理目的")
_ASKERS: Final = Words("Who asked", "发起方")
_REFUSALS: Final = Words("Refusals and failures, each with its author", "拒绝与失败（附作者）")
_REFUSALS_ABOUT: Final = Words(
    "What is said of a task is its author's claim; the chain itself only knows who did not commit, and what does not agree.",
    "对任务的说法均为其作者的说法；链本身只知道谁没有提交承诺、哪些不一致。",
)
_AUTHOR: Final = Words("Author", "作者")
_REASON: Final = Words("Reason", "原因")
_WHEN: Final = Words("When (UTC)", "时间（UTC）")
_THE_CHAIN: Final = Words("the chain", "链")
_MISSING: Final = Words("nothing of {parties} was on chain by the deadline", "截止时链上没有 {parties} 的承诺")
_UNLIKE: Final = Words("what {parties} committed to does not agree", "{parties} 的承诺不一致")
_LEVELS: Final = Words("Protection levels", "保护等级")
_LEVEL: Final = Words("Level", "等级")
_PROGRAMS: Final = Words("Programs", "程序")
_PROGRAM: Final = Words("Program", "程序")
_CONSENTS: Final = Words("Use of authorizations, by data owner", "授权的使用，按数据提供方")
_CONSENTS_ABOUT: Final = Words(
    "Given and revoked in the period; uses are those that the period's tasks took or gave back.",
    "给出与撤回按期间计；使用次数为本期间任务所扣减或退回者。",
)
_GIVEN: Final = Words("Given", "给出")
_REVOKED: Final = Words("Revoked", "撤回")
_ALL_REVOKED: Final = Words("Times all was revoked", "全部撤回次数")
_RETURNED: Final = Words("Uses returned", "退回次数")
_EVERY: Final = Words("Every task", "全部任务")
_PROPOSED: Final = Words("Proposed (UTC)", "提议时间（UTC）")


@dataclass(slots=True)
class Line:
    """One task of the period, as its events leave it."""

    task: bytes
    proposal: events.Proposal
    time: int
    state: str = "proposed"
    started: bool = False
    ending: events.TaskAborted | events.TaskExpired | events.TaskDisputed | None = None
    ended: int = 0
    uses: dict[bytes, int] = field(default_factory=dict)


@dataclass(slots=True)
class Given:
    """What happened to one owner's authorizations."""

    given: int = 0
    revoked: int = 0
    all_revoked: int = 0
    used: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """The period's numbers. ``signed`` are authorizations by digest: owner and data set, as far as the events show them."""

    lines: tuple[Line, ...]
    owners: Mapping[bytes, Given]
    signed: Mapping[bytes, tuple[bytes, bytes]]

    def number(self, *states: str) -> int:
        """Tasks in any of these states."""
        return sum(line.state in states for line in self.lines)

    def uses(self) -> Counter[tuple[bytes, bytes, bytes, bytes]]:
        """How many uses tasks took, less what they gave back: by proposer, data set, its owner, and purpose's hash."""
        found = Counter[tuple[bytes, bytes, bytes, bytes]]()
        for line in self.lines:
            for digest, number in line.uses.items():
                owner, data_set = self.signed.get(digest, (b"", b""))
                found[line.proposal.proposer, data_set, owner, line.proposal.purpose] += number
        return found


def count(given: Inputs) -> Counted:
    """Everything that is counted."""
    lines, owners = dict[bytes, Line](), defaultdict[bytes, Given](Given)
    read = [(item, item.event) for item in given.happened]
    signed = {
        event.authorization: (event.owner, event.signed.data_set)
        for _, event in read
        if isinstance(event, events.AuthorizationSubmitted)
    }
    for item, event in read:
        inside = given.since <= item.time < given.until
        match event:
            case events.TaskProposed() if inside:
                lines[event.task] = Line(event.task, event.proposal, item.time)
            case events.AuthorizationSubmitted() if inside:
                owners[event.owner].given += 1
            case events.AuthorizationRevoked() if inside:
                owners[event.owner].revoked += 1
            case events.AllRevoked() if inside:
                owners[event.owner].all_revoked += 1
            case events.UseConsumed() | events.UseReturned() if event.task in lines:
                _use(lines[event.task], event, owners[signed.get(event.authorization, (b"", b""))[0]])
            case _:
                line = lines.get(getattr(event, "task", b""))
                if line is not None:
                    _end(line, event, item.time)
    return Counted(tuple(lines.values()), dict(owners), signed)


def _use(line: Line, event: events.UseConsumed | events.UseReturned, owner: Given) -> None:
    taken = event.uses if isinstance(event, events.UseConsumed) else -event.uses
    line.uses[event.authorization] = line.uses.get(event.authorization, 0) + taken
    if taken > 0:
        owner.used += taken
    else:
        owner.returned -= taken


def _end(line: Line, event: object, time: int) -> None:
    match event:
        case events.TaskStarted():
            line.state, line.started = "started", True
        case events.TaskCompleted():
            line.state, line.ended = "completed", time
        case events.TaskDisputed():
            line.state, line.ending, line.ended = "disputed", event, time
        case events.TaskExpired():
            line.state, line.ending, line.ended = "expired", event, time
        case events.TaskAborted():
            line.state, line.ending, line.ended = "refused" if event.kind == 1 else "aborted", event, time
        case _:
            pass


class Report:
    """The report's parts in one language."""

    def __init__(self, given: Inputs, language: Language) -> None:
        self._given: Final = given
        self._language: Final[Language] = language
        self.counted: Final = count(given)
        self._names: Final = {(item.kind, ids.on_chain(item.name)): item.name for item in given.names}
        self._purposes: Final = {ids.on_chain(item.purpose): item.purpose for item in given.contracts}
        self._data_sets: Final = {
            ids.on_chain(item.data_set): item.data_set for contract in given.contracts for item in contract.inputs
        }

    @property
    def title(self) -> str:
        """Its title."""
        return self._say(TITLE)

    @property
    def lead(self) -> str:
        """What came of the period's tasks, in a sentence."""
        lines = self.counted.lines
        completed, unended = self.counted.number("completed"), self.counted.number("proposed", "started")
        failed = len(lines) - completed - unended
        return self._say(_LEAD).format(tasks=len(lines), completed=completed, failed=failed, open=unended)

    @property
    def about(self) -> str:
        """What it is made of."""
        return self._say(_ABOUT)

    def facts(self) -> tuple[Fact, ...]:
        """Where it comes from."""
        given = self._given
        reader = (
            self._say(_ALL)
            if given.reader == EVERYTHING
            else given.reader or self._say(_PUBLIC if given.reader == NOBODY else _ALL)
        )
        period = f"{sentences.time_said(given.since)} – {sentences.time_said(given.until)}"
        return (
            Fact(self._say(_PERIOD), (Cell(period),), wide=True),
            Fact(self._say(_READER), (Cell(reader),)),
            Fact(self._say(_AS_OF), (Cell(str(given.block)),)),
            Fact(self._say(_EVENTS), (Cell(str(len(given.happened))),)),
            Fact(self._say(_WORDS), (Cell(f"{len(given.contracts)} / {len(self.counted.lines)}"),)),
            Fact(self._say(_CHAIN), (Cell(f"{given.chain_id}, 0x{given.deployment.hex()}"),), wide=True),
            Fact(self._say(_DIGEST), (Cell(f"0x{given.digest().hex()}"),), wide=True),
        )  # fmt: skip

    def tables(self) -> tuple[Table, ...]:
        """All of it."""
        return (
            self._by_state(), self._use_of_data(), self._by_purpose(), self._refusals(), self._by_level(), self._by_program(),
            self._consents(), self._every(),
        )  # fmt: skip

    def _say(self, words: Words) -> str:
        return say(words, self._language)

    def _table(
        self,
        name: str,
        title: Words,
        heads: tuple[Words, ...],
        rows: Iterable[tuple[Cell, ...]],
        intro: Words | None = None,
    ) -> Table:
        said = "" if intro is None else self._say(intro)
        return Table(name, self._say(title), said, frame.heads(self._language, *heads), tuple(rows), self._say(_NONE))  # fmt: skip

    def _party(self, found: bytes) -> Cell:
        return frame.party(found, self._names.get(("party", found))) if found else Cell("?")

    def _parties(self, found: Iterable[bytes]) -> str:
        return ", ".join(self._party(item).text for item in found)

    def _purpose(self, found: bytes) -> Cell:
        return Cell(sentences.quoted(self._purposes[found])) if found in self._purposes else frame.digest(found)

    def _data_set(self, found: bytes) -> Cell:
        if not found:
            return Cell("?")
        known = self._data_sets.get(found)
        return frame.data_set(found) if known is None else Cell(known, f"data-sets/0x{found.hex()}")

    def _by_state(self) -> Table:
        rows = [
            (Cell(self._say(term.word), f"tasks?state={state}"), frame.number(number))
            for state, term in TASK_STATES.items()
            if (number := self.counted.number(state))
        ]
        return self._table("states", _BY_STATE, (_STATE, _TASKS), rows)

    def _use_of_data(self) -> Table:
        uses = sorted(self.counted.uses().items(), key=lambda pair: (-pair[1], pair[0]))
        rows = [
            (
                self._party(who),
                self._data_set(data_set),
                self._party(owner),
                self._purpose(purpose),
                frame.number(number),
            )
            for (who, data_set, owner, purpose), number in uses
        ]
        return self._table("use", _USE, (_WHO, _DATA_SET, _OWNER, _PURPOSE, _USES), rows)

    def _grouped(self, key: Callable[[Line], Iterable[object]]) -> list[tuple[object, list[Line]]]:
        found = defaultdict[object, list[Line]](list)
        for line in self.counted.lines:
            for value in key(line):
                found[value].append(line)
        return sorted(found.items(), key=lambda pair: (-len(pair[1]), repr(pair[0])))

    @staticmethod
    def _numbers(lines: list[Line]) -> tuple[Cell, ...]:
        completed, unended = (
            sum(line.state in states for line in lines) for states in (("completed",), ("proposed", "started"))
        )
        started = sum(line.started for line in lines)
        return tuple(
            frame.number(number) for number in (len(lines), started, completed, len(lines) - completed - unended)
        )

    def _by_purpose(self) -> Table:
        rows = [
            (
                self._purpose(purpose),
                Cell(self._parties(sorted({line.proposal.proposer for line in lines}))),
                *self._numbers(lines),
            )
            for purpose, lines in self._grouped(lambda line: (line.proposal.purpose,))
            if isinstance(purpose, bytes)
        ]
        return self._table("purposes", _PURPOSES, (_PURPOSE, _ASKERS, _TASKS, _STARTED, _COMPLETED, _FAILED), rows)

    def _by_level(self) -> Table:
        groups = sorted(self._grouped(lambda line: (line.proposal.protection_level,)), key=lambda pair: str(pair[0]))
        rows = [(Cell(f"{level} / 5"), *self._numbers(lines)) for level, lines in groups]
        return self._table("levels", _LEVELS, (_LEVEL, _TASKS, _STARTED, _COMPLETED, _FAILED), rows)

    def _by_program(self) -> Table:
        rows = [
            (frame.program(found, self._names.get(("program", found))), *self._numbers(lines))
            for found, lines in self._grouped(lambda line: line.proposal.programs)
            if isinstance(found, bytes)
        ]
        return self._table("programs", _PROGRAMS, (_PROGRAM, _TASKS, _STARTED, _COMPLETED, _FAILED), rows)

    def _refusals(self) -> Table:
        rows = [
            (frame.task(line.task), Cell(pages.state(line.state, self._language).word), *self._claim(line.ending), Cell(sentences.time_said(line.ended)))
            for line in self.counted.lines
            if line.ending is not None
        ]  # fmt: skip
        return self._table("refusals", _REFUSALS, (_TASK, _STATE, _AUTHOR, _REASON, _WHEN), rows, _REFUSALS_ABOUT)

    def _claim(self, ending: events.TaskAborted | events.TaskExpired | events.TaskDisputed) -> tuple[Cell, Cell]:
        if isinstance(ending, events.TaskAborted):
            known = reason_of(ending)
            said = (
                str(ending.reason)
                if known is None
                else f"{self._say(Words(known.english, known.chinese))} [{known.code}]"
            )
            return self._party(ending.party), Cell(said)
        words = _MISSING if isinstance(ending, events.TaskExpired) else _UNLIKE
        return Cell(self._say(_THE_CHAIN)), Cell(self._say(words).format(parties=self._parties(ended_by(ending))))

    def _consents(self) -> Table:
        rows = [
            (self._party(owner), *(frame.number(number) for number in (found.given, found.revoked, found.all_revoked, found.used, found.returned)))
            for owner, found in sorted(self.counted.owners.items())
        ]  # fmt: skip
        heads = (_OWNER, _GIVEN, _REVOKED, _ALL_REVOKED, _USES, _RETURNED)
        return self._table("consents", _CONSENTS, heads, rows, _CONSENTS_ABOUT)

    def _every(self) -> Table:
        rows = [
            (
                frame.task(line.task), Cell(sentences.time_said(line.time)), Cell(pages.state(line.state, self._language).word),
                self._party(line.proposal.proposer), frame.number(line.proposal.protection_level), self._purpose(line.proposal.purpose),
            )
            for line in self.counted.lines
        ]  # fmt: skip
        return self._table("every", _EVERY, (_TASK, _PROPOSED, _STATE, _WHO, _LEVEL, _PURPOSE), rows)
