"""Secure arrays look like numpy's: every operator and index on both backends against numpy, and what is refused."""

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mpc.arrays.interface import SecureArray, concatenate, constant, share, stack, where
from protocol.errors import RangeError
from tests.unit.mpc.functions.runs import ULP, Kind, both, computed, rounded
from tests.unit.mpc.simulation import opened, run_arrays

small = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), elements=st.integers(-99, 99).map(lambda x: x / 8)
)


@settings(max_examples=40)
@given(small, st.data())
def test_any_numpy_index_takes_the_same_entries(x: Any, data: Any) -> None:
    key = data.draw(
        hnp.basic_indices(x.shape, allow_newaxis=True)
        | hnp.integer_array_indices(x.shape)
        | hnp.arrays(np.bool_, x.shape)
        | hnp.arrays(np.bool_, x.shape[:1])
    )
    assert np.array_equal(computed(lambda a: a[key], x, kind="fast", limit=99), x[key])


@both
@pytest.mark.parametrize(
    "key",
    [
        (slice(None), np.array([True, False, True])),
        (np.array([True, False, True, True]), 1),
        (..., None, slice(None, None, -1)),
        ([3, 0], [1, 1]),
        np.int64(2),
        [True, True, False, False],
        (slice(1, 3), [2, 0]),
        np.zeros(4, dtype=bool),
    ],
)
def test_indexing_on_both_backends(kind: Kind, key: Any) -> None:
    x = np.arange(12).reshape(4, 3) / 4
    assert np.array_equal(computed(lambda a: a[key], x, kind=kind), x[key])


@both
@pytest.mark.parametrize(
    ("shape", "other"), [((3, 4), (4,)), ((3, 1), (1, 5)), ((4,), (2, 3, 4)), ((), (3,)), ((2, 3), ())]
)
def test_elementwise_operators_broadcast(kind: Kind, shape: tuple[int, ...], other: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(shape) + 3 * len(other))
    x, y = rounded(rng.uniform(-8, 8, shape)), rounded(rng.uniform(-8, 8, other))
    nearly = (operator.mul,)
    for operate in (operator.add, operator.sub, operator.mul, operator.lt, operator.ge, operator.eq, operator.ne):
        slack = 4 * ULP if operate in nearly else 0
        for found in (
            computed(operate, x, y, kind=kind, limit=8),
            computed(lambda a, f=operate: f(a, y), x, kind=kind, limit=8),
            computed(lambda b, f=operate: f(x, b), y, kind=kind, limit=8),  # numpy's array on the left
        ):
            assert found.shape == operate(x, y).shape
            assert np.abs(found - operate(x, y)).max() <= slack + (8 * 8 * 2**-24 if slack else 0)


@both
def test_matrix_products_with_public_and_secret_on_either_side(kind: Kind) -> None:
    rng = np.random.default_rng(8)
    a, b, v, w = (rounded(rng.uniform(-4, 4, shape)) for shape in ((3, 5), (5, 2), (5,), (3,)))
    for x, y in ((a, b), (a, v), (w, a), (v, v)):
        for found in (
            computed(operator.matmul, x, y, kind=kind),
            computed(lambda s, y=y: s @ y, x, kind=kind),
            computed(lambda s, x=x: x @ s, y, kind=kind),
            computed(lambda s, y=y: s.dot(y), x, kind=kind),
        ):
            assert found.shape == (x @ y).shape
            assert np.abs(found - x @ y).max() < 1e-5


@both
def test_reductions_and_shapes(kind: Kind) -> None:
    x = rounded(np.random.default_rng(1).uniform(-4, 4, (3, 5, 2)))

    def local(a: SecureArray) -> Any:
        return (
            a.sum(-1), a.sum(0), a.sum(), a.cumsum(), a.cumsum(1), a.cumsum(-1), a.ravel(), a.reshape((2, -1)),
            a.reshape(5, 6), a.T, stack([a, -a]), stack([a, a], 2), stack([a, a], -1), concatenate([a, 2 * a], -1), +a,
            stack(list(a)),
        )  # fmt: skip

    expected = (
        x.sum(-1), x.sum(0), x.sum(), x.cumsum(0), x.cumsum(1), x.cumsum(2), x.ravel(), x.reshape(2, -1), x.reshape(5, 6),
        x.T, np.stack([x, -x]), np.stack([x, x], 2), np.stack([x, x], -1), np.concatenate([x, 2 * x], -1), x, x,
    )  # fmt: skip
    for found, right in zip(computed(local, x, kind=kind), expected, strict=True):
        assert np.allclose(found, right, rtol=0, atol=1e-12)
        assert found.shape == right.shape
    means = computed(lambda a: (a.mean(), a.mean(1), a.mean(axis=-1), abs(a)), x, kind=kind)
    for found, right in zip(means, (x.mean(), x.mean(1), x.mean(-1), np.abs(x)), strict=True):
        assert np.abs(found - right).max() < 4 * ULP
    assert np.array_equal(means[3], np.abs(x))
    counts = computed(lambda a: a.mean(fraction_bits=16), [1, 2, 4], kind=kind, bits=0)
    assert abs(counts - 7 / 3) < 2**-14


