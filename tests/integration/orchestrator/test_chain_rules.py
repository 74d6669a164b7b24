"""Preflight against the contracts themselves: what `ProposalRules.check` or a start refuses is said before anybody signs,
and what is said because of them they refuse.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from chain.bindings import programs, proposal_rules
from chain.errors import ChainError
from chain.gateway import Gateway
from embedded.stack import Stack
from mpc.workflow.digest import ENGINE
from orchestrator.chain_view import GatewayView
from orchestrator.services import chain_rules, submission
from orchestrator.services.preflight import Bounds
from orchestrator.services.registry import facts_for
from protocol import ids
from protocol.contract import Output, Step, TaskContract, proposal_of
from protocol.errors import TallyError
from protocol.programs import COMMITTEES
from tests.integration.orchestrator.databases import own_database
from tests.integration.orchestrator.world import PROGRAM, Party, World

MADE, WAITING, RETIRED, STRONG = "stats.made@1.0.0", "stats.waiting@1.0.0", "stats.retired@1.0.0", "stats.strong@1.0.0"
OWNERS, ALONE, NOWHERE = "stats.owners@1.0.0", "stats.alone@1.0.0", "stats.nowhere@1.0.0"
MADE_ENGINE, WAITING_ENGINE, RETIRED_ENGINE = "made.engine@1.0.0", "waiting.engine@1.0.0", "retired.engine@1.0.0"
READERS: Final = tuple(f"reader-{i:03}" for i in range(101))
MORE: Final = (
    Party("mirror", ("compute-provider",), run_by="exchange"),
    Party("inspector", ("compute-provider", "regulator")),
    Party("watcher", ("regulator",), run_by="hospital"),
    Party("maker", ("algorithm-provider",), run_by="regulator"),
    Party("listener", ("result-user",), run_by="regulator"),
    Party("guest", ("result-user",), run_by="regulator"),
    Party("cloud", ("compute-provider",)),
)
CHECKED: Final = frozenset(
    {
        "committee.size", "committee.not_owners", "committee.audits", "committee.same_operator", "contract.result_users",
        "program.mixed_committees", "program.unknown", "engine.unknown", "data_set.unknown", "auditor.not_independent",
        "reviewer.not_independent", "deadline.too_near", "deadline.too_far",
    }
)  # fmt: skip
"""Codes of what `ProposalRules.check` enforces, beside a missing role in a committee of compute parties."""
STARTED: Final = frozenset(
    {"program.retired", "program.not_approved", "program.level", "program.party_range", "engine.retired", "engine.not_approved"}
)  # fmt: skip
"""Codes of what `Programs.requireRunnable` and `requireRunnableEngine` enforce."""


@pytest.fixture(scope="module")
def town(stack: Stack) -> Iterator[World]:
    with own_database(stack, "rules") as dsn:
        world = World(stack, database=dsn)
        world.parties.update({party.name: party for party in MORE})
        world.prepare()
        publish(world)
        world.settle()
        try:
            yield world
        finally:
            world.close()


def publish(world: World) -> None:
    """Releases of every kind, by the office and by a party that the regulator's operator runs."""
    maker = Gateway(world.rpc_url, world.deployment, world.parties["maker"].wallet)
    for name, kind, fewest, by in (
        (MADE, "three", 3, maker),
        (WAITING, "three", 3, world.gateway),
        (RETIRED, "three", 3, world.gateway),
        (OWNERS, "owners", 2, world.gateway),
        (ALONE, "none", 1, world.gateway),
    ):
        number = COMMITTEES.index(kind)
        by.send(programs.publish(ids.on_chain(name), b"\1" * 32, number, 4, 1, fewest, 3, 1))
    for name, by in ((MADE_ENGINE, maker), (WAITING_ENGINE, world.gateway), (RETIRED_ENGINE, world.gateway)):
        by.send(programs.publish_engine(ids.on_chain(name), b"\2" * 32))
    for name in (MADE, RETIRED, OWNERS, ALONE, MADE_ENGINE, RETIRED_ENGINE):
        world.approve(name)
    for name in (RETIRED, RETIRED_ENGINE):
        world.gateway.send(programs.retire(ids.on_chain(name)))


def using(*names: str) -> Callable[[TaskContract], TaskContract]:
    """With these programs."""
    return lambda made: replace(
        made, steps=tuple(Step(f"train{i or ''}", name, (), made.steps[0].inputs) for i, name in enumerate(names))
    )


def having(**changes: object) -> Callable[[TaskContract], TaskContract]:
    """With these fields."""
    return lambda made: replace(made, **changes)  # pyright: ignore[reportArgumentType]


def later(seconds: int) -> Callable[[TaskContract], TaskContract]:
    return lambda made: replace(made, deadline=made.deadline + seconds)


