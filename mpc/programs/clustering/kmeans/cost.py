"""Costs of k-means."""

from typing import Final

from mpc.programs.costs import LINEAR, Made, Tables, Terms, both, product, step

TERMS: Final = Terms(
    work=both(
        [*LINEAR, "rows*columns^2", *product(("iterations", "clusters", "clusters*iterations"),
         ("", "columns", "rows", "rows*columns")), "clusters^2*iterations", "columns*clusters*[start=plus]"]
    ),
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Few and many clusters, and starts from rows."""

    def near(name: str, given: dict[str, object]) -> Made:
        steps = (step("near", "kmeans", {"limit": "8", **given}, tables=tables.table),)
        return name, steps, ("near.centroids", "near.inertia")

    return [
        near("kmeans", {}),
        near("kmeans-many", {"clusters": 12, "iterations": 4}),
        near("kmeans-rows", {"clusters": 3, "iterations": 20, "start": "rows"}),
    ]
