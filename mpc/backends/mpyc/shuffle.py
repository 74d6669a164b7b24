"""A secret shuffle: every set of m - t parties permutes in turn (Laur, Willemson, Zhang, ISC 2011).

The parties of a set S share a key (that of pseudorandom secret sharing), draw the same uniform permutation from it, permute
their Shamir shares, and t + 1 of them deal their Lagrange-weighted share anew to everybody. Any t parties miss at least one
set, whose permutation is uniform to them; the fresh dealing hides how positions moved. Leaks nothing but the shape.

Rounds: C(m, t). Sent per element and round: 13·(m - 1) bytes by each of t + 1 parties (three parties: 156 bytes in all
three rounds and by all). Exact; failure probability 0.
"""

import itertools
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.field import MODULUS, Elements, objects
from mpc.arrays.prss import lagrange
from mpc.backends.mpyc.deferred import Deferred, Spawner


class Protocols(Protocol):
    """The part of the backend that the shuffle stands on."""

    spawner: Spawner
    pid: int
    parties: int
    degree: int

    def operation(self) -> int: ...  # noqa: D102
    def known_to_sets(  # noqa: D102
        self, operation: int, count: int, bits: int
    ) -> list[tuple[int, Elements]]: ...
    def deal(self, values: Deferred, shape: tuple[int, ...], dealer: int) -> Deferred: ...  # noqa: D102


def shuffle(protocols: Protocols, a: Deferred, shape: tuple[int, ...]) -> Deferred:
    """See :meth:`mpc.arrays.backend.Backend.shuffle`."""
    keys = protocols.known_to_sets(protocols.operation(), shape[0], 104)
    sets = itertools.combinations(range(protocols.parties), protocols.parties - protocols.degree)
    for subset, (_, draws) in zip(sets, keys, strict=True):
        a = _by_one_set(protocols, a, shape, subset, np.argsort(draws, kind="stable"))
    return a


def _by_one_set(
    protocols: Protocols, a: Deferred, shape: tuple[int, ...], subset: tuple[int, ...], order: NDArray[np.int64]
) -> Deferred:
    dealers = subset[: protocols.degree + 1]
    weights = dict(zip(dealers, lagrange([dealer + 1 for dealer in dealers], 0), strict=True))
    weight = weights.get(protocols.pid, 0)
    permuted = protocols.spawner.apply(lambda x: objects(x[order] * weight % MODULUS), [a])
    dealt = [protocols.deal(permuted, shape, dealer) for dealer in dealers]
    return protocols.spawner.apply(lambda *parts: objects(sum(parts) % MODULUS), dealt)
