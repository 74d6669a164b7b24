"""Whether the columns that a task names can be what its programs take: asked before anybody signs.

One rule for the coordinator's preflight, which knows public descriptions, and for an owner's node, which knows its whole
declared schema. Columns are followed through the workflow: by what a program declares of its outputs they stay as the data set has
them, or become other numbers. What a description does not say (an old one about empty cells, a range that is not public)
is no finding.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from protocol import column_names
from protocol.catalogue import Column
from protocol.contract import Input, Parameter, Step
from protocol.errors import RangeError
from protocol.prepared import columns_made, unfit
from protocol.programs import Port, ProgramDescriptor, Values, Words
from protocol.recipes import Recipe
from protocol.sources import SHARES, TABLE, source_kind, split_source
from protocol.variants import ListName

NULL: Final = "input.null"
KIND: Final = "input.kind"
_LAYOUTS: Final = ("aligned", "stacked", "shared")
_LABELS: Final = ("label", "stacked-label")
_NUMBERS: Final = ("boolean", "decimal", "integer")
_WHOLE: Final = ("boolean", "integer")
_KIND_WORDS: Final = {
    "boolean": Words("true or false", "布尔值"),
    "date": Words("a date", "日期"),
    "decimal": Words("a decimal number", "小数"),
    "genotypes": Words("genotypes over a list of variants", "位点列表上的基因型"),
    "identifier": Words("the rows' identifier", "行标识"),
    "integer": Words("an integer", "整数"),
    "text": Words("text", "文本"),
}


@dataclass(frozen=True, slots=True)
class ColumnFinding:
    """A column that an input of a step cannot take: ``code`` is :data:`NULL` or :data:`KIND`, ``column`` "" for the rows'
    identifier that is not there.
    """

    code: str
    step: str
    port: str
    data_set: str
    owner: str
    column: str
    what: Words
    fix: Words


@dataclass(frozen=True, slots=True)
class _Traced:
    """A column of a data set where it has come to; ``made`` where a step has put other values in its place."""

    data_set: str
    owner: str
    column: Column
    made: bool = False


@dataclass(frozen=True, slots=True)
class _At:
    """Where a column is asked about."""

    step: Step
    port: Port
    most: int | None
    """The highest level, where the port takes levels and their number is known."""
    recipe: Recipe | None = None
    """What happens to raw columns there."""
    keys: tuple[str, ...] = ()
    """The columns that rows are matched by there."""


def examine(
    inputs: Sequence[Input],
    steps: Sequence[Step],
    columns: Mapping[str, Iterable[Column]],
    programs: Mapping[str, ProgramDescriptor],
) -> tuple[ColumnFinding, ...]:
    """All columns that cannot be what the steps take, each at the first input that cannot take it.

    ``columns`` holds what is known of each data set; data sets and programs that it lacks are passed over.
    """
    tables = {item.data_set: _data_set(item, columns.get(item.data_set, ())) for item in inputs}
    identified = {
        item.data_set: any(column.kind == "identifier" for column in columns[item.data_set])
        for item in inputs
        if item.data_set in columns
    }
    owners = {item.data_set: item.owner for item in inputs}
    trace = _Trace(tables)
    found: dict[tuple[str, str], ColumnFinding] = {}
    lists: dict[tuple[str, str], _Traced] = {}
    for step in steps:
        descriptor = programs.get(step.program)
        if descriptor is None:
            continue
        for at, traced in trace.through(step, descriptor):
            key = traced.data_set, traced.column.name
            finding = _finding(at, traced) or _other_list(at, traced, lists)
            if key not in found and finding is not None:
                found[key] = finding
        given = dict(step.inputs)
        for port in (port for port in descriptor.inputs if port.values == "raw"):
            for name in given.get(port.name, ()):  # prepared rows are the data set's
                made = [f"{step.id}.{output.name}" for output in descriptor.outputs if output.values == "prepared"]
                identified |= {each: identified[name] for each in made if name in identified}
                owners |= {each: owners[name] for each in made if name in owners}
        for port in (port for port in descriptor.inputs if port.identified and not _keys_of(step, descriptor, port)):
            for name in given.get(port.name, ()):
                if identified.get(name) is False and (name, "") not in found:
                    found[name, ""] = _unidentified(step, port, name, owners[name])
    return tuple(found.values())


def taken(values: Values, most: str) -> Words:
    """What an input whose columns hold ``values`` takes, with levels up to ``most``."""
    return {
        "numbers": Words("numbers (integer, decimal or boolean)", "数值（整数、小数或布尔值）"),
        "raw": Words("numbers, or what the recipe turns into numbers", "数值，或由处理配方转为数值的列"),
        "bits": Words(
            "0 and 1 (a boolean, or an integer declared from 0 to 1)", "0 和 1（布尔值，或声明为 0 至 1 的整数）"
        ),
        "counts": Words(
            "whole numbers from 0 (an integer declared so, or a boolean)", "自 0 起的整数（如此声明的整数，或布尔值）"
        ),
        "levels": Words(f"the whole numbers 0 to {most}", f"整数 0 至 {most}"),
        "keyed": Words(
            "columns of any kind that a parameter of the step names, and numbers beside them (integer, decimal or boolean)",
            "该步骤的参数所列的列（类型不限），以及其他数值列（整数、小数或布尔值）",
        ),
        "genotypes": Words(
            "one column of genotypes over as many variants as the step says, and one of 0 and 1 that says who is a case",
            "一列基因型（位点数与步骤所写一致）和一列表示是否病例的 0/1",
        ),
    }.get(values, Words("", ""))


def _data_set(item: Input, known: Iterable[Column]) -> tuple[_Traced, ...]:
    """The columns that the contract names; a row filter passes no empty cell, so what is filtered is not empty."""
    filtered = {one.column for one in item.filters}
    by_name = {column.name: column for column in known}
    chosen = (by_name[name] for name in item.columns if name in by_name)
    return tuple(
        _Traced(item.data_set, item.owner, replace(column, nullable=False) if column.name in filtered else column)
        for column in chosen
    )


class _Trace:
    """Which columns stand at each source that later steps can read."""

    def __init__(self, tables: Mapping[str, tuple[_Traced, ...]]) -> None:
        self._tables = dict(tables)
        self._kinds = dict.fromkeys(tables, TABLE)

    def through(self, step: Step, descriptor: ProgramDescriptor) -> Iterator[tuple[_At, _Traced]]:
        """Every column at every input of a step; its outputs can be read afterwards."""
        ports = {port.name: port for port in descriptor.inputs}
        at = [(ports[name], source) for name, given in step.inputs for source in given if name in ports]
        labels = {
            (traced.data_set, traced.column.name)
            for _, source in at
            if self._kind(source) in _LABELS
            for traced in self._columns(source)
        }
        rows: list[_Traced] = []
        raw: list[tuple[_At, _Traced]] = []
        for port, source in at:
            where = _At(
                step,
                port,
                _levels(step, descriptor, port),
                recipe_of(step, descriptor, port),
                _keys_of(step, descriptor, port),
            )
            if port.values == "raw" and where.recipe is None:
                continue  # which cannot be read, as is said elsewhere
            columns, kind = self._columns(source), self._kind(source)
            if kind not in _LABELS:  # a label is no feature beside itself
                columns = tuple(item for item in columns if (item.data_set, item.column.name) not in labels)
                rows += columns
            if port.values == "raw":
                raw += ((where, item) for item in columns)
            rows = [item for item in rows if item.column.name not in where.keys]
            if kind != SHARES and port.values != "any":
                yield from ((where, item) for item in columns)
        for port in descriptor.outputs:
            name = f"{step.id}.{port.name}"
            self._kinds[name] = port.kind
            if port.values == "prepared":
                self._tables[name] = tuple(made for at, item in raw for made in _prepared(at, item))
            elif port.kind in _LAYOUTS:
                self._tables[name] = tuple(_made(item, port) for item in rows)

    def _kind(self, source: str) -> str:
        if source in self._kinds:
            return self._kinds[source]
        step, output, column = split_source(source)
        return source_kind(self._kinds.get(f"{step}.{output}", ""), column)

    def _columns(self, source: str) -> tuple[_Traced, ...]:
        if source in self._tables:
            return self._tables[source]
        step, output, name = split_source(source)
        owner, _, plain = name.rpartition(".")
        table = self._tables.get(f"{step}.{output}", ())
        return tuple(item for item in table if item.column.name == plain and owner in ("", item.owner))


def recipe_of(step: Step, descriptor: ProgramDescriptor, port: Port) -> Recipe | None:
    """What a step does to the raw columns at an input; None where it takes none, or the recipe cannot be read."""
    if port.values != "raw":
        return None
    default: dict[str, Parameter] = {spec.name: spec.default for spec in descriptor.parameters}
    try:
        return Recipe.parse(str((default | dict(step.parameters)).get(port.levels, "")))
    except RangeError:
        return None


def _keys_of(step: Step, descriptor: ProgramDescriptor, port: Port) -> tuple[str, ...]:
    """The columns that rows at an input are matched by; none where the text cannot be read, which is said elsewhere."""
    if port.values != "keyed":
        return ()
    default: dict[str, Parameter] = {spec.name: spec.default for spec in descriptor.parameters}
    try:
        return column_names.parse(str((default | dict(step.parameters)).get(port.levels, "")))
    except RangeError:
        return ()


def _prepared(at: _At, item: _Traced) -> Iterator[_Traced]:
    part = None if at.recipe is None else at.recipe.of(item.column.name)
    if part is None:
        yield item
    else:
        yield from (replace(item, column=column, made=True) for column in columns_made(part, item.column))


def _made(item: _Traced, port: Port) -> _Traced:
    if port.values == "kept":
        return item
    kind = "integer" if port.values in ("levels", "counts", "bits") else "decimal"
    return replace(item, column=Column(item.column.name, kind, item.column.about, nullable=False), made=True)


def _levels(step: Step, descriptor: ProgramDescriptor, port: Port) -> int | None:
    """The highest level that a port takes; None where it takes no levels or nobody knows."""
    if port.values == "bits":
        return 1
    default: dict[str, Parameter] = {spec.name: spec.default for spec in descriptor.parameters}
    value = (default | dict(step.parameters)).get(port.levels)
    return value - 1 if isinstance(value, int) and not isinstance(value, bool) else None


def _finding(at: _At, item: _Traced) -> ColumnFinding | None:
    column = item.column
    part = None if at.recipe is None else at.recipe.of(column.name)
    if part is not None and (wrong := unfit(part, column)) is not None:
        return _say(NULL if wrong.empty else KIND, at, item, wrong.what, wrong.fix)
    if part is not None:
        return None
    if not _fits(at, column):
        return _say(KIND, at, item, _unfit(at, item), _encode(at, item))
    if column.nullable:
        what = Words("may be empty, and no empty cell is taken there", "可能为空，而该输入不接受空单元格")
        return _say(NULL, at, item, what, _fill(at, column))
    return None


def _fits(at: _At, column: Column) -> bool:
    if at.port.values == "keyed" and column.name in at.keys:
        return column.kind != "genotypes"
    if at.port.values in ("numbers", "raw", "keyed"):
        return column.kind in _NUMBERS
    most = at.most
    if at.port.values == "genotypes":
        if column.kind == "genotypes":
            return most is None or _variants(column) == most + 1
        most = 1  # of the column beside it
    low, high = (0, 1) if column.kind == "boolean" else (_number(column.low), _number(column.high))
    within = (low is None or low >= 0) and (high is None or most is None or high <= most)
    return column.kind in _WHOLE and within


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _variants(column: Column) -> int:
    """How many variants a column of genotypes is about."""
    return ListName.parse(column.levels[0], column.name).count


def _other_list(at: _At, item: _Traced, lists: dict[tuple[str, str], _Traced]) -> ColumnFinding | None:
    """Genotypes over another list of variants than those of the first table at the same input, which ``lists`` keeps."""
    if at.port.values != "genotypes" or item.column.kind != "genotypes":
        return None
    first = lists.setdefault((at.step.id, at.port.name), item)
    if first.column.levels == item.column.levels:
        return None
    what = Words(
        f"is about another list of variants than column {first.column.name} of {first.data_set}: some chromosome, id, position or allele, "
        "or their order, differs",
        f"的位点列表与 {first.data_set} 的列 {first.column.name} 不同：染色体、标识、位置、等位基因或其顺序有差异",
    )
    fix = Words(
        "Export both from one list of variants, with the same counted alleles (plink2 --ref-allele, --extract), and register new versions.",
        "请按同一位点列表和相同的计数等位基因重新导出（plink2 --ref-allele、--extract），并登记新版本。",
    )
    return _say(KIND, at, item, what, fix)


def _unfit(at: _At, item: _Traced) -> Words:
    column, most = item.column, at.most
    kind = _KIND_WORDS[column.kind]
    if column.kind == "integer" and column.low:
        kind = Words(f"an integer from {column.low} to {column.high}", f"{column.low} 至 {column.high} 的整数")
    if column.kind == "genotypes":
        kind = Words(f"genotypes over {_variants(column)} variants", f"{_variants(column)} 个位点的基因型")
    elif column.levels:
        kind = Words("a category in words", "以文字表示的类别")
    takes = taken(at.port.values, "…" if most is None else str(most))
    now = (
        Words(" there, where a step has changed its values", "（其值已被前序步骤改变）") if item.made else Words("", "")
    )
    return Words(
        f"is {kind.english}{now.english}; what is taken there is {takes.english}",
        f"为{kind.chinese}{now.chinese}；该输入接受{takes.chinese}",
    )


def _encode(at: _At, item: _Traced) -> Words:
    """What to do about a kind."""
    column, most = item.column, at.most
    if item.made:
        return Words("Take the column from the step that keeps it as it is.", "请改从保留原值的步骤取该列。")
    if column.kind == "genotypes":
        return _for_genotypes(at, column)
    if at.port.values == "keyed":
        return Words(
            f"Name it in {at.port.levels}, or leave it out of the contract's columns.",
            f"请在 {at.port.levels} 中列出该列，或从合约的列中去掉它。",
        )
    if column.kind == "identifier":
        return Words(
            "Leave it out of the contract's columns: rows keep their identifier without it.",
            "请从合约的列中去掉它：各行无需列出也保有标识。",
        )
    high = _number(column.high)
    if at.port.values == "levels" and column.kind == "integer" and high is not None and (_number(column.low) or 0) >= 0:
        return Words(
            f"Set {at.port.levels} to {int(high) + 1}, or register a version that is declared from 0 to {most}.",
            f"请将 {at.port.levels} 设为 {int(high) + 1}，或登记声明为 0 至 {most} 的版本。",
        )
    if at.port.values == "raw":
        return Words(
            "Name it in the recipe, or leave it out of the contract's columns.",
            "请在处理配方中列出该列，或从合约的列中去掉它。",
        )
    if at.port.values == "numbers":
        return Words(
            "Leave it out of the contract's columns, or register a version in which it is encoded as numbers.",
            "请从合约的列中去掉它，或登记已编码为数值的版本。",
        )
    encoded = Words("0, 1, 2, …", "0、1、2……") if most is None or most > 1 else Words("0 and 1", "0 和 1")
    return Words(
        f"Name another column, or register a version in which it is encoded as {encoded.english} and declared so.",
        f"请改用其他列，或登记已编码为{encoded.chinese}并如此声明的版本。",
    )


def _for_genotypes(at: _At, column: Column) -> Words:
    """What to do about genotypes where they cannot stand, or over another number of variants."""
    if at.port.values == "genotypes":
        count = _variants(column)
        return Words(f"Set {at.port.levels} to {count}.", f"请将 {at.port.levels} 设为 {count}。")
    return Words(
        "Leave it out of the contract's columns: only tests of association read genotypes.",
        "请从合约的列中去掉它：仅关联检验读取基因型。",
    )


def _fill(at: _At, column: Column) -> Words:
    """What to do about empty cells."""
    if at.port.values == "raw":
        return Words("Fill it in the recipe.", "请在处理配方中填补空值。")
    filled = Words(
        "register a version in which it is filled, declared without `null`", "登记已填补且未声明 `null` 的版本"
    )
    if column.kind == "boolean":
        return Words(f"Leave it out, or {filled.english}.", f"请去掉该列，或{filled.chinese}。")
    if column.kind not in _NUMBERS:
        return Words(f"{filled.english[0].upper()}{filled.english[1:]}.", f"请{filled.chinese}。")
    least = column.low or "…"
    return Words(
        f"Add the filter `{column.name} ge {least}` with its lowest value, which leaves out the rows without one; or {filled.english}.",
        f"请以其最小值添加筛选 `{column.name} ge {least}`，无值的行即被排除；或{filled.chinese}。",
    )


def _say(code: str, at: _At, item: _Traced, what: Words, fix: Words) -> ColumnFinding:
    step, port, name = at.step, at.port.name, item.column.name
    return ColumnFinding(
        code,
        step.id,
        port,
        item.data_set,
        item.owner,
        name,
        Words(
            f"Column {name} of {item.data_set} {what.english} (input {port} of step {step.id}, {step.program}).",
            f"{item.data_set} 的列 {name} {what.chinese}（步骤 {step.id} 的输入 {port}，{step.program}）。",
        ),
        fix,
    )


def _unidentified(step: Step, port: Port, data_set: str, owner: str) -> ColumnFinding:
    return ColumnFinding(
        KIND,
        step.id,
        port.name,
        data_set,
        owner,
        "",
        Words(
            f"{data_set} has no identifier, by which input {port.name} of step {step.id} ({step.program}) matches rows.",
            f"{data_set} 没有标识列，而步骤 {step.id} 的输入 {port.name}（{step.program}）按标识匹配各行。",
        ),
        Words(
            "Register a version whose schema declares one column as `identifier`.",
            "请登记一个在表结构中将某列声明为 `identifier` 的版本。",
        ),
    )
