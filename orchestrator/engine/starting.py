"""Tasks whose consent is complete are started; tasks and reviews past their time are expired. The chain decides all."""

from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from chain.errors import ChainError
from orchestrator.engine.items import Items
from orchestrator.services import consent, status
from orchestrator.services.ports import Clock, Constants, Transactions
from orchestrator.store import tasks, work
from orchestrator.store.database import Row, Transaction
from protocol.ask import Ask
from protocol.contract import ZERO32, Proposal, TaskContract, proposal_of
from protocol.errors import UnavailableError
from protocol.limits import LIMITS

_log = structlog.get_logger()
_LONGEST_PAUSE: Final = 30.0
_AWAY: Final = 1.0
"""Seconds after which a task is tried again for which the chain did not answer: the others go first."""
_DAY: Final = 86_400


class TaskSender(Protocol):
    """The writing side of the chain, as :class:`orchestrator.services.sending.Sending` has it."""

    def start(self, task: bytes, proposal: Proposal, authorizations: tuple[bytes, ...]) -> int:
        """Start a task."""
        ...

    def expire(self, task: bytes) -> int:
        """Expire a task."""
        ...

    def expire_review(self, task: bytes) -> int:
        """End a task's review."""
        ...


class Starting:
    """Looks at proposed tasks when something happened that they may wait for, and now and then; what it knows is in the database."""

    def __init__(self, database: Transactions, sender: TaskSender, chain: Constants, clock: Clock) -> None:
        self._database: Final = database
        self._sender: Final = sender
        self._chain: Final = chain
        self._clock: Final = clock
        self._starts: Final = Items(database, "start")
        self._expiries: Final = Items(database, "expire")
        self._reviews: Final = Items(database, "expire-review")

    def start_step(self) -> bool:
        """Start what can start; False when nothing could."""
        with self._database.transaction() as tx:
            waiting = tasks.to_start(tx)
        return self._starts.each(waiting, bytes.hex, self._started, bytes)

    def _started(self, task: bytes) -> bool:
        chosen = self._ready(task)
        if chosen is None:
            return False
        contract, authorizations = chosen
        return self._attempt(task, "start", lambda: self._sender.start(task, proposal_of(contract), authorizations))

    def expire_step(self) -> bool:
        """Expire what is overdue, tasks and reviews; False when nothing was."""
        now = self._clock()
        with self._database.transaction() as tx:
            late = tasks.overdue(tx, now, LIMITS.deadline_grace)
            silent = tasks.unreviewed(tx, now)
        expired = self._expiries.each(
            late, lambda row: bytes(row["task_id"]).hex(), self._expired, lambda row: bytes(row["task_id"])
        )
        return self._reviews.each(silent, bytes.hex, self._review_expired, bytes) or expired

    def _review_expired(self, task: bytes) -> bool:
        return self._attempt(task, "expire-review", lambda: self._sender.expire_review(task))

    def _expired(self, row: Row) -> bool:
        task = bytes(row["task_id"])
        if row["state"] == "submitted":
            self._never_proposed(task)
            return True
        return self._attempt(task, "expire", lambda: self._sender.expire(task))

    def _ready(self, task: bytes) -> tuple[TaskContract, tuple[bytes, ...]] | None:
        now = self._clock()
        with self._database.transaction() as tx:
            tasks.look_later(tx, task)
            row = tasks.get(tx, task)
            if row is None or row["state"] != "proposed" or row["deadline"] < now:
                return None
            contract = TaskContract.read(bytes(row["contract"]))
            if status.waiting_for_start(tx, self._chain, row, contract, now):
                return None
            asks = consent.asks(tx, self._chain, row, now)
            if standing := [ask for ask in asks if ask.message.task == ZERO32]:
                if not self._within_rates(tx, task, standing, now):
                    tasks.look_in(tx, task, _AWAY)
                    return None
                work.note_attempt(tx, task, "start", seconds=_AWAY, error=_seen("start"))
            return contract, tuple(ask.digest for ask in asks)

    def _within_rates(self, tx: Transaction, task: bytes, standing: list[consent.Ask], now: int) -> bool:
        """Whether standing authorizations allow one more task today, those counted whose start is sent and not read yet.

        An owner's node refuses what is beyond the rate, and the use would be gone.
        """
        sent: Counter[bytes] = Counter()
        for other in work.starts_under_way(tx):
            row = tasks.get(tx, other)
            if other != task and row is not None:
                sent.update({ask.digest for ask in consent.asks(tx, self._chain, row, now)})
        return all(
            tasks.starts_today(tx, ask.digest, now - _DAY) + sent[ask.digest] < Ask.read(ask.policy).tasks_per_day
            for ask in standing
        )

    def _never_proposed(self, task: bytes) -> None:
        """The chain did not take a proposal by its deadline, nor in the relay's grace."""
        with self._database.transaction() as tx:
            tasks.fail(
                tx,
                task,
                "task.never_proposed",
                "The proposal did not get onto the chain before its deadline.",
                "Submit a new task.",
            )
        _log.warning("task.never_proposed", task=task.hex())

    def _attempt(self, task: bytes, action: str, act: Callable[[], int]) -> bool:
        try:
            block = act()
        except UnavailableError as error:
            with self._database.transaction() as tx:
                work.note_attempt(tx, task, action, seconds=_AWAY, error=(error.code, error.what, error.fix))
                if action == "start":
                    tasks.look_in(tx, task, _AWAY)
            raise
        except ChainError as error:
            with self._database.transaction() as tx:
                noted = work.attempt(tx, task, action)
                tries = 0 if noted is None else noted["tries"]
                pause = min(_LONGEST_PAUSE, 0.5 * 2 ** min(tries, 8))
                work.note_attempt(tx, task, action, seconds=pause, error=(error.code, error.what, error.fix))
                if action == "start":
                    tasks.look_in(tx, task, pause)
            _log.warning("task.action_refused", task=task.hex(), action=action, code=error.code, pause=pause)
            return False
        with self._database.transaction() as tx:
            # Until the index has seen the event, this pause keeps the same action from being tried again.
            work.note_attempt(tx, task, action, seconds=2.0, error=_seen(action))
        _log.info("task.action_done", task=task.hex(), action=action, block=block)
        return True


def _seen(action: str) -> tuple[str, str, str]:
    return f"task.{action}_seen", f"The {action} is on chain and is being read.", "Wait a moment."
