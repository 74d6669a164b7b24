"""Program descriptors: what a program takes and gives, what it protects, what it costs.

A descriptor is published with the program; signers, preflight and nodes read the same one. How long a program takes is a
formula, so that a coordinator can evaluate it without the program's code.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, ClassVar, Final, Literal, get_args

from protocol import column_names
from protocol.codec import choice, integer, scalar, sequence, text
from protocol.contract import Parameter
from protocol.cost_models import COST, CostModel
from protocol.errors import RangeError
from protocol.fields import Count, Document, Fields, Hash, Many, Named, Program
from protocol.recipes import Recipe
from protocol.sql.query import Query

ParameterKind = Literal["integer", "decimal", "choice", "boolean", "recipe", "sql", "columns"]
_KINDS: Final = get_args(ParameterKind)
_TAKES: Final[Mapping[str, str]] = {
    "boolean": "true or false", "recipe": "a recipe, a text", "sql": "a query, a text", "columns": "a list of columns, a text",
}  # fmt: skip
Committee = Literal["three", "owners", "none"]
"""Who commits in a task of a program: compute parties that the contract names, the owners of the data with each other, or each
owner for itself alone.
"""
COMMITTEES: Final = get_args(Committee)
"""By their number on chain (``CommitteeKind`` in Types.sol)."""
Support = Literal["aggregate", "cells", "held", "model", "order-statistic", "per-person", "structure"]
"""What an output's numbers are about; :mod:`protocol.support` has the words and says what each needs."""
SUPPORTS: Final = get_args(Support)
Values = Literal["any", "numbers", "bits", "counts", "levels", "kept", "raw", "prepared", "genotypes", "keyed"]
"""What the columns at a port hold. ``numbers``: integers, decimals or booleans. ``bits``: 0 and 1. ``counts``: whole numbers from 0.
``levels``: whole numbers from 0, as many as a parameter says. ``kept``, of an output: what the columns of the step's tables hold.
``any``: nothing is said, as where there are no columns. No port takes empty cells but ``raw`` ones, which hold what the recipe that a
parameter carries makes numbers of; ``prepared`` is then what it makes.
``genotypes``: one column of genotypes over as many variants as a parameter says, and one of 0 and 1 that says who is a case.
``keyed``: columns by which rows are matched, of any kind, which a parameter names, and numbers.
"""
VALUES: Final = get_args(Values)
Language = Literal["en", "zh"]
"""What people read."""


@dataclass(frozen=True, slots=True)
class Words(Fields):
    """A text in the two languages people read."""

    english: Annotated[str, text(2000), Named("en")]
    chinese: Annotated[str, text(2000), Named("zh")]


@dataclass(frozen=True, slots=True)
class Port(Fields):
    """A named input or output; ``kind`` says what may be connected.

    An input takes from ``least`` to ``most`` sources; an output is one value. ``support`` says what an output's numbers are
    about (:mod:`protocol.support`); an input's is ``held``. ``values`` is what its columns hold; ``levels`` names the parameter that
    says how many levels, carries the recipe of raw columns or names the keys, "" for none; ``identified`` inputs match rows by their identifier.
    """

    name: Annotated[str, text(63)]
    kind: Annotated[str, text(63)]
    about: Words
    least: Annotated[int, integer(0, 100)] = 1
    most: Annotated[int, integer(1, 100)] = 1
    support: Annotated[Support, choice(SUPPORTS, "program.support")] = "held"
    values: Annotated[Values, choice(VALUES, "program.values")] = "any"
    levels: Annotated[str, text(63)] = ""
    identified: bool = False


@dataclass(frozen=True, slots=True)
class Pair(Fields):
    """What goes together: where the input ``port`` takes a source of the kind ``kind``, the input ``other`` takes ``kinds`` only,
    kinds with ``|`` between them. A source has no kind that nobody declared, so what no pair names goes with everything.
    """

    port: Annotated[str, text(63)]
    kind: Annotated[str, text(63)]
    other: Annotated[str, text(63)]
    kinds: Annotated[str, text(200)]

    def what(self, step: str) -> Words:
        """That a step's inputs do not go together."""
        kinds = self.kinds.replace("|", " or ")
        return Words(
            f"Input {self.port!r} of step {step!r} is {self.kind}: beside it {self.other!r} takes {kinds}, of the same rows.",
            f"步骤 {step!r} 的输入 {self.port!r} 为 {self.kind}：与之搭配的 {self.other!r} 须为同样行的 {kinds}。",
        )

    @property
    def fix(self) -> Words:
        """What to do."""
        return Words(
            "Take both from the step that made the rows: one that shares a table gives its label as an output too.",
            "两者请取自生成这些行的同一步骤：生成份额表的步骤也会输出其标签。",
        )


