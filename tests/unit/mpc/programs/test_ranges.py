"""Every limit that a program declares with a proof is checked on hard data: no secret ever exceeds its declared bound (I12)."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mpc.arrays import field
from mpc.arrays.interface import SecureArray, share
from mpc.arrays.prss import lagrange
from mpc.backends.mpyc.backend import MpycBackend
from mpc.programs.evaluation.binary import run as eval_binary
from protocol.errors import RangeError, RefusedError
from tests.unit.mpc.programs.steps import aligned, label, run_step
from tests.unit.mpc.simulation import run_arrays

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


@pytest.mark.parametrize("kind", ["separable", "collinear", "rare", "spike"])
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


@pytest.mark.parametrize("block", [16, 1 << 14])
@pytest.mark.parametrize("kind", ["mixed", "one class", "all equal", "perfect"])
def test_evaluation_keeps_its_declared_ranges_and_is_exact_up_to_the_grid(
    seen: Seen, monkeypatch: pytest.MonkeyPatch, kind: str, block: int
) -> None:
    monkeypatch.setattr(eval_binary, "_BLOCK", block)
    rng = np.random.default_rng(3)
    labels = np.zeros(40) if kind == "one class" else (rng.random(40) < 0.3).astype(float)
    scores = {"all equal": np.full(40, 0.3), "perfect": 8 * labels - 4}.get(kind, 2 * labels + rng.normal(size=40))
    found: dict[str, Any] = {}

    async def body(backend: MpycBackend) -> None:
        mine = backend.pid == 0
        s = share(backend, scores if mine else None, shape=(40,), owner=0, fraction_bits=18, limit=64)
        y = share(backend, labels if mine else None, shape=(40,), owner=0, fraction_bits=0, limit=1)
        context: Any = _Context({"scores": (s,), "labels": (y,)})
        outputs = await eval_binary.run(context)
        await backend.spawner.idle()
        for name, value in outputs.items():
            assert isinstance(value, SecureArray)
            raw = await backend.open(value.shares, value.shape)
            found[name] = np.ldexp(raw.astype(float), -value.fraction_bits)

    run_arrays(body)
    check_bounds(seen)
    counts = found["counts"]
    assert counts[0].tolist() == [labels.sum(), 40 - labels.sum()]
    if kind == "one class":
        assert abs(found["auc"]) < 1e-3
        assert abs(found["ks"]) < 1e-3
        return
    rates = counts / counts[0]
    assert np.abs(found["roc"] - rates).max() < 1e-3
    assert abs(found["auc"] + np.trapezoid(rates[:, 0], rates[:, 1])) < 1e-3
    assert abs(found["ks"] - np.abs(rates[:, 0] - rates[:, 1]).max()) < 1e-3
    if kind == "perfect":
        assert abs(found["auc"] - 1) < 1e-3
        assert abs(found["ks"] - 1) < 1e-3


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


class _Context:
    """What evaluation uses of a step's context."""

    wanted = frozenset({"auc", "ks", "roc", "counts"})
    minimum_group = 0

    def __init__(self, inputs: dict[str, tuple[SecureArray, ...]]) -> None:
        self.inputs = inputs

    def integer(self, name: str) -> int:
        return {"thresholds": 33}[name]

    def decimal(self, name: str) -> float:
        return {"span": 8.0}[name]

    def progress(self, step: int, total: int) -> None:
        pass


@pytest.mark.parametrize("parameters", [{"coefficient_limit": "64", "class_weight": "given", "weight_positive": "64"}])
def test_fits_without_headroom_are_refused_before_sharing(seen: Seen, parameters: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(RangeError, match=r"logistic\.headroom"):
        fitted(rng.normal(size=(900, 400)).clip(-16, 16), np.arange(900) % 2, parameters)
    assert not any(seen.values())
