"""One task for an auditor's file: told from its evidence bundle and a trust root alone, so that anybody who has both prints the same."""

import hashlib
from collections.abc import Mapping
from typing import Final

from audit_explorer import pages
from audit_explorer.queries import decode
from audit_explorer.records import Attestation, Commitment, StoredBundle, Task, TaskRow
from audit_explorer.reports.paper import Paper
from audit_explorer.rooms import frame, understood
from audit_explorer.rooms.frame import Cell, Fact, Table
from audit_explorer.verification import Verified, told
from audit_explorer.words import TEXTS, Language
from protocol import bundle, events, ids, sentences
from protocol.bundle import BundleMaterial
from protocol.contract import TaskContract
from protocol.errors import FormatError, TallyError
from protocol.ledger import Found, Ledger
from protocol.programs import ProgramDescriptor, Words
from protocol.trust import Trust
from protocol.verify import Report
from protocol.vocabulary import TASK_STATES, say

TITLE: Final = Words("Audit report of task {task}", "任务 {task} 的审计报告")
_ABOUT: Final = Words(
    "Told from the evidence bundle and a trust root alone; `tally report task` prints the same from them.",
    "仅由证据包与信任根得出；`tally report task` 由二者得出同样内容。",
)
_STATE: Final = Words("State at the bundle's last block", "证据包末尾区块时的状态")
_HEAD: Final = Words("Last block", "末尾区块")
_BUNDLE: Final = Words("SHA-256 of the bundle", "证据包的 SHA-256")
_CONTRACT: Final = Words("Contract digest (SHA-256)", "任务合约摘要（SHA-256）")
_ID: Final = Words("Task id", "任务标识")
_DEPLOYMENT: Final = Words("Deployment that the trust root names", "信任根所载部署")
_NO_TRUST: Final = Words("none: only the bundle's form is checked", "无：只核验证据包的形式")
_LEVEL: Final = Words("Protection level", "保护等级")
_DEADLINE: Final = Words("Deadline", "截止时间")
_EVENTS: Final = Words("What happened, in the chain's order", "经过（按链上顺序）")
_BLOCK: Final = Words("Block", "区块")
_TIME: Final = Words("Block time (UTC)", "区块时间（UTC）")
_EVENT: Final = Words("Event", "事件")
_PARTY: Final = Words("Party", "参与方")
_VALUE: Final = Words("Value", "值")
_NONE: Final = Words("The bundle proves none.", "证据包未证明任何事件。")
_CONSENTS: Final = Words("Authorizations", "授权")
_OWNER: Final = Words("Data owner", "数据提供方")
_DATA_SET: Final = Words("Data set", "数据集")
_USES: Final = Words("Uses allowed", "允许次数")
_FROM: Final = Words("Valid from", "生效时间")
_UNTIL: Final = Words("Valid until", "失效时间")
_STEPS: Final = Words("Verification in ten steps", "十步核验")
_STEP: Final = Words("Step", "步骤")
_ANSWER: Final = Words("Answer", "结论")
_DETAIL: Final = Words("What was compared", "所比对内容")


def paper(
    data: bytes, trust: Trust | None, report: Report, programs: Mapping[str, ProgramDescriptor], language: Language
) -> Paper:
    """The report of a bundle's bytes, whose verification against ``trust`` gave ``report``; ``report.unreadable`` for what is no bundle.

    ``programs`` are descriptions of its programs, as far as somebody gave them.
    """
    words, digest = told(data), hashlib.sha256(data).digest()
    if words is None:
        raise FormatError(
            "report.unreadable", "This is no evidence bundle that can be read.", "Run `tally verify` on it."
        )
    material = bundle.read(data)
    record, head_time = _record(material, words.contract, trust, report)
    verified = Verified(report, len(data), digest, words)
    stored = StoredBundle(tuple(step.outcome for step in report.steps), len(data), digest)
    page = pages.task_page(record, stored, report, head_time, language)
    contract = words.contract
    claims = understood.claims(record, verified, language)
    facts = (
        Fact(say(_ID, language), (Cell(ids.prefixed("task", material.task)),), wide=True),
        Fact(say(_CONTRACT, language), (Cell(f"0x{contract.digest().hex()}"),), wide=True),
        Fact(say(_BUNDLE, language), (Cell(f"0x{digest.hex()}"),), wide=True),
        Fact(say(_DEPLOYMENT, language), (Cell(say(_NO_TRUST, language) if trust is None else f"{trust.chain_id}, 0x{trust.deployment.hex()}"),), wide=True),
        Fact(say(_STATE, language), (Cell(page.state.word),)),
        Fact(say(_HEAD, language), (Cell(str(material.descent.top.number)),)),
        Fact(say(_LEVEL, language), (Cell(f"{contract.protection_level} / 5"),)),
        Fact(say(_DEADLINE, language), (Cell(sentences.time_said(contract.deadline)),)),
    )  # fmt: skip
    tables = (
        understood.about(contract, programs, language),
        understood.inputs(contract, language),
        understood.workflow(contract, programs, language),
        _timeline(page, language),
        *(() if claims is None else (claims,)),
        _consents(material, language),
        understood.commitments(record, language),
        _steps(page, language),
    )
    title = say(TITLE, language).format(task=pages.shorten(material.task, "task").short)
    lead = f"{understood.verdict(record, language)} {page.verdict}"
    return Paper(title, lead, say(_ABOUT, language), facts, tables)


