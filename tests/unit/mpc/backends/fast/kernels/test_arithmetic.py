"""Elementwise kernels of every variant against Python integers."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast.kernels.choice import load, usable
from mpc.backends.fast.kernels.golden import EDGES
from mpc.backends.fast.kernels.interface import Kernels
from tests.unit.mpc.backends.fast.kernels.reference import LIMB, P, Reference, decode, encode

REFERENCE = Reference()
LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 511, 512, 513)
SCALARS = (0, 1, -1, 2, 17, P - 1, P, P + 16, 2**104 - 1, -(2**200), 3**90)
representatives = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**104 - 1))


def same(kernels: Kernels, got: np.ndarray, expected: np.ndarray) -> None:
    """Limbs in range, and the same residues."""
    assert got.dtype == np.uint64
    assert got.shape == expected.shape
    assert got.flags.c_contiguous
    assert not (got > LIMB).any()
    assert decode(kernels.canonical(got)) == decode(expected)


def drawn(rng: random.Random, count: int) -> list[int]:
    return [rng.choice((rng.randrange(2**104), rng.choice(EDGES))) for _ in range(count)]


@pytest.mark.parametrize("name", ["add", "sub", "mul"])
def test_all_pairs_of_edges(kernels: Kernels, name: str) -> None:
    a = encode([x for x in EDGES for _ in EDGES])
    b = encode([y for _ in EDGES for y in EDGES])
    same(kernels, getattr(kernels, name)(a, b), getattr(REFERENCE, name)(a, b))


@pytest.mark.parametrize("name", ["neg", "canonical"])
def test_every_edge(kernels: Kernels, name: str) -> None:
    a = encode(list(EDGES))
    same(kernels, getattr(kernels, name)(a), getattr(REFERENCE, name)(a))


def test_canonical_changes_only_what_is_not(kernels: Kernels) -> None:
    assert decode(kernels.canonical(encode([P - 1, P, 2**104 - 1, 0, 16]))) == [P - 1, 0, 16, 0, 16]


@pytest.mark.parametrize("k", SCALARS)
def test_scalars(kernels: Kernels, k: int) -> None:
    a = encode(list(EDGES))
    same(kernels, kernels.add_scalar(a, k), REFERENCE.add_scalar(a, k))
    same(kernels, kernels.mul_scalar(a, k), REFERENCE.mul_scalar(a, k))


@pytest.mark.parametrize("length", LENGTHS)
def test_every_length(kernels: Kernels, length: int, rng: random.Random) -> None:
    a, b, w = (encode(drawn(rng, length)) for _ in range(3))
    for name in ("add", "sub", "mul"):
        same(kernels, getattr(kernels, name)(a, b), getattr(REFERENCE, name)(a, b))
    same(kernels, kernels.neg(a), REFERENCE.neg(a))
    same(kernels, kernels.mul_scalar(a, -7), REFERENCE.mul_scalar(a, -7))
    given_ab = (a, b, 20, 1 << 41, P - 3, w, 5**44)
    same(kernels, kernels.finish_ab(*given_ab), REFERENCE.finish_ab(*given_ab))
    key = b"sixteen bytes ok"
    found = kernels.finish_c(a, 20, kernels.keystream(key), 3, 2**103, -2)
    for got, expected in zip(found, REFERENCE.finish_c(a, 20, REFERENCE.keystream(key), 3, 2**103, -2), strict=True):
        same(kernels, got, expected)


@pytest.mark.parametrize("shift", [0, 1, 18, 51, 52, 53, 103])
def test_fused_kernels_at_every_kind_of_shift(kernels: Kernels, shift: int, rng: random.Random) -> None:
    a, b, w = encode(list(EDGES)), encode(list(EDGES[::-1])), encode(drawn(rng, len(EDGES)))
    for k, g, offset in ((1, 0, 0), (P - 1, P - 1, 2**61), (-3, 3**60, -5)):
        given_ab = (a, b, shift, offset, k, w, g)
        same(kernels, kernels.finish_ab(*given_ab), REFERENCE.finish_ab(*given_ab))
        found = kernels.finish_c(a, shift, kernels.keystream(bytes(16)), 9, k, g)
        expected = REFERENCE.finish_c(a, shift, REFERENCE.keystream(bytes(16)), 9, k, g)
        for got, want in zip(found, expected, strict=True):
            same(kernels, got, want)


@pytest.mark.parametrize(("lam", "offset"), [(3, 2**61), (-3, 0), (1, -1), (P - 1, P - 1), (0, 5)])
def test_mask(kernels: Kernels, lam: int, offset: int, rng: random.Random) -> None:
    d = encode(drawn(rng, 1100), (10, 110))
    keys = (bytes(range(16)), bytes(range(16, 32)))
    got = kernels.mask(d, lam, *(kernels.keystream(key) for key in keys), 77, offset)
    same(kernels, got, REFERENCE.mask(d, lam, *(REFERENCE.keystream(key) for key in keys), 77, offset))


def test_masks_cancel(kernels: Kernels, rng: random.Random) -> None:
    """Three parties' masks with pairwise keys sum to lam·d alone."""
    d = [encode(drawn(rng, 9)) for _ in range(3)]
    p, q, r = (kernels.keystream(bytes([i]) * 16) for i in range(3))
    masked = [kernels.mask(d[i], 5, *pair, 1, 0) for i, pair in enumerate(((p, q), (q, r), (r, p)))]
    total = REFERENCE.mul_scalar(REFERENCE.add(REFERENCE.add(d[0], d[1]), d[2]), 5)
    same(kernels, kernels.add(kernels.add(masked[0], masked[1]), masked[2]), total)


