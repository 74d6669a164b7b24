"""What an owner is asked, laid out: who, what, why, for whom, until when, and what leaves, output by output.

The same facts as :func:`protocol.sentences.authorization_sentence`, which stays what people agree to, in its order and words. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol.ask import Ask
from protocol.contract import ZERO32
from protocol.programs import Words
from protocol.sentences import (
    chinese_ranges,
    chinese_rows,
    chinese_span,
    collusion_threshold,
    english_ranges,
    english_rows,
    english_span,
    listed,
    model_said,
    quoted,
    sources_said,
    step_said,
    time_said,
)
from protocol.support import UNKNOWN
from protocol.typed import Authorization


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what it is about ("" where it goes on about the same), and what is asked."""

    about: Words
    said: Words


_SAME: Final = Words("", "")


def consent_table(message: Authorization, ask: Ask, owner: str, supports: Mapping[str, Words]) -> tuple[Line, ...]:
    """The lines of what ``owner`` is asked; ``supports`` says what each output's numbers are about (:func:`protocol.ask.supports`)."""
    m, asked = message, ask.contract
    own = asked.input_of(ask.data_set)
    starters = tuple(sorted({m.proposer, asked.scheduler}))
    lines = [
        Line(Words("Who asks", "请求方"), Words(f"{m.proposer}; started by {listed(starters)}", f"{m.proposer}；由 {'、'.join(starters)} 启动")),
        Line(Words("Whose data", "数据方"), Words(owner, owner)),
        Line(Words("What", "数据"), Words(f"{m.data_set}, version {m.data_version}", f"{m.data_set} 第 {m.data_version} 版")),
        Line(_SAME, Words(f"columns {', '.join(own.columns)}", f"列 {'、'.join(own.columns)}")),
        Line(_SAME, Words(english_rows(own).removeprefix(", ") or "all rows", chinese_rows(own).removeprefix("，") or "全部行")),
        *_many("Together with", "一起计算", [
            Words(f"{item.data_set} of {item.owner} (version {item.version}, columns {', '.join(item.columns)}{english_rows(item)})",
                  f"{item.owner} 的 {item.data_set}（第 {item.version} 版，列 {'、'.join(item.columns)}{chinese_rows(item)}）")
            for item in asked.inputs if item.data_set != ask.data_set
        ]),
        Line(Words("Why", "目的"), Words(quoted(m.purpose), quoted(m.purpose))),
        Line(Words("Legal basis", "合法性基础"), Words(quoted(m.legal_basis), quoted(m.legal_basis))),
        Line(Words("Impact assessment", "影响评估"), _hash(m.impact_assessment)),
        *_many("What leaves", "释放内容", [_leaves(output.source, output.users, supports) for output in asked.outputs]),
        Line(_SAME, Words("nobody else can read them", "其他任何一方均不能读取")),
        *_many("What stays", "保留内容", [
            Words(f"{keep.source}, as shares at the compute parties until {time_said(keep.until)}; only {listed(keep.users)} may have it used",
                  f"{keep.source}，以份额形式保留在各计算方，至 {time_said(keep.until)}；仅 {'、'.join(keep.users)} 可提出使用")
            for keep in asked.keeps
        ]),
        Line(Words("For", "范围"), _scope(m)),
        *_standing(m, ask),
        Line(Words("From", "自"), Words(time_said(m.not_before), time_said(m.not_before))),
        Line(Words("Until", "至"), Words(time_said(m.not_after), time_said(m.not_after))),
        *_many("How", "计算", [
            Words(f"{step_said(step)} from {listed(sources_said(step))}", f"{step_said(step)}，取自 {'、'.join(sources_said(step))}")
            for step in asked.steps
        ]),
        *_many("", "", [Words(f"with {model_said(item)}", f"使用 {model_said(item)}") for item in asked.models]),
        Line(Words("Programs", "程序"), Words(f"{', '.join(m.programs)}; engine {m.engine}", f"{'、'.join(m.programs)}；引擎 {m.engine}")),
    ]  # fmt: skip
    if m.approved_successors:
        lines.append(Line(_SAME, Words("newer releases that certifiers approved as successors may run in their place", "经认证方批准的后续版本可代替上述程序与引擎运行")))  # fmt: skip
    return (*lines, *_protection(m, ask))


def _protection(m: Authorization, ask: Ask) -> list[Line]:
    asked, seats = ask.contract, collusion_threshold(len(m.compute_parties))
    found = [
        Line(Words("Computed by", "计算方"), Words(f"{listed(m.compute_parties)}; {seats} of them together could see the data", f"{'、'.join(m.compute_parties)}；须有其中 {seats} 方合谋才能看到数据")),
        Line(Words("Protection", "保护"), Words(f"level at least {m.min_protection_level} of 5; no figure about fewer than {asked.minimum_group} people beside its readers' own", f"等级不低于 {m.min_protection_level}（共 5 级）；除读取方自有的行外，涉及少于 {asked.minimum_group} 人的数字不予公开")),
    ]  # fmt: skip
    if m.epsilon_micros:
        budget = f"{m.epsilon_micros / 1_000_000:g}"
        found.append(Line(_SAME, Words(f"differential privacy budget {budget}", f"差分隐私预算 {budget}")))
    if asked.automated_decision:
        found.append(Line(Words("Decisions", "决策"), Words("automated, by the result", "结果将用于自动化决策")))
    if asked.reviewer:
        found.append(Line(Words("Review", "复核"), Words(f"{asked.reviewer}, before release, within {english_span(asked.review_within)} of the deadline", f"释放前由 {asked.reviewer} 复核，期限为任务截止后 {chinese_span(asked.review_within)}内")))  # fmt: skip
    if asked.auditors:
        found.append(Line(Words("Audit", "监管审计"), Words(listed(asked.auditors), "、".join(asked.auditors))))
    taken = Words("at any time, for every task that has not started", "对尚未启动的任务，可随时撤回")
    return [*found, Line(Words("Taken back", "撤回"), taken)]


def _leaves(source: str, users: tuple[str, ...], supports: Mapping[str, Words]) -> Words:
    """One output: who reads it, and what its numbers are about."""
    about = supports.get(source, UNKNOWN)
    return Words(f"{source} → {listed(users)}: {about.english}", f"{source} → {'、'.join(users)}：{about.chinese}")


def _scope(m: Authorization) -> Words:
    uses = "once" if m.max_uses == 1 else f"at most {m.max_uses} times"
    if m.task == ZERO32:
        return Words(f"any task that asks the same, {uses}", f"请求内容相同的任何任务，至多 {m.max_uses} 次")
    return Words(f"this one task (0x{m.task.hex()}), {uses}", f"仅本任务（0x{m.task.hex()}），至多 {m.max_uses} 次")


def _standing(m: Authorization, ask: Ask) -> list[Line]:
    if m.task != ZERO32:
        return []
    return [
        Line(_SAME, Words(f"at most {ask.tasks_per_day} tasks a day", f"每日至多 {ask.tasks_per_day} 个任务")),
        Line(Words("What may vary", "可变动的内容"), Words("; ".join(english_ranges(ask.ranges)) or "nothing", "；".join(chinese_ranges(ask.ranges)) or "无")),
    ]  # fmt: skip


def _hash(digest: bytes) -> Words:
    return Words("none is named", "未写明") if digest == ZERO32 else Words(f"0x{digest.hex()}", f"0x{digest.hex()}")


def _many(english: str, chinese: str, said: list[Words]) -> list[Line]:
    """Several lines about one thing; its name stands at the first."""
    return [Line(_SAME if at else Words(english, chinese), words) for at, words in enumerate(said)]
