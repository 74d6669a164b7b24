"""Pseudorandom secret sharing (Cramer, Damgård, Ishai, TCC 2005) with MPyC's keys.

Every set S of m - t parties holds a key of its own. Values r_S drawn from it are shared without communication: party i
multiplies by f_S(i), where f_S has degree t, is 1 at 0 and 0 at all parties outside S.

Keys are fresh per run (MPyC draws them when a session starts). The PRF input is an operation number that never repeats
within a run, a purpose, and a fixed prefix that MPyC's own inputs (8 bytes) cannot equal: no output is ever used twice.
"""

import itertools
from hashlib import shake_128
from typing import Any

import numpy as np

from mpc.arrays.field import MODULUS, Elements, integers_from, inverse, objects

_DOMAIN = b"tallystick arrays v1"


class Prss:
    """One party's keys and coefficients."""

    def __init__(self, runtime: Any) -> None:  # noqa: ANN401 - mpyc has no types
        parties, self._point = len(runtime.parties), runtime.pid + 1
        keys: dict[tuple[int, ...], bytes] = dict(runtime._prss_keys)  # noqa: SLF001 - MPyC has no public accessor
        self._sets = [(bytes(key), _coefficient(subset, parties, self._point)) for subset, key in sorted(keys.items())]
        self._member = [runtime.pid in s for s in itertools.combinations(range(parties), parties - runtime.threshold)]
        self._degree = runtime.threshold

    def integers(self, operation: int, purpose: bytes, count: int, bits: int) -> list[tuple[int, Elements]]:
        """For every set of this party: its coefficient f_S(i), and ``count`` integers of ``bits`` bits."""
        return [(coefficient, self._draw(key, operation, purpose, count, bits)) for key, coefficient in self._sets]

    def by_set(self, operation: int, purpose: bytes, count: int, bits: int) -> list[tuple[int, Elements]]:
        """As :meth:`integers`, for all sets of the committee in order: (0, zeros) where this party is no member."""
        own = iter(self.integers(operation, purpose, count, bits))
        return [next(own) if member else (0, objects(np.zeros(count, dtype=np.int64))) for member in self._member]

    def uniform(self, operation: int, purpose: bytes, count: int) -> Elements:
        """Degree-t shares of ``count`` uniform field elements nobody knows."""
        total = 0
        for coefficient, values in self.integers(operation, purpose, count, 104):
            total = total + values * coefficient
        return total % MODULUS  # type: ignore[return-value]

    def zero(self, operation: int, count: int) -> Elements:
        """Degree-2t shares of zero, not reduced: they hide everything but the value of a degree-2t opening."""
        total = 0
        for power in range(1, self._degree + 1):
            weight = self._point**power
            for coefficient, values in self.integers(operation, b"zero%d" % power, count, 104):
                total = total + values * (coefficient * weight % MODULUS)
        return total  # type: ignore[return-value]

    def _draw(self, key: bytes, operation: int, purpose: bytes, count: int, bits: int) -> Elements:
        stream = shake_128(key + _DOMAIN + operation.to_bytes(8, "little") + purpose).digest(16 * count)
        return integers_from(stream, bits)


def lagrange(points: list[int], at: int) -> list[int]:
    """Coefficients that evaluate the polynomial through ``points`` at ``at``."""
    found: list[int] = []
    for i, x in enumerate(points):
        top = bottom = 1
        for j, other in enumerate(points):
            if i != j:
                top = top * (at - other) % MODULUS
                bottom = bottom * (x - other) % MODULUS
        found.append(top * inverse(bottom) % MODULUS)
    return found


def _coefficient(subset: tuple[int, ...], parties: int, point: int) -> int:
    outside = [party + 1 for party in range(parties) if party not in subset]
    return lagrange([0, *outside], point)[0]
