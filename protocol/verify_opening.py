"""Verification of opened rows in five numbered steps (docs/evidence.md shows the same ones): the asker's, offline or with a chain endpoint.

The registered facts come from a bundle of a task over that version, checked against the trust root, or from the asker's own chain endpoint.
What is shown is what a step has proven: no cell is given out of an answer of which one step fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol import bundle, canonical, catalogue, dsse, ids, sealing
from protocol.ancestry import Descent
from protocol.answers import Fails, Missing, Outcome, answered, show
from protocol.errors import VerificationError
from protocol.ledger import Ledger, Unbound
from protocol.openings import OpenedRows, OpeningAnswer, OpeningRequest, RowsOpened, require, seal_info
from protocol.programs import Words
from protocol.rows import verify_opening
from protocol.table import Cell
from protocol.trust import Trust
from protocol.verify import StepResult

TITLES: Final = (
    Words("The answer is to this request, and opens with its key", "答复对应此请求，并能用其密钥打开"),
    Words(
        "The owner's registered node key signed what was opened for whom", "数据方登记的节点密钥签署了向谁公开了什么"
    ),
    Words("Root, number of rows and description are the registered ones", "输入根、行数与描述均与登记一致"),
    Words("Every opened row is in the committed table", "每一公开的行都在已承诺的表中"),
    Words("What was asked is open, and nothing else", "所请求的均已公开，且未多公开"),
)
_PERIODS: Final = 64
"""Key periods of an owner that are looked for in a bundle, which proves those of its task."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What the chain has of the version and of its owner's node: ``source`` says where that was read."""

    owner: bytes
    schema_hash: bytes
    input_root: bytes
    rows: int
    node_keys: tuple[bytes, ...]
    source: Words


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """One opened row: its place in the committed order, and its open cells by column."""

    position: int
    cells: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """The five answers and, where all hold, the rows; ``absent`` are identifiers for which the owner states that there is no row."""

    steps: tuple[StepResult, ...]
    rows: tuple[OpenedRow, ...] = ()
    absent: tuple[str, ...] = ()
    statement: RowsOpened | None = None

    @property
    def exit_code(self) -> int:
        """0 when all steps hold, 1 when one fails, 2 when one cannot be checked."""
        outcomes = {step.outcome for step in self.steps}
        return 1 if "fails" in outcomes else 2 if "cannot" in outcomes else 0


class _Check:
    """The steps, each of which takes what the ones before it established."""

    def __init__(
        self, message: OpeningRequest, digest: bytes, key: X25519PrivateKey, facts: Callable[[], Registered]
    ) -> None:
        self.message = message
        self.digest = digest
        self.key = key
        self.facts = facts
        self.envelope = b""
        self.content = b""
        self.opened: OpenedRows | None = None
        self.said: RowsOpened | None = None
        self.rows: list[OpenedRow] = []

    def own(self, data: bytes) -> Words:
        """Step 1: HPKE's context holds the request's digest and the statement, so no answer to another request opens."""
        require(self.message)
        answer = OpeningAnswer.read(data)
        _same("request", "请求", answer.request, self.digest)
        self.envelope = answer.statement
        self.content = sealing.open_sealed(self.key, seal_info(self.digest, answer.statement), answer.sealed)
        self.opened = OpenedRows.read(self.content)
        _same("request inside", "内含的请求", self.opened.request, self.digest)
        return Words(
            f"request 0x{self.digest.hex()}, {len(self.opened.openings)} rows.",
            f"请求0x{self.digest.hex()}，{len(self.opened.openings)}行。",
        )

    def signed(self) -> Words:
        """Step 2: by whom, for whom, and that the statement is about these very bytes."""
        said = RowsOpened.read(dsse.parse(self.envelope).payload)
        asked, opened = self.message, self._opened()
        expected = RowsOpened(
            self.digest, asked.asker, asked.owner, ids.on_chain(asked.data_set), asked.data_version, asked.input_root,
            len(opened.openings), opened.cells, canonical.sha256(self.content), said.time,
        )  # fmt: skip
        _same("statement", "声明", said, expected)
        facts = self.facts()
        envelope = dsse.parse(self.envelope)
        keys = {dsse.key_id(key): key for key in facts.node_keys}
        if envelope.keyid not in keys:
            raise Missing(
                f"The statement names the key {envelope.keyid}, which {facts.source.english} does not have of {asked.owner}: ask "
                "your own chain endpoint (--rpc).",
                f"声明所载密钥{envelope.keyid}不在{facts.source.chinese}所载{asked.owner}的密钥之中：请查询自己的链端点（--rpc）。",
            )
        dsse.open_envelope(self.envelope, keys[envelope.keyid])
        self.said = said
        return Words(
            f"{said.owner} opened {said.cells} cells of {said.rows} rows to {said.asker}; its log keeps the statement.",
            f"{said.owner}向{said.asker}公开了{said.rows}行的{said.cells}个单元格；其日志保存该声明。",
        )

    def registered(self) -> Words:
        """Step 3: the root that the request names, and the description whose hash the chain has."""
        asked, opened, facts = self.message, self._opened(), self.facts()
        description = catalogue.read_description(opened.description)
        _same("owner", "数据方", facts.owner, ids.on_chain(asked.owner))
        _same("input root", "输入根", facts.input_root, asked.input_root)
        _same("rows", "行数", facts.rows, asked.rows)
        _same("description", "描述", facts.schema_hash, canonical.sha256(opened.description))
        _same("data set", "数据集", (description.data_set, description.version), (asked.data_set, asked.data_version))
        described = tuple((c.name, catalogue.COMMITTED_KINDS.get(c.kind, c.kind)) for c in description.columns)
        _same("columns", "列", described, tuple((c.name, c.kind) for c in opened.columns.columns))
        return Words(
            f"root 0x{facts.input_root.hex()}, {facts.rows} rows, from {facts.source.english}.",
            f"输入根0x{facts.input_root.hex()}，{facts.rows}行，取自{facts.source.chinese}。",
        )

    def included(self) -> Words:
        """Step 4: a row's hash is over its salt, its columns, its open cells with their salts and the hashes of the others."""
        opened = self._opened()
        for opening in opened.openings:
            cells = verify_opening(opened.columns, self.message.input_root, self.message.rows, opening)
            self.rows.append(OpenedRow(opening.index, tuple(cells.items())))
        return Words(f"{len(self.rows)} inclusion proofs hold.", f"{len(self.rows)}个包含证明成立。")

    def asked(self) -> Words:
        """Step 5: each place and each identifier asked for has its row with its columns, and there is no other row or cell."""
        asked, opened = self.message, self._opened()
        identifier = next((c.name for c in opened.columns.columns if c.kind == "id"), None)
        found = {row.position: dict(row.cells) for row in self.rows}
        for row in self.rows:
            _same(
                f"columns of row {row.position}",
                f"第{row.position}行的列",
                tuple(n for n, _ in row.cells),
                asked.columns,
            )
        if lacking := sorted(set(asked.positions) - found.keys()):
            raise Fails(f"Row {lacking[0]} was asked for and is not open.", f"第{lacking[0]}行已请求而未公开。")
        by_key = {cells.get(identifier or ""): place for place, cells in found.items()}
        named = {key: by_key[key] for key in asked.keys if key in by_key}
        if both := sorted(set(opened.absent) & named.keys()):
            raise Fails(f"{both[0]!r} is open, and stated to be absent.", f"{both[0]!r}已公开，却又被声明不存在。")
        if answerless := sorted(set(asked.keys) - named.keys() - set(opened.absent)):
            raise Fails(f"{answerless[0]!r} was asked for without answer.", f"{answerless[0]!r}已请求而无答复。")
        if beyond := sorted(found.keys() - set(asked.positions) - set(named.values())):
            raise Fails(f"Row {beyond[0]} is open, and nobody asked for it.", f"第{beyond[0]}行未经请求而被公开。")
        if strange := sorted(set(opened.absent) - set(asked.keys)):
            raise Fails(f"{strange[0]!r} was not asked for.", f"{strange[0]!r}并未被请求。")
        absent = (
            (
                f"; that {len(opened.absent)} identifiers have no row is the owner's word, no proof",
                f"；{len(opened.absent)}个标识无对应行为数据方自述，并非证明",
            )
            if opened.absent
            else ("", "")
        )
        return Words(
            f"{len(found)} rows with {len(asked.columns)} columns each{absent[0]}.",
            f"{len(found)}行，每行{len(asked.columns)}列{absent[1]}。",
        )

    def _opened(self) -> OpenedRows:
        if self.opened is None:
            raise Missing("The answer did not open.", "答复未能打开。")
        return self.opened


