"""Token buckets: who waits as told is let in, and nobody pays for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import RefusedError
from protocol.rates import Rate, client_of


@given(st.integers(1, 10_000), st.lists(st.floats(0, 40), max_size=30))
def test_who_waits_as_told_is_let_in(per_minute: int, costs: list[float]) -> None:
    now, rate = 0.0, Rate(per_minute)
    for cost in costs:
        try:
            rate.take("a", now, cost)
        except RefusedError as error:
            wait = error.details["retry_after"]
            assert isinstance(wait, int)
            now += wait + 1e-6
            rate.take("a", now, cost)
        left, seconds = rate.left("a", now)
        assert 0 <= left <= rate.burst
        assert seconds >= 0


def test_the_rate_is_per_client_and_forgets() -> None:
    rate = Rate(60)
    for _ in range(10):
        rate.take("a", 0)
    with pytest.raises(RefusedError, match=r"http\.too_many"):
        rate.take("a", 0)
    rate.take("b", 0)
    for number in range(10_000):
        rate.take(str(number), 0)
    rate.take("a", 0)


def test_a_large_body_costs_as_much_as_many_small_ones() -> None:
    rate = Rate(600)
    rate.take("a", 0, 33)
    rate.take("a", 0, 60)
    with pytest.raises(RefusedError, match=r"http\.too_many"):
        rate.take("a", 0, 33)
    rate.take("b", 0, 1000)
    with pytest.raises(RefusedError, match=r"http\.too_many"):
        rate.take("b", 0)


def test_a_clients_own_header_counts_for_nothing() -> None:
    given_: list[tuple[bytes, bytes]] = [(b"x-forwarded-for", b"198.51.100.9, 203.0.113.7"), (b"accept", b"*/*")]
    assert client_of("192.0.2.1", given_, 0) == "192.0.2.1"
    assert client_of("192.0.2.1", given_, 1) == "203.0.113.7"
    assert client_of("192.0.2.1", [], 1) == "192.0.2.1"
    assert client_of("192.0.2.1", given_, 3) == "192.0.2.1"
