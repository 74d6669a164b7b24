"""What may be said and what may not: errors, libraries' records, values, and every place in the project that logs."""

import ast
import json
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from logs.failures import describe, kind
from protocol.errors import RangeError
from tests.patience import scaled

ROOT = Path(__file__).resolve().parents[3]
SECRET = "hunter2-secret"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]


def said(body: str) -> list[dict[str, object]]:
    """The lines of a process that is configured and runs the body."""
    head = f"""
    import logging, sys, warnings, threading, asyncio
    import structlog
    from logs.configuration import configure
    configure("test", "info")
    log = structlog.get_logger()
    SECRET = {SECRET!r}
    """
    code = textwrap.dedent(head) + textwrap.dedent(body)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=scaled(60), check=False
    )
    assert SECRET not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def thrown() -> BaseException:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RangeError("row.range", f"{SECRET} is too large.", "Look.", column=SECRET) from error
    except RangeError as error:
        return error


def test_an_error_is_its_kind_its_code_and_its_places() -> None:
    found = describe(thrown())
    assert SECRET not in json.dumps(found)
    assert found["type"] == "protocol.errors.RangeError row.range"
    assert isinstance(found["frames"], list)
    assert found["frames"][0].startswith("tests/unit/logs/test_logs.py:")
    assert found["frames"][0].endswith(":thrown")
    assert isinstance(found["from"], dict)
    assert found["from"]["type"] == "ValueError"


def test_groups_are_opened_circles_end_and_a_hidden_context_stays_hidden() -> None:
    group = describe(ExceptionGroup(SECRET, [ValueError(SECRET), OSError(28, SECRET)]))
    assert SECRET not in json.dumps(group)
    members = group["members"]
    assert isinstance(members, list)
    assert [member["type"] for member in members] == ["ValueError", "OSError"]
    assert members[1]["errno"] == 28
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert json.dumps(describe(first)).count("KeyError") == 1
    quiet = ValueError()
    quiet.__context__, quiet.__suppress_context__ = KeyError(), True
    assert "from" not in describe(quiet)
    long: BaseException = ValueError()
    for _ in range(50):
        following = ValueError()
        following.__cause__, long = long, following
    assert json.dumps(describe(long)).count("ValueError") < 12


def test_a_deep_trace_keeps_its_end() -> None:
    def deep(left: int) -> None:
        if left == 0:
            raise ValueError
        deep(left - 1)

    with pytest.raises(ValueError) as caught:
        deep(100)
    frames = describe(caught.value)["frames"]
    assert isinstance(frames, list)
    assert len(frames) == 20
    assert kind(caught.value) == "ValueError"


def test_libraries_keep_their_fixed_words_numbers_and_causes() -> None:
    lines = said(
        """
        library = logging.getLogger("redis.connection")
        library.warning("%s (%r) after %d tries in %.1f s", SECRET, ConnectionError(SECRET), 3, 0.5)
        library.error("%(name)s failed with %(exc)s", {"name": SECRET, "exc": OSError(2, SECRET)})
        library.warning("no values")
        library.info("not worth a line")
        """
    )
    assert [line["text"] for line in lines] == [
        "<str> (<ConnectionError>) after 3 tries in 0.5 s",
        "<str> failed with <FileNotFoundError>",
        "no values",
    ]
    assert [line["level"] for line in lines] == ["warning", "error", "warning"]
    assert lines[0]["causes"] == ["ConnectionError"]
    assert all(str(line["place"]).startswith("<string>:") and line["process"] == "test" for line in lines)


def test_libraries_messages_are_filled_with_what_is_harmless_and_name_their_addresses_without_secrets() -> None:
    """As Celery, psycopg, redis and uvicorn log when something is gone: a line says what, how often and where to."""
    lines = said(
        """
        CONNECTION_ERROR = "consumer: Cannot connect to %s: %s.\\n%s\\n"
        logging.getLogger("celery.worker.consumer").error(
            CONNECTION_ERROR, f"redis://hospital:{SECRET}@broker.example:6379/{SECRET}?key={SECRET}",
            ConnectionRefusedError(SECRET), "Trying again in 2.00 seconds... (1/100)",
        )
        logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", SECRET, OSError(SECRET))
        logging.getLogger("uvicorn.error").warning("ASGI callable returned without %(what)d after %(n)d", {"what": SECRET, "n": 3})
        logging.getLogger("web3").warning("%s of %.2f", f"http://node.example:99999/{SECRET}", 1.5)
        """
    )
    assert [line.get("text") for line in lines] == [
        "consumer: Cannot connect to <redis://broker.example:6379>: <ConnectionRefusedError>.\n<str>",
        "error connecting in <str>: <OSError>",
        "ASGI callable returned without <str> after 3",
        "<str> of 1.50",
    ]


def test_words_that_were_put_together_are_left_out_but_never_their_place_and_cause() -> None:
    lines = said(
        """
        library = logging.getLogger("x")
        library.warning(f"cannot connect to {SECRET}")
        library.warning(SECRET + " is wrong %d", 3)
        library.warning({"a": SECRET})
        library.warning("%d rows", SECRET)
        try:
            raise KeyError(SECRET)
        except KeyError:
            library.exception("while reading %s" % SECRET)
            library.exception("while reading")
        """
    )
    assert [line.get("text") for line in lines] == [None, None, None, "<str> rows", None, "while reading"]
    assert all("place" in line for line in lines)
    assert [line["failure"]["type"] for line in lines if "failure" in line] == ["KeyError", "KeyError"]  # type: ignore[index]


