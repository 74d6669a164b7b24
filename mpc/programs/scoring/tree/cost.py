"""Costs of scoring with trees."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(work=["", "rows", "rows*columns", "rows*columns*owners"])


def cases(tables: Tables) -> list[Made]:
    """A small forest applied to the rows that it was trained on."""
    limits = {"limit": "8"} if tables.stacked else {}
    fit = step("fit", "tree.boost", {"trees": 3, **limits}, features=tables.features, label=tables.label + "yes")
    applied = step("score", "score.tree", model="fit.model", tables=tables.table)
    return [("scored-trees", (fit, applied), ("score.scores",))]
