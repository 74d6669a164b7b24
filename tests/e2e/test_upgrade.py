"""A consortium is upgraded while it runs: what yesterday's consents start, who is asked anew, who is told to upgrade.

The newer engine is a real copy of this release with another version in it, and runs the nodes as an installation of its own.
"""

import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chain import admission
from chain.child import plain_environment
from client import Coordinator
from demo.story import NODES
from demo.system import COMMANDS
from mpc.workflow import digest
from protocol.contract import TaskContract
from protocol.messages import SignedAuthorization
from protocol.typed import Abort
from protocol.verify import verify
from tallystick.patience import patiently
from tests.e2e.conftest import Run
from tests.imports import ROOT
from tests.patience import until

pytestmark = pytest.mark.slow
NEWER = "tallystick.engine@1.0.1"
PACKAGES = ("chain", "cli", "client", "logs", "metrics", "mpc", "orchestrator", "protocol", "tallystick", "workers")
_STOP = 20.0
_ENDS = ("completed", "refused", "aborted", "expired", "disputed")


def start(run: Run, party: str, **environment: str) -> None:
    name = f"node-{party}"
    run.system.children[name].stop(_STOP)
    run.system.run(name, (*COMMANDS["node"], "--state", str(run.system.node_folder(party))), **environment)


@dataclass(frozen=True)
class Upgrade:
    """The newer installation, and yesterday's consents to two kinds of task."""

    run: Run
    copy: Path
    allowing: TaskContract
    exact: TaskContract

    def node(self, party: str) -> None:
        """The party's node from the newer installation, on the state that it has."""
        start(self.run, party, PYTHONPATH=str(self.copy))

    def status_of(self, party: str, *, newer: bool) -> str:
        """What `tally node status` says with one installation or the other."""
        tally = Path(sys.executable).with_name("tally")
        environment = plain_environment(**({"PYTHONPATH": str(self.copy)} if newer else {}))
        command = [str(tally), "node", "status", "--state", str(self.run.system.node_folder(party))]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def described(self) -> str:
        """What the newer installation tells the coordinator, as its publisher."""
        system = self.run.system
        acting = (
            "--coordinator", system.api_url, "--party", "platform", "--wallet", str(system.state / "wallets" / "platform"),
            "--passphrase-file", str(system.state / "passphrases" / "wallet-platform"),
            "--deployment", str(system.deployment_file),
        )  # fmt: skip
        command = [str(Path(sys.executable).with_name("tally")), "admission", *acting, "describe"]
        environment = plain_environment(PYTHONPATH=str(self.copy))
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def task(self, like: TaskContract, engine: str = NEWER) -> TaskContract:
        return replace(like, engine=engine, nonce=secrets.token_hex(32), deadline=int(time.time()) + 600)


def ended(client: Coordinator, *tasks: bytes) -> list[str]:
    until(
        150, "the tasks' end", lambda: all(client.task(task).state in _ENDS for task in tasks), poll=0.2,
        detail=lambda: [client.task(task).to_json() for task in tasks],
    )  # fmt: skip
    return [client.task(task).state for task in tasks]


def consent(run: Run, task: bytes, *, approved_successors: bool) -> None:
    """Both owners sign for all tasks like this one."""
    for owner in ("hospital", "laboratory"):
        with run.client(owner) as client:
            for request in patiently(lambda client=client: client.authorizations(task)):
                if request.owner == owner:
                    message, ask = client.standing(
                        task, request, uses=5, not_after=int(time.time()) + 7200, tasks_per_day=5,
                        approved_successors=approved_successors,
                    )  # fmt: skip
                    signed: SignedAuthorization = client.sign(message, ask)
                    client.authorize_standing(signed)


@pytest.fixture(scope="module")
def upgrade(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    """Yesterday: two tasks on the engine of this release. Today: the newer one is published and approved, with its succession."""
    copy = tmp_path_factory.mktemp("newer")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    named = copy / "mpc" / "workflow" / "digest.py"
    named.write_text(named.read_text("utf-8").replace(f'"{digest.ENGINE}"', f'"{NEWER}"'), "utf-8")
    assert digest.engine_digest(copy / "mpc") != digest.engine_digest()
    purposes = [f"{kind} [ref {secrets.token_hex(16)}]" for kind in ("Upgrades allowed", "This engine only")]
    made = Upgrade(run, copy, *(replace(run.status.contract, purpose=purpose) for purpose in purposes))
    with run.client("hospital") as hospital:
        yesterday: list[bytes] = []
        for contract, allowed in ((made.allowing, True), (made.exact, False)):
            task = hospital.submit(made.task(contract, digest.ENGINE))
            consent(run, task, approved_successors=allowed)
            yesterday.append(task)
        assert ended(hospital, *yesterday) == ["completed", "completed"]
    publisher, certifier = run.gateway("platform"), run.gateway("certifier")
    admission.publish_engine(publisher, NEWER, digest.engine_digest(copy / "mpc"))
    admission.approve(certifier, NEWER, "certifier")
    admission.declare_successor(publisher, digest.ENGINE, NEWER)
    admission.approve_successor(certifier, digest.ENGINE, NEWER, "certifier")
    until(60, "the coordinator to know the release", lambda: f"{NEWER} described" in made.described(), poll=0.5)
    try:
        yield made
    finally:
        for role in NODES:
            start(run, role.name)


def test_nodes_are_upgraded_one_by_one_and_yesterdays_consents_mean_what_they_said(run: Run, upgrade: Upgrade) -> None:
    assert "engine.succeeded" in upgrade.status_of("laboratory", newer=False)
    assert "published and approved" in upgrade.status_of("laboratory", newer=True)
    for party in ("exchange", "hospital"):
        upgrade.node(party)
    with run.client("hospital") as hospital:
        # the laboratory is left behind: nothing starts for nothing, and it is told what to do
        task = patiently(lambda: hospital.submit(upgrade.task(upgrade.allowing)))

        def waits() -> bool:
            found = hospital.task(task)
            return found.state == "proposed" and [r.code for r in found.reasons] == ["node.other_engine"]

        until(60, "who is waited for", waits, poll=0.2, detail=lambda: hospital.task(task).to_json())
        (reason,) = hospital.task(task).reasons
        assert reason.party == "laboratory"
        assert "Upgrade" in reason.fix
        # yesterday's consent that allows successors starts it, once that node is upgraded too
        upgrade.node("laboratory")
        assert ended(hospital, task) == ["completed"]

        # yesterday's consent to exactly the older engine does not: the owners are asked anew
        exact = hospital.submit(upgrade.task(upgrade.exact))
        until(60, "the proposal", lambda: hospital.task(exact).state == "proposed", poll=0.2)
        for owner in ("hospital", "laboratory"):
            with run.client(owner) as client:
                own = [request for request in client.authorizations(exact) if request.owner == owner]
                assert [request.status for request in own] == ["asked"]
                assert NEWER in own[0].sentence.english
        with run.client("laboratory") as laboratory:
            laboratory.refuse(Abort(exact, "laboratory", 1, 9, bytes(32)))
        assert ended(hospital, exact) == ["refused"]


def test_an_old_tasks_bundle_still_verifies_after_the_upgrade(run: Run, upgrade: Upgrade) -> None:
    del upgrade
    report = verify(run.evidence, run.trust)
    assert [step.outcome for step in report.steps] == ["holds"] * 9 + ["nothing"]
