"""Coefficients of cost formulas from measured figures: non-negative least squares on relative errors."""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy.optimize import nnls

from protocol.programs import CostModel

_LEAST_SHARE: Final = 0.03
"""A term that makes up less than this of every figure is left out."""


def fit(basis: Sequence[str], variables: Sequence[dict[str, Any]], values: Sequence[float], floor: float = 0.0) -> str:
    """The formula over ``basis`` that misses ``values`` least, relatively; differences far below ``floor`` do not count."""
    measured = np.array(values, dtype=float)
    largest = measured.max()
    if largest <= 0:
        return "0"
    weights = 1 / np.maximum(measured + floor, largest * 1e-9)
    every = [CostModel(f"1*{term}" if term else "1") for term in basis]
    matrix = np.array([[model.at(at) for model in every] for at in variables])
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    weighed = matrix / scale * weights[:, None]
    chosen = list(range(len(basis)))
    while True:
        part = weighed[:, chosen]
        found, _ = nnls(part, measured * weights, maxiter=50 * len(chosen) + 1000)
        kept = (part * found).max(axis=0) > _LEAST_SHARE
        if kept.all():
            return formula([basis[i] for i in chosen], found / scale[chosen])
        chosen = [i for i, stays in zip(chosen, kept, strict=True) if stays]


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
