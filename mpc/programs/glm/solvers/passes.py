"""One look at the rows: sums over all of them that a step needs. Memory is bounded by one block at a time.

Cost for n rows of d columns: per pass one logistic link (:mod:`mpc.programs.glm.solvers.links`) and two matrix–vector
products, each one round a block; a Hessian multiplies n·d elements more.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mpc.arrays.interface import SecureArray, constant
from mpc.programs.glm.solvers.links import Link, probabilities
from mpc.programs.glm.solvers.problem import FEATURE_BITS, Precision, Problem
from mpc.programs.glm.solvers.rows import Block, Part

_CURVATURE_LIMIT = 0.2501
_FINE_BITS = 30


@dataclass(frozen=True, slots=True)
class Data:
    """The training rows with everything public about them."""

    parts: tuple[Part, ...]
    problem: Problem
    precision: Precision


async def gradient(
    data: Data, weights: SecureArray, link: Link, *, batch: int | None = None, fraction_bits: int | None = None
) -> SecureArray:
    """Σ u·x·(p - y) over all rows, or those of one batch (the block of that number in each part); (columns + 1,).

    ``fraction_bits`` fewer than ``precision.gradient_bits`` are enough where a small factor follows.
    """
    if fraction_bits is not None:
        data = replace(data, precision=replace(data.precision, gradient_bits=fraction_bits))
    found, _ = await _pass(data, weights, link, lambda part: _batch(part, batch), hessian=False)
    return found


async def gradient_and_hessian(
    data: Data, weights: SecureArray, link: Link, level: int
) -> tuple[SecureArray, SecureArray]:
    """Σ u·x·(p - y) and Σ u·p(1 - p)·x·x' over the rows of a level."""
    first, second = await _pass(data, weights, link, lambda part: part.blocks[: part.levels[level]], hessian=True)
    assert second is not None
    return first, second


async def hessian_bound(data: Data) -> SecureArray:
    """Σ x·x'·(largest u)/4 over all rows: no Hessian is larger (Böhning, Lindsay, Ann. Inst. Stat. Math. 1988)."""
    return await _squares_of_all(
        data, lambda _, block: _squares(data, block, block.rows, 0.25 * data.problem.weight_limit)
    )


async def information(data: Data, weights: SecureArray) -> SecureArray:
    """Fisher's information Σ p(1 - p)·x·x' over all rows at some weights, without the penalty.

    Its weighted rows have as many places as their sums leave room for: of nearly collinear columns the inverse is made of the last.
    """
    problem, precision = data.problem, data.precision

    def of_block(part: Part, block: Block) -> SecureArray:
        own = part.weights(weights, problem)
        probability = probabilities("accurate", block.rows, own, problem.logit_limit, precision.error_bits)
        room = block.rows.backend.headroom.length - 3 - FEATURE_BITS - math.ceil(math.log2(_squares_limit(data, block)))
        return _block_hessian(data, block, probability, max(FEATURE_BITS, min(_FINE_BITS, room)))

    return await _squares_of_all(data, of_block)


async def _squares_of_all(data: Data, of_block: Callable[[Part, Block], SecureArray]) -> SecureArray:
    total: SecureArray | None = None
    for part in data.parts:
        squares: SecureArray | None = None
        for block in part.blocks:
            squares = _sum(squares, of_block(part, block))
            await squares.settled()
        assert squares is not None
        squares = squares.within(data.precision.hessian_limit, because="Cauchy–Schwarz over the part's rows")
        total = _sum(total, part.hessian(squares, data.precision))
    assert total is not None
    return await total.within(data.precision.hessian_limit, because="Cauchy–Schwarz over all rows").settled()


async def linear_terms(data: Data, batch: int | None) -> tuple[SecureArray, SecureArray]:
    """Σ u·x·(1/2 - y) and Σ u·x·x'/8 over a batch or all rows: with the linear link the gradient is the first plus w
    times the second. Of a batch both are on their way when this returns, so that batches do not wait for each other.
    """  # fmt: skip
    first: SecureArray | None = None
    second: SecureArray | None = None
    for part in data.parts:
        slopes: SecureArray | None = None
        squares: SecureArray | None = None
        for block in _batch(part, batch):
            half = constant(block.rows.backend, np.full(block.labels.shape, 0.5), data.precision.error_bits)
            slopes = _sum(slopes, _block_gradient(data, block, half))
            squares = _sum(squares, _squares(data, block, _weighted_rows(block), 0.125))
            if batch is None:
                await squares.settled()
        assert slopes is not None
        assert squares is not None
        slopes = slopes.within(_part_limit(data, part), because="Cauchy–Schwarz over the part's rows")
        squares = squares.within(data.precision.hessian_limit, because="Cauchy–Schwarz over the part's rows")
        first = _sum(first, part.gradient(slopes, data.problem, data.precision))
        second = _sum(second, part.hessian(squares, data.precision))
    assert first is not None
    assert second is not None
    because = "Cauchy–Schwarz over all rows"
    first = first.within(data.precision.gradient_limit, because=because)
    return first, second.within(data.precision.hessian_limit, because=because)


