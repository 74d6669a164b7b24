"""``eval.regression``: mean squared and absolute error, and R², of secret predictions; only what the contract names is opened.

Scores and labels are counted in the power of two at or above ``limit`` and cut off at ±2 and ±1 limits; ``clipped`` counts those
cut, no number of fewer people than the minimum group. Errors and the labels' deviations are each brought to one size by a secret power of two before they are squared, so
labels of a thousandth under a limit of a thousand lose nothing. R² = 1 - SSE/SST; below -3 it is given as -3. Where labels do
not vary it is scikit-learn's: 1 of perfect predictions, else 0. Level 4: nothing is opened on the way.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, stack, where
from mpc.functions.reciprocal import divide
from mpc.programs.evaluation.evaluated import by_owner, scores_and_labels
from mpc.programs.minimum_group import by_view, enough, guarded
from mpc.programs.precision import comparable, cut_off, exponent, product, scale_up, times
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value

_MOST_BITS: Final = 44
_UNIT_BITS: Final = 30
_SQUARE_BITS: Final = 56
_RESULT_BITS: Final = 54
_RATIO_BITS: Final = 24
_LEAST: Final = -(_RESULT_BITS // 2)
_WORST: Final = 4.0
_ROUNDING: Final = 8
"""Units of the last place that a deviation of rows that are all alike may have."""


@dataclass(frozen=True, slots=True)
class _Squares:
    """A sum of squares ``mantissa · 4^power``, mantissa in [1/4, 1), 0 where ``there`` is 0; shapes (1,)."""

    mantissa: SecureArray
    power: SecureArray
    there: SecureArray


async def run(context: StepContext) -> dict[str, Value]:
    """Compare."""
    scores, labels = scores_and_labels(context)
    rows, limit = scores.shape[0], context.decimal("limit")
    unit, headroom = math.ceil(math.log2(limit)), scores.backend.headroom
    bits = min(_MOST_BITS, headroom.length - 8 - math.ceil(math.log2(rows)))
    edge = limit / 2.0**unit
    truth, wrong = _within(labels.shifted_down(unit), edge, bits)
    guess, far = _within(scores.shifted_down(unit), 2 * edge, bits)
    error, away = guess - truth, abs(guess - truth)
    total = away.sum().reshape(1)
    context.progress(1, 2)
    found: dict[str, Value] = {}
    if "mae" in context.wanted:
        found["mae"] = times(total, 1 / rows, bits).shifted_down(-unit).reshape(())
    if "mse" in context.wanted or "r2" in context.wanted:
        squares = _squares(error, total, bits)
        if "mse" in context.wanted:
            found["mse"] = _mean(squares, rows).shifted_down(-2 * unit).reshape(())
        if "r2" in context.wanted:
            deviation = _centred(_centred(truth, bits), bits)  # twice: a mean keeps 28 places
            spread = abs(deviation).sum().reshape(1)
            rounding = math.ceil(math.log2(_ROUNDING * rows))
            found["r2"] = _determined(squares, _squares(deviation, spread, bits, rounding)).reshape(())
    if "clipped" in context.wanted:
        found["clipped"] = _clipped(context, wrong, far)
    for value in found.values():
        assert isinstance(value, SecureArray)
        await value.settled()
    context.progress(2, 2)
    return found


def _clipped(context: StepContext, wrong: SecureArray, far: SecureArray) -> SecureArray:
    """How many were cut off. Where in some view these are few, or all but a few, the minimum group: that some were may be known."""
    rows, least = wrong.shape[0], context.minimum_group
    total = (wrong.sum() + far.sum()).within(2 * rows, because="bits")
    if not guarded(context):
        return total
    owned, places = by_owner(context, rows)
    counts: list[SecureArray] = []
    for place in places:
        cut = stack([bits[place].sum(limit=rows) for bits in (wrong, far)])
        kept = place.stop - place.start - cut
        counts.append(concatenate([cut, kept]).within(rows, because="counts of rows"))
    seen = by_view(context, owned, counts).within(rows, because="counts of rows")
    return where(enough(seen, least), total, least).within(
        2 * rows, because="one of both, and no fewer rows than the group"
    )


def _within(values: SecureArray, edge: float, bits: int) -> tuple[SecureArray, SecureArray]:
    """Cut off before they get more places: their declared limit may be far beyond the edge."""
    kept, beyond = cut_off(values.rescaled(min(bits, values.fraction_bits)), edge)
    return kept.rescaled(bits), beyond


def _centred(values: SecureArray, bits: int) -> SecureArray:
    mean = times(values.sum().reshape(1), 1 / values.shape[0], bits).within(1.01, because="a mean of numbers within 1")
    return (values - mean).within(2.03, because="both within 1")


def _squares(values: SecureArray, total: SecureArray, bits: int, least: int = 0) -> _Squares:
    """Of values with ``bits`` places whose magnitudes add up to ``total``, scaled so that they add up to [1/2, 1).

    A total below 2^``least`` units of the last place counts as none.
    """
    length = comparable(values.backend)
    size = SecureArray(total.backend, total.shares, (1,), 0, total.bound)
    scale, there = scale_up(
        size.within((1 << length) - 1, because="the places left for a sum of all rows"), length=length, least=least
    )
    raw = SecureArray(values.backend, values.shares, values.shape, 0, values.bound)
    up = SecureArray(scale.backend, scale.shares, scale.shape, length, scale.bound)
    scaled = raw.multiply(up, fraction_bits=_UNIT_BITS, limit=1.001)
    square = scaled.matmul(scaled, fraction_bits=_SQUARE_BITS, limit=1.003).reshape(1)
    # one row that is all of it squares to just below 1
    square = square.within(1 - 2.0**-30, because="magnitudes add up to less than 1")
    again, _ = scale_up(square, length=length, step=2)
    mantissa = square.multiply(again, fraction_bits=_SQUARE_BITS, limit=2.0**4).multiply(
        again, fraction_bits=_SQUARE_BITS, limit=1.01
    )
    power = (length - bits) - exponent(scale, length - 1) - exponent(again, length // 2 - 1)
    return _Squares(mantissa * there, power, there)


def _mean(squares: _Squares, rows: int) -> SecureArray:
    """The sum over ``rows``, with 54 places."""
    quarter = math.ceil(math.log2(rows) / 2)
    part = times(squares.mantissa, 4.0**quarter / rows, _RESULT_BITS)
    return product(part, _power_of_four(squares.power - quarter, _LEAST, 2), _RESULT_BITS, limit=9.6)


def _determined(errors: _Squares, spread: _Squares) -> SecureArray:
    """1 - SSE/SST, at least -3."""
    short = [part.mantissa.rescaled(_UNIT_BITS).within(1.02, because="a mantissa") for part in (errors, spread)]
    ratio = divide(short[0], short[1], floor=0.2, limit=5.0, fraction_bits=_RATIO_BITS)
    most = 2
    distance = errors.power - spread.power
    power = _power_of_four(distance, -_RATIO_BITS // 2, most, fraction_bits=_RATIO_BITS)
    scaled = ratio.multiply(power, fraction_bits=_RATIO_BITS, limit=5.0 * 4**most)
    limited = where(scaled > _WORST, _WORST, scaled, fraction_bits=_RATIO_BITS)
    limited = limited.within(_WORST + 0.01, because="cut off there")
    return 1 - where(spread.there, limited, errors.there.rescaled(_RATIO_BITS))


def _power_of_four(power: SecureArray, least: int, most: int, *, fraction_bits: int = _RESULT_BITS) -> SecureArray:
    """4^power for powers up to ``most`` (which larger ones count as), 0 below ``least``."""
    places = range(least, most + 1)
    reached = power.at_least(list(places))
    ends = [math.ldexp(1.0, 2 * place + fraction_bits) for place in places]
    steps = np.diff(np.array([0.0, *ends])).astype(np.int64)
    # bits fall with the place, so the sum telescopes to one of the ends
    found = (reached.reshape(len(places), -1) * steps.reshape(-1, 1)).sum(axis=0, limit=ends[-1])
    return found.shifted_down(fraction_bits).reshape(*power.shape)