ConditionSubject = Literal["parameter", "sources"]


@dataclass(frozen=True, slots=True)
class Condition(Fields):
    """When a disclosure happens: where a ``parameter`` is more than ``over``, or an input has more ``sources``."""

    subject: Annotated[ConditionSubject, choice(get_args(ConditionSubject), "program.condition")]
    name: Annotated[str, text(63)]
    over: Annotated[int, integer(0)]

    def holds(self, parameters: Mapping[str, Parameter], sources: Mapping[str, int]) -> bool:
        """Whether it does in a step with these parameters and so many sources at each input; what is not known may be so."""
        if self.subject == "sources":
            return sources.get(self.name, 0) > self.over
        try:
            return self.name not in parameters or Decimal(parameters[self.name]) > self.over
        except InvalidOperation:
            return True


@dataclass(frozen=True, slots=True)
class Disclosure(Fields):
    """A side fact that becomes known on the way, if all of ``when`` hold.

    ``name`` is its key in the run's record, ``to`` says who learns it; both are "" in descriptors of version 3.
    """

    name: Annotated[str, text(63)]
    to: Annotated[str, text(200)]
    about: Words
    when: Annotated[tuple[Condition, ...], Many(8)] = ()


@dataclass(frozen=True, slots=True)
class ParameterSpec(Fields):
    """A parameter with its range: ``low`` and ``high`` for numbers, ``choices`` for texts; decimals are strings. A ``recipe`` is a text as
    :mod:`protocol.recipes` reads it, ``sql`` a query as :mod:`protocol.sql.grammar` does, ``columns`` names as :mod:`protocol.column_names` does.
    """

    name: Annotated[str, text(63)]
    kind: Annotated[ParameterKind, choice(_KINDS, "program.parameter_kind")]
    default: Annotated[Parameter, scalar("program.default")]
    low: Annotated[str, text(40)]
    high: Annotated[str, text(40)]
    choices: Annotated[tuple[str, ...], sequence(text(63), 64)]
    about: Words

    def require(self, where: str) -> None:
        """The default is within the range."""
        del where
        self.check(self.default)

    def check(self, value: Parameter) -> None:
        """Refuse a value of the wrong type or out of range (``program.parameter``), a recipe that cannot be read (``program.recipe``), a query that
        is not taken (``program.sql``), or a text that is no list of columns (``program.columns``).
        """
        if self.kind == "recipe" and isinstance(value, str):
            Recipe.parse(value)
            return
        if self.kind == "sql" and isinstance(value, str):
            Query.parse(value)
            return
        if self.kind == "columns" and isinstance(value, str):
            if value or self.default:  # none, where that is what a contract says by default
                column_names.parse(value)
            return
        if not self._allows(value):
            allowed = (
                " or ".join(self.choices) if self.kind == "choice" else f"a {self.kind} from {self.low} to {self.high}"
            )
            allowed = _TAKES.get(self.kind, allowed)
            raise RangeError(
                "program.parameter",
                f"Parameter {self.name}={value!r} is not {allowed}.",
                "Correct it.",
                field=self.name,
            )

    def _allows(self, value: Parameter) -> bool:
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "choice":
            return isinstance(value, str) and value in self.choices
        if (
            isinstance(value, bool)
            or not isinstance(value, int if self.kind == "integer" else str)
            or self.kind in ("recipe", "sql", "columns")
        ):
            return False
        try:
            number = Decimal(value)
            return number.is_finite() and Decimal(self.low) <= number <= Decimal(self.high)
        except InvalidOperation:  # neither a number nor a range of numbers allows anything
            return False


@dataclass(frozen=True, slots=True)
class Measured(Fields):
    """From where to where a variable of ``seconds`` was measured: a size, or a number parameter. Below, the seconds at ``low`` are a
    bound, since no formula falls when a size grows; above ``high`` they are extrapolated, and below ``low`` where a parameter has a negative power.
    """

    name: Annotated[str, text(63)]
    low: Count
    high: Count

    def require(self, where: str) -> None:
        """It is a range."""
        if self.low > self.high:
            raise RangeError(
                "program.measured", f"{where} was measured from {self.low} to {self.high}.", "Correct the descriptor."
            )


FEWEST: Final = {"three": 3, "owners": 2, "none": 1}
"""Who commit at least (``MIN_COMMITTEE``, ``MIN_OWNERS``)."""


