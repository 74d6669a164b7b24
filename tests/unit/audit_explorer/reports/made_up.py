"""A consortium's made-up months: tasks with every end, and beside them a plain tally of what was made, kept while it was made."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from audit_explorer.reports.inputs import Happened
from mpc.workflow.digest import ENGINE
from protocol import events, ids
from protocol.contract import Input, Output, Step, TaskContract, proposal_of
from protocol.event import Event
from protocol.fields import fields_of
from protocol.typed import Typed
from tests.unit.protocol import samples

SINCE, UNTIL = 1_780_000_000, 1_790_000_000
OWNERS = ("clinic", "hospital", "laboratory")
ASKERS = ("hospital", "insurer", "university")
COMMITTEE = ("exchange", "hospital", "laboratory")
PROGRAMS = ("glm.logistic@1.0.0", "stats.mean@1.0.0")
PURPOSES = ("audit", "care", "research")
HOSTILE = "<script>alert(1)</script>\u202e" + "=cmd|' /C calc'!A0"


def values(message: Typed) -> dict[str, Any]:
    names = [item.attribute for item in fields_of(type(message))]
    return dict(zip(names, message.chain_args(), strict=True))


@dataclass
class Tally:
    """What was made, counted by whoever made it."""

    states: Counter[str] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)
    purposes: Counter[str] = field(default_factory=Counter)
    programs: Counter[str] = field(default_factory=Counter)
    uses: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """By who asked, data set, owner, purpose."""
    given: Counter[str] = field(default_factory=Counter)
    revoked: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    returned: Counter[str] = field(default_factory=Counter)
    authors: Counter[str] = field(default_factory=Counter)


class Chain:
    """Events as they come, each in a block of its own."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.happened: list[Happened] = []
        self.contracts: list[TaskContract] = []
        self.tally = Tally()
        self.time = SINCE - 50_000
        self._number = 0

    def emit(self, event: Event, seconds: int = 5) -> None:
        self.time += seconds
        self.happened.append(Happened.of(event, len(self.happened) + 7, len(self.happened) % 3, self.time))

    def task(self, *, purpose: str = "", asker: str = "", count: bool = True) -> None:
        """One task from proposal to some end."""
        self._number += 1
        owners = tuple(sorted(self.draw.sample(OWNERS, self.draw.randint(1, 3))))
        asker, purpose = asker or self.draw.choice(ASKERS), purpose or self.draw.choice(PURPOSES)
        program, level = self.draw.choice(PROGRAMS), self.draw.randint(3, 5)
        data_sets = {f"{owner}-{ids.on_chain(owner).hex()[:32]}": owner for owner in owners}
        contract = samples.contract(
            nonce=f"{self._number:064x}", proposer=asker, committee=COMMITTEE, engine=ENGINE, purpose=purpose, protection_level=level,
            inputs=tuple(Input(name, 1, owner, ("a",), ()) for name, owner in sorted(data_sets.items())),
            steps=(Step("run", program, (), (("table", tuple(sorted(data_sets))),)),), outputs=(Output("run.x", (asker,)),),
            auditors=(), deadline=UNTIL + 10**6,
        )  # fmt: skip
        self.contracts.append(contract)
        task = ids.on_chain(f"task {self._number} {purpose}")
        self.emit(
            events.TaskProposed(task, "0x" + "00" * 20, events.Proposal(**values(proposal_of(contract)))),
            self.draw.randint(100, 9_000),
        )
        end = self.draw.choice(
            ("proposed", "started", "completed", "completed", "disputed", "refused", "aborted", "expired")
        )
        if count:
            self.tally.states[end] += 1
            self.tally.levels[level] += 1
            self.tally.purposes[purpose] += 1
            self.tally.programs[program] += 1
        if end == "proposed":
            return
        if end == "refused" and self.draw.random() < 0.5:  # before anything was used
            self._end(task, end, count=count)
            return
        consents = []
        for name, owner in sorted(data_sets.items()):
            consent = ids.on_chain(f"consent {self._number} {name}")
            consents.append(consent)
            signed = events.Authorization(**values(samples.authorization(contract, name)))
            self.emit(events.AuthorizationSubmitted(consent, ids.on_chain(owner), "0x" + "00" * 20, 1, signed))
            self.tally.given[owner] += SINCE <= self.time < UNTIL
        for consent, (name, owner) in zip(consents, sorted(data_sets.items()), strict=True):
            self.emit(events.UseConsumed(consent, task, 1, 0))
            if count:
                self.tally.uses[asker, name, owner, purpose] += 1
                self.tally.used[owner] += 1
        self.emit(events.TaskStarted(task, tuple(consents), bytes(32), self.time))
        if end in ("refused", "aborted") and self.draw.random() < 0.5:
            (name, owner), consent = min(data_sets.items()), consents[0]
            self.emit(events.UseReturned(consent, task, 1, 1))
            if count:
                self.tally.uses[asker, name, owner, purpose] -= 1
                self.tally.returned[owner] += 1
        if self.draw.random() < 0.2:
            owner = data_sets[max(data_sets)]
            self.emit(events.AuthorizationRevoked(consents[-1], ids.on_chain(owner)))
            self.tally.revoked[owner] += SINCE <= self.time < UNTIL
        self._end(task, end, count=count)

    def _end(self, task: bytes, end: str, *, count: bool) -> None:
        author = self.draw.choice(COMMITTEE)
        match end:
            case "completed":
                self.emit(events.TaskCompleted(task, bytes(32)))
            case "disputed":
                self.emit(events.TaskDisputed(task, (ids.on_chain(author),), (ids.on_chain("exchange"),)))
                author = "the chain"
            case "expired":
                self.emit(events.TaskExpired(task, (ids.on_chain(author),)))
                author = "the chain"
            case "refused" | "aborted":
                self.emit(events.TaskAborted(task, ids.on_chain(author), 1 if end == "refused" else 2, 4, bytes(32), 1))
            case _:
                return
        if count and end != "completed":
            self.tally.authors[author] += 1


def fifty(seed: int = 7) -> Chain:
    """Fifty tasks in the period, with some before and after it."""
    made = Chain(seed)
    while made.time < SINCE - 10_000:
        made.task(count=False)
    made.time = SINCE
    for _ in range(50):
        made.task()
    assert made.time < UNTIL
    made.time = UNTIL
    for _ in range(5):
        made.task(count=False)
    return made
