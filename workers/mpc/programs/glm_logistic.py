"""``glm.logistic``: logistic regression over columns of several owners, coefficients known to nobody on the way.

Owners share their standardised columns and the label among the committee; the model is fitted on the training rows and
applied to the others, all on shares (:mod:`workers.mpc.programs.logistic_solver`). Nothing is opened: level 4 by itself.

Coefficients come in the order of the alignment's tables and of each table's columns, the label left out, and belong to
standardised columns: to apply the model to raw records a result user also needs ``means`` and ``deviations`` of
``feature.standardize``, if the contract grants them.
"""

from protocol.errors import RangeError, RefusedError
from workers.mpc.programs.context import StepContext
from workers.mpc.programs.frames import share_aligned, share_bits
from workers.mpc.programs.logistic_solver import FEATURE_BITS, Problem, Scales, fit, intercept, with_intercept
from workers.mpc.programs.values import Aligned, Label, Value

_SCORE_BITS = 18


async def run(context: StepContext) -> dict[str, Value]:
    """Fit and score; see the module."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    assert isinstance(features, Aligned)
    assert isinstance(label, Label)
    features = features.without(label)
    train = features.train_rows
    if train is None or features.limit is None:
        raise RefusedError(
            "logistic.not_standardized",
            "The features were not standardised: their range is not known.",
            "Put feature.standardize before this step.",
        )
    if features.rows != label.rows:
        raise RefusedError("logistic.rows", "Features and label have different rows.", "Take both from one alignment.")
    problem = Problem(
        rows=train,
        columns=sum(len(table.columns) for table in features.tables),
        inverse_penalty=context.decimal("c"),
        coefficient_limit=context.decimal("coefficient_limit"),
        value_limit=features.limit,
        warm_up=context.integer("warm_up"),
        refinements=context.integer("refinements"),
    )
    if "scores" in context.wanted and train == features.rows:
        raise RangeError("logistic.no_test_rows", "All rows train the model.", "Set a train_fraction below 1.")
    Scales.of(problem, context.backend.headroom)
    labels = share_bits(context, label)
    rows = await share_aligned(context, features, FEATURE_BITS, features.limit).settled()
    design = with_intercept(rows)
    weights = await fit(design[:train], labels[:train], problem, context.progress)
    outputs: dict[str, Value] = {
        "coefficients": weights[: problem.columns],
        "intercept": intercept(weights),
        "labels": labels[train:],
    }
    if "scores" in context.wanted:
        outputs["scores"] = design[train:].matmul(weights, fraction_bits=_SCORE_BITS)
    return outputs


def coefficient_names(features: Aligned, label: Label) -> tuple[str, ...]:
    """``owner.column`` of each coefficient, in order."""
    tables = features.without(label).tables
    return tuple(f"{table.owner}.{column}" for table in tables for column in table.columns)
