"""Costs of joins."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(
    work=[
        "", "rows", "rows*owners", "rows*columns", "columns", "owners", "owners^2", "rows*columns*[kind=left]",
        "rows*columns*[kind=outer]",
    ],
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Each kind of join, with a label."""
    if tables.stacked:
        return []

    def joined(name: str, kind: str) -> Made:
        given = {"kind": kind, "limit": "8"}
        return name, (step("join", "psi.join", given, tables=tables.sources, label=tables.target),), ("join.labels",)

    return [joined("join", "inner"), joined("join-left", "left"), joined("join-outer", "outer")]
