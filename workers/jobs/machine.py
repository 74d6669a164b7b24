"""Drives all jobs of the node: what the broker says only wakes it; disk and chain say what is next.

``tick`` is for everything that waits for chain or clock; ``waiting``, ``plan`` and ``attempt`` are the scheduler's
(:mod:`workers.slots`), which runs several children at once.
"""

import threading
from typing import Any, Final

import structlog

from logs.context import about
from protocol.contract import TaskContract
from protocol.errors import RefusedError, TallyError, UnavailableError
from protocol.messages import RunDispatch, TaskNotice
from workers.anchoring import Anchoring
from workers.jobs.context import JobContext
from workers.jobs.run import Runner, RunStages, Seat
from workers.jobs.settle import SettleStages
from workers.jobs.stages import Stage
from workers.node import Node
from workers.slots.plan import Plan
from workers.state import Job
from workers.supervise import run_child

_log = structlog.get_logger()
MAX_WAITING: Final = 1000
"""Dispatches held that the chain has not confirmed: a coordinator cannot fill the disk with them."""
_RUN_STAGES: Final = frozenset({Stage.CHECKED, Stage.RUNNING, Stage.INPUT_SENT})


class Machine:
    """The node's jobs. Safe for all its threads."""

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

    def waiting(self) -> list[Job]:
        """Checked runs that are due for a look, in the common order of all nodes."""
        now = self.node.clock()
        return [
            job for job in self.node.state.jobs(open_only=True) if job.stage == Stage.CHECKED and job.next_at <= now
        ]

    def plan(self, task: bytes, missed: str = "") -> Plan | None:
        """The party check of a run that waits; None when it waits no more, or the chain cannot be asked now."""
        found: list[Plan | None] = []
        self._guarded(task, Stage.CHECKED, lambda: found.append(self._run.plan(task, missed)))
        return found[0] if found else None

    def say_waiting(self, job: Job, note: str, peer: str) -> None:
        """Tell the coordinator whom a run waits for."""
        self._run.jobs.progress(job, "waiting", "connect", 0, 0, note, peer)

    def attempt(self, task: bytes, seat: Seat) -> bool:
        """One attempt at a run in its slot; blocks. True when it is to wait for another attempt."""
        try:
            self._guarded(task, Stage.RUNNING, lambda: self._run.attempt(task, seat))
        except Exception:  # noqa: BLE001 - a defect must not leave the run between two stages; the log says what and where
            _log.exception("job.defect", task=task.hex())
        job = self.node.state.job(task)
        if job is not None and job.stage in (Stage.RUNNING, Stage.INPUT_SENT) and not self.node.stopping.is_set():
            self._run.resume(job)  # the attempt broke in the middle: as after a restart
            job = self.node.state.job(task)
        self.node.wake.set()
        return job is not None and job.stage == Stage.CHECKED

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
            self._guarded(job.task, job.stage, lambda job=job, step=step: step(job))
            after = self.node.state.job(task)
            if after is None or after.stage == job.stage:
                return

    def _guarded(self, task: bytes, stage: Stage, act: Any) -> None:  # noqa: ANN401 - a callable without arguments
        """A failing endpoint or a defect must stop neither the other jobs nor the node."""
        with about(task):
            try:
                act()
            except UnavailableError as error:
                _log.warning("job.unavailable", stage=stage, code=error.code)
                self.node.state.postpone(task, self.node.clock() + 1)
            except TallyError as error:
                _log.error("job.failed", stage=stage, code=error.code)
                self.node.state.postpone(task, self.node.clock() + 5)


def _deadline(dispatch: RunDispatch) -> int:
    """As the contract says; the chain's is compared in the check. 0 when the bytes are no contract."""
    try:
        return TaskContract.read(dispatch.contract).deadline
    except TallyError:
        return 0
