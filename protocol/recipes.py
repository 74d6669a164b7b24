"""How one owner's raw columns become numbers: the text that a contract carries, its owner signs and its node follows.

A recipe has a part for each column that changes, operations in the order in which they are done:

    age: fill median, clip 18 90; income: empty -1, fill 0, indicator, signed log;
    purpose: one-hot car | "radio, tv" | furniture, other column; opened: fill 2020-01-01, days since 2000-01-01, month

Columns that it does not name pass as they are. Every name and, where ranges are declared, every range of what comes out follows from
the text alone (:mod:`protocol.prepared`), so that other parties and the coordinator know them without any row.
"""

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, get_args

from protocol.errors import RangeError
from protocol.limits import LIMITS

MOST_TEXT: Final = 65_536
"""Characters of a recipe: a contract has 256 KiB for everything."""
MOST_LEVELS: Final = 256
_MOST_LEVEL: Final = 100
_MOST_BINS: Final = 64

Encoding = Literal["one-hot", "dummy", "ordinal"]
Statistic = Literal["mean", "median"]
Part = Literal["days", "year", "month", "day", "weekday"]
Count = Literal["filled", "clipped", "other"]
PARTS: Final = get_args(Part)
_ENCODINGS: Final = get_args(Encoding)
_ORDER: Final = ("empty", "fill", "indicator", "clip", "log", "bins", "encoding", "other", "date")
_TOKEN: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^\s",;:|]+)|([,;:|]))')
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?")
_COLUMN: Final = re.compile(r"[a-z0-9_]{1,63}")


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a quoted text, or a mark."""

    text: str
    quoted: bool = False
    mark: bool = False


@dataclass(frozen=True, slots=True)
class ColumnRecipe:
    """What happens to one column, in the order of the fields; "", () and None: nothing of the kind.

    ``fill_with`` is a value as text, ``fill_by`` a statistic of the owner's own rows. ``clip`` are bounds, or with ``quantiles`` the parts
    of the owner's own rows that lie below them. ``bins`` are inner edges; a value's bin is the number of edges at or below it.
    """

    column: str
    empty: tuple[str, ...] = ()
    fill_with: str | None = None
    fill_by: Statistic | None = None
    indicator: bool = False
    clip: tuple[Decimal, Decimal] | None = None
    quantiles: bool = False
    log: Literal["", "log", "signed log"] = ""
    bins: tuple[Decimal, ...] = ()
    encoding: Encoding | None = None
    levels: tuple[str, ...] = ()
    other: bool = False
    dates: tuple[Part, ...] = ()
    since: dt.date | None = None

    @property
    def fills(self) -> bool:
        """Whether something takes an empty cell's place."""
        return self.fill_with is not None or self.fill_by is not None

    @property
    def takes_empty(self) -> bool:
        """Whether a cell may be empty: it is filled, or has a column of its own beside those of the levels."""
        return self.fills or (self.indicator and self.encoding in ("one-hot", "dummy"))

    @property
    def of_numbers(self) -> bool:
        """Whether only numbers can be treated so."""
        of_statistics = self.fill_by is not None or self.clip is not None
        return of_statistics or bool(self.log or self.bins) or not (self.encoding or self.dates)

    @property
    def own_statistics(self) -> bool:
        """Whether the outcome depends on the owner's other rows: then the same value means something else at another owner."""
        return self.fill_by is not None or self.quantiles

    @property
    def counts(self) -> tuple[Count, ...]:
        """What is counted of it."""
        found: list[Count] = []
        if self.takes_empty:
            found.append("filled")
        if self.clip is not None:
            found.append("clipped")
        if self.other:
            found.append("other")
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that come out, the raw one's name first and what was done to it in brackets."""
        if self.encoding in ("one-hot", "dummy"):
            shown = self.levels[1:] if self.encoding == "dummy" else self.levels
            found = [*shown, *(["other"] if self.other else [])]
        elif self.dates:
            found = [*self.dates]
        elif self.bins:
            found = ["bin"]
        else:
            found = ["log"] if self.log else [""]
        if self.indicator:
            found.append("missing")
        return tuple(f"{self.column}[{name}]" if name else self.column for name in found)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All parts, in the order of the text; at most one for a column."""

    parts: tuple[ColumnRecipe, ...]
    _by_column: dict[str, ColumnRecipe] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_column.update({part.column: part for part in self.parts})

    @classmethod
    def parse(cls, text: str) -> "Recipe":
        """Read a recipe (``program.recipe`` where it is none); "" is the one that changes nothing."""
        if len(text) > MOST_TEXT:
            raise _wrong("", f"it has {len(text)} characters; the limit is {MOST_TEXT}")
        parts = tuple(_part(tokens) for tokens in _split(_tokens(text), ";"))
        names = [part.column for part in parts]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise _wrong(twice[0], "it is named twice")
        return cls(parts)

    def of(self, column: str) -> ColumnRecipe | None:
        """What happens to a column; None: it passes as it is."""
        return self._by_column.get(column)

    def lacking(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Columns of the recipe that a table has not."""
        there = set(columns)
        return tuple(part.column for part in self.parts if part.column not in there)

    def names(self, columns: Sequence[str]) -> tuple[str, ...]:
        """What a table of these columns has afterwards, in their order."""
        parts = [(column, self.of(column)) for column in columns]
        found = [name for column, part in parts for name in ((column,) if part is None else part.names)]
        if len(found) > LIMITS.columns:
            raise _wrong("", f"it makes {len(found)} columns; the limit is {LIMITS.columns}")
        return tuple(found)

    def counted(self, columns: Sequence[str]) -> tuple[tuple[str, Count], ...]:
        """What is counted of a table's values, in order."""
        return tuple((column, count) for column in columns if (part := self.of(column)) for count in part.counts)

    @property
    def own_statistics(self) -> tuple[str, ...]:
        """Columns whose outcome depends on the owner's other rows."""
        return tuple(part.column for part in self.parts if part.own_statistics)


