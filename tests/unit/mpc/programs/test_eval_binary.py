"""``eval.binary``: AUC and KS are those of scikit-learn over all distinct scores, whatever their scale, ties and classes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from mpc.arrays.interface import share
from mpc.programs.evaluation.binary.run import quantile_places
from mpc.programs.evaluation.ranking import NOISE
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import run_step

PROGRAM = "eval.binary@1.0.0"


def evaluated(scores: Any, labels: Any, *, bits: int = 18, limit: float = 64.0, **options: Any) -> Any:
    scores, labels = np.asarray(scores, float), np.asarray(labels, float)

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        def brought(values: Any, fraction: int, bound: float) -> Any:
            own = values if me == "bank" else None
            return share(backend, own, shape=values.shape, owner=0, fraction_bits=fraction, limit=bound)

        return {"scores": (brought(scores, bits, limit),), "labels": (brought(labels, 0, 1),)}

    return run_step(PROGRAM, inputs, options.pop("parameters", {}), **options).opened


def check(found: Any, scores: Any, labels: Any, error: float = 1e-6) -> None:
    false, true, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, scores), abs=error)
    assert found["ks"] == pytest.approx(np.abs(true - false).max(), abs=error)
    points = {(round(f * 1e6), round(t * 1e6)) for f, t in zip(false, true, strict=True)}
    for t, f in found["counts"] / found["counts"][0]:
        assert (round(f * 1e6), round(t * 1e6)) in points, "every point of the picture is one of the curve"
    assert np.abs(found["roc"] - found["counts"] / found["counts"][0]).max() < 1e-6
    assert (np.diff(found["counts"], axis=0) <= 0).all()


def check_chances(found: Any, scores: Any, labels: Any, scale: str, cutoff: float) -> None:
    """``expected`` beside ``counts``, and the confusion at a cutoff, against the same sums in the clear."""
    chances = 1 / (1 + np.exp(-scores)) if scale == "logits" else scores
    order = np.argsort(scores)
    above = {}
    for edge in [*np.unique(scores), np.inf]:
        kept = scores[order] >= edge
        above[int(labels[order][kept].sum()), int((1 - labels[order])[kept].sum())] = chances[order][kept].sum()
    for (true, false), expected in zip(found["counts"].astype(int), found["expected"], strict=True):
        assert expected == pytest.approx(above[true, false], abs=2e-4 * len(scores) + 1e-6)
    assert found["confusion"].tolist() == confusion_matrix(labels, scores >= cutoff, labels=[0, 1]).tolist()


def table(kind: str, rows: int) -> tuple[Any, Any]:
    """Scores at multiples of 2^-12, so that no two are within the noise of products."""
    rng = np.random.default_rng(11)
    labels = (rng.random(rows) < 0.3).astype(float)
    scores = labels + rng.normal(size=rows)
    match kind:
        case "logits near -9":
            scores = 0.2 * scores - 9
        case "rare events":
            labels = (rng.random(rows) < 0.02).astype(float)
            labels[:2] = 0, 1
            scores = 5 * labels - 7 + 0.3 * rng.normal(size=rows)
        case "heavy ties":
            scores = np.floor(scores * 2) / 2
        case "all tied":
            scores = np.full(rows, 0.25)
        case "one positive":
            labels = np.eye(rows)[7]
        case "upside down":
            scores = -scores
        case _:
            pass
    return np.round(scores * 4096) / 4096, labels


KINDS = ("ordinary", "logits near -9", "rare events", "heavy ties", "all tied", "one positive", "upside down")


@pytest.mark.parametrize("kind", KINDS)
def test_exact_where_a_fixed_grid_was_not(kind: str) -> None:
    """Regression: a grid of ±8 gave .594 for .933 near -9, .937 for .997 on rare events, and KS off by 9e-3."""
    scores, labels = table(kind, 400)
    check(evaluated(scores, labels), scores, labels)


@pytest.mark.parametrize("kind", ["ordinary", "heavy ties"])
def test_on_stock_secret_types(kind: str) -> None:
    scores, labels = table(kind, 50)
    found = evaluated(scores, labels, backend="mpyc", parameters={"thresholds": 8, "cutoff": "0.25"})
    check(found, scores, labels)
    check_chances(found, scores, labels, "logits", 0.25)


@pytest.mark.parametrize(
    ("kind", "cutoff"), [("ordinary", -0.3), ("logits near -9", -8.9), ("heavy ties", 0.5), ("all tied", 0.25)]
)
def test_expected_positives_and_the_confusion_at_a_cutoff(kind: str, cutoff: float) -> None:
    scores, labels = table(kind, 400)
    found = evaluated(scores, labels, parameters={"thresholds": 16, "cutoff": str(cutoff)})
    check_chances(found, scores, labels, "logits", cutoff)


def test_probabilities_are_summed_as_they_are_and_held_between_0_and_1() -> None:
    scores, labels = table("ordinary", 200)
    chances = np.round(4096 / (1 + np.exp(-scores))) / 4096
    parameters = {"thresholds": 16, "scores_are": "probabilities", "cutoff": "0.5"}
    found = evaluated(chances, labels, limit=1, parameters=parameters)
    check_chances(found, chances, labels, "probabilities", 0.5)
    chances[:3] = -0.5, 1.5, 2
    found = evaluated(chances, labels, limit=2, parameters=parameters)
    assert found["expected"][0] == pytest.approx(np.clip(chances, 0, 1).sum(), abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.floats(-2, 2))
def test_under_a_minimum_group_the_confusion_is_a_point_of_the_curve(seed: int, group: int, cutoff: float) -> None:
    """Attack: subtract the confusion from the curve, and a cutoff just beside a point shows single people."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(120) < 0.5).astype(float)
    labels[:2] = 0, 1
    scores = np.round((labels + rng.normal(size=120)) * 4096) / 4096
    found = evaluated(scores, labels, minimum_group=group, parameters={"thresholds": 16, "cutoff": f"{cutoff:.6f}"})
    (negative, false), (_, true) = found["confusion"]
    assert [true, false] in found["counts"].tolist()
    assert (found["confusion"].sum(axis=1) == found["counts"][0][::-1]).all()
    places = [0, *quantile_places(120, 16, group)]
    reached = [at for at, place in enumerate(places) if np.sort(scores)[place] >= cutoff]
    first = reached[0] if reached else len(places)
    assert [true, false] == found["counts"][first].tolist()
    falls, same = np.diff(found["expected"]), (np.diff(found["counts"], axis=0) == 0).all(axis=1)
    assert (falls[same] == 0).all(), "where the counts repeat, so do the sums beside them"
    assert negative >= 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=40))
