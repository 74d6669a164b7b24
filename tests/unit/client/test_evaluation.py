"""What follows from an evaluation's counts, against scikit-learn on the same rows; and when nothing does."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    precision_score,
    recall_score,
)

from client import report
from client.evaluation import GROUPS, Evaluation, evaluations
from client.result_file import MadeBy, NamedResult
from mpc.programs.catalogue import CATALOGUE
from protocol.axes import Axis
from protocol.errors import TallyError
from tallystick import frames
from tests.unit.client.fitted import tensor
from workers.results import Result

POINTS = 40


def rows(size: int = 4000) -> tuple[Any, Any]:
    """Chances and what came of them: as likely as they say."""
    rng = np.random.default_rng(8)
    chances = np.sort(rng.beta(1, 3, size))
    return chances, (rng.random(size) < chances).astype(float)


def opened(chances: Any, labels: Any) -> dict[str, Any]:
    """What ``eval.binary`` opens of sorted rows, computed in the clear."""
    places = [0, *(len(labels) * step // (POINTS + 1) for step in range(1, POINTS + 1))]
    true = [labels[place:].sum() for place in places] + [0]
    false = [(1 - labels[place:]).sum() for place in places] + [0]
    yes = chances >= 0.5
    table = [[((labels == a) & (yes == b)).sum() for b in (0, 1)] for a in (0, 1)]
    return {
        "counts": np.column_stack([true, false]),
        "expected": np.array([chances[place:].sum() for place in places] + [0]),
        "confusion": np.array(table),
        "auc": np.array(0.75),
        "ks": np.array(0.4),
    }


def result(outputs: dict[str, Any]) -> NamedResult:
    program = "eval.binary@1.0.0"
    parameters = {spec.name: str(spec.default) for spec in CATALOGUE[program].parameters}
    names = {
        f"judge.{name}": tuple(Axis("place", tuple(map(str, range(size)))) for size in np.shape(values))
        for name, values in outputs.items()
    }
    made = tuple((f"judge.{name}", (bytes(32),), tensor(values)) for name, values in outputs.items())
    steps = (MadeBy("judge", program, parameters),)
    return NamedResult.read(Result(b"\7" * 32, b"\2" * 32, True, made, names, steps).data())


def only(outputs: dict[str, Any]) -> Evaluation:
    (found,) = evaluations(result(outputs))
    return found


def test_points_and_figures_are_those_of_the_rows() -> None:
    chances, labels = rows()
    found = only(opened(chances, labels))
    assert (found.figures["rows"], found.figures["events"]) == (4000, labels.sum())
    assert found.figures["Gini"] == pytest.approx(0.5)
    yes = chances >= 0.5
    for name, known in (
        ("accuracy", accuracy_score(labels, yes)),
        ("precision", precision_score(labels, yes)),
        ("recall", recall_score(labels, yes)),
        ("specificity", recall_score(labels, yes, pos_label=0)),
        ("F1", f1_score(labels, yes)),
    ):
        assert found.figures[name] == pytest.approx(known)
    assert len(found.points) == POINTS + 2
    for step, point in enumerate(found.points[1:-1], 1):
        chosen = np.arange(4000) >= 4000 * step // (POINTS + 1)
        assert point.precision == pytest.approx(precision_score(labels, chosen))
        assert point.true_rate == pytest.approx(recall_score(labels, chosen))
        assert point.share == pytest.approx(chosen.mean())
        assert point.lift == pytest.approx(precision_score(labels, chosen) / labels.mean())
    assert found.points[-1].precision is None


def test_calibration_groups_are_a_tenth_of_the_people_each_and_add_up() -> None:
    chances, labels = rows()
    groups = only(opened(chances, labels)).groups
    assert 2 <= len(groups) <= GROUPS
    assert sum(group.rows for group in groups) == 4000
    assert sum(group.rows * group.observed for group in groups) == pytest.approx(labels.sum())
    assert sum(group.rows * group.expected for group in groups) == pytest.approx(chances.sum())
    assert all(group.rows >= 4000 / GROUPS for group in groups)
    assert all(abs(group.expected - group.observed) < 0.08 for group in groups)
    far = opened(chances, labels) | {"expected": opened(chances, labels)["expected"] * 2}
    assert only(far).figures["expected over observed events"] == pytest.approx(2 * chances.sum() / labels.sum())


@pytest.mark.parametrize("without", ["counts", "expected", "confusion", "auc"])
def test_what_was_not_received_is_left_out(without: str) -> None:
    outputs = opened(*rows())
    del outputs[without]
    found = only(outputs)
    assert bool(found.points) == (without != "counts")
    assert bool(found.groups) == (without not in {"counts", "expected"})
    assert ("accuracy" in found.figures) == (without != "confusion")
    assert ("AUC" in found.figures) == (without != "auc")
    report.page(result(outputs))


def test_what_a_minimum_group_hides_gives_no_point_and_no_figure() -> None:
    hidden = {name: values * 0 for name, values in opened(*rows()).items()}
    found = only(hidden)
    assert (found.points, found.groups, dict(found.figures)) == ((), (), {})
    repeated = opened(*rows())
    repeated["counts"][1:] = repeated["counts"][0]
    repeated["expected"][1:] = repeated["expected"][0]
    assert only(repeated).groups == ()


def test_the_report_draws_each_curve_and_has_the_figures_in_every_form() -> None:
    outputs = opened(*rows())
    page = report.page(result(outputs))
    assert page.count("<svg") == 5
    for word in ("ROC 曲线", "KS 曲线", "精确率—召回率曲线", "增益曲线", "校准图", "Accuracy at the cutoff"):
        assert word in page
    assert "judge,figure,F1," in report.as_csv(result(outputs))
    assert '"expected over observed events"' in report.as_json(result(outputs))
    assert "NaN" not in page


def test_as_a_frame_with_its_figures_and_its_calibration() -> None:
    received = frames.Result(result(opened(*rows())))
    found = received.evaluation("judge")
    assert found.loc["0", "true_rate"] == 1
    assert found.attrs["figures"]["Gini"] == pytest.approx(0.5)
    assert found.attrs["calibration"]["rows"].sum() == 4000
    nothing = frames.Result(result({"auc": np.array(0.75)})).evaluation("judge")
    assert len(nothing) == 0
    assert nothing.attrs["figures"]["AUC"] == 0.75
    with pytest.raises(TallyError, match=r"result\.no_evaluation"):
        received.evaluation("fit")
