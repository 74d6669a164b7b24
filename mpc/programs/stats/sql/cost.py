"""Costs of queries, with the other relations between columns."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, apart, step

_QUERY: Final = (
    "SELECT CASE WHEN x000 < -1 THEN 0 WHEN x000 < 0 THEN 1 WHEN x000 < 1 THEN 2 ELSE 3 END AS part, COUNT(*), AVG(x001), VAR_SAMP(x001)"
    " FROM rows WHERE x000 > -1.9 AND x001 < 1.9 GROUP BY part"
)
TERMS: Final = Terms(work=apart(LINEAR))


def cases(tables: Tables) -> list[Made]:
    """A mean and a spread by levels; of aligned rows one owner has the levels and another the values."""
    return [
        ("query", (step("query", "stats.sql", {"sql": _QUERY, "limit": "8"}, tables=tables.table),), ("query.figures",))
    ]
