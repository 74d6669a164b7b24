"""What every protocol stack owes, operation by operation, against plain integers: cases for :mod:`test_conformance`.

An operation's cases give it raw integers of several shapes, with the corners of what it may be given among them, and say what
comes out. ``slack`` is what the stack's headroom allows a truncation to err by.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mpc.arrays.backend import SineSeries
from mpc.arrays.field import objects
from mpc.arrays.headroom import Headroom

SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (7,), (0, 3), (1, 3), (5, 3))
SERIES = SineSeries(20, (0.5, -0.25, 0.125), 18)
TURN = 1 << 20


@dataclass(frozen=True)
class Case:
    """``run(backend, *shares)`` on these inputs gives ``expected``, within ``slack`` units of the headroom's, and ``more``."""

    inputs: tuple[Any, ...]
    run: Callable[..., Any]
    expected: Any
    slack: int = 0
    more: float = 0.0


Cases = Callable[[Headroom, np.random.Generator], Iterator[Case]]


def corners(shape: tuple[int, ...], most: int, rng: np.random.Generator) -> Any:
    """Integers within ``most``: zeros, the ends of the range, neighbours of powers of two, and random ones."""
    count = math.prod(shape)
    special = [
        0,
        most,
        -most,
        1,
        -1,
        most - 1,
        1 - most,
        1 << 18,
        -(1 << 18),
        (1 << 18) - 1,
        1 - (1 << 18),
        1 << 17,
        most // 2,
    ]
    random = [int(x) for x in rng.integers(-most, most, count, endpoint=True)]
    fitting = [x for x in special if abs(x) <= most]
    start = int(rng.integers(len(fitting)))
    mixed = [fitting[(start + i) % len(fitting)] if i % 3 else random[i] for i in range(count)]
    return np.array(mixed, dtype=np.int64).reshape(shape)


def _each(most: Callable[[Headroom], int], arity: int = 1) -> Callable[[Headroom, np.random.Generator], Iterator[Any]]:
    def made(room: Headroom, rng: np.random.Generator) -> Iterator[Any]:
        for shape in SHAPES:
            yield tuple(corners(shape, most(room), rng) for _ in range(arity))

    return made


def _edge(room: Headroom) -> int:
    return room.limit - 1


def _half(room: Headroom) -> int:
    return _edge(room) // 2


def _root(room: Headroom) -> int:
    return math.isqrt(_edge(room))


def _wide(*values: Any) -> Any:
    """As Python integers."""
    return [objects(value) for value in values]