@both
def test_powers_and_division_by_public_numbers(kind: Kind) -> None:
    x = rounded(np.linspace(-2, 2, 17))
    powers = computed(lambda a: (a**1, a**2, a**3, a**5, a**6, a**7), x, kind=kind)
    for found, exponent in zip(powers, (1, 2, 3, 5, 6, 7), strict=True):
        assert np.abs(found - x**exponent).max() < 1e-4
    assert np.abs(computed(lambda a: a / 3, x, kind=kind) - x / 3).max() < 4 * ULP
    divisors = np.geomspace(0.5, 2e4, 17)
    assert np.abs(computed(lambda a: a / divisors, x, kind=kind) - x / divisors).max() < 4 * ULP


def test_small_entries_next_to_large_ones_keep_their_digits() -> None:
    factors = np.array([1e4, 1, 1e-4])
    x = np.array([1.0, 1.0, 0.5])
    found = computed(lambda a: a.multiply(factors, fraction_bits=34), x, kind="fast")
    assert np.abs(found / (x * factors) - 1).max() < 2**-12


@both
def test_bits_have_logic(kind: Kind) -> None:
    p, q = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    found = computed(
        lambda a, b: (a & b, a | b, a ^ b, ~a, a & q, q | a, q.astype(bool) ^ a, True & a),
        p,
        q,
        kind=kind,
        bits=0,
        limit=1,
    )
    right = (p & q, p | q, p ^ q, 1 - p, p & q, p | q, p ^ q, p)
    for one, other in zip(found, right, strict=True):
        assert np.array_equal(one, other)


@both
def test_where_keeps_the_bound_of_what_it_chooses(kind: Kind) -> None:
    x = np.array([-3, 2.5, 0, 7])

    def chosen(a: SecureArray) -> Any:
        bit = a > 0
        found = where(bit, a, -a), where(bit, a, 1.5), where(bit, -2, a), where(bit, 7, 5)
        assert found[0].limit == found[1].limit == a.limit
        return (*found, where(bit, 0.5, 0.25, fraction_bits=8), where(bit, a, [[1], [2]]))

    found = computed(chosen, x, kind=kind)
    right = (
        np.abs(x), np.where(x > 0, x, 1.5), np.where(x > 0, -2, x), np.where(x > 0, 7, 5), np.where(x > 0, 0.5, 0.25),
        np.where(x > 0, x, [[1], [2]]),
    )  # fmt: skip
    for one, other in zip(found, right, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda a: bool(a[0]), lambda a: float(a[0]), lambda a: [1, 2, 3][a[0]], lambda a: a[a > 0], lambda a: a[0, a],
        lambda a: a / a, lambda a: 1 / a, lambda a: a**-1, lambda a: a**0.5, lambda a: a & a, lambda a: ~a, lambda a: (a > 0) & 2,
        lambda a: a == "x", lambda a: a + None, lambda a: a * 1j, lambda a: a + np.array(["1"]), lambda a: len(a[0]),
        lambda a: a[True], lambda a: {a}, lambda a: np.array([0.5], dtype=object) * a,
    ],
)  # fmt: skip
def test_what_makes_no_sense_for_secrets_is_a_type_error(misuse: Any) -> None:
    with pytest.raises(TypeError):
        computed(misuse, [1.0, 2.0, 3.0], kind="fast")


