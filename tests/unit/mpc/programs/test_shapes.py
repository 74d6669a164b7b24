"""What a program takes is what it says that it takes: its defaults and the shapes of its pages have room, for 2 to 100 owners."""

import asyncio
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from benchmarks.cost.cases import Case, cases
from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.planning import fit
from protocol.contract import Step
from protocol.errors import TallyError
from protocol.plans import PARTY_MEMORY
from tools.program_words import SHAPES

OWNERS = (2, 3, 10, 100)
NEEDED = frozenset(
    {
        "classes",
        "groups",
        "row_levels",
        "column_levels",
        "bins",
        "keep",
        "rule",
        "train_fraction",
        "recipe",
        "sql",
        "keys",
        "variants",
    }
)
"""What a case's columns need: all ranges are the programs' own defaults."""
TEST_ROWS = frozenset({"fit.scores", "fit.labels"})
REFUSED = {
    ("kmeans@1.0.0", "stacked", 1_000_000): "estimate.failure",
}
"""Documented shapes that a plan refuses, with the code that says why: so many products of wide ranges that one could go wrong."""
DEAR = {"table.stack@1.0.0", "stats.describe@1.0.0", "feature.standardize_pooled@1.0.0"}
"""Over a million rows a plan plays the sort behind their quantiles, split by split."""


def at_defaults(case: Case) -> Case:
    def plain(step: Step) -> Step:
        return replace(step, parameters=tuple(pair for pair in step.parameters if pair[0] in NEEDED))

    return replace(case, steps=tuple(plain(step) for step in case.steps))


def first_cases(layout: str, rows: int, columns: int, owners: int) -> dict[str, Case]:
    """One case for each program that works on this layout, its last step that program or what judges it."""
    found: dict[str, Case] = {}
    for case in cases([(rows, columns, owners)]):
        if case.layout == layout:
            for step in case.steps:
                found.setdefault(step.program, case)
    return found


@cache
def refusal(case: Case) -> tuple[str, TallyError] | None:
    """Of a whole workflow: what judges a model shares its case."""
    return asyncio.run(fit(case.workflow, case.sizes, case.sizes)).refusal


STACKED = [*first_cases("stacked", 20, 6, 3)]


@pytest.mark.parametrize("owners", OWNERS)
@pytest.mark.parametrize("program", STACKED)
def test_every_program_has_room_for_rows_of_many_owners_at_its_defaults(program: str, owners: int) -> None:
    """Regression: pooled logistic regression was refused from six owners on, Poisson regression on a thousand rows."""
    made = first_cases("stacked", 20, 6, owners)
    if program not in made:
        assert (program, owners) == ("glm.logistic_federated@1.0.0", 2)
        return
    found = refusal(at_defaults(made[program]))
    assert found is None, found


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["aligned", "stacked"])
@pytest.mark.parametrize("program", CATALOGUE)
def test_every_documented_shape_has_room_or_is_refused_for_a_stated_reason(program: str, layout: str) -> None:
    for rows, columns, owners in SHAPES:
        each = rows if layout == "aligned" else rows // owners
        case = first_cases(layout, each, columns, owners).get(program)
        if case is None or (rows > 100_000 and {program, case.steps[-1].program} & DEAR and layout == "stacked"):
            continue
        found = refusal(at_defaults(case))
        code = None if found is None else found[1].code
        assert code == REFUSED.get((program, layout, rows)), (found, rows, columns, owners)