def test_whole_scores_with_many_ties(rows: list[tuple[int, bool]]) -> None:
    scores, labels = np.array(rows, dtype=float).T
    if len(set(labels)) < 2:
        with pytest.raises(TallyError, match=r"label\.one_class"):
            evaluated(scores, labels, bits=0, limit=8)
        return
    check(evaluated(scores, labels, bits=0, limit=8, parameters={"thresholds": 8}), scores, labels)


def test_equal_rows_whose_products_differ_in_the_last_places_are_ties() -> None:
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 6, 300)
    labels = (rng.random(300) < groups / 6).astype(float)
    labels[:2] = 0, 1
    noisy = groups / 4 + rng.integers(0, NOISE + 1, 300) * 2.0**-18
    check(evaluated(noisy, labels), groups, labels)


def test_scores_without_room_are_cut_off_and_ordinary_ones_are_not_touched() -> None:
    scores, labels = table("ordinary", 200)
    check(evaluated(scores, labels, limit=2.0**40), scores, labels)
    scores[:5] = 2.0**39
    found = evaluated(scores, labels, limit=2.0**40)
    check(found, scores, labels)


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(8, 1024), st.integers(0, 300))
def test_points_of_the_picture_are_a_minimum_group_apart(rows: int, points: int, group: int) -> None:
    places = [0, *quantile_places(rows, points, group), rows]
    assert len(places) <= points + 2
    if rows >= max(group, 1):
        assert min(np.diff(places)) >= max(1, group)


def test_the_minimum_group_thins_the_picture() -> None:
    scores, labels = table("ordinary", 100)
    assert evaluated(scores, labels, minimum_group=30, wanted=["counts"])["counts"].shape == (4, 2)


@pytest.mark.parametrize("only", [0.0, 1.0])
def test_one_class_is_refused_with_a_code(only: float) -> None:
    """Regression: AUC was 0."""
    with pytest.raises(TallyError, match=r"label\.one_class"):
        evaluated(np.arange(9.0), np.full(9, only))
