"""``glm.logistic``: logistic regression over columns of several owners, coefficients known to nobody on the way.

Owners share their standardised columns and the label among the committee; the model is fitted on the training rows and
applied to the others, all on shares (:mod:`workers.mpc.programs.logistic_solver`). Nothing is opened: level 4 by itself.

Coefficients come in the order of the alignment's tables and of each table's columns, the label left out, and belong to
standardised columns: to apply the model to raw records a result user also needs ``means`` and ``deviations`` of
``feature.standardize``, if the contract grants them.
"""

import numpy as np

from protocol.errors import RangeError, RefusedError
from workers.mpc.arrays.interface import SecureArray, concatenate, share
from workers.mpc.programs.context import StepContext
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
    labels = share_label(context, label)
    rows = await share_features(context, features, features.limit).settled()
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


def share_features(context: StepContext, features: Aligned, limit: float) -> SecureArray:
    """All owners' columns side by side as one shared matrix."""
    owners = context.session.names
    parts = [
        share(
            context.backend,
            table.values,
            shape=(features.rows, len(table.columns)),
            owner=owners.index(table.owner),
            fraction_bits=FEATURE_BITS,
            limit=limit,
        )
        for table in features.tables
        if table.columns
    ]
    if not parts:
        raise RefusedError("logistic.no_features", "No feature column is left.", "Name at least one besides the label.")
    return concatenate(parts, axis=1)


def share_label(context: StepContext, label: Label) -> SecureArray:
    """The label as shared bits; anything but 0 and 1 is refused by its owner before sharing."""
    values = label.values
    if values is not None and not bool(np.isin(values, (0.0, 1.0)).all()):
        raise RangeError(
            "logistic.label", f"Column {label.column} holds values other than 0 and 1.", "Encode the label as 0 and 1."
        )
    if values is not None and len(np.unique(values)) < 2:
        raise RangeError(
            "logistic.one_class", f"Column {label.column} has one class only.", "Use rows of both classes."
        )
    return share(
        context.backend,
        values,
        shape=(label.rows,),
        owner=context.session.names.index(label.owner),
        fraction_bits=0,
        limit=1,
    )
