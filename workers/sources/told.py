"""From whole columns of flags to the problems that an owner is told: row by row, one reason for each cell."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from workers.sources.arrow import pc
from workers.sources.problems import Problems
from workers.sources.schema import Column

NULL_WORD: Final = (
    "null_word",
    r"(?i)^(n\.?a\.?|n/a|#n/a|nan|null|none|nil|\\n|-+|\.|\?|missing|unknown|空|无|缺失|未知|不详)$",
)
"""Texts that many programs write for no value; each is one only where it is declared."""
SPACES: Final = ("spaces", r"^[\pZ\s]|[\pZ\s]$")

RowOf = Callable[[int], int]
"""From an index in the array to the row that is shown to the owner."""


def note(flags: Any, code: str, column: Column, row: RowOf, problems: Problems) -> None:  # noqa: ANN401 - pyarrow is untyped
    """Add a problem for every true flag."""
    marked = pc.fill_null(flags, False)
    if pc.any(marked, min_count=0).as_py():
        for index in np.flatnonzero(marked.to_numpy(zero_copy_only=False)):
            problems.add(code, row(int(index)), column.name)


def note_first(
    texts: Any,  # noqa: ANN401 - as above
    flags: Any,  # noqa: ANN401 - as above
    reasons: Sequence[tuple[str, str]],
    otherwise: str,
    column: Column,
    row: RowOf,
    problems: Problems,
) -> None:
    """For every true flag the first of ``reasons`` (code, regular expression) that fits the text, else ``otherwise``."""
    marked = pc.fill_null(flags, False)
    if not pc.any(marked, min_count=0).as_py():
        return
    indices = np.flatnonzero(marked.to_numpy(zero_copy_only=False))
    cells = texts.take(pa.array(indices))
    codes = np.full(len(indices), otherwise, dtype=object)
    for code, pattern in reversed(reasons):
        codes[pc.match_substring_regex(cells, pattern).to_numpy(zero_copy_only=False)] = code
    for index, code in zip(indices, codes, strict=True):
        problems.add(code, row(int(index)), column.name)