@pytest.mark.parametrize("terms", [0, 1, 15, 16, 17, 31, 1100])
def test_dot_int(kernels: Kernels, terms: int, rng: random.Random) -> None:
    u = np.array([[rng.choice((-(2**63), 2**63 - 1, -1, 0, rng.randrange(-(2**63), 2**63))) for _ in range(5)] for _ in range(terms)], dtype=np.int64).reshape(terms, 5)  # fmt: skip
    v = encode(drawn(rng, 5 * terms), (terms, 5))
    same(kernels, kernels.dot_int(u, v), REFERENCE.dot_int(u, v))


def test_dot_int_with_all_limbs_full(kernels: Kernels) -> None:
    u, v = np.full((1030, 9), -1, dtype=np.int64), encode([2**104 - 1] * (1030 * 9), (1030, 9))
    same(kernels, kernels.dot_int(u, v), REFERENCE.dot_int(u, v))


@pytest.mark.parametrize("shape", [(3,), (0,), (1, 7), (2, 3, 4), (1023, 2), (1024,), (1025, 2), (3, 2050), (4097,)])
def test_running_sums_of_the_largest_limbs(kernels: Kernels, shape: tuple[int, ...], rng: random.Random) -> None:
    count = int(np.prod(shape))
    for values in ([2**104 - 1] * count, drawn(rng, count)):
        a = encode(values, shape)
        for axis in range(-len(shape), len(shape)):
            same(kernels, kernels.running_sums(a, axis), REFERENCE.running_sums(a, axis))
    with pytest.raises(ValueError, match="axis"):
        kernels.running_sums(encode([1] * 3), 1)


@pytest.mark.parametrize("shape", [(3,), (0,), (1, 7), (2, 3, 4), (2049, 2), (2, 2049), (5000,)])
def test_sum_axis(kernels: Kernels, shape: tuple[int, ...]) -> None:
    a = np.full((2, *shape), LIMB, dtype=np.uint64)
    for axis in (None, *range(-len(shape), len(shape))):
        same(kernels, kernels.sum_axis(a, axis), REFERENCE.sum_axis(a, axis))


