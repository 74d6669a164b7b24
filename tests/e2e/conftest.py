"""One real run of the whole system, shared by all end-to-end tests: chain, database, broker, three nodes, real MPC.

The owners' tables carry canaries (:mod:`tests.e2e.canaries`). While the task runs, one loop watches what is readable
when; everything else is looked at afterwards. The tests that stop the system come last.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import psycopg
import pytest
from eth_account.signers.local import LocalAccount

from chain.bindings import tasks
from chain.endpoint import Endpoint
from chain.events import Logged, decode_logs
from chain.gateway import Gateway
from client import Coordinator
from demo import results, story
from demo.data import Side, split
from demo.system import System
from protocol import bundle
from protocol.api import TaskStatus
from protocol.bundle import BundleMaterial
from protocol.trust import Trust
from protocol.vocabulary import TaskState
from tallystick.patience import patiently
from tests.e2e import canaries
from tests.patience import Patience, scaled

_DEADLINE = 600
_LONGEST = 150.0
_BUNDLE = 60.0
_LAST = "test_restart.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The shared run is part of whichever test comes first; what stops the system comes last."""
    here = Path(__file__).parent
    ours = [item for item in items if item.path.parent == here]
    for item in ours:
        item.add_marker(pytest.mark.timeout(400))
    slots = [position for position, item in enumerate(items) if item in ours]
    for slot, item in zip(slots, sorted(ours, key=lambda item: item.path.name == _LAST), strict=True):
        items[slot] = item


@dataclass(frozen=True, slots=True)
class Sample:
    """What could be read at one moment; the chain was asked after the rest."""

    sealed: int
    result_file: bool
    state: TaskState


@dataclass(frozen=True, repr=False)
class Run:
    """The completed run."""

    system: System
    sides: dict[str, Side]
    planted: dict[str, tuple[float, ...]]
    accounts: dict[str, LocalAccount]
    task: bytes
    status: TaskStatus
    joint: results.JointResult
    samples: tuple[Sample, ...]
    evidence: bytes
    head: tuple[int, bytes]

    @cached_property
    def material(self) -> BundleMaterial:
        """The evidence bundle, read."""
        return bundle.read(self.evidence)

    @property
    def trust(self) -> Trust:
        """The trust root with the bundle's last block, as the regulator's own endpoint told it."""
        return replace(self.system.deployment.trust(), head=self.head)

    def client(self, party: str) -> AbstractContextManager[Coordinator]:
        """A party's client."""
        return self.system.client(party, self.accounts[party])

    def gateway(self, party: str) -> Gateway:
        """The chain, with a party's wallet as sender."""
        return Gateway(self.system.rpc_url, self.system.deployment, self.accounts[party])

    def events(self) -> tuple[Logged, ...]:
        """All events of the deployment until now, from the chain endpoint itself."""
        endpoint, deployment = Endpoint(self.system.rpc_url), self.system.deployment
        return decode_logs(deployment.contracts, endpoint.logs(list(deployment.contracts.values()), 0, endpoint.head()))


@pytest.fixture(scope="package")
def run() -> Iterator[Run]:
    """The shared run; nothing of it is left afterwards."""
    state = Path(tempfile.mkdtemp(prefix="tally-e2e-", dir="/tmp"))
    state.chmod(0o711)  # as root, PostgreSQL is another user who must pass through
    sides, planted = canaries.plant(*split())
    system = System(state, sides, work=2**14)
    try:
        with system:
            accounts = _accounts(system)
            yield _run(system, sides, planted, accounts)
    finally:
        system.erase()
        shutil.rmtree(state, ignore_errors=True)


def _accounts(system: System) -> dict[str, LocalAccount]:
    names = [role.name for role in story.CAST]
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(system.wallet_account, names), strict=True))


def _run(
    system: System, sides: dict[str, Side], planted: dict[str, tuple[float, ...]], accounts: dict[str, LocalAccount]
) -> Run:
    contract = canaries.with_words(
        story.task_contract(
            {owner: system.data_set(owner) for owner in sides},
            sides,
            int(time.time()) + _DEADLINE,
            assessment=hashlib.sha256(b"the impact assessment of this run").digest(),
        )
    )
    with (
        system.client("hospital", accounts["hospital"]) as hospital,
        system.client("laboratory", accounts["laboratory"]) as laboratory,
    ):
        found = hospital.preflight(contract)
        assert found.problems == ()
        task = hospital.submit(contract)
        for client in (hospital, laboratory):
            for request in patiently(lambda client=client: client.authorizations(task)):
                if request.owner == client.party:
                    client.authorize(task, client.sign(*client.asked(task, request)))
        samples = _watch(system, hospital, task)
        status = hospital.task(task)
    assert status.state == "completed", status.reasons
    joint = results.await_result(system.node_folder("hospital"), task, scaled(60))
    system.start_explorer()
    evidence = _evidence(system, accounts["regulator"], task)
    head = results.head_of(system, evidence)
    return Run(system, sides, planted, accounts, task, status, joint, samples, evidence, head)


def _watch(system: System, client: Coordinator, task: bytes) -> tuple[Sample, ...]:
    """Until the result's file is there: what is readable, and only then what the chain says."""
    folder = system.node_folder("hospital") / "results" / task.hex()
    chain = Gateway(system.rpc_url, system.deployment)
    samples: list[Sample] = []
    patience = Patience(_LONGEST, "the task's end")
    with psycopg.connect(system.stack.info.database, autocommit=True) as database:
        while True:
            counted = database.execute("SELECT count(*) FROM tally.sealed_shares").fetchone()
            assert counted is not None
            written = (folder / "result.json").exists()
            state = TaskState(chain.read(tasks.state_of(task), block=chain.head()))
            samples.append(Sample(counted[0], written, state))
            if written or (state > TaskState.STARTED and state != TaskState.COMPLETED):
                return tuple(samples)
            patience.check(lambda: client.task(task).to_json())
            time.sleep(0.05)


def _evidence(system: System, account: LocalAccount, task: bytes) -> bytes:
    """The bundle with every party's log and the attestation, as the regulator fetches it."""
    patience = Patience(_BUNDLE, "the evidence bundle")
    with system.client("regulator", account) as client:
        while True:
            try:
                return client.evidence(task)
            except Exception as error:
                if getattr(error, "code", "") != "evidence.not_ready":
                    raise
                patience.check(lambda: client.task(task).to_json())
            time.sleep(0.2)
