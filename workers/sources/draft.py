"""A first declared schema, drafted from a file for its owner to confirm: what would read it, with what was seen.

Each column gets the first declaration under which the readers take every row, so a draft reads the file that it was made from.
That is no proof that it means what the owner means: where two readings fit, the draft says so.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from protocol.errors import FormatError
from protocol.programs import Words
from protocol.record import unprintable
from protocol.table import scaled_text
from workers import sources
from workers.sources import decoding, drafted_cells, parquet_file, plink_file, stored, values
from workers.sources.arrow import pc
from workers.sources.problems import Listener, Problems
from workers.sources.reading import SEPARATORS, FileForm, Reading
from workers.sources.schema import MAX_SCALE, MAX_TEXT, Column
from workers.sources.told import NULL_WORD, SPACES

ROWS: Final = 1_000_000
"""Rows that are looked at."""
_WHOLE: Final = FileForm()
_CHUNK: Final = 50_000
_SAMPLE: Final = 2_000
_LEVELS: Final = 30
_PAIRS: Final = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("是", "否"), ("有", "无"), ("对", "错"))
_DATES: Final = (
    "YYYY-MM-DD", "YYYY/M/D", "YYYY.M.D", "YYYY-M-D", "YYYYMMDD", "YYYY年M月D日", "YYYY-MM-DD 00:00:00", "D.M.YYYY", "D/M/YYYY", "M/D/YYYY",
    "D-M-YYYY",
)  # fmt: skip
_NUMBERS: Final[tuple[dict[str, Any], ...]] = (
    {}, {"floats": True}, {"thousands": ","}, {"decimal": ","}, {"decimal": ",", "thousands": "."}, {"thousands": " "},
)  # fmt: skip
_ID_NAME: Final = re.compile(r"(?i)(^|[_\s.-])(id|key|code|no|nr|number)$|^id([_\s.-]|$)|编号|证号|卡号|标识|学号|工号")
_NOT_FLOAT: Final = r"[^-+0-9.,eE ]|^$"
_CODES: Final = ("-9", "-99", "-999", "-9999", "999", "9999")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A column as drafted, with what its owner ought to look at; ``column`` is None when no kind takes what stands there."""

    source: str
    column: Column | None
    seen: Words
    notes: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """How the file is written and what its columns are; ``rows`` were looked at."""

    form: FileForm
    columns: tuple[Drafted, ...]
    rows: int
    notes: tuple[Words, ...]


