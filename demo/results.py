"""What the demo shows at the end: the joint result beside scikit-learn, and the report's contents."""

import json
import shlex
import time
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import numpy as np

from chain.endpoint import Endpoint
from demo import reference, story
from demo.charts import CurvePoint
from demo.data import HOSPITAL_FEATURES, Side
from demo.report import Coefficient, Fact, Happening, Metric, ReportData, Signature
from demo.system import System
from mpc.programs.catalogue import find
from protocol import bundle, events, ids, statements
from protocol.api import TaskStatus
from protocol.contract import TaskContract
from protocol.errors import UnavailableError
from protocol.ledger import Ledger
from protocol.programs import Words
from protocol.story import Story
from protocol.trust import Trust
from protocol.verify import Report

_OFFLINE: Final = Words(
    "On this devnet one operator makes all blocks and could rewrite them; in production every member runs a validator.",
    "本开发网络由单一运营方出块，可被其改写；生产环境由各成员运行验证节点。",
)


@dataclass(frozen=True, slots=True)
class JointResult:
    """The hospital's result file, and its own patients in the aligned order."""

    outputs: dict[str, Any]
    result_hash: str
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The joint model, the pooled plaintext model that it must equal, and the hospital's own."""

    joint: JointResult
    names: tuple[tuple[str, str], ...]
    pooled: reference.Model
    alone: reference.Model
    rows: int
    train: int

    @property
    def coefficients(self) -> list[float]:
        """The joint model's coefficients in the order of ``names``."""
        return list(self.joint.outputs["fit.coefficients"])

    @property
    def coefficient_error(self) -> float:
        """Largest difference to the pooled model's coefficients and intercept."""
        found = np.abs(np.array(self.coefficients) - self.pooled.coefficients).max()
        return float(max(found, abs(self.joint.outputs["fit.intercept"] - self.pooled.intercept)))

    def lines(self) -> list[str]:
        """What the terminal shows."""
        auc, ks = self.joint.outputs["judge.auc"], self.joint.outputs["judge.ks"]
        largest = sorted(zip(self.names, self.coefficients, strict=True), key=lambda item: -abs(item[1]))[:5]
        return [
            f"{self.rows} common patients, {self.train} to train, {self.rows - self.train} held out",
            "held out       joint    pooled in the clear    hospital alone",
            f"  AUC         {auc:.4f}   {self.pooled.auc:.4f}                 {self.alone.auc:.4f}",
            f"  KS          {ks:.4f}   {self.pooled.ks:.4f}                 {self.alone.ks:.4f}",
            f"largest difference to scikit-learn's pooled coefficients: {self.coefficient_error:.1e}",
            "largest coefficients: " + ", ".join(f"{name} {value:+.3f}" for (_, name), value in largest),
        ]


def await_result(node: Path, task: bytes, seconds: float) -> JointResult:
    """The result in the hospital's own folder, once all three shares agreed."""
    folder = node / "results" / task.hex()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (folder / "result.json").exists():
            found = json.loads((folder / "result.json").read_text(encoding="utf-8"))
            if found["checked"]:
                order = json.loads((folder / "alignment.json").read_text(encoding="utf-8"))
                outputs = {name: output["values"] for name, output in found["outputs"].items()}
                return JointResult(outputs, found["result_hash"], tuple(order))
        time.sleep(0.1)
    raise UnavailableError("demo.no_result", "The result did not come.", "See state/demo/logs/node-hospital.log.")


def compare(joint: JointResult, contract: TaskContract, hospital: Side, laboratory: Side) -> Comparison:
    """Fit the same model in the clear on the same aligned rows: pooled, and on the hospital's columns alone."""
    train = int(float(story.TRAIN_FRACTION) * len(joint.order))
    c = float(story.REGULARISATION)
    sides = {"hospital": hospital, "laboratory": laboratory}
    columns = {side: list(table.columns) for side, table in sides.items()}
    features, labels = reference.pooled(hospital, laboratory, joint.order)
    held = [("hospital", name) for name in columns["hospital"][1:]] + [("laboratory", n) for n in columns["laboratory"]]
    # the program orders columns as the contract does: data sets sorted by reference, columns by name, label left out
    names = [
        (item.owner, column)
        for item in contract.inputs
        for column in item.columns
        if (item.owner, column) != ("hospital", columns["hospital"][0])
    ]
    ordered = features[:, [held.index(name) for name in names]]
    own = features[:, :HOSPITAL_FEATURES]
    return Comparison(
        joint,
        tuple(names),
        reference.fit(ordered, labels, train, c),
        reference.fit(own, labels, train, c),
        len(joint.order),
        train,
    )


def head_of(system: System, data: bytes) -> tuple[int, bytes]:
    """Number and hash of the block that a bundle is rooted in, the hash from the chain endpoint itself."""
    number = bundle.read(data).descent.top.number
    found = Endpoint(system.rpc_url).block_ref(number)
    if found is None:
        raise UnavailableError("demo.no_block", f"The chain has no block {number}.", "See state/demo/logs.")
    return number, found.hash


def verify_command(path: Path, trust: Path) -> str:
    """What anybody types to verify a bundle again."""
    return f"tally verify {shlex.quote(str(path))} --trust {shlex.quote(str(trust))}"


def read_trust(path: Path) -> Trust:
    """The trust root in a file."""
    return Trust.read(path.read_bytes())