def quoted(level: str) -> str:
    """A level as a recipe writes it."""
    plain = level and _TOKEN.fullmatch(level) and not level.startswith('"') and level not in ",;:|"
    return level if plain and level == level.strip() else '"' + level.replace('"', '""') + '"'


# -- reading -----------------------------------------------------------------------------------------------------


def _wrong(column: str, what: str) -> RangeError:
    where = f"The recipe's part for {column}" if column else "The recipe"
    return RangeError(
        "program.recipe",
        f"{where} cannot be read: {what}.",
        "Write `column: operation, operation; column: …`; the user guide lists the operations.",
        field="recipe",
        column=column,
    )


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    text = unicodedata.normalize("NFC", text)  # as an owner's cells are kept
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _wrong("", f"a quotation mark is not closed at character {at + 1}")
        literal, word, mark = match.groups()
        if literal is not None:
            found.append(_Token(literal.replace('""', '"'), quoted=True))
        else:
            found.append(_Token(word or mark, mark=mark is not None))
        at = match.end()
    return found


def _split(tokens: Sequence[_Token], mark: str) -> Iterator[list[_Token]]:
    """The pieces between marks; an empty last one is none."""
    piece: list[_Token] = []
    for token in tokens:
        if token.mark and token.text == mark:
            yield piece
            piece = []
        else:
            piece.append(token)
    if piece:
        yield piece


def _part(tokens: list[_Token]) -> ColumnRecipe:
    if len(tokens) < 2 or tokens[0].quoted or not tokens[1].mark or tokens[1].text != ":":
        raise _wrong("", "a part does not begin with `column:`")
    column = tokens[0].text
    if not _COLUMN.fullmatch(column):
        raise _wrong("", f"{column!r} is no column's name")
    facts: dict[str, object] = {}
    place = -1
    for words in _split(tokens[2:], ","):
        kind = _operation(column, words, facts)
        at = _ORDER.index(kind)
        if at < place or (at == place and kind != "date"):
            raise _wrong(column, f"{_said(words)!r} is there twice or after what is done later")
        place = at
    if not facts:
        raise _wrong(column, "it names no operation")
    part = ColumnRecipe(column, **facts)  # type: ignore[arg-type]
    _sound(part)
    return part


def _operation(column: str, words: list[_Token], facts: dict[str, object]) -> str:
    """Read one operation into ``facts``; what kind it is."""
    head = "" if not words or words[0].quoted else words[0].text
    rest = words[1:]
    match head:
        case "empty":
            facts["empty"] = _levels(column, rest)
            return "empty"
        case "fill" if len(rest) == 1 and not rest[0].mark:
            statistic = not rest[0].quoted and rest[0].text in get_args(Statistic)
            facts["fill_by" if statistic else "fill_with"] = rest[0].text
            return "fill"
        case "indicator" if not rest:
            facts["indicator"] = True
            return "indicator"
        case "clip":
            facts["quantiles"] = bool(rest) and rest[0].text == "quantiles"
            facts["clip"] = _two(column, rest[1:] if facts["quantiles"] else rest)
            return "clip"
        case "log" if not rest:
            facts["log"] = "log"
            return "log"
        case "signed" if [token.text for token in rest] == ["log"]:
            facts["log"] = "signed log"
            return "log"
        case "bins":
            facts["bins"] = tuple(_number(column, token) for token in rest)
            return "bins"
        case "one-hot" | "dummy" | "ordinal":
            facts["encoding"], facts["levels"] = head, _levels(column, rest)
            return "encoding"
        case "other" if [token.text for token in rest] in (["refuse"], ["column"], ["level"]):
            facts["other"] = rest[0].text != "refuse"
            wanted = "level" if facts.get("encoding") == "ordinal" else "column"
            if rest[0].text not in ("refuse", wanted):
                raise _wrong(column, f"others have a {wanted} of their own there, or are refused")
            return "other"
        case "days" if len(rest) == 2 and rest[0].text == "since":
            facts["dates"], facts["since"] = (*_dates(facts), "days"), _day(column, rest[1].text)
            return "date"
        case "year" | "month" | "day" | "weekday" if not rest:
            facts["dates"] = (*_dates(facts), head)
            return "date"
        case _:
            raise _wrong(column, f"{_said(words)!r} is no operation")


