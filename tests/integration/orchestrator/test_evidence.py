"""Bundles that rest on the chain's own storage: of a task that ran successors, and of one that never started."""

import itertools
import secrets
from dataclasses import replace

from chain.bindings import programs
from protocol import bundle, ids, verify
from protocol.ask import Ask
from protocol.contract import Step, TaskContract
from protocol.offers import standing
from protocol.typed import Abort
from tests.integration.orchestrator.nodes import nodes_of, statement_head
from tests.integration.orchestrator.test_completion import own_trust
from tests.integration.orchestrator.world import NODES, World

VERSIONS = [f"glm.logistic@7.{step}.0" for step in range(4)]


def of_program(made: TaskContract, program: str) -> TaskContract:
    steps = (Step("train", program, made.steps[0].parameters, made.steps[0].inputs),)
    return replace(made, nonce=secrets.token_hex(32), steps=steps)


def publish(world: World) -> None:
    for descriptor in [world.publish(version) for version in VERSIONS]:
        world.settle()
        world.client("platform").publish_program(descriptor)
    world.succeed(VERSIONS[0], VERSIONS[1])
    world.succeed(VERSIONS[1], VERSIONS[2])


def allow(world: World, task: bytes, not_after: int) -> None:
    """Standing authorizations of both owners that take approved successors."""
    for owner in ("hospital", "laboratory"):
        client = world.client(owner)
        (request,) = [item for item in client.authorizations(task) if item.owner == owner]
        message, ask = standing(
            request.message, Ask.read(request.policy), uses=9, not_after=not_after, tasks_per_day=9,
            nonce=secrets.randbits(256), approved_successors=True,
        )  # fmt: skip
        client.authorize_standing(client.sign(message, ask))
    world.settle()


def test_the_way_that_stood_at_the_start_is_proven_whatever_became_of_it(world: World) -> None:
    publish(world)
    first = of_program(world.contract(), VERSIONS[0])
    allow(world, world.client("hospital").submit(first), first.deadline + 9_999)
    contract = of_program(first, VERSIONS[2])
    task, run = world.client("hospital").submit(contract), secrets.token_bytes(32)
    world.settle()
    assert world.client("hospital").task(task).state == "started"

    # What the first release is replaced by now is another one, and the one between is retired.
    world.gateway.send(programs.retire(ids.on_chain(VERSIONS[1])))
    world.succeed(VERSIONS[0], VERSIONS[3])
    nodes, sizes = nodes_of(world), dict[str, int]()
    for name in NODES:
        nodes[name].state(task, statement_head(world, task, contract.digest(), name))
        sizes[name] = len(nodes[name].tree)
        world.client(name).receipt(nodes[name].commitment(task, run))
    world.settle()
    for name in NODES:
        nodes[name].end(task, contract.digest())
        world.client(name).receipt(nodes[name].anchor())
        world.client(name).receipt(nodes[name].evidence(task, sizes[name]))
    world.settle()

    material = bundle.read(world.client("hospital").evidence(task))
    trust = own_trust(world, material.descent.top.number)
    way = {(ids.on_chain(older), ids.on_chain(newer)) for older, newer in itertools.pairwise(VERSIONS[:3])}
    assert {(step.older, step.newer) for step in material.successions} == way
    report = verify.verify(bundle.build(material), trust)
    outcomes = {step.number: (step.outcome, step.detail.english) for step in report.steps}
    for number in (1, 2, 3, 4, 5):
        assert outcomes[number][0] == "holds", outcomes[number]
    hidden = verify.verify(bundle.build(replace(material, successions=material.successions[1:])), trust)
    assert hidden.steps[2].outcome == "cannot"


def test_a_task_that_was_refused_before_it_started_holds_whole(world: World) -> None:
    """Its record on the chain says that it took nothing of a consent; an owner's wallet refused, which needs no log."""
    task = world.client("hospital").submit(world.contract())
    world.settle()
    world.client("laboratory").refuse(Abort(task, "laboratory", 1, 9, bytes(32)))
    world.settle()
    data = world.client("hospital").evidence(task)
    report = verify.verify(data, own_trust(world, bundle.read(data).descent.top.number))
    expected = ["holds", "holds", *["nothing"] * 6, "holds", "holds"]
    assert [step.outcome for step in report.steps] == expected, report
    assert report.exit_code == 0
    assert report.state == "refused"
    assert "did not start" in report.steps[2].detail.english
