"""A question and an answer about a task: whether its programs have room for tables of these sizes, and what they would take
(:mod:`mpc.plan`).

Asked of a process of its own with bounded time and memory, since a plan runs the programs on shapes that a stranger may name.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, ClassVar, Final, Literal, TypeAlias, get_args

from protocol.codec import COUNT, HASH, KEY, choice, embedded, entries, matching, text
from protocol.contract import TaskContract
from protocol.errors import RangeError
from protocol.fields import Count, Document, Fields, Many
from protocol.limits import LIMITS
from protocol.programs import Words

SECONDS: Final = 10
"""Processor seconds that a plan may take: beyond, nothing is said."""
MEMORY: Final = 2 * 1024**3
"""Bytes of address space that a plan may take."""
PlanOutcome = Literal["room", "none", "unknown"]
FAILURE_LIMIT: Final = 2.0**-20
"""A run stops before the probability that any of its truncations was wrong exceeds this."""
PARTY_MEMORY: Final = 4 * 1024**3
"""Bytes that a compute party has for a task unless its operator says otherwise."""
Probability: TypeAlias = Annotated[
    str,
    matching(
        "0|1|[1-9](\\.[1-9])?e-[1-9][0-9]{0,2}", "json.wrong_value", "a probability", "Write it as 0, 1 or 2.5e-9."
    ),
]
"""Two digits and a power of ten, as text: JSON here has no fractions."""


def probability(value: float) -> str:
    """Rounded up to two digits; 0 stands for what cannot happen alone."""
    if value <= 0:
        return "0"
    if not value < 1:
        return "1"
    exact = Decimal(value)
    digits = exact.scaleb(-exact.adjusted()).quantize(Decimal("0.1"), ROUND_CEILING).normalize()
    power = exact.adjusted() + digits.adjusted()
    return "1" if power >= 0 else f"{digits.scaleb(-digits.adjusted()):f}e{power}"


@dataclass(frozen=True, slots=True)
class StepCosts(Fields):
    """What one step takes, by its plan: ``rounds`` that depend on each other, ``traffic`` in bytes sent by one compute party and
    its owner (the one that sends most), ``memory`` as peak bytes of one party's process, ``failure`` the bound of the probability
    that any of its truncations goes wrong.
    """

    step: Annotated[str, text(63)]
    rounds: Count
    traffic: Count
    memory: Count
    failure: Probability


@dataclass(frozen=True, slots=True)
class PlannedCosts:
    """What a whole task takes, in the same units."""

    rounds: int
    traffic: int
    memory: int
    failure: float

    @classmethod
    def of(cls, steps: tuple[StepCosts, ...]) -> "PlannedCosts":
        """Rounds, traffic and failure add up; memory is the largest step's, which holds what earlier ones left."""
        return cls(
            sum(step.rounds for step in steps), sum(step.traffic for step in steps),
            max((step.memory for step in steps), default=0), math.fsum(float(step.failure) for step in steps),
        )  # fmt: skip

    def to_json(self) -> dict[str, object]:
        """As the API's ``Estimate`` names them."""
        return {
            "rounds": self.rounds, "bytes": self.traffic, "memory": self.memory, "failure": probability(self.failure),
        }  # fmt: skip

    def said(self) -> Words:
        """A sentence for people."""
        sent, held, failure = self.traffic / 1e6, self.memory / 1024**2, probability(self.failure)
        return Words(
            f"By the programs' plan the whole task takes {self.rounds} rounds, {sent:,.1f} MB sent by one compute party and "
            f"{held:,.0f} MiB of memory at each; a truncation goes wrong with probability {failure} at most.",
            f"按程序的规划，整个任务需 {self.rounds} 轮往返，一个计算方发送 {sent:,.1f} MB，每方内存 {held:,.0f} MiB；截断出错的概率至多为 {failure}。",
        )

    def beyond(self, memory: int) -> RangeError | None:
        """Why a party that has so many bytes cannot take part; None where they are enough."""
        if self.memory <= memory:
            return None
        return RangeError(
            "estimate.memory",
            f"About {self.memory // 1024**2} MiB of memory at each compute party; it has {memory // 1024**2} MiB.",
            "Use fewer rows or columns, or nodes and a coordinator that allow more (party_memory).",
        )


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
    """``room`` for all, with what each step takes; or ``none`` with the step and the program's own sentence; ``unknown`` says why
    in ``code``. There is room and no costs where only fewer rows than the registered ones are sure to fit (``code`` says so).
    """

    FORMAT: ClassVar[str] = "tallystick/plan-answer/v2"
    WHERE: ClassVar[str] = "plan"
    LIMIT: ClassVar[int] = 64 * 1024

    outcome: Annotated[PlanOutcome, choice(get_args(PlanOutcome))]
    step: Annotated[str, text(63)] = ""
    code: Annotated[str, text(63)] = ""
    what: Annotated[str, text(2000)] = ""
    fix: Annotated[str, text(2000)] = ""
    steps: Annotated[tuple[StepCosts, ...], Many(LIMITS.steps)] = ()

    @property
    def costs(self) -> PlannedCosts | None:
        """Of the whole task; None where nobody counted them."""
        return PlannedCosts.of(self.steps) if self.steps else None


def unknown(code: str) -> PlanAnswer:
    """Nobody can say, and why."""
    return PlanAnswer("unknown", code=code)
