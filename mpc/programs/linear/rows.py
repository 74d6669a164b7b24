"""A secret matrix of many rows in blocks: what a program makes of the rows it makes of one block at a time.

So beside the table a pass holds what one block needs, and an owner encodes one block of its numbers, whatever the rows. A table of few rows
is one block, and costs what it cost as one matrix. Limits that Cauchy–Schwarz gives for sums over all rows hold for a block's too.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.glm.solvers.problem import FEATURE_BITS, block_rows
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats

Tables = tuple[tuple[str, Floats | None, int], ...]
"""Owner, its rows or None, and columns: side by side."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Blocks of shape (n, columns + 1), the last column 1, one below the other."""

    blocks: tuple[SecureArray, ...]

    @property
    def rows(self) -> int:
        """Of all blocks."""
        return sum(block.shape[0] for block in self.blocks)

    @property
    def width(self) -> int:
        """Columns, the one of ones included."""
        return self.blocks[0].shape[1]

    @property
    def limit(self) -> float:
        """Bound of every |entry|."""
        return max(block.limit for block in self.blocks)

    def parts(self, of_rows: SecureArray) -> Iterator[tuple[SecureArray, SecureArray]]:
        """Each block with its part of an array that has an entry for every row."""
        if len(self.blocks) == 1:
            yield self.blocks[0], of_rows
            return
        ends = list(accumulate(block.shape[0] for block in self.blocks))
        for block, end in zip(self.blocks, ends, strict=True):
            yield block, of_rows[np.arange(end - block.shape[0], end)]

    def times(self, weights: SecureArray, fraction_bits: int) -> SecureArray:
        """``rows @ weights``, one round: as many numbers as rows and sets of weights."""
        return concatenate([block.matmul(weights, fraction_bits=fraction_bits) for block in self.blocks])

    def turned(self, values: SecureArray, fraction_bits: int, limit: float) -> SecureArray:
        """``rows' @ values`` for one number, or a few, for every row; ``limit`` bounds it, and as much of any block."""
        return _sum(
            [part.T.matmul(own, fraction_bits=fraction_bits, limit=limit) for part, own in self.parts(values)], limit
        )

    async def summed(
        self, of_rows: SecureArray, made: Callable[[SecureArray, SecureArray], Awaitable[SecureArray]], limit: float
    ) -> SecureArray:
        """The sum of what is ``made`` of each block and its part of ``of_rows``, one block after the other; ``limit`` as in :meth:`turned`."""
        total: SecureArray | None = None
        for part, own in self.parts(of_rows):
            term = await made(part, own)
            total = term if total is None else _sum([total, term], limit)
            if len(self.blocks) > 1:
                await total.settled()
        assert total is not None
        return total


async def shared(context: StepContext, tables: Tables, spans: list[tuple[int, int]], limit: float) -> Rows:
    """Rows ``start`` to ``stop`` of tables side by side, for each span, shared block by block; ranges are their owners' to check before."""
    width = sum(columns for _, _, columns in tables)
    blocks: list[SecureArray] = []
    several = pieces(spans, width)
    for start, stop in several:
        parts = [
            share_from(
                context,
                None if values is None else values[start:stop],
                owner,
                (stop - start, columns),
                FEATURE_BITS,
                limit,
            )
            for owner, values, columns in tables
        ]
        blocks.append(with_ones(concatenate(parts, axis=1)))
        if len(several) > 1:
            await blocks[-1].settled()
    return Rows(tuple(blocks))


def cut(rows: SecureArray, spans: list[tuple[int, int]]) -> Rows:
    """Rows of a matrix that is secret already."""
    found = [with_ones(rows[np.arange(start, stop)]) for start, stop in pieces(spans, rows.shape[1])]
    return Rows(tuple(found))


def pieces(spans: list[tuple[int, int]], columns: int) -> list[tuple[int, int]]:
    """The spans in blocks."""
    most = block_rows(columns)
    return [(at, min(at + most, stop)) for start, stop in spans for at in range(start, stop, most)]


def with_ones(rows: SecureArray) -> SecureArray:
    """The intercept's column last."""
    return concatenate([rows, constant(rows.backend, np.ones((rows.shape[0], 1)), FEATURE_BITS)], axis=1)


def _sum(terms: list[SecureArray], limit: float) -> SecureArray:
    total = terms[0]
    for term in terms[1:]:
        total = (total + term).within(limit, because="Cauchy–Schwarz over the rows so far")
    return total
