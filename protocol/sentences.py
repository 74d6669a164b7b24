"""The plain sentences owners read before they sign, in English and 中文, built from what they sign and nothing else.

Words are the glossary's; what users wrote stands in quotation marks of its own. Pure: the same message and ask always give
the same sentences.
"""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Final

from protocol.ask import Ask, Ranges, Span
from protocol.backends import threshold_of
from protocol.contract import ZERO32, Input, KeptModel, Parameter, RowFilter, Step
from protocol.programs import Words
from protocol.typed import Authorization

_INSIDE = {"Pi": "‘", "Pf": "’"}
"""Unicode's categories of quotation marks, and what they become within ours."""
_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}


def collusion_threshold(committee: int) -> int:
    """How many compute parties must collude to see inputs: one more than the threshold (honest majority)."""
    return threshold_of(committee) + 1


def authorization_sentence(message: Authorization, ask: Ask, owner: str) -> Words:
    """What ``owner`` allows by signing ``message``, whose ``policy`` is the digest of ``ask``."""
    return Words(_english(message, ask, owner), _chinese(message, ask, owner))


def _english(m: Authorization, ask: Ask, owner: str) -> str:
    asked, own = ask.contract, ask.contract.input_of(ask.data_set)
    others = [
        f"{item.data_set} of {item.owner} (version {item.version}, columns {', '.join(item.columns)}{english_rows(item)})"
        for item in asked.inputs
        if item.data_set != ask.data_set
    ]
    rows = english_rows(own) or ", all rows"
    together = f" together with {', '.join(others)}" if others else ""
    steps = "; ".join(f"{step_said(step)} from {listed(sources_said(step))}" for step in asked.steps)
    scope = f"in this one task (0x{m.task.hex()})" if m.task != ZERO32 else "in any task that asks the same"
    uses = "once" if m.max_uses == 1 else f"at most {m.max_uses} times"
    assessment = (
        f" Impact assessment: 0x{m.impact_assessment.hex()}."
        if m.impact_assessment != ZERO32
        else " No impact assessment is named."
    )
    results = "; ".join(f"{output.source} for {listed(output.users)}" for output in asked.outputs)
    return (
        f"{owner} allows {m.proposer} to have data set {m.data_set}, version {m.data_version}, columns"
        f" {', '.join(own.columns)}{rows}, computed on{together} by {', '.join(m.programs)} with {m.engine}, {scope}, {uses}, from"
        f" {time_said(m.not_before)} to {time_said(m.not_after)}, started by {listed(tuple(sorted({m.proposer, asked.scheduler})))}."
        f" Purpose: {quoted(m.purpose)}. Legal basis: {quoted(m.legal_basis)}.{assessment}"
        f" Steps: {steps}. Results: {results}; nobody else can read them. Compute parties are {listed(m.compute_parties)}:"
        f" it would take {collusion_threshold(len(m.compute_parties))} of them together to see the data."
        f" Protection level at least {m.min_protection_level} of 5; groups of at least {asked.minimum_group}."
        f"{_english_more(m, ask)}"
        " You can take this back at any time for every task that has not started."
    )


def _english_more(m: Authorization, ask: Ask) -> str:
    asked, found = ask.contract, list[str]()
    if m.approved_successors:
        found.append(" Newer releases that certifiers approved as successors may run in the place of these.")
    if ask.per_person:
        found.append(
            f" {listed(ask.per_person)}: numbers about single people, row by row or as the smallest, largest or a value in between, which you let go."
        )
    if m.task == ZERO32:
        found.append(f" At most {ask.tasks_per_day} tasks a day.")
        found.append(f" What may vary: {'; '.join(english_ranges(ask.ranges)) or 'nothing'}.")
    found += [
        f" {keep.source} stays as shares at the compute parties until {time_said(keep.until)}; only {listed(keep.users)} may"
        " have it used."
        for keep in asked.keeps
    ]
    if asked.models:
        found.append(f" It is computed with {listed(tuple(model_said(item) for item in asked.models))}.")
    if m.epsilon_micros:
        found.append(f" Differential privacy budget: {m.epsilon_micros / 1_000_000:g}.")
    if asked.automated_decision:
        found.append(" The result is used for automated decisions.")
    if asked.reviewer:
        found.append(
            f" {asked.reviewer} reviews the output before release, within {english_span(asked.review_within)} of the task's deadline."
        )
    if asked.auditors:
        found.append(f" Audited by {listed(asked.auditors)}.")
    return "".join(found)


