"""Costs of binning."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(
    work=["", "rows*columns", "columns*bins", "rows*columns*bins*[output=one-hot]"],
)


def cases(tables: Tables) -> list[Made]:
    """One-hot; bins for weights of evidence are in that program's cases."""
    if tables.stacked:
        return []
    given = {"bins": 5, "output": "one-hot"}
    hot = step("bin", "feature.bin", given, tables=tables.table, label=tables.label + "yes")
    return [("one-hot", (hot,), ("bin.edges",))]
