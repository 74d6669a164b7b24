"""Matrix products of every variant against Python integers."""

import random

import numpy as np
import pytest

from mpc.backends.fast.kernels.interface import Kernels
from tests.unit.mpc.backends.fast.kernels.reference import Reference, encode
from tests.unit.mpc.backends.fast.kernels.test_arithmetic import drawn, same

REFERENCE = Reference()
SHAPES = [
    (1, 1, 1),
    (3, 5, 7),
    (4, 8, 8),
    (9, 17, 5),
    (8, 300, 9),
    (13, 257, 18),
    (2, 1, 40),
    (33, 2, 3),
    (0, 3, 2),
    (3, 0, 2),
    (3, 2, 0),
]


def drawn_matrix(rng: random.Random, rows: int, columns: int) -> np.ndarray:
    return encode(drawn(rng, rows * columns), (rows, columns))


def turned(a: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(a.transpose(0, 2, 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_matrices(kernels: Kernels, shape: tuple[int, int, int], rng: random.Random) -> None:
    m, k, n = shape
    a, b = drawn_matrix(rng, m, k), drawn_matrix(rng, k, n)
    expected = REFERENCE.matmul(a, b)
    same(kernels, kernels.matmul(a, b), expected)
    same(kernels, kernels.packed(a).matmul(b), expected)
    same(kernels, kernels.packed(turned(a)).t_matmul(b), expected)
    same(kernels, kernels.packed(a).gram(), REFERENCE.matmul(turned(a), a))


@pytest.mark.parametrize("shape", SHAPES)
def test_vectors(kernels: Kernels, shape: tuple[int, int, int], rng: random.Random) -> None:
    m, k, _ = shape
    a, v, u = drawn_matrix(rng, m, k), encode(drawn(rng, k)), encode(drawn(rng, m))
    same(kernels, kernels.matmul(a, v), REFERENCE.matmul(a, v))
    same(kernels, kernels.matmul(u, a), REFERENCE.matmul(u, a))
    same(kernels, kernels.matmul(v, v), REFERENCE.matmul(v, v))
    packed = kernels.packed(a)
    for _ in range(2):
        same(kernels, packed.matmul(v), REFERENCE.matmul(a, v))
        same(kernels, packed.t_matmul(u), REFERENCE.matmul(u, a))


@pytest.mark.parametrize("inner", [255, 256, 257, 1024, 1600, 1601, 9001])
def test_sums_that_must_be_reduced_on_the_way(kernels: Kernels, inner: int) -> None:
    """All limbs full: the largest sums there are."""
    row = encode([2**104 - 1] * inner, (1, inner))
    column = row.reshape(2, inner, 1)
    expected = REFERENCE.matmul(row, column)
    wide = np.ascontiguousarray(np.repeat(column, 9, axis=2))
    same(kernels, kernels.matmul(row, column), expected)
    same(kernels, kernels.packed(column).gram(), expected)
    same(kernels, kernels.packed(row).matmul(column), expected)
    same(kernels, kernels.packed(column).t_matmul(column.reshape(2, inner)), expected.reshape(2, 1))
    tall = np.ascontiguousarray(np.repeat(row, 2, axis=1))
    same(kernels, kernels.matmul(tall, wide), np.repeat(np.repeat(expected, 2, axis=1), 9, axis=2))
    same(kernels, kernels.packed(wide).gram(), np.repeat(np.repeat(expected, 9, axis=1), 9, axis=2))
    same(kernels, kernels.matmul(row, wide), np.repeat(expected, 9, axis=2))


def test_matrices_larger_than_the_blocks(kernels: Kernels, rng: random.Random) -> None:
    """Every way to cut: rows, inner length and columns beyond one block; compared by a random projection."""
    for m, k, n in ((1030, 3, 9), (3, 2050, 5), (5, 3, 1030)):
        a, b = drawn_matrix(rng, m, k), drawn_matrix(rng, k, n)
        left, right = encode(drawn(rng, m)), encode(drawn(rng, n))
        expected = REFERENCE.matmul(REFERENCE.matmul(left, a), REFERENCE.matmul(b, right))
        for product in (kernels.matmul(a, b), kernels.packed(a).matmul(b), kernels.packed(turned(a)).t_matmul(b)):
            same(kernels, REFERENCE.matmul(REFERENCE.matmul(left, product), right), expected)


def test_tall_matrices_in_the_numpy_variant_cross_its_row_blocks(kernels: Kernels, rng: random.Random) -> None:
    a, v = drawn_matrix(rng, 8195, 2), encode(drawn(rng, 2))
    same(kernels, kernels.matmul(a, v), REFERENCE.matmul(a, v))


def test_products_of_views(kernels: Kernels, rng: random.Random) -> None:
    a, b = drawn_matrix(rng, 9, 12), drawn_matrix(rng, 9, 20)
    view, part = a.transpose(0, 2, 1), b[:, :, ::2]
    same(kernels, kernels.matmul(view, part), REFERENCE.matmul(turned(a), part.copy()))
    same(kernels, kernels.packed(view).matmul(part), REFERENCE.matmul(turned(a), part.copy()))
    same(kernels, kernels.packed(a).t_matmul(part), REFERENCE.matmul(turned(a), part.copy()))
