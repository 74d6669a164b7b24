"""Costs of comparing lines."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(work=["", "rows", "rows*owners", "owners", "owners^2"])


def cases(tables: Tables) -> list[Made]:
    """All outputs, by three key columns."""
    if not tables.flows:
        return []
    reported, *banks = tables.flows
    given = {"keys": "reference, payer, day"}
    compared = step("reconcile", "reconcile.flows", given, reported=reported, banks=tuple(banks))
    return [("flows", (compared,), ("reconcile.lines", "reconcile.totals", "reconcile.amounts"))]
