"""Costs of describing columns."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, product, step

TERMS: Final = Terms(
    work=[
        *LINEAR, "rows*columns*quantiles", *product(("columns*quantiles", "quantiles", "columns", "columns*owners",
        "columns*quantiles*owners", "rows*columns", "rows*columns*quantiles", ""), ("[layout=stacked]", "[layout=shared]")),
        "rows*columns*[layout=aligned]",
    ],
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Quartiles and deciles, with all other figures."""

    def described(name: str, quantiles: int) -> Made:
        figures = ("mean", "variance", "minimum", "maximum", "quantiles")
        steps = (step("all", "stats.describe", {"limit": "8", "quantiles": quantiles}, table=tables.table),)
        return name, steps, tuple(f"all.{figure}" for figure in figures)

    return [described("describe", 4), described("deciles", 10)]
