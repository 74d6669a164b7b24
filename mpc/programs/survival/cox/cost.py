"""Costs of proportional hazards regression."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, product, step

TERMS: Final = Terms(
    work=["", *product(("iterations",), ("", "columns", "columns^2", "columns^3", "rows", "rows*columns",
               "rows*columns^2"))],
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Many and few iterations; a count stands for the time, so there are ties."""
    if tables.stacked:
        return []
    given: dict[str, dict[str, object]] = {"cox": {}, "cox-short": {"iterations": 3}}
    return [
        (
            name,
            (
                step(
                    "fit",
                    "survival.cox",
                    parameters,
                    features=tables.features,
                    time=f"{tables.label}count",
                    event=f"{tables.label}yes",
                ),
            ),
            ("fit.coefficients",),
        )
        for name, parameters in given.items()
    ]
