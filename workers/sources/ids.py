"""The rows' ids as a whole: each once, and what looks as if it would match no other party's is pointed out."""

from typing import Any, Final

import numpy as np
import pyarrow as pa

from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.schema import Column
from workers.sources.told import RowOf

_NUMBER: Final = r"^[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+$|^[0-9]+\.0+$"
_CUT: Final = r"^[1-9][0-9]{14}0{1,5}$"
"""Excel keeps 15 digits of a number and fills up with zeros."""


def check(column: Column, ids: Any, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - pyarrow is untyped
    """Report every id that stands a second time, and warn of ids that a program changed or that differ invisibly."""
    _duplicates(column, ids, row, problems)
    for code, flags in (
        ("id_number", _changed(ids)),
        ("id_apostrophe", pc.starts_with(ids, "'")),
        ("id_case", _repeats(ids, pc.ascii_upper(ids))),
        ("id_zeros", _repeats(ids, pc.replace_substring_regex(ids, "^0+([0-9]+)$", r"\1"))),
        ("id_script", _other_script(ids)),
    ):
        first = pc.index(flags, True).as_py()
        if first >= 0:
            problems.warn(code, row(first), column.name)


def _duplicates(column: Column, ids: Any, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - as above
    codes = pc.dictionary_encode(ids)
    if len(codes.dictionary) == len(ids) - ids.null_count:
        return
    seen: set[int] = set()
    for index, code in enumerate(codes.indices.to_pylist()):
        if code is None:
            continue
        if code in seen:
            problems.add("duplicate_id", row(index), column.name)
        seen.add(code)


def _changed(ids: Any) -> Any:  # noqa: ANN401 - as above
    marked, cut = (pc.match_substring_regex(ids, pattern) for pattern in (_NUMBER, _CUT))
    long, ending = (pc.sum(flags).as_py() or 0 for flags in (pc.match_substring_regex(ids, "^[0-9]{16,}$"), cut))
    # one id may end in zeros; when most of the long ones do, a spreadsheet did it
    return pc.or_(marked, cut) if ending > 1 and 2 * ending > long else marked


def _repeats(ids: Any, folded: Any) -> Any:  # noqa: ANN401 - as above
    """Ids that are another one after folding, while they are not before."""
    if (
        pc.all(pc.equal(folded, ids), min_count=0).as_py()
        or pc.count_distinct(folded).as_py() == pc.count_distinct(ids).as_py()
    ):
        return pa.array([], pa.bool_())
    codes = pc.dictionary_encode(folded).indices.fill_null(0).to_numpy(zero_copy_only=False)
    _, first = np.unique(codes, return_index=True)
    flags = np.ones(len(codes), dtype=bool)
    flags[first] = False
    return pa.array(flags)


def _other_script(ids: Any) -> Any:  # noqa: ANN401 - as above
    """Ids with Cyrillic or Greek letters where others have Latin ones."""
    if not pc.any(pc.match_substring_regex(ids, "[A-Za-z]"), min_count=0).as_py():
        return pa.array([], pa.bool_())
    return pc.match_substring_regex(ids, r"[\p{Cyrillic}\p{Greek}]")
