"""Means and second moments of columns whose rows are split: owners add up alone what they can, shares carry only the sums."""

from collections.abc import Callable

import numpy as np

from protocol.errors import RangeError
from workers.mpc.arrays.interface import SecureArray
from workers.mpc.programs.context import StepContext
from workers.mpc.programs.frames import share_from
from workers.mpc.programs.precision import finest, product
from workers.mpc.programs.values import Floats, Stacked, StackedTable


def check_limit(values: Floats | None, columns: tuple[str, ...], limit: float) -> None:
    """An owner refuses its own values beyond the declared limit, before anything is sent (I12)."""
    if values is None:
        return
    beyond = np.abs(values).max(axis=0, initial=0.0) > limit
    if bool(beyond.any()):
        names = [name for name, flag in zip(columns, beyond, strict=True) if flag]
        raise RangeError(
            "stats.beyond_limit",
            f"Values beyond the declared limit {limit:g} in: {', '.join(names)}.",
            "Raise the limit, or rescale these columns.",
            columns=names,
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


def scatter(
    context: StepContext, table: Stacked, limit: float, *, rows: float, crossed: bool, spare: int
) -> SecureArray:
    """Sums of squared deviations from the common means, over ``rows``: shape (columns,), or (columns, columns) if ``crossed``.

    ``sum x·y - n·mean·mean``, where an owner adds its deviations from its own mean to the exact product of its mean, and the
    product of the secret means keeps all places: the error is a few units of the result, which leaves 2^-``spare``-th of the
    headroom free.
    """
    width, factor = len(table.columns), np.sqrt(table.rows / rows)
    bits = finest(context.backend, limit**2 * factor**2, spare=spare)
    moments = secure_total(
        context,
        table,
        lambda values: _second_moments(values, crossed=crossed) / rows,
        shape=(width, width) if crossed else (width,),
        fraction_bits=bits,
        limit=lambda part: limit**2 * part.rows / rows,
    )
    mean = means(context, table, limit, factor=float(factor))
    left = mean.reshape(-1, 1) if crossed else mean
    squares = product(left, mean, bits, limit=limit**2 * factor**2)
    return (moments - squares).within(limit**2 * factor**2 * 1.01, because="a covariance is at most limit²·n/rows")


def _second_moments(values: Floats, *, crossed: bool) -> Floats:
    mean = values.mean(axis=0)
    deviations = values - mean
    if crossed:
        return deviations.T @ deviations + len(values) * np.outer(mean, mean)
    return (deviations**2).sum(axis=0) + len(values) * mean**2