def rows_of(data: Data, batch: int | None) -> int:
    """How many rows a batch has; None: all."""
    return sum(block.rows.shape[0] for part in data.parts for block in _batch(part, batch))


def only_block(data: Data, batch: int | None) -> Block | None:
    """The block that is all of a batch, in the model's own columns; None where there are several or others."""
    blocks = _batch(data.parts[0], batch)
    return blocks[0] if len(data.parts) == len(blocks) == 1 and data.parts[0].pool is None else None


def _batch(part: Part, batch: int | None) -> tuple[Block, ...]:
    return part.blocks if batch is None else part.blocks[batch : batch + 1]


def _weighted_rows(block: Block) -> SecureArray:
    if block.weights is None:
        return block.rows
    return block.rows.multiply(block.weights.reshape(-1, 1), fraction_bits=FEATURE_BITS)


async def _pass(
    data: Data, weights: SecureArray, link: Link, chosen: Callable[[Part], tuple[Block, ...]], *, hessian: bool
) -> tuple[SecureArray, SecureArray | None]:
    first: SecureArray | None = None
    second: SecureArray | None = None
    for part in data.parts:
        own = part.weights(weights, data.problem)
        slopes: SecureArray | None = None
        squares: SecureArray | None = None
        blocks = chosen(part)
        for block in blocks:
            probability = probabilities(link, block.rows, own, data.problem.logit_limit, data.precision.error_bits)
            slopes = _sum(slopes, _block_gradient(data, block, probability))
            if hessian:
                squares = _sum(squares, _block_hessian(data, block, probability))
            if len(blocks) > 1:
                await slopes.settled()
        assert slopes is not None
        slopes = slopes.within(_part_limit(data, part), because="Cauchy–Schwarz over the part's rows")
        first = _sum(first, part.gradient(slopes, data.problem, data.precision))
        if squares is not None:
            squares = squares.within(data.precision.hessian_limit, because="Cauchy–Schwarz over the part's rows")
            second = _sum(second, part.hessian(squares, data.precision))
    assert first is not None
    first = first.within(data.precision.gradient_limit, because="Cauchy–Schwarz over all rows")
    if second is not None:
        second = second.within(data.precision.hessian_limit, because="Cauchy–Schwarz over all rows")
        await second.settled()
    return first, second


def block_error(data: Data, block: Block, weights: SecureArray, link: Link) -> SecureArray:
    """u·(p - y) for each row of a block; ``weights`` in terms of its own columns."""
    probability = probabilities(link, block.rows, weights, data.problem.logit_limit, data.precision.error_bits)
    return _error(data, block, probability)


def _error(data: Data, block: Block, probability: SecureArray) -> SecureArray:
    error = (probability - block.labels).within(
        data.precision.error_limit / data.problem.weight_limit, because="a probability less a bit"
    )
    if block.weights is not None:
        error = error.multiply(block.weights, fraction_bits=error.fraction_bits, limit=data.precision.error_limit)
    return error


def _block_gradient(data: Data, block: Block, probability: SecureArray) -> SecureArray:
    """Σ u·x·(p - y) over a block."""
    error = _error(data, block, probability)
    return block.turned.matmul(
        error, fraction_bits=data.precision.gradient_bits, limit=_block_limit(data, block) * data.precision.error_limit
    )


def _block_hessian(data: Data, block: Block, probability: SecureArray, bits: int = FEATURE_BITS) -> SecureArray:
    curvature = (probability - probability * probability).within(_CURVATURE_LIMIT, because="p(1 - p) <= 1/4")
    if block.weights is not None:
        curvature = curvature.multiply(block.weights, fraction_bits=curvature.fraction_bits)
    weighted = block.rows.multiply(curvature.reshape(-1, 1), fraction_bits=bits)
    return _squares(data, block, weighted, 1.0)


def _squares(data: Data, block: Block, right: SecureArray, factor: float) -> SecureArray:
    """Σ x·r'·factor for the rows r of ``right``: at most the largest curvature times Σ x·x'."""
    limit, down = _squares_limit(data, block), 0 if factor == 1 else 6
    scaled = block.turned.matmul(
        right, fraction_bits=data.precision.hessian_bits, limit=limit, scale=round(math.ldexp(factor, down)), down=down
    )
    return scaled.within(limit, because="Cauchy–Schwarz over the block's rows")


def _squares_limit(data: Data, block: Block) -> float:
    problem = data.problem
    limit = min(block.rows.shape[0] * problem.value_limit**2, problem.mean_square * max(problem.parts))
    return limit * 1.04 * _CURVATURE_LIMIT * problem.weight_limit


def _block_limit(data: Data, block: Block) -> float:
    rows, problem = block.rows.shape[0], data.problem
    return min(rows * problem.value_limit, (rows * max(problem.parts) * problem.mean_square) ** 0.5)


def _part_limit(data: Data, part: Part) -> float:
    return 1.01 * part.rows * data.problem.mean_square**0.5 * data.precision.error_limit


def _sum(total: SecureArray | None, term: SecureArray) -> SecureArray:
    return term if total is None else total + term
