"""Items of a loop, each on its own: whatever one of them throws, the others go on.

What something else fails by (``UnavailableError``: database, broker, chain; a chain that is not the deployment's) is no
item's fault: it goes to the loop, whose growing pause applies to all. What the chain's node refuses may be this item's
or the node's own trouble: it is noted and tried again after a growing pause, for ever. Any other exception is the
item's: it is noted likewise, and after :data:`orchestrator.store.faults.MOST_TRIES` tries is a dead letter.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import structlog

from chain.endpoint import RefusedByNodeError
from chain.errors import WrongChainError
from logs.context import about
from orchestrator.services.ports import Transactions
from orchestrator.store import faults
from protocol.errors import UnavailableError

_log = structlog.get_logger()
T = TypeVar("T")


class Items:
    """The items of one loop."""

    def __init__(self, database: Transactions, loop: str) -> None:
        self._database: Final = database
        self._loop: Final = loop

    def each(
        self,
        items: Iterable[T],
        name: Callable[[T], str],
        act: Callable[[T], bool],
        task: Callable[[T], bytes | None] = lambda _: None,
    ) -> bool:
        """Do every item that is not put off; whether any said that it did something. Lines of the log name the item's ``task``."""
        busy = False
        for item in items:
            with about(task(item)):
                busy |= self._done(item, name, act)
        return busy

    def _done(self, item: T, name: Callable[[T], str], act: Callable[[T], bool]) -> bool:
        try:
            busy = act(item)
        except RefusedByNodeError as error:
            self._failed(name(item), error, for_good=False)
            return False
        except (UnavailableError, WrongChainError):
            raise
        except Exception as error:  # noqa: BLE001 - see the module
            self._failed(name(item), error)
            return False
        with self._database.transaction() as tx:
            faults.forgive(tx, self._loop, name(item))
        return busy

    def _failed(self, item: str, error: Exception, *, for_good: bool = True) -> None:
        code, cause = faults.cause_of(error)
        with self._database.transaction() as tx:
            noted = faults.note(tx, self._loop, item, code, cause, for_good=for_good)
        _log.exception("engine.item_failed", loop=self._loop, item=item, code=code, tries=noted["tries"])
        if noted["dead"]:
            _log.error("engine.dead_letter", loop=self._loop, item=item, code=code)
