"""Growing trees on shares: gradients, histograms, choices, membership, leaves (Chen, Guestrin, KDD 2016).

A level is two fast operations and the choice between them: histograms are answers times what the nodes' rows carry, one exact matrix
product, of left children only; whether a row goes left is the choice times the answers, and membership a product. Whatever the rows
hold, every tree takes the same steps. Products of large blocks leave no packed copy behind: answers are most of a party's memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant, stack
from mpc.functions.extremes import clip
from mpc.functions.sigmoid import sigmoid
from mpc.programs.minimum_group import added, by_view, guarded
from mpc.programs.precision import times
from mpc.programs.tree.forest import halved
from mpc.programs.tree.problem import Problem
from mpc.programs.tree.splits import Splits, best_splits, quotients
from mpc.programs.tree.sums import Sums
from mpc.workflow.context import StepContext
from mpc.workflow.values import Owned

_SIGMOID_ERROR: Final = 1.5e-5
_PACKED: Final = 3 << 23
"""Answers of a block of which a backend may keep a second layout for products: 400 MB, for two thirds of a histogram's time."""


@dataclass(slots=True)
class Block:
    """Some rows of a part: ``answers`` (candidates, rows); ``labels`` (rows,) of rows that train, None of others; raw ``scores``."""

    part: int
    answers: SecureArray
    labels: SecureArray | None
    scores: SecureArray

    @property
    def rows(self) -> int:
        """How many."""
        return self.answers.shape[1]

    def turns(self, choice: SecureArray) -> SecureArray:
        """Bits (nodes, rows): who goes left."""
        return choice.T.matmul(self._unpacked(), limit=1).within(1, because="one answer of each node")

    def totals(self, carried: SecureArray, limit: float) -> SecureArray:
        """``carried`` (kinds, nodes, rows) summed over the rows that each candidate sends left: (candidates, kinds, nodes)."""
        kinds, nodes, rows = carried.shape
        answers = self.answers if self.answers.size <= _PACKED else self._unpacked()
        found = answers.matmul(carried.reshape(kinds * nodes, rows).T, limit=limit)
        return found.reshape(-1, kinds, nodes)

    def _unpacked(self) -> SecureArray:
        """The same shares under a name of their own, for which no backend keeps a second layout."""
        return self.answers.reshape(self.answers.shape)


@dataclass(frozen=True, slots=True)
class Tree:
    """``choices`` by level, each (candidates, nodes), with what each candidate gained there, (candidates,); ``leaves`` (2^depth,)."""

    choices: tuple[SecureArray, ...]
    gains: tuple[SecureArray, ...]
    leaves: SecureArray


