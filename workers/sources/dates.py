"""Dates as an owner's files write them: declared patterns such as ``YYYY/M/D``, read as the calendar's days."""

import datetime as dt
import itertools
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from protocol.errors import FormatError

ISO: Final = "YYYY-MM-DD"
"""How dates are written when nothing is declared, and how they are committed."""

_DAYS: Final = 1 << 16
"""Spellings that are remembered: more than a century's days."""
_TOKEN: Final[re.Pattern[str]] = re.compile(r"YYYY|MM?|DD?|00:00(?::00)?|[-/. T年月日]")
_FIELDS: Final[dict[str, str]] = {"YYYY": "(?P<y>[0-9]{4})", "MM": "(?P<m>[0-9]{2})", "M": "(?P<m>[0-9]{1,2})", "DD": "(?P<d>[0-9]{2})", "D": "(?P<d>[0-9]{1,2})"}  # fmt: skip


def check(patterns: Sequence[str], where: str) -> None:
    """Refuse (``schema.dates``) patterns that are no dates, or two by which one text would be two days."""
    orders: dict[str, str] = {}
    for pattern in patterns:
        tokens = _tokens(pattern)
        fields = [token for token in tokens if token in _FIELDS]
        order = "".join(token[0] for token in fields)
        # without a mark between them, only fields of fixed width have one reading
        touching = any({a, b} <= _FIELDS.keys() and {a, b} & {"M", "D"} for a, b in itertools.pairwise(tokens))
        if "".join(tokens) != pattern or sorted(order) != ["D", "M", "Y"] or touching:
            raise FormatError(
                "schema.dates",
                f"{where} has the date pattern {pattern!r}.",
                "Write YYYY, MM or M, DD or D once each, with - / . or a space between, as YYYY/M/D or DD.MM.YYYY.",
            )
        shape = "".join({"Y": "0000", "M": "00", "D": "00"}[t[0]] if t in _FIELDS else t for t in tokens)
        if orders.setdefault(shape, order) != order:
            raise FormatError(
                "schema.dates",
                f"{where} has two date patterns that read one text as two days.",
                "Declare one order of day and month per column; convert the other rows.",
            )


@lru_cache
def reader(patterns: tuple[str, ...]) -> Callable[[str], str | None]:
    """A function from a text to its day as ``YYYY-MM-DD``, or None when no pattern fits or there is no such day."""
    compiled = [
        re.compile("".join(_FIELDS[token] if token in _FIELDS else re.escape(token) for token in _tokens(pattern)))
        for pattern in patterns
    ]

    @lru_cache(_DAYS)
    def read(text: str) -> str | None:
        for pattern in compiled:
            found = pattern.fullmatch(text)
            if found is not None:
                try:
                    return dt.date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
                except ValueError:
                    return None
        return None

    return read


def _tokens(pattern: str) -> list[str]:
    return [found.group() for found in _TOKEN.finditer(pattern)]
