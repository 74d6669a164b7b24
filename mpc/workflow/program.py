"""What a program declares about itself, before and apart from its code.

Signers, preflight and nodes read the published :class:`~protocol.programs.ProgramDescriptor`; this is its source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from protocol.backends import MOST_PARTIES, SEMI_HONEST
from protocol.contract import Parameter
from protocol.programs import (
    Committee,
    Condition,
    CostModel,
    Disclosure,
    Measured,
    Pair,
    ParameterSpec,
    Port,
    ProgramDescriptor,
    Support,
    Values,
    Words,
)
from protocol.sources import SHARES

MAX_PARTIES: Final = MOST_PARTIES
"""What the released protocol stacks serve at most."""
MAX_OWNERS: Final = 100
PortKind: TypeAlias = str
"""``table``: data sets. ``aligned``: private tables in common row order (columns split). ``stacked``: private tables with the
same columns, one below the other (rows split). ``shared``: a secret matrix with named columns. ``label`` and
``stacked-label``: one column of an aligned or a stacked one, written ``step.output.column`` (of a shared one it is
``shares``). ``shares``: a secret array. ``model:linear`` and other families: what stays shared, to be used now or, kept at the
nodes, later; a port names the families that its program can read."""


@dataclass(frozen=True, slots=True)
class InputPort:
    """A named input, the kinds of sources it takes and how many; ``values`` is what their columns hold, ``any`` where they have
    none. ``levels`` names the parameter that says how many levels; ``identified`` tables match rows by their identifier.
    """

    name: str
    kinds: tuple[PortKind, ...]
    about: Words
    least: int = 1
    most: int = 1
    values: Values = "any"
    levels: str = ""
    identified: bool = False


@dataclass(frozen=True, slots=True)
class OutputPort:
    """A named output. ``aligned`` ones stay with their owners; ``shares`` open only to the contract's result users.

    ``support`` says what its numbers are about (:mod:`protocol.support`): what the minimum group asks of it, and whether it opens
    only if its owners opted in.
    ``values`` is what the columns of a table hold: ``kept`` as they came, or made by the step.
    """

    name: str
    kind: PortKind
    about: Words
    support: Support
    values: Values = "any"

    @property
    def releasable(self) -> bool:
        """Whether a contract may give it to result users."""
        return self.kind == SHARES


def above(parameter: str, number: int = 0) -> tuple[Condition, ...]:
    """That a disclosure happens only where a number parameter is more than this."""
    return (Condition("parameter", parameter, number),)


def more_sources(port: str, than: int) -> tuple[Condition, ...]:
    """That a disclosure happens only where an input has more sources than this."""
    return (Condition("sources", port, than),)


def together(port: str, other: str, *kinds: tuple[PortKind, PortKind]) -> tuple[Pair, ...]:
    """That ``port`` and ``other`` take sources of two kinds as they stand beside each other here, and no others."""
    return tuple(Pair(port, kind, other, matching) for kind, matching in kinds)


SAME_ROWS: Final = (("aligned", "label"), ("stacked", "stacked-label"), ("shared", "shares"))
"""Tables, and columns of the same rows."""


@dataclass(frozen=True, slots=True)
class Program:
    """One version of one program."""

    program: str
    title: Words
    inputs: tuple[InputPort, ...]
    outputs: tuple[OutputPort, ...]
    parameters: tuple[ParameterSpec, ...]
    min_parties: int
    max_parties: int
    protection_level: int
    disclosures: tuple[Disclosure, ...]
    seconds: CostModel
    measured: tuple[Measured, ...]
    headroom: Words
    needs_dataless_party: bool = False
    rows_stay: bool = False
    """Works on rows in the clear at their owners: a plan, which has none, takes its outputs from ``shape.py``, a dry run from ``run.alone``."""
    security_model: int = SEMI_HONEST
    committee: Committee = "three"
    pairs: tuple[Pair, ...] = ()

    def seconds_at(self, rows: int, columns: int, owners: int, given: Mapping[str, Parameter]) -> float:
        """What a run over ``rows`` x ``columns`` of ``owners`` takes with these parameters, without a margin."""
        return self.seconds.at(self.published().cost_variables(rows, columns, owners, tuple(given.items())))

    def published(self) -> ProgramDescriptor:
        """The descriptor without a digest: for its formula and parameters."""
        return self.descriptor(bytes(32))

    def validate_params(self, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
        """All parameters with defaults filled in; an unknown or out-of-range one is refused with a code and a fix."""
        return self.published().check_parameters(tuple(given.items()))

    def descriptor(self, code_digest: bytes) -> ProgramDescriptor:
        """The published form."""
        return ProgramDescriptor(
            program=self.program,
            title=self.title,
            inputs=tuple(
                Port(
                    port.name,
                    "|".join(port.kinds),
                    port.about,
                    port.least,
                    port.most,
                    values=port.values,
                    levels=port.levels,
                    identified=port.identified,
                )
                for port in self.inputs
            ),
            outputs=tuple(
                Port(port.name, port.kind, port.about, support=port.support, values=port.values)
                for port in self.outputs
            ),
            parameters=self.parameters,
            committee=self.committee,
            min_parties=self.min_parties,
            max_parties=self.max_parties,
            protection_level=self.protection_level,
            security_model=self.security_model,
            disclosures=self.disclosures,
            seconds=self.seconds,
            code_digest=code_digest,
            pairs=self.pairs,
            measured=self.measured,
        )
