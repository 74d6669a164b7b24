"""Sines and cosines: exact to the bit against the written specification, and close to the truth."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast.kernels.choice import load, usable
from mpc.backends.fast.kernels.golden import EDGES
from mpc.backends.fast.kernels.interface import Kernels
from tests.unit.mpc.backends.fast.kernels.reference import P, Reference, decode, encode
from tests.unit.mpc.backends.fast.kernels.test_arithmetic import drawn

REFERENCE = Reference()


@pytest.mark.parametrize(
    ("period_bits", "scale_bits"), [(1, 1), (2, 28), (5, 20), (31, 24), (41, 20), (52, 28), (60, 28)]
)
def test_bits_of_every_variant(kernels: Kernels, period_bits: int, scale_bits: int, rng: random.Random) -> None:
    c = encode([*EDGES, *drawn(rng, 150)])
    found = kernels.sincos(c, period_bits, 5, scale_bits)
    for got, expected in zip(found, REFERENCE.sincos(c, period_bits, 5, scale_bits), strict=True):
        assert got.dtype == np.int64
        assert (got == expected).all()


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2**104 - 1), max_size=20), st.integers(1, 60), st.integers(0, 4), st.integers(1, 28))
def test_any_phase(values: list[int], period_bits: int, terms: int, scale_bits: int) -> None:
    c = encode(values)
    expected = REFERENCE.sincos(c, period_bits, terms, scale_bits)
    for name in usable():
        for got, want in zip(load(name).sincos(c, period_bits, terms, scale_bits), expected, strict=True):
            assert got.shape == (terms, len(values))
            assert (got == want).all()


@pytest.mark.parametrize(("scale_bits", "most"), [(10, 0.501), (20, 0.51), (28, 0.75)])
def test_error_is_below_the_stated_bound(kernels: Kernels, scale_bits: int, most: float, rng: random.Random) -> None:
    """Against the C library's sine, whose own error at 2^-53 does not count here."""
    near_quarters = [(q << 58) + d for q in range(8) for d in range(-40, 40)]
    phases = [*near_quarters, *(rng.getrandbits(60) for _ in range(20_000))]
    sine, cosine = kernels.sincos(encode([x % 2**60 for x in phases]), 60, 3, scale_bits)
    worst = 0.0
    for k in range(1, 4):
        angles = np.array([k * x % 2**60 for x in phases], dtype=np.float64) * (2 * math.pi / 2**60)
        worst = max(worst, np.abs(sine[k - 1] - np.sin(angles) * 2.0**scale_bits).max())
        worst = max(worst, np.abs(cosine[k - 1] - np.cos(angles) * 2.0**scale_bits).max())
    assert worst < most


def test_quarter_turns_are_exact(kernels: Kernels) -> None:
    sine, cosine = kernels.sincos(encode([0, 1, 2, 3]), 2, 2, 20)
    one = 1 << 20
    assert sine.tolist() == [[0, one, 0, -one], [0, 0, 0, 0]]
    assert cosine.tolist() == [[one, 0, -one, 0], [one, -one, one, -one]]


def test_second_representations_count_as_the_residue(kernels: Kernels) -> None:
    alike = encode(list(range(17))), encode([P + x for x in range(17)])
    assert decode(alike[0]) != decode(alike[1])
    for got, expected in zip(kernels.sincos(alike[1], 5, 3, 20), kernels.sincos(alike[0], 5, 3, 20), strict=True):
        assert (got == expected).all()


def test_more_phases_than_one_block(kernels: Kernels, rng: random.Random) -> None:
    c = np.array([[rng.getrandbits(52) for _ in range(16_390)], [0] * 16_390], dtype=np.uint64)
    whole = kernels.sincos(c, 52, 2, 20)
    tail = kernels.sincos(c[:, 16_380:], 52, 2, 20)
    assert all((one[:, 16_380:] == other).all() for one, other in zip(whole, tail, strict=True))
