"""Runs one function of secure arrays on either backend and opens its result."""

import inspect
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest

from mpc.arrays.interface import share
from tests.unit.mpc.simulation import opened, run_arrays

Kind = Literal["fast", "mpyc"]
KINDS: tuple[Kind, ...] = ("fast", "mpyc")
both = pytest.mark.parametrize("kind", KINDS)
BITS = 20
ULP = 2.0**-BITS


def computed(
    function: Callable[..., Any],
    *inputs: Any,
    kind: Kind,
    bits: int | tuple[int, ...] = BITS,
    limit: float | tuple[float, ...] | None = None,
) -> Any:
    """``function`` of shared inputs, opened; asserts that the result keeps its declared limit and that failure is negligible."""
    arrays = [np.asarray(x, dtype=np.float64) for x in inputs]
    limits = [float(np.abs(a).max(initial=1e-3)) for a in arrays]
    if limit is not None:
        limits = list(limit) if isinstance(limit, tuple) else [limit] * len(arrays)
    precision = bits if isinstance(bits, tuple) else (bits,) * len(arrays)

    async def body(backend: Any) -> Any:
        own = [
            share(
                backend,
                array if backend.pid == i % 3 else None,
                shape=array.shape,
                owner=i % 3,
                fraction_bits=f,
                limit=most,
            )
            for i, (array, f, most) in enumerate(zip(arrays, precision, limits, strict=True))
        ]
        result = function(*own)
        if inspect.isawaitable(result):
            result = await result
        results = result if isinstance(result, tuple) else (result,)
        values = [await opened(part) for part in results]
        for value, part in zip(values, results, strict=True):
            assert value.shape == part.shape
            assert np.abs(value).max(initial=0) <= part.limit
        assert backend.traffic.failure < 2.0**-20
        return values if isinstance(result, tuple) else values[0]

    return run_arrays(body, kind=kind)[0]


def rounded(values: Any, bits: int = BITS) -> Any:
    """As a committee holds them."""
    return np.round(np.asarray(values) * 2.0**bits) / 2.0**bits
