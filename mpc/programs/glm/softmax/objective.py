"""The objective's public ranges, its probabilities and its gradient: what both ways to a Newton step start from."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.exponential import SOFTMAX_BITS, digits_for, softmax
from mpc.functions.extremes import clip
from mpc.programs.linear.design import FEATURE_BITS, WEIGHT_BITS, Design, bits_for
from mpc.programs.linear.outputs import linear_predictor
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats

_LARGEST_LOGIT = 20.0
CURVATURE = 0.2501
"""Bound of p·(1 - p) and of p·p' for two classes."""


@dataclass(frozen=True, slots=True)
class Objective:
    """Training rows, ``truth`` (rows, classes) as bits, and how fine sums over the rows may be.

    ``weighted_bits`` are those of rows times a probability, ``curve_bits`` those of sums of their products.
    """

    data: Design
    truth: SecureArray
    pull: float
    limit: float
    slope_limit: float
    slope_bits: int
    error_bits: int
    weighted_bits: int
    curve_bits: int

    @classmethod
    def of(cls, context: StepContext, data: Design, truth: SecureArray, unknowns: int) -> Self:
        """Refuses (``linear.headroom``) what leaves too few places; ``unknowns`` are the rows of a Hessian."""
        slope_limit, curve_limit = data.rows * math.sqrt(data.mean_square), data.rows * data.mean_square
        return cls(
            data=data,
            truth=truth,
            pull=1 / context.decimal("c"),
            limit=context.decimal("coefficient_limit"),
            slope_limit=slope_limit,
            slope_bits=bits_for(context, slope_limit, most=WEIGHT_BITS, spare=3),
            error_bits=bits_for(context, slope_limit * 2.0**FEATURE_BITS, most=SOFTMAX_BITS, spare=1),
            weighted_bits=bits_for(context, curve_limit * 2.0**FEATURE_BITS, most=FEATURE_BITS, spare=1),
            curve_bits=bits_for(context, curve_limit * CURVATURE * unknowns, most=WEIGHT_BITS, spare=4),
        )

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.truth.shape[1]

    @property
    def penalties(self) -> Floats:
        """Of one class's weights, the intercept's 0 last."""
        return np.append(np.full(self.data.columns, self.pull), 0.0)

    @property
    def mean_gradient_limit(self) -> float:
        """Bound of |gradient|/rows, penalty included."""
        return 1.02 * (math.sqrt(self.data.mean_square) + self.pull * self.limit / self.data.rows)

    def probabilities(self, weights: SecureArray) -> SecureArray:
        """Shape (rows, classes)."""
        logits = clip(linear_predictor(self.data.train, weights), -_LARGEST_LOGIT, _LARGEST_LOGIT)
        return softmax(logits, digits=digits_for(logits.size)).within(1.01, because="softmax")

    def gradient(self, weights: SecureArray, share: SecureArray) -> SecureArray:
        """Of the weights (columns + 1, classes), given their probabilities."""
        error = (share - self.truth).within(1.02, because="a probability less a bit").rescaled(self.error_bits)
        slope = self.data.train.turned(error, self.slope_bits, 1.01 * self.slope_limit)
        return slope + weights.multiply(self.penalties.reshape(-1, 1), fraction_bits=self.slope_bits)
