"""The normal and the t distribution against scipy."""

import pytest
from scipy import stats

from client.distributions import two_sided, two_sided_point


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 30, 200, 10_000, 1_000_000])
def test_t_tails_and_points(freedom: int) -> None:
    for statistic in (0.0, 1e-6, 0.3, -1, 1.96, 5, 40):
        known = 2 * stats.t.sf(abs(statistic), freedom)
        assert two_sided(statistic, freedom) == pytest.approx(known, rel=1e-8, abs=1e-300)
    for chance in (0.5, 0.05, 0.001):
        assert two_sided_point(chance, freedom) == pytest.approx(stats.t.ppf(1 - chance / 2, freedom), rel=1e-9)


def test_normal_tails_and_points() -> None:
    for statistic in (0.0, -1.5, 3, 12, 37):
        assert two_sided(statistic, None) == pytest.approx(2 * stats.norm.sf(abs(statistic)), rel=1e-10)
    assert two_sided_point(0.05, None) == pytest.approx(1.959963984540054, rel=1e-12)
