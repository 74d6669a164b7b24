"""``survival.cox`` against statsmodels' PHReg with Breslow's ties, on real and made times, and what its reader makes of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from statsmodels.datasets import heart
from statsmodels.duration.hazard_regression import PHReg

from benchmarks.cost.cases import cases
from client import report
from client.inference import inferences
from mpc.arrays.headroom import headroom
from mpc.backends.fast.backend import FastBackend
from mpc.programs import axes
from mpc.programs.linear.model import LinearModel
from mpc.programs.survival.cox.outcome import Outcome
from mpc.programs.survival.cox.risk_sets import Precision
from mpc.workflow.planning import plan
from protocol.errors import RangeError, TallyError
from tests.unit.client.fitted import result_of
from tests.unit.mpc.programs.steps import PARTIES, aligned, label, run_step
from tests.unit.mpc.programs.test_linear_models import LIMIT, scaled

PROGRAM = "survival.cox@1.0.0"
WANTED = ("coefficients", "standard_errors", "log_likelihood", "fitted_rows", "convergence")
NAMES = ("a", "b", "c", "d")
TRUTH = np.array([0.7, -0.4, 0.2, 0.0])
Data = tuple[Any, Any, Any, int]
"""Covariates, times, events, and how many of the first rows train."""
QUICK = {"iterations": 1, "alpha": "1"}


def made(rows: int, seed: int, *, ties: bool = False, truth: Any = TRUTH) -> Data:
    """Exponential times that depend on four covariates, a third of them censored; the first three quarters train."""
    rng = np.random.default_rng(seed)
    train = rows * 3 // 4
    values = rng.normal(size=(rows, len(truth)))
    values[:, -1] += 0.8 * values[:, 0]
    values = scaled(values, train)
    lasts, leaves = rng.exponential(np.exp(-values @ truth)), rng.exponential(2.0, size=rows)
    time, event = np.minimum(lasts, leaves), (lasts <= leaves).astype(float)
    return values, np.ceil(4 * time) if ties else time, event, train


def transplants() -> Data:
    """69 patients of Stanford's heart transplants (Miller 1976), by age and its square; all train."""
    data: Any = heart.load_pandas()
    age = np.asarray(data.exog, float)
    values = np.column_stack([age, (age - 45) ** 2])
    return scaled(values, len(age)), np.asarray(data.endog, float), np.asarray(data.censors, float), len(age)


def inputs_of(values: Any, time: Any, event: Any, train: int, owners: tuple[str, str] = ("bank", "shop")) -> Any:
    """The first has the outcome and half of the covariates."""
    half = values.shape[1] // 2

    def inputs(me: str, _: Any) -> dict[str, Any]:
        parts = {
            owners[0]: (NAMES[:half], values[:, :half]),
            owners[1]: (NAMES[half : values.shape[1]], values[:, half:]),
        }
        table = replace(aligned(me, parts, train), limit=LIMIT)
        outcome = {"time": (label(me, owners[0], time, "t"),), "event": (label(me, owners[0], event, "e"),)}
        return {"features": (table,), **outcome}

    return inputs


def fitted(data: Data, parameters: Any = None, **options: Any) -> dict[str, Any]:
    owners = options.pop("owners", ("bank", "shop"))
    wanted = options.pop("wanted", WANTED)
    opened = run_step(PROGRAM, inputs_of(*data, owners), parameters, wanted=wanted, **options).opened
    return {name: opened[name] for name in wanted}


def known(data: Data) -> Any:
    values, time, event, train = data
    return PHReg(time[:train], values[:train], status=event[:train], ties="breslow").fit(disp=0)


def likelihood(data: Data, at: Any) -> float:
    """Breslow's log partial likelihood as its definition has it: every event beside all who are at risk."""
    values, time, event, train = data
    linear, time = values[:train] @ at, time[:train]
    places = np.flatnonzero(event[:train])
    return float(sum(linear[i] - np.log(np.exp(linear[time >= time[i]]).sum()) for i in places))


