"""Coefficients of cost formulas from measured figures: non-negative least squares on relative errors."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import nnls

from protocol.programs import CostModel

SHAPES = ("", "rows", "rows*columns", "rows*columns^2", "columns", "columns^2", "columns^3")


def terms(extra: Sequence[str], layouts: Sequence[str]) -> list[str]:
    """Products of a shape and of what a program's own parameters add, for all layouts and for each."""
    products = ["*".join(part for part in pair if part) for pair in itertools.product(SHAPES, extra)]
    conditions = ["", *(f"[layout={layout}]" for layout in layouts)] if len(layouts) > 1 else [""]
    return ["*".join(part for part in (p, c) if part) for p, c in itertools.product(products, conditions)]


def fit(basis: Sequence[str], variables: Sequence[dict[str, Any]], values: Sequence[float]) -> str:
    """The formula over ``basis`` that misses ``values`` least, relatively; terms that hardly matter are left out."""
    largest = max(values)
    if largest <= 0:
        return "0"
    weights = 1 / np.maximum(np.array(values), largest * 1e-9)
    chosen = list(basis)
    while True:
        matrix = np.array([[CostModel(f"1*{term}" if term else "1").at(v) for term in chosen] for v in variables])
        scale = np.maximum(np.abs(matrix).max(axis=0), 1e-300)
        found, _ = nnls((matrix / scale) * weights[:, None], np.array(values) * weights, maxiter=20 * len(chosen) + 100)
        share = ((matrix / scale) * found * weights[:, None]).max(axis=0)
        kept = [term for term, part in zip(chosen, share, strict=True) if part > 0.02]
        if len(kept) == len(chosen):
            return formula(kept, found / scale)
        chosen = kept


def formula(basis: Sequence[str], coefficients: Sequence[float]) -> str:
    """As descriptors write it."""
    parts = [f"{_number(c)}*{term}" if term else _number(c) for term, c in zip(basis, coefficients, strict=True)]
    return " + ".join(parts)


def _number(value: float) -> str:
    """Two significant digits, rounded up."""
    if value <= 0:
        return "0"
    power = math.floor(math.log10(value)) - 1
    digits = math.ceil(value / 10.0**power)
    text = f"{digits * 10.0**power:.2g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else text