class Grower:
    """Grows one tree after the other over the same blocks; ``trained`` says whose rows train, part by part."""

    def __init__(self, context: StepContext, problem: Problem, blocks: Sequence[Block], trained: Owned) -> None:
        self._context, self._problem, self._blocks, self._trained = context, problem, blocks, trained
        self._group = context.minimum_group if guarded(context) else 0
        self._classes = problem.logistic and self._group > 1
        self._levels = 0

    async def tree(self, *, gains: bool) -> Tree:
        """Grow the next tree and add it to all rows' scores; ``gains`` are computed where somebody asks for them."""
        problem, blocks = self._problem, self._blocks
        carried = [self._carried(block) for block in blocks]
        first = carried
        sums = self._histogram(carried)
        members: list[SecureArray | None] = [None] * len(blocks)
        choices: list[SecureArray] = []
        won: list[SecureArray] = []
        for level in range(problem.depth):
            splits = best_splits(problem, sums, self._group)
            choices.append(await splits.choice.settled())
            if gains:
                won.append(_won(splits))
            turns = [await block.turns(splits.choice).settled() for block in blocks]
            members = [halved(m, t) for m, t in zip(members, turns, strict=True)]
            if level + 1 < problem.depth:
                left = [None if c is None else c * t for c, t in zip(carried, turns, strict=True)]
                below = self._histogram(left)
                sums = below.beside(sums.minus(below))
                carried = [_children(c, part) for c, part in zip(carried, left, strict=True)]
                await sums.gradients.settled()
            self._levels += 1
            self._context.progress(self._levels, problem.trees * problem.depth + 1)
        leaves = await self._leaves(first, members).settled()
        for block, member in zip(blocks, members, strict=True):
            assert member is not None
            moved = leaves.reshape(1, -1).matmul(member, limit=leaves.limit).reshape(block.rows)
            block.scores = await (block.scores + moved).settled()
        return Tree(tuple(choices), tuple(won), leaves)

    def _carried(self, block: Block) -> SecureArray | None:
        """What the rows of a block carry, (kinds, 1, rows): gradients, for log loss Hessians, ones and, where classes count, labels.

        All are read with the gradients' fraction bits; whole numbers are so many last places.
        """
        if block.labels is None:
            return None
        problem, labels = self._problem, block.labels
        bits, ones = problem.bits, constant(labels.backend, np.ones(block.rows), 0)
        if problem.logistic:
            chance = sigmoid(block.scores, error=_SIGMOID_ERROR)
            hessians = chance.multiply(1 - chance, fraction_bits=chance.fraction_bits, limit=0.26)
            slope = (chance - labels).within(problem.steepest, because="a probability, within its error, less a bit")
            kinds = [slope.rescaled(bits), hessians.rescaled(bits), ones.shifted_down(bits)]
            kinds += [labels.shifted_down(bits)] if self._classes else []
        else:
            residual, steepest = block.scores - labels, problem.steepest
            kinds = [
                residual if residual.limit <= steepest else clip(residual, -steepest, steepest),
                ones.shifted_down(bits),
            ]
        return stack(kinds).reshape(len(kinds), 1, block.rows)

    def _histogram(self, carried: Sequence[SecureArray | None]) -> Sums:
        """The sums of all candidates; for each view of the minimum group its counts of rows and positives."""
        problem = self._problem
        parts: dict[int, list[SecureArray]] = {}
        for block, each in zip(self._blocks, carried, strict=True):
            if each is not None:
                parts.setdefault(block.part, []).append(block.totals(each, problem.rows * problem.steepest))
        by_part = [added(parts[part]) for part in sorted(parts)]
        total = added(by_part)
        rows = 2 if problem.logistic else 1
        views = self._views(by_part, rows)
        weights = total[:, 1] if problem.logistic else self._whole(total[:, rows])
        return Sums(
            total[:, 0].within(problem.rows * problem.steepest, because="a sum of gradients"),
            weights.within(problem.rows, because="a sum of Hessians"),
            views,
            self._views(by_part, rows + 1) if self._classes else None,
        )

    def _views(self, by_part: list[SecureArray], kind: int) -> SecureArray:
        counts = [self._whole(part[:, kind]) for part in by_part]
        found = by_view(self._context, self._trained, counts) if self._group else stack([added(counts)])
        return found.within(self._problem.rows, because="a count of rows")

    def _whole(self, counts: SecureArray) -> SecureArray:
        """Last places as whole numbers."""
        return counts.shifted_down(-self._problem.bits).within(self._problem.rows, because="a count of rows")

    def _leaves(self, carried: Sequence[SecureArray | None], members: Sequence[SecureArray | None]) -> SecureArray:
        """-rate·G/(H + λ) of every leaf, (2^depth,)."""
        problem = self._problem
        slopes: list[SecureArray] = []
        weights: list[SecureArray] = []
        for own, member in zip(carried, members, strict=True):
            if own is None or member is None:
                continue
            kinds, limit = own.shape[0], problem.rows * problem.steepest
            found = member.matmul(own.reshape(kinds, own.shape[2]).T, limit=limit)
            slopes.append(found[:, 0])
            weights.append(found[:, 1] if problem.logistic else self._whole(found[:, 1]))
        slope = added(slopes).within(problem.rows * problem.steepest, because="a sum of gradients")
        weight = added(weights).within(problem.rows, because="a sum of Hessians")
        steps = quotients(problem, slope, weight)
        return -times(steps, problem.rate, problem.bits)


def _children(carried: SecureArray | None, left: SecureArray | None) -> SecureArray | None:
    if carried is None or left is None:
        return None
    right = (carried - left).within(carried.limit, because="what does not go left")
    kinds, nodes, rows = left.shape
    return stack([left, right], 2).reshape(kinds, 2 * nodes, rows)


def _won(splits: Splits) -> SecureArray:
    """What each candidate gained where it was chosen, (candidates,)."""
    return (splits.gains * splits.choice).sum(axis=1)


def joined(blocks: Sequence[Block], *, train: bool) -> SecureArray | None:
    """The raw scores of the rows that train, or of the others; None where there are none."""
    found = [block.scores for block in blocks if (block.labels is not None) == train]
    return concatenate(found) if found else None
