"""Drives all jobs of the node: what the broker says only wakes it; disk and chain say what is next.

Two threads call it: ``tick`` for everything that waits for chain or clock, ``run_next`` for the one MPC child. All nodes
take their runs in the order in which the chain started the tasks, and give up a connection attempt after a while, so two
tasks over the same parties never block each other for good.
"""

import threading
from typing import Any, Final

import structlog

from protocol.contract import TaskContract
from protocol.errors import RefusedError, TallyError, UnavailableError
from protocol.messages import RunDispatch, TaskNotice
from workers.anchoring import Anchoring
from workers.jobs.context import JobContext
from workers.jobs.run import Runner, RunStages
from workers.jobs.settle import SettleStages
from workers.jobs.stages import Stage
from workers.node import Node
from workers.state import Job
from workers.supervise import run_child

_log = structlog.get_logger()
MAX_WAITING: Final = 1000
"""Dispatches held that the chain has not confirmed: a coordinator cannot fill the disk with them."""
_RUN_STAGES: Final = frozenset({Stage.CHECKED, Stage.RUNNING, Stage.INPUT_SENT})


class Machine:
    """The node's jobs. Safe for its two threads and the broker's."""

    def __init__(self, node: Node, runner: Runner = run_child) -> None:
        self.node: Final = node
        jobs = JobContext(node)
        self.anchoring: Final = Anchoring(node)
        self._run = RunStages(jobs, runner)
        self._settle = SettleStages(jobs, self.anchoring)
        self._lock = threading.Lock()

    def dispatch(self, message: object) -> None:
        """``tally.task.run``: keep it; once, however often it is delivered."""
        dispatch = RunDispatch.parse(message)
        deadline = _deadline(dispatch)
        node = self.node
        with node.state.transaction():
            old = node.state.job(dispatch.task)
            if old is not None and old.ended and old.reason == "check.not_started":
                node.state.forget_job(dispatch.task)
            waiting = sum(job.stage == Stage.RECEIVED for job in node.state.jobs(open_only=True))
            if waiting >= MAX_WAITING:
                raise RefusedError("node.busy", f"{waiting} tasks wait for the chain.", "Send fewer tasks at once.")
            fresh = node.state.add_job(dispatch, deadline, node.clock())
        _log.info("job.received" if fresh else "job.known", task=dispatch.task.hex())
        node.wake.set()

    def release(self, message: object) -> None:
        """``tally.task.release``: nothing is believed, the chain is looked at now instead of at the next tick."""
        notice = TaskNotice.parse(message)
        if self.node.state.job(notice.task) is not None:
            self.node.state.postpone(notice.task, 0)
        self.node.wake.set()

    def collect(self, message: object) -> None:
        """``tally.result.collect``: the shares for this result user are complete."""
        self.node.state.add_collection(TaskNotice.parse(message).task, self.node.clock())
        self.node.wake.set()

    def resume(self) -> None:
        """After a start: runs that had not sent input go on, the others end."""
        for job in self.node.state.jobs(open_only=True):
            self._run.resume(job)

    def tick(self) -> None:
        """Advance everything that waits for chain or clock; an endpoint that does not answer only delays."""
        with self._lock:
            for job in self.node.state.jobs(open_only=True):
                if job.stage not in _RUN_STAGES:
                    self._advance(job.task)
            try:
                self.anchoring.tick()
            except UnavailableError as error:
                _log.warning("anchor.chain_unavailable", code=error.code)

    def run_next(self) -> bool:
        """Run the earliest started task that is due; False when there is none."""
        now = self.node.clock()
        for job in self.node.state.jobs(open_only=True):
            if job.stage == Stage.CHECKED and job.next_at <= now:
                self._guarded(job, lambda job=job: self._run.attempt(job))
                self.node.wake.set()
                return True
        return False

    def _advance(self, task: bytes) -> None:
        """One job as far as it goes without waiting."""
        while not self.node.stopping.is_set():
            job = self.node.state.job(task)
            if job is None or job.ended or job.stage in _RUN_STAGES or job.next_at > self.node.clock():
                return
            step = {
                Stage.RECEIVED: self._run.received,
                Stage.COMPUTED: self._settle.computed,
                Stage.COMMITTED: self._settle.committed,
                Stage.COMPLETED: self._settle.completed,
                Stage.RELEASED: self._settle.erase,
                Stage.FAILED: self._settle.erase,
                Stage.ERASED: self._settle.erased,
                Stage.ANCHORED: self._settle.anchored,
            }[job.stage]
            self._guarded(job, lambda job=job, step=step: step(job))
            after = self.node.state.job(task)
            if after is None or after.stage == job.stage:
                return

    def _guarded(self, job: Job, act: Any) -> None:  # noqa: ANN401 - a callable without arguments
        """A failing endpoint or a defect must stop neither the other jobs nor the node."""
        try:
            act()
        except UnavailableError as error:
            _log.warning("job.unavailable", task=job.task.hex(), stage=job.stage, code=error.code)
            self.node.state.postpone(job.task, self.node.clock() + 1)
        except TallyError as error:
            _log.error("job.failed", task=job.task.hex(), stage=job.stage, code=error.code)
            self.node.state.postpone(job.task, self.node.clock() + 5)


def _deadline(dispatch: RunDispatch) -> int:
    """As the contract says; the chain's is compared in the check. 0 when the bytes are no contract."""
    try:
        return TaskContract.read(dispatch.contract).deadline
    except TallyError:
        return 0
