"""Costs of logistic regression, by solver and sigmoid."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, product, step

_SOLVERS: Final = ("bound", "gradient", "sgd")
_SIGMOIDS: Final = ("accurate", "fast", "segments", "linear")
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
    *product(("rows*iterations",), [f"[solver={s}]" for s in _SOLVERS], [f"[sigmoid={s}]" for s in _SIGMOIDS]),
    *product(("rows*columns*iterations",), [f"[solver={s}]" for s in _SOLVERS]),
    "rows*iterations*batch^-1*[solver=sgd]*[sigmoid=linear]",
    "iterations*[solver=gradient]*[sigmoid=linear]",
    "iterations*[solver=bound]*[sigmoid=linear]",
    "columns^3*[solver=bound]",
    *_SPLIT_STEP,
]
TERMS: Final = Terms(
    work=["", "rows", "rows*columns", *_NEWTON, *_STEPS, "[layout=stacked]", "rows*owners", "columns*owners"],
)  # fmt: skip


def cases(tables: Tables) -> list[Made]:
    """Every solver with the sigmoids that change its work, evaluated on the test rows."""
    weighed = {k: v for k, v in tables.split.items() if k == "train_fraction"}

    def logistic(name: str, given: dict[str, object], judged: dict[str, object] | None = None) -> Made:
        label = tables.label + "yes"
        fit = step("fit", "glm.logistic", {**weighed, **given}, features=tables.features, label=label)
        judge = step("judge", "eval.binary", judged or {}, scores="fit.scores", labels="fit.labels")
        return name, (fit, judge), ("fit.coefficients", "judge.auc", "judge.roc")

    return [
        logistic("logistic", {}),
        logistic("bound", {"solver": "bound", "iterations": 20}, {"thresholds": 32}),
        logistic("gradient", {"solver": "gradient", "iterations": 20}, {"thresholds": 1024}),
        logistic("gradient-linear", {"solver": "gradient", "sigmoid": "linear", "iterations": 40}),
        logistic("gradient-segments", {"solver": "gradient", "sigmoid": "segments", "iterations": 20}),
        logistic("gradient-fast", {"solver": "gradient", "sigmoid": "fast", "iterations": 10}),
        logistic("bound-fast", {"solver": "bound", "sigmoid": "fast", "iterations": 10}),
        logistic("bound-segments", {"solver": "bound", "sigmoid": "segments", "iterations": 10}),
        logistic("bound-linear", {"solver": "bound", "sigmoid": "linear", "iterations": 10}),
        logistic("sgd-segments", {"solver": "sgd", "sigmoid": "segments", "iterations": 3, "batch": 256}),
        logistic("sgd", {"solver": "sgd", "iterations": 3, "batch": 256}),
        logistic("sgd-small", {"solver": "sgd", "sigmoid": "fast", "iterations": 3, "batch": 32}),
        logistic("sgd-linear", {"solver": "sgd", "sigmoid": "linear", "iterations": 3, "batch": 128}),
    ]
