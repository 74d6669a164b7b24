"""Costs of choosing columns."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, product, step

TERMS: Final = Terms(work=product((*LINEAR, "columns^2"), ("", "[rule=correlation]", "[rule=variance]")))


def cases(tables: Tables) -> list[Made]:
    """By correlation, then by variance; by information value is in the cases of weights of evidence."""
    if tables.stacked:
        return []
    label = tables.label + "yes"
    first, second = {"keep": 2, "rule": "correlation"}, {"keep": 2, "rule": "variance"}
    steps = (
        step("choose", "feature.select", first, tables=tables.table, label=label),
        step("again", "feature.select", second, tables=tables.table, label=label),
        step("mean", "stats.describe", {"quantiles": 2}, table="again.selected"),
    )
    return [("correlated", steps, ("mean.mean",))]
