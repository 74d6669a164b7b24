"""Sums over risk sets on shares: gradient, information and value of Breslow's log partial likelihood at secret coefficients.

Rows stand in descending order of their times. With r = exp(x·w), S0 = running sums of r, S1 = those of r·x, and d the events at each time
at its last place, all that is needed is linear in the number of rows, with no matrix for each row:

* the cumulative hazard at each row's own time, A = the sums from a row's place on of d/S0 (Breslow's estimate), and what a row was
  expected to have, μ = r·A. The gradient is X'(events - μ), the sum of martingale residuals (Therneau, Grambsch, Fleming,
  Biometrika 77, 1990);
* the information X'diag(μ)X - M'diag(d)M with M = S1/S0, the mean covariates of those at risk: the sum over events of the mean of xx' is
  taken row by row instead;
* the log partial likelihood Σ events·x·w - Σ d·log S0.

Ranges (I12), for n rows, |x| <= a and |x·w| clipped to L: r is in [e^-L, e^L], so S0 is in [e^-L, n·e^L]; |M| <= a; d at a
place is at most the number of that place, so d/S0 <= e^L, and A <= e^L·(1 + ln n); r <= S0 from a row's place on, so μ is at most the number
of events, and the gradient at most 2·a·n. One normalisation of S0 (:mod:`mpc.functions.normal`) serves every quotient; d/S0 and μ are
products in halves (:mod:`mpc.programs.precision`), since they span e^L·n. A party sends some 570 bytes a
row, and 47 for each covariate.
"""

import math
from dataclasses import dataclass
from typing import Final, Self

from mpc.arrays.field import MODULUS
from mpc.arrays.headroom import Headroom
from mpc.arrays.interface import SecureArray
from mpc.functions.exponential import exp, log
from mpc.functions.extremes import clip
from mpc.functions.normal import Normal, normalised, scaled_by
from mpc.functions.reciprocal import of_mantissa
from mpc.programs.linear.design import FEATURE_BITS, SCORE_BITS
from mpc.programs.precision import product
from protocol.errors import RangeError

_SLACK: Final = 1.03
"""Of bounds, for the errors of exponentials and quotients."""
_GUARD: Final = 5
_MOST_BITS: Final = 24
_MOST_RISK_BITS: Final = 28
_MOST_HAZARD_BITS: Final = 40
_LEAST_BITS: Final = 8
_INVERSE_BITS: Final = 28
"""Of :func:`~mpc.functions.reciprocal.of_mantissa`, at most."""
_CHANCE: Final = MODULUS.bit_length() - 24
"""A truncation of x goes wrong with a chance of |x|/p."""
_LOG_BITS: Final = 20


@dataclass(frozen=True, slots=True)
class Precision:
    """Fraction bits of risks, hazards, expected events and the gradient; of what is multiplied with every cell: ``sums`` over those at
    risk, ``coarse`` expected events, ``means``; of ``weighted`` rows and the information. And the bounds that they follow from.
    """

    rows: int
    limit: float
    reach: float
    risk: int
    hazard: int
    expected: int
    slope: int
    sums: int
    coarse: int
    means: int
    weighted: int
    curve: int

    @classmethod
    def of(cls, rows: int, columns: int, limit: float, reach: float, steps: int, headroom: Headroom) -> Self:
        """For ``rows`` rows with |covariates| <= ``limit``, a linear predictor within ``reach`` and so many steps; ``survival.headroom``.

        The more is multiplied, the shorter it is: each kind of product goes wrong somewhere with a chance of 2^-24 at most.
        """
        room = headroom.length - 2
        of_rows = min(room, _CHANCE - math.log2((steps + 1) * rows))
        of_cells = min(room, _CHANCE - math.log2((steps + 1) * rows * columns))
        high, long, wide = reach * math.log2(math.e), math.log2(rows) + reach * math.log2(math.e), math.log2(limit)
        slope, curve = math.log2(2 * limit * rows), math.log2(_SLACK * limit**2 * rows)
        risk = min(_MOST_RISK_BITS, of_rows - long - 1)
        bits = {
            "risk": risk,
            "hazard": min(_MOST_HAZARD_BITS, room - high - math.log2(_SLACK * (1 + math.log(rows))) - 2),
            "expected": min(_MOST_BITS, room - FEATURE_BITS - slope - 0.1),
            "slope": min(_MOST_BITS, room - slope - 3),
            "sums": min(risk, of_cells - long - wide - 1, of_cells - FEATURE_BITS - wide - high - 0.1),
            "coarse": min(_MOST_BITS, of_cells - FEATURE_BITS - slope + 0.9),
            "means": min(FEATURE_BITS, (room - curve - 0.1) / 2, of_cells - _GUARD - _INVERSE_BITS - wide - 1.1),
            "weighted": min(_MOST_BITS, room - FEATURE_BITS - curve - 0.1),
            "curve": min(_MOST_BITS, room - curve - math.log2(columns + 1) - 4),
        }
        if min(bits.values()) < _LEAST_BITS:
            raise RangeError(
                "survival.headroom",
                f"{rows} rows of {columns} covariates up to {limit:g} leave {math.floor(min(bits.values()))} binary places.",
                "Use fewer rows or steps, or smaller limits of the covariates (feature.standardize) and of risk_limit.",
            )
        return cls(rows, limit, reach, **{name: math.floor(found) for name, found in bits.items()})

    @property
    def slope_limit(self) -> float:
        """A bound of |gradient|."""
        return 2 * _SLACK * self.limit * self.rows

    @property
    def curve_limit(self) -> float:
        """A bound of the information's entries."""
        return _SLACK * self.limit**2 * self.rows