def english_ranges(ranges: Ranges) -> list[str]:
    """What may vary, in English."""
    found = [f"{key} {_english_values(allowed)}" for key, allowed in ranges.parameters]
    found += [f"row filter {item.place + 1} of {item.data_set} {_english_values(item.span)}" for item in ranges.filters]
    found += [f"the version of {name}" for name in ranges.versions]
    if ranges.absent:
        found.append(f"{listed(ranges.absent)} may be left out while {ranges.counterparts} other data sets take part")
    return found + [f"{source} may be kept until {time_said(until)}" for source, until in ranges.until]


def _english_values(allowed: Span | tuple[str, ...]) -> str:
    return f"from {allowed.low} to {allowed.high}" if isinstance(allowed, Span) else f"one of {', '.join(allowed)}"


def _chinese(m: Authorization, ask: Ask, owner: str) -> str:
    asked, own = ask.contract, ask.contract.input_of(ask.data_set)
    others = [
        f"{item.owner} 的 {item.data_set}（第 {item.version} 版，列 {'、'.join(item.columns)}{chinese_rows(item)}）"
        for item in asked.inputs
        if item.data_set != ask.data_set
    ]
    rows = chinese_rows(own) or "，全部行"
    together = f"与 {'、'.join(others)} 一起" if others else ""
    steps = "；".join(f"{step_said(step)}，取自 {'、'.join(sources_said(step))}" for step in asked.steps)
    scope = f"仅用于本任务（0x{m.task.hex()}）" if m.task != ZERO32 else "用于请求内容相同的任何任务"
    assessment = (
        f"个人信息保护影响评估：0x{m.impact_assessment.hex()}。"
        if m.impact_assessment != ZERO32
        else "未写明个人信息保护影响评估。"
    )
    results = "；".join(f"{output.source} 归 {'、'.join(output.users)}" for output in asked.outputs)
    return (
        f"{owner} 授权 {m.proposer} 对数据集 {m.data_set} 第 {m.data_version} 版"
        f"的列 {'、'.join(own.columns)}{rows}，"
        f"{together}用程序 {'、'.join(m.programs)}（引擎 {m.engine}）进行计算，{scope}，使用次数至多 {m.max_uses} 次，"
        f"有效期 {time_said(m.not_before)} 至 {time_said(m.not_after)}，"
        f"由 {'、'.join(sorted({m.proposer, asked.scheduler}))} 启动。"
        f"处理目的：{quoted(m.purpose)}。合法性基础：{quoted(m.legal_basis)}。{assessment}"
        f"步骤：{steps}。结果：{results}；其他任何一方均不能读取。计算方为 {'、'.join(m.compute_parties)}："
        f"须有其中 {collusion_threshold(len(m.compute_parties))} 方合谋才能看到数据。"
        f"保护等级不低于 {m.min_protection_level}（共 5 级）；最小分组 {asked.minimum_group}。"
        f"{_chinese_more(m, ask)}"
        "对尚未启动的任务，您可随时撤回本授权。"
    )


