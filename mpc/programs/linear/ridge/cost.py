"""Costs of ridge regression."""

from typing import Final

from mpc.programs.costs import SQUARE, Made, Tables, Terms, apart, judged, scored

TERMS: Final = Terms(work=apart([*SQUARE, "columns^3", "columns^2*owners"]), as_aligned=True)


def cases(tables: Tables) -> list[Made]:
    """One model."""
    given = {"label_limit": "6", "alpha": "0"}
    if tables.stacked:
        return [scored(tables, "ridge", "linear.ridge", "real", {**given, "limit": "6"})]
    return [judged(tables, "ridge", "linear.ridge", "real", "eval.regression", given)]
