"""A line about a task names it, in every thread that works on it, and no line after."""

import threading

import structlog

from logs.context import about

TASK, OTHER = b"\x01" * 32, b"\x02" * 32


def bound() -> object:
    return structlog.contextvars.get_contextvars().get("task")


def test_what_is_inside_names_the_task_and_what_follows_does_not() -> None:
    with about(TASK):
        assert bound() == TASK.hex()
        with about(OTHER):
            assert bound() == OTHER.hex()
        assert bound() == TASK.hex()
        with about(None):
            assert bound() == TASK.hex()
    assert bound() is None


def test_threads_do_not_share_what_they_are_about() -> None:
    seen: list[object] = []
    with about(TASK):
        thread = threading.Thread(target=lambda: seen.append(bound()))
        thread.start()
        thread.join()
    assert seen == [None]
