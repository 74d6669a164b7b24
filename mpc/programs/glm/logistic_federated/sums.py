"""What each owner adds up of its own rows in the clear at known weights, and the sums over all owners on shares."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.sums import secure_sum
from mpc.programs.glm.solvers.problem import BLOCK
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats

ROOM: Final = 2.02
"""Room for rounding in bounds of sums that Cauchy–Schwarz gives exactly."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Over one owner's rows: Σ x·(p - y), Σ p(1 - p)·x·x' with the intercept's column of ones last, and Σ log(1 + e^z) - y·z, shape (1,)."""

    gradient: Floats
    hessian: Floats
    loss: Floats


@dataclass(frozen=True, slots=True)
class Part:
    """One table; ``rows`` (n, columns), standardised, and ``labels`` (n,) at its owner, None elsewhere."""

    owner: str
    rows: Floats | None
    labels: Floats | None

    def at(self, weights: Floats) -> Sums | None:
        """Its own sums at these weights; None elsewhere."""
        if self.rows is None or self.labels is None:
            return None
        size = len(weights)
        gradient, hessian, loss = np.zeros(size), np.zeros((size, size)), np.zeros(1)
        for start in range(0, len(self.rows), BLOCK):
            block, labels = self.rows[start : start + BLOCK], self.labels[start : start + BLOCK]
            design = np.column_stack([block, np.ones(len(block))])
            logits = design @ weights
            probability = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
            gradient += (probability - labels) @ design
            hessian += (design * (probability * (1 - probability))[:, None]).T @ design
            loss += (np.logaddexp(0, logits) - labels * logits).sum()
        return Sums(gradient, hessian, loss)


@dataclass(frozen=True, slots=True)
class Pooled:
    """All owners' rows, ``rows`` of them, with ``columns`` features."""

    context: StepContext
    parts: tuple[Part, ...]
    rows: int
    columns: int

    def at(self, weights: Floats) -> list[Sums | None]:
        """Each owner's sums at these weights: what this party knows of them."""
        return [part.at(weights) for part in self.parts]

    def events(self) -> SecureArray:
        """How many rows have label 1, shape (1,)."""
        own = [None if part.labels is None else np.array([part.labels.sum()]) for part in self.parts]
        return self._shared(own, (1,), 0, self.rows)

    def gradient(self, sums: list[Sums | None]) -> SecureArray:
        """Of all rows, without the penalty."""
        return self._summed([None if own is None else own.gradient for own in sums], (self._size,), self.rows)

    def hessian(self, sums: list[Sums | None]) -> SecureArray:
        """Of all rows, without the penalty."""
        own = [None if own is None else own.hessian for own in sums]
        return self._summed(own, (self._size, self._size), 0.25 * self.rows)

    def loss(self, sums: list[Sums | None], largest_weight: float) -> SecureArray:
        """The log loss of all rows, shape (1,): a mean of |x| is at most 1, so one of |z| at most the weights' sum."""
        most = self.rows * (math.log(2) + largest_weight * self._size)
        return self._summed([None if own is None else own.loss for own in sums], (1,), most)

    @property
    def _size(self) -> int:
        return self.columns + 1

    def _summed(self, own: list[Floats | None], shape: tuple[int, ...], most: float) -> SecureArray:
        """``most`` bounds the sum and each part of it: by Cauchy–Schwarz over all rows, whose columns have pooled deviation 1."""
        limit, length = ROOM * most, self.context.backend.headroom.length
        bits = min(24, length - 6 - math.ceil(math.log2(limit * len(own) * shape[0])))
        return self._shared(own, shape, bits, limit)

    def _shared(self, own: list[Floats | None], shape: tuple[int, ...], bits: int, limit: float) -> SecureArray:
        names = self.context.session.names
        parts = [(names.index(part.owner), values) for part, values in zip(self.parts, own, strict=True)]
        return secure_sum(self.context.backend, parts, shape=shape, fraction_bits=bits, limit=limit, total=limit)
