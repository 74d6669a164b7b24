"""Tasks whose consent is complete are started; tasks past their deadline are expired. The chain decides both."""

from collections.abc import Callable
from typing import Final, Protocol

import structlog

from chain.errors import ChainError
from orchestrator.services import consent, status
from orchestrator.services.ports import Clock, Transactions
from orchestrator.store import tasks, work
from orchestrator.store.database import Row, Transaction
from protocol.contract import TaskContract, proposal_of
from protocol.limits import LIMITS
from protocol.typed import Proposal

_log = structlog.get_logger()
_LONGEST_PAUSE: Final = 30.0


class TaskSender(Protocol):
    """The writing side of the chain, as :class:`orchestrator.services.sending.Sending` has it."""

    def start(self, task: bytes, proposal: Proposal, authorizations: tuple[bytes, ...]) -> int:
        """Start a task."""
        ...

    def expire(self, task: bytes) -> int:
        """Expire a task."""
        ...


class Starting:
    """Looks through proposed tasks; everything it knows is in the database."""

    def __init__(self, database: Transactions, sender: TaskSender, clock: Clock) -> None:
        self._database: Final = database
        self._sender: Final = sender
        self._clock: Final = clock

    def start_step(self) -> bool:
        """Start what can start; False when nothing could."""
        with self._database.transaction() as tx:
            waiting = tasks.proposed(tx)
        started = False
        for row in waiting:
            chosen = self._ready(bytes(row["task_id"]))
            if chosen is not None:
                contract, authorizations = chosen
                task = bytes(row["task_id"])
                started |= self._attempt(
                    task, "start", lambda t=task, c=contract, a=authorizations: self._sender.start(t, proposal_of(c), a)
                )
        return started

    def expire_step(self) -> bool:
        """Expire what is overdue; False when nothing was."""
        with self._database.transaction() as tx:
            late = tasks.overdue(tx, self._clock())
        expired = False
        for row in late:
            task = bytes(row["task_id"])
            if row["state"] is None:
                expired |= self._never_proposed(row)
            else:
                expired |= self._overdue(task)
        return expired

    def _ready(self, task: bytes) -> tuple[TaskContract, tuple[bytes, ...]] | None:
        now = self._clock()
        with self._database.transaction() as tx:
            row = tasks.get(tx, task)
            if row is None or row["state"] != "proposed" or row["deadline"] < now or not _due(tx, task, "start"):
                return None
            contract = TaskContract.read(bytes(row["contract"]))
            if status.waiting_for_start(tx, row, contract, now):
                return None
            return contract, tuple(ask.digest for ask in consent.asks(tx, row, now))

    def _overdue(self, task: bytes) -> bool:
        with self._database.transaction() as tx:
            due = _due(tx, task, "expire")
        return due and self._attempt(task, "expire", lambda: self._sender.expire(task))

    def _never_proposed(self, row: Row) -> bool:
        """A proposal that the chain did not take by its deadline: give the relay its grace, then say so."""
        if self._clock() < row["deadline"] + LIMITS.deadline_grace:
            return False
        with self._database.transaction() as tx:
            tasks.fail(
                tx,
                bytes(row["task_id"]),
                "task.never_proposed",
                "The proposal did not get onto the chain before its deadline.",
                "Submit a new task.",
            )
        _log.warning("task.never_proposed", task=bytes(row["task_id"]).hex())
        return True

    def _attempt(self, task: bytes, action: str, act: Callable[[], int]) -> bool:
        try:
            block = act()
        except ChainError as error:
            with self._database.transaction() as tx:
                noted = work.attempt(tx, task, action)
                tries = 0 if noted is None else noted["tries"]
                pause = min(_LONGEST_PAUSE, 0.5 * 2 ** min(tries, 8))
                work.note_attempt(tx, task, action, seconds=pause, error=(error.code, error.what, error.fix))
            _log.warning("task.action_refused", task=task.hex(), action=action, code=error.code, pause=pause)
            return False
        with self._database.transaction() as tx:
            # Until the index has seen the event, this pause keeps the same action from being tried again.
            waiting = (f"task.{action}_seen", f"The {action} is on chain and is being read.", "Wait a moment.")
            work.note_attempt(tx, task, action, seconds=2.0, error=waiting)
        _log.info("task.action_done", task=task.hex(), action=action, block=block)
        return True


def _due(tx: Transaction, task: bytes, action: str) -> bool:
    noted = work.attempt(tx, task, action)
    return noted is None or noted["due"]
