"""Schedules: drawn from a seed, written as JSON, run, judged.

A seed first chooses which kinds of faults its history has, so that many histories have few kinds and it can be told which of them matter.
"""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from tests.simulation.faults import invariants
from tests.simulation.faults.template import COMMITTEE, Template
from tests.simulation.faults.world import LOOPS, WHO, Operation, World, world

_NODES: Final = len(COMMITTEE)
_DICE = random.Random
STEPS: Final[dict[str, tuple[int, Callable[[_DICE], tuple[int, ...]]]]] = {
    "turn": (10, lambda _: ()),
    "engine": (14, lambda d: (d.randrange(len(LOOPS)),)),
    "hand_over": (8, lambda d: (d.randrange(_NODES),)),
    "settle": (12, lambda d: (d.randrange(_NODES),)),
    "deliver": (8, lambda d: (d.randrange(_NODES),)),
    "compute": (5, lambda _: ()),
    "tick": (8, lambda d: (d.choice((1, 1, 1, 2, 5, 16)),)),
}
"""What processes do by themselves: how often, and with what."""
PEOPLE: Final[dict[str, tuple[int, Callable[[_DICE], tuple[int, ...]]]]] = {
    "submit": (3, lambda d: (int(d.random() < 0.25),)),
    "review": (2, lambda d: (d.randrange(3), int(d.random() < 0.7))),
    "return_use": (1, lambda d: (d.randrange(2), d.randrange(3))),
    "consent": (7, lambda d: (d.randrange(2), d.randrange(3))),
    "stand": (2, lambda d: (d.randrange(2), d.randrange(3), d.randrange(1, 3))),
}
ENDINGS: Final[dict[str, tuple[int, Callable[[_DICE], tuple[int, ...]]]]] = {
    "revoke": (3, lambda d: (d.randrange(2), d.randrange(3))),
    "revoke_all": (1, lambda d: (d.randrange(2),)),
    "refuse": (1, lambda d: (d.randrange(2), d.randrange(3))),
    "withdraw": (1, lambda d: (d.randrange(3),)),
    "suspend": (1, lambda d: (d.randrange(_NODES),)),
    "reinstate": (2, lambda d: (d.randrange(_NODES),)),
}
FAULTS: Final[dict[str, dict[str, tuple[int, Callable[[_DICE], tuple[int, ...]]]]]] = {
    "api": {
        "kill": (2, lambda d: (0, d.randrange(6), d.randrange(2))),
        "restart": (3, lambda _: (0,)),
    },
    "engine": {
        "kill": (2, lambda d: (1, d.randrange(14), d.randrange(2))),
        "restart": (3, lambda _: (1,)),
    },
    "nodes": {
        "kill": (2, lambda d: (2 + d.randrange(_NODES), d.randrange(20), d.randrange(2))),
        "restart": (3, lambda d: (2 + d.randrange(_NODES),)),
    },
    "database": {"database_away": (2, lambda d: (d.randrange(2),)), "commit_unsaid": (2, lambda _: ())},
    "messages": {"duplicate": (2, lambda d: (d.randrange(_NODES),)), "reorder": (2, lambda d: (d.randrange(_NODES),))},
    "lost": {"lose": (1, lambda d: (d.randrange(_NODES),))},
    "broker": {"broker_away": (1, lambda d: (d.randrange(2),))},
    "wires": {
        "cut": (2, lambda d: (d.randrange(_NODES), d.randrange(2))),
        "answer_lost": (2, lambda d: (d.randrange(_NODES),)),
    },
    "partition": {"partition": (1, lambda d: (d.randrange(_NODES), d.randrange(_NODES), d.randrange(2)))},
    "chain": {
        "chain_away": (2, lambda d: (d.randrange(len(WHO)), d.randrange(2))),
        "chain_lags": (2, lambda d: (d.randrange(len(WHO)), d.choice((0, 1, 3, 6)))),
        "sent_unsaid": (2, lambda d: (d.randrange(len(WHO)),)),
    },
    "keys": {"rotate": (3, lambda d: (d.randrange(_NODES),))},
    "children": {"break": (1, lambda d: (d.randrange(_NODES),))},
    "disks": {"disk_full": (1, lambda d: (d.randrange(_NODES), d.randrange(1, 12)))},
    "clocks": {"skew": (1, lambda d: (d.randrange(len(WHO)), d.choice((-250, -30, 0, 30, 250))))},
    "backups": {"back_up": (3, lambda d: (d.randrange(_NODES),)), "put_back": (2, lambda d: (d.randrange(_NODES),))},
    "late": {"tick": (2, lambda d: (d.choice((120, 400)),))},
    "forks": {"reorganise": (2, lambda d: (1 + d.randrange(2), d.randrange(2)))},
}
"""Kinds of faults, and their operations."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One history, whole: ``confirmations`` is the chain's finality rule, ``seed`` also what the code under test draws from."""

    seed: int
    confirmations: int
    operations: tuple[Operation, ...]

    def text(self) -> str:
        """As JSON."""
        return json.dumps({"seed": self.seed, "confirmations": self.confirmations, "operations": self.operations})

    @classmethod
    def read(cls, text: str) -> Self:
        """What :meth:`text` made."""
        found = json.loads(text)
        return cls(found["seed"], found["confirmations"], tuple(tuple(one) for one in found["operations"]))


def drawn(seed: int) -> Schedule:
    """The seed's schedule."""
    dice = random.Random(seed)
    kinds = dice.sample(sorted(FAULTS), dice.choice((0, 1, 1, 2, 2, 3, 5)))
    faults = {f"{kind} {name}": (weight, name, make) for kind in kinds for name, (weight, make) in FAULTS[kind].items()}
    endings = ENDINGS if dice.random() < 0.4 else {}
    table: list[tuple[int, str, Callable[[_DICE], tuple[int, ...]]]] = [
        *((weight, name, make) for name, (weight, make) in {**STEPS, **PEOPLE, **endings}.items()),
        *faults.values(),
    ]
    length = dice.randrange(25, 90)
    chosen = dice.choices(table, [weight for weight, _, _ in table], k=length)
    operations: list[Operation] = [(name, *make(dice)) for _, name, make in chosen]
    begin = sorted(dice.randrange(max(1, length // 3)) for _ in range(3))
    for place, operation in zip(reversed(begin), (("consent", 1, 0), ("consent", 0, 0), ("submit",)), strict=True):
        operations.insert(place, operation)
    confirmations = 2 if "forks" in kinds else dice.choice((0, 2))
    return Schedule(seed, confirmations, tuple(operations))


def run(made: Template, schedule: Schedule, look: Callable[[World], Any] = lambda _: None) -> list[str]:
    """What was found wrong, each with its invariant's name."""
    with world(made, schedule.confirmations, schedule.seed) as found:
        for operation in schedule.operations:
            found.apply(operation)
        found.finish()
        look(found)
        return invariants.violations(found)


def shrunk(made: Template, schedule: Schedule, wanted: str) -> Schedule:
    """A schedule from which nothing more can be left out without ``wanted``, the beginning of a finding, being gone (ddmin; Zeller and
    Hildebrandt, 2002).
    """

    def fails(operations: Iterable[Operation]) -> bool:
        trial = replace(schedule, operations=tuple(operations))
        return any(one.startswith(wanted) for one in run(made, trial))

    left = list(schedule.operations)
    size = max(1, len(left) // 2)
    while size:
        place = 0
        while place < len(left):
            trial = left[:place] + left[place + size :]
            if fails(trial):
                left = trial
            else:
                place += size
        size //= 2
    return replace(schedule, operations=tuple(left))
