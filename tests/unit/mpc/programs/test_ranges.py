"""Every limit that a program declares with a proof is checked on hard data: no secret ever exceeds its declared bound (I12)."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mpc.arrays import field
from mpc.arrays.interface import SecureArray, share
from mpc.arrays.prss import lagrange
from protocol.errors import RangeError, RefusedError
from tests.alike import some
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked

Seen = dict[int, list[SecureArray]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """All arrays that each party makes, in order."""
    made: Seen = {0: [], 1: [], 2: []}
    original = SecureArray.__init__

    def keep(self: SecureArray, backend: Any, *args: Any) -> None:
        original(self, backend, *args)
        made[backend.pid].append(self)

    monkeypatch.setattr(SecureArray, "__init__", keep)
    return made


def check_bounds(seen: Seen) -> int:
    """Reconstruct everything; the number of arrays checked."""
    weights = lagrange([1, 2, 3], 0)
    for arrays in zip(seen[0], seen[1], seen[2], strict=True):
        assert len({(array.shape, array.bound, array.fraction_bits) for array in arrays}) == 1
        shares = [array.shares.ready for array in arrays]
        secret = field.signed(field.objects(sum(w * s for w, s in zip(weights, shares, strict=True)) % field.MODULUS))
        largest = max((abs(int(v)) for v in secret.reshape(-1)), default=0)
        assert largest <= arrays[0].bound, (arrays[0], largest / 2 ** arrays[0].fraction_bits)
    return len(seen[0])


def hard_rows(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    rows = 60
    match kind:
        case "separable":
            features = rng.normal(size=(rows, 3))
            labels = (features[:, 0] > 0).astype(float)
        case "collinear":
            first = rng.normal(size=(rows, 1))
            features = np.hstack([first, first, -first])
            labels = (first[:, 0] + 0.1 * rng.normal(size=rows) > 0).astype(float)
        case "rare":
            features = rng.standard_t(2, size=(rows, 3))
            labels = np.zeros(rows)
            labels[0] = 1
        case _:
            features = np.zeros((rows, 3))
            features[0] = 1
            labels = (rng.random(rows) < 0.5).astype(float)
    deviations = features.std(axis=0)
    return np.clip((features - features.mean(axis=0)) / deviations, -16, 16), labels


def fitted(features: np.ndarray, labels: np.ndarray, parameters: dict[str, str | int], backend: str = "mpyc") -> None:
    names = [f"x{i}" for i in range(features.shape[1])]

    def inputs(me: str, _: Any) -> dict[str, Any]:
        frame = replace(aligned(me, {"bank": (names, features)}), train_rows=len(features), limit=16.0)
        return {"features": (frame,), "label": (label(me, "bank", labels),)}

    run_step("glm.logistic@1.0.0", inputs, parameters, wanted=("coefficients", "intercept"), backend=backend)


@pytest.mark.parametrize("kind", some(["separable", "collinear", "rare", "spike"], always=(2,)))
@pytest.mark.parametrize(
    "parameters",
    [
        {"c": "0.0001", "iterations": 4},
        {"c": "100", "iterations": 4},
        {"c": "100", "solver": "gradient", "sigmoid": "linear", "iterations": 4, "step": "16"},
        {"c": "100", "solver": "gradient", "sigmoid": "linear", "iterations": 4, "step": "16", "momentum": "0"},
        {
            "c": "100",
            "solver": "sgd",
            "sigmoid": "segments",
            "iterations": 3,
            "step": "8",
            "batch": 20,
            "momentum": "0.9",
        },
    ],
    ids=["strong", "weak", "linear with momentum", "linear", "segments"],
)
def test_logistic_regression_keeps_its_declared_ranges(seen: Seen, kind: str, parameters: dict[str, Any]) -> None:
    features, labels = hard_rows(kind, np.random.default_rng(5))
    fitted(features, labels, parameters)
    assert check_bounds(seen) > 30


@pytest.mark.parametrize(
    "kind", some(["mixed", "ties", "all equal", "perfect", "beyond the room of a sort"], always=(1, 4))
)
def test_evaluation_keeps_its_declared_ranges(seen: Seen, kind: str) -> None:
    rng = np.random.default_rng(3)
    labels = (rng.random(41) < 0.3).astype(float)
    scores = {
        "all equal": np.full(41, 0.3), "perfect": 8 * labels - 4, "ties": np.floor(2 * labels + rng.normal(size=41)),
        "beyond the room of a sort": rng.normal(size=41) * 2.0**36,
    }.get(kind, 2 * labels + rng.normal(size=41))  # fmt: skip

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        def given(values: Any, bits: int, limit: float) -> Any:
            own = values if me == "bank" else None
            return share(backend, own, shape=values.shape, owner=0, fraction_bits=bits, limit=limit)

        return {"scores": (given(scores, 18, 2.0**39),), "labels": (given(labels, 0, 1),)}

    found = run_step("eval.binary@1.0.0", inputs, {"thresholds": 33}, backend="mpyc").opened
    assert check_bounds(seen) > 30
    assert found["counts"][0].tolist() == [labels.sum(), 41 - labels.sum()]


def test_evaluating_fewer_rows_than_the_minimum_group_is_refused() -> None:
    def inputs(_: str, backend: Any) -> dict[str, Any]:
        scores = share(
            backend, np.zeros(9) if backend.pid == 0 else None, shape=(9,), owner=0, fraction_bits=18, limit=4
        )
        labels = share(
            backend, np.eye(9)[0] if backend.pid == 0 else None, shape=(9,), owner=0, fraction_bits=0, limit=1
        )
        return {"scores": (scores,), "labels": (labels,)}

    with pytest.raises(RefusedError, match=r"group\.too_small"):
        run_step("eval.binary@1.0.0", inputs, minimum_group=10)


@pytest.mark.parametrize("parameters", [{"coefficient_limit": "64", "class_weight": "given", "weight_positive": "64"}])
def test_fits_without_headroom_are_refused_before_sharing(seen: Seen, parameters: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(RangeError, match=r"logistic\.headroom"):
        fitted(rng.normal(size=(900, 400)).clip(-16, 16), np.arange(900) % 2, parameters)
    assert not any(seen.values())


@pytest.mark.parametrize("alpha", some(["0", "1", "1000000"], always=(0,)))
@pytest.mark.parametrize("kind", some(["far", "collinear", "constant", "spike", "small"], always=(0, 3)))
def test_ridge_regression_keeps_its_declared_ranges(seen: Seen, kind: str, alpha: str) -> None:
    rng = np.random.default_rng(9)
    values = rng.normal(size=(60, 3))
    target = values @ [1, -1, 2] + rng.normal(size=60)
    match kind:
        case "far":
            values, target = values + np.array([900, -700, 5]), target + 900
        case "collinear":
            values = np.column_stack([values[:, 0], values[:, 0], -values[:, 0]])
        case "constant":
            values, target = values * [0, 1, 0] + [1000, 0, 0], np.full(60, -1000.0)
        case "spike":
            values, target = np.zeros((60, 3)), np.zeros(60)
            values[0], target[0] = 1000, -1000
        case _:
            values, target = values * [1e-4, 1, 300], target * 1e-2

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = stacked(me, ("a", "b", "c", "y"), {"bank": np.column_stack([values, target])})
        return {"features": (table,), "label": (table.column("y"),)}

    given = {"alpha": alpha, "limit": "1024", "label_limit": "1024"}
    wanted = ("coefficients", "intercept", "flagged", "model")
    run_step("linear.ridge@1.0.0", inputs, given, wanted=wanted, backend="mpyc")
    assert check_bounds(seen) > 100


@pytest.mark.parametrize("kind", some(["ordinary", "constant", "spike", "beyond"], always=(3,)))
def test_evaluating_a_regression_keeps_its_declared_ranges(seen: Seen, kind: str) -> None:
    rng = np.random.default_rng(9)
    labels = rng.normal(size=41)
    scores = labels + 0.1 * rng.normal(size=41)
    match kind:
        case "constant":
            labels = np.full(41, 7.5)
        case "spike":
            labels, scores = np.eye(41)[3] * 8, np.zeros(41)
        case "beyond":
            labels, scores = labels * 100, -labels * 1e6
        case _:
            pass

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        def given(values: Any, bits: int, limit: float) -> Any:
            own = values if me == "bank" else None
            return share(backend, own, shape=values.shape, owner=0, fraction_bits=bits, limit=limit)

        return {"scores": (given(scores, 20, 2.0**30),), "labels": (given(labels, 30, 2.0**20),)}

    run_step("eval.regression@1.0.0", inputs, {"limit": "8"}, backend="mpyc")
    assert check_bounds(seen) > 30