def constant(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for (x,) in _each(_edge)(room, rng):
        yield Case((), lambda backend, x=x: backend.constant(x), x)


def add(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for x, y in _each(_half, 2)(room, rng):
        yield Case((x, y), lambda backend, a, b: backend.add(a, b), x + y)
    row, column = corners((4,), _half(room), rng), corners((3, 1), _half(room), rng)
    yield Case((row, column), lambda backend, a, b: backend.add(a, b), row + column)


def subtract(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for x, y in _each(_half, 2)(room, rng):
        yield Case((x, y), lambda backend, a, b: backend.subtract(a, b), x - y)
    row, column = corners((4,), _half(room), rng), corners((3, 1), _half(room), rng)
    yield Case((row, column), lambda backend, a, b: backend.subtract(a, b), row - column)


def add_public(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for x, y in _each(_half, 2)(room, rng):
        yield Case((x,), lambda backend, a, y=y: backend.add_public(a, y), x + y)
        one = np.int64(-_half(room))
        yield Case((x,), lambda backend, a, one=one: backend.add_public(a, np.asarray(one)), x + one)


def scale(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for x, y in _each(_root, 2)(room, rng):
        yield Case((x,), lambda backend, a, y=y: backend.scale(a, y), x * y)
        yield Case((x,), lambda backend, a: backend.scale(a, np.asarray(np.int64(-1))), -x)


def public_matmul(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    most = _root(room) // 3
    for rows, inner, shape in ((2, 3, (3, 4)), (1, 1, (1, 1)), (2, 3, (3,)), (0, 3, (3, 2)), (2, 1, (1, 5))):
        left, x = corners((rows, inner), most, rng), corners(shape, most, rng)
        yield Case((x,), lambda backend, a, left=left: backend.public_matmul(left, a), left @ x)


def take(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    x = corners((5, 3), _edge(room), rng)
    keys: list[Any] = [
        0, -1, slice(1, 4), slice(0, 0), slice(None, None, -1), [4, 0, 0], np.array([2], dtype=np.int64), (..., 1), None,
        (slice(None), slice(0, 2)), ([0, 1], [2, 2]),
    ]  # fmt: skip
    for key in keys:
        yield Case((x,), lambda backend, a, key=key: backend.take(a, key), x[key])


def reshape(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for before, after in (((6,), (2, 3)), ((2, 3), (3, 2)), ((0, 3), (0,)), ((1,), ()), ((), (1, 1))):
        x = corners(before, _edge(room), rng)
        yield Case((x,), lambda backend, a, after=after: backend.reshape(a, after), x.reshape(after))


def transpose(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for (x,) in _each(_edge)(room, rng):
        yield Case((x,), lambda backend, a: backend.transpose(a), x.T)
    x = corners((4, 3), _root(room) // 4, rng)
    yield Case((x,), lambda backend, a: backend.matmul(backend.transpose(a), a, (3, 3), 1, 0, _edge(room)), x.T @ x)
    yield Case((x,), lambda backend, a: backend.transpose(backend.transpose(a)), x)


def concatenate(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for one, other, axis in (((2, 3), (4, 3), 0), ((2, 3), (2, 1), 1), ((0,), (3,), 0), ((1, 3), (0, 3), 0)):
        x, y = corners(one, _edge(room), rng), corners(other, _edge(room), rng)
        yield Case(
            (x, y), lambda backend, a, b, axis=axis: backend.concatenate([a, b], axis), np.concatenate([x, y], axis)
        )


def sum_(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for shape in SHAPES:
        x = corners(shape, _edge(room) // 16, rng)
        for axis in (None, *range(len(shape))):
            yield Case((x,), lambda backend, a, axis=axis: backend.sum(a, axis), x.sum(axis=axis))


def running_sums(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for shape in SHAPES[1:]:
        x = corners(shape, _edge(room) // 16, rng)
        for axis in range(len(shape)):
            yield Case((x,), lambda backend, a, axis=axis: backend.running_sums(a, axis), x.cumsum(axis=axis))


def multiply(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for x, y in _each(_root, 2)(room, rng):
        for shift in (0, 1, 18, 40):
            run = _multiplied(np.broadcast_shapes(x.shape, y.shape), 1, shift, _edge(room))
            yield Case((x, y), run, _floor(x, y, 1, shift), int(shift > 0))
    x, y = corners((4,), _root(room) // 8, rng), corners((3, 1), _root(room) // 8, rng)
    yield Case((x, y), _multiplied((3, 4), -7, 5, _edge(room)), _floor(x, y, -7, 5), 1)


def _multiplied(shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Callable[..., Any]:
    return lambda backend, a, b: backend.multiply(a, b, shape, scale, shift, bound)


def _floor(x: Any, y: Any, scale: int, shift: int) -> Any:
    left, right = _wide(x, y)
    return objects(left * right * scale) >> shift


def matmul(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for one, other in (
        ((2, 3), (3, 4)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((0, 3), (3, 2)),
        ((1, 1), (1, 1)),
        ((5, 1), (1, 5)),
    ):
        most = _root(room) // 3
        x, y = corners(one, most, rng), corners(other, most, rng)
        shape, exact = (*one[:-1], *other[1:]), objects(np.asarray(_wide(x)[0] @ _wide(y)[0]))
        for factor, shift in ((1, 0), (2, 18), (-1, 30)):
            run = _matrix(shape, factor, shift, _edge(room))
            yield Case((x, y), run, objects(np.asarray(exact * factor)) >> shift, int(shift > 0))


def _matrix(shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Callable[..., Any]:
    return lambda backend, a, b: backend.matmul(a, b, shape, scale, shift, bound)


def truncate(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for (x,) in _each(_edge)(room, rng):
        for shift in (1, 18, 40):
            yield Case((x,), _truncated(x.shape, np.asarray(np.int64(1)), shift, _edge(room)), _wide(x)[0] >> shift, 1)
    x, y = corners((5, 3), _root(room), rng), corners((3,), _root(room), rng)
    yield Case((x,), _truncated((5, 3), y, 18, _edge(room)), _floor(x, y, 1, 18), 1)
    # rounding bounds: what lies on, just below and just above a unit, on both sides of 0
    units = np.array([s * (k << 18) + d for s in (1, -1) for k in (0, 1, 2) for d in (-1, 0, 1)], dtype=np.int64)
    yield Case((units,), _truncated(units.shape, np.asarray(np.int64(1)), 18, 1 << 20), _wide(units)[0] >> 18, 1)


def _truncated(shape: tuple[int, ...], factor: Any, shift: int, bound: int) -> Callable[..., Any]:
    return lambda backend, a: backend.truncate(a, shape, factor, shift, bound)


def at_least(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for bits in (2, 9, room.length - 3):
        most = (1 << (bits - 1)) - 1
        for shape in ((), (0,), (1,), (7,), (1, 3)):
            x = corners(shape, most // 2, rng)
            for asked in ([0], [0, 1, -1], [most // 2, -(most // 2)], []):
                thresholds = np.array([t for t in asked if abs(t) <= most - most // 2], dtype=np.int64)
                expected = (x[None] >= thresholds.reshape(-1, *(1,) * x.ndim)) * 1
                yield Case((x,), _compared(shape, thresholds, bits), expected)
            if bits != 9 and shape:
                break


def _compared(shape: tuple[int, ...], thresholds: Any, bits: int) -> Callable[..., Any]:
    return lambda backend, a: backend.at_least(a, shape, thresholds, bits)


def is_zero(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    for bits in (2, 9, room.length - 3):
        for shape in ((), (0,), (7,), (1, 3)):
            x = corners(shape, (1 << (bits - 1)) - 1, rng)
            yield Case((x,), lambda backend, a, shape=shape, bits=bits: backend.is_zero(a, shape, bits), (x == 0) * 1)


def sine_series(room: Headroom, rng: np.random.Generator) -> Iterator[Case]:
    most = _half(room)
    for x in (
        corners((), most, rng),
        corners((0,), most, rng),
        corners((7,), most, rng),
        np.arange(-4, 5) * (TURN // 8),
    ):
        yield Case((x,), lambda backend, a, x=x: backend.sine_series(a, None, x.shape, SERIES, most), _waves(x), 1, 4.0)
    x, y = corners((4, 3), 1 << 20, rng), corners((3,), 1 << 20, rng)
    product = _wide(x)[0] @ _wide(y)[0]
    yield Case((x, y), lambda backend, a, b: backend.sine_series(a, b, (4,), SERIES, 3 << 40), _waves(product), 1, 4.0)


def _waves(raw: Any) -> Any:
    angle = 2 * np.pi * objects(objects(raw) % TURN).astype(np.float64) / TURN
    total = sum(c * np.sin(k * angle) for k, c in enumerate(SERIES.coefficients, start=1))
    return np.ldexp(np.asarray(total), SERIES.fraction_bits)


OPERATIONS: dict[str, Cases] = {
    "constant": constant, "add": add, "subtract": subtract, "add_public": add_public, "scale": scale,
    "public_matmul": public_matmul, "take": take, "reshape": reshape, "transpose": transpose, "concatenate": concatenate,
    "sum": sum_, "running_sums": running_sums, "multiply": multiply, "matmul": matmul, "truncate": truncate, "at_least": at_least, "is_zero": is_zero,
    "sine_series": sine_series,
}  # fmt: skip
"""By the name in :class:`mpc.arrays.backend.Backend`."""
