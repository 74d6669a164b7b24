"""Means and second moments of columns whose rows are split: owners add up alone what they can, shares carry only the sums."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import maximum
from mpc.programs import columns
from mpc.programs.precision import finest, product, scale_up
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, Stacked, StackedTable

_PLACES = 26
_FINER = 24


def check_limit(values: Floats | None, names: tuple[str, ...], limit: float) -> None:
    """An owner refuses its own values beyond the declared limit, before anything is sent (I12)."""
    if values is not None:
        columns.refuse(names, columns.beyond(values, limit), "stats.beyond_limit", limit=f"{limit:g}")


def in_units(table: Stacked, limit: float) -> Stacked:
    """The same rows in units of ``limit``: values within 1, checked as above."""
    for part in table.tables:
        check_limit(part.values, table.columns, limit)
    return replace(
        table,
        tables=tuple(
            replace(part, values=None if part.values is None else part.values / limit) for part in table.tables
        ),
    )


def secure_total(
    context: StepContext,
    table: Stacked,
    local: Callable[[Floats], Floats],
    *,
    shape: tuple[int, ...],
    fraction_bits: int,
    limit: Callable[[StackedTable], float],
) -> SecureArray:
    """The sum over owners of ``local(values)``, where ``limit(table)`` bounds an owner's entries. No interaction."""
    parts = [
        share_from(
            context,
            None if part.values is None else local(part.values),
            part.owner,
            shape,
            fraction_bits,
            limit(part) * (1 + 1e-9),
        )
        for part in table.tables
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def means(context: StepContext, table: Stacked, limit: float, *, factor: float = 1.0) -> SecureArray:
    """``factor`` times the columns' means over all owners' rows, for |values| <= limit."""
    bits = finest(context.backend, limit * factor, spare=4)
    weight = factor / table.rows
    return secure_total(
        context,
        table,
        lambda values: weight * values.sum(axis=0),
        shape=(len(table.columns),),
        fraction_bits=bits,
        limit=lambda part: limit * part.rows * weight,
    )


def variances(context: StepContext, table: Stacked, limit: float, *, rows: int) -> SecureArray:
    """Sums of squared deviations from the common means, over ``rows``: shape (columns,).

    ``sum x² - n·mean²``, where an owner adds up its deviations from its own mean and the exact square of that, and the square
    of the secret mean keeps all places: the error is a few units of the result's last place.
    """
    factor = math.sqrt(table.rows / rows)
    most = (limit * factor) ** 2
    bits = finest(context.backend, most, spare=2)
    moments = secure_total(
        context,
        table,
        lambda values: np.diagonal(_second_moments(values)) / rows,
        shape=(len(table.columns),),
        fraction_bits=bits,
        limit=lambda part: limit**2 * part.rows / rows,
    )
    mean = means(context, table, limit, factor=factor)
    squares = product(mean, mean, bits, limit=most)
    return (moments - squares).within(most * 1.01, because="a variance is at most limit²·n/rows")


def scaled_covariances(context: StepContext, table: Stacked) -> tuple[SecureArray, SecureArray]:
    """(covariances·w·w, w) of values within 1: w are secret powers of two that bring each column's largest into [1, 2).

    So columns far smaller than 1 lose nothing to it, down to 2^-26. The largest magnitude is the largest of the
    owners'. Owners deal second moments in two parts, of ``bits`` and of ``_FINER`` more places; both are scaled by w exactly.
    Shape (columns, columns), below 2^56 raw: variances fit comparisons.
    """
    width, backend = len(table.columns), context.backend
    bits, weight = finest(backend, 1, spare=7), 1 / table.rows
    scale, _ = scale_up(_largest(context, table), length=_PLACES + 1)
    own = [None if part.values is None else weight * _second_moments(part.values) for part in table.tables]
    high = low = None
    for part, moments in zip(table.tables, own, strict=True):
        coarse = None if moments is None else np.ldexp(np.rint(np.ldexp(moments, bits)), -bits)
        fine = None if moments is None or coarse is None else np.ldexp(moments - coarse, bits)
        share = part.rows * weight + 2.0**-bits
        first = share_from(context, coarse, part.owner, (width, width), bits, share)
        second = share_from(context, fine, part.owner, (width, width), _FINER, 0.5)
        high, low = first if high is None else high + first, second if low is None else low + second
    assert high is not None
    assert low is not None
    across, down = scale.reshape(1, -1), scale.reshape(-1, 1)
    once = high.multiply(across, fraction_bits=bits, limit=2.1)
    whole = once.multiply(down, fraction_bits=bits, limit=4.2)
    rest = product(low * across, down, 0, limit=4.2 * 2.0**bits).shifted_down(bits)
    mean = means(context, table, 1)
    mean = mean.multiply(scale, fraction_bits=mean.fraction_bits, limit=2.1)
    squares = product(mean.reshape(-1, 1), mean, bits, limit=4.2)
    found = (whole + rest - squares).within(4.2, because="covariances of columns within 2")
    return found, scale


def _largest(context: StepContext, table: Stacked) -> SecureArray:
    """Every column's largest magnitude as integers, rounded up, in units of 2^-_PLACES."""
    parts = [
        share_from(
            context,
            None if part.values is None else np.ceil(np.ldexp(np.abs(part.values).max(axis=0), _PLACES)).reshape(1, -1),
            part.owner,
            (1, len(table.columns)),
            0,
            2**_PLACES,
        )
        for part in table.tables
    ]
    return maximum(concatenate(parts), axis=0).within(2**_PLACES, because="magnitudes are within 1")


def _second_moments(values: Floats) -> Floats:
    mean = values.mean(axis=0)
    deviations = values - mean
    return deviations.T @ deviations + len(values) * np.outer(mean, mean)
