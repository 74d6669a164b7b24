"""Program descriptors: what a program takes and gives, what it protects, what it costs.

A descriptor is published with the program; signers, preflight and nodes read the same one. Costs are formulas, so that a
coordinator can evaluate them without the program's code.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, Self

from protocol import canonical, ids
from protocol.contract import Parameter
from protocol.errors import FormatError, RangeError
from protocol.record import Record

FORMAT = "tallystick/program/v1"
LIMIT = 64 * 1024
_FACTOR: Final = re.compile(
    r"(?P<number>[0-9]+(\.[0-9]+)?([eE]-?[0-9]{1,3})?)"
    r"|((?P<name>[a-z_]{1,63})|log\((?P<log>[a-z_]{1,63})\))(\^(?P<power>-?[0-9](\.[0-9]{1,3})?))?"
    r"|min\((?P<least>[a-z_]{1,63},([a-z_]{1,63}|[0-9]{1,9}))\)"
    r"|\[(?P<parameter>[a-z_]{1,63})=(?P<choice>[a-z0-9_-]{1,63})\]"
)
_LOG: Final = "log "
_SHAPE: Final = frozenset({"rows", "columns", "owners"})
ParameterKind = Literal["integer", "decimal", "choice", "boolean"]
Language = Literal["en", "zh"]
"""What people read."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the two languages people read."""

    english: str
    chinese: str

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one text."""
        record = Record(value, where)
        found = cls(record.text("en"), record.text("zh"))
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {"en": self.english, "zh": self.chinese}


@dataclass(frozen=True, slots=True)
class Port:
    """A named input or output; ``kind`` says what may be connected.

    An input takes from ``least`` to ``most`` sources; an output is one value.
    """

    name: str
    kind: str
    about: Words
    least: int = 1
    most: int = 1

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one port."""
        record = Record(value, where)
        found = cls(
            record.text("name", 63),
            record.text("kind", 63),
            Words.parse(record.take("about"), where),
            record.integer("least", 0, 100),
            record.integer("most", 1, 100),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "name": self.name,
            "kind": self.kind,
            "about": self.about.to_json(),
            "least": self.least,
            "most": self.most,
        }


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A parameter with its range: ``low`` and ``high`` for numbers, ``choices`` for texts; decimals are strings."""

    name: str
    kind: ParameterKind
    default: Parameter
    low: str
    high: str
    choices: tuple[str, ...]
    about: Words

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one parameter."""
        record = Record(value, where)
        name, kind = record.text("name", 63), record.text("kind", 63)
        if kind not in ("integer", "decimal", "choice", "boolean"):
            raise FormatError("program.parameter_kind", f"{where} has the kind {kind!r}.", "Correct the descriptor.")
        default = record.take("default")
        if not isinstance(default, (str, int, bool)):
            raise FormatError("program.default", f"{where}.default is no parameter value.", "Correct the descriptor.")
        found = cls(
            name,
            kind,
            default,
            record.text("low", 40),
            record.text("high", 40),
            record.list("choices", 64, lambda item, w: Record({"v": item}, w).text("v", 63)),
            Words.parse(record.take("about"), where),
        )
        record.done()
        found.check(found.default)
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "name": self.name,
            "kind": self.kind,
            "default": self.default,
            "low": self.low,
            "high": self.high,
            "choices": list(self.choices),
            "about": self.about.to_json(),
        }

    def check(self, value: Parameter) -> None:
        """Refuse a value of the wrong type or out of range (``program.parameter``)."""
        if not self._allows(value):
            allowed = (
                " or ".join(self.choices) if self.kind == "choice" else f"a {self.kind} from {self.low} to {self.high}"
            )
            if self.kind == "boolean":
                allowed = "true or false"
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
        if isinstance(value, bool) or not isinstance(value, int if self.kind == "integer" else str):
            return False
        try:
            number = Decimal(value)
        except InvalidOperation:
            return False
        return number.is_finite() and Decimal(self.low) <= number <= Decimal(self.high)


