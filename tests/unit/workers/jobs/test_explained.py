"""What stops a program at an owner is explained there, with column and rule; others hear a reason and nothing else."""

import json
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from cli import node as cli_node
from cli.main import app
from protocol.data_faults import RULES, DataFault
from protocol.errors import TallyError
from protocol.reasons import BY_CODE
from tests.unit.mpc.programs.test_dry_run import LOCAL, UGLY, tried
from tests.unit.workers.world import World
from workers.child import _failure
from workers.child_messages import Failure
from workers.jobs.run import Runner
from workers.supervise import ChildFailed

CANARY = 777000777.0
REPLACED = {"huge": CANARY, "negative": -CANARY, "fraction": CANARY + 0.5}
"""Ugly values that are recognisable."""


def planted(ugly: str) -> Any:
    def spoil(values: Any) -> Any:
        found = np.array(UGLY[ugly](values), dtype=float)
        if ugly in REPLACED:
            found.reshape(-1)[0] = REPLACED[ugly]
        return found

    return spoil


@pytest.fixture(scope="module")
def faults() -> dict[str, TallyError]:
    """Every data error that any program raises over ugly tables, by code."""
    with np.errstate(all="ignore"):
        found = [fault for name in LOCAL for ugly in UGLY for fault in tried(name, planted(ugly)).stops]
    return {fault.code: fault for fault in found}


def failing(failure: Failure) -> Runner:
    def run(*_: Any) -> Any:
        watch = _[2]
        watch.input_sent(b"\x05" * 32)
        raise ChildFailed(failure.code, failure.what, failure.reason, failure.peer, failure.chinese)

    return run


def told(world: World) -> str:
    """All that left the node: receipts, envelopes and chain requests."""
    posted = [row["body"] for row in world.nodes["hospital"].state._all("SELECT body FROM outbox")]
    return json.dumps(posted) + repr(world.coordinator.posted) + repr(world.chain.aborts)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_data_error_is_explained_to_its_owner_and_to_nobody_else(
    world: World, faults: dict[str, TallyError], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(faults.keys() & RULES.keys()) >= 8
    monkeypatch.setattr(cli_node, "_engine", lambda *_: [])
    monkeypatch.setattr("workers.config.NodeConfig.load", lambda _: world.nodes["hospital"].config)
    for code in sorted(faults.keys() & RULES.keys()):
        failure = Failure.read(_failure(faults[code]).message().data)
        message = world.start()
        world.runner_of = lambda _, failure=failure: failing(failure)
        world.dispatch(message, "hospital")
        with capture_logs() as lines:
            world.turns(4, "hospital")
        assert [line["said"] for line in lines if line["event"] == "run.failed"] == [failure.what]
        said = CliRunner().invoke(app, ["node", "status", "--state", str(world.folder / "hospital")])
        assert said.exit_code == 0, said.output
        shown = said.output.partition(f"task_{message.task.hex()}")[2].partition("task_")[0]
        log = json.dumps(lines, default=str)
        for column in faults[code].details.get("columns") or ():  # type: ignore[union-attr]
            assert str(column) in shown
        for sentence in (failure.what, failure.chinese):
            assert sentence
            assert sentence in shown
            assert sentence not in told(world)
        for text in (shown, log, told(world), str(failure.message().data)):
            assert "777000777" not in text
        assert code not in told(world)
        assert failure.reason in BY_CODE


def test_a_sentence_that_names_thousands_of_columns_is_cut(world: World) -> None:
    """Regression: the node refused to read such a failure, and called it a malformed child."""
    names = [f"a-rather-long-column-name-{at}" for at in range(4096)]
    failure = Failure.read(_failure(DataFault("stats.beyond_limit", names, 4, limit="1")).message().data)
    assert failure.what.endswith("…")
    assert names[0] in failure.what


def test_a_task_that_is_forgotten_takes_its_explanation_along(world: World) -> None:
    state = world.nodes["hospital"].state
    state.explain(b"\1" * 32, "english", "")
    assert state.explanation(b"\1" * 32) == ("english",)
    state.forget_job(b"\1" * 32)
    assert state.explanation(b"\1" * 32) == ()
