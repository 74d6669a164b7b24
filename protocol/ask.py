"""The ask: everything that one data set's owner agrees to, in one canonical document whose SHA-256 its wallet signs.

An ask holds the whole task contract but for what no two tasks share (nonce and deadline). What a task may ask is therefore
closed: a later task must be equal to it field by field (:func:`differences`), a field that did not exist when it was signed
included. A standing authorization may name exceptions, one by one, as :class:`Ranges`; nothing else is a range. A node's own
limits are asks as well.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Self, cast

from protocol import canonical
from protocol.codec import (
    REFERENCE,
    UINT64,
    Codec,
    entries,
    integer,
    matching,
    record,
    sequence,
    sorted_texts,
    text,
)
from protocol.contract import Input, Parameter, TaskContract
from protocol.errors import FormatError
from protocol.fields import Document, Fields, Many, Named, Reference
from protocol.limits import LIMITS
from protocol.programs import Port, ProgramDescriptor, Words
from protocol.support import UNKNOWN, WORDS, needs_consent

LEFT_OUT: Final = "contract.parameters_left_out"
"""Code of the problem that :func:`complete` mends."""
PER_TASK: Final = ("format", "nonce", "deadline")
"""What an ask leaves out of the contract: a task has its own, and the authorization's window bounds the time."""
_BLANK: Final[dict[str, object]] = {"format": TaskContract.FORMAT, "nonce": "0" * 64, "deadline": "0"}
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEY: Final = matching(r"[a-z0-9_]{1,31}\.[a-z0-9_]{1,63}", "ask.key", "the name of what varies", "Use `step.name`.")
_RATE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Span(Fields):
    """Values from ``low`` to ``high``, both inside: numbers, or dates as ``YYYY-MM-DD``."""

    low: Annotated[str, text(40), Named("from")]
    high: Annotated[str, text(40), Named("to")]

    def require(self, where: str) -> None:
        """Ends of two kinds, or the wrong way round, are refused."""
        if not self.holds(self.low) or not self.holds(self.high):
            raise FormatError(
                "ask.span",
                f"{where} from {self.low!r} to {self.high!r} is no range.",
                "Give two numbers, or two dates YYYY-MM-DD, the smaller one first.",
                field=where,
            )

    def holds(self, value: str) -> bool:
        """Whether the value lies inside; one of another kind does not."""
        if all(_NUMBER.fullmatch(end) for end in (self.low, self.high, value)):
            return Decimal(self.low) <= Decimal(value) <= Decimal(self.high)
        return all(_DATE.fullmatch(end) for end in (self.low, self.high, value)) and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class FilterRange(Fields):
    """The value of one row filter may lie in a span: the filter at ``place`` among those of ``data_set``, counted from 0."""

    data_set: Reference
    place: Annotated[int, integer(0, 63)]
    span: Annotated[Span, record(Span), Named("values")]


def _read_allowed(value: object, where: str) -> Span | tuple[str, ...]:
    if isinstance(value, dict):
        return Span.parse(value, where)
    found = _WORDS.read(value, where)
    if not found:
        raise FormatError(
            "ask.any_of", f"{where} allows nothing.", "Name a value, or leave the range out.", field=where
        )
    return found


def _write_allowed(allowed: Span | tuple[str, ...]) -> object:
    return allowed.to_json() if isinstance(allowed, Span) else _WORDS.write(allowed)


_WORDS: Final = sequence(text(200), 64)
_ALLOWED: Final = Codec(
    _read_allowed,
    _write_allowed,
    {"anyOf": [{"$ref": Span}, {**_WORDS.schema, "minItems": 1}]},
    form=("allowed", record(Span), _WORDS),
)


@dataclass(frozen=True, slots=True)
class Ranges(Fields):
    """The exceptions of a standing ask; empty, a task must ask exactly the same.

    ``parameters`` maps ``step.parameter`` to a span, or to the words it may be. ``filters`` are row filters whose values may
    vary. ``versions`` are data sets, of other owners, whose version may be any. ``absent`` are data sets of other owners that a
    task may leave out, as long as ``counterparts`` data sets of other owners take part. ``until`` maps a kept output to the
    last second (unix time) until which a task may have it kept.
    """

    parameters: Annotated[tuple[tuple[str, Span | tuple[str, ...]], ...], entries(_KEY, _ALLOWED, 4096)] = ()
    filters: Annotated[tuple[FilterRange, ...], Many(256)] = ()
    versions: Annotated[tuple[str, ...], sorted_texts(REFERENCE, LIMITS.parties)] = ()
    absent: Annotated[tuple[str, ...], sorted_texts(REFERENCE, LIMITS.parties)] = ()
    counterparts: Annotated[int, integer(0, LIMITS.parties)] = 0
    until: Annotated[tuple[tuple[str, int], ...], entries(_KEY, UINT64, 64)] = ()


NOTHING_VARIES: Final = Ranges()