def report_data(
    status: TaskStatus, contract: TaskContract, comparison: Comparison, verification: Report, path: Path
) -> ReportData:
    """The hospital's report, from its result and from the verified bundle."""
    material = bundle.read(path.read_bytes())
    trust = read_trust(path.with_name("trust.json"))
    told = Story.read(material, Ledger.read(material, trust), trust)
    outputs, pooled, alone = comparison.joint.outputs, comparison.pooled, comparison.alone
    return ReportData(
        title=Words("A diagnosis model trained together", "联合训练的诊断模型"),
        story=Words(
            f"A hospital (diagnoses and ten features) and a laboratory (twenty features) trained one model over their "
            f"{comparison.rows} common patients; an exchange computed with them and held no data. Nobody gave rows away.",
            f"医院（诊断与十项特征）与检验所（二十项特征）就{comparison.rows}名共同患者联合训练模型；数据交易所参与计算而不持有数据。各方数据均未出域。",
        ),
        task=status.task,
        state=status.state,
        written_at=int(time.time()),
        happenings=_happenings(told),
        metrics=(
            Metric(Words("AUC (held out)", "AUC（留出样本）"), outputs["judge.auc"], pooled.auc, alone.auc),
            Metric(Words("KS (held out)", "KS（留出样本）"), outputs["judge.ks"], pooled.ks, alone.ks),
        ),
        curve=tuple(_points(outputs["judge.roc"])),
        curve_alone=tuple(CurvePoint(0.0, false, true) for false, true in alone.roc),
        coefficients=tuple(
            Coefficient(name, owner, value, float(clear))
            for (owner, name), value, clear in zip(
                comparison.names, comparison.coefficients, pooled.coefficients, strict=True
            )
        ),
        signatures=_signatures(told),
        verification=verification,
        protection_level=contract.protection_level,
        protection=Words(
            "A party that follows the protocol learns only what is listed below and its result; two of the three compute "
            "parties together could learn the inputs.",
            "遵循协议的任一方仅获知下列内容及其应得结果；三个计算方中任意两方合谋可获知输入。",
        ),
        leaks=tuple(
            item.about
            for step in contract.steps
            for item in find(step.program).published().disclosed_by(step.parameters, step.inputs)
        ),
        opened=_opened(told),
        facts=(
            Fact(Words("Common patients", "共同患者"), str(comparison.rows)),
            Fact(Words("Trained on", "训练样本"), str(comparison.train)),
            Fact(Words("Regularisation C", "正则化系数 C"), story.REGULARISATION),
            Fact(Words("Attested result hash", "已确认的结果哈希"), comparison.joint.result_hash),
            Fact(Words("Chain", "链"), f"{trust.chain_id}, {trust.confirmations} confirmations"),
        ),
        warnings=(_OFFLINE,),
        verify_command=verify_command(path, path.with_name("trust.json")),
    )


def _points(roc: list[list[float]]) -> list[CurvePoint]:
    """The program's ROC output: true and false positive rates from the lowest threshold to the highest."""
    array = np.array(roc)
    true, false = array if len(array) == 2 else array.T
    thresholds = np.linspace(0, 1, len(true))
    return [CurvePoint(float(z), float(f), float(t)) for z, f, t in zip(thresholds, false, true, strict=True)]


def _happenings(told: Story) -> tuple[Happening, ...]:
    ledger, found = told.ledger, list[Happening]()
    names = {ids.on_chain(name): name for name in told.contract.participants}

    def add(kind: type, english: str, chinese: str, who: str = "", **fields: object) -> None:
        for item in ledger.of(kind, **fields):
            about = names.get(attrgetter(who)(item.event), "") if who else ""
            found.append(Happening(Words(english, chinese), about, item.timestamp, "done"))

    task = told.task
    add(events.TaskProposed, "Proposed", "提出", "proposal.proposer", task=task)
    for digest in told.started.event.authorizations if told.started else ():
        add(events.AuthorizationSubmitted, "Authorised", "授权", "owner", authorization=digest)
    add(events.TaskStarted, "Started", "启动", task=task)
    add(events.RunCommitted, "Committed", "承诺", "party", task=task)
    add(events.TaskCompleted, "Completed", "完成", task=task)
    for party in told.logs:
        add(events.Anchored, "Anchored", "存证", "party", party=ids.on_chain(party))
    add(events.ResultAttested, "Attested", "确认", "result_user", task=task)
    return tuple(sorted(found, key=lambda item: item.when))


def _signatures(told: Story) -> tuple[Signature, ...]:
    found: list[Signature] = []
    wallet, node = Words("wallet", "钱包"), Words("node key", "节点密钥")
    if told.proposed:
        found.append(
            Signature(told.contract.proposer, Words("proposal", "提案"), wallet, told.proposed.timestamp, told.task)
        )
    for signed in told.authorizations.values():
        digest = signed.message.digest(told.trust.domain("Consents"))
        when = told.ledger.one(events.AuthorizationSubmitted, authorization=digest)
        found.append(
            Signature(signed.owner, Words("authorization", "授权"), wallet, when.timestamp if when else 0, digest)
        )
    for party, item in told.commitments.items():
        found.append(Signature(party, Words("run commitment", "运行承诺"), node, item.timestamp, item.event.log_root))
    return tuple(found)


def _opened(told: Story) -> tuple[Fact, ...]:
    runs = [item for party in told.logs for item in told.statements(party, statements.Run)]
    facts = {(step.id, name, count) for run in runs for step in run.steps for name, count in step.disclosed}
    return tuple(Fact(Words(f"{step}: {name}", f"{step}：{name}"), str(count)) for step, name, count in sorted(facts))
