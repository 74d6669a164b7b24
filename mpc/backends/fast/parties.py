"""One party's keys, links, roles and operation numbers: what all protocols of the fast backend stand on."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Literal, TypeVar

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mpc.arrays.backend import Traffic
from mpc.backends.fast import kernels
from mpc.backends.fast.flow import Flow
from mpc.backends.fast.kernels import MODULUS, Planes, Prf, Words
from mpc.session import Session
from protocol.errors import FormatError, RangeError, RefusedError

T = TypeVar("T")

PARTIES: Final = 3
FAILURE_BUDGET: Final = 2.0**-20
CHUNK: Final = 1 << 15
"""Elements in one message; a longer array goes in several: computing and sending overlap, and what is held fits the cache."""
_LABELS: Final = -(1 << 61)
"""MPyC labels messages with 64-bit program counters, and its array backend from -2^62 on; these count up from here."""
_KEY_DOMAIN: Final = b"tallystick/fast/pair/v1"


class Purpose(IntEnum):
    """What a nonce or a message of one operation is for."""

    MASK = 0
    HALF = 1
    DEAL = 2
    CHECK = 3
    WIRES = 4
    TERMS = 5
    BIT = 6
    RESHARE = 7
    SERIES = 8
    ORDER = 9
    AGAIN = 10


_PURPOSES: Final = 64


class Operation:
    """One operation's number, the same at all parties and never used again in the run, and its nonces, each drawn once."""

    __slots__ = ("_drawn", "number")

    def __init__(self, number: int) -> None:
        self.number: Final = number
        self._drawn = 0

    def nonce(self, purpose: Purpose) -> int:
        """The PRF input for ``purpose``; a second draw is refused (``fast.nonce_reuse``): it would be a two-time pad."""
        bit = 1 << purpose
        if self._drawn & bit:
            raise RefusedError(
                "fast.nonce_reuse",
                f"Operation {self.number} drew its nonce for {purpose.name} twice.",
                "This is a bug in a protocol: the run is void.",
            )
        self._drawn |= bit
        return self.number * _PURPOSES + purpose

    def label(self, step: int) -> int:
        """The label of the operation's ``step``-th message between two parties."""
        return _LABELS + self.number * _PURPOSES + step


class Operations:
    """Draws operation numbers; all parties draw in the same order, whatever arrives when."""

    def __init__(self) -> None:
        self._next = 0

    def draw(self) -> Operation:
        """A number never drawn before in this run."""
        self._next += 1
        return Operation(self._next)


@dataclass(frozen=True, slots=True)
class Seat:
    """The part a party has in an operation: A and B meet in the middle, C knows the mask and speaks first.

    ``weight`` is the Lagrange coefficient of this party for degree 2 at 0; ``plus`` and ``minus`` key its zero share;
    ``without[x]`` is this party's share of a 1 that everyone but party x knows: 1 - x_own / x_party, so that it is 0 at x.
    """

    role: Literal["A", "B", "C"]
    a: int
    b: int
    c: int
    weight: int
    plus: Prf
    minus: Prf
    without: tuple[int, ...]

    @property
    def peer(self) -> int:
        """A's B and B's A."""
        return self.b if self.role == "A" else self.a


