"""A period's report from a real chain: what the explorer gathers from the index is what a command gathers from the chain."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from audit_explorer.queries import PostgresRecords
from audit_explorer.reports import again, paper
from audit_explorer.reports.again import Wanted
from audit_explorer.rooms import reports
from cli.main import app
from protocol import ids
from protocol.errors import VerificationError
from tests.integration.orchestrator.world import World


def day(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d")


def test_the_chain_and_the_index_give_the_same_report(world: World, tmp_path: Path) -> None:
    task = world.started()
    world.settle()
    now = int(time.time())
    since, until = now // 86_400 * 86_400 - 86_400, (now // 86_400 + 2) * 86_400
    contract = world.client("hospital").task(task).contract
    with PostgresRecords(world.dsn) as records:
        given = reports.gather(records, "*", since, until, lambda tasks: [contract] if task in tasks else [])
    assert contract in given.contracts
    assert {"TaskProposed", "TaskStarted", "UseConsumed", "AuthorizationSubmitted"} <= {
        item.name for item in given.happened
    }
    deployment, out = tmp_path / "deployment.json", tmp_path / "report.html"
    world.deployment.save(deployment)
    (tmp_path / "inputs.json").write_bytes(given.data())
    words: list[Any] = [
        "report", "period", "--rpc", world.rpc_url, "--deployment", deployment, "--from", day(since), "--to", day(until - 1), "--block",
        given.block, "--inputs", tmp_path / "inputs.json", "--out", out,
    ]  # fmt: skip
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output + repr(done.exception)
    assert out.read_text("utf-8") == paper.html(paper.period(given, "en"), "en")
    assert contract.purpose in out.read_text("utf-8")
    forged = type(given)(
        *(getattr(given, name) if name != "happened" else given.happened[1:] for name in given.__slots__)
    )
    with pytest.raises(VerificationError, match="left out"):
        again.from_chain(world.rpc_url, deployment, Wanted("", "", given.block), [], forged)
    assert ids.on_chain(contract.purpose).hex() not in out.read_text("utf-8")
