"""Means and second moments of columns whose rows are split: owners add up alone what they can, shares carry only the sums."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import maximum
from mpc.programs import columns
from mpc.programs.precision import finest, product, scale_up
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, Stacked, StackedTable

PLACES = 26
_FINER = 28


def check_limit(values: Floats | None, names: tuple[str, ...], limit: float) -> None:
    """An owner refuses its own values beyond the declared limit, before anything is sent (I12)."""
    if values is not None:
        columns.refuse(names, columns.beyond(values, limit), "stats.beyond_limit", limit=f"{limit:g}")


def in_units(table: Stacked, limit: float) -> Stacked:
    """The same rows in units of ``limit``: values within 1, checked as above, and not too fine for it."""
    for part in table.tables:
        check_limit(part.values, table.columns, limit)
        if part.values is not None:
            columns.resolved(part.values, table.columns, limit, columns.FEATURE_PLACES)
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
    return total(parts)


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


@dataclass(frozen=True, slots=True)
class ScaledMoments:
    """Of columns times ``scale``, secret powers of two w: ``covariances`` (columns, columns) and ``means`` (columns,)."""

    covariances: SecureArray
    means: SecureArray
    scale: SecureArray


def scaled_moments(context: StepContext, table: Stacked, most: Sequence[int] | None = None) -> ScaledMoments:
    """Covariances and means of values within 1, times secret powers of two w that bring each column's largest into [1, 2).

    So columns far smaller than 1 lose nothing to it, down to 2^-26; ``most`` caps w, by column. The largest magnitude is the
    largest of the owners'. Owners deal means and second moments in two parts, of ``bits`` and of ``_FINER`` more places (a
    column of 1e-3 under a limit of 1e6 has places in the second alone); both are scaled by w exactly. Covariances are below
    2^56 raw: variances fit comparisons.
    """
    width, backend = len(table.columns), context.backend
    bits = finest(backend, 1, spare=7)
    scale = _scales(largest(context, [(part.owner, part.values) for part in table.tables], width), most)
    high, low = _in_two_parts(context, table, _second_moments, (width, width), bits)
    across, down = scale.reshape(1, -1), scale.reshape(-1, 1)
    once = high.multiply(across, fraction_bits=bits, limit=2.1)
    whole = once.multiply(down, fraction_bits=bits, limit=4.2)
    rest = product(low * across, down, 0, limit=4.2 * 2.0**bits).shifted_down(bits)
    coarse, fine = _in_two_parts(context, table, _sums, (width,), bits)
    mean = coarse.multiply(scale, fraction_bits=bits, limit=2.1)
    mean = mean + (fine * scale).rescaled(0).shifted_down(bits)
    mean = mean.within(2.1, because="a mean of values within 2")
    squares = product(mean.reshape(-1, 1), mean, bits, limit=4.2)
    found = (whole + rest - squares).within(4.2, because="covariances of columns within 2")
    return ScaledMoments(found, mean, scale)


def _in_two_parts(
    context: StepContext, table: Stacked, local: Callable[[Floats], Floats], shape: tuple[int, ...], bits: int
) -> tuple[SecureArray, SecureArray]:
    """The sum over owners of ``local(values)/rows``, within 1, to ``bits`` places, and what that drops times 2^bits."""
    weight = 1 / table.rows
    parts: list[SecureArray] = []
    rests: list[SecureArray] = []
    for part in table.tables:
        own = None if part.values is None else weight * local(part.values)
        coarse = None if own is None else np.ldexp(np.rint(np.ldexp(own, bits)), -bits)
        fine = None if own is None or coarse is None else np.ldexp(own - coarse, bits)
        parts.append(share_from(context, coarse, part.owner, shape, bits, part.rows * weight + 2.0**-bits))
        rests.append(share_from(context, fine, part.owner, shape, _FINER, 0.5))
    return total(parts), total(rests)


def total(parts: Sequence[SecureArray]) -> SecureArray:
    """The sum of arrays of one shape."""
    found = parts[0]
    for part in parts[1:]:
        found = found + part
    return found


def _scales(sizes: SecureArray, most: Sequence[int] | None) -> SecureArray:
    if most is None:
        return scale_up(sizes, length=PLACES + 1)[0]
    found = [
        scale_up(sizes[at : at + 1], length=PLACES + 1, most=min(cap, 1 << PLACES))[0] for at, cap in enumerate(most)
    ]
    return concatenate(found)


def largest(context: StepContext, parts: Sequence[tuple[str, Floats | None]], width: int) -> SecureArray:
    """Every column's largest magnitude over all owners' values within 1, as integers, rounded up, in units of 2^-PLACES."""
    own = [
        share_from(
            context,
            None if values is None else np.ceil(np.ldexp(np.abs(values).max(axis=0), PLACES)).reshape(1, -1),
            owner,
            (1, width),
            0,
            2**PLACES,
        )
        for owner, values in parts
    ]
    return maximum(concatenate(own), axis=0).within(2**PLACES, because="magnitudes are within 1")


def _sums(values: Floats) -> Floats:
    return np.asarray(values.sum(axis=0))


def _second_moments(values: Floats) -> Floats:
    mean = values.mean(axis=0)
    deviations = values - mean
    return deviations.T @ deviations + len(values) * np.outer(mean, mean)
