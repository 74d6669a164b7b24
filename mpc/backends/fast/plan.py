"""A backend that computes nothing and counts what the fast one would do: rounds, bytes, openings, failures, memory.

The figures are those of the fast protocols' own documentation (:mod:`mpc.backends.fast.products`,
:mod:`~mpc.backends.fast.comparison`, :mod:`~mpc.backends.fast.series`, :mod:`~mpc.backends.fast.clipped`, :mod:`~mpc.backends.fast.shuffling`,
:mod:`~mpc.backends.fast.inputs`, :mod:`~mpc.backends.fast.opening`), for three compute parties and averaged over them: roles
rotate from operation to operation. Rounds are those that depend on each other, by what a program computes with or has waited for. Memory is that of shares that are alive at
once, 16 bytes each; views cost nothing, and what an operation needs in between is not counted.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from mpc.arrays import ordering
from mpc.arrays.backend import Clip, Curve, Key, SineSeries, Traffic
from mpc.arrays.field import ELEMENT_BYTES, MODULUS
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.ordering import Answers, Rows
from mpc.backends.fast import clipped, permuting, ranking, shuffling
from mpc.backends.fast.backend import HEADROOM
from mpc.backends.fast.comparison import Question, sent_bytes
from mpc.backends.fast.products import offset_for
from mpc.backends.fast.series import Plan, dealt_bytes
from mpc.backends.fast.steps import Steps
from protocol.backends import FAST, BackendFacts
from protocol.statements import MpcParameters

SHARE_BYTES: Final = 16
_PARTIES: Final = 3
_SERIES_ROUNDS: Final = 2
_KEY_BYTES: Final = 32


class Planned:
    """An array that would be there: its shape, and the rounds until it is."""

    __slots__ = ("_bytes", "_meter", "depth", "shape")

    def __init__(self, meter: "_Meter", shape: tuple[int, ...], depth: int, *, view: bool = False) -> None:
        self.shape, self.depth, self._meter = shape, depth, meter
        self._bytes = 0 if view else SHARE_BYTES * math.prod(shape)
        meter.hold(self._bytes)

    def __del__(self) -> None:
        self._meter.hold(-self._bytes)


class _Meter:
    """Bytes of shares alive now and at most so far."""

    __slots__ = ("now", "peak")

    def __init__(self) -> None:
        self.now = self.peak = 0

    def hold(self, size: int) -> None:
        self.now += size
        self.peak = max(self.peak, self.now)


class PlanBackend:
    """Implements :class:`mpc.arrays.backend.Backend` without a session."""

    def __init__(self, outside: int = 0) -> None:
        """``outside`` owners, who are not on the committee, hear every opening."""
        self.headroom = HEADROOM
        self._outside: Final = outside
        self.traffic = Traffic()
        self.dealt: Counter[int] = Counter()
        """Bytes that each owner deals."""
        self._meter = _Meter()
        self._bytes = 0.0
        self._agreed: int | None = None
        """The round after which the committee has a common key."""
        self._waited = 0
        """Rounds that a program has waited for: nothing that it does afterwards began before."""

    @property
    def facts(self) -> BackendFacts:
        """What it stands for."""
        return FAST

    @property
    def parameters(self) -> MpcParameters:
        """As the stack's: see :class:`~mpc.arrays.backend.Backend`."""
        return MpcParameters(FAST.name, FAST.security_model, MODULUS, HEADROOM.threshold, FAST.kappa)

    @property
    def peak_memory(self) -> int:
        """Bytes of shares alive at once since :meth:`begin`."""
        return self._meter.peak

    def begin(self) -> None:
        """Forget the peak so far: a step begins."""
        self._meter.peak = self._meter.now

    # -- linear, local -------------------------------------------------------------------------------------------

    def constant(self, values: Integers) -> Planned:
        """There at once."""
        return Planned(self._meter, np.shape(values), self._waited)

    def add(self, a: Planned, b: Planned) -> Planned:
        """Broadcast."""
        return self._made(np.broadcast_shapes(a.shape, b.shape), a, b)

    def subtract(self, a: Planned, b: Planned) -> Planned:
        """Broadcast."""
        return self._made(np.broadcast_shapes(a.shape, b.shape), a, b)

    def add_public(self, a: Planned, values: Integers) -> Planned:
        """Broadcast."""
        return self._made(np.broadcast_shapes(a.shape, np.shape(values)), a)

    def scale(self, a: Planned, factor: Integers) -> Planned:
        """Broadcast."""
        return self._made(np.broadcast_shapes(a.shape, np.shape(factor)), a)

    def public_matmul(self, left: Integers, a: Planned) -> Planned:
        """Rows of ``left``, columns of ``a``."""
        return self._made((*left.shape[:-1], *a.shape[1:]), a)

    def take(self, a: Planned, key: Key) -> Planned:
        """a[key]; slices are views."""
        found = np.broadcast_to(np.False_, a.shape)[key].shape
        parts = key if isinstance(key, tuple) else (key,)
        return Planned(self._meter, found, a.depth, view=not any(isinstance(k, (list, np.ndarray)) for k in parts))

    def reshape(self, a: Planned, shape: tuple[int, ...]) -> Planned:
        """A view."""
        return Planned(self._meter, shape, a.depth, view=True)

    def transpose(self, a: Planned) -> Planned:
        """A view."""
        return Planned(self._meter, a.shape[::-1], a.depth, view=True)

    def concatenate(self, parts: Sequence[Planned], axis: int) -> Planned:
        """Lengths along the axis add up."""
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        return self._made(tuple(shape), *parts)

    def sum(self, a: Planned, axis: int | None) -> Planned:
        """Without the axis."""
        shape = () if axis is None else tuple(np.delete(a.shape, axis).tolist())
        return self._made(shape, a)

    def running_sums(self, a: Planned, axis: int) -> Planned:
        """As it was."""
        del axis
        return self._made(a.shape, a)

    # -- protocols -----------------------------------------------------------------------------------------------

    def multiply(self, a: Planned, b: Planned, shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Planned:
        """One round, 39 bytes an element in all."""
        del scale
        return self._reduced((a, b), shape, shift, bound)

    def matmul(self, a: Planned, b: Planned, shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Planned:
        """As a product, for each element of the result."""
        del scale
        return self._reduced((a, b), shape, shift, bound)

    def matmul_add(
        self,
        a: Planned,
        b: Planned,
        c: Planned,
        shape: tuple[int, ...],
        scale: int,
        factor: Integers,
        shift: int,
        bound: int,
    ) -> Planned:
        """As a product, for each element of the result."""
        del scale, factor
        return self._reduced((a, b, c), shape, shift, bound)

    def truncate(self, a: Planned, shape: tuple[int, ...], factor: Integers, shift: int, bound: int) -> Planned:
        """As a product."""
        del factor
        return self._reduced((a,), shape, shift, bound)

    def at_least(self, a: Planned, shape: tuple[int, ...], thresholds: Integers, bits: int) -> Planned:
        """What the comparison's own account says, for each answer."""
        return self._compared(a, shape, (thresholds.size, *shape), Question(bits, thresholds))

    def step_functions(
        self, a: Planned, shape: tuple[int, ...], thresholds: Integers, weights: Integers, bits: int
    ) -> Planned:
        """What the protocol's own account says."""
        count, asked = math.prod(shape), Steps(Question(bits, thresholds), weights)
        self._fail(count, asked.question.magnitude)
        return self._talked((len(weights), *shape), asked.question.rounds, asked.sent_bytes(count), a)

    def is_zero(self, a: Planned, shape: tuple[int, ...], bits: int) -> Planned:
        """As a comparison with one answer."""
        return self._compared(a, shape, shape, Question(bits, None))

    def sine_series(
        self, a: Planned, b: Planned | None, shape: tuple[int, ...], series: SineSeries, bound: int
    ) -> Planned:
        """65 bytes an element in all, and C's factors."""
        count, inputs = math.prod(shape), (a,) if b is None else (a, b)
        self._fail(count, 1 << (series.fraction_bits + 4))
        return self._talked(shape, _SERIES_ROUNDS, 65 * count + dealt_bytes(Plan(series, bound), count), *inputs)

    def clipped(self, a: Planned, b: Planned, shape: tuple[int, ...], curve: Curve, clip: Clip, bound: int) -> Planned:
        """What the protocol's own account says."""
        count, plan = math.prod(shape), clipped.Plan(curve, clip, bound)
        self.traffic.failure += plan.failure(count)
        return self._talked(shape, plan.question.rounds, plan.sent_bytes(count), a, b)

    def shuffle(self, a: Planned, shape: tuple[int, ...]) -> Planned:
        """52 bytes an element in all."""
        return self._talked(shape, shuffling.ROUNDS, shuffling.BYTES * math.prod(shape), a)

    def permute(self, a: Planned, shape: tuple[int, ...], by: int, order: Integers | None) -> Planned:
        """39 bytes an element and 4 a row in all."""
        del by, order
        return self._talked(shape, permuting.ROUNDS, permuting.sent_bytes(shape[0], math.prod(shape)), a)

    async def order(self, a: Planned, count: int, bits: int) -> Integers:
        """What an order of its own takes, as uniform as the run's: levels and bytes differ by a few percent. The rows as they are."""
        numbers, depth = np.random.default_rng(count).permutation(count), max(a.depth, self._waited) + 1
        self._fail(3 * count, 1 << (bits - 1))
        self._bytes += ranking.opened_bytes(count) / _PARTIES
        self.traffic.operations += 1

        async def reached(left: Rows, right: Rows) -> Answers:
            nonlocal depth
            depth += ranking.rounds(bits)
            self._bytes += ranking.level_bytes(bits, len(left)) / _PARTIES
            self.traffic.elements_opened += len(left)
            return numbers[left] >= numbers[right]

        await ordering.order(count, reached)
        self._wait(depth)
        self.traffic.bytes_sent = round(self._bytes)
        return np.arange(count)

    # -- edges ---------------------------------------------------------------------------------------------------

    async def settle(self, a: Planned) -> None:
        """Waits as a run does."""
        self._wait(a.depth)

    def share(self, values: Integers | None, shape: tuple[int, ...], owner: int) -> Planned:
        """13 bytes an element from a compute party, 39 from an owner outside. What that one deals is checked: another round and an
        element from each party to both others; and a key is agreed for it, once.
        """
        del values
        size, depth = ELEMENT_BYTES * math.prod(shape), self._waited + 1
        outside = owner >= _PARTIES
        self.dealt[owner] += _PARTIES * size if outside else size
        if outside:
            if self._agreed is None:
                self._agreed, self._bytes = depth + 1, self._bytes + _KEY_BYTES
            self._bytes += (_PARTIES - 1) * ELEMENT_BYTES
            depth = max(depth, self._agreed) + 1
            self.traffic.bytes_sent = round(self._bytes)
        self.traffic.rounds = max(self.traffic.rounds, depth)
        return Planned(self._meter, shape, depth)

    async def open(self, a: Planned, shape: tuple[int, ...]) -> Integers:
        """13 bytes an element from each party, and as many to each owner outside. Vectors open as ones, single numbers as 0:
        nothing ends early.
        """
        told = math.prod(shape) * (1 + self._outside) + 1
        self._wait(self._talked(shape, 1, _PARTIES * ELEMENT_BYTES * told, a).depth)
        self.traffic.elements_opened += math.prod(shape)
        return np.full(shape, 1 if shape else 0, dtype=np.int64)

    async def export(self, a: Planned, shape: tuple[int, ...]) -> bytes:
        """No bytes, no round."""
        del a, shape
        return b""

    def restore(self, data: bytes, shape: tuple[int, ...]) -> Planned:
        """There at once."""
        del data
        return Planned(self._meter, shape, self._waited)

    async def idle(self) -> None:
        """Nothing runs."""

    async def cancel(self) -> None:
        """Nothing runs."""

    def _wait(self, depth: int) -> None:
        self._waited = max(self._waited, depth)
        self.traffic.rounds = max(self.traffic.rounds, depth)

    def _made(self, shape: tuple[int, ...], *inputs: Planned) -> Planned:
        return Planned(self._meter, shape, max(item.depth for item in inputs))

    def _reduced(self, inputs: tuple[Planned, ...], shape: tuple[int, ...], shift: int, bound: int) -> Planned:
        count = math.prod(shape)
        if shift:
            self._fail(count, bound + offset_for(bound, shift))
        return self._talked(shape, 1, 3 * ELEMENT_BYTES * count, *inputs)

    def _compared(self, a: Planned, shape: tuple[int, ...], result: tuple[int, ...], question: Question) -> Planned:
        if not question.answers:
            return self._made(result, a)
        count = math.prod(shape)
        self.traffic.failure += question.failure(count)
        return self._talked(result, question.rounds, sent_bytes(question, count), a)

    def _fail(self, count: int, magnitude: int) -> None:
        self.traffic.failure += count * (magnitude / MODULUS)

    def _talked(self, shape: tuple[int, ...], rounds: int, in_all: float, *inputs: Planned) -> Planned:
        depth = rounds + max(self._waited, *(item.depth for item in inputs))
        self.traffic.operations += 1
        self.traffic.rounds = max(self.traffic.rounds, depth)
        self._bytes += in_all / _PARTIES
        self.traffic.bytes_sent = round(self._bytes)
        return Planned(self._meter, shape, depth)
