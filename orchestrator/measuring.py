"""What the coordinator's two processes tell a monitor: how the metrics' catalogue is filled from database, chain and disk."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from metrics.asgi import Scope
from metrics.board import Board, Reader, Reading, each
from metrics.catalogue import ROUTES
from orchestrator.services.ports import Transactions
from orchestrator.store import faults, index, work
from orchestrator.store.measures import measures
from protocol.errors import UnavailableError

OVERDUE: Final = 3600
"""Seconds after a task's deadline, its grace among them, by which it is over on a system that is well."""
_KNOWN: Final = frozenset(ROUTES)
Head = Callable[[], int | None]


def api_board(database: Transactions, head: Head) -> Board:
    """The API's metrics."""
    board = Board("api")
    board.reads("database", lambda: _answers(database))
    board.reads("chain", lambda: [Reading("tally_chain_head", _head(head))])
    return board


def engine_board(database: Transactions, head: Head, state: Path | None) -> Board:
    """The engine's metrics."""
    board = Board("engine")
    board.reads("database", lambda: _database(database))
    board.reads("chain", _chain(database, head))
    board.reads("disk", lambda: [Reading("tally_disk_free_bytes", shutil.disk_usage(state or Path.cwd()).free)])
    return board


def route(scope: Scope) -> tuple[str]:
    """The first word of a request's path below ``/v1``, where it is one of ours."""
    words = str(scope["path"]).split("/", 3)
    return (words[2] if len(words) > 2 and words[1] == "v1" and words[2] in _KNOWN else "other",)


def asked(scope: Scope) -> tuple[str]:
    """Whether a request asks to wait: for a task's end, or for events for as long as it lasts."""
    waits = str(scope["path"]).endswith("/events") or b"wait=" in bytes(scope["query_string"])
    return ("waiting" if waits else "now",)


def _answers(database: Transactions) -> Iterator[Reading]:
    with database.transaction() as tx:
        work.clock(tx)
    return iter(())


def _head(head: Head) -> int:
    found = head()
    if found is None:
        raise UnavailableError("chain.unreachable", "The chain does not answer.", "Look at the chain's node.")
    return found


def _chain(database: Transactions, head: Head) -> Reader:
    def read() -> Iterator[Reading]:
        found = _head(head)
        yield Reading("tally_chain_head", found)
        with database.transaction() as tx:
            kept = index.cursors(tx)
        yield Reading("tally_chain_lag_blocks", max(0, found - kept[0][0]) if kept else found)

    return read


def _database(database: Transactions) -> Iterator[Reading]:
    with database.transaction() as tx:
        loops, kept, dead, found = work.loops(tx), index.cursors(tx), faults.count_dead(tx), measures(tx, OVERDUE)
    for loop in loops:
        if loop["age"] is not None:
            yield Reading("tally_loop_age_seconds", loop["age"], (loop["name"],))
        yield Reading("tally_loop_failing", float(loop["code"] is not None), (loop["name"],))
    yield Reading("tally_indexed_block", kept[0][0] if kept else 0)
    yield Reading("tally_dead_letters", dead)
    yield from each("tally_tasks", found.tasks)
    yield from each("tally_tasks_ended_last_hour", found.ended)
    yield Reading("tally_tasks_overdue", found.overdue)
    yield from each("tally_relay_jobs_waiting", found.jobs)
    yield Reading("tally_relay_oldest_seconds", found.oldest_job)
    yield Reading("tally_outbox_waiting", found.outbox)
    yield Reading("tally_outbox_oldest_seconds", found.oldest_message)
    yield Reading("tally_bundles_waiting", found.bundles)
    yield Reading("tally_webhook_messages_waiting", found.webhook_messages)
    yield from each("tally_webhooks", found.webhooks)
    yield Reading("tally_newest_anchor_block", found.newest_anchor)
    yield Reading("tally_log_forks", found.forks)
    yield Reading("tally_logs_unwitnessed", found.unwitnessed)
