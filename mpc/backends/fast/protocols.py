"""The seats of the protocols in the fast backend: what each is given, and what it owes.

A protocol is *issued* when the program issues the operation: it charges what may fail, counts its rounds and draws its operation
numbers, the same at all parties. What it returns is its work, which runs when the shares have arrived. Which protocol sits
where is said once, in :mod:`mpc.backends.fast.composition`; the backend knows none by name, so another comparison, or an opening
against more cheating, takes a seat without an edit here.

Planes are ``(2, n)``, flat, unless said otherwise.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from mpc.arrays.backend import Clip, Curve, SineSeries
from mpc.arrays.fixedpoint import Integers
from mpc.backends.fast.flow import Pending
from mpc.backends.fast.kernels import Order, Planes, Prf
from mpc.backends.fast.parties import Party

Running: TypeAlias = Coroutine[Any, Any, Planes]
Work: TypeAlias = Callable[[Planes], Running]


class CommonKey(Protocol):
    """A key that the whole committee knows and nobody chose alone, agreed when first asked for."""

    def key(self) -> Pending[Prf]:
        """The same key at all parties, which ask for it in the same operation first."""
        ...


@dataclass(frozen=True, slots=True)
class Protocols:
    """One composition. Each field takes the party first; ``count`` is the number of elements of the result's argument."""

    product: Callable[[Party, int, int, int, int], Work]
    """(count, scale, shift, bound): from local products of degree 2 to shares of ``floor(x·scale / 2^shift)``."""
    comparison: Callable[[Party, int, int, Integers | None], Work]
    """(count, bits, thresholds): the bits [x >= t], or [x = 0] where thresholds is None; planes ``(2, answers, n)``."""
    steps: Callable[[Party, int, int, Integers, Integers], Work]
    """(count, bits, thresholds, weights): sums of weights (functions, thresholds) of those reached; planes ``(2, functions, n)``."""
    series: Callable[[Party, int, SineSeries, int], Work]
    """(count, series, bound): a sine series of degree-2 or degree-1 shares."""
    clipped: Callable[[Party, int, Curve, Clip, int], Work]
    """(count, curve, clip, bound): a series or a line inside a range and constants beyond: a protocol of its own, comparison included."""
    shuffling: Callable[[Party, int], Work]
    """(count): planes ``(2, rows, columns)`` in an order that nobody knows."""
    permuting: Callable[[Party, int, int, Order | None], Work]
    """(count, by, order): planes ``(2, rows, columns)`` in the order that party ``by`` alone gives."""
    ordering: Callable[[Party, int, int], Callable[[Planes], Coroutine[Any, Any, Integers]]]
    """(count, bits): the positions of distinct numbers below 2^(bits - 2) in ascending order, known to the whole committee."""
    opening: Callable[[Party, int, int], Callable[[Planes], Coroutine[Any, Any, Integers]]]
    """(count, number): the signed values of the run's ``number``-th opening, to everyone in the session."""
    release: Callable[[Party, CommonKey], Callable[[Planes], Coroutine[Any, Any, bytes]]]
    """The canonical bytes of fresh shares of the same values."""
    dealing: Callable[[Party, int, int], Callable[[Integers | None], Running]]
    """(count, owner): shares of a compute party's flat values, which the others give as None."""
    receiving: Callable[[Party, CommonKey, int, tuple[int, ...], int], Running]
    """(number, shape, owner): the session's ``number``-th input, of an owner outside the committee, checked."""
    common_key: Callable[[Party], CommonKey]
    """Draws what it needs at the start of the run."""
