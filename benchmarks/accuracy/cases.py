"""What is compared: each program's numbers with those that an independent package makes of the same rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import accuracy_score, confusion_matrix, mean_squared_error, r2_score, roc_auc_score
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.genmod.families import Binomial, Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS

from benchmarks.accuracy import tables
from benchmarks.accuracy.runs import Floats, run
from benchmarks.accuracy.tables import EVENT, TARGET, Table, stacked_name
from mpc.programs.costs import step
from protocol.contract import Step

Clusters: Any = KMeans
_chi_square: Any = stats.chi2_contingency
_smirnov: Any = stats.ks_2samp
"""Their annotations know fewer arguments and fields than they have."""
LIMIT: Final = "24"
FULL: Final = {"train_fraction": "1", "limit": LIMIT}
ALIGN: Final = step("align", "psi.align", tables=(tables.BANK, tables.SHOP))
SCALE: Final = step("scale", "feature.standardize", FULL, tables="align.aligned", label=f"align.aligned.bank.{TARGET}")
LABEL: Final = {"features": "scale.features", "label": f"align.aligned.bank.{TARGET}"}


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one program: ``ours`` and ``oracle`` are where they differ most, ``difference`` by how much.

    ``scale`` is the largest of the oracle's numbers: a coefficient of 1e-9 has no digits of its own.
    """

    program: str
    data: str
    shape: str
    split: str
    figure: str
    ours: float
    oracle: float
    difference: float
    scale: float
    package: str


@dataclass(frozen=True, slots=True)
class _About:
    program: str
    table: Table
    split: str

    def all(self, package: str, found: Mapping[str, tuple[Any, Any]]) -> Iterator[Compared]:
        """Each figure's numbers beside the oracle's."""
        for figure, (ours, oracle) in found.items():
            mine, known = np.ravel(np.asarray(ours, float)), np.ravel(np.asarray(oracle, float))
            assert mine.shape == known.shape, f"{self.program} {figure}: {mine.shape} beside {known.shape}"
            at = int(np.abs(mine - known).argmax())
            yield Compared(
                self.program,
                self.table.name,
                self.table.shape,
                self.split,
                figure,
                float(mine[at]),
                float(known[at]),
                float(abs(mine[at] - known[at])),
                float(np.abs(known).max()),
                package,
            )


def scaled(table: Table) -> Floats:
    """Columns with mean 0 and deviation 1."""
    found: Floats = (table.features - table.features.mean(0)) / table.features.std(0)
    return found


def with_ones(features: Floats) -> Floats:
    """An intercept's column after the others."""
    return np.column_stack([features, np.ones(len(features))])


def aligned(table: Table, steps: Sequence[Step], outputs: Sequence[str]) -> dict[str, Floats]:
    """Columns split among two owners."""
    return run(table.columns(), (ALIGN, SCALE, *steps), outputs)


def stacked(
    table: Table, steps: Sequence[Step], outputs: Sequence[str], owners: Sequence[str] = ("bank", "shop")
) -> dict[str, Floats]:
    """Rows split among the owners."""
    sources = tuple(stacked_name(at) for at in range(len(owners)))
    return run(table.rows(owners), (step("stack", "table.stack", tables=sources), *steps), outputs)


STACKED: Final = {"features": "stack.stacked", "label": f"stack.stacked.{TARGET}"}


def logistic(table: Table, split: str) -> Iterator[Compared]:
    """Coefficients and standard errors at c = 100, coefficients at the default penalty, and the held-out AUC."""
    inputs = LABEL if split == "columns" else STACKED
    given = {} if split == "columns" else FULL
    ways = aligned if split == "columns" else stacked
    names = ("coefficients", "intercept", "standard_errors", "intercept_error", "convergence")
    steps = [
        step("loose", "glm.logistic", given | {"c": "100", "iterations": 14, "coefficient_limit": "64"}, **inputs),
        step("fit", "glm.logistic", given | {"iterations": 14}, **inputs),
    ]
    found = ways(table, steps, [*(f"loose.{name}" for name in names), "fit.coefficients", "fit.intercept"])
    features = scaled(table)
    about = _About("glm.logistic", table, split)
    for name, c in (("fit", 1.0), ("loose", 100.0)):
        known = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(features, table.target)
        oracle = {
            f"coefficients, c = {c:g}": (found[f"{name}.coefficients"], known.coef_[0]),
            f"intercept, c = {c:g}": (found[f"{name}.intercept"], known.intercept_[0]),
        }
        yield from about.all("scikit-learn", oracle)
    with np.errstate(all="ignore"):
        known = GLM(table.target, with_ones(features), Binomial()).fit(tol=1e-12, maxiter=200)
    if np.abs(known.params).max() < 20:  # without a penalty there is an optimum
        errors = np.append(found["loose.standard_errors"], found["loose.intercept_error"])
        yield from about.all("statsmodels", {"standard errors, c = 100 beside none": (errors, known.bse)})