@dataclass(frozen=True, slots=True)
class Cohort:
    """Training rows from the latest time down: covariates (n, columns), events as bits (n,), and events of a time at its last place (n,)."""

    rows: SecureArray
    events: SecureArray
    deaths: SecureArray
    precision: Precision

    async def at(self, weights: SecureArray) -> "RiskSets":
        """Everybody's risk, and who is at risk with whom, at coefficients (columns,)."""
        places, reach = self.precision, self.precision.reach
        linear = self.rows.matmul(weights, fraction_bits=SCORE_BITS)
        bounded = clip(linear, -reach, reach)
        risk = await exp(bounded, fraction_bits=places.risk).settled()
        total = risk.cumsum(limit=_SLACK * places.rows * math.exp(reach))
        normal = normalised(total, 0.98 * math.exp(-reach), root=None)
        inverse = of_mantissa(normal.mantissa).within(2.01, because="1/m for m from 1/2 up: no risk set is empty")
        return RiskSets(self, linear, bounded, risk, total, normal, await inverse.settled())


@dataclass(frozen=True, slots=True)
class RiskSets:
    """A cohort at some coefficients. ``risk`` are exponentials of the ``bounded`` linear predictor, ``total`` their sums over those at risk,
    which ``normal`` and ``inverse`` divide by.
    """

    cohort: Cohort
    linear: SecureArray
    bounded: SecureArray
    risk: SecureArray
    total: SecureArray
    normal: Normal
    inverse: SecureArray

    def expected(self) -> SecureArray:
        """How many events each row was expected to have until its own time, shape (n,)."""
        places = self.cohort.precision
        largest, shift = _SLACK * math.exp(places.reach), self.normal.shift
        scaled = scaled_by(self.cohort.deaths, self.normal.up(), -shift, shift, largest)
        steps = product(scaled, self.inverse, places.hazard, limit=largest)
        most = largest * (1 + math.log(places.rows))
        so_far, whole = steps.cumsum(limit=most), steps.sum(limit=most)
        hazard = (whole - so_far + steps).within(most, because="the sum from a place on")
        found = product(self.risk, hazard, places.expected, limit=_SLACK * places.rows)
        return found.within(_SLACK * places.rows, because="nobody's risk is more than that of all who are at risk")

    def slope(self, expected: SecureArray) -> SecureArray:
        """The gradient of minus the log partial likelihood, shape (columns,)."""
        places = self.cohort.precision
        excess = expected - self.cohort.events
        return self.cohort.rows.T.matmul(excess, fraction_bits=places.slope, limit=places.slope_limit)

    def information(self, expected: SecureArray) -> SecureArray:
        """Minus the second derivatives, shape (columns, columns)."""
        places, rows = self.cohort.precision, self.cohort.rows
        coarse = expected.rescaled(min(places.coarse, expected.fraction_bits)).reshape(-1, 1)
        weighted = rows.multiply(coarse, fraction_bits=places.weighted, limit=_SLACK * places.limit * places.rows)
        whole = rows.T.matmul(weighted, fraction_bits=places.curve, limit=places.curve_limit)
        means = self._means()
        dying = means.multiply(self.cohort.deaths.reshape(-1, 1), limit=_SLACK * places.limit * places.rows)
        between = means.T.matmul(dying, fraction_bits=places.curve, limit=places.curve_limit)
        return (whole - between).within(places.curve_limit, because="what is left of the first part")

    def log_likelihood(self) -> SecureArray:
        """The log partial likelihood, shape (1,), 20 fraction bits."""
        places, cohort = self.cohort.precision, self.cohort
        logs = log(self.total, floor=0.98 * math.exp(-places.reach), fraction_bits=_LOG_BITS)
        own = (cohort.events * self.bounded).sum(limit=places.rows * places.reach)
        risks = (cohort.deaths * logs).sum(limit=places.rows * logs.limit)
        return (own - risks).reshape(1).rescaled(_LOG_BITS)

    def beyond(self) -> SecureArray:
        """How many rows have a linear predictor that was cut off, shape (1,)."""
        reach = self.cohort.precision.reach
        far = self.linear.at_least([reach, -reach])
        return (far[0] + ~far[1]).within(1, because="not above and below at once").sum().reshape(1)

    def _means(self) -> SecureArray:
        """The mean covariates of those at risk, shape (n, columns)."""
        places, rows = self.cohort.precision, self.cohort.rows
        largest = _SLACK * places.limit * math.exp(places.reach)
        risk = self.risk.rescaled(places.sums).reshape(-1, 1)
        moved = rows.multiply(risk, fraction_bits=places.sums, limit=largest)
        sums = moved.cumsum(axis=0, limit=largest * places.rows)
        power, shift = self.normal.up().reshape(-1, 1), self.normal.shift
        scaled = scaled_by(sums, power, -shift, places.means + _GUARD, _SLACK * places.limit)
        inverse = self.inverse.reshape(-1, 1)
        return scaled.multiply(inverse, fraction_bits=places.means, limit=_SLACK * places.limit)
