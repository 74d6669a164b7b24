"""Published program descriptors of every version: what an old one does not say is ``any``, unconditional, unpaired and unmeasured.

Until version 5 traffic, memory and failure were formulas too. They are read as they were written and used no more: a plan counts
what a program sends and holds.

An old descriptor knew two kinds of support. What it calls ``aggregate`` stays so: the program that it describes has another
digest than one of today, and no node of this release runs it.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from protocol import canonical
from protocol.codec import Codec, choice, integer, record, sequence, text
from protocol.fields import Document, Fields, Hash, Many, Program, fields_of
from protocol.programs import (
    COMMITTEES,
    COST,
    VALUES,
    Committee,
    CostModel,
    Disclosure,
    Pair,
    ParameterSpec,
    Port,
    ProgramDescriptor,
    Values,
    Words,
)

_Support = Literal["aggregate", "per-person"]
_SUPPORT: Final = choice(get_args(_Support), "program.support")


@dataclass(frozen=True, slots=True)
class _PortV3(Fields):
    """A port as descriptors of version 3 have it."""

    name: Annotated[str, text(63)]
    kind: Annotated[str, text(63)]
    about: Words
    least: Annotated[int, integer(0, 100)]
    most: Annotated[int, integer(1, 100)]
    support: Annotated[_Support, _SUPPORT]

    def port(self) -> Port:
        """As it is read today."""
        return Port(self.name, self.kind, self.about, self.least, self.most, self.support)

    @classmethod
    def of(cls, port: Port) -> Self:
        """As it was written."""
        support: _Support = "per-person" if port.support == "per-person" else "aggregate"
        return cls(port.name, port.kind, port.about, port.least, port.most, support)


@dataclass(frozen=True, slots=True)
class _PortV4(Fields):
    """A port as descriptors of version 4 have it."""

    name: Annotated[str, text(63)]
    kind: Annotated[str, text(63)]
    about: Words
    least: Annotated[int, integer(0, 100)]
    most: Annotated[int, integer(1, 100)]
    support: Annotated[_Support, _SUPPORT]
    values: Annotated[Values, choice(VALUES, "program.values")]
    levels: Annotated[str, text(63)]
    identified: bool

    def port(self) -> Port:
        """As it is read today."""
        return Port(
            self.name, self.kind, self.about, self.least, self.most, self.support, self.values, self.levels,
            self.identified,
        )  # fmt: skip

    @classmethod
    def of(cls, port: Port) -> Self:
        """As it was written."""
        support: _Support = "per-person" if port.support == "per-person" else "aggregate"
        return cls(
            port.name, port.kind, port.about, port.least, port.most, support, port.values, port.levels, port.identified
        )


_PORT_V3: Final[Codec[Port]] = Codec(
    lambda value, where: _PortV3.parse(value, where).port(),
    lambda port: _PortV3.of(port).to_json(),
    record(_PortV3).schema,
)
_PORT_V4: Final[Codec[Port]] = Codec(
    lambda value, where: _PortV4.parse(value, where).port(),
    lambda port: _PortV4.of(port).to_json(),
    record(_PortV4).schema,
)
_DISCLOSURE_V3: Final[Codec[Disclosure]] = Codec(
    lambda value, where: Disclosure("", "", Words.parse(value, where)),
    lambda found: found.about.to_json(),
    record(Words).schema,
)


@dataclass(frozen=True, slots=True)
class ProgramDescriptorV4(Document):
    """A descriptor as it was published before outputs said how many people they are about, and inputs what goes together."""

    FORMAT: ClassVar[str] = "tallystick/program/v4"
    WHERE: ClassVar[str] = "program"
    LIMIT: ClassVar[int] = ProgramDescriptor.LIMIT

    program: Program
    title: Words
    inputs: Annotated[tuple[Port, ...], sequence(_PORT_V4, 64)]
    outputs: Annotated[tuple[Port, ...], sequence(_PORT_V4, 64)]
    parameters: Annotated[tuple[ParameterSpec, ...], Many(64)]
    committee: Annotated[Committee, choice(COMMITTEES, "program.committee")]
    min_parties: Annotated[int, integer(1, 100)]
    max_parties: Annotated[int, integer(1, 100)]
    protection_level: Annotated[int, integer(1, 5)]
    security_model: Annotated[int, integer(1, 2)]
    disclosures: Annotated[tuple[Disclosure, ...], Many(64)]
    seconds: Annotated[CostModel, COST]
    traffic: Annotated[CostModel, COST]
    memory: Annotated[CostModel, COST]
    truncation_failure: Annotated[CostModel, COST]
    code_digest: Hash

    def require(self, where: str) -> None:
        """As today's are asked."""
        self.current().require(where)

    def current(self) -> ProgramDescriptor:
        """As it is read today."""
        today = {item.attribute for item in fields_of(ProgramDescriptor)}
        kept = [item.attribute for item in fields_of(type(self)) if item.attribute in today]
        return ProgramDescriptor(**{name: getattr(self, name) for name in kept})


@dataclass(frozen=True, slots=True)
class ProgramDescriptorV5(ProgramDescriptorV4):
    """A descriptor as it was published before plans took the place of formulas for everything but seconds."""

    FORMAT: ClassVar[str] = "tallystick/program/v5"

    inputs: Annotated[tuple[Port, ...], Many(64)]
    outputs: Annotated[tuple[Port, ...], Many(64)]
    pairs: Annotated[tuple[Pair, ...], Many(64)] = ()


@dataclass(frozen=True, slots=True)
class ProgramDescriptorV3(ProgramDescriptorV4):
    """A descriptor as it was published before ports said what their columns hold and disclosures when they happen."""

    FORMAT: ClassVar[str] = "tallystick/program/v3"

    inputs: Annotated[tuple[Port, ...], sequence(_PORT_V3, 64)]
    outputs: Annotated[tuple[Port, ...], sequence(_PORT_V3, 64)]
    disclosures: Annotated[tuple[Disclosure, ...], sequence(_DISCLOSURE_V3, 64)]


OLD: Final = {kind.FORMAT: kind for kind in (ProgramDescriptorV5, ProgramDescriptorV4, ProgramDescriptorV3)}


def read_program(data: bytes) -> ProgramDescriptor:
    """A published descriptor of any version."""
    value = canonical.loads(data, ProgramDescriptor.LIMIT)
    old = OLD.get(str(value.get("format"))) if isinstance(value, dict) else None
    return ProgramDescriptor.parse(value) if old is None else old.parse(value).current()
