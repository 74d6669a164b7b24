"""Costs of grouping, with the other relations between columns."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, apart, step

TERMS: Final = Terms(
    work=apart([*LINEAR, "groups", "columns*groups", "rows*groups", "rows*columns*groups", "columns*groups*owners"]),
)


def cases(tables: Tables) -> list[Made]:
    """Correlations, a cross table and group means of one table, with few and with many groups."""

    def related(name: str, rows: int, columns: int, groups: int) -> Made:
        levels = {"row_levels": rows, "column_levels": columns}
        row, column = tables.label + "group", tables.label + "level"
        steps = (
            step("pairs", "stats.correlation", {"limit": "8"}, tables=tables.table),
            step("cross", "stats.crosstab", levels, row=row, column=column),
            step("groups", "stats.groupby", {"groups": groups, "limit": "8"}, tables=tables.table, by=column),
        )
        return name, steps, ("pairs.correlation", "cross.table", "cross.chi_square", "groups.mean")

    return [related("relations", 3, 4, 4), related("relations-many", 40, 25, 60)]
