"""Standard errors of a fit: the square roots of the diagonal of (H + P)^-1, H Fisher's information at the fitted weights, P the penalty.

Without a penalty these are the maximum likelihood estimate's. With one they are those of its posterior (Laplace), and what of them
the penalty made is known from them: 1/C times the square is the penalty's part (:mod:`client.inference`, which gives no z or p
where that counts). H is summed over all rows, whatever sample the solver took its steps from, with the accurate curve.

H + P is balanced by secret powers of two w (:func:`~mpc.programs.precision.unit_diagonal`), and the roots are multiplied with w again:
so a standard error has its digits whatever the number of rows. 0 stands for one that cannot be relied on
(:mod:`mpc.programs.inverse_diagonal`): its column all but depends on others.
"""

import math
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.functions.normal import scaled_by
from mpc.functions.roots import sqrt
from mpc.programs.glm.solvers.classes import ClassWeights
from mpc.programs.glm.solvers.links import Link
from mpc.programs.glm.solvers.passes import Data, information
from mpc.programs.glm.solvers.weights import penalties
from mpc.programs.inverse_diagonal import inverse_diagonal, largest
from mpc.programs.precision import comparable, unit_diagonal
from mpc.workflow.context import StepContext
from mpc.workflow.values import Floats
from protocol.errors import RangeError

BITS: Final = 28
ERRORS: Final = frozenset({"standard_errors", "intercept_error"})
"""The outputs that are made here."""
_UNIT_BITS: Final = 30
_LEAST: Final = -8
"""Information below 2^this is none: the least penalty is above it."""


def require_likelihood(context: StepContext, link: Link, weights: ClassWeights) -> None:
    """Refuse standard errors that would be of no likelihood, or that nobody could tell from those of an unfinished fit.

    ``logistic.errors_link``, ``logistic.errors_weights``, ``logistic.errors_alone``.
    """
    if link != "accurate":
        raise RangeError(
            "logistic.errors_link",
            f"Standard errors belong to the logistic function, and sigmoid is {link}.",
            "Set sigmoid to accurate, or do not ask for standard errors.",
        )
    if weights.kind != "none":
        raise RangeError(
            "logistic.errors_weights",
            "With weighted classes the information is that of no likelihood: standard errors would be wrong.",
            "Set class_weight to none, or do not ask for standard errors.",
        )
    require_convergence(context, "logistic")


def require_convergence(context: StepContext, family: str) -> None:
    """Refuse standard errors that nobody could tell from those of an unfinished fit: ``FAMILY.errors_alone``."""
    if "convergence" not in context.wanted:
        raise RangeError(
            f"{family}.errors_alone",
            "Without the figures of convergence nobody could tell whether standard errors can be relied on.",
            "Name convergence among the outputs, for the same readers.",
        )


async def standard_errors(data: Data, weights: SecureArray) -> SecureArray:
    """Of each weight, the intercept last: shape (columns + 1,), up to 28 fraction bits."""
    found = await information(data, weights)
    return await of_information(found, penalties(data), data.precision.hessian_limit)


async def of_information(found: SecureArray, pull: Floats, largest_entry: float) -> SecureArray:
    """Of Fisher's information ``found``, entries up to ``largest_entry``, summed over the rows, and the penalty's part of its diagonal."""
    limit = largest_entry + float(pull.max())
    bits = min(found.fraction_bits, comparable(found.backend) - math.ceil(math.log2(limit + 1))) // 2 * 2
    whole = (found + np.diag(pull)).rescaled(bits).within(limit + 2.0**-_LEAST, because="information and penalty")
    return await roots_of_inverse(whole)


async def roots_of_inverse(whole: SecureArray) -> SecureArray:
    """The square roots of the diagonal of the inverse; 0 where it cannot be relied on."""
    size, bits, length = whole.shape[0], whole.fraction_bits, comparable(whole.backend)
    least = (bits + _LEAST) // 2
    unit, scale, there = unit_diagonal(whole, least, _UNIT_BITS)
    unit = unit + (~there).reshape(-1, 1) * np.eye(size, dtype=np.int64)
    variances, right = await inverse_diagonal(unit.within(1.02, because="rows that are not there are 0"))
    down = (length - bits) // 2
    limit = 1.01 * math.sqrt(largest(size)) * 2.0 ** (-_LEAST / 2)
    places = min(BITS, whole.backend.headroom.length - 3 - math.ceil(math.log2(limit)) - down)
    root = sqrt(variances.within(largest(size), because="the iteration's reach"), floor=0.5, fraction_bits=places)
    return scaled_by(root * (right * there), scale, -down, places, limit)
