"""What libraries say through :mod:`logging`, in our form: the fixed part of their words, and of their values the harmless ones."""

import inspect
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, cast
from urllib.parse import urlsplit

import structlog

from logs.failures import describe, kind, place

_log = structlog.get_logger()
_LONGEST: Final = 300
_WARNINGS: Final = "py.warnings"
_WARNING: Final = re.compile(r"(?P<path>[^\n]*?):(?P<line>\d+): (?P<category>\w+): ")
_ASYNCIO: Final = re.compile(
    r"[A-Za-z_]\w{0,40} exception was never retrieved|Task was destroyed but it is pending!|Exception in callback\b"
    r"|Exception in default exception handler|Unhandled exception in event loop|Unhandled error in exception handler"
    r"|Unhandled exception in client_connected_cb|Fatal (?:read|write|error)[a-z ]{0,40}|Unclosed connection"
    r"|socket\.accept\(\) out of system resource"
)
"""What asyncio's event loop says first (CPython, Lib/asyncio); it puts its own sentence and reprs together before it logs."""
_CONVERSION: Final = re.compile(r"(?P<key>%(?:\(\w+\))?)[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgGc]")
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S{1,500}")
_LEVELS: Final = {logging.CRITICAL: "critical", logging.ERROR: "error", logging.WARNING: "warning"}


class LibraryLog(logging.Handler):
    """Passes records on. Their text only where the library's code holds it as a constant: what was put together elsewhere
    may hold anything. Of the values in it numbers stay, errors become their kind, addresses lose all but scheme, host and port, and
    everything else becomes its type.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        try:
            level = _LEVELS.get(record.levelno, "warning")
            getattr(_log, level)("library.log", library=record.name, **_fields(record))
        except Exception:  # noqa: BLE001 - as logging's own handlers: what cannot be logged must not end the caller
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Logging would print the record with its values: say only whose it was."""
        _log.error("library.log_failed", library=record.name)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    if record.name == _WARNINGS:
        return _warning(record)
    fields: dict[str, object] = {"place": place(record.pathname, record.lineno, record.funcName or "")}
    if isinstance(record.msg, str) and _is_constant(record, record.msg):
        fields["text"] = _filled(record.msg, record.args)[:_LONGEST].strip()
    elif record.name == "asyncio" and isinstance(record.msg, str) and (sentence := _ASYNCIO.match(record.msg)):
        fields["text"] = sentence[0]
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        fields["failure"] = describe(error)
    else:
        causes = [kind(value) for value in _values(record.args) if isinstance(value, BaseException)]
        if causes:
            fields["causes"] = causes
    return fields


def _warning(record: logging.LogRecord) -> dict[str, object]:
    """:mod:`warnings` formats before it logs: the category and the place come first (warnings.formatwarning)."""
    found = _WARNING.match(record.getMessage())
    if found is None:
        return {}
    return {"category": found["category"], "place": place(found["path"], int(found["line"]), "")}


def _is_constant(record: logging.LogRecord, text: str) -> bool:
    """Whether the code that logged holds the text as a constant of its own, of its module or of its class."""
    frame = inspect.currentframe()
    while frame is not None:
        if (frame.f_code.co_filename, frame.f_lineno) == (record.pathname, record.lineno):
            if text in frame.f_code.co_consts or any(value is text for value in frame.f_globals.values()):
                return True
            owner = type(frame.f_locals.get("self"))
            return any(value is text for parent in owner.__mro__ for value in vars(parent).values())
        frame = frame.f_back
    return False


def _filled(text: str, arguments: object) -> str:
    given: object
    if isinstance(arguments, Mapping):
        given = {name: _harmless(value) for name, value in cast("Mapping[str, object]", arguments).items()}
    else:
        given = tuple(_harmless(value) for value in _values(arguments))
    if not given:
        return text
    # a %d whose value became its type is filled as %s
    for form in (text, _CONVERSION.sub(r"\g<key>s", text)):
        with suppress(TypeError, ValueError, KeyError):
            return form % given
    return text


def _values(arguments: object) -> tuple[object, ...]:
    if isinstance(arguments, Mapping):
        return tuple(cast("Mapping[str, object]", arguments).values())
    return cast("tuple[object, ...]", arguments) if isinstance(arguments, tuple) else ()


class _Named:
    """Stands for a value in a text: the same for ``%s`` and ``%r``."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name}>"


def _harmless(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return _Named(_origin(value))
    return _Named(kind(value) if isinstance(value, BaseException) else type(value).__name__)


def _origin(address: str) -> str:
    """An address without what may be secret in it: user, password, path and query."""
    try:
        found = urlsplit(address)
        port = f":{found.port}" if found.port else ""
    except ValueError:  # a port that is none
        return "str"
    return f"{found.scheme}://{found.hostname or ''}{port}"