LONGEST = {
    "glm.poisson@1.0.0": 600_000,
    "glm.logistic@1.0.0": 1_000_000,
    "glm.softmax@1.0.0": 1_000_000,
    "linear.ridge@1.0.0": 300_000,
}
"""Rows of each of three owners, of twenty columns, for which a model and what judges it have room at their defaults."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "rows"), [(name, rows) for name, most in LONGEST.items() for rows in sorted({1000, 30_000, most})]
)
def test_models_of_long_stacks_have_room_at_their_defaults(program: str, rows: int) -> None:
    found = refusal(at_defaults(first_cases("stacked", rows, 20, 3)[program]))
    assert found is None, found


LONG_AND_WIDE = [
    ("logistic", 20_000, 300), ("logistic", 100_000, 330), ("logistic", 100_000, 1000), ("logistic", 1_000_000, 40),
    ("poisson", 1_000_000, 40), ("softmax", 1_000_000, 40), ("ridge", 1_000_000, 40), ("ridge", 100_000, 330),
]  # fmt: skip
"""Rows, and columns of two owners together, that have room at a party's 4 GiB."""


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        pytest.param(*it, marks=[] if it[1] < 100_000 or it[0] == "ridge" else [pytest.mark.slow])
        for it in LONG_AND_WIDE
    ],
)
def test_long_and_wide_tables_fit_into_what_a_party_has(name: str, rows: int, columns: int) -> None:
    """Regression: 20,000 rows of 300 columns were refused for their inversions, longer ones for their exponentials; no plan followed blocks."""
    case = next(item for item in cases([(rows, columns, 2)], [name]) if item.layout == "aligned")
    found = asyncio.run(fit(case.workflow, case.sizes, case.sizes))
    assert found.refusal is None, found.refusal
    assert max(step.memory for step in found.steps) < PARTY_MEMORY


ERRORS = {
    "glm.logistic@1.0.0": ("standard_errors", "intercept_error", "convergence", "fitted_rows", "loss"),
    "linear.ridge@1.0.0": ("standard_errors", "intercept_error", "spread", "flagged", "fitted_rows"),
    "survival.cox@1.0.0": ("standard_errors", "convergence", "fitted_rows", "log_likelihood"),
}


WITH_ERRORS = [(program, layout) for program in ERRORS for layout in ("aligned", "stacked")]
WITH_ERRORS.remove(("survival.cox@1.0.0", "stacked"))


@pytest.mark.parametrize(("program", "layout"), WITH_ERRORS)
def test_standard_errors_have_room_and_are_counted(program: str, layout: str) -> None:
    """What they take more than the fit is in the plan: rounds, and bytes as of some 134 products of the model's matrix."""
    for rows, columns, owners in ((1000, 6, 2), (20_000, 40, 3)):
        case = at_defaults(first_cases(layout, rows, columns, owners)[program])
        place = next(at for at, step in enumerate(case.steps) if step.program == program)
        before, last = case.steps[:place], case.steps[place]
        given = dict(last.parameters) | ({"alpha": "0"} if program.startswith("linear") else {})
        steps = (*before, replace(last, parameters=tuple(given.items())))
        plans = []
        for wanted in ((), ERRORS[program]):
            outputs = tuple(f"{last.id}.{name}" for name in ("coefficients", *wanted))
            made = replace(case, steps=steps, outputs=outputs)
            found = asyncio.run(fit(made.workflow, made.sizes, made.sizes))
            assert found.refusal is None, found.refusal
            plans.append(found.steps[-1])
        assert plans[1].rounds > plans[0].rounds + 150
        assert plans[1].traffic > plans[0].traffic + 134 * (columns + 1) ** 2 * 13


def drg(rows: int, **parameters: Any) -> Case:
    """Softmax regression of 25 diagnosis-related groups on 53 columns."""
    case = first_cases("aligned", rows, 53, 2)["glm.softmax@1.0.0"]
    *before, fit, _ = case.steps
    given = {"classes": 25, "solver": "blocks", "iterations": 20} | parameters
    return replace(case, steps=(*before, replace(fit, parameters=tuple(given.items()))), outputs=("fit.coefficients",))


@pytest.mark.slow
def test_softmax_of_53_columns_and_25_classes_has_room_and_the_whole_hessian_says_what_to_do() -> None:
    assert refusal(drg(20_000)) is None
    found = refusal(drg(20_000, solver="newton"))
    assert found is not None
    assert found[1].code == "softmax.too_large"
    assert "blocks" in found[1].fix
