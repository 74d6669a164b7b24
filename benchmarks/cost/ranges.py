"""From where to where a formula's variables were measured: what a description states, and what is beyond it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from protocol.programs import CostModel, Measured

_SIZES: Final = ("rows", "columns", "owners")


def measured_ranges(formula: str, variables: Sequence[Mapping[str, Any]]) -> tuple[Measured, ...]:
    """The sizes, and the number parameters that the formula names, with the smallest and the largest value, by name."""
    names = {*_SIZES, *CostModel(formula).variables}
    found: list[Measured] = []
    for name in sorted(names):
        values = [value for at in variables if (value := _number(at.get(name))) is not None]
        if values:
            found.append(Measured(name, math.floor(min(values)), math.ceil(max(values))))
    return tuple(found)


def written(ranges: Iterable[Measured]) -> str:
    """As a description has it."""
    parts = "".join(f'Measured("{item.name}", {item.low}, {item.high}), ' for item in ranges)
    return f"({parts.rstrip()})"


def _number(value: object) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(Decimal(str(value)))
    except InvalidOperation:  # a choice
        return None
