"""What can be wrong with an owner's own rows, and at its node: each rule once, in both languages, for run and check before it.

Sentences name columns, counts of rows and the task's own limits, never a value. They are the owner's alone: others see the
reason that :mod:`protocol.reasons` gives. Programs raise :class:`DataFault`; :mod:`mpc.faults` says when one is only kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocol.errors import Detail, RangeError, RefusedError
from protocol.plans import PlannedCosts
from protocol.programs import Language, Words


@dataclass(frozen=True, slots=True)
class Rule:
    """``what`` the rows do not satisfy and what to do (``fix``), with the fault's facts in braces.

    A ``notice`` stops no run: it says what the program does with such rows.
    """

    code: str
    what: Words
    fix: Words
    notice: bool = False


def _rule(code: str, what: tuple[str, str], fix: tuple[str, str], *, notice: bool = False) -> Rule:
    return Rule(code, Words(*what), Words(*fix), notice)


_MORE_ROWS: Final = (
    "Use more rows or a wider filter, or agree on a smaller minimum group.",
    "请使用更多行或放宽筛选条件，或约定较小的最小分组。",
)
_TRANSFORM: Final = (
    "Transform these columns (logarithm), or propose a task with a higher limit or with beyond_limit = clip.",
    "请变换这些列（如取对数），或提议上限更高或 beyond_limit = clip 的任务。",
)
_NEW_VERSION: Final = ("Correct the data and register a new version.", "请更正数据并登记新版本。")

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            _rule(
                "table.no_column",
                ("The data set has no column {columns}.", "数据集没有列 {columns}。"),
                ("Compare the task's columns with the registered ones.", "请核对任务所列的列与登记的列。"),
            ),
            _rule(
                "input.kind",
                ("Column {columns} does not hold numbers.", "列 {columns} 的内容不是数字。"),
                (
                    "Encode it as numbers in a new version, or leave it out of the task.",
                    "请在新版本中编码为数字，或在任务中去掉该列。",
                ),
            ),
            _rule(
                "input.null",
                ("Column {columns} is empty in {rows} row(s).", "列 {columns} 有 {rows} 行为空值。"),
                (
                    "Fill or remove these rows in a new version, or filter them out.",
                    "请在新版本中补全或删除这些行，或用筛选条件排除。",
                ),
            ),
            _rule(
                "input.no_rows",
                ("The task's filter leaves none of your rows.", "任务的筛选条件没有留下任何一行。"),
                ("Ask for another filter.", "请要求更改筛选条件。"),
            ),
            _rule(
                "prepare.level",
                (
                    "Column {columns} has a level in {rows} row(s) that the recipe does not list.",
                    "列 {columns} 有 {rows} 行的类别未在处理配方中列出。",
                ),
                (
                    "Ask for a recipe that lists it, or with `other column` (`other level` where levels are numbered).",
                    "请要求在配方中列出该类别，或加上 `other column`（按序编码时为 `other level`）。",
                ),
            ),
            _rule(
                "prepare.date",
                ("Column {columns} holds no day YYYY-MM-DD in {rows} row(s).", "列 {columns} 有 {rows} 行不是 YYYY-MM-DD 格式的日期。"),
                _NEW_VERSION,
            ),
            _rule(
                "prepare.log",
                (
                    "Column {columns} is -1 or less in {rows} row(s): the recipe's `log` is ln(1 + x).",
                    "列 {columns} 有 {rows} 行不大于 -1：处理配方的 `log` 为 ln(1 + x)。",
                ),
                ("Ask for `signed log`, or for `clip` before it.", "请要求改用 `signed log`，或先用 `clip` 截断。"),
            ),
            _rule(
                "prepare.all_empty",
                (
                    "Column {columns} is empty in all rows: it has no mean, median or quantile.",
                    "列 {columns} 在所有行中均为空：没有均值、中位数或分位数。",
                ),
                ("Ask for a constant instead, or leave the column out.", "请要求改用常数，或去掉该列。"),
            ),
            _rule(
                "prepare.filled",
                ("Empty in {rows} row(s) and filled by the recipe: {columns}.", "有 {rows} 行为空并由处理配方填补：{columns}。"),
                ("Nothing, if that is meant.", "若符合预期则无需处理。"),
                notice=True,
            ),
            _rule(
                "prepare.clipped",
                ("Values in {rows} row(s) of {columns} are cut off by the recipe.", "{columns} 有 {rows} 行的数值由处理配方截断。"),
                ("Nothing, if that is meant.", "若符合预期则无需处理。"),
                notice=True,
            ),
            _rule(
                "prepare.other",
                (
                    "{rows} row(s) of {columns} have a level that the recipe does not list: they count as others.",
                    "{columns} 有 {rows} 行的类别未在处理配方中列出，计为其他类别。",
                ),
                ("Nothing, if that is meant.", "若符合预期则无需处理。"),
                notice=True,
            ),
            _rule(
                "psi.empty_id",
                ("{rows} rows have an empty id, the first in row {row}.", "有 {rows} 行标识为空，首见于第 {row} 行。"),
                ("Give every row an id.", "请为每一行填写标识。"),
            ),
            _rule(
                "psi.duplicate_id",
                (
                    "{rows} rows have an id that an earlier row has after normalisation, the first in row {row}.",
                    "规范化后有 {rows} 行的标识与此前的行重复，首见于第 {row} 行。",
                ),
                ("Keep one row per id.", "每个标识只保留一行。"),
            ),
            _rule(
                "psi.duplicate_key",
                (
                    "{rows} row(s) have the same {columns} as an earlier row: they cannot be told apart.",
                    "有 {rows} 行的 {columns} 与此前的行相同，无法区分。",
                ),
                (
                    "Keep one row for each, or propose a task with more key columns.",
                    "每组键只保留一行，或提议键列更多的任务。",
                ),
            ),
            _rule(
                "reconcile.several",
                (
                    "{rows} row(s) have the same {columns} as an earlier row: amounts of such rows are added up, and the result says that there are several.",
                    "有 {rows} 行的 {columns} 与此前的行相同：这些行的金额将合计，结果会标明有多行。",
                ),
                ("Nothing, if that is meant; else correct the data.", "若符合预期则无需处理；否则请更正数据。"),
                notice=True,
            ),
            _rule(
                "reconcile.sum",
                (
                    "In {rows} row(s) of {columns} the amounts of rows with the same keys add up to more than {limit}, signs left aside.",
                    "{columns} 中键相同的行（共 {rows} 行）金额绝对值之和超过 {limit}。",
                ),
                (
                    "Propose a task with a higher limit, or with more key columns that tell these rows apart.",
                    "请提议上限更高的任务，或增加能区分这些行的键列。",
                ),
            ),
            _rule(
                "reconcile.places",
                (
                    "Column {columns} has more than {places} decimal places in {rows} row(s).",
                    "列 {columns} 有 {rows} 行的小数位数超过 {places}。",
                ),
                ("Propose a task with more places, or round the amounts.", "请提议小数位数更多的任务，或对金额取整。"),
            ),
            _rule(
                "graph.few_seeds",
                ("{rows} different seeds are fewer than the agreed {least}.", "不同的已知节点有 {rows} 个，少于约定的 {least} 个。"),
                (
                    "Add seeds, or agree on a smaller minimum_seeds or minimum group.",
                    "请增加已知节点，或约定较小的 minimum_seeds 或最小分组。",
                ),
            ),
            _rule(
                "graph.weight",
                (
                    "Column {columns} holds no whole number from 1 to {limit} in {rows} row(s).",
                    "列 {columns} 有 {rows} 行不是 1 至 {limit} 的整数。",
                ),
                (
                    "Propose a task with a higher weight_limit, or round the weights, from 1 up, in a new version.",
                    "请提议 weight_limit 更高的任务，或在新版本中将权重取整（自 1 起）。",
                ),
            ),
            _rule(
                "graph.loops",
                ("{rows} row(s) have the same node in {columns}: they count as no edge.", "有 {rows} 行的 {columns} 为同一节点：不计为边。"),
                ("Nothing, if that is meant.", "若符合预期则无需处理。"),
                notice=True,
            ),
            _rule(
                "graph.doubled",
                (
                    "{rows} row(s) have the edge of an earlier row in {columns}, in either direction: it counts once.",
                    "有 {rows} 行的 {columns} 与此前的行为同一条边（不论方向）：只计一次。",
                ),
                ("Nothing, if that is meant.", "若符合预期则无需处理。"),
                notice=True,
            ),
            _rule(
                "graph.unknown",
                (
                    "{rows} row(s) of {columns} name a node that none of your edges has: they count as nodes without edges of yours.",
                    "{columns} 有 {rows} 行的节点不在贵方的任何边上：计为没有贵方边的节点。",
                ),
                ("Check the spelling, if you have edges of them.", "若贵方有其边，请核对写法。"),
                notice=True,
            ),
            _rule(
                "frame.label",
                ("Column {columns} holds other values than 0 and 1 in {rows} row(s).", "列 {columns} 有 {rows} 行不是0或1。"),
                ("Encode it as 0 and 1.", "请编码为0和1。"),
            ),
            _rule(
                "gwas.genotypes",
                (
                    "None of the columns {columns} holds genotypes, or more than one does.",
                    "列 {columns} 中没有基因型列，或不止一列。",
                ),
                (
                    "Register PLINK files (.bed, .bim, .fam), and name the genotypes and the column that says who is a case.",
                    "请登记 PLINK 文件（.bed、.bim、.fam），并指明基因型列与病例列。",
                ),
            ),
            _rule(
                "gwas.variants",
                (
                    "Column {columns} is about {found} variants, the task about {variants}.",
                    "列 {columns} 含 {found} 个位点，任务为 {variants} 个。",
                ),
                (
                    "Propose the task with the number that the data set's description says.",
                    "请按数据集描述中的位点数提议任务。",
                ),
            ),
            _rule(
                "frame.one_class",
                ("Column {columns} has one class only.", "列 {columns} 只有一个类别。"),
                ("Use rows of both classes.", "请使用包含两个类别的行。"),
            ),
            _rule(
                "label.missing_class",
                (
                    "Column {columns} lacks a class in the training rows that the task counts.",
                    "列 {columns} 的训练行缺少任务所列的某个类别。",
                ),
                ("Use more rows, or propose a task with fewer classes.", "请使用更多行，或提议类别更少的任务。"),
            ),
            _rule(
                "label.all_zero",
                ("Column {columns} is 0 in all training rows.", "列 {columns} 在所有训练行中均为0。"),
                ("Use rows with larger counts.", "请使用含有非零计数的行。"),
            ),
            _rule(
                "survival.time",
                (
                    "Column {columns} holds no time of 0 or more in {rows} row(s).",
                    "列 {columns} 有 {rows} 行不是大于等于 0 的时长。",
                ),
                _NEW_VERSION,
            ),
            _rule(
                "survival.no_event",
                (
                    "Column {columns} has no event in the training rows while another row was still observed: nothing can be compared.",
                    "列 {columns} 的训练行中，没有任何事件发生时另有其他行仍在观察：无从比较。",
                ),
                ("Use more rows, or a longer observation.", "请使用更多行或更长的观察期。"),
            ),
            _rule(
                "label.constant",
                (
                    "Column {columns} has the same value in all rows: nothing can be compared with it.",
                    "列 {columns} 在所有行中取值相同，无法与之比较。",
                ),
                ("Use rows in which it differs.", "请使用该列取值不同的行。"),
            ),
            _rule(
                "frame.not_whole",
                (
                    "Column {columns} holds values that are not whole numbers from 0 up in {rows} row(s).",
                    "列 {columns} 有 {rows} 行不是从0开始的整数。",
                ),
                (
                    "Encode classes as 0, 1, 2, …; counts are whole and not negative.",
                    "类别请编码为0、1、2……；计数须为非负整数。",
                ),
            ),
            _rule(
                "frame.too_large",
                ("Column {columns} holds values above {limit} in {rows} row(s).", "列 {columns} 有 {rows} 行的数值超过 {limit}。"),
                (
                    "Propose a task with a larger bound (classes, mean_limit), or encode the column anew.",
                    "请提议上限（classes、mean_limit）更大的任务，或重新编码该列。",
                ),
            ),
            _rule(
                "stats.category",
                (
                    "Column {columns} holds values that are not whole numbers below {levels} in {rows} row(s).",
                    "列 {columns} 有 {rows} 行不是小于 {levels} 的非负整数。",
                ),
                (
                    "Encode the categories as 0, 1, 2, … and have the task say how many there are.",
                    "类别请编码为0、1、2……，并在任务中写明类别数。",
                ),
            ),
            _rule(
                "arrays.out_of_range",
                (
                    "Values beyond the task's limit {limit} in {rows} row(s) of {columns}.",
                    "{columns} 有 {rows} 行的数值超出任务上限 {limit}。",
                ),
                (
                    "Rescale these columns, or propose a task with a larger limit.",
                    "请缩放这些列，或提议上限更大的任务。",
                ),
            ),
            _rule(
                "stats.beyond_limit",
                (
                    "Values beyond the declared limit {limit} in {rows} row(s) of {columns}.",
                    "{columns} 有 {rows} 行的数值超出声明的上限 {limit}。",
                ),
                ("Raise the limit, or rescale these columns.", "请提高上限，或缩放这些列。"),
            ),
            _rule(
                "standardize.constant_column",
                ("Constant in the training rows: {columns}.", "在训练行中为常数：{columns}。"),
                (
                    "Leave these columns out, or set constant_columns to zero.",
                    "请去掉这些列，或将 constant_columns 设为 zero。",
                ),
            ),
            _rule(
                "standardize.beyond_limit",
                (
                    "Values more than {limit} deviations from the mean in {rows} row(s) of {columns}.",
                    "{columns} 有 {rows} 行偏离均值超过 {limit} 个标准差。",
                ),
                _TRANSFORM,
            ),
            _rule(
                "logistic.beyond_limit",
                (
                    "Values more than {limit} deviations from the mean in {rows} row(s) of {columns}.",
                    "{columns} 有 {rows} 行偏离均值超过 {limit} 个标准差。",
                ),
                _TRANSFORM,
            ),
            _rule(
                "logistic.large_column",
                ("Means or deviations beyond {limit} in {columns}.", "{columns} 的均值或标准差超过 {limit}。"),
                ("Use a larger unit for these columns.", "请为这些列使用更大的单位。"),
            ),
            _rule(
                "logistic.small_column",
                ("Deviations below {limit} in {columns}.", "{columns} 的标准差低于 {limit}。"),
                ("Use a smaller unit for these columns.", "请为这些列使用更小的单位。"),
            ),
            _rule(
                "score.beyond_limit",
                (
                    "Values beyond the model's limit {limit} in {rows} row(s) of {columns}.",
                    "{columns} 有 {rows} 行的数值超出模型的上限 {limit}。",
                ),
                ("Correct these records, or set beyond_limit to clip.", "请更正这些记录，或将 beyond_limit 设为 clip。"),
            ),
            _rule(
                "group.too_small",
                (
                    "{rows} rows are fewer than the agreed minimum group of {least}.",
                    "{rows} 行少于约定的最小分组 {least}。",
                ),
                _MORE_ROWS,
            ),
            _rule(
                "group.model",
                (
                    "{rows} rows train, beside those of who reads: a model of this size needs {least} under the agreed minimum group.",
                    "除读取方自有的行外，仅有 {rows} 行用于训练：按约定的最小分组，该规模的模型需要 {least} 行。",
                ),
                (
                    "Use more rows or fewer columns (feature.select), or agree on no minimum group.",
                    "请使用更多行或更少列（feature.select），或约定不设最小分组。",
                ),
            ),
            _rule(
                "group.rare",
                (
                    "In {columns} fewer than {least} rows differ from the others: a figure over it would be about these alone.",
                    "{columns} 中与其余行不同的行少于 {least}：涉及该列的数字将只关乎这些行。",
                ),
                (
                    "Leave the column out, or merge its rare values with others in a new version.",
                    "请去掉该列，或在新版本中将罕见取值与其他取值合并。",
                ),
            ),
            _rule(
                "group.rare_hidden",
                (
                    "In {columns} fewer than {least} rows have one of a few values: sum, mean and variance would count them and stay hidden.",
                    "{columns} 取值很少且某一取值少于 {least} 行：总和、均值与方差等同于对其计数，将不予显示。",
                ),
                ("Nothing, if that is meant; else merge values.", "若符合预期则无需处理；否则请合并取值。"),
                notice=True,
            ),
            _rule(
                "psi.too_few_matches",
                ("Fewer than the agreed {least} ids are common.", "共有标识少于约定的 {least} 个。"),
                (
                    "Check that both sides use the same kind of id, or agree on a smaller minimum group.",
                    "请确认双方使用同一种标识，或约定较小的最小分组。",
                ),
            ),
            _rule(
                "node.disk",
                ("{free} MiB are free on this node's disk; a run needs {least}.", "本节点磁盘剩余 {free} MiB；运行需要 {least} MiB。"),
                ("Free some.", "请清理磁盘。"),
            ),
            _rule(
                "node.slots",
                ("{used} of {most} run slots of this node are in use: the task would wait.", "本节点 {most} 个运行槽位中 {used} 个正在使用：任务将等待。"),
                ("Nothing; or give the node more slots.", "无需处理；或为节点增加槽位。"),
                notice=True,
            ),
            _rule(
                "data_set.read_before",
                (
                    "Tasks before this one over your rows that {reader} reads: {tasks}, of which {aggregates} give aggregates only. Two results over almost the same rows tell about the rows that differ.",
                    "您的数据行已在 {tasks} 个任务中使用，读取方为 {reader}，其中 {aggregates} 个仅输出汇总结果：行几乎相同的两个结果相减，会透露相差的那几行。",
                ),
                (
                    "Nothing, if these tasks use the same rows; else ask why they differ.",
                    "若各任务使用相同的行则无需处理；否则请询问差异的原因。",
                ),
                notice=True,
            ),
            _rule(
                "step.untried",
                ("The step could not be tried here ({error}).", "该步骤无法在此试运行（{error}）。"),
                ("Report this; it says nothing about your rows.", "请报告此问题；它与您的数据无关。"),
                notice=True,
            ),
            _rule(
                "values.narrow",
                (
                    "The values of {columns} differ by less than a 500,000th of their size: too little to be told here.",
                    "{columns} 的数值差异不足其大小的五十万分之一，无法在此分辨。",
                ),
                (
                    "Subtract an agreed constant from the column at every owner (a year's first day from dates).",
                    "请各方从该列减去约定的常数（如日期减去当年首日）。",
                ),
            ),
            _rule(
                "values.too_fine",
                (
                    "The values of {columns} are too fine for the task's limit {limit}.",
                    "{columns} 的数值相对任务上限 {limit} 过于细小。",
                ),
                (
                    "Propose a task whose limit is near the largest value, or use a smaller unit.",
                    "请提议上限接近最大值的任务，或使用更小的单位。",
                ),
            ),
            _rule(
                "values.clipped",
                (
                    "Values in {rows} row(s) of {columns} are cut off at the limit {limit}.",
                    "{columns} 有 {rows} 行的数值将按上限 {limit} 截断。",
                ),
                ("Nothing, if that is meant; else transform these columns.", "若符合预期则无需处理；否则请变换这些列。"),
                notice=True,
            ),
            _rule(
                "values.constant",
                (
                    "Constant in your rows, so that the task learns nothing from it: {columns}.",
                    "在您的行中为常数，任务无法从中得到信息：{columns}。",
                ),
                ("Leave the column out, if that is not meant.", "若非预期，请去掉该列。"),
                notice=True,
            ),
            _rule(
                "values.one_class",
                ("Your rows of {columns} are of one class only.", "您的 {columns} 列只有一个类别。"),
                ("Nothing, if other owners bring the other class.", "若其他数据提供方有另一类别则无需处理。"),
                notice=True,
            ),
            _rule(
                "group.hidden",
                (
                    "{groups} groups of your rows by {columns} are below the minimum group of {least}: alone they stay hidden.",
                    "按 {columns} 分组，您有 {groups} 组的行数少于最小分组 {least}；仅凭这些行将不予显示。",
                ),
                ("Nothing, if that is meant; else merge categories.", "若符合预期则无需处理；否则请合并类别。"),
                notice=True,
            ),
        )
    }
)  # fmt: skip
"""By code. ``tests/unit/protocol/test_data_faults.py`` renders every one; ``tests/unit/mpc/programs/test_dry_run.py`` meets them."""


class DataFault(RangeError):
    """An owner's own rows do not satisfy a rule; raised at the owner before any of them is shared (I12).

    ``details`` holds ``columns``, ``rows`` (how many, None where it is a matter of all) and the rule's own facts.
    """

    def __init__(
        self, code: str, columns: Sequence[str] = (), rows: int | None = None, **facts: str | int | None
    ) -> None:
        details: dict[str, Detail] = {"columns": list(columns), "rows": rows, **facts}
        rule = RULES[code]
        super().__init__(code, _filled(rule.what.english, details), rule.fix.english, **details)


def too_few(code: str, rows: int | None, least: int) -> RefusedError:
    """A minimum group is not reached: no fault of any value."""
    rule = RULES[code]
    details: dict[str, Detail] = {"rows": rows, "least": least}
    return RefusedError(code, _filled(rule.what.english, details), rule.fix.english, **details)


def said(code: str, what: str, fix: str, details: Mapping[str, Detail], language: Language) -> str:
    """A fault as its owner reads it; of an error that is no data fault its own words."""
    rule = RULES.get(code)
    if rule is None:
        return f"{what} {fix}"
    words = (rule.what.english, rule.fix.english) if language == "en" else (rule.what.chinese, rule.fix.chinese)
    return (" " if language == "en" else "").join(_filled(text, details) for text in words)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``notice``: the run goes on. ``drawn``: only in some of the random orders of the rows."""

    code: str
    step: str
    data_set: str
    columns: tuple[str, ...]
    rows: int | None
    notice: bool
    drawn: bool
    what: Words

    def to_json(self) -> dict[str, object]:
        """For other programs of the owner."""
        return {
            "code": self.code,
            "step": self.step,
            "data_set": self.data_set,
            "columns": list(self.columns),
            "rows": self.rows,
            "stops": not self.notice,
            "depends_on_order": self.drawn,
            "what": {"en": self.what.english, "zh": self.what.chinese},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """``untried`` steps read what an earlier step could not make here; ``costs`` are what the whole task takes, None where no plan
    tells; ``undeclared`` is what the law asks and nobody declared, where the node's policy lets that pass.
    """

    findings: tuple[Finding, ...]
    untried: tuple[str, ...]
    costs: PlannedCosts | None = None
    undeclared: tuple[Finding, ...] = ()

    @property
    def stops(self) -> int:
        """How many findings would end the task."""
        return sum(not finding.notice for finding in self.findings)

    def to_json(self) -> dict[str, object]:
        """For other programs of the owner."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "untried": list(self.untried),
            "costs": None if self.costs is None else self.costs.to_json(),
            "undeclared": [finding.to_json() for finding in self.undeclared],
        }


def _filled(text: str, details: Mapping[str, Detail]) -> str:
    shown = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in details.items()
        if value is not None
    }
    return text.format_map(_Facts(shown))


class _Facts(dict[str, object]):
    """A count that a fault does not have is at least one: words must not fail where an error is told."""

    def __missing__(self, key: str) -> str:
        return "≥1" if key == "rows" else "?"