def verify(
    message: OpeningRequest, digest: bytes, answer: bytes, key: X25519PrivateKey, facts: Callable[[], Registered]
) -> Opened:
    """Check an answer against the request that it is to; never raises for what the answer holds.

    ``digest`` is what the asker's wallet signed, ``key`` belongs to the request's ``seal_key``.
    """
    check = _Check(message, digest, key, facts)
    done: list[StepResult] = []
    steps: tuple[Callable[[], Words], ...] = (
        lambda: check.own(answer), check.signed, check.registered, check.included, check.asked,
    )  # fmt: skip
    for number, (title, step) in enumerate(zip(TITLES, steps, strict=True), 1):
        stopped = any(item.outcome == "fails" for item in done) or (number > 1 and check.opened is None)
        outcome: Outcome
        outcome, detail = (
            ("cannot", Words("A step before it does not hold.", "之前的步骤不成立。")) if stopped else answered(step)
        )
        done.append(StepResult(number, title, outcome, detail))
    # what a bundle does not know is the owner's newest node key: the rows are proven by the root alone
    proven = all(item.outcome == "holds" or (item.number == 2 and item.outcome == "cannot") for item in done)
    if not proven or check.opened is None:
        return Opened(tuple(done))
    return Opened(tuple(done), tuple(check.rows), check.opened.absent, check.said)


def from_bundle(data: bytes, trust: Trust, path: Descent | None, message: OpeningRequest) -> Registered:
    """What a bundle of any task over the version proves of its registration; raises :class:`Missing` for what it does not."""
    material = bundle.read(data)
    ledger = Ledger.read(material, trust, path)
    if isinstance(ledger.binding, Unbound):
        raise Missing(ledger.binding.lacking.english, ledger.binding.lacking.chinese)
    found = ledger.registers.data_set(ids.on_chain(message.data_set), message.data_version)
    if found is None:
        raise VerificationError(
            "opening.not_registered",
            f"{message.data_set} version {message.data_version} is not registered.",
            "Ask for a registered version.",
        )
    keys: list[bytes] = []
    for period in range(1, _PERIODS + 1):
        try:
            key = ledger.registers.node_key(ids.on_chain(message.owner), period)
        except Missing:  # a bundle proves the periods that its own task needs
            continue
        keys += [] if key is None else [key]
    source = Words(f"the bundle of task_{material.task.hex()}", f"任务task_{material.task.hex()}的证据包")
    return Registered(found.owner, found.schema_hash, found.input_root, found.rows, tuple(keys), source)


def _same(english: str, chinese: str, found: object, expected: object) -> None:
    if found != expected:
        raise Fails(
            f"{english}: {show(found)}, expected {show(expected)}.", f"{chinese}：{show(found)}，应为{show(expected)}。"
        )
