"""Texts of signing a standing authorization in the browser, in English and 中文, and what can be wrong with one, by code.

They travel into the bundle with the others of participants' pages (:mod:`audit_explorer.desk_words`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.programs import Words

STANDING: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "given_standing": Words(
            "It is a standing authorization: later tasks that ask the same start with it too, without asking you, until its uses or its"
            " time are over or you take it back.",
            "这是长期授权：此后请求内容相同的任务也可凭此启动而不再询问您，直至次数用尽、期限届满或您撤回。",
        ),
        "receipt_standing": Words("Receipt: you gave a standing authorization", "回执：您已授予长期授权"),
        "standing_about": Words(
            "A standing authorization answers later tasks as well, without asking you again: every task that asks the same as this one, but"
            " for what you let vary. It ends at its date, when its uses are used up, or when you take it back.",
            "长期授权也适用于以后的任务，不再逐次询问：凡请求内容与本任务相同（您允许变动的除外）者皆可启动。到期、次数用尽或您撤回时终止。",
        ),
        "standing_absent": Words("{data_set} of {owner} may be left out", "可以不含 {owner} 的 {data_set}"),
        "standing_among": Words("{name} may be", "{name} 可取"),
        "standing_counterparts": Words(
            "How many data sets of other owners must take part", "至少须有多少个其他所有方的数据集参与"
        ),
        "standing_days": Words("For how many days from now", "自现在起的天数"),
        "standing_filter": Words("Rows with {filter} in {data_set}", "{data_set} 中满足 {filter} 的行"),
        "standing_from": Words("from", "从"),
        "standing_open": Words(
            "Or allow it for later tasks too (standing authorization)", "或同时授予以后的任务（长期授权）"
        ),
        "standing_parameter": Words("{name}, now {value}", "{name}，当前为 {value}"),
        "standing_per_day": Words("How many tasks a day at most", "每日至多几个任务"),
        "standing_said": Words("What you would allow", "您将授予的内容"),
        "standing_sign": Words("Sign as standing with my wallet", "用钱包签署长期授权"),
        "standing_successors": Words(
            "Newer releases of the programs and the engine may run", "可运行程序与引擎的后续版本"
        ),
        "standing_successors_about": Words(
            "These are releases that certifiers approve as successors of those named here, among them ones that do not exist yet. Unticked, a"
            " new release has to ask you anew.",
            "即经认证方批准、作为此处所列版本后继的版本，包括目前尚不存在的版本。如不勾选，新版本须重新征求您的授权。",
        ),
        "standing_to": Words("to", "至"),
        "standing_unsaid": Words(
            "Say above for how many tasks and for how many days. What that allows is then written here, before you sign.",
            "请在上方填写任务次数与天数。所授予的内容将显示于此，供您签署前阅读。",
        ),
        "standing_until": Words(
            "How long {source} may be kept, now until {moment}", "{source} 的留存期限，当前至 {moment}"
        ),
        "standing_uses": Words("For how many tasks in all", "总任务次数"),
        "standing_vary": Words("What may vary", "可变动的内容"),
        "standing_vary_about": Words(
            "What is not ticked must be in every later task as it is in this one.",
            "未勾选的内容在以后每个任务中都必须与本任务一致。",
        ),
        "standing_version": Words("{data_set} of {owner} may have any version", "{owner} 的 {data_set} 可为任何版本"),
    }
)

STANDING_PROBLEMS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "ask.any_of": Words(
            "Nothing is chosen that it may be. Choose at least one, or let it stay as it is.",
            "未选择任何可取值。请至少选择一项，或保持不变。",
        ),
        "ask.range": Words(
            "What may vary does not fit what is asked. Where data sets may be left out, say how many others must take part.",
            "可变动的内容与请求不符。如允许缺少数据集，请填写至少须有多少个其他数据集参与。",
        ),
        "ask.span": Words(
            "A range goes from one number to another, or from one date (YYYY-MM-DD) to another, the smaller one first. Correct it.",
            "范围须为两个数字或两个日期（YYYY-MM-DD），小者在前。请更正。",
        ),
        "standing.bounds": Words(
            "It may be for 1 to 4,294,967,295 tasks, 1 to 3,650 days and 1 to 10,000 tasks a day. Correct the number.",
            "总任务数为 1 至 4,294,967,295，天数为 1 至 3,650，每日任务数为 1 至 10,000。请更正。",
        ),
    }
)
