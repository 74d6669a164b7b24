"""A question and an answer about a task: whether its programs have room for tables of these sizes (:mod:`mpc.plan`).

Asked of a process of its own with bounded time and memory, since a plan runs the programs on shapes that a stranger may name.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, get_args

from protocol.codec import COUNT, HASH, KEY, choice, embedded, entries, text
from protocol.contract import TaskContract
from protocol.fields import Document
from protocol.limits import LIMITS

SECONDS: Final = 10
"""Processor seconds that a plan may take: beyond, nothing is said."""
MEMORY: Final = 2 * 1024**3
"""Bytes of address space that a plan may take."""
PlanOutcome = Literal["room", "none", "unknown"]


@dataclass(frozen=True, slots=True)
class PlanQuestion(Document):
    """The contract, the rows of its data sets, and the digests under which its programs are registered."""

    FORMAT: ClassVar[str] = "tallystick/plan-question/v1"
    WHERE: ClassVar[str] = "plan"
    LIMIT: ClassVar[int] = 4 * 1024 * 1024

    contract: Annotated[TaskContract, embedded(TaskContract, LIMITS.task_contract)]
    rows: Annotated[tuple[tuple[str, int], ...], entries(KEY, COUNT, LIMITS.parties)]
    programs: Annotated[tuple[tuple[str, bytes], ...], entries(KEY, HASH, 64)]


@dataclass(frozen=True, slots=True)
class PlanAnswer(Document):
    """``room`` for all, or ``none`` with the step and the program's own sentence; ``unknown`` says why in ``code``."""

    FORMAT: ClassVar[str] = "tallystick/plan-answer/v1"
    WHERE: ClassVar[str] = "plan"
    LIMIT: ClassVar[int] = 64 * 1024

    outcome: Annotated[PlanOutcome, choice(get_args(PlanOutcome))]
    step: Annotated[str, text(63)] = ""
    code: Annotated[str, text(63)] = ""
    what: Annotated[str, text(2000)] = ""
    fix: Annotated[str, text(2000)] = ""


def unknown(code: str) -> PlanAnswer:
    """Nobody can say, and why."""
    return PlanAnswer("unknown", code=code)
