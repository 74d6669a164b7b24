"""Tasks over the small data, and what must hold of each when it has ended: on chain, at the nodes, in its bundle."""

import hashlib
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from chain.events import Logged
from chain.gateway import Gateway
from chain.indexer import Indexer, MemoryCursorStore
from demo import results, story
from mpc.programs.catalogue import find
from protocol import events
from protocol.api import TaskStatus
from protocol.ask import complete
from protocol.contract import Step, TaskContract
from protocol.errors import TallyError, UnavailableError
from protocol.messages import SignedAuthorization
from protocol.verify import Report, verify
from tallystick.patience import patiently
from tests.patience import until
from tests.simulation.cluster import OWNERS, PARTIES, Cluster, sides

DEADLINE: Final = 240
COMPLETES: Final = 90.0
ENDED_AT_NODE: Final = frozenset({"done", "refused", "aborted", "expired", "disputed"})
LONG: Final = 100
"""Iterations of a run that computes for seconds: long enough to be met after its input and before its end."""


def contract_for(cluster: Cluster, seconds: int = DEADLINE, iterations: int = 3, **changes: Any) -> TaskContract:
    """The demo's workflow with the least work unless more is asked for: three iterations, eight thresholds."""
    parameters: dict[str, tuple[tuple[str, str | int], ...]] = {
        "fit": (("c", "0.1"), ("iterations", iterations)),
        "judge": (("thresholds", 8),),
    }
    contract = story.task_contract(
        {owner: cluster.data_set(owner) for owner in OWNERS},
        sides(),
        int(time.time()) + seconds,
        assessment=hashlib.sha256(b"simulated").digest(),
        outputs=("fit.coefficients", "judge.auc"),
    )
    steps = tuple(
        Step(step.id, step.program, parameters.get(step.id, step.parameters), step.inputs) for step in contract.steps
    )
    small = replace(contract, steps=steps)
    return replace(complete(small, {name: find(name).published() for name in small.programs}), **changes)