CHANGES: dict[str, tuple[Callable[[TaskContract], TaskContract], str]] = {
    "nothing": (having(), ""),
    "a reviewer": (having(auditors=(), reviewer="regulator", review_within=3600), ""),
    "no auditors": (having(auditors=()), ""),
    "another engine": (having(engine=MADE_ENGINE, auditors=()), ""),
    "two programs": (using(PROGRAM, MADE), "SameOperator"),
    "four compute parties": (having(committee=("cloud", "exchange", "hospital", "laboratory")), ""),
    "one operator twice": (having(committee=("exchange", "hospital", "mirror")), "SameOperator"),
    "a regulator computes": (having(committee=("exchange", "hospital", "inspector")), "AuditorOnCommittee"),
    "no compute party": (having(committee=("exchange", "hospital", "platform")), "MissingRole"),
    "two compute parties": (having(committee=("exchange", "hospital")), "BadLength"),
    "a committee for nobody": (using(ALONE), "BadLength"),
    "each owner for itself": (lambda made: having(committee=())(using(ALONE)(made)), ""),
    "others than the owners": (using(OWNERS), "CommitteeNotOwners"),
    "the owners": (lambda made: having(committee=made.owners)(using(OWNERS)(made)), ""),
    "programs of two kinds": (using(PROGRAM, OWNERS), "MixedCommittees"),
    "an unknown program": (using(NOWHERE), "UnknownRelease"),
    "an engine as program": (using(ENGINE), "WrongKind"),
    "an unknown engine": (having(engine=NOWHERE), "UnknownRelease"),
    "a program as engine": (having(engine=PROGRAM), "WrongKind"),
    "an auditor of an owner's": (having(auditors=("watcher",)), "SameOperator"),
    "an auditor of the proposer's": (having(proposer="guest"), "SameOperator"),
    "an auditor of a program's publisher": (using(MADE), "SameOperator"),
    "an auditor of the engine's publisher": (having(engine=MADE_ENGINE), "SameOperator"),
    "a reviewer of a compute party's": (having(auditors=(), reviewer="watcher", review_within=60), "SameOperator"),
    "a reviewer of the proposer's": (
        having(auditors=(), reviewer="regulator", review_within=60, proposer="guest"), "SameOperator"),
    "a reviewer of the publisher's": (
        having(auditors=(), reviewer="regulator", review_within=60, engine=MADE_ENGINE), "SameOperator"),
    "a reviewer of a reader's": (
        having(auditors=(), reviewer="regulator", review_within=60, outputs=(Output("train.model", ("listener",)),)),
        "SameOperator"),
    "too many readers": (having(outputs=(Output("train.model", READERS),)), "BadLength"),
    "an unknown version": (
        lambda made: replace(made, inputs=(replace(made.inputs[0], version=9), *made.inputs[1:])), "UnknownVersion"),
    "a deadline that passed": (later(-7200), "OutOfRange"),
    "a deadline too far": (later(400 * 86_400), "OutOfRange"),
    "a program that waits": (using(WAITING), ""),
    "a retired program": (using(RETIRED), ""),
    "an engine that waits": (having(engine=WAITING_ENGINE), ""),
    "a retired engine": (having(engine=RETIRED_ENGINE), ""),
    "a level too high": (having(protection_level=5), ""),
}  # fmt: skip
"""What a contract is changed to, and the chain's error for it by itself; "" where the chain takes the proposal."""


def refused(world: World, made: TaskContract) -> str:
    """The chain's error for a proposal, "" when it takes it."""
    lifetime = GatewayView(world.gateway).longest_lifetime()
    check = proposal_rules.check(proposal_rules.Proposal(*proposal_of(made).chain_args()), world.clock(), lifetime)
    try:
        world.gateway.read(check)
    except ChainError as error:
        return error.name
    return ""


def not_runnable(world: World, made: TaskContract) -> bool:
    """Whether the chain would not start these releases."""
    with world.database.transaction() as tx:
        facts = facts_for(tx, made, GatewayView(world.gateway), made.proposer)
    size = len(chain_rules.committers(made, chain_rules.kind_of(facts, made)))
    try:
        world.gateway.read(programs.require_runnable_engine(ids.on_chain(made.engine)))
        for name in made.programs:
            world.gateway.read(programs.require_runnable(ids.on_chain(name), made.protection_level, size))
    except ChainError:
        return True
    return False


def formed(made: TaskContract) -> bool:
    """Whether it is a contract at all: fewer than three compute parties are refused before anybody looks further."""
    try:
        TaskContract.read(made.data())
    except TallyError:
        return False
    return True


def found(world: World, made: TaskContract) -> tuple[set[str], set[str]]:
    """What preflight says of a contract, as far as the chain checks a proposal, and a start."""
    bounds = Bounds("platform", shortest_notice=0, longest_notice=3650 * 86_400)
    with world.database.transaction() as tx:
        chain = GatewayView(world.gateway)
        facts = facts_for(tx, made, chain, made.proposer)
        kind = chain_rules.kind_of(facts, made)
        if formed(made):
            problems = submission.examine(tx, chain, made, bounds, world.clock(), made.proposer).problems
        else:
            problems = tuple(chain_rules.examine(made, facts))
    codes = {problem.code for problem in problems}
    by_role = {
        "committee.role"
        for problem in problems
        if problem.code == "party.missing_role" and problem.where.startswith("committee") and kind == "three"
    }
    return codes & CHECKED | by_role, codes & STARTED


@pytest.mark.parametrize("name", CHANGES)
def test_rule_by_rule(town: World, name: str) -> None:
    change, error = CHANGES[name]
    made = change(town.contract())
    proposal, _ = found(town, made)
    assert refused(town, made) == error
    assert bool(proposal) == bool(error)


@given(names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_proposal_that_the_chain_refuses_never_reaches_signing(town: World, names: list[str]) -> None:
    made = town.contract()
    for name in names:
        made = CHANGES[name][0](made)
    assume(formed(made))
    proposal, start = found(town, made)
    error = refused(town, made)
    event(error or "taken")
    assert bool(proposal) == bool(error), (names, proposal, error)
    if not error:
        assert bool(start) == not_runnable(town, made), (names, start)
