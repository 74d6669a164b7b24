"""Costs of standardising rows of several owners."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, step

TERMS: Final = Terms(work=[*LINEAR, "owners", "columns*owners"])


def cases(tables: Tables) -> list[Made]:
    """Described, and as what k-means works on."""
    if not tables.stacked:
        return []
    pooled = step("pool", "feature.standardize_pooled", {"limit": "8"}, tables=tables.table, label=tables.label + "yes")
    described = step("all", "stats.describe", {"limit": "16"}, table="pool.features")
    near = step("near", "kmeans", {"limit": "16", "iterations": 5}, tables="pool.features")
    return [
        ("pooled", (pooled, described), ("all.mean", "all.quantiles")),
        ("pooled-models", (pooled, near), ("near.centroids",)),
    ]