def _read_terms(value: object, where: str) -> TaskContract:
    if not isinstance(value, dict) or any(name in value for name in PER_TASK):
        raise FormatError("ask.terms", f"{where} is no contract without nonce and deadline.", "Correct it.")
    return TaskContract.parse({**value, **_BLANK})


def _terms(contract: TaskContract) -> dict[str, object]:
    return {key: value for key, value in contract.to_json().items() if key not in PER_TASK}


_TERMS: Final = Codec(
    _read_terms,
    _terms,
    {"type": "object", "description": "The contract but for what each task has of its own"},
    form=("terms", record(TaskContract)),
)


@dataclass(frozen=True, slots=True)
class Ask(Document):
    """What ``data_set``'s owner agrees to. ``contract`` has nonce and deadline blanked; ``tasks_per_day`` bounds a standing one.

    ``per_person`` names the outputs that the owner lets go although their numbers are about single people, row by row or as order
    statistics below the minimum group: none by default.
    """

    FORMAT: ClassVar[str] = "tallystick/ask/v2"
    WHERE: ClassVar[str] = "ask"
    LIMIT: ClassVar[int] = LIMITS.task_contract

    data_set: Reference
    contract: Annotated[TaskContract, _TERMS, Named("terms")]
    tasks_per_day: Annotated[int, integer(1, _RATE)] = 1
    ranges: Ranges = NOTHING_VARIES
    per_person: Annotated[tuple[str, ...], sorted_texts(_KEY, 256)] = ()

    @classmethod
    def of(cls, contract: TaskContract, data_set: str) -> Self:
        """What one task asks of one data set: no range, nothing left out."""
        return cls(contract.input_of(data_set).data_set, _blank(contract))

    def require(self, where: str) -> None:
        """A range that is about nothing is a slip of whoever wrote it: refused, before anybody signs."""
        del where
        contract, ranges = self.contract, self.ranges
        own = contract.input_of(self.data_set)
        others = {item.data_set for item in contract.inputs} - {self.data_set}
        held = {item.data_set: item for item in contract.inputs}
        parameters = {f"{step.id}.{name}" for step in contract.steps for name, _ in step.parameters}
        wrong = [f"parameters.{key}" for key, _ in ranges.parameters if key not in parameters]
        wrong += [
            f"filters.{item.data_set}.{item.place}"
            for item in ranges.filters
            if item.data_set not in held or item.place >= len(held[item.data_set].filters)
        ]
        wrong += [f"versions.{name}" for name in ranges.versions if name not in others]
        wrong += [f"absent.{name}" for name in ranges.absent if name not in others]
        wrong += [f"until.{key}" for key, _ in ranges.until if key not in {keep.source for keep in contract.keeps}]
        wrong += [
            f"per_person.{name}" for name in self.per_person if name not in {out.source for out in contract.outputs}
        ]
        if ranges.counterparts > len(others) or (ranges.absent and not ranges.counterparts):
            wrong.append("counterparts")
        if wrong:
            raise FormatError(
                "ask.range",
                f"The ask for {own.data_set} has no {', '.join(wrong)} that could vary.",
                "Name what the ask has; where counterparts may be absent, say how many must take part.",
                fields=wrong,
            )


def complete(contract: TaskContract, programs: Mapping[str, ProgramDescriptor]) -> TaskContract:
    """The contract with every parameter written out, defaults as the programs' descriptors give them."""
    steps = tuple(
        replace(step, parameters=tuple(sorted(programs[step.program].check_parameters(step.parameters).items())))
        for step in contract.steps
    )
    return replace(contract, steps=steps)


def per_person(contract: TaskContract, programs: Mapping[str, ProgramDescriptor]) -> tuple[str, ...]:
    """The outputs of a contract that need the owners' word each, by what its programs' descriptors say; sorted.

    Those about single people: row by row, or, where a minimum group is agreed, values of single ones (order statistics). An
    output whose program or port is not known counts as one.
    """

    def free(source: str) -> bool:
        port = _port(contract, programs, source)
        return port is not None and not needs_consent(port.support, contract.minimum_group)

    return tuple(sorted({output.source for output in contract.outputs if not free(output.source)}))


def supports(contract: TaskContract, programs: Mapping[str, ProgramDescriptor]) -> dict[str, Words]:
    """What the numbers of each output are about, in words."""
    ports = {output.source: _port(contract, programs, output.source) for output in contract.outputs}
    return {source: UNKNOWN if port is None else WORDS[port.support] for source, port in ports.items()}


def _port(contract: TaskContract, programs: Mapping[str, ProgramDescriptor], source: str) -> Port | None:
    step, _, name = source.partition(".")
    program = next((each.program for each in contract.steps if each.id == step), "")
    descriptor = programs.get(program)
    return None if descriptor is None else next((port for port in descriptor.outputs if port.name == name), None)


def not_opted_in(ask: Ask, contract: TaskContract, programs: Mapping[str, ProgramDescriptor]) -> list[str]:
    """Outputs about single people that ``contract`` opens and ``ask``'s owner did not let go; each as what is not covered."""
    return [f"{name} is about single people" for name in per_person(contract, programs) if name not in ask.per_person]


