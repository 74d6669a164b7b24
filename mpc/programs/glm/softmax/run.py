"""``glm.softmax``: multinomial logistic regression by Newton's method on shares; nothing is opened: level 4.

Minimise sum -log softmax(z)_y + |w|²/(2C), intercepts unpenalised (scikit-learn's multinomial ``LogisticRegression``). Up to 400 unknowns
the secret Hessian is inverted in every step (:mod:`mpc.programs.glm.softmax.newton`). Adding a constant to all intercepts
changes nothing: the gradient has no part in that direction, so they keep their sum of zero. More unknowns take the solver ``blocks``
(:mod:`mpc.programs.glm.softmax.blocks`), which inverts one matrix for each class.
"""

from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.both_classes import check_own_classes, require_all
from mpc.programs.glm.softmax import blocks, newton
from mpc.programs.glm.softmax.objective import Objective
from mpc.programs.glm.solvers.convergence import figures
from mpc.programs.glm.solvers.preconditioner import solved_steps
from mpc.programs.linear.design import WEIGHT_BITS, Design, design
from mpc.programs.linear.outputs import linear_predictor, outputs
from mpc.workflow.context import StepContext
from mpc.workflow.values import Value
from protocol.errors import RangeError

_LARGEST_SYSTEM: Final = {"newton": 400, "blocks": 4096}
"""Unknowns that a solver takes."""


async def run(context: StepContext) -> dict[str, Value]:
    """Fit, and give the test rows' logits, shape (rows, classes)."""
    classes, solver = context.integer("classes"), context.choice("solver")
    data = await design(context, target_bits=0, target_limit=classes - 1, classes=classes - 1)
    unknowns, most = (data.columns + 1) * classes, _LARGEST_SYSTEM[solver]
    if unknowns > most:
        raise RangeError(
            "softmax.too_large",
            f"{data.columns} columns and {classes} classes give a system of {unknowns} unknowns; the limit of the solver"
            f" {solver!r} is {most}.",
            "Set solver to blocks, select columns (feature.select), or merge classes.",
        )
    check_own_classes(context, classes)
    weights, ended = await _fit(context, data, classes, solver)
    predicted = None if data.test is None else linear_predictor(data.test, weights)
    return outputs(context, data, weights, "softmax", predicted, ended)


async def _fit(context: StepContext, data: Design, classes: int, solver: str) -> tuple[SecureArray, SecureArray | None]:
    """The weights, and the figures of convergence where they are wanted."""
    steps, width = context.integer("iterations"), data.columns + 1
    truth = concatenate([(data.train_target == k).reshape(-1, 1) for k in range(classes)], axis=1)
    await require_all(context, truth.sum(axis=0))
    fit = Objective.of(context, data, truth, width * classes if solver == "newton" else width)
    weights = constant(context.backend, np.zeros((width, classes)), WEIGHT_BITS)
    previous = weights
    for step in range(steps):
        previous = weights
        if solver == "newton":
            weights = await newton.step(fit, weights, solved=step >= steps - solved_steps(width * classes))
        else:
            weights = await blocks.step(context, fit, weights, first_half=2 * step < steps)
        context.progress(step + 1, steps)
    if "convergence" not in context.wanted:
        return weights, None
    slope = fit.gradient(weights, fit.probabilities(weights))
    change = weights - previous
    return weights, figures(weights, change, slope, rows=data.rows, limit=fit.limit, shows=data.shown)
