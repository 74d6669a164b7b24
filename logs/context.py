"""What the lines of a log are about: bound once where work on it begins, so that each line inside can be found by it."""

from collections.abc import Generator
from contextlib import contextmanager

import structlog


@contextmanager
def about(task: bytes | None) -> Generator[None]:
    """Every line inside, of this thread, names the task; what says one itself keeps its own."""
    if task is None:
        yield
        return
    with structlog.contextvars.bound_contextvars(task=task.hex()):
        yield