@dataclass(frozen=True, slots=True)
class CostModel:
    """A formula for one quantity: a sum of products of numbers, variables, powers and conditions, as published text.

    ``"0.8 + 0.004*rows*log(rows) + 2e-8*rows*columns^1.5*epochs*[solver=newton]"``: variables are ``rows``, ``columns``, ``owners`` and
    the program's own number parameters; ``[name=choice]`` is 1 where the parameter has that value, else 0 (booleans: ``true``
    and ``false``). ``[layout=stacked]`` asks for the kind of table that the step reads. ``min(rows,sample)`` is the smaller
    of two variables, or of one and a whole number; ``log(rows)`` is the binary logarithm, 0 below 1. Powers are decimals up
    to three places; a parameter's may be negative, a shape's may not: no formula falls when a table grows. Subtraction
    and other brackets are not part of it.
    """

    formula: str

    def __post_init__(self) -> None:
        self._terms()

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one model."""
        return cls(Record({"formula": value}, where).text("formula", 2000))

    def to_json(self) -> str:
        """JSON form."""
        return self.formula

    def at(self, values: Mapping[str, Parameter | float]) -> float:
        """The quantity at these variables and parameters; one that the formula names and ``values`` lacks is refused."""
        total = 0.0
        for factors in self._terms():
            product = 1.0
            for name, power, choice in factors:
                product *= float(power) if not name else self._power(values, name, choice, float(power))
            total += product
        return total

    def _terms(self) -> list[list[tuple[str, str, str]]]:
        terms: list[list[tuple[str, str, str]]] = []
        for term in re.sub(r"([eE])\+", r"\1", self.formula).split("+"):
            factors: list[tuple[str, str, str]] = []
            for text in term.split("*"):
                found = _FACTOR.fullmatch(text.strip())
                if found is None:
                    raise FormatError(
                        "program.cost", f"{text.strip()!r} is no factor of a cost.", "Correct the descriptor."
                    )
                shape = found["name"] or found["log"]
                if shape in _SHAPE and (found["power"] or "").startswith("-"):
                    raise FormatError("program.cost", f"A cost falls with {shape}.", "Correct the descriptor.")
                factors.append(
                    ("", found["number"], "")
                    if found["number"]
                    else (
                        found["name"]
                        or (found["log"] and f"log {found['log']}")
                        or found["least"]
                        or found["parameter"],
                        found["power"] or "1",
                        found["choice"] or "",
                    )
                )
            terms.append(factors)
        return terms

    def _power(self, values: Mapping[str, Parameter | float], name: str, choice: str, power: float) -> float:
        if name.startswith(_LOG):
            found = math.log2(max(1.0, self._value(values, name.removeprefix(_LOG), choice)))
        else:
            found = min(self._value(values, part, choice) for part in name.split(","))
        if found == 0 and power < 0:
            raise FormatError("program.cost", f"A cost divides by {name}, which is 0.", "Use another value.")
        try:
            return float(found**power)
        except OverflowError:
            return math.inf

    def _value(self, values: Mapping[str, Parameter | float], name: str, choice: str) -> float:
        if name.isdecimal():
            return float(name)
        if name not in values:
            raise FormatError(
                "program.cost", f"A cost depends on {name!r}, which is not known.", "Correct the descriptor."
            )
        value = values[name]
        if choice:
            return float((str(value).lower() if isinstance(value, bool) else value) == choice)
        return float(value)


@dataclass(frozen=True, slots=True)
class ProgramDescriptor:
    """Everything about a program that others rely on. ``code_digest`` is computed from what is installed."""

    program: str
    title: Words
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    parameters: tuple[ParameterSpec, ...]
    min_parties: int
    max_parties: int
    protection_level: int
    security_model: int
    disclosures: tuple[Words, ...]
    seconds: CostModel
    traffic: CostModel
    memory: CostModel
    truncation_failure: CostModel
    code_digest: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a descriptor; unknown fields are refused."""
        record = Record(value, "program")
        record.const("format", FORMAT)
        found = cls(
            program=ids.program(record.take("program")),
            title=Words.parse(record.take("title"), "title"),
            inputs=record.list("inputs", 64, Port.parse),
            outputs=record.list("outputs", 64, Port.parse),
            parameters=record.list("parameters", 64, ParameterSpec.parse),
            min_parties=record.integer("min_parties", 3, 100),
            max_parties=record.integer("max_parties", 3, 100),
            protection_level=record.integer("protection_level", 1, 5),
            security_model=record.integer("security_model", 1, 2),
            disclosures=record.list("disclosures", 64, Words.parse),
            seconds=CostModel.parse(record.take("seconds"), "seconds"),
            traffic=CostModel.parse(record.take("traffic"), "traffic"),
            memory=CostModel.parse(record.take("memory"), "memory"),
            truncation_failure=CostModel.parse(record.take("truncation_failure"), "truncation_failure"),
            code_digest=record.hex32("code_digest"),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "format": FORMAT,
            "program": self.program,
            "title": self.title.to_json(),
            "inputs": [port.to_json() for port in self.inputs],
            "outputs": [port.to_json() for port in self.outputs],
            "parameters": [parameter.to_json() for parameter in self.parameters],
            "min_parties": self.min_parties,
            "max_parties": self.max_parties,
            "protection_level": self.protection_level,
            "security_model": self.security_model,
            "disclosures": [words.to_json() for words in self.disclosures],
            "seconds": self.seconds.to_json(),
            "traffic": self.traffic.to_json(),
            "memory": self.memory.to_json(),
            "truncation_failure": self.truncation_failure.to_json(),
            "code_digest": "0x" + self.code_digest.hex(),
        }

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(self.to_json())

    def cost_variables(
        self, rows: int, columns: int, owners: int, given: tuple[tuple[str, Parameter], ...], layout: str = ""
    ) -> dict[str, Parameter | float]:
        """What the cost models are evaluated at: the shape, and all parameters with their defaults.

        ``layout`` is the kind of the table that the step reads; "" stands for the first kind it takes.
        """
        kinds = [kind for port in self.inputs for kind in port.kind.split("|")]
        numbers: dict[str, Parameter | float] = {
            "rows": rows, "columns": columns, "owners": owners, "layout": layout or (kinds or [""])[0],
        }  # fmt: skip
        return {**{spec.name: spec.default for spec in self.parameters}, **dict(given), **numbers}

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

    def left_out(self, given: tuple[tuple[str, Parameter], ...]) -> tuple[str, ...]:
        """Parameters that a contract does not write out: nobody agrees to a default by silence."""
        return tuple(sorted({spec.name for spec in self.parameters} - {name for name, _ in given}))
