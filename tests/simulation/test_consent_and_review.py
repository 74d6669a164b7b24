"""A standing authorization starts tasks without another signature; a named reviewer's word comes before any release."""

import secrets
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from chain import participant
from chain.errors import ChainError
from protocol import bundle, events, ids
from protocol.contract import ZERO32
from tests.patience import scaled, until
from tests.simulation import on_chain
from tests.simulation.cluster import OWNERS, PARTIES, Cluster
from tests.simulation.runs import DEADLINE, Runs, contract_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TALLY = Path(sys.executable).with_name("tally")


def tally(cluster: Cluster, party: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a participant types it."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "COLUMNS": "200",
        "TALLY_COORDINATOR": cluster.api_url,
        "TALLY_PARTY": party,
        "TALLY_WALLET": str(cluster.state / "wallets" / party),
        "TALLY_WALLET_PASSPHRASE_FILE": str(cluster.state / "passphrases" / f"wallet-{party}"),
        "TALLY_DEPLOYMENT_FILE": str(cluster.deployment_file),
        "TALLY_RPC_URL": cluster.rpc_url,
    }
    found = subprocess.run(
        [str(TALLY), *arguments], env=environment, capture_output=True, text=True, timeout=scaled(60), check=False
    )
    assert "Traceback" not in found.stdout + found.stderr
    return found


def result_of(cluster: Cluster, task: bytes) -> Path:
    """Where the hospital's node puts a result."""
    return cluster.node_folder("hospital") / "results" / task.hex() / "result.json"


def test_tasks_start_on_standing_authorizations(cluster: Cluster, runs: Runs) -> None:
    """Owners look at one task and allow two like it; both run, each counts one use, and the evidence shows which."""
    first = runs.submit()
    given: set[bytes] = set()
    for owner in OWNERS:
        said = tally(
            cluster, owner, "authorization", "standing", ids.prefixed("task", first), "--uses", "2", "--days", "3",
            "--per-day", "2", "--yes",
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        assert "in any task that asks the same, at most 2 times" in said.stdout
        assert "用于请求内容相同的任何任务" in said.stdout
        given.add(ids.unprefixed("auth", said.stdout.split()[-1]))
    runs.check_completes(first)
    with cluster.client("hospital") as client:
        asked = client.task(first).contract  # its purpose ends in a reference of its own, which the owners signed
        second = client.submit(replace(asked, nonce=secrets.token_hex(32), deadline=int(time.time()) + DEADLINE))
    runs.check_completes(second)

    used = Counter(
        logged.event.authorization
        for task in (first, second)
        for logged in runs.chain_events(task)
        if isinstance(logged.event, events.UseConsumed)
    )
    assert used == dict.fromkeys(given, 2)
    with cluster.client("regulator") as client:
        kept = bundle.read(client.evidence(second)).authorizations
    assert {item.message.task for item in kept} == {ZERO32}

    third = runs.submit(replace(asked, nonce=secrets.token_hex(32), deadline=int(time.time()) + DEADLINE))
    with cluster.client("hospital") as client:
        found = [item.status for item in client.authorizations(third)]
    assert found == ["asked"] * len(OWNERS), "the two uses are spent, so owners are asked again"


@pytest.mark.timeout(400)
def test_a_use_comes_back_by_its_owner_s_word_and_only_if_nothing_was_sent(cluster: Cluster, runs: Runs) -> None:
    """A node that is away lets the task expire unrun; the others' uses come back once. A completed task's do not."""
    task = runs.submit(contract_for(cluster, seconds=25))
    cluster.end("node-exchange")
    given = {signed.owner: signed for signed in runs.sign(task)}
    for signed in given.values():
        with cluster.client(signed.owner) as client:
            client.authorize(task, signed)
    runs.await_state(task, "expired", 120)
    domain = cluster.deployment.domain("Consents")
    asked = [
        ("authorization", "return", ids.prefixed("task", task), ids.prefixed("auth", signed.message.digest(domain)))
        for signed in (given["hospital"], given["laboratory"])
    ]
    for owner, words in zip(("hospital", "laboratory"), asked, strict=True):
        for said in ("returned", "returned already"):
            found = tally(cluster, owner, *words, "--state", str(cluster.node_folder(owner)))
            assert (found.returncode, found.stdout.strip()) == (0, said), found.stderr
    assert runs.counts(task)["UseReturned"] == len(OWNERS)
    cluster.revive()

    done = runs.started()
    runs.check_completes(done)
    with cluster.client("hospital") as client:
        mine = next(item for item in client.authorizations(done) if item.owner == "hospital")
    words = ("authorization", "return", ids.prefixed("task", done), ids.prefixed("auth", mine.digest))
    refused = tally(cluster, "hospital", *words, "--state", str(cluster.node_folder("hospital")))
    assert refused.returncode == 1
    assert "authorization.input_sent" in refused.stderr
    with cluster.client("hospital") as client:
        lie = client.sign_no_input(done, mine.digest)
    with pytest.raises(ChainError, match="TaskNotEndedWithoutResult"):
        participant.return_use(on_chain.gateway_of(cluster, "hospital"), done, mine.digest, lie)


def test_nothing_is_released_before_the_reviewer_s_yes(cluster: Cluster, runs: Runs) -> None:
    task = runs.started(contract_for(cluster, reviewer="regulator", review_within=3_600))
    name = ids.prefixed("task", task)
    status = runs.await_state(task, "completed", 90)
    assert [(item.code, item.party) for item in status.reasons] == [("review.missing", "regulator")]
    for _ in range(20):  # two seconds in which an eager node would have sealed
        assert not result_of(cluster, task).exists()
        assert all("release" not in cluster.statements(party, task) for party in PARTIES)
        time.sleep(0.1)
    stranger = tally(cluster, "hospital", "task", "review", name, "--approve")
    assert stranger.returncode == 1
    assert "NotAllowed" in stranger.stderr or "chain." in stranger.stderr
    for word in ("approved", "approved already"):
        said = tally(cluster, "regulator", "task", "review", name, "--approve")
        assert (said.returncode, said.stdout.strip()) == (0, word), said.stderr
    other = tally(cluster, "regulator", "task", "review", name, "--reject")
    assert other.returncode == 1
    assert "review.decided" in other.stderr
    runs.check_completes(task)


def test_a_rejected_output_stays_shut(cluster: Cluster, runs: Runs) -> None:
    task = runs.started(contract_for(cluster, reviewer="regulator", review_within=3_600))
    runs.await_state(task, "completed", 90)
    said = tally(cluster, "regulator", "task", "review", ids.prefixed("task", task), "--reject")
    assert said.returncode == 0, said.stderr

    def shown() -> bool:
        status = runs.status(task)
        return status is not None and [item.code for item in status.reasons] == ["review.rejected"]

    until(20, "the rejection to be shown", shown, poll=0.1)
    for party in PARTIES:
        until(30, f"{party} to be done", lambda party=party: cluster.stage(party, task) == "done", poll=0.1)
        assert "release" not in cluster.statements(party, task)
    assert not result_of(cluster, task).exists()
    runs.check_tidy(task)
    report = runs.check_bundle(task, "completed")
    assert "rejected" in report.steps[8].detail.english
