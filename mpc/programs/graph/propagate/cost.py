"""Costs of propagation over graphs."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(work=["", "rows", "rounds", "rows*rounds"])


def cases(tables: Tables) -> list[Made]:
    """Of two owners' edges, at two numbers of rounds."""
    if not tables.graphs:
        return []
    *edges, seeds, asked = tables.graphs

    def propagated(name: str, rounds: int) -> Made:
        made = step("spread", "graph.propagate", {"rounds": rounds}, edges=tuple(edges), seeds=seeds, asked=asked)
        return name, (made,), ("spread.classes",)

    return [propagated("graph", 2), propagated("graph-far", 10)]
