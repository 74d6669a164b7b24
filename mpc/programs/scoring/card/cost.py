"""Costs of scorecards."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(work=["", "columns"])


def cases(tables: Tables) -> list[Made]:
    """From bins to points and reasons."""
    if tables.stacked:
        return []
    label = tables.label + "yes"
    steps = (
        step("bin", "feature.bin", {"bins": 5}, tables=tables.table, label=label),
        step("woe", "feature.woe_iv", {"bins": 5, "monotone": "yes"}, tables="bin.binned", label=label),
        step("fit", "glm.logistic", {"iterations": 3}, features="woe.transformed", label="woe.labels"),
        step("card", "score.card", model="fit.model", woe="woe.woe"),
        step("points", "score.points", {"bins": 5, "reasons": 3}, card="card.scorecard", tables="bin.binned"),
    )
    return [("scorecard", steps, ("card.card", "points.points", "points.reasons"))]
