"""What a command shows while it reads an owner's file: warnings in both languages, and how long it will take."""

import time
from collections.abc import Callable
from typing import Final

import typer

from workers.sources.problems import Listener, Problem

_STEPS: Final = {"read": ("read", "已读取"), "commit": ("committed to", "已计算承诺值")}
_EVERY: Final = 2.0
"""Seconds between two lines of progress; a file that is read within them shows none."""


class Shown(Listener):
    """Shows on the error output, which no program reads as the result."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._step = "read"
        self._began = self._shown = self._last = clock()

    def progress(self, step: str, done: int, total: int) -> None:
        """Show the share of a step that is done and an estimate of its rest."""
        now = self._clock()
        if step != self._step:
            self._step, self._began = step, self._last
        self._last = now
        if now - self._shown < _EVERY or not 0 < done < total:
            return
        self._shown = now
        left = (now - self._began) * (total - done) / done
        english, chinese = _STEPS[step]
        share = 100 * done // total
        typer.echo(f"{share} % {english}, about {left:.0f} s left / {chinese}{share}%，剩余约{left:.0f}秒", err=True)

    def warn(self, problem: Problem) -> None:
        """Show a warning."""
        typer.echo(f"warning: {problem.code}  {problem.english}\n    {problem.chinese}", err=True)