def federated(table: Table) -> Iterator[Compared]:
    """Three owners' rows, weights opened on the way."""
    outputs = ["fit.coefficients", "fit.intercept", "fit.means", "fit.deviations"]
    fit = step("fit", "glm.logistic_federated", {"limit": LIMIT}, **STACKED)
    found = stacked(table, [fit], outputs, ("bank", "neutral", "shop"))
    known = LogisticRegression(tol=1e-10, max_iter=10_000).fit(scaled(table), table.target)
    yield from _About("glm.logistic_federated", table, "rows").all(
        "scikit-learn",
        {
            "coefficients": (found["fit.coefficients"], known.coef_[0]),
            "intercept": (found["fit.intercept"], known.intercept_[0]),
            "means": (found["fit.means"], table.features.mean(0)),
            "deviations": (found["fit.deviations"], table.features.std(0)),
        },
    )


def poisson(table: Table) -> Iterator[Compared]:
    """Counts, with next to no penalty and with some."""
    names = ("coefficients", "intercept", "standard_errors", "intercept_error", "convergence", "likelihood")
    steps = [
        step("loose", "glm.poisson", {"alpha": "0.000001"}, **LABEL),
        step("fit", "glm.poisson", {"alpha": "0.1"}, **LABEL),
    ]
    found = aligned(table, steps, [*(f"loose.{name}" for name in names), "fit.coefficients", "fit.intercept"])
    features, about = scaled(table), _About("glm.poisson", table, "columns")
    ridge = PoissonRegressor(alpha=0.1, tol=1e-10, max_iter=1000).fit(features, table.target)
    yield from about.all(
        "scikit-learn",
        {
            "coefficients, alpha = 0.1": (found["fit.coefficients"], ridge.coef_),
            "intercept, alpha = 0.1": (found["fit.intercept"], ridge.intercept_),
        },
    )
    known = GLM(table.target, with_ones(features), Poisson()).fit(tol=1e-12, maxiter=100)
    weights = np.append(found["loose.coefficients"], found["loose.intercept"])
    gained, _, factorials = found["loose.likelihood"]
    errors = np.append(found["loose.standard_errors"], found["loose.intercept_error"])
    yield from about.all(
        "statsmodels",
        {
            "coefficients, no penalty": (weights, known.params),
            "standard errors": (errors, known.bse),
            "log-likelihood a row": (gained - factorials, known.llf / len(table.target)),
        },
    )


def survival(table: Table) -> Iterator[Compared]:
    """Times until an event."""
    assert table.event is not None
    outcome = {"time": f"align.aligned.bank.{TARGET}", "event": f"align.aligned.bank.{EVENT}"}
    scale = step("scale", "feature.standardize", FULL, tables="align.aligned", label=tuple(outcome.values()))
    fit = step("fit", "survival.cox", features="scale.features", **outcome)
    names = ("coefficients", "standard_errors", "log_likelihood", "convergence")
    found = run(table.columns(), (ALIGN, scale, fit), [f"fit.{name}" for name in names])
    known = PHReg(table.target, scaled(table), status=table.event, ties="breslow").fit(disp=0)
    yield from _About("survival.cox", table, "columns").all(
        "statsmodels",
        {
            "coefficients": (found["fit.coefficients"], known.params),
            "standard errors": (found["fit.standard_errors"], known.bse),
            "log partial likelihood": (found["fit.log_likelihood"][1], known.llf),
        },
    )


def softmax(table: Table) -> Iterator[Compared]:
    """Three classes."""
    fit = step("fit", "glm.softmax", {"classes": 3, "c": "1"}, **LABEL)
    found = aligned(table, [fit], ["fit.coefficients", "fit.intercept"])
    known = LogisticRegression(tol=1e-10, max_iter=10_000).fit(scaled(table), table.target)
    middle = known.intercept_ - known.intercept_.mean()
    yield from _About("glm.softmax", table, "columns").all(
        "scikit-learn",
        {
            "coefficients": (found["fit.coefficients"], known.coef_.T),
            "intercepts, their mean taken off": (found["fit.intercept"] - found["fit.intercept"].mean(), middle),
        },
    )