def assert_known(found: dict[str, Any], data: Data) -> None:
    oracle = known(data)
    np.testing.assert_allclose(found["coefficients"], oracle.params, rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(found["standard_errors"], oracle.bse, rtol=1e-4)
    null, at_optimum = likelihood(data, np.zeros(len(oracle.params))), likelihood(data, oracle.params)
    np.testing.assert_allclose(found["log_likelihood"], [null, at_optimum], rtol=1e-6)
    assert oracle.llf == pytest.approx(at_optimum, rel=1e-9)
    assert found["fitted_rows"].tolist() == [data[3], data[2][: data[3]].sum()]
    assert found["convergence"][0] < 1e-4
    assert found["convergence"][1] < 1e-5
    assert found["convergence"][2:].tolist() == [0, 0]


DATA: dict[str, Callable[[], Data]] = {
    "tied": lambda: made(400, 2, ties=True),
    "apart": lambda: made(400, 1),
    "hearts": transplants,
}


@pytest.mark.slow
@pytest.mark.promised
@pytest.mark.parametrize("name", DATA)
def test_coefficients_errors_and_likelihoods_are_those_of_statsmodels(name: str) -> None:
    data = DATA[name]()
    assert_known(fitted(data), data)


@pytest.mark.slow
def test_an_owner_that_does_not_compute_may_have_the_outcome() -> None:
    """Its rows are ordered by ranks that it shares, not by a permutation."""
    data = made(120, 3, ties=True)
    found = fitted(data, owners=("clinic", "shop"), parties=(*PARTIES, "clinic"), outside=1)
    assert_known(found, data)


@pytest.mark.slow
def test_both_stacks_fit_alike() -> None:
    data = made(40, 4, truth=TRUTH[:2])
    given, wanted = {"iterations": 3}, ("coefficients",)
    fast, stock = (fitted(data, given, wanted=wanted, backend=backend) for backend in ("fast", "mpyc"))
    np.testing.assert_allclose(fast["coefficients"], stock["coefficients"], atol=1e-4)


def test_a_penalty_is_that_of_each_row() -> None:
    """At the fitted coefficients the gradient of the likelihood is the penalty's pull, by differences of its definition."""
    data = made(120, 5, ties=True)
    found = fitted(data, {"alpha": "0.05", "iterations": 4}, wanted=("coefficients",))["coefficients"]
    step = 1e-5 * np.eye(len(found))
    slope = [(likelihood(data, found + move) - likelihood(data, found - move)) / 2e-5 for move in step]
    np.testing.assert_allclose(slope, 0.05 * data[3] * found, atol=5e-3)


@pytest.mark.slow
def test_the_model_scores_relative_hazards() -> None:
    data = made(120, 6)
    outcome = run_step(PROGRAM, inputs_of(*data), wanted=("coefficients", "model"))
    model = LinearModel.of(outcome.values["model"])
    assert (model.link, model.columns) == ("log", ("bank.a", "bank.b", "shop.c", "shop.d"))
    assert outcome.opened["model"].tolist() == [*outcome.opened["coefficients"], 0]


# -- what the owner of the times gives away -------------------------------------------------------------------------


@pytest.fixture
def dealt(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the bank deals, in the clear."""
    found: list[bytes] = []
    original = FastBackend.share

    def share(backend: FastBackend, values: Any, shape: tuple[int, ...], owner: int) -> Any:
        if backend.pid == owner == 0:
            found.append(values.tobytes())
        return original(backend, values, shape, owner)

    monkeypatch.setattr(FastBackend, "share", share)
    return found


def test_nothing_of_times_is_dealt_but_their_order(dealt: list[bytes]) -> None:
    """Times of any unit and law give the same arrays, if they follow each other alike."""
    values, time, event, train = made(60, 7, ties=True)
    seen = []
    for other in (time, time**9 * 1e12, time * 1e-300):
        dealt.clear()
        fitted((values, other, event, train), QUICK, wanted=("coefficients", "log_likelihood"))
        seen.append(list(dealt))
    assert seen[0] == seen[1] == seen[2]


def test_nothing_is_opened_whatever_the_outcome() -> None:
    values, time, event, train = made(60, 8)
    one, other = (
        run_step(PROGRAM, inputs_of(values, t, e, train), QUICK, wanted=("coefficients",))
        for t, e in ((time, event), (np.ceil(time[::-1]), 1 - event))
    )
    assert one.disclosed == other.disclosed == {}
    assert one.elements_opened == other.elements_opened


def test_the_order_of_places_within_a_time_does_not_count() -> None:
    rng = np.random.default_rng(9)
    times, events = rng.integers(0, 6, 50).astype(float), rng.integers(0, 2, 50).astype(float)
    found = Outcome.of(times, events)
    assert (np.diff(times[found.places]) <= 0).all()
    assert found.events.tolist() == events[found.places].tolist()
    after = np.append(np.diff(times[found.places]) != 0, True)
    assert found.deaths[~after].sum() == 0
    assert found.deaths[after].tolist() == [events[times == time].sum() for time in np.unique(times)[::-1]]
    assert found.null == pytest.approx(-sum(np.log((times >= time).sum()) for time in times[events == 1]))


# -- ugly tables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda v, t, e, n: (v, t, np.zeros_like(e), n), "survival.no_event"),
        (lambda v, t, e, n: (v, t, (np.arange(len(e)) >= n).astype(float), n), "survival.no_event"),
        (lambda v, t, e, n: (v, t, (t == t[:n].max()).astype(float), n), "survival.no_event"),
        (lambda v, t, e, n: (v, np.full_like(t, 3.0), e, n), "label.constant"),
        (lambda v, t, e, n: (v, t - 1, e, n), "survival.time"),
        (lambda v, t, e, n: (v, np.where(np.arange(len(t)) == 5, np.nan, t), e, n), "survival.time"),
        (lambda v, t, e, n: (v, np.where(np.arange(len(t)) == 5, np.inf, t), e, n), "survival.time"),
        (lambda v, t, e, n: (v, t, e + 1, n), "frame.label"),
        (lambda v, t, e, n: (v * 100, t, e, n), "arrays.out_of_range"),
    ],
    ids=["none", "none-trains", "last-alone", "tied", "negative", "missing", "endless", "codes", "not-scaled"],
)  # fmt: skip
def test_outcomes_that_tell_nothing_are_refused_by_their_owner(spoil: Any, code: str) -> None:
    with pytest.raises(RangeError) as error:
        fitted(spoil(*made(60, 10)), wanted=("coefficients",))
    assert error.value.code == code
    assert error.value.fix


def test_steps_that_do_not_fit_together_are_refused() -> None:
    values, time, event, train = made(60, 11)
    good = inputs_of(values, time, event, train)

    def elsewhere(me: str, backend: Any) -> dict[str, Any]:
        return good(me, backend) | {"event": (label(me, "shop", event, "e"),)}

    def raw(me: str, backend: Any) -> dict[str, Any]:
        found = good(me, backend)
        return found | {"features": (replace(found["features"][0], limit=None),)}

    def shorter(me: str, backend: Any) -> dict[str, Any]:
        return good(me, backend) | {"time": (label(me, "bank", time[:50], "t"),)}

    for inputs, code in (
        (elsewhere, "survival.owners"), (raw, "survival.not_standardized"), (shorter, "survival.rows"),
    ):  # fmt: skip
        with pytest.raises(TallyError) as error:
            run_step(PROGRAM, inputs, wanted=("coefficients",))
        assert error.value.code == code
    with pytest.raises(RangeError, match=r"survival\.errors_alone"):
        run_step(PROGRAM, good, wanted=("coefficients", "standard_errors"))


@pytest.mark.slow
def test_time_and_event_are_no_covariates_beside_themselves() -> None:
    """Standardised together with the others, they would tell the outcome."""
    values, time, event, train = made(80, 12)
    good = inputs_of(values, time, event, train)

    def among(me: str, backend: Any) -> dict[str, Any]:
        found = good(me, backend)
        bank = np.column_stack([values[:, :2], scaled(time[:, None], train), event])
        parts = {"bank": ((*NAMES[:2], "t", "e"), bank), "shop": (NAMES[2:], values[:, 2:])}
        return found | {"features": (replace(aligned(me, parts, train), limit=LIMIT),)}

    wanted = ("coefficients",)
    found = run_step(PROGRAM, among, wanted=wanted).opened["coefficients"]
    np.testing.assert_allclose(found, fitted((values, time, event, train), wanted=wanted)["coefficients"], atol=1e-5)


def test_both_may_be_left_out_of_standardising_and_name_no_coefficient() -> None:
    (case,) = cases([(120, 6, 2)], ["cox-short"])
    outcome = ("align.aligned.bank.count", "align.aligned.bank.yes")
    steps = tuple(
        replace(step, inputs=(("label", outcome), ("tables", ("align.aligned",)))) if step.id == "scale" else step
        for step in case.steps
    )
    workflow = replace(case, steps=steps).workflow
    asyncio.run(plan(workflow, case.sizes))  # every step takes what it is given
    names = axes.columns_of(workflow, "scale.features")
    assert names == axes.axes(workflow, "fit.coefficients", (6,))[0].names
    assert not {"bank.count", "bank.yes"} & {*names}


def test_the_owner_of_the_outcome_needs_no_covariate() -> None:
    values, time, event, train = made(60, 18)
    good = inputs_of(values, time, event, train)

    def bare(me: str, backend: Any) -> dict[str, Any]:
        parts = {"bank": ((), np.empty((60, 0))), "shop": (NAMES, values)}
        return good(me, backend) | {"features": (replace(aligned(me, parts, train), limit=LIMIT),)}

    options: dict[str, Any] = {"wanted": ("coefficients",), "minimum_group": 5}
    one, other = (run_step(PROGRAM, inputs, QUICK, **options).opened["coefficients"] for inputs in (bare, good))
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.slow
def test_all_events_and_none_censored_is_a_table_like_others() -> None:
    values, time, event, train = made(120, 13)
    data = values, time, np.ones_like(event), train
    assert_known(fitted(data), data)


@pytest.mark.slow
def test_one_event_and_a_column_that_tells_it_have_no_optimum_and_say_so() -> None:
    values, time, event, train = made(60, 14)
    one = np.zeros_like(event)
    one[np.argsort(time[:train])[3]] = 1
    told = values.copy()
    told[:, 0] = scaled((event + 0.01 * values[:, 0])[:, None], train)[:, 0]
    late = np.where(event == 1, time, time + time.max())
    for data in ((values, time, one, train), (told, late, event, train)):
        found = fitted(data)
        (fit,) = inferences(result_of(found, NAMES, PROGRAM))
        assert found["convergence"][2] + found["convergence"][3] > 0
        assert "unfinished" in fit.withheld
        assert all(each.p is None for each in fit.estimates)
        assert "likelihood ratio χ²" not in fit.figures


@pytest.mark.slow
def test_doubled_and_empty_columns_have_no_error_and_take_nothing_from_the_others() -> None:
    values, time, event, train = made(400, 15)
    values[:, 2], values[:, 3] = values[:, 0], 0
    found = fitted((values, time, event, train))
    oracle = known((values[:, :2], time, event, train))
    assert (found["standard_errors"] == 0).tolist() == [True, False, True, True]
    assert found["coefficients"][3] == 0
    assert found["coefficients"][0] + found["coefficients"][2] == pytest.approx(oracle.params[0], abs=1e-3)
    assert found["coefficients"][1] == pytest.approx(oracle.params[1], abs=1e-3)
    assert found["standard_errors"][1] == pytest.approx(oracle.bse[1], rel=1e-3)


@pytest.mark.slow
def test_risks_beyond_the_limit_are_counted_and_give_no_z() -> None:
    data = made(200, 16, truth=2 * TRUTH)
    found = fitted(data, {"risk_limit": "1"})
    far = (np.abs(data[0][: data[3]] @ found["coefficients"]) > 1).sum()
    assert found["convergence"][3] == pytest.approx(far, abs=2)
    assert far > 20
    assert "unfinished" in inferences(result_of(found, NAMES, PROGRAM, risk_limit="1"))[0].withheld


def test_long_tables_have_places_and_too_many_rows_are_refused() -> None:
    room = headroom(3, 1)
    places = Precision.of(200_000, 20, 16.0, 8.0, 10, room)
    assert min(places.risk, places.hazard, places.expected, places.slope) >= 18  # of what the optimum depends on
    assert min(places.sums, places.coarse, places.means, places.weighted, places.curve) >= 14  # of a direction to it
    with pytest.raises(RangeError) as error:
        Precision.of(10**8, 40, 64.0, 10.0, 50, room)
    assert (error.value.code, bool(error.value.fix)) == ("survival.headroom", True)


# -- its reader ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_hazard_ratios_and_tests_follow_and_are_drawn() -> None:
    data = made(400, 1)
    found, oracle = fitted(data), known(data)
    (fit,) = inferences(result_of(found, NAMES, PROGRAM))
    assert (fit.withheld, fit.ratio, fit.statistic) == ((), "hazard", "z")
    low, high = oracle.conf_int().T
    for at, each in enumerate(fit.estimates):
        assert each.statistic == pytest.approx(oracle.tvalues[at], abs=0.01)
        assert each.p == pytest.approx(oracle.pvalues[at], abs=1e-3)
        assert (each.odds_low, each.odds_high) == pytest.approx((np.exp(low[at]), np.exp(high[at])), rel=1e-3)
    assert fit.figures["likelihood ratio χ²"] == pytest.approx(2 * (oracle.llf - likelihood(data, 0 * TRUTH)), abs=1e-3)
    assert (fit.figures["events"], fit.figures["degrees of freedom"]) == (data[2][: data[3]].sum(), 4)
    page = report.page(result_of(found, NAMES, PROGRAM))
    for text in (
        "Hazard ratio",
        "风险比",
        "Hazard ratios with 95 % intervals, on a log scale",
        "Log partial likelihood",
    ):
        assert text in page
    assert "Odds ratio" not in page


@pytest.mark.slow
def test_a_penalty_that_moves_the_estimates_gives_no_z() -> None:
    data = made(200, 17)
    found = fitted(data, {"alpha": "0.1"})
    (fit,) = inferences(result_of(found, NAMES, PROGRAM, alpha="0.1"))
    assert "penalty" in fit.withheld
    assert set(fit.figures) == {"rows", "events", "null log partial likelihood", "log partial likelihood"}
    del found["fitted_rows"]
    assert inferences(result_of(found, NAMES, PROGRAM))[0].withheld == ("rows",)


@pytest.mark.parametrize(("far", "withheld"), [(0, ()), (7, ("unfinished",))])
def test_a_fit_with_risks_cut_off_gives_no_z(far: int, withheld: tuple[str, ...]) -> None:
    found = {
        "coefficients": [0.5, -0.2],
        "standard_errors": [0.1, 0.1],
        "fitted_rows": [100, 40],
        "convergence": [0, 0, 0, far],
    }
    (fit,) = inferences(result_of({name: np.array(each) for name, each in found.items()}, NAMES[:2], PROGRAM))
    assert fit.withheld == withheld
    assert (fit.estimates[0].p is None) == bool(far)
