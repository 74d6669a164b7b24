"""The diagonal of a secret inverse, which variances of estimates are made of, and which of its entries can be relied on.

B = U/2^t for a semidefinite U (size, size) with a diagonal below 1 (:func:`~mpc.programs.precision.unit_diagonal`) and 2^t >= size, so
that its eigenvalues λ are in [0, 1]. V is the inverse of B plus a ridge ε (Schulz: :mod:`mpc.functions.solve`); the ridge is taken out
by Chebyshev's iteration (Golub, Varga, Numer. Math. 3, 1961) on I - B·X, preconditioned with V: the eigenvalues of V·B are
μ = λ/(λ + ε), and after all steps X = (1 - p(μ))/λ along each eigenvector, with |p| < 2^-19 for μ from 0.021 up, and p in [0, 1] below.

So the entry of column j is right where its eigenvectors have λ >= 2^-20.6, and too small where some have less: in columns that
all but depend on others. The residual (I - B·X)_jj = Σ q_j²·p(μ) says so without any division: from :data:`LEFT` on the entry is
not to be relied on. Of an exact dependency every column is found whose factor in it is at least 1/500 of the largest, in units of
the columns' own lengths.

Ranges: |p| <= 1 on [0, 1.02], so |B·X| <= 2; (1 - p(μ))/μ is at most its value at 0, steps/sqrt(0.021), or 2/0.021; so is a
step's, twice. Rounds: 2·18 products of matrices for V, 2·48 more. Bytes: as of size² elements a product. Nothing leaks.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.solve import inverse
from mpc.programs.precision import matrix_product, product

RIDGE: Final = 2.0**-15
LEFT: Final = 2.0**-18
STEPS: Final = 48
_REDUCTION: Final = 2.0**-19
_LEAST: Final = math.tanh(math.acosh(1 / _REDUCTION) / STEPS / 2) ** 2
"""Eigenvalues of V·B from here to 1 are reduced by :data:`_REDUCTION` in all steps: the factor is 1/T((1 + a)/(1 - a))."""
_TOP: Final = 1.02
_SLACK: Final = 1.05
_REACH: Final = _SLACK * STEPS / math.sqrt(_LEAST) / RIDGE
_COARSE_BITS: Final = 22
_INVERSE_BITS: Final = 16
_BITS: Final = 24
_RESIDUAL_BITS: Final = 28
_FACTOR_BITS: Final = 10


@dataclass(frozen=True, slots=True)
class Inverse:
    """``whole`` times 2^-``down`` is the inverse; ``right`` (size,) are bits: of which columns its entries can be relied on."""

    whole: SecureArray
    down: int
    right: SecureArray

    @property
    def diagonal(self) -> SecureArray:
        """Shape (size,)."""
        at = np.arange(self.whole.shape[0])
        return self.whole[at, at].shifted_down(self.down)

    def along(self, direction: SecureArray) -> SecureArray:
        """u'·V·u, shape (1,), of a direction (size,) within 1; as right as the diagonal where all of it is.

        The residual of an eigenvector is spread over the columns: where each column's is below :data:`LEFT`, it is below size·2^-18.
        """
        size = self.whole.shape[0]
        most = self.whole.limit * size
        bits = min(_BITS, self.whole.backend.headroom.length - 6 - math.ceil(math.log2(most)))
        turned = matrix_product(self.whole, direction, bits, limit=self.whole.limit * math.sqrt(size))
        form = product(turned, direction, bits, limit=turned.limit).sum(limit=most)
        return form.reshape(1).shifted_down(self.down)


async def inverse_diagonal(unit: SecureArray, *, plainly: bool = False) -> tuple[SecureArray, SecureArray]:
    """The diagonal (size,) of the inverse of ``unit``, and bits (size,): which entries are right, as :func:`inverted` says."""
    found = await inverted(unit, plainly=plainly)
    return found.diagonal, found.right


async def inverted(unit: SecureArray, *, plainly: bool = False) -> Inverse:
    """The inverse of ``unit`` (size, size), and bits (size,): of which columns the diagonal entry is right, to 2^-13 relatively.

    ``unit`` is as :func:`~mpc.programs.precision.unit_diagonal` gives it, with 1 in place of a diagonal entry that is 0 there.
    ``plainly``: only where eight plain steps with the ridge, (ε/(λ + ε))^8, would have done, as a solution's own may be.
    """
    size, room = unit.shape[0], unit.backend.headroom.length - 3
    down = math.ceil(math.log2(max(size, 2)))
    matrix = unit.within(1.02, because="a unit diagonal, by Cauchy–Schwarz").shifted_down(down)
    ridged = matrix.rescaled(_COARSE_BITS) + np.eye(size) * RIDGE
    ridged = ridged.within(1.01, because="eigenvalues of at most 1, and the ridge")
    rough = await inverse(ridged, floor=RIDGE).rescaled(_INVERSE_BITS).settled()
    fine = matrix.rescaled(min(matrix.fraction_bits, room - _BITS))
    residual_bits = min(_RESIDUAL_BITS, room - _INVERSE_BITS - math.ceil(math.log2(2 / RIDGE)))
    centre, radius = (_TOP + _LEAST) / 2, (_TOP - _LEAST) / 2
    ratio = radius / centre
    move = _part(rough.rescaled(_BITS), 1 / centre)
    found = move
    for _ in range(1, STEPS):
        left = _left(fine, found, residual_bits)
        turn = rough.matmul(left, fraction_bits=_BITS, limit=_SLACK / RIDGE)
        before, ratio = ratio, 1 / (2 * centre / radius - ratio)
        move = _part(move, ratio * before) + _part(turn, 2 * ratio / radius)
        move = await move.within(2 * _REACH, because="the difference of two solutions").settled()
        found = await (found + move).within(_REACH, because="(1 - p)/μ over the ridge").settled()
    diagonal = np.arange(size)
    right = ~_left(fine, found, residual_bits)[diagonal, diagonal].at_least([LEFT])[0]
    if plainly:
        power = rough.shifted_down(-round(math.log2(RIDGE))).rescaled(_RESIDUAL_BITS)
        for _ in range(3):
            power = power.matmul(power, fraction_bits=_RESIDUAL_BITS, limit=_SLACK)
        right = right & ~power[diagonal, diagonal].at_least([LEFT])[0]
    return Inverse(found, down, right)


def largest(size: int) -> float:
    """A bound of the entries of :func:`inverse_diagonal`."""
    return _REACH / max(size, 2)


def _left(matrix: SecureArray, found: SecureArray, bits: int) -> SecureArray:
    image = matrix.matmul(found, fraction_bits=bits, limit=2 * _SLACK)
    return (np.eye(matrix.shape[0], dtype=np.int64) - image).within(_SLACK, because="|p| <= 1")


def _part(values: SecureArray, factor: float) -> SecureArray:
    """Times a public factor of few digits: what its rounding leaves stays in the residual."""
    scaled = values.multiply(round(math.ldexp(factor, _FACTOR_BITS)))
    return scaled.shifted_down(_FACTOR_BITS).rescaled(values.fraction_bits)