class Party:
    """One of exactly three parties (Shamir points 1, 2, 3; threshold 1).

    Each pair holds one key, derived with HKDF-SHA256 from MPyC's PRSS key of that pair (fresh per run) and the run id: keys
    of two runs never agree, so that no nonce is ever used with a key of another run.
    """

    def __init__(self, session: Session) -> None:
        runtime = session.mpc
        if len(runtime.parties) != PARTIES or runtime.threshold != 1:
            raise RefusedError(
                "fast.committee",
                f"{len(runtime.parties)} parties with threshold {runtime.threshold}: the fast backend is for 3 and 1.",
                "Use the mpyc backend for other committees.",
            )
        self.session: Final = session
        self.pid: Final[int] = runtime.pid
        self.traffic: Final = Traffic()
        self.flow: Final = Flow()
        self._links: list[Any] = [party.protocol for party in runtime.parties]
        self._operations = Operations()
        self.keys: Final = pair_keys(runtime._prss_keys, session.run_id, self.pid)  # noqa: SLF001 - no public accessor
        self._seats = tuple(self._seat(turn) for turn in range(PARTIES))

    def operation(self) -> Operation:
        """The next operation."""
        self.traffic.operations += 1
        return self._operations.draw()

    def operations(self, count: int) -> list[Operation]:
        """One operation for every chunk of ``count`` elements, and at least one."""
        return [self.operation() for _ in range(max(1, -(-count // CHUNK)))]

    def seat(self, operation: Operation) -> Seat:
        """The role here: it rotates with the operations, so that all send equally much."""
        return self._seats[operation.number % PARTIES]

    def seated(self, a: int) -> Seat:
        """The roles with party ``a`` as A, the next one as B."""
        return self._seats[a]

    def key(self, party: int) -> Prf:
        """The key shared with ``party`` alone."""
        return self.keys[party]

    def charge(self, count: int, magnitude: int) -> None:
        """Account for ``count`` masked openings of values in [0, magnitude]: each wraps with probability magnitude / p.

        ``fast.failure_budget`` when the whole run could fail with more than 2^-20.
        """
        self.traffic.failure += count * (magnitude / MODULUS)
        if self.traffic.failure > FAILURE_BUDGET:
            raise RangeError(
                "fast.failure_budget",
                f"Truncations of this run could fail with probability {self.traffic.failure:.2g}, the limit is 2^-20.",
                "Declare smaller input ranges, or use fewer rows or steps.",
            )

    def send(self, party: int, label: int, data: bytes) -> None:
        """Queue ``data`` for ``party``."""
        self._links[party].send(label, data)
        self.traffic.bytes_sent += len(data)

    async def receive(self, party: int, label: int) -> bytes:
        """The message of ``party`` under ``label``."""
        return await self._links[party].receive(label)

    async def by_chunks(
        self,
        operations: Sequence[Operation],
        planes: Planes,
        work: Callable[[Operation, Planes], Coroutine[Any, Any, T]],
    ) -> list[T]:
        """``work`` on every chunk of planes ``(2, n)``, a few at a time."""
        parts = chunks(planes.shape[1])
        if len(parts) == 1:
            return [await work(operations[0], planes)]
        pieces = zip(operations, parts, strict=True)
        return await self.flow.in_turn(work(op, np.ascontiguousarray(planes[:, part])) for op, part in pieces)

    async def drained(self, party: int) -> None:
        """Wait until ``party`` has accepted enough that more may be queued."""
        await self._links[party].drained()

    async def elements(self, party: int, label: int, shape: tuple[int, ...]) -> Planes:
        """Field elements from ``party``; it is named when they are not exactly ``shape`` canonical ones."""
        return self.read_elements(party, await self.receive(party, label), shape)

    async def words(self, party: int, label: int, count: int) -> Words:
        """Exactly ``count`` 64-bit words from ``party``."""
        return self.read_words(party, await self.receive(party, label), count)

    async def pieces(self, party: int, label: int, lengths: Sequence[int]) -> list[memoryview]:
        """A message of ``party`` that must consist of pieces of these lengths."""
        data = memoryview(await self.receive(party, label))
        if len(data) != sum(lengths):
            raise self.refused(party, f"A peer sent {len(data)} bytes where {sum(lengths)} are due.")
        found: list[memoryview] = []
        for length in lengths:
            found.append(data[:length])
            data = data[length:]
        return found

    def read_elements(self, party: int, data: bytes | memoryview, shape: tuple[int, ...]) -> Planes:
        """The field elements in what ``party`` sent."""
        try:
            return kernels.unpack(data, shape)
        except FormatError as error:
            raise self.refused(party, error.what) from error

    def read_words(self, party: int, data: bytes | memoryview, count: int) -> Words:
        """The words in what ``party`` sent."""
        if len(data) != 8 * count:
            raise self.refused(party, f"A peer sent {len(data)} bytes where {8 * count} are due.")
        return np.frombuffer(data, dtype="<u8").astype(np.uint64, copy=False)

    def refused(self, party: int, what: str) -> Exception:
        """The error to raise when ``party`` sent something malformed."""
        return self.session.refuse(self.session.names[party], what)

    def _seat(self, turn: int) -> Seat:
        a, b, c = turn, (turn + 1) % PARTIES, (turn + 2) % PARTIES
        # zero shares telescope: A + (AB) - (AC), B + (BC) - (AB), C + (AC) - (BC)
        role: Literal["A", "B", "C"] = "A" if self.pid == a else "B" if self.pid == b else "C"
        plus, minus = {a: (b, c), b: (c, a), c: (a, b)}[self.pid]
        weight = (3, -3, 1)[self.pid]  # of f(1), f(2), f(3) in f(0) for degree 2
        without = tuple((1 - (self.pid + 1) * pow(x, -1, MODULUS)) % MODULUS for x in range(1, PARTIES + 1))
        return Seat(role, a, b, c, weight, self.keys[plus], self.keys[minus], without)


def pair_keys(prss: "dict[tuple[int, ...], bytes]", run_id: bytes, pid: int) -> dict[int, Prf]:
    """The PRF keys this party shares with each other one."""
    found: dict[int, Prf] = {}
    for pair, key in prss.items():
        members = tuple(sorted(pair))
        if pid in members:
            info = b"%s/%d/%d" % (_KEY_DOMAIN, *members)
            derived = HKDF(algorithm=SHA256(), length=16, salt=run_id, info=info).derive(bytes(key))
            found[members[0] + members[1] - pid] = Prf(derived)
    return found


def chunks(count: int) -> Sequence[slice]:
    """The slices that :meth:`Party.operations` counts."""
    return [slice(start, min(start + CHUNK, count)) for start in range(0, max(count, 1), CHUNK)]


def whole(parts: Sequence[Planes]) -> Planes:
    """Chunks put together again along their last axis."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
