"""What the chain asks of a proposal (`ProposalRules.check`) and of a start, said before anybody signs.

Pure, as preflight is. ``tests/integration/orchestrator/test_chain_rules.py`` holds it against the contracts themselves:
what they refuse is found here, and what is found here because of them they refuse.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from orchestrator.services.registry import Facts, PartyFacts
from protocol import ids
from protocol.api import Finding
from protocol.contract import TaskContract
from protocol.programs import FEWEST, Committee

_MOST_COMMITTERS: Final = 32
_MOST_RESULT_USERS: Final = 100
_Member = tuple[str, bytes]
"""Who, and who runs it."""


class Published(Protocol):
    """What the chain says of any release."""

    @property
    def approvals(self) -> int:
        """Certifiers' approvals."""
        ...

    @property
    def active(self) -> bool:
        """Not retired."""
        ...


def examine(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    """Everything but what preflight says of single parties, data sets and programs."""
    yield from _engine(contract, facts)
    yield from _committee(contract, facts)
    yield from _result_users(contract)
    yield from _independence(contract, facts)


def kind_of(facts: Facts, contract: TaskContract) -> Committee:
    """Who commits: the first program says it, as on chain; three compute parties while it is unknown."""
    found = facts.programs.get(contract.programs[0])
    return "three" if found is None else found.committee


def committers(contract: TaskContract, kind: Committee) -> tuple[str, ...]:
    """Who commits in a task of such programs."""
    return contract.owners if kind == "none" else contract.committee


def runnable(what: str, name: str, release: Published, required: int, where: str) -> Iterator[Finding]:
    """A start asks this of every program and of the engine."""
    if not release.active:
        yield Finding(f"{what}.retired", f"{name} is retired.", "Name a newer version.", where)
    if release.approvals < required:
        yield Finding(
            f"{what}.not_approved",
            f"{name} has {release.approvals} of {required} certifier approvals.",
            f"Wait for certification, or name an approved {what}.",
            where,
        )


def _engine(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    if facts.engine is None:
        yield Finding(
            "engine.unknown",
            f"The chain has no engine {contract.engine}.",
            "Name a published one: `tally task complete` names the newest.",
            "engine",
        )
        return
    yield from runnable("engine", contract.engine, facts.engine, facts.required_approvals, "engine")


def _committee(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    kind = kind_of(facts, contract)
    for i, step in enumerate(contract.steps):
        found = facts.programs.get(step.program)
        if found is not None and found.committee != kind:
            yield Finding(
                "program.mixed_committees",
                f"{step.program} and {contract.programs[0]} differ in who commits.",
                "Make two tasks of it.",
                f"steps[{i}].program",
            )
    least, most = (0, 0) if kind == "none" else (FEWEST[kind], _MOST_COMMITTERS)
    if not least <= len(contract.committee) <= most:
        yield Finding(
            "committee.size",
            f"{len(contract.committee)} compute parties; these programs take {least} to {most}.",
            "Change the committee or the programs.",
            "committee",
        )
    if kind == "owners" and contract.committee != contract.owners:
        yield Finding(
            "committee.not_owners",
            "These programs are computed by exactly the owners of the data.",
            "Name them, and nobody else, as the committee.",
            "committee",
        )
    yield from _apart(contract, facts)


def _apart(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    """Nobody twice under two names, and nobody who audits."""
    seen: dict[tuple[str, object], str] = {}
    for i, name in enumerate(contract.committee):
        party = facts.parties.get(name)
        if party is None:
            continue
        where = f"committee[{i}]"
        for role in ("regulator", "certifier"):
            if party.holds(role):
                yield Finding(
                    "committee.audits", f"{name} is a {role} and never computes.", "Name another compute party.", where
                )
        for what, value in _identities(party):
            other = seen.setdefault((what, value), name)
            if other != name:
                yield Finding(
                    f"committee.same_{what.replace(' ', '_')}",
                    f"{other} and {name} have one {what}: together they would see everything.",
                    "Name three compute parties of distinct operators.",
                    where,
                )


def _identities(party: PartyFacts) -> tuple[tuple[str, object], ...]:
    return ("operator", party.operator), ("node key", party.node_key), ("node signer", party.node_signer)


def _result_users(contract: TaskContract) -> Iterator[Finding]:
    if len(contract.result_users) > _MOST_RESULT_USERS:
        yield Finding(
            "contract.result_users",
            f"{len(contract.result_users)} result users; the chain takes {_MOST_RESULT_USERS}.",
            "Name fewer, or make several tasks.",
            "outputs",
        )


def _independence(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    """Operators are compared, not parties: one who checks itself under another name checks nothing."""
    proposing = _group(facts, (contract.proposer,))
    committing = _group(facts, committers(contract, kind_of(facts, contract)))
    publishing = _publishers(contract, facts)
    owning, reading = _group(facts, contract.owners), _group(facts, contract.result_users)
    checks = [
        (name, f"auditors[{i}]", "auditor", (*committing, *owning, *proposing, *publishing))
        for i, name in enumerate(contract.auditors)
    ]
    if contract.reviewer:
        checks.append((contract.reviewer, "reviewer", "reviewer", (*committing, *proposing, *publishing, *reading)))
    for name, where, what, others in checks:
        party = facts.parties.get(name)
        both = {other for other, operator in others if party is not None and operator == party.operator}
        if both:
            yield Finding(
                f"{what}.not_independent",
                f"Who runs {name} also runs {', '.join(sorted(both))} in this task, which it would check.",
                f"Name another {what}.",
                where,
            )


def _group(facts: Facts, names: Iterable[str]) -> list[_Member]:
    return [(name, found.operator) for name in names if (found := facts.parties.get(name)) is not None]


def _publishers(contract: TaskContract, facts: Facts) -> list[_Member]:
    """Who published what runs; the office that publishes is nobody's party."""
    known = [facts.programs.get(name) for name in contract.programs]
    by = [release.publisher for release in (*known, facts.engine) if release is not None]
    names = {ids.on_chain(name): name for name in facts.parties}
    return [(names.get(one.party, f"the publisher 0x{one.party.hex()}"), one.operator) for one in by if one is not None]
