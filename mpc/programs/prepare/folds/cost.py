"""Costs of folds."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(work=["", "rows", "rows*columns"])


def cases(tables: Tables) -> list[Made]:
    """A column described of one fold's training rows."""
    if tables.stacked:
        return []
    label = tables.label + "yes"
    folds = step("folds", "prepare.folds", {"folds": 5}, tables=tables.table, label=label)
    fold = step("fold", "prepare.fold", {"folds": 5, "fold": 2}, tables="folds.folded")
    cut = step("bin", "feature.bin", {"bins": 4}, tables="fold.folded")
    return [("folded", (folds, fold, cut), ("bin.edges",))]
