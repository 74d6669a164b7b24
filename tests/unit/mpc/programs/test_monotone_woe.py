"""Bins pooled on shares, against scikit-learn's isotonic regression: exact counts, whichever direction tells more."""

from typing import Any

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from mpc.arrays.interface import share
from mpc.programs.features.monotone import pooled
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import aligned, label, run_step, stacked
from tests.unit.mpc.simulation import opened, run_arrays

RNG = np.random.default_rng(12)


def by_scikit_learn(positives: Any, negatives: Any, *, rising: bool) -> Any:
    """Sums over the pools of an isotonic regression, of every bin."""
    total = positives + negatives
    places = np.arange(len(total))
    fitted = IsotonicRegression(increasing=rising).fit(places, positives / total, sample_weight=total).predict(places)
    pools = np.concatenate([[0], np.cumsum(np.abs(np.diff(fitted)) > 1e-12)])
    return np.array([[counts[pools == pool].sum() for pool in pools] for counts in (positives, negatives)])


@pytest.mark.parametrize("bins", [2, 3, 7])
def test_pools_are_those_of_isotonic_regression(bins: int) -> None:
    counts = RNG.integers(1, 400, (2, 5, bins))
    counts[0, 0] = np.sort(counts[0, 0])
    counts[1, 0] = 50  # rises already: nothing is pooled
    counts[:, 1] = 37  # ties

    async def party(backend: Any) -> Any:
        given = share(
            backend, counts if backend.pid == 0 else None, shape=counts.shape, owner=0, fraction_bits=0, limit=400
        )
        return await opened(pooled(given, 2 * 400 * bins))

    found = run_arrays(party, kind="fast")[0]
    for at in range(5):
        for way in (0, 1):
            expected = by_scikit_learn(*counts[:, at].astype(float), rising=way == 0)
            rate = expected[0] / expected.sum(axis=0)
            got = found[way, 0, at] / found[way, :, at].sum(axis=0)
            assert np.allclose(got, rate, atol=1e-12), (at, way, counts[:, at])
            if at != 1:  # of ties any pools have the same rate
                assert np.array_equal(found[way, :, at], expected)


def data(rows: int = 400) -> tuple[Any, Any]:
    codes = RNG.integers(0, 6, (rows, 3)).astype(float)
    y = (RNG.random(rows) < 1 / (1 + np.exp(-(0.5 * codes[:, 0] - 0.4 * codes[:, 1] - 1.5)))).astype(float)
    return codes, y


def expected(codes: Any, y: Any, bins: int, smoothing: float = 0.5) -> tuple[Any, Any]:
    """WOE and IV by scikit-learn's pools of smoothed counts."""
    totals = [y.sum() + bins * smoothing, (1 - y).sum() + bins * smoothing]
    woes, ivs = [], []
    for at in range(codes.shape[1]):
        p, q = (np.bincount(codes[:, at].astype(int), weights, minlength=bins) + smoothing for weights in (y, 1 - y))
        apart = p / totals[0] - q / totals[1]
        ways = []
        for rising in (True, False):
            pool = by_scikit_learn(p, q, rising=rising)
            woe = np.log(pool[0] / totals[0]) - np.log(pool[1] / totals[1])
            ways.append((float(apart @ woe), woe))
        iv, woe = max(ways, key=lambda way: way[0])
        ivs.append(iv)
        woes.append(woe)
    return np.array(woes), np.array(ivs)


@pytest.mark.parametrize("layout", ["aligned", "stacked"])
def test_weights_rise_or_fall_and_equal_scikit_learns(layout: str) -> None:
    codes, y = data()

    def inputs(me: str, _: Any) -> dict[str, Any]:
        if layout == "aligned":
            table = aligned(me, {"bank": ("ab", codes[:, :2]), "shop": ("c", codes[:, 2:])})
            return {"tables": (table,), "label": (label(me, "bank", y),)}
        whole = np.column_stack([codes, y])
        table = stacked(me, "abcy", {"bank": whole[:150], "shop": whole[150:]})
        return {"tables": (table,), "label": (table.column("y"),)}

    outcome = run_step("feature.woe_iv@1.0.0", inputs, {"bins": 6, "monotone": "yes"}, wanted=("woe", "iv"))
    woe, iv = expected(codes, y, 6)
    assert np.abs(outcome.opened["woe"] - woe).max() < 1e-5
    assert np.abs(outcome.opened["iv"] - iv).max() < 1e-5
    assert np.diff(outcome.opened["woe"][0]).min() > -1e-6
    assert np.diff(outcome.opened["woe"][1]).max() < 1e-6


def test_too_many_bins_are_refused() -> None:
    codes, y = data()

    def inputs(me: str, _: Any) -> dict[str, Any]:
        return {
            "tables": (aligned(me, {"bank": ("ab", codes[:, :2]), "shop": ("c", codes[:, 2:])}),),
            "label": (label(me, "bank", y),),
        }

    with pytest.raises(TallyError, match=r"woe\.monotone_bins"):
        run_step("feature.woe_iv@1.0.0", inputs, {"bins": 21, "monotone": "yes"})
