"""Costs of Poisson regression."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, both, judged, product, scored

TERMS: Final = Terms(
    work=both(["", "rows*columns", *product(("iterations",), ("", "columns", "columns^2", "columns^3", "rows",
               "rows*columns", "rows*columns^2"))]),
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Many and few iterations."""
    given: dict[str, object] = {"mean_limit": "8"}
    if tables.stacked:
        given |= {"limit": "2", "coefficient_limit": "1"}
        return [
            scored(tables, "poisson", "glm.poisson", "count", given),
            scored(tables, "poisson-short", "glm.poisson", "count", {**given, "iterations": 3}),
        ]
    return [
        judged(tables, "poisson", "glm.poisson", "count", "eval.regression", given),
        judged(tables, "poisson-short", "glm.poisson", "count", "eval.regression", {**given, "iterations": 3}),
    ]
