"""A client that waits for its task is told when the task ends, by the database's word."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from client import Coordinator
from client.transport import Timing, Transport
from orchestrator.api.waiting import MOST_SECONDS
from orchestrator.store.database import WORDS, word_of_tasks
from protocol.errors import FormatError
from protocol.typed import Abort
from tests.integration.orchestrator.world import World
from tests.patience import scaled, until


def asked(world: World, status: Callable[[], object]) -> threading.Thread:
    """A thread that asks, once its question waits at the API."""
    thread = threading.Thread(target=status, daemon=True)
    thread.start()
    until(60, "the wait", lambda: bool(world.app.state.context.waiting._callers), poll=0.005)
    return thread


def test_a_wait_ends_with_the_task_and_not_before(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    found: list[tuple[str, float]] = []
    client = Coordinator(
        "http://testserver", party="hospital", signer=world.client("hospital")._signer,
        domains=world.client("hospital")._domains,
        transport=Transport("http://testserver", Timing(total=120.0, attempt=120.0), world.http),
    )  # fmt: skip

    def wait() -> None:
        found.append((client.task(task, MOST_SECONDS).state, time.monotonic()))

    with word_of_tasks(world.dsn, world.app.state.context.waiting.ring):
        thread = asked(world, wait)
        assert not found
        world.client("laboratory").refuse(Abort(task, "laboratory", 1, 9, bytes(32)))
        world.settle()
        ended = time.monotonic()
        thread.join(scaled(60))
    assert [state for state, _ in found] == ["refused"]
    assert found[0][1] < ended + MOST_SECONDS / 2  # told, not after its time


def test_words_are_heard_again_after_the_database_was_away(world: World) -> None:
    heard: list[bytes | None] = []
    task = world.client("hospital").submit(world.contract())

    def listeners() -> list[int]:
        with psycopg.connect(world.dsn) as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
            return [row[0] for row in connection.execute(query, (WORDS,)).fetchall()]

    with word_of_tasks(world.dsn, heard.append):
        until(60, "listening", lambda: heard == [None])
        world.settle()
        until(60, "the word", lambda: task in heard)
        with psycopg.connect(world.dsn, autocommit=True) as connection:
            for pid in listeners():
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        until(60, "listening again", lambda: heard.count(None) == 2)
        before = len(heard)
        world.client("hospital").submit(world.contract())
        world.settle()
        until(60, "a word after that", lambda: len(heard) > before)
    until(60, "the connection's end", lambda: not listeners())


@pytest.mark.parametrize("wait", ["-1", "21", "1.5", "long"])
def test_a_wait_that_is_none_is_refused(world: World, wait: str) -> None:
    task = world.client("hospital").submit(world.contract())
    with pytest.raises(FormatError):
        world.client("hospital").task(task, wait)  # type: ignore[arg-type]