def ridge(table: Table, split: str) -> Iterator[Compared]:
    """A penalty, and none with standard errors."""
    reach = f"{np.abs(table.target).max() * 1.1:.0f}"
    names = ("coefficients", "standard_errors", "intercept_error", "spread", "flagged")
    given = {"label_limit": reach, "coefficient_limit": "64"}
    inputs, ways = LABEL, aligned
    if split == "rows":
        inputs, ways = STACKED, stacked
        given |= {"train_fraction": "1", "limit": f"{min(1000.0, np.abs(table.features).max() * 1.1):.0f}"}
    steps = [
        step("loose", "linear.ridge", given | {"alpha": "0"}, **inputs),
        step("fit", "linear.ridge", given | {"alpha": "10"}, **inputs),
    ]
    found = ways(table, steps, [*(f"loose.{name}" for name in names), "fit.coefficients", "fit.intercept"])
    features = scaled(table) if split == "columns" else table.features
    about = _About("linear.ridge", table, split)
    known = Ridge(10.0, tol=1e-12).fit(features, table.target)
    yield from about.all(
        "scikit-learn",
        {
            "coefficients, alpha = 10": (found["fit.coefficients"], known.coef_),
            "intercept, alpha = 10": (found["fit.intercept"], known.intercept_),
        },
    )
    plain = OLS(table.target, with_ones(features)).fit()
    yield from about.all(
        "statsmodels",
        {
            "coefficients, no penalty": (found["loose.coefficients"], plain.params[:-1]),
            "standard errors": (found["loose.standard_errors"], plain.bse[:-1]),
            "intercept's standard error": (found["loose.intercept_error"], plain.bse[-1]),
            "residual standard error": (found["loose.spread"][0], plain.mse_resid**0.5),
        },
    )


def evaluated(table: Table) -> Iterator[Compared]:
    """A model's held-out rows, judged on shares and, opened for this comparison alone, by the oracle."""
    half = {"train_fraction": "0.6", "limit": LIMIT}
    scale = step("scale", "feature.standardize", half, tables="align.aligned", label=f"align.aligned.bank.{TARGET}")
    fit = step("fit", "glm.logistic", {"c": "0.5"}, **LABEL)
    judge = step("judge", "eval.binary", {"thresholds": 64}, scores="fit.scores", labels="fit.labels")
    outputs = ["fit.scores", "fit.labels", *(f"judge.{name}" for name in ("auc", "ks", "expected", "confusion"))]
    found = run(table.columns(), (ALIGN, scale, fit, judge), outputs)
    scores, labels = found["fit.scores"], found["fit.labels"]
    chances = 1 / (1 + np.exp(-scores))
    yield from _About("eval.binary", table, "columns").all(
        "scikit-learn, scipy",
        {
            "AUC": (found["judge.auc"], roc_auc_score(labels, scores)),
            "KS": (found["judge.ks"], _smirnov(scores[labels == 1], scores[labels == 0]).statistic),
            "expected positives": (found["judge.expected"][0], chances.sum()),
            "confusion at 0": (found["judge.confusion"], confusion_matrix(labels, scores >= 0)),
        },
    )


def judged_numbers(table: Table) -> Iterator[Compared]:
    """The same of a regression."""
    half = {"train_fraction": "0.6", "limit": LIMIT}
    scale = step("scale", "feature.standardize", half, tables="align.aligned", label=f"align.aligned.bank.{TARGET}")
    fit = step("fit", "linear.ridge", {"label_limit": f"{np.abs(table.target).max() * 1.1:.0f}"}, **LABEL)
    judge = step("judge", "eval.regression", {}, scores="fit.scores", labels="fit.labels")
    found = run(
        table.columns(), (ALIGN, scale, fit, judge), ["fit.scores", "fit.labels", "judge.mse", "judge.mae", "judge.r2"]
    )
    scores, labels = found["fit.scores"], found["fit.labels"]
    yield from _About("eval.regression", table, "columns").all(
        "scikit-learn",
        {
            "mean squared error": (found["judge.mse"], mean_squared_error(labels, scores)),
            "mean absolute error": (found["judge.mae"], np.abs(labels - scores).mean()),
            "R²": (found["judge.r2"], r2_score(labels, scores)),
        },
    )


