"""Costs of federated logistic regression."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, product, step

TERMS: Final = Terms(
    work=["", "rows", "rows*columns", "owners", "columns^2*owners", "columns*owners", *product(
        ("iterations",), ("", "columns", "columns^2", "rows", "rows*columns", "rows*columns^2", "owners",
                          "columns^2*owners"))],
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """From three owners on."""
    if not tables.stacked or tables.owners < 3:
        return []
    given, label = {"iterations": 6}, tables.label + "yes"
    fit = step("fit", "glm.logistic_federated", given, features=tables.features, label=label)
    return [("federated", (fit,), ("fit.coefficients",))]
