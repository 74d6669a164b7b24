"""The grammar of queries, read by recursive descent: one function for each rule, the tightest binding last.

    query      = SELECT item {"," item} FROM tables [WHERE condition] [GROUP BY value {"," value}]
                 [HAVING condition] [ORDER BY value [ASC | DESC] {"," …}] [LIMIT number]
    item       = value [AS name]
    tables     = rows | owner {JOIN owner USING "(" id ")"}
    condition  = negation {AND negation}, joined by OR
    negation   = NOT negation | value [comparison]
    comparison = sign value | [NOT] BETWEEN value AND value | [NOT] IN "(" number {"," number} ")" | IS [NOT] NULL
    value      = product {("+" | "-") product};  product = factor {("*" | "/") factor}
    factor     = "-" factor | number | [owner "."] column | "(" condition ")" | function "(" … ")"
               | CASE WHEN condition THEN value {WHEN …} [ELSE value] END | COALESCE "(" column "," value ")"

It is a part of SQL, so that any database gives the same answer for the same text, and small, so that a person who signs can read
all that it may mean: no subqueries, no windows, no comments, no texts, no functions but the listed ones.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NoReturn, cast, get_args

from protocol.sql.nodes import (
    CONDITIONS,
    Aggregate,
    Arithmetic,
    ArithmeticSign,
    Both,
    Case,
    Column,
    Comparison,
    ComparisonSign,
    Function,
    In,
    IsNull,
    Node,
    Not,
    Number,
    all_of,
    depth_of,
)
from protocol.sql.tokens import Token, tokens, wrong

_KEYWORDS: Final = frozenset(
    {"ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "DESC", "DISTINCT", "ELSE", "END", "FROM", "GROUP", "HAVING", "IN", "IS", "JOIN",
     "LIMIT", "NOT", "NULL", "ON", "OR", "ORDER", "SELECT", "THEN", "UNION", "USING", "WHEN", "WHERE"}
)  # fmt: skip
_FUNCTIONS: Final = get_args(Function)
_SAME: Final = {"VARIANCE": "VAR_SAMP", "STDDEV": "STDDEV_SAMP"}
_SIGNS: Final = {"!=": "<>", **{sign: sign for sign in get_args(ComparisonSign)}}
_DEEPEST: Final = 30
"""Parentheses inside each other."""
_LONGEST: Final = 100
"""Nodes inside each other: a chain of signs is as deep as it is long, and all that reads it afterwards recurses."""
MOST_NUMBERS: Final = 256
"""Numbers in one IN."""


@dataclass(frozen=True, slots=True)
class Item:
    """What SELECT lists: an expression and the name of its column in the answer."""

    expression: Node
    name: str


@dataclass(frozen=True, slots=True)
class Clauses:
    """A query as it is written. ``tables`` are owners, none where it says ``rows``; ``order`` has True where it falls."""

    tables: tuple[str, ...]
    items: tuple[Item, ...]
    where: Node | None
    groups: tuple[Node, ...]
    having: Node | None
    order: tuple[tuple[Node, bool], ...]
    limit: int | None


def read(text: str) -> Clauses:
    """The clauses of a text (``program.sql`` where it is no query)."""
    return _Reader(text).query()


class _Reader:
    """The text from a place on."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._place, self._depth = text, tokens(text), 0, 0

    # -- clauses -------------------------------------------------------------------------------------------------

    def query(self) -> Clauses:
        self._expect("SELECT")
        if self._next.word == "DISTINCT":
            self._fail("DISTINCT is not taken: group by the columns instead")
        items = [self._item()]
        while self._mark(","):
            items.append(self._item())
        self._expect("FROM")
        tables = self._tables()
        where = self._condition() if self._keyword("WHERE") else None
        groups: list[Node] = []
        if self._keyword("GROUP", "BY"):
            groups = [self._value()]
            while self._mark(","):
                groups.append(self._value())
        having = self._condition() if self._keyword("HAVING") else None
        order = self._order() if self._keyword("ORDER", "BY") else ()
        limit = self._limit() if self._keyword("LIMIT") else None
        if self._next.kind != "end":
            self._fail("nothing may follow there")
        for node in (*(item.expression for item in items), where, *groups, having, *(each for each, _ in order)):
            if node is not None and depth_of(node) > _LONGEST:
                raise wrong(self._text, node.at, f"more than {_LONGEST} parts stand in one expression")
        return Clauses(tables, tuple(items), where, tuple(groups), having, order, limit)

    def _item(self) -> Item:
        start = self._next.at
        if self._next.text == "*":
            self._fail("single rows are not given: list groups and COUNT, SUM, AVG, VAR_SAMP, STDDEV_SAMP")
        expression = self._value()
        written = self._text[start : self._tokens[self._place - 1].at + len(self._tokens[self._place - 1].text)]
        if self._keyword("AS"):
            return Item(expression, self._name("a name"))
        name = expression.name if isinstance(expression, Column) else written.strip()
        return Item(expression, name)

    def _tables(self) -> tuple[str, ...]:
        first = self._name("`rows`, or the owners whose rows are matched")
        if first == "rows" and self._next.word != "JOIN":
            return ()
        found = [first]
        while self._keyword("JOIN"):
            found.append(self._name("an owner"))
            self._expect("USING")
            if not (self._mark("(") and self._name("id") == "id" and self._mark(")")):
                self._fail("rows are matched by their identifier, USING (id)")
        if len(set(found)) < len(found):
            self._fail("each owner is named once")
        return tuple(found)

    def _order(self) -> tuple[tuple[Node, bool], ...]:
        found: list[tuple[Node, bool]] = []
        while True:
            value = self._value()
            falls = self._keyword("DESC")
            if not falls:
                self._keyword("ASC")
            found.append((value, falls))
            if not self._mark(","):
                return tuple(found)

    def _limit(self) -> int:
        token = self._take()
        if token.kind != "number" or "." in token.text or len(token.text) > 6 or int(token.text) < 1:
            self._fail("LIMIT takes a whole number from 1 to 999999", token)
        return int(token.text)

    # -- conditions ----------------------------------------------------------------------------------------------

    def _condition(self) -> Node:
        start = self._next
        found = self._either()
        if not isinstance(found, CONDITIONS):
            self._fail("a condition is expected: compare the value with something", start)
        return found

    def _value(self) -> Node:
        start = self._next
        found = self._either()
        if isinstance(found, CONDITIONS):
            self._fail("a value is expected: write CASE WHEN … THEN 1 ELSE 0 END", start)
        return found

    def _either(self) -> Node:
        """A condition or a value: parentheses may hold both."""
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"it is nested more than {_DEEPEST} deep")
        found = self._conjunction()
        while (token := self._next).word == "OR":
            self._take()
            found = self._joined(found, token, self._conjunction())
        self._depth -= 1
        return found

    def _conjunction(self) -> Node:
        found = self._negation()
        while (token := self._next).word == "AND":
            self._take()
            found = self._joined(found, token, self._negation())
        return found

    def _joined(self, left: Node, token: Token, right: Node) -> Node:
        if not isinstance(left, CONDITIONS) or not isinstance(right, CONDITIONS):
            self._fail(f"{token.word} joins conditions", token)
        return Both("AND" if token.word == "AND" else "OR", left, right, token.at)

    def _negation(self) -> Node:
        token = self._next
        if not self._keyword("NOT"):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"it is nested more than {_DEEPEST} deep")
        found = self._negation()
        self._depth -= 1
        if not isinstance(found, CONDITIONS):
            self._fail("NOT takes a condition", token)
        return Not(found, token.at)

    def _comparison(self) -> Node:
        left = self._sum()
        token = self._next
        if token.kind == "mark" and token.text in _SIGNS:
            self._take()
            sign = cast("ComparisonSign", _SIGNS[token.text])
            return Comparison(sign, self._operand(left, token), self._operand(self._sum(), token), token.at)
        if token.word == "IS":
            self._take()
            negated = self._keyword("NOT")
            self._expect("NULL")
            found: Node = IsNull(self._operand(left, token), token.at)
            return Not(found, token.at) if negated else found
        negated = token.word == "NOT"
        if negated:
            self._take()
            token = self._next
        if self._keyword("BETWEEN"):
            if any(
                isinstance(each, Case) for each in all_of(left)
            ):  # it is written out twice: nested, that would double each time
                self._fail("BETWEEN compares no CASE and no COALESCE: use >= and <=", token)
            value, low = self._operand(left, token), self._operand(self._sum(), token)
            self._expect("AND")
            high = self._operand(self._sum(), token)
            found = Both(
                "AND", Comparison(">=", value, low, token.at), Comparison("<=", value, high, token.at), token.at
            )
            return Not(found, token.at) if negated else found
        if self._keyword("IN"):
            found = In(self._operand(left, token), self._numbers(), token.at)
            return Not(found, token.at) if negated else found
        if negated:
            self._fail("BETWEEN or IN is expected after NOT")
        return left

    def _operand(self, node: Node, token: Token) -> Node:
        if isinstance(node, CONDITIONS):
            self._fail("conditions are not compared: write CASE WHEN … THEN 1 ELSE 0 END", token)
        return node

    def _numbers(self) -> tuple[Decimal, ...]:
        if not self._mark("("):
            self._fail("IN takes numbers in parentheses")
        found = [self._signed()]
        while self._mark(","):
            found.append(self._signed())
        if not self._mark(")"):
            self._fail("IN takes numbers in parentheses, with commas between them")
        if len(found) > MOST_NUMBERS or len(set(found)) < len(found):
            self._fail(f"IN takes up to {MOST_NUMBERS} different numbers")
        return tuple(found)

    def _signed(self) -> Decimal:
        negative = self._mark("-")
        token = self._take()
        if token.kind != "number":
            self._fail("a number is expected: columns hold numbers, so write a category's number", token)
        return -self._decimal(token) if negative else self._decimal(token)

    # -- values --------------------------------------------------------------------------------------------------

    def _sum(self) -> Node:
        found = self._product()
        while (token := self._next).text in ("+", "-") and token.kind == "mark":
            self._take()
            found = self._arithmetic(found, token, self._product())
        return found

    def _product(self) -> Node:
        found = self._factor()
        while (token := self._next).text in ("*", "/") and token.kind == "mark":
            self._take()
            found = self._arithmetic(found, token, self._factor())
        return found

    def _arithmetic(self, left: Node, token: Token, right: Node) -> Node:
        sign = cast("ArithmeticSign", token.text)
        return Arithmetic(sign, self._operand(left, token), self._operand(right, token), token.at)

    def _factor(self) -> Node:
        token = self._take()
        if token.kind == "mark" and token.text == "-":
            if self._next.kind == "number":
                return Number(-self._decimal(self._take()), token.at)
            self._depth += 1
            if self._depth > _DEEPEST:
                self._fail(f"it is nested more than {_DEEPEST} deep")
            found = self._operand(self._factor(), token)
            self._depth -= 1
            return Arithmetic("-", Number(Decimal(0), token.at), found, token.at)
        if token.kind == "number":
            return Number(self._decimal(token), token.at)
        if token.kind == "mark" and token.text == "(":
            inside = self._either()
            if not self._mark(")"):
                self._fail("a parenthesis is not closed")
            return inside
        if token.word == "CASE":
            return self._case(token)
        if token.word == "NULL":
            self._fail("NULL is no value here: leave ELSE out, or compare with IS NULL", token)
        if token.kind == "name" and self._next.text == "(" and self._next.kind == "mark":
            return self._called(token)
        if token.kind == "quoted" or (token.kind == "name" and token.word not in _KEYWORDS):
            return self._column(token)
        return self._fail("a column, a number or a function is expected", token)

    def _column(self, first: Token) -> Column:
        if not self._mark("."):
            return Column("", first.text, first.at)
        return Column(first.text, self._name("a column"), first.at)

    def _case(self, token: Token) -> Case:
        branches: list[tuple[Node, Node]] = []
        while self._keyword("WHEN"):
            condition = self._condition()
            self._expect("THEN")
            branches.append((condition, self._value()))
        if not branches:
            self._fail("CASE is followed by WHEN and a condition")
        otherwise = self._value() if self._keyword("ELSE") else None
        self._expect("END")
        return Case(tuple(branches), otherwise, token.at)

    def _called(self, token: Token) -> Node:
        self._mark("(")
        function = _SAME.get(token.word, token.word)
        if function == "COALESCE":
            value = self._value()
            if not isinstance(value, Column) or not self._mark(","):
                self._fail("COALESCE takes a column and what stands for NULL")
            other = self._value()
            self._close()
            return Case(((Not(IsNull(value, token.at), token.at), value),), other, token.at)
        if function not in _FUNCTIONS:
            self._fail(f"there is no function {token.text}; there are {', '.join(_FUNCTIONS)} and COALESCE", token)
        if self._next.word == "DISTINCT":
            self._fail("different values are not counted")
        if function == "COUNT" and self._mark("*"):
            self._close()
            return Aggregate("COUNT", None, token.at)
        argument = self._value()
        self._close()
        return Aggregate(cast("Function", function), argument, token.at)

    def _close(self) -> None:
        if not self._mark(")"):
            self._fail("a parenthesis is not closed")

    # -- tokens --------------------------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._place += 1
        return token

    def _mark(self, text: str) -> bool:
        if self._next.kind != "mark" or self._next.text != text:
            return False
        self._place += 1
        return True

    def _keyword(self, *words: str) -> bool:
        if self._next.word != words[0]:
            return False
        self._take()
        for word in words[1:]:
            self._expect(word)
        return True

    def _expect(self, word: str) -> None:
        if self._next.word != word:
            self._fail(f"{word} is expected")
        self._take()

    def _name(self, what: str) -> str:
        token = self._take()
        if token.kind != "quoted" and (token.kind != "name" or token.word in _KEYWORDS):
            self._fail(f"{what} is expected", token)
        return token.text

    def _decimal(self, token: Token) -> Decimal:
        whole, _, places = token.text.partition(".")
        if len(whole) > 15 or len(places) > 9:
            self._fail("numbers have up to 15 digits and 9 places", token)
        return Decimal(token.text)

    def _fail(self, what: str, token: Token | None = None) -> NoReturn:
        raise wrong(self._text, (token or self._next).at, what)
