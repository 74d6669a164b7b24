"""No program learns from, or judges by, a label that does not differ: each is refused by code before anything is trained."""

from typing import Any

import numpy as np
import pytest

from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import run_step
from tests.unit.mpc.programs.test_every_program import (
    BINS,
    BITS,
    CLASSES,
    ROWS,
    TRAIN,
    TREES,
    Inputs,
    below,
    columns,
    shares,
)

NO_EVENT, ALL_EVENTS = np.zeros(len(ROWS)), np.ones(len(ROWS))
LATE = (np.arange(len(ROWS)) >= TRAIN).astype(float)
"""Both classes, but one only in the training rows: the owner of the whole label does not see that in its column."""
ONE, CONSTANT = r"(label|frame)\.one_class", r"label\.constant"
FEW = {"iterations": 3}


def secret(target: Any) -> Inputs:
    """Secret rows and labels, the first of which train."""

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        given = shares(0, 1, features=ROWS, labels=target)(me, backend)
        return {
            "features": (SharedTable(("a", "b", "c", "d"), given["features"][0], TRAIN),),
            "label": given["labels"],
        }

    return inputs


def three(target: Any) -> Inputs:
    return below(ROWS, target, port="features", owners=3)


CASES: dict[str, tuple[str, Inputs, dict[str, Any], str]] = {
    **{
        f"logistic, {solver}, {kind}": ("glm.logistic", inputs, {"solver": solver, "train_fraction": "0.8"}, ONE)
        for solver in ("newton", "bound", "gradient", "sgd")
        for kind, inputs in (
            ("columns", columns(ROWS, NO_EVENT, port="features")),
            ("columns, late", columns(ROWS, LATE, port="features")),
            ("rows", below(ROWS, ALL_EVENTS, port="features")),
            ("shared", secret(LATE)),
        )
    },
    "federated": ("glm.logistic_federated", three(NO_EVENT), {}, ONE),
    "federated, all": ("glm.logistic_federated", three(ALL_EVENTS), {}, ONE),
    "poisson": ("glm.poisson", columns(ROWS, LATE, port="features"), FEW, r"label\.all_zero"),
    "poisson, rows": ("glm.poisson", below(ROWS, NO_EVENT, port="features"), FEW, r"label\.all_zero"),
    "softmax": (
        "glm.softmax", columns(ROWS, np.minimum(CLASSES, 1) + LATE, port="features"), {**FEW, "classes": 3},
        r"label\.missing_class",
    ),
    "softmax, rows": (
        "glm.softmax", below(ROWS, BITS, port="features"), {**FEW, "classes": 3}, r"label\.missing_class"
    ),
    "woe, columns": ("feature.woe_iv", columns(BINS, NO_EVENT), {"bins": 6}, ONE),
    "woe, training rows": ("feature.woe_iv", columns(BINS, LATE), {"bins": 6}, ONE),
    "woe, rows": ("feature.woe_iv", below(BINS, ALL_EVENTS), {"bins": 6}, ONE),
    "selection": ("feature.select", columns(ROWS, ALL_EVENTS), {"keep": 2, "rule": "correlation"}, CONSTANT),
    "trees, columns": ("tree.boost", columns(ROWS, NO_EVENT, port="features"), TREES, ONE),
    "trees, columns, late": ("tree.boost", columns(ROWS, LATE, port="features"), {**TREES, "train_fraction": "0.8"}, ONE),
    "trees, rows": (
        "tree.boost", below(ROWS, ALL_EVENTS, port="features"), {**TREES, "train_fraction": "0.7"}, ONE
    ),
    "trees, shared": ("tree.boost", secret(NO_EVENT), TREES, ONE),
    "evaluation": ("eval.binary", shares(0, 1, scores=ROWS[:, 0], labels=NO_EVENT), {}, ONE),
}  # fmt: skip
CONSTANT_IS_A_RESULT = {
    "prepare.folds": "folds of one value are alike",
    "tree.regress": "no split, and the constant in the start; R² of 1",
    "linear.ridge": "coefficients of 0 and the constant as intercept",
    "eval.regression": "R² as scikit-learn's: 1 of perfect predictions, else 0",
    "eval.multiclass": "a confusion matrix with empty rows",
}


@pytest.mark.parametrize("name", CASES)
def test_a_label_that_does_not_differ_is_refused(name: str) -> None:
    program, inputs, parameters, code = CASES[name]
    with pytest.raises(TallyError, match=code):
        run_step(f"{program}@1.0.0", inputs, parameters)


def test_every_program_with_a_label_is_walked() -> None:
    """A new program that reads a label says here what it does with one that does not differ."""
    reading = {
        name.partition("@")[0]
        for name, program in CATALOGUE.items()
        if any(port.name in ("label", "labels") for port in program.inputs)
    }
    leaves_out = {"feature.standardize", "feature.standardize_pooled", "feature.bin", "psi.join"}
    """Their ``label`` is a column that they leave alone, or pass on."""
    walked = {program for program, *_ in CASES.values()}
    assert reading - leaves_out == walked | set(CONSTANT_IS_A_RESULT)
    assert not walked & set(CONSTANT_IS_A_RESULT)