def differences(ask: Ask, contract: TaskContract, stands_in: Callable[[str, str], bool] = operator.eq) -> list[str]:
    """Where ``contract`` asks anything else than ``ask`` agrees to, ranges counted in; empty when it is covered.

    ``stands_in(agreed, asked)`` says whether one release (program or engine) may run where another was agreed to.
    """
    agreed = _within(ask, contract)
    if isinstance(agreed, str):
        return [agreed]
    agreed = _with_releases(agreed, contract, stands_in)
    return [*_walk("", _terms(agreed), _terms(contract))]


def _within(ask: Ask, contract: TaskContract) -> TaskContract | str:
    """``ask``'s contract with every value that may vary set to the task's, as far as the range lets it be."""
    ranges = ask.ranges
    agreed, asked = ask.contract, {item.data_set: item for item in contract.inputs}
    missing = frozenset(ranges.absent) - asked.keys()
    if len(asked.keys() - {ask.data_set}) < ranges.counterparts:
        return f"counterparts: {len(asked) - 1} instead of at least {ranges.counterparts}"
    return replace(
        agreed,
        inputs=tuple(
            _input(item, asked.get(item.data_set), ranges) for item in agreed.inputs if item.data_set not in missing
        ),
        steps=tuple(
            replace(
                step,
                parameters=tuple(
                    (name, _parameter(step.id, name, value, contract, ranges)) for name, value in step.parameters
                ),
                inputs=tuple((port, tuple(s for s in sources if s not in missing)) for port, sources in step.inputs),
            )
            for step in agreed.steps
        ),
        keeps=tuple(replace(keep, until=_until(keep.source, keep.until, contract, ranges)) for keep in agreed.keeps),
    )


def _with_releases(agreed: TaskContract, contract: TaskContract, stands_in: Callable[[str, str], bool]) -> TaskContract:
    """What was agreed with the task's releases in the place of those that they may stand in for."""
    asked = {step.id: step.program for step in contract.steps}

    def release(named: str, wanted: str) -> str:
        return wanted if stands_in(named, wanted) else named

    return replace(
        agreed,
        engine=release(agreed.engine, contract.engine),
        steps=tuple(
            replace(step, program=release(step.program, asked.get(step.id, step.program))) for step in agreed.steps
        ),
    )


def _input(item: Input, asked: Input | None, ranges: Ranges) -> Input:
    if asked is None:
        return item
    filters = list(item.filters)
    for each in ranges.filters:
        if each.data_set != item.data_set or each.place >= len(asked.filters):
            continue
        given = asked.filters[each.place]
        if each.span.holds(given.value):
            filters[each.place] = replace(filters[each.place], value=given.value)
    version = asked.version if item.data_set in ranges.versions else item.version
    return replace(item, version=version, filters=tuple(filters))


def _parameter(step: str, name: str, value: Parameter, contract: TaskContract, ranges: Ranges) -> Parameter:
    allowed = dict(ranges.parameters).get(f"{step}.{name}")
    given = next((dict(each.parameters).get(name) for each in contract.steps if each.id == step), None)
    if allowed is None or given is None or type(given) is not type(value):
        return value
    said = ("true" if given else "false") if isinstance(given, bool) else str(given)
    inside = allowed.holds(said) if isinstance(allowed, Span) else said in allowed
    return given if inside else value


def _until(source: str, until: int, contract: TaskContract, ranges: Ranges) -> int:
    latest = dict(ranges.until).get(source)
    given = next((keep.until for keep in contract.keeps if keep.source == source), None)
    return given if latest is not None and given is not None and given <= latest else until


def _blank(contract: TaskContract) -> TaskContract:
    return replace(contract, nonce="0" * 64, deadline=0)


def _walk(where: str, agreed: object, asked: object) -> Iterator[str]:
    if isinstance(agreed, dict) and isinstance(asked, dict):
        mine, theirs = cast("dict[str, object]", agreed), cast("dict[str, object]", asked)
        for key in sorted({*mine, *theirs}):
            place = f"{where}.{key}" if where else key
            if key not in mine or key not in theirs:
                yield _differs(place, mine.get(key), theirs.get(key))
            else:
                yield from _walk(place, mine[key], theirs[key])
    elif isinstance(agreed, list) and isinstance(asked, list) and len(agreed) == len(asked):
        pairs = zip(cast("list[object]", agreed), cast("list[object]", asked), strict=True)
        for place, (one, other) in enumerate(pairs):
            yield from _walk(f"{where}[{place}]", one, other)
    elif type(agreed) is not type(asked) or agreed != asked:
        yield _differs(where, agreed, asked)


def _differs(where: str, agreed: object, asked: object) -> str:
    return f"{where}: {_shown(agreed)} agreed, {_shown(asked)} asked"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    said = canonical.dumps(value).decode() if isinstance(value, dict | list | bool) else str(value)
    return said if len(said) <= 80 else said[:77] + "…"
