"""I7: no result before every commitment is on the chain; and what lies on disk is its owner's alone."""

import json
import stat
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from protocol import commitments, events, ids, statements
from protocol.bundle import BundleMaterial
from protocol.dsse import parse
from protocol.vocabulary import TaskState
from tests.e2e.conftest import Run

COMMITTEE = ("exchange", "hospital", "laboratory")


def test_nothing_was_readable_before_completion(run: Run) -> None:
    """Sampled all along; the chain was asked last, so a share seen too early cannot hide behind a later state."""
    before = [sample for sample in run.samples if sample.state != TaskState.COMPLETED]
    started = [sample for sample in before if sample.state == TaskState.STARTED]
    assert len(started) >= 5, "the run was not watched while it computed"
    assert all(sample.sealed == 0 and not sample.result_file for sample in before)
    assert run.samples[-1] == type(run.samples[-1])(sealed=24, result_file=True, state=TaskState.COMPLETED)
    assert all(a.state <= b.state and a.sealed <= b.sealed for a, b in pairwise(run.samples))


def test_sealed_shares_came_after_the_completing_block(run: Run) -> None:
    with psycopg.connect(run.system.stack.info.database, autocommit=True) as database:
        rows = database.execute(
            "SELECT party, output, EXTRACT(EPOCH FROM received_at)::float8 FROM tally.sealed_shares WHERE task_id = %s",
            (run.task,),
        ).fetchall()
    outputs = {commitments.output_name(output.source) for output in run.status.contract.outputs}
    assert {(party, bytes(name)) for party, name, _ in rows} == {(p, name) for p in COMMITTEE for name in outputs}
    (completed,) = (i for i in run.events() if isinstance(i.event, events.TaskCompleted) and i.event.task == run.task)
    assert min(received for *_, received in rows) >= completed.time


def test_the_order_on_chain_is_commitments_then_completion_then_attestation(run: Run) -> None:
    kinds = (events.TaskStarted, events.RunCommitted, events.TaskCompleted, events.ResultAttested)
    mine = [item for item in run.events() if isinstance(item.event, kinds) and item.event.task == run.task]
    places = [(item.block_number, item.log_index) for item in mine]
    assert places == sorted(places)
    names = [item.name for item in mine]
    assert names == ["TaskStarted", *["RunCommitted"] * 3, "TaskCompleted", "ResultAttested"]
    committed = [item.event.party for item in mine if isinstance(item.event, events.RunCommitted)]
    assert sorted(committed) == sorted(ids.on_chain(party) for party in COMMITTEE)


def _entries(material: BundleMaterial, party: str) -> list[tuple[int, statements.Statement]]:
    (log,) = (log for log in material.logs if log.party == party)
    return [(item.index, statements.parse(parse(item.envelope).payload)) for item in log.entries]


@pytest.mark.parametrize("party", COMMITTEE)
def test_each_log_shows_release_after_what_was_committed(run: Run, party: str) -> None:
    """Not a clock's word: the commitment on chain fixes the log's size, and the release stands beyond it."""
    (committed,) = (
        item.event for item in run.events()
        if isinstance(item.event, events.RunCommitted) and item.event.task == run.task and item.event.party == ids.on_chain(party)
    )  # fmt: skip
    (completed,) = (i for i in run.events() if isinstance(i.event, events.TaskCompleted) and i.event.task == run.task)
    entries = _entries(run.material, party)
    places = {type(item): index for index, item in entries}
    assert places[statements.OutputCommitment] < committed.log_size <= places[statements.Release]
    assert places[statements.Release] < places[statements.Erasure]
    release = next(item for _, item in entries if isinstance(item, statements.Release))
    assert (release.completed, release.completed_hash) == (completed.block_number, completed.block_hash)
    assert release.result_user == "hospital"


def test_the_result_is_checked_and_attested(run: Run) -> None:
    folder = run.system.node_folder("hospital") / "results" / run.task.hex()
    result = json.loads((folder / "result.json").read_text())
    assert result["checked"] is True
    (attested,) = (
        i.event for i in run.events() if isinstance(i.event, events.ResultAttested) and i.event.task == run.task
    )
    assert "0x" + attested.result_hash.hex() == result["result_hash"]


def _loose(folder: Path) -> list[str]:
    """Files and folders below that anyone but the owner could read or write."""
    return [
        f"{path} {stat.S_IMODE(path.lstat().st_mode):04o}"
        for path in sorted(folder.rglob("*"))
        if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


def test_results_and_keys_are_their_owner_s_alone(run: Run) -> None:
    state = run.system.state
    assert stat.S_IMODE((state / "nodes/hospital/results" / run.task.hex() / "result.json").stat().st_mode) == 0o600
    for name in ("nodes", "wallets", "passphrases", "secrets"):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o700, name
        assert _loose(state / name) == []
    keys = sorted(path.relative_to(state).as_posix() for path in state.glob("nodes/*/keys/*.json"))
    assert len(keys) == 12
    assert len(list(state.glob("wallets/*/wallet.json"))) == 6
    for name in ("credentials.json", "users.acl"):
        assert stat.S_IMODE((state / "stack/broker" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((state / "stack/broker").stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "stack/chain").stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "stack/postgres/data").stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "stack/postgres/password").stat().st_mode) == 0o600


def test_working_copies_are_gone(run: Run) -> None:
    """What the run needed on disk is erased once it is done, and only the result user has results."""
    for party in COMMITTEE:
        folder = run.system.node_folder(party)
        assert [path for path in (folder / "work").rglob("*") if path.is_file()] == [], party
        assert (folder / "results").exists() == (party == "hospital")
