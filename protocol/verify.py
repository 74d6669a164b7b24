"""Verification of an evidence bundle in ten numbered steps (docs/evidence.md and the explorer show the same ones).

Each step answers *holds*, *fails* (with both values), *cannot be checked here* (with what is missing) or *nothing to
check* (where the chain proves that there is nothing). It never guesses: a step whose premises failed is not checked. Everything here is pure; the chain's facts come from receipts
proven against blocks below one head, which the trust root or validators' seals make real (:mod:`protocol.ledger`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from protocol import bundle
from protocol.ancestry import Descent
from protocol.answers import Missing, Outcome, answered, words_of
from protocol.errors import TallyError
from protocol.ledger import Ledger, Unbound
from protocol.policy import Policy
from protocol.programs import Words
from protocol.story import Story
from protocol.trust import Trust
from protocol.verify_steps import STEPS

TITLES: Final = (
    Words("The manifest lists exactly the files that are there, with their hashes", "清单与文件及其哈希完全一致"),
    Words("The task id follows from the contract and every field on chain", "任务标识由任务合约与链上全部字段导出"),
    Words("Every party's consent was its wallet's, in force and unspent", "各方授权由其钱包签署，启动时有效且未用尽"),
    Words("Every envelope is signed by its party's registered node key", "每份声明由该方登记的节点密钥签名"),
    Words("Every statement is in its log, and each log only grew", "每份声明均在日志中，且日志只增不改"),
    Words("Every commitment on chain equals its statement", "链上承诺值与声明一致"),
    Words("Both ends of every link countersigned the same bytes", "链路两端对相同字节会签"),
    Words("Input commitments equal the registered data sets' roots", "输入承诺与登记的数据集根一致"),
    Words("Release came after completion, and the result is attested", "结果在任务完成之后释放，并经确认"),
    Words("Aborts, disputes and refusals name a party and a reason", "中止、争议与拒绝均载明参与方与原因"),
)


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step's answer; ``detail`` carries the values compared, or what is missing."""

    number: int
    title: Words
    outcome: Outcome
    detail: Words


@dataclass(frozen=True, slots=True)
class Report:
    """All ten answers and, where the chain could be read, how the task ended."""

    task: bytes | None
    state: str
    steps: tuple[StepResult, ...]

    @property
    def exit_code(self) -> int:
        """0 when all steps hold or have nothing to check, 1 when one fails, 2 when one cannot be checked."""
        outcomes = {step.outcome for step in self.steps}
        return 1 if "fails" in outcomes else 2 if "cannot" in outcomes else 0

    @property
    def verdict(self) -> Words:
        """What the steps come to, in one line."""
        by: dict[str, list[str]] = {}
        for step in self.steps:
            by.setdefault(step.outcome, []).append(str(step.number))
        fails, cannot = ", ".join(by.get("fails", ())), ", ".join(by.get("cannot", ()))
        if fails:
            return Words(f"FALSE: step {fails} fails.", f"不成立：第 {fails} 步不成立。")
        if cannot:
            return Words(
                f"NOT PROVEN: step {cannot} cannot be checked with what is here.",
                f"尚未证实：第 {cannot} 步在此无法核查。",
            )
        nothing = len(by.get("nothing", ()))
        aside = (f", {nothing} with nothing to check", f"，其中 {nothing} 步无项目") if nothing else ("", "")
        return Words(
            f"PROVEN: all {len(self.steps)} steps{aside[0]}.", f"已证实：全部 {len(self.steps)} 步{aside[1]}。"
        )


def verify(
    data: bytes,
    trust: Trust | None,
    is_contract: Callable[[str], bool] | None = None,
    path: Descent | None = None,
    policy: Policy | None = None,
) -> Report:
    """Check a bundle's bytes against a trust root; never raises for what the bundle or the path holds.

    ``path`` leads from the trusted head down to the bundle's, where the trusted one is later.
    ``is_contract`` tells, from a live chain, whether an address is a contract wallet (EIP-1271); offline nobody can say.
    ``policy`` names the witnesses whose cosignatures the verifier asks for on every log's head; without one it asks for none.
    """
    results: list[StepResult] = []

    def record(outcome: Outcome, detail: Words) -> None:
        number = len(results) + 1
        results.append(StepResult(number, TITLES[number - 1], outcome, detail))

    def rest(english: str, chinese: str) -> None:
        while len(results) < len(TITLES):
            record("cannot", Words(english, chinese))

    try:
        material = bundle.read(data)
    except TallyError as error:
        record("fails", words_of(error))
        rest("The bundle itself is not whole.", "证据包本身不完整。")
        return Report(None, "unknown", tuple(results))
    names = 7 + len(material.authorizations) + len(material.logs)
    record("holds", Words(f"{names} files, canonical form.", f"{names}个文件，规范形式。"))
    if trust is None:
        rest(
            "No trust root was given: pass --trust trust.json, obtained by a way of your own.",
            "未提供信任根：请用 --trust 指定自行取得的 trust.json。",
        )
        return Report(material.task, "unknown", tuple(results))
    try:
        ledger = Ledger.read(material, trust, path)
        story = Story.read(material, ledger, trust, is_contract, policy)
    except TallyError as error:
        record("fails", words_of(error))
        rest("The task or the chain's facts could not be established.", "无法确认任务或链上事实。")
        return Report(material.task, "unknown", tuple(results))
    except Missing as missing:
        rest(missing.words.english, missing.words.chinese)
        return Report(material.task, "unknown", tuple(results))
    if isinstance(ledger.binding, Unbound):
        rest(ledger.binding.lacking.english, ledger.binding.lacking.chinese)
        return Report(material.task, story.state, tuple(results))
    for step in STEPS:
        record(*answered(partial(step, story)))
    return Report(material.task, story.state, tuple(results))