def judged_classes(table: Table) -> Iterator[Compared]:
    """The same of several classes."""
    half = {"train_fraction": "0.6", "limit": LIMIT}
    scale = step("scale", "feature.standardize", half, tables="align.aligned", label=f"align.aligned.bank.{TARGET}")
    fit = step("fit", "glm.softmax", {"classes": 3}, **LABEL)
    judge = step("judge", "eval.multiclass", {}, scores="fit.scores", labels="fit.labels")
    found = run(
        table.columns(), (ALIGN, scale, fit, judge), ["fit.scores", "fit.labels", "judge.accuracy", "judge.confusion"]
    )
    guess, labels = found["fit.scores"].argmax(axis=1), found["fit.labels"]
    yield from _About("eval.multiclass", table, "columns").all(
        "scikit-learn",
        {
            "accuracy": (found["judge.accuracy"], accuracy_score(labels, guess)),
            "confusion": (found["judge.confusion"], confusion_matrix(labels, guess, labels=[0, 1, 2])),
        },
    )


def described(table: Table, split: str) -> Iterator[Compared]:
    """Moments, quantiles, correlation."""
    source = "align.aligned" if split == "columns" else "stack.stacked"
    limit = {"limit": f"{np.abs(table.features).max() * 1.1 + np.abs(table.target).max():.0f}"}
    steps = [
        step("about", "stats.describe", limit, table=source),
        step("together", "stats.correlation", limit, tables=source),
    ]
    names = [f"about.{name}" for name in ("mean", "variance", "minimum", "maximum", "quantiles")]
    outputs = [*names, "together.correlation"]
    whole = np.column_stack([table.features, table.target])
    order = [*range(whole.shape[1])]
    if split == "columns":
        found = run(table.columns(), (ALIGN, *steps), outputs)
        half = (table.features.shape[1] + 1) // 2
        order = [*range(half), whole.shape[1] - 1, *range(half, table.features.shape[1])]
    else:
        found = stacked(table, steps, outputs)
    whole = whole[:, order]
    yield from _About("stats.describe", table, split).all(
        "numpy",
        {
            "mean": (found["about.mean"], whole.mean(0)),
            "variance": (found["about.variance"], whole.var(0, ddof=1)),
            "minimum": (found["about.minimum"], whole.min(0)),
            "maximum": (found["about.maximum"], whole.max(0)),
            "quartiles": (found["about.quantiles"], np.quantile(whole, [0.25, 0.5, 0.75], axis=0)),
        },
    )
    known = np.corrcoef(whole.T)
    yield from _About("stats.correlation", table, split).all("numpy", {"r": (found["together.correlation"], known)})


def clusters(table: Table) -> Iterator[Compared]:
    """Lloyd's steps from the same start come to the same centres: the oracle starts at ours and must not move."""
    groups = step("groups", "kmeans", {"clusters": 3, "iterations": 100}, tables="scale.features")
    found = aligned(table, [groups], ["groups.centroids", "groups.sizes", "groups.inertia"])
    known = Clusters(3, init=found["groups.centroids"], n_init=1, max_iter=300, tol=0).fit(scaled(table))
    yield from _About("kmeans", table, "columns").all(
        "scikit-learn",
        {
            "centres": (found["groups.centroids"], known.cluster_centers_),
            "sizes": (found["groups.sizes"], np.bincount(known.labels_, minlength=3)),
            "inertia": (found["groups.inertia"], known.inertia_),
        },
    )


def crossed(table: Table) -> Iterator[Compared]:
    """Two columns of categories, held by two owners."""
    (row, rows), (column, columns) = _categories(table, left=True), _categories(table, left=False)
    cross = step(
        "cross",
        "stats.crosstab",
        {"row_levels": rows, "column_levels": columns},
        row=f"align.aligned.bank.{row}",
        column=f"align.aligned.shop.{column}",
    )
    found = run(table.columns(), (ALIGN, cross), ["cross.table", "cross.chi_square", "cross.degrees"])
    at = [table.names.index(row), table.names.index(column)]
    known = np.zeros((rows, columns))
    np.add.at(known, tuple(table.features[:, at].T.astype(int)), 1)
    test = _chi_square(known[known.any(axis=1)][:, known.any(axis=0)], correction=False)
    yield from _About("stats.crosstab", table, "columns").all(
        "scipy",
        {
            "counts": (found["cross.table"], known),
            "χ²": (found["cross.chi_square"], test.statistic),
            "degrees of freedom": (found["cross.degrees"], test.dof),
        },
    )


