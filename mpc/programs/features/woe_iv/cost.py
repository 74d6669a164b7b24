"""Costs of weights of evidence."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, product, step
from protocol.contract import Step

TERMS: Final = Terms(
    work=[
        *LINEAR,
        *product(("bins",), ("columns", "rows*columns", "rows")),
        "[monotone=yes]",
        "columns*[monotone=yes]",
        "rows*columns*[monotone=yes]",
    ],
)


def cases(tables: Tables) -> list[Made]:
    """Few bins, then the choice of columns; and many bins."""
    if tables.stacked:
        return []
    label = tables.label + "yes"

    def weighed(bins: int) -> tuple[Step, Step]:
        return (
            step("bin", "feature.bin", {"bins": bins}, tables=tables.table, label=label),
            step("woe", "feature.woe_iv", {"bins": bins}, tables="bin.binned", label=label),
        )

    chosen = (
        step("choose", "feature.select", {"keep": 2}, tables=tables.table, scores="woe.iv", label=label),
        step("mean", "stats.describe", {"quantiles": 2}, table="choose.selected"),
    )
    return [
        ("features", (*weighed(8), *chosen), ("woe.iv", "woe.woe", "mean.mean")),
        ("features-many", weighed(32), ("woe.iv",)),
    ]