@pytest.mark.parametrize(
    ("misuse", "code"),
    [
        (lambda a: a * np.nan, "arrays.not_finite"),
        (lambda a: a + np.inf, "arrays.not_finite"),
        (lambda a: a / 0, "arrays.division_by_zero"),
        (lambda a: a / [1, 0, 2], "arrays.division_by_zero"),
        (lambda a: a + (2.0**42 + 0.5), "arrays.out_of_range"),
        (lambda a: a * 2**45, "arrays.overflow"),
        (lambda a: a * 2.0**45, "arrays.overflow"),
        (lambda a: a + 2**70, "arrays.overflow"),
        (lambda a: a**9, "arrays.overflow"),
        (lambda a: a.rescaled(0) * 0.5, "arrays.fraction"),
        (lambda a: a.rescaled(0) + 0.5, "arrays.fraction"),
        (lambda a: (a > 0) * 0.5, "arrays.fraction"),
        (lambda a: where(a > 0, 0.5, 0.25), "arrays.fraction"),
        (lambda a: a.rescaled(0).mean(), "arrays.fraction"),
        (lambda a: a.reshape(2, -1), "arrays.shape"),
        (lambda a: a.reshape(-1, -1), "arrays.shape"),
        (lambda a: a.sum(1), "arrays.shape"),
        (lambda a: a @ [1, 2], "arrays.shape"),
        (lambda a: a.reshape(1, 1, 3) @ a, "arrays.shape"),
        (lambda a: concatenate([a, a.reshape(3, 1)]), "arrays.shape"),
        (lambda a: stack([a, a[:2]]), "arrays.shape"),
        (lambda a: a[:0].mean(), "arrays.shape"),
        (lambda a: a.sum().shuffled(), "arrays.shape"),
        (lambda a: constant(a.backend, [0.5], 0), "arrays.fraction"),
    ],
)  # fmt: skip
def test_what_would_overflow_or_lose_digits_is_refused(misuse: Any, code: str) -> None:
    with pytest.raises(RangeError, match=code.replace(".", r"\.")):
        computed(misuse, [1.0, 2.0, 3.0], kind="fast", limit=64)


def test_indices_out_of_range_raise_as_in_numpy() -> None:
    for key in (3, (0, 0), [5], np.array([True]), -4):
        with pytest.raises(IndexError):
            computed(lambda a, k=key: a[k], [1.0, 2.0, 3.0], kind="fast")


def test_unsigned_and_boolean_public_numbers_do_not_wrap() -> None:
    x = np.array([1.0, 2.0])
    found = computed(lambda a: (a - np.uint8(5), a - np.array([True, False]), np.uint64(7) - a), x, kind="fast")
    for one, other in zip(found, (x - 5, x - [1, 0], 7 - x), strict=True):
        assert np.array_equal(one, other)


@settings(max_examples=15)
@given(small, small, st.sampled_from(["add", "sub", "mul", "matmul"]))
def test_declared_limits_hold(x: Any, y: Any, name: str) -> None:
    """computed() compares every opened entry with the derived limit."""
    operate = getattr(operator, name)
    try:
        right = operate(x, y)
    except ValueError:
        return
    if name == "matmul" and max(x.ndim, y.ndim) > 2:
        return
    assert np.abs(computed(operate, x, y, kind="fast") - right).max(initial=0) <= 16 * ULP


@both
def test_shared_bits_are_bits(kind: Kind) -> None:
    async def body(backend: Any) -> None:
        labels = share(backend, [0, 1] if backend.pid == 1 else None, shape=(2,), owner=1, fraction_bits=0, limit=1)
        assert labels.is_bits
        assert np.array_equal(await opened(~labels & [1, 1]), [1, 0])

    run_arrays(body, kind=kind)


@both
def test_a_product_and_an_addend_are_truncated_together(kind: Kind) -> None:
    rng = np.random.default_rng(12)
    a, b, c = (rounded(rng.uniform(-4, 4, shape)) for shape in ((5, 40), (40,), (5,)))
    factors = np.array([1 << 20, (1 << 20) - 3, 0, -7, 1 << 19])

    def operate(x: SecureArray, y: SecureArray, z: SecureArray) -> SecureArray:
        return x.matmul_add(y, z, factors, scale=-5, down=20, limit=160.0)

    bits = 18
    whole = [np.rint(v * 2**bits).astype(np.int64) for v in (a, b, c)]
    exact = (-5 * (whole[0] @ whole[1]) + whole[2] * factors) / 2**20 / 2**bits
    assert 40 < np.abs(exact).max() < 160
    assert np.abs(computed(operate, a, b, c, kind=kind, bits=bits, limit=4) - exact).max() <= 2 * 2.0**-bits


def test_a_product_and_an_addend_beyond_the_headroom_are_refused() -> None:
    with pytest.raises(RangeError, match="headroom"):
        computed(
            lambda a: a.matmul_add(a, a, np.ones(3, dtype=np.int64), scale=1, down=40, limit=64.0),
            np.eye(3)[0],
            kind="fast",
        )


@both
def test_running_sums_may_pass_any_size_on_the_way(kind: Kind) -> None:
    """Three times 2^60 leaves the headroom; what is kept, their sum with -3·2^60, is within it, and exact."""
    x = np.array([2.0**60] * 3 + [-(2.0**60)] * 3 + [5.0])

    def kept(a: SecureArray) -> SecureArray:
        return a.cumsum(limit=2.0**60)[[0, 4, 5, 6]]

    found = computed(kept, x, kind=kind, bits=0, limit=2.0**60)
    assert np.array_equal(found, [2.0**60, 2.0**60, 0, 5])
    with pytest.raises(RangeError, match=r"arrays\.overflow"):
        computed(lambda a: a.cumsum(), x, kind=kind, bits=0, limit=2.0**60)
