"""Costs of scoring."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, both, step

TERMS: Final = Terms(
    work=both([*LINEAR, "rows*owners", "rows*columns*owners"]),
)


def cases(tables: Tables) -> list[Made]:
    """A logistic model's probabilities, the costliest; linear predictors are in the linear models' cases."""
    if not tables.stacked:
        return []
    fit = step("fit", "glm.logistic", {"iterations": 3}, features=tables.features, label=tables.label + "yes")
    applied = step("score", "score.glm", model="fit.model", tables=tables.table)
    return [("scored-logistic", (fit, applied), ("score.scores",))]