def draft(path: Path, place: FileForm = _WHOLE) -> Draft:
    """Look at a file of any kind that is read; ``place`` says which sheet, table or query of it.

    Raises ``FormatError`` when it is of another kind, not there or empty, ``DataError`` as the readers do.
    """
    if not path.is_file():
        raise FormatError("draft.missing", f"{path} does not exist.", "Correct the path.")
    sources.check_kind(path)
    sources.check_places(path, place)
    kind, reads = path.suffix.lower(), _reads_all
    if kind == ".parquet":
        try:
            form, names, cells, notes = _parquet(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise FormatError("draft.unreadable", f"{path} is no Parquet file.", "Export it again.") from error
    elif kind == ".bed":
        people = plink_file.fam(path, Listener())
        form, names, notes = place, ["iid", "fid", "sex", "phenotype"], ()
        names += [] if pc.any(plink_file.measured(people)).as_py() else ["case"]
        cells = [people[name] for name in names]
    elif kind in (".xlsx", ".url"):
        problems = Problems("draft", path, Listener())
        found = (
            drafted_cells.workbook(path, place, problems)
            if kind == ".xlsx"
            else drafted_cells.database(path, place, problems)
        )
        form, names, cells, notes, reads = place, found.names, found.cells, found.notes, found.reads
    else:
        form, names, cells, notes = _text(path)
    rows = len(cells[0]) if cells else 0
    if not rows:
        raise FormatError("draft.empty", f"{path} has no rows.", "Export the table again.")
    taken: set[str] = set()
    drafted = [_column(name, _name_of(name, taken), array) for name, array in zip(names, cells, strict=True)]
    drafted = _with_identifier(drafted, cells)
    if kind == ".bed":
        drafted.append(_genotypes(path, rows))
    repeated = {name.casefold() for name in names if [n.casefold() for n in names].count(name.casefold()) > 1}
    drafted = [
        replace(it, column=None) if it.source.casefold() in repeated or not _can_be_named(it.source) else it
        for it in drafted
    ]
    drafted = [
        it if it.column is None or reads(at, it.column) else replace(it, column=None) for at, it in enumerate(drafted)
    ]
    if all(it.column is None for it in drafted):
        raise FormatError("draft.nothing", f"No column of {path} can be read.", "Store numbers, texts or dates.")
    if any(it.column is None for it in drafted):
        form = replace(form, ignore_undeclared=True)
    return Draft(form, tuple(drafted), rows, notes)


def _genotypes(path: Path, people: int) -> Drafted:
    """The dosages of a PLINK data set, over the list that stands beside them."""
    name, words = plink_file.GENOTYPES, Words("Genotypes", "基因型")
    listed = plink_file.list_name(path, Listener())
    column = Column(name, name, words, "", "", 0, (), False, name, Reading(), variants=str(listed))
    seen = Words(f"{people} people, {listed.count} variants", f"{people}人，{listed.count}个位点")
    note = Words("CONFIRM that this is the list of variants that was agreed: all centres name the same one.", "请确认这是约定的位点列表：各中心须写明同一列表。")  # fmt: skip
    return Drafted(name, column, seen, (note,))


def _reads_all(_: int, __: Column) -> bool:
    """What is drafted from the very cells that the reader sees has been tried on them."""
    return True


def _text(path: Path) -> tuple[FileForm, list[str], list[Any], tuple[Words, ...]]:
    """Encoding, separator, header and cells of a text file; rows of another width are left to the reader's refusal."""
    encoding = next((name for name in ("utf-8", "utf-16", "gb18030", "windows-1252") if _decodes(path, name)), "")
    if not encoding:
        raise FormatError("draft.encoding", f"{path} is in no encoding that was tried.", "Save it as UTF-8.")
    notes: list[Words] = []
    if encoding not in ("utf-8", "utf-16"):
        notes.append(Words(f"CONFIRM the encoding: the bytes can be read as {encoding}, and maybe as another one.", f"请确认编码：字节可按{encoding}解读，也可能是其他编码。"))  # fmt: skip
    blocks = decoding.blocks(path, encoding, Problems("draft", path, Listener()))
    lines = chain.from_iterable(block.splitlines(keepends=True) for block in blocks)
    first = next(lines, "")
    separator = max(SEPARATORS, key=first.count)
    rows = csv.reader(chain((first,), lines), delimiter=separator)
    parts: list[list[Any]] = []
    try:
        header = next(rows, [])
        while chunk := list(islice(rows, _CHUNK)):
            kept = [row for row in chunk if len(row) == len(header)]
            parts.append([pa.array(cells, pa.string()) for cells in zip(*kept, strict=True)])
            if len(parts) * _CHUNK >= ROWS:
                break
    except csv.Error as error:
        raise FormatError(
            "draft.quoting", f"{path} has wrong quotes.", "Add it: the refusal names the line."
        ) from error
    if any(re.fullmatch("-?[0-9.,]+", name) for name in header):
        raise FormatError("draft.header", f"The first line of {path} has numbers for names.", "Put the header there.")
    columns = [pa.concat_arrays(column) for column in zip(*filter(None, parts), strict=True)]
    return FileForm(encoding, separator), header, columns, tuple(notes)


def _decodes(path: Path, encoding: str) -> bool:
    problems = Problems("draft", path, Listener())
    for _ in decoding.blocks(path, encoding, problems):
        pass
    return not problems.count


def _parquet(path: Path) -> tuple[FileForm, list[str], list[Any], tuple[Words, ...]]:
    with pq.ParquetFile(path) as file:
        batches: Iterator[Any] = islice(file.iter_batches(1 << 16), -(-ROWS // (1 << 16)))
        table = pa.Table.from_batches(batches, file.schema_arrow)
    added = parquet_file.added_columns(file.schema_arrow)
    names = [name for name in table.column_names if name not in added]
    arrays = [table.column(name).combine_chunks() for name in names]
    return FileForm(), names, [array.cast(stored.plain_type(array.type)) for array in arrays], ()


def _column(source: str, name: str, cells: Any) -> Drafted:  # noqa: ANN401 - pyarrow is untyped
    blank = Column(name, "text", Words(source or name, source or name), "", "", 0, (), True, source, Reading())
    common: dict[str, Any] = {}
    notes: list[Words] = []
    if pa.types.is_string(cells.type):
        common, notes = _spellings(cells)
    elif pa.types.is_floating(cells.type) and pc.any(pc.is_nan(cells), min_count=0).as_py():
        common = {"nulls": ("NaN",)}
    for column, note in _trials(blank, common, cells):
        if column.kind == "text" and pa.types.is_string(cells.type) and not _any(cells, _NOT_FLOAT):
            break  # numbers that no declaration takes are no texts
        array = _reads(column, cells)
        if array is not None:
            found = _fitted(column, array)
            notes += [] if note is None else [note]
            return Drafted(source, found, _seen(found, array), (*notes, *_about(found)))
    numbers = pa.types.is_string(cells.type) or pa.types.is_floating(cells.type)
    if numbers:
        notes.append(Words("CONFIRM: round these numbers in the source; they have more than 9 decimals or are too large.", "请在来源中对这些数值四舍五入：小数超过9位，或数值过大。"))  # fmt: skip
    kind = str(cells.type).partition("<")[0]
    why = Words(f"no declaration takes what is stored here ({kind})", f"没有声明能读取此列的内容（{kind}）")
    return Drafted(source, None, why, tuple(notes))


def _spellings(cells: Any) -> tuple[dict[str, Any], list[Words]]:  # noqa: ANN401 - as above
    """What every kind of column may need: spellings of null, spaces, full-width characters."""
    common: dict[str, Any] = {}
    notes: list[Words] = []
    if _any(cells, SPACES[1]):
        common["trim"] = True
        cells = pc.utf8_trim_whitespace(cells)
    if _any(cells, r"[\x{FF10}-\x{FF19}]"):
        common["half_width"] = True
    words = pc.unique(cells.filter(pc.match_substring_regex(cells, NULL_WORD[1]))).to_pylist()
    if words:
        common["nulls"] = tuple(sorted(words))
        notes.append(Words("CONFIRM that each of `nulls` means no value.", "请确认 nulls 中的每个写法都表示空值。"))
    return common, notes


def _trials(blank: Column, common: dict[str, Any], cells: Any) -> Iterable[tuple[Column, Words | None]]:  # noqa: ANN401 - as above
    """Declarations to try, the likeliest first, each with what is to be confirmed."""
    texts = pa.types.is_string(cells.type)
    for said in _truths(cells) if texts else ({},):
        yield replace(blank, kind="boolean", reading=_reading(common, said)), None
    for scale in range(MAX_SCALE + 1):
        limit = scaled_text(2**53 - 1, scale)
        kind = "decimal" if scale else "integer"
        for said in _NUMBERS if texts else ({},):
            note = None
            if said.get("thousands") == "," and not scale:
                note = Words('CONFIRM the mark: "1,234" is read as 1234, not as 1.234.', "请确认符号：“1,234”按1234而非1.234读取。")  # fmt: skip
            elif said.get("floats") and not scale:
                note = Words("CONFIRM that these are whole numbers, written 34.0.", "请确认这些是写作34.0的整数。")
            yield (
                replace(blank, kind=kind, scale=scale, low=f"-{limit}", high=limit, reading=_reading(common, said)),
                note,
            )
    for pattern in _DATES if texts else (_DATES[0],):
        said = {} if pattern == _DATES[0] else {"dates": (pattern,)}
        note = None
        if "/" in pattern and pattern[0] in "DM":
            note = Words("CONFIRM the order of day and month.", "请确认日与月的顺序。")
        yield replace(blank, kind="date", reading=_reading(common, said)), note
    for said in ({}, {"newlines": True}):
        yield replace(blank, kind="text", reading=_reading(common, said)), None


def _truths(cells: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    """Spellings of true and false in any case, when both stand in the column."""
    found = pc.unique(cells.slice(0, _SAMPLE)).to_pylist()
    for pair in _PAIRS:
        yes, no = (tuple(sorted(text for text in found if text and text.strip().casefold() == word)) for word in pair)
        if yes and no:
            yield {} if (yes, no) == (("true",), ("false",)) else {"yes": yes, "no": no}


def _reading(common: dict[str, Any], said: dict[str, Any]) -> Reading:
    found = common | said
    return Reading(**found, said=frozenset(found))


def _reads(column: Column, cells: Any) -> Any:  # noqa: ANN401 - as above
    """The array when every cell is read under this declaration, else None; a few rows are tried first."""
    for part in (cells.slice(0, _SAMPLE), cells):
        problems = Problems("draft", Path(), Listener())
        stored.check_type(column, part.type, problems)
        if problems.count:
            return None
        read = values.from_texts if pa.types.is_string(part.type) else stored.typed
        array = read(column, part, int, problems)
        if problems.count:
            return None
    # a column without any value says nothing of its kind but that nulls are allowed
    return array if array.null_count < len(array) or column.kind == "text" else None


def _fitted(column: Column, array: Any) -> Column:  # noqa: ANN401 - as above
    """The declaration with the range, the levels and the nulls that were seen."""
    column = replace(column, null=array.null_count > 0)
    if column.kind in ("integer", "decimal"):
        low, high = (pc.min_max(array)[end].as_py() for end in ("min", "max"))
        high = high if high > low else low + 1
        return replace(column, low=scaled_text(low, column.scale), high=scaled_text(high, column.scale))
    if column.kind == "text":
        levels = pc.unique(array.drop_null()).to_pylist()
        if 0 < len(levels) <= _LEVELS and len(array) >= 4 * len(levels):
            return replace(column, choices=tuple(sorted(levels)))
    return column


def _seen(column: Column, array: Any) -> Words:  # noqa: ANN401 - as above
    """What stands in the column, in words."""
    distinct = pc.count_distinct(array, mode="only_valid").as_py()
    rows, empty = len(array), array.null_count
    if column.kind in ("integer", "decimal"):
        return Words(f"{rows} rows, {empty} empty, {distinct} numbers from {column.low} to {column.high}", f"{rows}行，{empty}个空值，{distinct}个不同数值，{column.low}至{column.high}")  # fmt: skip
    if column.kind == "date" and distinct:
        ends = pc.min_max(array)
        return Words(f"{rows} rows, {empty} empty, days from {ends['min']} to {ends['max']}", f"{rows}行，{empty}个空值，{ends['min']}至{ends['max']}")  # fmt: skip
    return Words(f"{rows} rows, {empty} empty, {distinct} values", f"{rows}行，{empty}个空值，{distinct}个不同取值")


def _about(column: Column) -> list[Words]:
    """What the owner ought to confirm of a column."""
    found: list[Words] = []
    if not re.search("[a-zA-Z]", column.source):
        found.append(
            Words("CONFIRM the name: programs and other owners use it.", "请改写列名：程序与其他数据方将使用它。")
        )
    if column.kind not in ("integer", "decimal"):
        return found
    found += [
        Words(
            "CONFIRM the true range: the one that was seen tells about the rows.",
            "请写明真实范围：所见范围会透露数据本身。",
        )
    ]
    if column.low in _CODES or column.high in _CODES:
        found.append(Words("CONFIRM that the end of the range is no code for no value (then name it in `nulls`).", "请确认范围端点不是空值代码（若是，请写入 nulls）。"))  # fmt: skip
    if (column.low, column.high) == ("0", "1") and column.kind == "integer":
        found.append(Words('It could be `kind = "boolean"` with `yes = ["1"]` and `no = ["0"]`.', '也可声明为 kind = "boolean"，并写 yes = ["1"]、no = ["0"]。'))  # fmt: skip
    return found


def _with_identifier(drafted: list[Drafted], cells: list[Any]) -> list[Drafted]:
    """The draft with at most one identifier: the first column of different texts that is named like one, else the first of all."""
    unique = [
        at
        for at, it in enumerate(drafted)
        if it.column is not None
        and not it.column.null
        and (it.column.kind == "text" or (it.column.kind == "integer" and _ID_NAME.search(it.source)))
        and pc.count_distinct(cells[at]).as_py() == len(cells[at])
    ]
    for at in sorted(unique, key=lambda at: (not _ID_NAME.search(drafted[at].source), at)):
        old = drafted[at].column
        if old is None:
            continue
        said = {name: getattr(old.reading, name) for name in old.reading.said & {"trim", "half_width"}}
        new = replace(old, kind="identifier", low="", high="", choices=(), reading=_reading(said, {}))
        array = _reads(new, cells[at])
        if array is not None and pc.count_distinct(array).as_py() == len(array):
            note = Words('CONFIRM that this is what identifies a row, and agree on its spelling with the other owners (`clean = ["upper"]` or `["digits"]`).', '请确认此列是行的标识，并与其他数据方约定写法（clean = ["upper"] 或 ["digits"]）。')  # fmt: skip
            drafted[at] = replace(drafted[at], column=new, seen=_seen(new, array), notes=(note, *_about(new)))
            break
    return drafted


def _name_of(source: str, taken: set[str]) -> str:
    """A column name of the grammar: the file's own where it has one."""
    base = re.sub(r"[^a-z0-9]+", "_", source.lower()).strip("_")[:50] or "column"
    name, count = base, 1
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    taken.add(name)
    return name


def _can_be_named(source: str) -> bool:
    """Whether ``source`` in a schema can hold the name."""
    return 0 < len(source) <= MAX_TEXT and not unprintable(source)


def _any(cells: Any, pattern: str) -> bool:  # noqa: ANN401 - as above
    return bool(pc.any(pc.match_substring_regex(cells, pattern), min_count=0).as_py())