def test_warnings_asyncio_threads_and_finalizers_say_what_and_where() -> None:
    lines = said(
        """
        import gc
        warnings.simplefilter("always")
        warnings.warn(f"do not use {SECRET}", DeprecationWarning)
        async def main():
            async def fails():
                raise LookupError(SECRET)
            task = asyncio.ensure_future(fails())
            await asyncio.sleep(0.01)
            del task
            gc.collect()
        asyncio.run(main())
        def thread():
            raise LookupError(SECRET)
        started = threading.Thread(target=thread, name="settle"); started.start(); started.join()
        class Ends:
            def __del__(self):
                raise LookupError(SECRET)
        Ends()
        raise LookupError(SECRET)
        """
    )
    events = [line["event"] for line in lines]
    assert events == [
        "library.log", "library.log", "process.thread_crashed", "process.unraisable", "process.crashed",
    ]  # fmt: skip
    assert lines[0]["category"] == "DeprecationWarning"
    assert lines[1]["text"] == "Task exception was never retrieved"
    assert str(lines[0]["place"]).startswith("<string>:")
    assert all(line["failure"]["type"] == "LookupError" for line in lines[1:])  # type: ignore[index]


def test_values_that_json_has_no_form_for_are_named_by_type_only() -> None:
    lines = said(
        """
        class Order:
            def __repr__(self):
                return SECRET
        log.info("a", order=Order(), key=SECRET.encode(), error=ValueError(SECRET), many=[Order()], x={"y": Order()})
        log.error("b", exc_info=ValueError(SECRET))
        log.error("c", exc_info=True, stack_info=True)
        """
    )
    assert lines[0]["order"] == "<Order>"
    assert lines[0]["key"] == "<bytes>"
    assert lines[0]["error"]["type"] == "ValueError"  # type: ignore[index]
    assert lines[0]["many"] == ["<Order>"]
    assert lines[1]["failure"]["type"] == "ValueError"  # type: ignore[index]
    assert "failure" not in lines[2]


def test_a_library_that_breaks_the_handler_ends_nobody() -> None:
    lines = said(
        """
        class Bad:
            @property
            def __class__(self):
                raise RuntimeError(SECRET)
        class Broken(dict):
            def items(self):
                raise RuntimeError(SECRET)
        record = logging.LogRecord("x", logging.WARNING, "x.py", 1, "text", (), None)
        record.pathname = None
        logging.getLogger("x").handle(record)
        log.info("still here")
        """
    )
    assert [line["event"] for line in lines] == ["library.log_failed", "still here"]


def calls() -> list[tuple[Path, ast.Call]]:
    """Every call of a logger in the project."""
    found: list[tuple[Path, ast.Call]] = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                function = node.func if isinstance(node, ast.Call) else None
                if not isinstance(function, ast.Attribute) or not isinstance(node, ast.Call):
                    continue
                logger = isinstance(function.value, ast.Name) and function.value.id in {"_log", "log"}
                if logger and function.attr in LEVELS:
                    found.append((path, node))
    return found


def test_every_event_has_a_fixed_name_and_no_field_holds_an_errors_words() -> None:
    found = calls()
    assert len(found) > 60
    for path, call in found:
        where = f"{path.relative_to(ROOT)}:{call.lineno}"
        assert call.args, where
        name = call.args[0]
        choices = (name.body, name.orelse) if isinstance(name, ast.IfExp) else (name,)
        assert all(isinstance(choice, ast.Constant) for choice in choices), where
        for keyword in call.keywords:
            if keyword.arg == "exc_info":
                continue
            names = {node.id for node in ast.walk(keyword.value) if isinstance(node, ast.Name)}
            caught = names & {"error", "failure", "exc", "refused", "waiting", "problem"}
            whole = isinstance(keyword.value, ast.Name) or any(
                isinstance(node, ast.JoinedStr)
                or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"str", "repr"})
                for node in ast.walk(keyword.value)
            )
            assert not (caught and whole), f"{where}: {keyword.arg} holds an error's words; log its code, or exc_info"


def test_nobody_else_configures_logging_or_prints_a_traceback() -> None:
    forbidden = (
        "structlog.configure",
        "logging.basicConfig",
        "dict_tracebacks",
        "print_exc",
        "format_exc",
        "ConsoleRenderer",
    )
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if path == ROOT / "logs" / "configuration.py" or "node_modules" in path.parts:
                continue
            text = path.read_text("utf-8")
            assert not [word for word in forbidden if word in text], path


def test_levels_are_respected() -> None:
    lines = said("configure('x', 'error'); log.info('a'); log.error('b'); logging.getLogger('c').warning('d')")
    assert [line["event"] for line in lines] == ["b"]


GUEST = """
import sys, logging, structlog
from logs.configuration import configure_as_guest
hook, level, handlers = sys.excepthook, logging.root.level, list(logging.root.handlers)
if {own}:
    structlog.configure(processors=[lambda *given: str(given[2]["event"])])
configure_as_guest("tallystick")
structlog.get_logger().info("a.detail")
structlog.get_logger().warning("a.warning")
assert (sys.excepthook, logging.root.level, logging.root.handlers) == (hook, level, handlers)
"""


@pytest.mark.parametrize("own", [False, True])
def test_within_somebody_elses_program_nothing_but_warnings_is_said_and_its_own_way_stays(own: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GUEST.format(own=own)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=scaled(60),
    )
    if own:
        assert (done.stdout.split(), done.stderr) == (["a.detail", "a.warning"], "")
    else:
        assert done.stdout == ""
        assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["a.warning"]