def _categories(table: Table, *, left: bool) -> tuple[str, int]:
    """The first column of few whole numbers from 0 in one owner's half, and how many levels it has."""
    half = (len(table.names) + 1) // 2
    for at in range(half) if left else range(half, len(table.names)):
        values = table.features[:, at]
        if bool((values == np.floor(values)).all()) and values.min() == 0 and 2 <= values.max() < 12:
            return table.names[at], int(values.max()) + 1
    raise LookupError(table.name)


ELSEWHERE: Final[Mapping[str, str]] = {
    "psi.align": "which rows match is exact: test_psi_align.py compares with sets",
    "graph.propagate": "classes alone come out: test_graph_propagate.py compares them with scipy's sparse products",
    "reconcile.flows": "whole units, exact: test_reconcile_flows.py compares with DuckDB",
    "psi.join": "which rows match is exact: test_psi_join.py compares with sets",
    "table.stack": "it computes nothing",
    "feature.standardize": "its columns are those that the models here are fitted to",
    "feature.standardize_pooled": "test_feature_standardize_pooled.py",
    "feature.bin": "bins are exact: test_feature_bin.py",
    "feature.select": "its choice is compared in test_feature_select.py",
    "feature.woe_iv": "test_feature_woe_iv.py",
    "stats.groupby": "sums and counts are exact: test_stats_groupby.py",
    "stats.sql": "counts are exact, sums and means 1e-9: test_stats_sql.py compares with DuckDB",
    "gwas.assoc": "counts are exact: test_gwas_assoc.py; what follows from them is scipy's and statsmodels': test_association.py",
    "prepare.table": "what is made at the owner is exact: test_prepare_table.py",
    "prepare.folds": "which rows are in a fold is exact: test_prepare_folds.py",
    "prepare.fold": "which rows are in a fold is exact: test_prepare_folds.py",
    "eval.stability": "test_eval_stability.py",
    "tree.boost": "the same splits and scores as scikit-learn's: test_tree_boost.py, test_tree_tables.py",
    "tree.regress": "the same splits and scores as scikit-learn's: test_tree_boost.py",
    "score.tree": "test_tree_boost.py",
    "score.card": "test_scorecard.py",
    "score.points": "test_scorecard.py",
    "score.glm": "test_score_glm.py; the scores judged here are its fits'",
}
"""Programs that no case compares, and where their numbers are checked."""


def cases() -> list[tuple[str, Callable[[], Iterator[Compared]]]]:
    """A name for each, and what makes its comparisons; those of a table that is not here are left out."""
    cancer, sugar, wine = tables.breast_cancer(), tables.diabetes(), tables.wine()
    counts, rare, far, german = tables.made("counts"), tables.made("rare"), tables.made("far"), tables.german()
    found: list[tuple[str, Callable[[], Iterator[Compared]]]] = [
        ("logistic cancer columns", lambda: logistic(cancer, "columns")),
        ("logistic rare columns", lambda: logistic(rare, "columns")),
        ("logistic rare rows", lambda: logistic(rare, "rows")),
        ("federated cancer", lambda: federated(cancer)),
        ("federated rare", lambda: federated(rare)),
        ("poisson counts", lambda: poisson(counts)),
        ("softmax wine", lambda: softmax(wine)),
        ("survival hearts", lambda: survival(tables.transplants())),
        ("survival times", lambda: survival(tables.made("times"))),
        ("survival tied", lambda: survival(tables.made("tied times"))),
        ("ridge diabetes columns", lambda: ridge(sugar, "columns")),
        ("ridge diabetes rows", lambda: ridge(sugar, "rows")),
        ("ridge far rows", lambda: ridge(far, "rows")),
        ("binary cancer", lambda: evaluated(cancer)),
        ("binary rare", lambda: evaluated(rare)),
        ("regression diabetes", lambda: judged_numbers(sugar)),
        ("multiclass wine", lambda: judged_classes(wine)),
        ("describe diabetes columns", lambda: described(sugar, "columns")),
        ("describe wine rows", lambda: described(wine, "rows")),
        ("kmeans wine", lambda: clusters(wine)),
        ("kmeans counts", lambda: clusters(counts)),
    ]
    if german is not None:
        found += [
            ("logistic german columns", lambda: logistic(german, "columns")),
            ("binary german", lambda: evaluated(german)),
            ("crosstab german", lambda: crossed(german)),
            ("describe german columns", lambda: described(german, "columns")),
        ]
    return found
