"""What integrators import: every name is there, typed alike in both clients, and says what to install where it cannot be."""

import asyncio
import inspect
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import tallystick
from tallystick import AsyncClient, Client
from tallystick.asynchronous import _threaded
from tests.patience import scaled

ROOT = Path(__file__).resolve().parents[3]


def test_every_public_name_is_loaded_from_its_home() -> None:
    assert set(tallystick.__all__) == set(tallystick._HOMES)
    for name in tallystick.__all__:
        assert getattr(tallystick, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Clients'"):
        tallystick.Clients  # type: ignore[attr-defined]  # noqa: B018


def test_the_client_of_an_event_loop_has_every_method_of_the_other_with_its_parameters() -> None:
    methods = {name: it for name, it in vars(Client).items() if inspect.isfunction(it) and not name.startswith("_")}
    assert {"submit", "watch", "consent", "sign", "result", "verify"} <= set(methods)
    for name, method in methods.items():
        mine = getattr(AsyncClient, name)
        assert inspect.iscoroutinefunction(mine) or inspect.isasyncgenfunction(mine), name
        ours, theirs = inspect.signature(mine).parameters, inspect.signature(method).parameters
        assert [*ours] == [*theirs], name
        assert {**ours, "self": None} == {**theirs, "self": None}, name
        assert inspect.getdoc(mine), name


def test_calls_leave_the_event_loop_free_and_their_errors_are_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, let = threading.Event(), threading.Event()

    def status(_: object, task: str) -> str:
        entered.set()
        assert let.wait(20), "the loop was held up by its own call"
        if task == "bad":
            raise tallystick.RefusedError("task.unknown", "There is none.", "Name another.")
        return f"status of {task}"

    async def play() -> list[Any]:
        made: Any = AsyncClient(object())  # type: ignore[arg-type]
        calls = [asyncio.create_task(made.status(name)) for name in ("good", "bad")]
        while not entered.is_set():
            await asyncio.sleep(0.001)
        let.set()  # only a loop that is free comes here
        return await asyncio.gather(*calls, return_exceptions=True)

    monkeypatch.setattr(AsyncClient, "status", _threaded(status))  # type: ignore[arg-type]
    good, bad = asyncio.run(play())
    assert good == "status of good"
    assert isinstance(bad, tallystick.RefusedError)
    assert bad.code == "task.unknown"


def test_without_its_packages_a_name_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['httpx'] = None\n"
        "import tallystick, tallystick.settings, tallystick.progress\n"
        "try:\n    tallystick.Client\nexcept ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=scaled(60)
    )
    assert "pip install 'tallystick[client]'" in done.stdout
    assert "httpx" in done.stdout
