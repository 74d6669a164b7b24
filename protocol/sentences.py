"""The plain sentences owners read before they sign, in English and 中文, built from what they sign and nothing else.

Words are the glossary's. Pure: the same contract and authorization always give the same sentences.
"""

from datetime import UTC, datetime

from protocol.backends import threshold_of
from protocol.contract import ZERO32, KeptModel, RowFilter, TaskContract
from protocol.policy import Policy
from protocol.programs import Words
from protocol.typed import Authorization

_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}


def collusion_threshold(committee: int) -> int:
    """How many compute parties must collude to see inputs: one more than the threshold (honest majority)."""
    return threshold_of(committee) + 1


def authorization_sentence(message: Authorization, policy: Policy, contract: TaskContract | None, owner: str) -> Words:
    """What ``owner`` allows by signing ``message``; ``contract`` is the task's, None for a standing authorization."""
    return Words(_english(message, policy, contract, owner), _chinese(message, policy, contract, owner))


def _english(m: Authorization, policy: Policy, contract: TaskContract | None, owner: str) -> str:
    rows = f", only rows where {_filters(policy.filters, ' and ')}" if policy.filters else ", all rows"
    others = f" together with {', '.join(policy.counterparts)}" if policy.counterparts else ""
    scope = f"in this one task (0x{m.task.hex()})" if m.task != ZERO32 else "in any task within these limits"
    uses = "once" if m.max_uses == 1 else f"at most {m.max_uses} times"
    assessment = (
        f" Impact assessment: 0x{m.impact_assessment.hex()}."
        if m.impact_assessment != ZERO32
        else " No impact assessment is named."
    )
    return (
        f"{owner} allows {m.proposer} to have data set {m.data_set}, version {m.data_version}, columns"
        f" {', '.join(policy.columns)}{rows}, computed on{others} by {', '.join(m.programs)}, {scope}, {uses}, from"
        f" {_time(m.not_before)} to {_time(m.not_after)}."
        f" Purpose: {m.purpose}. Legal basis: {m.legal_basis}.{assessment}"
        f" Only {_and(m.result_users)} can read the result. Compute parties are {_and(m.compute_parties)}:"
        f" it would take {collusion_threshold(len(m.compute_parties))} of them together to see the data."
        f" Protection level at least {m.min_protection_level} of 5; groups of at least {policy.minimum_group}."
        f"{_english_more(m, policy, contract)}"
        " You can take this back at any time for every task that has not started."
    )


def _english_more(m: Authorization, policy: Policy, contract: TaskContract | None) -> str:
    found: list[str] = []
    if m.task == ZERO32:
        found.append(f" At most {policy.tasks_per_day} tasks a day.")
    if policy.model_users:
        until = (
            ""
            if contract is None or not contract.keeps
            else f" until {_time(max(keep.until for keep in contract.keeps))}"
        )
        found.append(
            f" The model stays as shares at the compute parties{until}; only {_and(policy.model_users)} may have it used."
        )
    if contract is not None and contract.models:
        found.append(f" It is computed with {_and(tuple(_model(item) for item in contract.models))}.")
    if m.epsilon_micros:
        found.append(f" Differential privacy budget: {m.epsilon_micros / 1_000_000:g}.")
    if contract is not None and contract.automated_decision:
        found.append(" The result is used for automated decisions.")
    if contract is not None and contract.reviewer:
        found.append(f" {contract.reviewer} reviews the output before release.")
    if contract is not None and contract.auditors:
        found.append(f" Audited by {_and(contract.auditors)}.")
    return "".join(found)


def _chinese(m: Authorization, policy: Policy, contract: TaskContract | None, owner: str) -> str:
    rows = f"，仅限满足 {_filters(policy.filters, '、')} 的行" if policy.filters else "，全部行"
    others = f"与 {'、'.join(policy.counterparts)} 一起" if policy.counterparts else ""
    scope = f"仅用于本任务（0x{m.task.hex()}）" if m.task != ZERO32 else "用于本限制内的任何任务"
    assessment = (
        f"个人信息保护影响评估：0x{m.impact_assessment.hex()}。"
        if m.impact_assessment != ZERO32
        else "未写明个人信息保护影响评估。"
    )
    return (
        f"{owner} 授权 {m.proposer} 对数据集 {m.data_set} 第 {m.data_version} 版"
        f"的列 {'、'.join(policy.columns)}{rows}，"
        f"{others}用程序 {'、'.join(m.programs)} 进行计算，{scope}，使用次数至多 {m.max_uses} 次，"
        f"有效期 {_time(m.not_before)} 至 {_time(m.not_after)}。"
        f"处理目的：{m.purpose}。合法性基础：{m.legal_basis}。{assessment}"
        f"只有 {'、'.join(m.result_users)} 能读取结果。计算方为 {'、'.join(m.compute_parties)}："
        f"须有其中 {collusion_threshold(len(m.compute_parties))} 方合谋才能看到数据。"
        f"保护等级不低于 {m.min_protection_level}（共 5 级）；最小分组 {policy.minimum_group}。"
        f"{_chinese_more(m, policy, contract)}"
        "对尚未启动的任务，您可随时撤回本授权。"
    )


def _chinese_more(m: Authorization, policy: Policy, contract: TaskContract | None) -> str:
    found: list[str] = []
    if m.task == ZERO32:
        found.append(f"每日至多 {policy.tasks_per_day} 个任务。")
    if policy.model_users:
        until = (
            ""
            if contract is None or not contract.keeps
            else f"，至 {_time(max(keep.until for keep in contract.keeps))}"
        )
        found.append(f"模型以份额形式保留在各计算方{until}；仅 {'、'.join(policy.model_users)} 可提出使用。")
    if contract is not None and contract.models:
        found.append(f"计算中使用 {'、'.join(_model(item) for item in contract.models)}。")
    if m.epsilon_micros:
        found.append(f"差分隐私预算：{m.epsilon_micros / 1_000_000:g}。")
    if contract is not None and contract.automated_decision:
        found.append("结果将用于自动化决策。")
    if contract is not None and contract.reviewer:
        found.append(f"结果在释放前由 {contract.reviewer} 复核。")
    if contract is not None and contract.auditors:
        found.append(f"监管审计方：{'、'.join(contract.auditors)}。")
    return "".join(found)


def _model(item: KeptModel) -> str:
    return f"{item.source} ({item.kind}) @ task_{item.task.hex()}"


def _filters(filters: tuple[RowFilter, ...], joint: str) -> str:
    return joint.join(f"{item.column} {_SIGNS[item.operator]} {item.value}" for item in filters)


def _and(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return f"unix time {seconds}"
