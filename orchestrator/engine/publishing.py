"""The outbox: what the database says is owed goes to the broker, and is marked once the broker has it."""

from typing import Final

import structlog

from orchestrator.engine.items import Items
from orchestrator.services.ports import Publisher, Transactions
from orchestrator.store import work
from orchestrator.store.database import Row
from protocol import canonical
from protocol.errors import UnavailableError
from protocol.limits import LIMITS

_log = structlog.get_logger()
_LONGEST_PAUSE: Final = 30.0
_BATCH: Final = 50
_LIMIT: Final = 8 * LIMITS.task_contract


class Publishing:
    """One step publishes what is due, each message once, without holding the database while the broker is slow.

    A kill between the broker's word and the mark publishes again, under the same message id. A party whose broker does
    not answer makes nobody else wait: its other messages are put off untried.
    """

    def __init__(self, database: Transactions, publisher: Publisher) -> None:
        self._database: Final = database
        self._publisher: Final = publisher
        self._items: Final = Items(database, "publish")

    def step(self) -> bool:
        """Publish what is due; False when nothing was."""
        with self._database.transaction() as tx:
            due = work.due_messages(tx, _BATCH)
        down: set[str] = set()

        def publish(row: Row) -> bool:
            if row["party"] not in down and not self._one(row):
                down.add(row["party"])
                with self._database.transaction() as tx:
                    pause = min(_LONGEST_PAUSE, 0.5 * 2 ** min(row["attempts"], 8))
                    work.postpone_messages(tx, row["party"], pause)
            return True

        return self._items.each(due, lambda row: str(row["id"]), publish, lambda row: bytes(row["task_id"]))

    def _one(self, row: Row) -> bool:
        party, name, task = row["party"], row["name"], bytes(row["task_id"]).hex()
        try:
            self._publisher.publish(party, name, canonical.loads(bytes(row["body"]), _LIMIT), f"{name}:{task}:{party}")
        except UnavailableError as error:
            _log.warning("outbox.postponed", party=party, name=name, task=task, code=error.code)
            return False
        with self._database.transaction() as tx:
            work.published(tx, row["id"])
        _log.info("outbox.published", party=party, name=name, task=task)
        return True
