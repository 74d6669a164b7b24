"""Sines and cosines of public phases in integers, exactly the same wherever they are computed.

The specification, which the C sources repeat step by step; shifts of signed numbers round down.

1. phi = (c mod 2^period_bits) · 2^(64 - period_bits); the k-th harmonic is k·phi mod 2^64 (a full turn is 2^64).
2. Nearest quarter turn: q = ((phi + 2^61) >> 62) mod 4, rest = phi - q·2^62 as a signed word, in [-2^61, 2^61).
3. t = (rest + 2^30) >> 31, in [-2^30, 2^30]: the angle is x·π/4 with x = t/2^30. u = (t·t + 2^29) >> 30.
4. e = E3, then e = E_i + ((e·u) >> 30) for i = 2, 1, 0; s = S - ((e·u + 2^32) >> 33): sin(x·π/4) = t·s / 2^61.
5. f = F3, then f = F_i + ((f·u) >> 30) for i = 2, 1, 0; d = D - ((f·u + 2^33) >> 34): cos(x·π/4) = 1 - u·d / 2^62.
6. sine = (t·s + 2^(60 - scale)) >> (61 - scale), cosine = (2^62 - u·d + 2^(61 - scale)) >> (62 - scale).
7. By quarter: (sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine).

The polynomials interpolate sin(x·π/4)/x and (1 - cos(x·π/4))/x^2 in x^2 at five Chebyshev nodes (error below 2^-37); S, E, D, F are
their coefficients times 2^31, -2^34, 2^32, -2^36. The angle's rounding costs 2^-31.3, everything before the last rounding
together less than 2^-30: less than 0.75 units of 2^-scale for scales up to 28.
"""

from typing import Final

import numpy as np

from mpc.backends.fast.kernels.planes import Integers, Words

SINE_FIRST: Final = 1686629713
SINE_REST: Final = (1387197334, -42784630, 628309, -5309)
COSINE_FIRST: Final = 1324675879
COSINE_REST: Final = (1089502240, -22401986, 246745, -1672)


def sincos(low: Words, period_bits: int, terms: int, scale_bits: int) -> tuple[Integers, Integers]:
    """Both (terms, n) for the low words of n phases."""
    sines = np.empty((terms, low.size), dtype=np.int64)
    cosines = np.empty_like(sines)
    first = low << (64 - period_bits)
    phase: Words = np.zeros_like(low)
    for term in range(terms):
        phase += first
        _one(phase, scale_bits, sines[term], cosines[term])
    return sines, cosines


def _one(phase: Words, scale_bits: int, sine: Integers, cosine: Integers) -> None:
    quarter = (phase + (1 << 61)) >> 62
    t = ((phase - (quarter << 62)).view(np.int64) + (1 << 30)) >> 31
    u = (t * t + (1 << 29)) >> 30
    e, f = _horner(SINE_REST, u), _horner(COSINE_REST, u)
    s = SINE_FIRST - ((e * u + (1 << 32)) >> 33)
    d = COSINE_FIRST - ((f * u + (1 << 33)) >> 34)
    s = (t * s + (1 << (60 - scale_bits))) >> (61 - scale_bits)
    c = ((1 << 62) - u * d + (1 << (61 - scale_bits))) >> (62 - scale_bits)
    odd = (quarter & 1).astype(bool)
    sine[:] = np.where(odd, c, s)
    cosine[:] = np.where(odd, s, c)
    np.negative(sine, out=sine, where=quarter >= 2)
    np.negative(cosine, out=cosine, where=(quarter == 1) | (quarter == 2))


def _horner(coefficients: tuple[int, ...], u: Integers) -> Integers:
    value = np.full_like(u, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = coefficient + ((value * u) >> 30)
    return value
