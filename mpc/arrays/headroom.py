"""How large a shared number may be, so that nothing ever wraps round the modulus and masks hide what they mask.

A value x is masked before it is opened: c = x + 2^(L-1) + sum of r_S over the C(m, t) sets S of m - t parties, each r_S
uniform in [0, 2^B) and known exactly to the parties of S (pseudorandom secret sharing: Cramer, Damgård, Ishai, TCC 2005).
With |x| < 2^(L-1):

* *hidden*: any t parties miss at least one r_S. The opened c - (what they know) is x + 2^(L-1) + r_S, whose
  distribution for two values of x differs by at most 2^L / 2^B = 2^-κ statistically. Hence B = L + κ (Catrina, Saxena, FC
  2010, statistical masking), with κ = 40. This holds for passive adversaries who see any number n of openings with
  advantage n·2^-40.
* *no wrap*: 0 <= c <= 2^L - 1 + C(m, t)·(2^B - 1) < p must hold over the integers; :func:`headroom` takes the largest B
  that satisfies it. For three parties (C = 3): B = 102, L = 62, since 3·2^102 + 2^62 < 2^104 - 17.

Truncation by f bits is then c >> f minus the shares of the r_S >> f, computed by each party from the same r_S: no random
bits, no dealer, any m. Over the integers

    (c >> f) - sum(r_S >> f) = (x + 2^(L-1)) / 2^f + sum(frac r_S) - frac c,    frac in [0, 1),

so the error lies in (-1, C) units in the last place before, and after subtracting the expected (C - 1)/2 within
``slack`` = C//2 + 1 units. It never wraps: the failure probability of a truncation is zero within declared ranges, and
ranges are enforced by :class:`~mpc.arrays.interface.SecureArray`.

What a truncation gives away: nothing beyond 2^-40 while the result stays shared. A committee member who also learns the
result knows all r_S but one and so learns in which half-open unit the untruncated value lay: information below the last
place of a number that it was given. Outputs are reshared before release (:meth:`Backend.export`), so that a result user
who collects all shares learns nothing else from them.
"""

import math
from dataclasses import dataclass
from typing import Final

from mpc.arrays.field import MODULUS
from protocol.backends import KAPPA
from protocol.errors import RangeError, RefusedError

STATISTICAL_SECURITY: Final = KAPPA
_LEAST_MASK: Final = STATISTICAL_SECURITY + 31


@dataclass(frozen=True, slots=True)
class Headroom:
    """What one committee can hold: ``limit`` bounds |x| of anything that is masked, truncated or compared."""

    parties: int
    threshold: int
    subsets: int
    mask_bits: int
    length: int

    @property
    def limit(self) -> int:
        """Exclusive bound of |x| for raw integers (2^61 for three parties)."""
        return 1 << (self.length - 1)

    @property
    def slack(self) -> int:
        """Largest error of one truncation, in units in the last place."""
        return self.subsets // 2 + 1


def headroom(parties: int, threshold: int) -> Headroom:
    """The headroom of a committee; refuses committees that keep no secrets (invariant I4)."""
    if parties < 3 or threshold < 1 or 2 * threshold >= parties:
        raise RefusedError(
            "mpc.no_honest_majority",
            f"{parties} parties with threshold {threshold}: secrecy needs at least three parties and 1 <= t < m/2.",
            "Name at least three compute parties with distinct operators.",
        )
    subsets = math.comb(parties, threshold)
    mask_bits = 104 - subsets.bit_length() + 1
    while mask_bits > _LEAST_MASK and not _fits(subsets, mask_bits):
        mask_bits -= 1
    if mask_bits <= _LEAST_MASK:
        raise RangeError(
            "mpc.committee_too_large",
            f"A committee of {parties} leaves fewer than 32 bits for numbers.",
            "Use a smaller committee; other data owners need not sit on it.",
        )
    length = mask_bits - STATISTICAL_SECURITY
    return Headroom(parties, threshold, subsets, mask_bits, length)


def _fits(subsets: int, mask_bits: int) -> bool:
    """Whether x + 2^(L-1) plus the largest masks stays below the modulus."""
    return (1 << (mask_bits - STATISTICAL_SECURITY)) + subsets * ((1 << mask_bits) - 1) < MODULUS