def test_planes_that_are_not_contiguous_are_read_as_they_look(kernels: Kernels, rng: random.Random) -> None:
    a, b = encode(drawn(rng, 60), (6, 10)), encode(drawn(rng, 60), (10, 6))
    same(kernels, kernels.mul(a.transpose(0, 2, 1), b), REFERENCE.mul(np.ascontiguousarray(a.transpose(0, 2, 1)), b))
    same(kernels, kernels.add(a[:, ::2], a[:, 1::2]), REFERENCE.add(a[:, ::2].copy(), a[:, 1::2].copy()))


@settings(max_examples=60)
@given(st.lists(st.tuples(representatives, representatives, representatives), min_size=1, max_size=20), st.data())
def test_variants_agree_with_integers(triples: list[tuple[int, int, int]], data: st.DataObject) -> None:
    a, b, w = (encode([triple[i] for triple in triples]) for i in range(3))
    k, g = data.draw(st.integers(-(2**110), 2**110)), data.draw(representatives)
    shift = data.draw(st.integers(0, 103))
    for name in usable():
        kernels = load(name)
        for operation in ("add", "sub", "mul"):
            same(kernels, getattr(kernels, operation)(a, b), getattr(REFERENCE, operation)(a, b))
        same(kernels, kernels.mul_scalar(a, k), REFERENCE.mul_scalar(a, k))
        same(kernels, kernels.finish_ab(a, b, shift, k, g, w, k), REFERENCE.finish_ab(a, b, shift, k, g, w, k))


def test_inputs_are_left_alone(kernels: Kernels, rng: random.Random) -> None:
    a, b = encode(drawn(rng, 33)), encode(drawn(rng, 33))
    before = a.copy(), b.copy()
    kernels.mul(a, b)
    kernels.sub(a, b)
    kernels.canonical(a)
    kernels.sum_axis(a, None)
    kernels.finish_ab(a, b, 3, 1, 2, a, 5)
    kernels.pack(a)
    assert (a == before[0]).all()
    assert (b == before[1]).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda k, a: k.add(a, a[:, :2]),
        lambda k, a: k.add(a.astype(np.int64), a),
        lambda k, a: k.neg(a[0]),
        lambda k, a: k.neg(np.zeros((3, 3), np.uint64)),
        lambda k, a: k.finish_ab(a, a, 104, 0, 1, a, 1),
        lambda k, a: k.finish_ab(a, a, -1, 0, 1, a, 1),
        lambda k, a: k.finish_ab(a, a, 3, 0, 1, a[:, :1], 1),
        lambda k, a: k.finish_c(a, 104, k.keystream(bytes(16)), 0, 1, 1),
        lambda k, a: k.from_int64(np.zeros(3, np.int32)),
        lambda k, a: k.dot_int(np.zeros((2, 2), np.int64), a),
        lambda k, a: k.dot_int(np.zeros(3, np.int64), a),
        lambda k, a: k.sum_axis(a, 1),
        lambda k, a: k.sincos(a, 61, 1, 20),
        lambda k, a: k.sincos(a, 41, 1, 29),
        lambda k, a: k.matmul(a, a[:, :2]),
        lambda k, a: k.matmul(a[:, :, None, None], a),
        lambda k, a: k.packed(a),
        lambda k, a: k.packed(a.reshape(2, 3, 1)).matmul(a),
        lambda k, a: k.packed(a.reshape(2, 3, 1)).t_matmul(a[:, :2]),
        lambda k, a: k.keystream(bytes(15)),
        lambda k, a: k.keystream(bytes(16)).elements(1 << 64, (3,)),
        lambda k, a: k.mask(a, 1, k.keystream(bytes(16)), k.keystream(bytes(16)), -1, 0),
    ],
)
def test_wrong_calls_never_reach_the_kernels(kernels: Kernels, call: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        call(kernels, encode([1, 2, 3]))
