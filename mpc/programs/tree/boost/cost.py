"""Costs of boosted trees for two classes."""

from mpc.programs.costs import Made, Tables, step
from mpc.programs.tree.costs import TERMS

__all__ = ["TERMS", "cases"]


def cases(tables: Tables) -> list[Made]:
    """Shallow and deep trees, few and many bins, evaluated on the test rows."""
    weighed = {k: v for k, v in tables.split.items() if k == "train_fraction"}
    limits = {"limit": "8"} if tables.stacked else {}

    def grown(name: str, given: dict[str, object]) -> Made:
        label = tables.label + "yes"
        fit = step("fit", "tree.boost", {**weighed, **limits, **given}, features=tables.features, label=label)
        judge = step("judge", "eval.binary", {}, scores="fit.scores", labels="fit.labels")
        return name, (fit, judge), ("fit.split_columns", "fit.leaf_values", "judge.auc")

    return [
        grown("trees", {"trees": 3}),
        grown("trees-deep", {"trees": 1, "depth": 6, "bins": 16}),
        grown("trees-many", {"trees": 10, "depth": 3, "bins": 8}),
    ]
