"""The MPC child refuses, by public sizes and before it speaks to anybody, what a program has no room for."""

import socket
from dataclasses import replace
from typing import Any

import pytest

from mpc import plan
from mpc.workflow.planning import Fit
from tests.unit.mpc.test_plan import MANY, poisson
from workers import child
from workers.child import NoRoom
from workers.child_messages import Order


def task(size: int, **changes: Any) -> child._Task:
    contract, sizes = poisson(size)
    order = Order(b"\1" * 32, "bank", contract.data(), (), (), b"\3" * 32, (), (), 5, 60, tuple(sorted(sizes.items())))
    ours, theirs = socket.socketpair()
    theirs.close()
    ours.close()
    return child._Task(None, replace(order, **changes), None, {}, {}, ours)  # type: ignore[arg-type]


def test_an_order_carries_the_sizes() -> None:
    order = task(1000).order
    assert Order.read(order.data()) == order


def test_what_has_no_room_is_refused_before_any_peer_hears_of_it() -> None:
    """Regression: Poisson on a thousand rows was refused after 938 kB of shares had gone out."""
    with pytest.raises(NoRoom) as caught:
        task(MANY).run()  # it has neither keys nor links to begin a run with
    assert caught.value.what.startswith("Step fit: ")
    failure = child._failure(caught.value)
    assert (failure.code, failure.reason, failure.peer) == ("linear.headroom", "check.does_not_fit", "")
    task(300)._require_room()


def test_what_needs_more_memory_than_this_node_has_is_refused_before_any_peer_hears_of_it() -> None:
    """By the plan: the step that holds most, and what the operator or the proposer can do."""
    with pytest.raises(NoRoom, match=r"estimate\.memory") as caught:
        task(300, memory=82_000_000).run()
    assert caught.value.what.startswith("Step join: ")
    assert "party_memory" in caught.value.fix
    assert child._failure(caught.value).reason == "check.does_not_fit"
    task(300, memory=90_000_000)._require_room()


def test_without_sizes_nothing_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(plan, "fits", lambda *given: asked.append(given) or Fit())
    task(1000, rows=())._require_room()
    assert asked == []
    task(1000)._require_room()
    assert len(asked) == 1


def test_a_plan_that_takes_long_or_fails_is_left_to_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(child, "_PLAN_SECONDS", 0.2)
    monkeypatch.setattr(plan, "fits", endless)
    task(1000)._require_room()

    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(plan, "fits", broken)
    task(1000)._require_room()
