"""Costs of softmax regression."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, both, judged, product

TERMS: Final = Terms(
    work=both(["", "rows*columns", *product(("iterations",), ("", "classes", "rows*classes", "rows*columns*classes")),
               *product(("iterations",), ("rows*columns*classes^2", "rows*columns^2*classes^2", "columns^2*classes^2",
                        "columns^3*classes^3"), ("[solver=newton]",)),
               *product(("iterations",), ("", "classes", "rows*classes", "rows*columns*classes", "columns*classes",
                        "columns^2*classes"), ("[solver=blocks]",))]),
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Three classes, and five with few iterations, by either solver."""
    few = {"classes": 5, "iterations": 4}
    return [
        judged(tables, "softmax", "glm.softmax", "group", "eval.multiclass", {}),
        judged(tables, "softmax-five", "glm.softmax", "rank", "eval.multiclass", few),
        judged(tables, "softmax-blocks", "glm.softmax", "rank", "eval.multiclass", {**few, "solver": "blocks"}),
    ]
