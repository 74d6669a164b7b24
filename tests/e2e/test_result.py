"""The joint result is what scikit-learn says of the pooled rows."""

from demo import results
from tests.e2e.conftest import Run


def _comparison(run: Run) -> results.Comparison:
    return results.compare(run.joint, run.status.contract, run.sides["hospital"], run.sides["laboratory"])


def test_coefficients_and_quality_equal_the_pooled_model(run: Run) -> None:
    found = _comparison(run)
    assert len(found.coefficients) == 30
    assert found.coefficient_error < 1e-2
    assert abs(run.joint.outputs["judge.auc"] - found.pooled.auc) < 5e-3
    assert abs(run.joint.outputs["judge.ks"] - found.pooled.ks) < 2e-2


def test_the_comparison_is_not_of_a_model_that_anything_would_equal(run: Run) -> None:
    """Were the coefficients all about zero, or the rows the wrong ones, the tolerance above would prove nothing."""
    found = _comparison(run)
    assert max(map(abs, found.coefficients)) > 0.2
    shuffled = results.JointResult(run.joint.outputs, run.joint.result_hash, tuple(reversed(run.joint.order)))
    other = results.compare(shuffled, run.status.contract, run.sides["hospital"], run.sides["laboratory"])
    assert other.coefficient_error > 1e-2


def test_exactly_the_common_patients_were_used(run: Run) -> None:
    common = set(run.sides["hospital"].ids) & set(run.sides["laboratory"].ids)
    assert len(common) > 400
    assert set(run.joint.order) == common
    assert len(run.joint.order) == len(common)


def test_the_planted_numbers_were_in_the_computation(run: Run) -> None:
    """The canaries that other tests look for stand in rows that were trained on, not in rows left aside."""
    for owner, side in run.sides.items():
        used = {value for patient in run.joint.order for value in side.values[side.ids.index(patient)]}
        assert set(run.planted[owner]) <= used
        assert len(run.planted[owner]) == 12
