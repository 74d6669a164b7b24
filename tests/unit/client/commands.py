"""The command line with a client of the tests' own in place of the coordinator's."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

import cli.authorization
import cli.task
import cli.token
import cli.webhook
from cli.main import app


def act_through(monkeypatch: pytest.MonkeyPatch, made: Any) -> None:
    """Commands for a participant act through ``made``."""

    @contextmanager
    def client_of(_: object) -> Generator[Any]:
        yield made

    for module in (cli.authorization, cli.task, cli.token, cli.webhook):
        monkeypatch.setattr(module, "client_of", client_of)


def run(*words: str, answer: str = "") -> Any:
    """What a command says and ends with; ``answer`` is typed in."""
    return CliRunner().invoke(app, list(words), input=answer, catch_exceptions=True)
