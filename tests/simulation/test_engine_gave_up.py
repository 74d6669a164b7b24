"""A bundle that the engine cannot store is not waited for: what it gave up, and why, is the test's failure at once."""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from tests.simulation.cluster import Cluster
from tests.simulation.runs import Runs

TASK = b"\x07" * 32
FAILED = {"event": "engine.item_failed", "loop": "bundle", "item": TASK.hex(), "code": "store.full", "tries": 8}
LETTER = {"event": "engine.dead_letter", "loop": "bundle", "item": TASK.hex(), "code": "store.full"}


def cluster(*lines: dict[str, Any]) -> Cluster:
    found = object.__new__(Cluster)
    text = "\n".join([*map(json.dumps, lines), '{"event": "cut off', "no json"])
    found.log = lambda _name: text  # type: ignore[method-assign]
    return found


def test_the_log_tells_what_was_given_up_and_the_last_error_of_this_task_alone() -> None:
    other = {**LETTER, "item": "08" * 32}
    assert cluster(FAILED, other).dead_letters(TASK) == []
    assert cluster(FAILED, LETTER).dead_letters(TASK) == ["bundle: store.full"]
    assert json.loads(cluster(FAILED, LETTER).engine_error(TASK)) == FAILED
    assert cluster().engine_error(TASK) == ""


def test_a_bundle_given_up_fails_the_test_at_once() -> None:
    """Regression: it was waited for until the patience of a loaded machine had passed, for minutes, and then without a reason."""
    runs = object.__new__(Runs)
    runs.cluster = SimpleNamespace(dead_letters=lambda _: ["bundle: store.full"])  # type: ignore[misc,assignment]
    began = time.monotonic()
    with pytest.raises(AssertionError, match=r"gave up on the task.*store\.full"):
        runs.check_bundle(TASK, "Completed")
    assert time.monotonic() - began < 5