class Runs:
    """Drives tasks through the API as the parties would, and reads the chain with a reader of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster: Final = cluster
        self._store = MemoryCursorStore()
        self._indexer = Indexer(Gateway(cluster.rpc_url, cluster.deployment), self._store)

    # acts

    def submit(self, contract: TaskContract | None = None) -> bytes:
        """The hospital's wallet proposes; returns when the chain shows it."""
        with self.cluster.client("hospital") as client:
            task = client.submit(contract or contract_for(self.cluster))
        self.await_state(task, "proposed", 30)
        return task

    def sign(self, task: bytes) -> tuple[SignedAuthorization, ...]:
        """Each owner's wallet signs what it is asked; nothing is sent yet."""
        found: list[SignedAuthorization] = []
        for owner in OWNERS:
            with self.cluster.client(owner) as client:
                requests = patiently(lambda client=client: client.authorizations(task))
                found += [client.sign(*client.asked(task, request)) for request in requests if request.owner == owner]
        return tuple(found)

    def authorize(self, task: bytes) -> None:
        """Each owner's wallet signs and sends."""
        for signed in self.sign(task):
            with self.cluster.client(signed.owner) as client:
                client.authorize(task, signed)

    def started(self, contract: TaskContract | None = None) -> bytes:
        """A task that is on its way to the nodes."""
        task = self.submit(contract)
        self.authorize(task)
        return task

    # waits

    def status(self, task: bytes) -> TaskStatus | None:
        """What the API says; None while it does not answer."""
        try:
            with self.cluster.client("hospital") as client:
                return client.task(task)
        except UnavailableError:
            return None

    def await_state(self, task: bytes, state: str, seconds: float) -> TaskStatus:
        """Wait until the API shows a state; a different end fails at once with its reasons."""
        found: list[TaskStatus] = []

        def there() -> bool:
            status = self.status(task)
            if status is None:
                return False
            found[:] = [status]
            if status.ended and status.state != state:
                raise AssertionError(f"the task ended as {status.state}: {status.reasons}; {self.cluster.stages(task)}")
            return status.state == state

        until(seconds, f"state {state}", there, poll=0.1)
        return found[0]

    def await_stage(self, party: str, task: bytes, stages: frozenset[str], seconds: float = 60) -> str:
        """Wait until a node's own disk shows one of the stages."""
        found = [""]

        def there() -> bool:
            found[0] = self.cluster.stage(party, task)
            return found[0] in stages

        what = f"{party} in {sorted(stages)}"
        until(seconds, what, there, poll=0.005, detail=lambda: f"stages {self.cluster.stages(task)}")
        return found[0]

    # what the chain says

    def chain_events(self, task: bytes) -> list[Logged]:
        """Everything on chain about a task, oldest first."""
        return [logged for logged in self.all_events() if getattr(logged.event, "task", None) == task]

    def all_events(self) -> list[Logged]:
        """Everything on chain, oldest first."""
        self._indexer.catch_up()
        return list(self._store.events)

    def counts(self, task: bytes) -> Counter[str]:
        """How often each event happened for a task."""
        return Counter(logged.name for logged in self.chain_events(task))

    def check_nothing_twice(self, task: bytes) -> None:
        """One use of each authorization, one commitment and one attestation of each party, one end: never more."""
        found = [logged.event for logged in self.chain_events(task)]
        uses = Counter(event.authorization for event in found if isinstance(event, events.UseConsumed))
        started = [event for event in found if isinstance(event, events.TaskStarted)]
        assert len(started) <= 1
        assert uses == Counter(started[0].authorizations if started else ())
        assert len(uses) == (len(OWNERS) if started else 0)
        for kind, who in ((events.RunCommitted, "party"), (events.ResultAttested, "result_user")):
            each = Counter(getattr(event, who) for event in found if isinstance(event, kind))
            assert all(count == 1 for count in each.values()), each
        ends = (events.TaskCompleted, events.TaskAborted, events.TaskExpired, events.TaskDisputed)
        assert sum(isinstance(event, ends) for event in found) == 1

    # ends

    def check_completes(self, task: bytes, seconds: float = COMPLETES) -> None:
        """The task completes with everything that belongs to it: result, anchors, a bundle that verifies."""
        cluster = self.cluster
        self.await_state(task, "completed", seconds)
        found = results.await_result(cluster.node_folder("hospital"), task, 60)
        assert len(found.outputs["fit.coefficients"]) == 5
        assert 0 <= found.outputs["judge.auc"] <= 1
        for party in PARTIES:
            until(60, f"{party} to be done", lambda party=party: cluster.stage(party, task) == "done", poll=0.1)
        until(30, "the attestation", lambda: self.counts(task)["ResultAttested"] == 1, poll=0.2)
        self.check_nothing_twice(task)
        counted = self.counts(task)
        assert (counted["TaskStarted"], counted["RunCommitted"], counted["TaskCompleted"]) == (1, len(PARTIES), 1)
        self.check_bundle(task, "Completed")
        self.check_tidy(task)

    def check_fails_well(self, task: bytes) -> TaskStatus:
        """The task ended early: well before its deadline, with a reason and who, at the coordinator and at every node."""
        cluster = self.cluster
        found: list[TaskStatus] = []

        def ended() -> bool:
            found[:] = [status for status in (self.status(task),) if status is not None]
            return bool(found) and found[0].ended

        until(60, "an end", ended, poll=0.1)
        status = found[0]
        assert status.state in ("aborted", "refused"), (status.state, status.reasons)
        assert time.time() < status.contract.deadline - 60
        assert status.reasons
        for reason in status.reasons:
            assert reason.code.startswith("run."), reason
            assert reason.party in PARTIES, reason
            assert reason.what, reason
            assert reason.fix, reason
        for party in PARTIES:
            until(45, f"{party}'s end", lambda party=party: cluster.stage(party, task) in ENDED_AT_NODE, poll=0.1)
        self.check_nothing_twice(task)
        self.check_bundle(task, status.state.capitalize())
        self.check_tidy(task)
        return status

    def check_bundle(self, task: bytes, state: str) -> Report:
        """Evidence is complete: a bundle from the coordinator holds in every step against the chain's own block."""
        reports: list[Report] = []

        def holds() -> bool:
            if letters := self.cluster.dead_letters(task):
                raise AssertionError(f"the engine gave up on the task: {letters}")
            with suppress(TallyError), self.cluster.client("regulator") as client:
                data = client.evidence(task)
                head = results.head_of(self.cluster, data)
                reports[:] = [verify(data, replace(self.cluster.deployment.trust(), head=head))]
                return reports[0].exit_code == 0
            return False

        def so_far() -> object:
            steps = [f"{s.number} {s.outcome} {s.detail.english}" for report in reports for s in report.steps]
            return (
                f"{steps or 'no bundle'}; the engine's last error about it: {self.cluster.engine_error(task) or 'none'}"
            )

        until(60, "a bundle that verifies", holds, poll=0.5, detail=so_far)
        assert reports[0].state.lower() == state.lower()
        return reports[0]

    def check_tidy(self, task: bytes) -> None:
        """No working copy is left, and no MPC process but the one that each node keeps waiting for its next order."""
        for party in PARTIES:
            until(
                10, f"{party}'s MPC process to end", lambda p=party: len(self.cluster.pids(f"child-{p}")) <= 1, poll=0.1
            )
            assert not (self.cluster.node_folder(party) / "work" / task.hex()).exists(), party

    def check_next_works(self) -> None:
        """Whatever happened, the next task completes."""
        task = self.started()
        self.await_state(task, "completed", COMPLETES)
        self.check_nothing_twice_later(task)

    def check_nothing_twice_later(self, task: bytes) -> None:
        """As :meth:`check_nothing_twice`, once the chain's reader has caught up with what the API showed."""
        until(10, "the end on chain", lambda: self.counts(task)["TaskCompleted"] == 1, poll=0.1)
        self.check_nothing_twice(task)
