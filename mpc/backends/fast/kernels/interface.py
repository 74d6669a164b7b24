"""What every variant of the kernels offers; :mod:`mpc.backends.fast.kernels` says what each operation means."""

from typing import Protocol

from mpc.backends.fast.kernels.orders import Order
from mpc.backends.fast.kernels.planes import Integers, Planes, Words


class Keystream(Protocol):
    """AES-128 in counter mode under one key (see :class:`mpc.backends.fast.kernels.Prf`)."""

    def elements(self, nonce: int, shape: tuple[int, ...]) -> Planes: ...  # noqa: D102
    def words(self, nonce: int, count: int) -> Words: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class PackedMatrix(Protocol):
    """A matrix kept in the layouts its products need."""

    def matmul(self, b: Planes) -> Planes: ...  # noqa: D102
    def t_matmul(self, b: Planes) -> Planes: ...  # noqa: D102
    def gram(self) -> Planes: ...  # noqa: D102


class Kernels(Protocol):
    """One variant. A :class:`Keystream` is only used with the variant that made it."""

    @property
    def name(self) -> str: ...  # noqa: D102

    def add(self, a: Planes, b: Planes) -> Planes: ...  # noqa: D102
    def sub(self, a: Planes, b: Planes) -> Planes: ...  # noqa: D102
    def mul(self, a: Planes, b: Planes) -> Planes: ...  # noqa: D102
    def neg(self, a: Planes) -> Planes: ...  # noqa: D102
    def add_scalar(self, a: Planes, k: int) -> Planes: ...  # noqa: D102
    def mul_scalar(self, a: Planes, k: int) -> Planes: ...  # noqa: D102
    def canonical(self, a: Planes) -> Planes: ...  # noqa: D102
    def from_int64(self, values: Integers) -> Planes: ...  # noqa: D102
    def to_int64(self, a: Planes) -> Integers: ...  # noqa: D102
    def pack(self, a: Planes) -> bytes: ...  # noqa: D102
    def unpack(self, data: bytes | bytearray | memoryview, shape: tuple[int, ...]) -> Planes: ...  # noqa: D102
    def sum_axis(self, a: Planes, axis: int | None) -> Planes: ...  # noqa: D102
    def running_sums(self, a: Planes, axis: int) -> Planes: ...  # noqa: D102
    def matmul(self, a: Planes, b: Planes) -> Planes: ...  # noqa: D102
    def packed(self, a: Planes) -> PackedMatrix: ...  # noqa: D102
    def keystream(self, key: bytes | bytearray) -> Keystream: ...  # noqa: D102
    def mask(  # noqa: D102
        self, d: Planes, lam: int, plus: Keystream, minus: Keystream, nonce: int, offset: int
    ) -> Planes: ...
    def finish_ab(  # noqa: D102
        self, own: Planes, other: Planes, shift: int, offset: int, k: int, w: Planes, g: int
    ) -> Planes: ...
    def finish_c(  # noqa: D102
        self, masked: Planes, shift: int, prf: Keystream, nonce: int, ka: int, kb: int
    ) -> tuple[Planes, Planes]: ...
    def sincos(self, c: Planes, period_bits: int, terms: int, scale_bits: int) -> tuple[Integers, Integers]: ...  # noqa: D102
    def dot_int(self, u: Integers, v: Planes) -> Planes: ...  # noqa: D102

    # -- comparison on bit slices
    def tree_leaves(  # noqa: D102
        self, low: Words, targets: Words, bits: int, dealt: Words, masks: Words, *, equality: bool, first: bool
    ) -> tuple[Words, Words]: ...
    def tree_deal(  # noqa: D102
        self, low: Words, bits: int, masks: Words, pads: Words, *, equality: bool
    ) -> tuple[Words, Words]: ...
    def tree_level(  # noqa: D102
        self,
        m: Words,
        part: Words,
        nodes: int,
        dealt: Words,
        above: int,
        masks: Words,
        at: int,
        *,
        equality: bool,
        first: bool,
    ) -> Words: ...
    def tree_next(  # noqa: D102
        self, own: Words, at: int, theirs: Words | None, below: Words, nodes: int, *, equality: bool
    ) -> Words: ...
    def split_pack(self, a: Planes, low: int) -> bytes: ...  # noqa: D102
    def split_join(self, a: Planes, data: bytes | memoryview, low: int) -> tuple[Words, Integers]: ...  # noqa: D102
    def halves_dealt(self, last: Words, pads: Words, n: int) -> bytes: ...  # noqa: D102
    def halves_of_a(self, m: Words, pads: Words, n: int) -> Planes: ...  # noqa: D102
    def halves_of_b(self, m: Words, data: bytes | memoryview, n: int) -> Planes: ...  # noqa: D102
    def cuts_dealt(self, masked: Planes, shift: int, row: Words, stream: Keystream, nonce: int) -> bytes: ...  # noqa: D102
    def chosen(self, gamma: Planes, halves: Planes, cuts: Planes, row: Words, twice: int) -> Planes: ...  # noqa: D102
    def shifted_words(self, a: Planes, shift: int, *, negative: bool) -> Words: ...  # noqa: D102
    def join(  # noqa: D102
        self, half: Planes, stream: Keystream, nonce: int, sent: int, own: int, masked: int
    ) -> tuple[bytes, Planes]: ...
    def both(  # noqa: D102
        self, plus: Keystream, kp: int, minus: Keystream, km: int, nonce: int, shape: tuple[int, ...]
    ) -> Planes: ...
    def draw_order(self, words: Words, rows: int) -> Order | None: ...  # noqa: D102
    def compose_orders(self, first: Order, second: Order) -> Order: ...  # noqa: D102
    def gather(self, a: Planes, order: Order) -> Planes: ...  # noqa: D102
