"""Costs of points and reasons."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms

TERMS: Final = Terms(work=[*LINEAR, "rows*reasons", "rows*columns*reasons", "rows*columns*bins"])


def cases(_tables: Tables) -> list[Made]:
    """None of its own: the scorecard's end with it."""
    return []
