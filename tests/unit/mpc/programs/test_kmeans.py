"""Clusters against scikit-learn from the same start: made-up ones on both backends, charging sessions on the fast one."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from mpc.arrays.interface import share
from mpc.programs.clustering.kmeans.run import draw
from mpc.workflow.values import SharedTable
from protocol.errors import TallyError
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import PARTIES, aligned, run_step, stacked

PROGRAM = "kmeans@1.0.0"
RNG = np.random.default_rng(7)
CENTRES = np.array([[0, 0, 4], [4, 0, 0], [0, 4, -2.0]])
ROWS = (CENTRES[:, None] + RNG.normal(size=(3, 40, 3))).reshape(-1, 3)[RNG.permutation(120)]


def cluster(kind: str, rows: Any, k: int, iterations: int, start: str = "rows", **options: Any) -> Any:
    names = tuple(f"c{at}" for at in range(rows.shape[1]))
    cut = len(rows) // 3

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        if kind == "aligned":
            return {"tables": (aligned(me, {"bank": (names[:1], rows[:, :1]), "shop": (names[1:], rows[:, 1:])}),)}
        if kind == "stacked":
            return {"tables": (stacked(me, names, {"bank": rows[:cut], "shop": rows[cut:]}),)}
        own = rows if me == "bank" else None
        shares = share(backend, own, shape=rows.shape, owner=0, fraction_bits=24, limit=16)
        return {"tables": (SharedTable(names, shares),)}

    parameters = {"clusters": k, "iterations": iterations, "start": start, "seed": 5}
    return run_step(PROGRAM, inputs, parameters, **options).opened


def lloyd(rows: Any, centroids: Any, iterations: int) -> tuple[Any, Any, float]:
    """scikit-learn's result after exactly these iterations."""
    fitted = KMeans(len(centroids), init=centroids, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd").fit(rows)
    return fitted.cluster_centers_, fitted.labels_, float(fitted.inertia_)


@pytest.mark.parametrize("kind", ["aligned", "stacked", "shared"])
def test_equal_scikit_learn_from_the_same_rows(kind: str) -> None:
    got = cluster(kind, ROWS, 3, 6)
    centres, labels, inertia = lloyd(ROWS, ROWS[draw(5, len(ROWS), 3)], 6)
    assert np.abs(got["centroids"] - centres).max() < 1e-5
    assert np.array_equal(got["assignments"], labels)
    assert np.array_equal(got["sizes"], np.bincount(labels))
    assert got["inertia"] == pytest.approx(inertia, rel=1e-6)


def test_how_far_the_centres_moved_last_says_whether_they_are_final() -> None:
    start = ROWS[draw(5, len(ROWS), 3)]
    first = lloyd(ROWS, start, 1)[0]
    got = cluster("stacked", ROWS, 3, 1, wanted=("moved",))["moved"]
    assert got == pytest.approx(np.abs(first - start).max(), abs=1e-5)
    assert cluster("stacked", ROWS, 3, 8, wanted=("moved",))["moved"] < 1e-5


@pytest.mark.parametrize("start", ["rows", "plus"])
def test_stock_shares_find_the_same(start: str) -> None:
    rows = ROWS[:18]
    got, other = (cluster("stacked", rows, 3, 2, start, backend=backend) for backend in ("mpyc", "fast"))
    assert np.abs(got["centroids"] - other["centroids"]).max() < 1e-5
    assert np.array_equal(got["assignments"], other["assignments"])


def test_k_means_plus_plus_starts_from_different_rows_and_finds_the_clusters() -> None:
    got = cluster("aligned", ROWS, 3, 8, "plus")
    best = KMeans(3, n_init=10, random_state=0).fit(ROWS)
    assert got["inertia"] == pytest.approx(best.inertia_, rel=1e-6)


def test_a_cluster_without_rows_keeps_its_centre() -> None:
    """Two starting rows are equal: the first gets all the rows, the second none."""
    first, second = draw(5, 40, 2)
    rows = ROWS[:40].copy()
    rows[second] = rows[first]
    got = cluster("stacked", rows, 2, 1)
    assert np.array_equal(got["sizes"], [40, 0]) or got["sizes"].sum() == 40
    one = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
    other = np.linalg.norm(rows - rows[first], axis=1)
    assert np.array_equal(got["assignments"], (other < one).astype(float))


def test_small_clusters_do_not_show() -> None:
    rows = np.concatenate([ROWS[:60], [[15.0, 15, 15], [15, 15, 14]]])
    got = cluster("aligned", rows, 4, 6, "plus", minimum_group=5)
    hidden = got["sizes"] == 0
    assert hidden.any()
    assert not got["centroids"][hidden].any()
    assert (got["sizes"][~hidden] >= 5).all()


@pytest.mark.parametrize(
    ("rows", "group", "code"),
    [(ROWS * 10, 0, "arrays.out_of_range"), (ROWS[:2], 0, "kmeans.too_few_rows"), (ROWS, 121, "group.too_small")],
)
def test_what_is_refused(rows: Any, group: int, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        cluster("stacked", rows, 3, 1, minimum_group=group)
    assert caught.value.code == code


@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 64))
def test_drawn_rows_are_distinct_and_the_same_for_all(seed: int, rows: int, count: int) -> None:
    count = min(count, rows)
    found = draw(seed, rows, count)
    assert len(set(found.tolist())) == count
    assert found.min() >= 0
    assert found.max() < rows
    assert np.array_equal(found, draw(seed, rows, count))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["operators", "sources"])
def test_charging_sessions_cluster_as_pooled(kind: str) -> None:
    """Scenario 8: operators by the station's parity (rows), or a utility and an operator (columns)."""
    columns = ("Power", "Energy", "ConnectionHours", "ChargingHours")
    name = "ev_acn/california_ev_sessions.csv.gz"
    values = real_data.numbers(name, columns)
    rows = np.clip((values - values.mean(axis=0)) / values.std(axis=0), -16, 16)
    odd = np.array([int(text[-1]) % 2 == 1 for text in real_data.table(name)["ChargingStation"]])
    if kind == "operators":
        rows = np.concatenate([rows[odd], rows[~odd]])
        split = {"bank": rows[: odd.sum()], "shop": rows[odd.sum() :]}
    k, iterations = 4, 25
    centres, labels, inertia = lloyd(rows, rows[draw(5, len(rows), k)], iterations)

    def inputs(me: str, _: Any) -> dict[str, Any]:
        if kind == "operators":
            return {"tables": (stacked(me, columns, split),)}
        return {"tables": (aligned(me, {"bank": (columns[:2], rows[:, :2]), "shop": (columns[2:], rows[:, 2:])}),)}

    parameters = {"clusters": k, "iterations": iterations, "start": "rows", "seed": 5}
    got = run_step(PROGRAM, inputs, parameters, parties=PARTIES).opened
    assert got["inertia"] == pytest.approx(inertia, rel=1e-5)
    assert (got["assignments"] == labels).mean() > 0.9999
    assert np.abs(got["centroids"] - centres).max() < 1e-3
