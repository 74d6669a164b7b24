"""Secure arrays in three real processes, against numpy and against MPyC's own secure types."""

from typing import Any

import pytest

from tests.integration.programs.conftest import Run

NAMES = ("alice", "bob", "carol")


@pytest.fixture(
    scope="module",
    params=[pytest.param(("mpyc", 1), marks=[pytest.mark.slow, pytest.mark.promised]), ("fast", 20261121)],
    ids=str,
)
def results(run: Run, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    kind, seed = request.param
    ended = run(NAMES, within=60, body="arrays", kind=kind, seed=seed, folder="", total=50.0)
    assert all("ok" in result for result in ended.values()), ended
    return [result["ok"] for result in ended.values()]


def test_random_expressions_stay_within_the_slack(results: list[dict[str, Any]]) -> None:
    slack = results[0]["slack"]
    allowed = {"add": 0, "scale": 0, "join": 0, "where": 0, "product": slack, "matmul": slack, "sum": 7 * slack}
    names = set()
    for result in results:
        for name, error in result["random"]:
            names.add(name)
            # a public constant has 24 significant bits: 8 · 4 · 2^-25 is another quarter unit
            assert error <= allowed.get(name, slack + 0.25), (name, error)
    assert len(names) >= 6


def test_no_comparison_is_wrong(results: list[dict[str, Any]]) -> None:
    assert [result["compare"] for result in results] == [0, 0, 0]


def test_shares_interoperate_with_mpyc_in_both_directions(results: list[dict[str, Any]]) -> None:
    for result in results:
        square_error, sign_difference = result["mpyc"]
        assert square_error <= 2
        assert sign_difference == 0


def test_series_shuffles_and_long_arrays(results: list[dict[str, Any]]) -> None:
    for result in results:
        assert result["sine"] <= 4
        assert result["shuffled"]
        assert result["long"] <= result["slack"]