def _record(material: BundleMaterial, contract: TaskContract, trust: Trust | None, report: Report) -> tuple[Task, int]:
    """The task as the bundle's proven events show it, and its last block's time."""
    found: list[Found[events.Event]] = []
    if trust is not None:
        try:
            ledger = Ledger.read(material, trust)
            found = [item for item in ledger.found if getattr(item.event, "task", None) == material.task]
        except TallyError:
            found = []  # the steps say why nothing is proven
    names = decode.Names(
        [{"kind": "party", "id": ids.on_chain(name), "name": name} for name in contract.participants]
        + [{"kind": "program", "id": ids.on_chain(name), "name": name} for name in contract.programs]
        + [{"kind": "engine", "id": ids.on_chain(contract.engine), "name": contract.engine}]
    )
    told_events = [item for item in found if "Tasks" in type(item.event).CONTRACTS]
    state = report.state if report.state in TASK_STATES else "proposed"
    started = next((item.event for item in found if isinstance(item.event, events.TaskStarted)), None)
    review = next((item.event for item in found if isinstance(item.event, events.OutputReviewed)), None)
    time = max((item.timestamp for item in found), default=contract.deadline)
    record = Task(
        row=TaskRow(material.task, state, min((item.timestamp for item in found), default=0), contract.deadline, contract.proposer, bundle=True),
        contract_digest=contract.digest(),
        level=contract.protection_level,
        committee=tuple(names.party(ids.on_chain(name)) for name in contract.committee),
        programs=tuple(names.program(ids.on_chain(name)) for name in contract.programs),
        engine=names.engine(ids.on_chain(contract.engine)),
        data_sets=tuple(ids.on_chain(item.data_set) for item in contract.inputs),
        result_users=tuple(names.party(ids.on_chain(name)) for name in contract.result_users),
        auditors=tuple(names.party(ids.on_chain(name)) for name in contract.auditors),
        reviewer=names.party(ids.on_chain(contract.reviewer)) if contract.reviewer else None,
        review="none" if review is None else "approved" if review.approved else "rejected",
        run=None,
        started_at=None if started is None else started.started_at,
        reason=decode.reason([item.event for item in told_events], None, names),
        events=tuple(
            decode.record(
                {"block_number": item.block, "log_index": item.position, "block_time": item.timestamp, "name": type(item.event).__name__, "tx_hash": b""},
                item.event,
                names,
            )
            for item in told_events
        ),
        progress=(),
        commitments=tuple(
            Commitment(
                names.party(item.event.party), item.event.run_id, item.event.log_size, item.event.log_root, item.block, item.event.input_root,
                item.event.output_shares, item.event.links,
            )
            for item in found
            if isinstance(item.event, events.RunCommitted)
        ),
        consents=(),
        attestations=tuple(
            Attestation(names.party(item.event.result_user), item.event.result_hash, item.block)
            for item in found
            if isinstance(item.event, events.ResultAttested)
        ),
    )  # fmt: skip
    return record, time


def _timeline(page: pages.TaskPage, language: Language) -> Table:
    heads = frame.heads(language, _BLOCK, _TIME, _EVENT, _PARTY, _VALUE)
    rows = tuple(
        (
            Cell(str(item.block)), Cell(item.time.printed), Cell(item.name), Cell(item.party),
            Cell() if item.value is None else Cell(item.value.short, "", item.value.full),
        )
        for item in page.events
    )  # fmt: skip
    return Table("timeline", say(_EVENTS, language), "", heads, rows, say(_NONE, language), drawing=page.drawing)


def _consents(material: BundleMaterial, language: Language) -> Table:
    heads = frame.heads(language, _OWNER, _DATA_SET, _USES, _FROM, _UNTIL)
    rows = tuple(
        (
            Cell(item.owner), Cell(item.message.data_set), frame.number(item.message.max_uses),
            Cell(sentences.time_said(item.message.not_before)), Cell(sentences.time_said(item.message.not_after)),
        )
        for item in material.authorizations
    )  # fmt: skip
    return Table("consents", say(_CONSENTS, language), "", heads, rows, TEXTS[language].consents_none)


def _steps(page: pages.TaskPage, language: Language) -> Table:
    heads = frame.heads(language, _STEP, _ANSWER, _DETAIL)
    rows = tuple((Cell(f"{item.number}. {item.title}"), Cell(item.word), Cell(item.detail)) for item in page.steps)
    return Table("steps", say(_STEPS, language), "", heads, rows, say(_NONE, language))
