"""Costs of boosted trees for a quantity."""

from mpc.programs.costs import Made, Tables, judged
from mpc.programs.tree.costs import TERMS

__all__ = ["TERMS", "cases"]


def cases(tables: Tables) -> list[Made]:
    """Shallow and deep trees, few and many bins, evaluated on the test rows."""
    limits = {"limit": "8"} if tables.stacked else {}
    shapes: dict[str, dict[str, object]] = {
        "regressed": {"trees": 3},
        "regressed-deep": {"trees": 1, "depth": 6, "bins": 16},
        "regressed-many": {"trees": 10, "depth": 3, "bins": 8},
    }
    found = [
        judged(tables, name, "tree.regress", "real", "eval.regression", {**limits, "label_limit": "8", **given})
        for name, given in shapes.items()
    ]
    return [(name, steps, ("fit.split_columns", "fit.leaf_values", "judge.r2")) for name, steps, _ in found]
