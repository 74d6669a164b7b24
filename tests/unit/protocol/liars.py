"""Parties that lie with their own key: their log, their commitment and its anchor are right, what they state is not.

A lie is a function from what an honest party would state next to what the liar states instead.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from protocol import statements
from protocol.errors import TallyError
from protocol.reasons import BY_CODE
from protocol.statements import ANSWERS, Statement
from tests.unit.protocol.true_stories import KINDS, Story

OF_EACH: Final = 2
"""Other values of one field."""
Path = tuple[str | int, ...]
Said = Callable[[int, Statement], list[Statement]]
"""From the number of the statement in the task and the honest statement to what is stated in its place."""


class Liar(Story):
    """A story in which one party lies."""

    def __init__(self, party: str, said: Said, *args: Any, **changes: Any) -> None:
        self.liar = party
        self.said = said
        self.count = 0
        super().__init__(*args, **changes)

    def log(self, party: str, statement: Statement) -> bytes:
        """Honest for all but the liar."""
        if party != self.liar:
            return super().log(party, statement)
        self.count += 1
        envelopes = [super(Liar, self).log(party, other) for other in self.said(self.count - 1, statement)]
        return envelopes[-1] if envelopes else b""


def told_by(kind: str, party: str, said: Said) -> Story:
    """The story of a kind with this liar in it."""
    return KINDS[kind](partial(Liar, party, said))


@dataclass(frozen=True, slots=True)
class Lie:
    """``field`` is the statement's kind with the path of what was altered, without indexes; or what was done."""

    field: str
    party: str
    said: Said


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every field of a statement's JSON form, lists and what is in them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*at, key))
    elif isinstance(value, list):
        yield at, value
        for place, item in enumerate(value[:2]):  # what stands further back is read as these are
            yield from leaves(item, (*at, place))
    else:
        yield at, value


_WORDS: Final = (
    "hospital",
    "laboratory",
    "regulator",
    "psi.align@1.0.0",
    "other",
    "run_keys",
    *ANSWERS,
    *sorted(BY_CODE)[:2],
)


def others(value: Any) -> Iterator[Any]:
    """Values of the same kind, and None where one may be missing."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value + 1_000_000, value - 1, 0)
    elif isinstance(value, list):
        yield from (value[1:], value[:-1], [*value, *value[-1:]], value[::-1])
    elif value is None:
        yield from ("0x" + "5a" * 32, "17", "hospital", "align")
    else:
        if value.startswith("0x"):
            yield value[:-1] + ("1" if value[-1] != "1" else "2")
        elif value.isdigit():
            yield from (str(int(value) + 1), str(int(value) + 1_000_000))
        yield from _WORDS
        yield None


def field_name(statement: Statement, path: Path) -> str:
    """A field's name without indexes, behind its statement's kind."""
    return ".".join([type(statement).__name__, *(key for key in path if isinstance(key, str))])


def altered(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """A statement with one field changed to another value that its format allows, for every field."""
    for path, value in leaves(statement.to_json()):
        name = field_name(statement, path)
        allowed = (_with(statement, path, other) for other in others(value))
        for changed in islice((found for found in allowed if found not in (None, statement)), OF_EACH):
            assert changed is not None
            yield name, changed


def _with(statement: Statement, path: Path, value: Any) -> Statement | None:
    document: Any = statement.to_json()
    at: Any = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    try:
        found = type(statement).parse(document)
        statements.serialise(found)
    except (TallyError, TypeError, ValueError):
        return None
    return found


def lies(kind: str) -> Iterator[Lie]:
    """Every field of every statement of a story, altered; of parties that state the same kinds, those of one."""
    honest = KINDS[kind](Story)
    for party in _roles(honest):
        for place, statement in enumerate(honest.stated(party)):
            for field, changed in altered(statement):
                if field.endswith((".task", ".party")):
                    continue  # then it is another task's or party's entry, which is refused when the bundle is read
                yield Lie(field, party, lambda n, told, place=place, changed=changed: [changed if n == place else told])


def _roles(honest: Story) -> list[str]:
    """One party for each sequence of kinds of statements."""
    roles = {tuple(said.KIND for said in honest.stated(party)): party for party in honest.trees}
    return sorted(roles.values())


def restatements(kind: str) -> Iterator[Lie]:
    """Every statement never made, made twice, made later, or made of another time besides."""
    honest = KINDS[kind](Story)
    for party in _roles(honest):
        told = honest.stated(party)
        for place, statement in enumerate(told):
            name = f"{type(statement).__name__} of {party}"
            last = len(told) - 1
            yield Lie(f"no {name}", party, lambda n, said, place=place: [] if n == place else [said])
            yield Lie(f"{name} twice", party, lambda n, said, place=place: [said, said] if n == place else [said])
            if place < last:
                yield Lie(f"{name} after the end", party, _late(place, last, statement))
                yield Lie(f"{name} again after the end", party, _again(last, statement))


def _late(place: int, last: int, statement: Statement) -> Said:
    return lambda n, said: [] if n == place else [said, statement] if n == last else [said]


def _again(last: int, statement: Statement) -> Said:
    return lambda n, said: [said, statement] if n == last else [said]
