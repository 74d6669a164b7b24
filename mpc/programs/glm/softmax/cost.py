"""Costs of softmax regression."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, both, judged, product

TERMS: Final = Terms(
    work=both(["", "rows*columns", *product(("iterations",), ("", "classes", "rows*classes", "rows*columns*classes",
               "rows*columns*classes^2", "rows*columns^2*classes^2", "columns^2*classes^2", "columns^3*classes^3"))]),
    held=both([*LINEAR, *product(("rows", "rows*columns", "columns^2"), ("classes", "classes^2"))]),
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Three classes, and five with few iterations."""
    few = {"classes": 5, "iterations": 4}
    return [
        judged(tables, "softmax", "glm.softmax", "group", "eval.multiclass", {}),
        judged(tables, "softmax-five", "glm.softmax", "rank", "eval.multiclass", few),
    ]