@dataclass(frozen=True, slots=True)
class ProgramDescriptor(Document):
    """Everything about a program that others rely on. ``code_digest`` is computed from what is installed; ``pairs`` say which kinds
    of sources go together; ``measured`` the sizes and number parameters that ``seconds`` was measured at.
    """

    FORMAT: ClassVar[str] = "tallystick/program/v6"
    WHERE: ClassVar[str] = "program"
    LIMIT: ClassVar[int] = 64 * 1024

    program: Program
    title: Words
    inputs: Annotated[tuple[Port, ...], Many(64)]
    outputs: Annotated[tuple[Port, ...], Many(64)]
    parameters: Annotated[tuple[ParameterSpec, ...], Many(64)]
    committee: Annotated[Committee, choice(COMMITTEES, "program.committee")]
    min_parties: Annotated[int, integer(1, 100)]
    max_parties: Annotated[int, integer(1, 100)]
    protection_level: Annotated[int, integer(1, 5)]
    security_model: Annotated[int, integer(1, 2)]
    disclosures: Annotated[tuple[Disclosure, ...], Many(64)]
    seconds: Annotated[CostModel, COST]
    code_digest: Hash
    pairs: Annotated[tuple[Pair, ...], Many(64)] = ()
    measured: Annotated[tuple[Measured, ...], Many(64, "name")] = ()

    def require(self, where: str) -> None:
        """No fewer commit than its kind of committee needs, as the chain asks when it is published."""
        fewest = FEWEST[self.committee]
        if not fewest <= self.min_parties <= self.max_parties:
            raise RangeError(
                "program.parties",
                f"{where} runs with {self.min_parties} to {self.max_parties} who commit; a committee of the kind "
                f"{self.committee!r} has at least {fewest}.",
                "Correct the descriptor.",
            )

    def cost_variables(
        self, rows: int, columns: int, owners: int, given: tuple[tuple[str, Parameter], ...], layout: str = ""
    ) -> dict[str, Parameter | float]:
        """What ``seconds`` is evaluated at: the shape, and all parameters with their defaults.

        ``layout`` is the kind of the table that the step reads; "" stands for the first kind it takes.
        """
        kinds = [kind for port in self.inputs for kind in port.kind.split("|")]
        numbers: dict[str, Parameter | float] = {
            "rows": rows, "columns": columns, "owners": owners, "layout": layout or (kinds or [""])[0],
        }  # fmt: skip
        return {**{spec.name: spec.default for spec in self.parameters}, **dict(given), **numbers}

    def unmeasured(self, variables: Mapping[str, Parameter | float]) -> tuple[str, ...]:
        """The variables beyond what the seconds were measured at; all of it where a descriptor does not say (version 5 and before)."""
        if not self.measured:
            return ("rows",)
        falling = self.seconds.falling
        return tuple(
            item.name
            for item in self.measured
            if (value := _number(variables.get(item.name, item.low))) > item.high
            or (value < item.low and item.name in falling)
        )

    def check_parameters(self, given: tuple[tuple[str, Parameter], ...]) -> dict[str, Parameter]:
        """All parameters with defaults filled in; unknown or out-of-range ones are refused."""
        specs = {spec.name: spec for spec in self.parameters}
        values: dict[str, Parameter] = {spec.name: spec.default for spec in self.parameters}
        for name, value in given:
            if name not in specs:
                raise RangeError(
                    "program.unknown_parameter",
                    f"{self.program} has no parameter {name!r}.",
                    f"Use {', '.join(sorted(specs)) or 'none'}.",
                    field=name,
                )
            specs[name].check(value)
            values[name] = value
        return values

    def disclosed_by(
        self,
        parameters: tuple[tuple[str, Parameter], ...],
        inputs: tuple[tuple[str, tuple[str, ...]], ...],
        unsettled: Collection[str] = (),
    ) -> tuple[Disclosure, ...]:
        """What becomes known on the way of a step with these parameters and inputs, others having their defaults; of
        ``unsettled`` parameters, with any value.
        """
        settled = {spec.name: spec.default for spec in self.parameters} | dict(parameters)
        values = {name: value for name, value in settled.items() if name not in unsettled}
        sources = {name: len(given) for name, given in inputs}
        return tuple(
            item for item in self.disclosures if all(condition.holds(values, sources) for condition in item.when)
        )

    def mispaired(self, kinds: Mapping[str, Collection[str]]) -> tuple[Pair, ...]:
        """The declared pairs that inputs with sources of these kinds break, by port."""
        return tuple(
            pair
            for pair in self.pairs
            if pair.kind in kinds.get(pair.port, ()) and not {*kinds.get(pair.other, ())} <= {*pair.kinds.split("|")}
        )

    def left_out(self, given: tuple[tuple[str, Parameter], ...]) -> tuple[str, ...]:
        """Parameters that a contract does not write out: nobody agrees to a default by silence."""
        return tuple(sorted({spec.name for spec in self.parameters} - {name for name, _ in given}))


def _number(value: Parameter | float) -> float:
    """A text that is no number is another problem, which :meth:`ProgramDescriptor.check_parameters` finds."""
    try:
        return float(value)
    except ValueError:
        return 0.0