def _chinese_more(m: Authorization, ask: Ask) -> str:
    asked, found = ask.contract, list[str]()
    if m.approved_successors:
        found.append("经认证方批准的后续版本可代替上述程序与引擎运行。")
    if ask.per_person:
        found.append(f"{'、'.join(ask.per_person)} 是关于单个人的数值（逐行，或最小、最大、分位值），您允许其释放。")
    if m.task == ZERO32:
        found.append(f"每日至多 {ask.tasks_per_day} 个任务。")
        found.append(f"可变动的内容：{'；'.join(chinese_ranges(ask.ranges)) or '无'}。")
    found += [
        f"{keep.source} 以份额形式保留在各计算方，至 {time_said(keep.until)}；仅 {'、'.join(keep.users)} 可提出使用。"
        for keep in asked.keeps
    ]
    if asked.models:
        found.append(f"计算中使用 {'、'.join(model_said(item) for item in asked.models)}。")
    if m.epsilon_micros:
        found.append(f"差分隐私预算：{m.epsilon_micros / 1_000_000:g}。")
    if asked.automated_decision:
        found.append("结果将用于自动化决策。")
    if asked.reviewer:
        found.append(f"结果在释放前由 {asked.reviewer} 复核，期限为任务截止后 {chinese_span(asked.review_within)}内。")
    if asked.auditors:
        found.append(f"监管审计方：{'、'.join(asked.auditors)}。")
    return "".join(found)


def chinese_ranges(ranges: Ranges) -> list[str]:
    """What may vary, in Chinese."""
    found = [f"{key} {_chinese_values(allowed)}" for key, allowed in ranges.parameters]
    found += [
        f"{item.data_set} 的第 {item.place + 1} 个行筛选值{_chinese_values(item.span)}" for item in ranges.filters
    ]
    found += [f"{name} 的版本" for name in ranges.versions]
    if ranges.absent:
        found.append(f"{'、'.join(ranges.absent)} 可不参与，但至少须有 {ranges.counterparts} 个其他数据集参与")
    return found + [f"{source} 可保留至 {time_said(until)}" for source, until in ranges.until]


def _chinese_values(allowed: Span | tuple[str, ...]) -> str:
    return f"从 {allowed.low} 到 {allowed.high}" if isinstance(allowed, Span) else f"可取 {'、'.join(allowed)}"


def english_rows(item: Input) -> str:
    """Which rows of an input; "" for all."""
    return f", only rows where {_filters(item.filters, ' and ')}" if item.filters else ""


def chinese_rows(item: Input) -> str:
    """Which rows of an input, in Chinese; "" for all."""
    return f"，仅限满足 {_filters(item.filters, '、')} 的行" if item.filters else ""


def english_span(seconds: int) -> str:
    """A time in the largest unit that divides it."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}{'s' if seconds != size else ''}"
    raise AssertionError("every number of seconds is one of seconds")


def chinese_span(seconds: int) -> str:
    """A time in the largest unit that divides it, in Chinese."""
    number, unit = english_span(seconds).split(" ")
    return f"{number} {_UNITS[unit.removesuffix('s')]}"


_UNITS: Final = {"day": "天", "hour": "小时", "minute": "分钟", "second": "秒"}


def step_said(step: Step) -> str:
    """A step with its program and parameters."""
    parameters = ", ".join(f"{name}={_value(value)}" for name, value in step.parameters)
    return f"{step.id} = {step.program}({parameters})"


def sources_said(step: Step) -> tuple[str, ...]:
    """Where a step takes its inputs from."""
    return tuple(f"{port}: {' + '.join(sources)}" for port, sources in step.inputs) or ("-",)


def _value(value: Parameter) -> str:
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def model_said(item: KeptModel) -> str:
    """A kept model with the task that left it."""
    return f"{item.name} = {item.source} ({item.kind}) @ task_{item.task.hex()}"


def _filters(filters: tuple[RowFilter, ...], joint: str) -> str:
    return joint.join(f"{item.column} {_SIGNS[item.operator]} {quoted(item.value)}" for item in filters)


def quoted(text: str) -> str:
    """Users' words between quotation marks that they cannot close themselves."""
    inside = (_INSIDE.get(unicodedata.category(sign), sign) for sign in text.replace('"', "'"))
    return f"“{''.join(inside)}”"


def listed(names: tuple[str, ...]) -> str:
    """Names as a list: ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def time_said(seconds: int) -> str:
    """A moment in UTC, to the second where it has seconds."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
        return moment.strftime("%Y-%m-%d %H:%M:%S UTC" if moment.second else "%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return f"unix time {seconds}"
