"""Costs of correlations."""

from typing import Final

from mpc.programs.costs import SQUARE, Made, Tables, Terms, apart

TERMS: Final = Terms(work=apart([*SQUARE, "columns*owners", "columns^2*owners"]))


def cases(_tables: Tables) -> list[Made]:
    """None of its own: it is part of grouping's cases."""
    return []