def _dates(facts: dict[str, object]) -> tuple[str, ...]:
    found = facts.get("dates", ())
    assert isinstance(found, tuple)
    return tuple(map(str, found))


def _said(words: Sequence[_Token]) -> str:
    return " ".join(token.text for token in words)[:60]


def _levels(column: str, tokens: list[_Token]) -> tuple[str, ...]:
    pieces = list(_split(tokens, "|"))
    found = tuple(" ".join(token.text for token in piece) for piece in pieces)
    plain = all(
        piece and not any(token.mark or (token.quoted and len(piece) > 1) for token in piece) for piece in pieces
    )
    if not plain or not found or (tokens and tokens[-1].mark):
        raise _wrong(column, 'levels are written `a | b | "c, d"`')
    if len(found) > MOST_LEVELS or max(map(len, found)) > _MOST_LEVEL or len(set(found)) < len(found) or "" in found:
        raise _wrong(column, f"levels are up to {MOST_LEVELS} different texts of 1 to {_MOST_LEVEL} characters each")
    return found


def _two(column: str, tokens: list[_Token]) -> tuple[Decimal, Decimal]:
    numbers = [_number(column, token) for token in tokens]
    if len(numbers) != 2 or numbers[0] >= numbers[1]:
        raise _wrong(column, "clip takes a lower and a higher bound")
    return numbers[0], numbers[1]


def _number(column: str, token: _Token) -> Decimal:
    if token.quoted or not _NUMBER.fullmatch(token.text):
        raise _wrong(column, f"{token.text[:60]!r} is no plain number")
    return Decimal(token.text)


def _day(column: str, text: str) -> dt.date:
    found = day(text)
    if found is None:
        raise _wrong(column, f"{text[:60]!r} is no day YYYY-MM-DD")
    return found


def day(text: str) -> dt.date | None:
    """A day written YYYY-MM-DD, else None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def number(text: str) -> float | None:
    """A plain number, else None."""
    return float(text) if _NUMBER.fullmatch(text) else None


def _sound(part: ColumnRecipe) -> None:
    """What the operations of a column must be to each other."""
    column = part.column
    kinds = (bool(part.encoding), bool(part.dates), bool(part.log or part.bins or part.clip))
    if sum(kinds) > 1 or (part.log and part.bins):
        raise _wrong(column, "a column is treated as numbers, as levels or as dates, and has a log or bins")
    if part.other and not part.encoding:
        raise _wrong(column, "only levels have others")
    if part.indicator and not part.takes_empty:
        raise _wrong(column, "an indicator leaves the cell empty: fill it, too")
    if part.empty and not part.takes_empty:
        raise _wrong(column, "what counts as empty must be filled")
    if part.quantiles and part.clip is not None and not 0 <= part.clip[0] < part.clip[1] <= 1:
        raise _wrong(column, "quantiles are from 0 to 1")
    if part.bins and (len(part.bins) >= _MOST_BINS or any(a >= b for a, b in itertools.pairwise(part.bins))):
        raise _wrong(column, f"bins take up to {_MOST_BINS - 1} ascending edges")
    if part.encoding and len(part.levels) < 2 and not part.other:
        raise _wrong(column, "two levels at least, or one and a place for others")
    if part.fill_by and (part.encoding or part.dates):
        raise _wrong(column, f"levels and dates have no {part.fill_by}")
    if part.encoding and part.fill_with is not None and part.fill_with not in part.levels:
        raise _wrong(column, f"{part.fill_with[:60]!r} is none of the levels")
    if part.dates and part.fill_with is not None and day(part.fill_with) is None:
        raise _wrong(column, f"{part.fill_with[:60]!r} is no day YYYY-MM-DD")
    if part.of_numbers and part.fill_with is not None and number(part.fill_with) is None:
        raise _wrong(column, f"{part.fill_with[:60]!r} is no plain number")
    if part.of_numbers and any(number(value) is None for value in part.empty):
        raise _wrong(column, "what counts as empty among numbers is a plain number")
    if len(set(part.names)) < len(part.names):
        raise _wrong(column, "a level has the name of a column that is made: `other` or `missing`")
