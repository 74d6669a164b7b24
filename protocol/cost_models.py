"""Formulas as descriptors publish them: what anybody can evaluate without the program's code, in any language."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol.codec import Codec, text
from protocol.contract import Parameter
from protocol.errors import FormatError

_FACTOR: Final = re.compile(
    r"(?P<number>[0-9]+(\.[0-9]+)?([eE]-?[0-9]{1,3})?)"
    r"|((?P<name>[a-z_]{1,63})|log\((?P<log>[a-z_]{1,63})\))(\^(?P<power>-?[0-9](\.[0-9]{1,3})?))?"
    r"|min\((?P<least>[a-z_]{1,63},([a-z_]{1,63}|[0-9]{1,9}))\)"
    r"|\[(?P<parameter>[a-z_]{1,63})=(?P<choice>[a-z0-9_-]{1,63})\]"
)
_LOG: Final = "log "
_SHAPE: Final = frozenset({"rows", "columns", "owners"})


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

    def at(self, values: Mapping[str, Parameter | float]) -> float:
        """The quantity at these variables and parameters; one that the formula names and ``values`` lacks is refused."""
        total = 0.0
        for factors in self._terms():
            product = 1.0
            for name, power, chosen in factors:
                product *= float(power) if not name else self._power(values, name, chosen, float(power))
            total += product
        return total

    @property
    def variables(self) -> frozenset[str]:
        """What it names: sizes, and parameters by number or by choice."""
        names = (name.removeprefix(_LOG) for factors in self._terms() for name, _, _ in factors)
        return frozenset(part for name in names for part in name.split(",") if part and not part.isdecimal())

    @property
    def falling(self) -> frozenset[str]:
        """Parameters of which more costs less somewhere."""
        return frozenset(name for factors in self._terms() for name, power, _ in factors if power.startswith("-"))

    def _terms(self) -> list[list[tuple[str, str, str]]]:
        terms: list[list[tuple[str, str, str]]] = []
        for term in re.sub(r"([eE])\+", r"\1", self.formula).split("+"):
            factors: list[tuple[str, str, str]] = []
            for part in term.split("*"):
                found = _FACTOR.fullmatch(part.strip())
                if found is None:
                    raise FormatError(
                        "program.cost", f"{part.strip()!r} is no factor of a cost.", "Correct the descriptor."
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


COST: Final = Codec(
    lambda value, where: CostModel(text(2000).read(value, where)), lambda model: model.formula, text(2000).schema
)
