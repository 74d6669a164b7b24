"""Costs of population stability."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, step

TERMS: Final = Terms(work=[*LINEAR, "columns*bins", "owners", "rows*bins"])


def cases(tables: Tables) -> list[Made]:
    """A table with itself."""
    if tables.stacked:
        return []
    cut = step("bin", "feature.bin", {"bins": 8}, tables=tables.table, label=tables.label + "yes")
    index = step("stable", "eval.stability", {"bins": 8}, expected="bin.binned", actual="bin.binned")
    return [("stability", (cut, index), ("stable.stability",))]
