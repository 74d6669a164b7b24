"""Sets a process's logging up; called once at its start, by whatever wires the process."""

import logging
import sys
import threading
import warnings
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog

from logs.failures import describe
from logs.libraries import LibraryLog
from protocol.errors import TallyError

_log = structlog.get_logger()
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(process: str, level: str = "info") -> None:
    """One form for everything the process says: our own lines, libraries' warnings, warnings of Python, and what ends a thread.

    ``process`` is a field of every line. Standard error, JSON, times in UTC.
    """
    _form(process, level)
    logging.basicConfig(handlers=[LibraryLog()], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    warnings.formatwarning = _format_warning
    sys.excepthook = _ended
    sys.unraisablehook = _unraisable
    threading.excepthook = _thread_ended


def configure_as_guest(process: str) -> None:
    """Within a program that is not ours: where it has not said how our lines are written, warnings only, in the same form.

    Its hooks, its libraries' warnings and whatever it configured itself stay as they are.
    """
    if not structlog.is_configured():
        _form(process, "warning")


def crashed(error: BaseException) -> None:
    """Say what ended the process, for who catches it last. Here an error of ours keeps its words, which say what to do."""
    ours = isinstance(error, TallyError)
    what = error.what if ours else "An error that nobody foresaw ended the process."
    fix = error.fix if ours else "Report this line; it holds no values."
    _log.critical("process.crashed", what=what, fix=fix, exc_info=error)


def _form(process: str, level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _named(process),
            _failure,
            structlog.processors.JSONRenderer(default=_harmless),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _named(process: str) -> structlog.typing.Processor:
    """In every thread, as context variables are not."""

    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
        return {"process": process, **event}

    return add


def _failure(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401
    """``exc_info`` becomes ``failure``: kind, code and place of the error, see :mod:`logs.failures`."""
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["failure"] = describe(error)
    return event


def _harmless(value: object) -> object:
    """What JSON has no form for is named by its type: a ``repr`` may hold anything."""
    return describe(value) if isinstance(value, BaseException) else f"<{type(value).__name__}>"


def _format_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    del message, line
    return f"{filename}:{lineno}: {category.__name__}: "


def _ended(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        crashed(error)


def _thread_ended(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None and not isinstance(found.exc_value, SystemExit):
        _log.critical(
            "process.thread_crashed", thread=found.thread.name if found.thread else "", exc_info=found.exc_value
        )


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    if found.exc_value is not None:
        _log.error("process.unraisable", exc_info=found.exc_value)
