"""Costs of cross tables."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, both, product

TERMS: Final = Terms(
    work=both(
        ["", "row_levels", "column_levels", "row_levels*column_levels", *product(
            ("rows",), ("", "row_levels", "column_levels", "row_levels*column_levels")), "owners"]
    ),
)  # fmt: skip


def cases(_tables: Tables) -> list[Made]:
    """None of its own: it is part of grouping's cases."""
    return []
