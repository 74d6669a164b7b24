"""Costs of preparing."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

_OPERATIONS: Final = "empty 2, fill median, indicator, clip quantiles 0.05 0.95, signed log"
TERMS: Final = Terms(work=["", "rows", "rows*columns"])


def cases(tables: Tables) -> list[Made]:
    """A column of every owner's before all are aligned."""
    if tables.stacked:
        return []
    steps = [
        step(f"prepare_{at}", "prepare.table", {"recipe": f"x{at:03d}: {_OPERATIONS}"}, table=source)
        for at, source in enumerate(tables.sources)
    ]
    join = step("join", "psi.align", tables=tuple(f"{each.id}.table" for each in steps))
    return [("prepared", (*steps, join), ("prepare_0.counts",))]
