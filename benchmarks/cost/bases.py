"""What may appear in each program's formulas: products of a shape with what its parameters add, per quantity."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Final

SOLVERS: Final = ("bound", "gradient", "sgd")
SIGMOIDS: Final = ("accurate", "fast", "segments", "linear")


def product(*factors: Sequence[str]) -> list[str]:
    """All products of one term of each."""
    return ["*".join(part for part in parts if part) for parts in itertools.product(*factors)]


def both(terms: Iterable[str]) -> list[str]:
    """For all layouts, and more where rows are split."""
    return product(list(terms), ("", "[layout=stacked]"))


def apart(terms: Iterable[str]) -> list[str]:
    """For all layouts, and more for each: what rows of several owners need has little to do with what one table needs."""
    return product(list(terms), ("", "[layout=stacked]", "[layout=aligned]"))


_LINEAR: Final = ("", "rows", "rows*columns", "columns")
_SQUARE: Final = (*_LINEAR, "columns^2", "rows*columns^2")
_NEWTON: Final = product(
    ("[solver=newton]",),
    ("iterations", "columns*iterations", "columns^2*iterations", "columns^3*iterations", "min(rows,sample)*iterations",
     "min(rows,sample)*columns*iterations", "min(rows,sample)*columns^2*iterations", "rows*passes",
     "rows*columns*passes"),
)  # fmt: skip
_SPLIT_STEP: Final = [
    *product(("iterations", "rows*iterations*batch^-1"), ("[layout=stacked]",), ("[solver=sgd]",), ("", "columns"))[2:],
    *product(("iterations",), ("[layout=stacked]",), ("[solver=bound]", "[solver=gradient]")),
]
_STEPS: Final = [
    *product(("iterations", "columns*iterations"), ("[solver=bound]", "[solver=gradient]")),
    *product(("rows*iterations*batch^-1",), ("[solver=sgd]",), ("", "columns")),
    *product(("rows*iterations",), [f"[solver={s}]" for s in SOLVERS], [f"[sigmoid={s}]" for s in SIGMOIDS]),
    *product(("rows*columns*iterations",), [f"[solver={s}]" for s in SOLVERS]),
    "rows*iterations*batch^-1*[solver=sgd]*[sigmoid=linear]",
    "iterations*[solver=gradient]*[sigmoid=linear]",
    "iterations*[solver=bound]*[sigmoid=linear]",
    "columns^3*[solver=bound]",
    *_SPLIT_STEP,
]
_LOGISTIC: Final = ["", "rows", "rows*columns", *_NEWTON, *_STEPS, "[layout=stacked]", "rows*owners", "columns*owners"]
_DESCRIBE: Final = [
    *_LINEAR, "rows*columns*quantiles", *product(("columns*quantiles", "quantiles", "columns", "columns*owners",
    "columns*quantiles*owners", "rows*columns", "rows*columns*quantiles", ""), ("[layout=stacked]", "[layout=shared]")),
    "rows*columns*[layout=aligned]",
]  # fmt: skip
_POISSON: Final = both(
    ["", "rows*columns", *product(("iterations",), ("", "columns", "columns^2", "columns^3", "rows", "rows*columns",
     "rows*columns^2"))]
)  # fmt: skip
_SOFTMAX: Final = both(
    ["", "rows*columns", *product(("iterations",), ("", "classes", "rows*classes", "rows*columns*classes",
     "rows*columns*classes^2", "rows*columns^2*classes^2", "columns^2*classes^2", "columns^3*classes^3"))]
)  # fmt: skip
WORK: Final[dict[str, list[str]]] = {
    "psi.align": ["", "rows", "rows*owners", "rows*columns", "owners", "owners^2"],
    "table.stack": ["", "rows", "rows*columns", "owners"],
    "feature.standardize": ["", "rows*columns", "columns"],
    "feature.standardize_pooled": [*_LINEAR, "owners", "columns*owners"],
    "feature.bin": ["", "rows*columns", "columns*bins", "rows*columns*bins*[output=one-hot]"],
    "feature.woe_iv": [*_LINEAR, *product(("bins",), ("columns", "rows*columns", "rows"))],
    "feature.select": product((*_LINEAR, "columns^2"), ("", "[rule=correlation]", "[rule=variance]")),
    "glm.logistic": _LOGISTIC,
    "glm.logistic_federated": [
        "", "rows", "rows*columns", "owners", "columns^2*owners", "columns*owners", *product(
            ("iterations",), ("", "columns", "columns^2", "rows", "rows*columns", "rows*columns^2", "owners",
                              "columns^2*owners"))
    ],
    "linear.ridge": apart([*_SQUARE, "columns^3", "columns^2*owners"]),
    "glm.poisson": _POISSON,
    "glm.softmax": _SOFTMAX,
    "eval.binary": ["", "rows", "thresholds", "rows*thresholds", "thresholds^2"],
    "eval.multiclass": product(("", "rows"), ("", "columns", "columns^2")),
    "eval.regression": ["", "rows"],
    "stats.describe": _DESCRIBE,
    "stats.correlation": apart([*_SQUARE, "columns*owners", "columns^2*owners"]),
    "stats.crosstab": both(
        ["", "row_levels", "column_levels", "row_levels*column_levels", *product(
            ("rows",), ("", "row_levels", "column_levels", "row_levels*column_levels")), "owners"]
    ),
    "stats.groupby": apart([*_LINEAR, "groups", "columns*groups", "rows*groups", "rows*columns*groups",
                           "columns*groups*owners"]),
    "kmeans": both(
        [*_LINEAR, "rows*columns^2", *product(("iterations", "clusters", "clusters*iterations"),
         ("", "columns", "rows", "rows*columns")), "clusters^2*iterations", "columns*clusters*[start=plus]"]
    ),
    "score.glm": both([*_LINEAR, "rows*owners", "rows*columns*owners"]),
}  # fmt: skip
"""Seconds and bytes."""

_LOGISTIC_HELD: Final = ["", "rows", "rows*columns", "columns^2", "rows*owners", "rows*[solver=newton]",
                         "min(rows,sample)*[solver=newton]", "rows*columns*[layout=stacked]", "rows*[solver=bound]",
                         "rows*[solver=gradient]", "rows*columns*[solver=newton]", "batch*[solver=sgd]"]  # fmt: skip
HELD: Final[dict[str, list[str]]] = {
    **{name: [*_LINEAR, "columns^2"] for name in WORK},
    "psi.align": ["", "rows", "rows*owners", "rows*columns"],
    "feature.bin": ["", "rows", "rows*columns", "rows*columns*bins*[output=one-hot]"],
    "feature.woe_iv": [*_LINEAR, "rows*columns*bins", "rows*bins", "columns*bins"],
    "glm.logistic": _LOGISTIC_HELD,
    "glm.poisson": both([*_SQUARE]),
    "glm.softmax": both([*_LINEAR, *product(("rows", "rows*columns", "columns^2"), ("classes", "classes^2"))]),
    "eval.binary": ["", "rows", "thresholds", "rows*thresholds"],
    "eval.multiclass": ["", "rows"],
    "eval.regression": ["", "rows"],
    "stats.describe": both([*_LINEAR, "rows*columns*quantiles", "columns*quantiles", "columns*quantiles*owners"]),
    "stats.crosstab": ["", *product(("rows",), ("", "row_levels", "column_levels")), "row_levels*column_levels"],
    "stats.groupby": apart([*_LINEAR, "rows*groups", "columns*groups"]),
    "glm.logistic_federated": ["", "rows*columns", "columns^2"],
    "kmeans": both([*_LINEAR, "rows*clusters", "clusters", "clusters*columns"]),
    "score.glm": both([*_LINEAR, "rows*owners"]),
    "feature.standardize_pooled": [*_LINEAR],
}
"""Bytes of memory: iterations hold nothing."""
