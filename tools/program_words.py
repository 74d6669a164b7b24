"""The words of the program reference, in the two languages people read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol.programs import ConditionSubject, ParameterKind, Words
from tools.program_costs import SHAPES


@dataclass(frozen=True, slots=True)
class Language:
    """Everything on the page that does not come from the catalogue."""

    file: str
    chinese: bool
    introduction: str
    reading: str
    overview: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: tuple[str, ...]
    costs: tuple[str, ...]
    quantities: tuple[str, str, str, str, str]
    measured: str
    layouts: Mapping[str, str]
    refused: str
    parameter_kinds: Mapping[ParameterKind, str]
    level: str
    committee: str
    dataless: str
    semi_honest: str
    headroom: str
    discloses: str
    discloses_nothing: str
    no_parameters: str
    yes: str
    no: str
    per_person: str
    above_group: str
    stop: str
    colon: str
    no_columns: str
    identified: str
    identified_or_keyed: str
    conditions: Mapping[ConditionSubject, str]

    def of(self, words: Words) -> str:
        """The text in this language."""
        return words.chinese if self.chinese else words.english


_ENGLISH: Final = Language(
    file="programs.md",
    chinese=False,
    introduction="""
# Programs

[中文](programs.zh-CN.md) · [user guide](user-guide.md#workflows) · [threat model](threat-model.md) ·
[measured](../benchmarks/README.md)

What a task contract can compute. This page is written from the catalogue by `python -m tools.program_docs`; do not edit it.
A node runs a program only when the digest of its installed code equals the one that is registered on chain.
""",
    reading=r"""
Levels are those of the [threat model](threat-model.md#protection-levels): 2, aggregates of each round are opened, among at
least three owners; 3, declared side facts; 4, the result and public sizes only. A workflow has the lowest level of its steps.

What may be connected is a matter of kinds:

| kind | is |
|---|---|
| `table` | a data set of one owner, named in the contract, or what `prepare.table` makes of it |
| `aligned` | private tables of several owners in common row order: columns are split; every owner keeps its own |
| `stacked` | private tables with the same columns, one below the other: rows are split; every owner keeps its own |
| `shared` | a secret matrix with named columns |
| `label`, `stacked-label` | one column of an aligned or a stacked table, written `step.output.column` or `step.output.owner.column` |
| `model` | weights that stay shared: to score with in the same task or, where the contract keeps them, in later ones |
| `shares` | a secret array; the only kind that a contract can give to result users |

What the columns at an input must hold is declared too, and no input but that of `prepare.table` takes empty cells: preflight (`tally task check`) and every
owner's node refuse other columns by name (`input.kind`, `input.null`), before anybody signs as far as the public description
tells. A row filter on a column leaves its empty cells out.

Numbers beyond a declared range are refused at their owner, before anything is shared. Decimals are written as strings
(`"0.5"`).

Costs are shown for the default parameters, but for what a table's values ask for (levels, classes, limits). Bytes sent by the party that
sends most, rounds that wait for each other, peak bytes of memory of one party's process, and the bound of the probability that a
truncation goes wrong are counted by running the program on shapes, as preflight, `tally task check` and every node do: for
any shape and parameters, nothing is extrapolated. A shape that the program refuses has its error's code instead. Seconds, on one machine
with three parties, are a formula that was fitted to measurements: a sum of products of numbers, `rows`, `columns`, `owners`,
parameters and their powers, the smaller of two (`min(rows,sample)`), and conditions (`[solver=newton]` is 1 or 0). What it was measured at
stands beside it; beyond that (\*) seconds are extrapolated and counted twice.
""",
    overview=("program", "what it does", "level"),
    inputs=("input", "takes", "its columns hold", "how many", "what"),
    outputs=("output", "kind", "to result users", "what"),
    parameters=("parameter", "type", "default", "range", "what"),
    costs=("cost", "how", *(f"{rows:,} × {columns}, {owners} owners" for rows, columns, owners in SHAPES)),
    quantities=("seconds", "bytes sent", "rounds", "memory", "failure"),
    measured=", measured at {ranges}",
    layouts={"aligned": "planned, columns split", "stacked": "planned, rows split"},
    refused="refused: `{code}`",
    parameter_kinds={
        "integer": "integer",
        "decimal": "decimal",
        "choice": "choice",
        "boolean": "boolean",
        "recipe": "recipe",
        "sql": "query",
        "columns": "columns",
    },
    level="Protection level {level}.",
    committee="Committees of {least} to {most} compute parties.",
    dataless="One of them holds no data of the task.",
    semi_honest="Secret against parties that follow the protocol ([what a cheater can do](active-security.md)).",
    headroom="Headroom: {headroom}",
    discloses="Besides outputs and public sizes this becomes known:",
    discloses_nothing="Besides outputs and public sizes nothing becomes known.",
    no_parameters="No parameters.",
    yes="yes",
    no="never",
    per_person="where owners let it go",
    above_group="where owners let it go, if a minimum group is agreed",
    stop=".",
    colon=": ",
    no_columns="–",
    identified=", and an identifier",
    identified_or_keyed="; where it names none, an identifier",
    conditions={"parameter": "Only where `{name}` is above {over}.", "sources": "Only with more than {over} `{name}`."},
)

_CHINESE: Final = Language(
    file="programs.zh-CN.md",
    chinese=True,
    introduction="""
# 程序

[English](programs.md) · [使用指南](user-guide.zh-CN.md#工作流) · [威胁模型（英文）](threat-model.md) ·
[实测（英文）](../benchmarks/README.md)

任务合约可以执行的全部计算。本页由 `python -m tools.program_docs` 依据程序目录生成，请勿手工修改。
仅当所装代码的摘要与链上登记的摘要一致时，节点才运行该程序。
""",
    reading=r"""
保护等级见[威胁模型](threat-model.md#protection-levels)：2 级，公开每轮的聚合值，且至少有三个数据方；3 级，公开事先声明的附带事实；
4 级，只公开结果与公开的规模。工作流的等级取各步骤中最低的一个。

步骤之间能否连接取决于值的种类：

| 种类 | 含义 |
|---|---|
| `table` | 合约中列出的某一方的数据集，或 `prepare.table` 对它的处理结果 |
| `aligned` | 多方私有表，行序一致：列分属各方（纵向），各方保留自己的列 |
| `stacked` | 列相同的多方私有表，逐表堆叠：行分属各方（横向），各方保留自己的行 |
| `shared` | 列有名称的秘密矩阵 |
| `label`、`stacked-label` | 对齐表或堆叠表中的一列，写作 `step.output.column` 或 `step.output.owner.column` |
| `model` | 始终保持秘密份额的权重：可在同一任务中评分；合约规定保留的，可供以后的任务使用 |
| `shares` | 秘密数组；合约只能把这一种交给结果使用方 |

每个输入的各列须为何种值亦有声明，且除 `prepare.table` 外任何输入都不接受空单元格：预检（`tally task check`）与各数据方的节点会指名拒绝不合的列
（`input.kind`、`input.null`）；凡公开描述足以判断的，在任何人签署之前即拒绝。对某列设置行筛选，即排除其空单元格所在的行。

超出声明范围的数值在其所有方处即被拒绝，此时尚未分享任何数据。小数写作字符串（`"0.5"`）。

开销按默认参数列出（表中取值所要求的级数、类别数与上限除外）。发送最多的一方的字节数、须先后等待的往返轮数、一方进程的内存峰值、
截断出错概率的上界，均由程序在相应规模上空跑而计得，预检、`tally task check` 与各节点亦如此：任何规模与参数皆然，无须外推。程序拒绝的规模
只列其错误代码。时间指同一台机器上三个计算方的耗时，是依实测拟合的公式：由数字、`rows`、`columns`、`owners`、参数及其幂、两者中较小者
（`min(rows,sample)`）与条件（`[solver=newton]` 取 1 或 0）的乘积相加而成。实测范围列于其旁；超出范围者（\*）为外推，按两倍计。
""",
    overview=("程序", "用途", "保护等级"),
    inputs=("输入", "接受", "各列须为", "个数", "说明"),
    outputs=("输出", "种类", "可交结果使用方", "说明"),
    parameters=("参数", "类型", "默认值", "范围", "说明"),
    costs=("开销", "得出方式", *(f"{rows:,} × {columns}，{owners} 个数据方" for rows, columns, owners in SHAPES)),
    quantities=("时间", "发送字节", "轮数", "内存", "出错概率"),
    measured="，实测范围 {ranges}",
    layouts={"aligned": "规划，纵向", "stacked": "规划，横向"},
    refused="拒绝：`{code}`",
    parameter_kinds={
        "integer": "整数",
        "decimal": "小数",
        "choice": "选项",
        "boolean": "布尔",
        "recipe": "处理配方",
        "sql": "查询",
        "columns": "列名",
    },
    level="保护等级 {level}。",
    committee="计算节点组为 {least} 至 {most} 个计算方。",
    dataless="其中须有一方不持有本任务的数据。",
    semi_honest="对遵循协议的各方保密（[作弊者能做什么（英文）](active-security.md)）。",
    headroom="数值余量：{headroom}",
    discloses="除输出与公开的规模外，还会公开：",
    discloses_nothing="除输出与公开的规模外，不公开任何内容。",
    no_parameters="没有参数。",
    yes="可以",
    no="不可",
    per_person="数据方允许方可",
    above_group="约定最小分组时，数据方允许方可",
    stop="。",
    colon="：",
    no_columns="–",
    identified="，并须有标识列",
    identified_or_keyed="；若未列出任何列，则须有标识列",
    conditions={"parameter": "仅当 `{name}` 大于 {over} 时。", "sources": "仅当 `{name}` 多于 {over} 个时。"},
)

LANGUAGES: Final = (_ENGLISH, _CHINESE)
