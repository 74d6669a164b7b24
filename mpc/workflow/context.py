"""What one step of a workflow works with: its parameters and inputs, the session, and the only door to the open."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mpc.arrays import fixedpoint
from mpc.arrays.backend import Backend
from mpc.arrays.interface import SecureArray
from mpc.session import Session
from mpc.workflow.program import Program
from mpc.workflow.values import Floats, Outline, Owned, Value
from protocol.contract import Parameter
from protocol.errors import RefusedError


@dataclass(slots=True)
class StepContext:
    """Handed to a program's ``run``. ``wanted`` names the outputs that somebody uses: others need not be computed."""

    session: Session
    backend: Backend
    program: Program
    step: str
    parameters: Mapping[str, Parameter]
    inputs: Mapping[str, tuple[Value, ...]]
    wanted: frozenset[str]
    minimum_group: int
    readers: frozenset[str] = frozenset()
    """Who reads any output of the task: they may put together what they bring and what they read."""
    owned: Mapping[str, Owned | None] = field(default_factory=dict[str, Owned | None])
    """Whose rows a secret array at an input has, by port; None where an earlier task left it."""
    rows_of: dict[str, Owned | None] = field(default_factory=dict[str, Owned | None])
    """Whose rows the step's secret arrays have, by output: said by the program, for later steps."""
    disclosed: dict[str, int] = field(default_factory=dict)
    reached: tuple[int, int] = (0, 1)

    def rows_at(self, port: str, rows: int) -> Owned | None:
        """Whose the ``rows`` rows of a secret array at an input are; None where nobody knows."""
        return self.owned.get(port, (("", rows),))

    @property
    def me(self) -> str:
        """The name of the party that runs this."""
        return self.session.names[self.session.pid]

    def integer(self, name: str) -> int:
        """An integer parameter."""
        value = self.parameters[name]
        assert isinstance(value, int)
        return value

    def decimal(self, name: str) -> float:
        """A decimal parameter (contracts carry them as strings)."""
        value = float(self.parameters[name])
        assert math.isfinite(value)
        return value

    def choice(self, name: str) -> str:
        """A choice parameter."""
        return str(self.parameters[name])

    def label(self, name: str) -> str:
        """A message label of this step."""
        return f"{self.step}/{name}"

    def disclose(self, name: str, value: int) -> None:
        """Record a side fact that this party has learnt; only declared ones may be."""
        self._require_declared(name)
        self.disclosed[name] = value

    async def reveal(self, name: str, array: SecureArray) -> Floats:
        """Open a declared disclosure to everyone in the session, as floats of the array's shape (level 2 programs).

        All shares are checked against one polynomial. The record counts the values opened under this name.
        """
        self._require_declared(name)
        values = await array.backend.open(array.shares, array.shape)
        self.disclosed[name] = self.disclosed.get(name, 0) + array.size
        return fixedpoint.decode(values, array.fraction_bits)

    def progress(self, step: int, total: int) -> None:
        """Report that this step has done ``step`` of ``total``: counts that all parties know, never a value."""
        self.reached = (step, total)
        self.session.progress(self.step, step, total)

    def _require_declared(self, name: str) -> None:
        if name not in {disclosure.name for disclosure in self.program.disclosures}:
            raise RefusedError(
                "program.undeclared_disclosure",
                f"{self.program.program} does not declare that it discloses {name!r}.",
                "Declare it in the program's description.",
            )


Implementation: TypeAlias = Callable[[StepContext], Awaitable[dict[str, Value]]]
"""A program's ``run``."""
Outlining: TypeAlias = Callable[[StepContext, Mapping[str, int]], Awaitable[Outline]]
"""``outline`` of a program that works on rows at their owners: what it gives and sends when every data set has so many rows."""
Order: TypeAlias = Callable[[int], NDArray[np.int64]]
"""Draws an order of so many rows."""
Alone: TypeAlias = Callable[[StepContext, Mapping[str, int], Order], dict[str, Value]]
"""``alone`` of a program whose rows stay with their owners: what one owner can try of it by itself, given every table's rows."""
