"""From commitments over release and collection to the evidence bundle."""

import secrets

import pytest

from chain.proofs import Prover
from orchestrator.engine.bundling import _own_trust
from protocol import bundle, verify
from protocol.errors import RefusedError, TallyError
from protocol.messages import ChainRequest
from protocol.trust import Trust
from protocol.typed import Abort
from tests.integration.orchestrator.nodes import attestation, nodes_of, statement_head
from tests.integration.orchestrator.world import NODES, World


def committed(world: World, task: bytes, run: bytes) -> dict[str, int]:
    contract = world.client("hospital").task(task).contract.digest()
    sizes: dict[str, int] = {}
    for name, node in nodes_of(world).items():
        node.state(task, statement_head(world, task, contract, name))
        sizes[name] = len(node.tree)
        world.client(name).receipt(node.commitment(task, run))
    world.settle()
    return sizes


def test_commitments_complete_release_and_evidence(world: World) -> None:
    task, run = world.started(), secrets.token_bytes(32)
    client = world.client("hospital")
    for party in NODES:
        world.queued(party)
    sizes = committed(world, task, run)
    status = client.task(task)
    assert status.state == "completed"
    assert {p["party"] for p in status.raw["parties"] if p["committed"]} == set(NODES)
    for party in NODES:
        assert [m["name"] for m in world.queued(party)] == ["tally.task.release"]

    nodes = nodes_of(world)
    shares = {name: nodes[name].release(task, run, status.contract.digest(), "hospital") for name in NODES}
    for name in NODES[:2]:
        world.client(name).receipt(shares[name])
    world.settle()
    assert world.queued("hospital") == []
    assert "share.missing" in {r["code"] for r in client.task(task).reasons}
    world.client(NODES[2]).receipt(shares[NODES[2]])
    world.settle()
    assert [m["name"] for m in world.queued("hospital")] == ["tally.result.collect"]
    assert client.sealed(task, "hospital") == tuple(shares[name] for name in NODES)

    client.receipt(attestation(world, task, run))
    for name in NODES:
        world.client(name).receipt(nodes[name].anchor())
    world.settle()
    with pytest.raises(RefusedError, match=r"evidence\.not_ready"):
        client.evidence(task)
    for name in NODES:
        world.client(name).receipt(nodes[name].evidence(task, sizes[name]))
    world.settle()
    data = client.evidence(task)
    material = bundle.read(data)
    assert [log.party for log in material.logs] == sorted(NODES)
    assert {a.owner for a in material.authorizations} == {"hospital", "laboratory"}
    report = verify.verify(data, own_trust(world, len(material.headers)))
    outcomes = {step.number: (step.outcome, step.detail.english) for step in report.steps}
    for number in (1, 2, 3, 4, 5):
        assert outcomes[number][0] == "holds", outcomes[number]
    assert client.task(task).reasons == ()
    assert world.client("regulator").evidence(task) == data
    with pytest.raises(RefusedError, match=r"task\.unknown"):
        world.client("stranger").evidence(task)


def own_trust(world: World, blocks: int) -> Trust:
    return _own_trust(world.deployment, tuple(Prover(world.gateway.endpoint).header_chain(0, blocks - 1)))


def test_contradicting_commitments_dispute(world: World) -> None:
    task = world.started()
    nodes = nodes_of(world)
    contract = world.client("hospital").task(task).contract.digest()
    for name, node in nodes.items():
        node.state(task, statement_head(world, task, contract, name))
        changes = {"links": (b"\x01" * 32, b"\x02" * 32)} if name == "exchange" else {}
        world.client(name).receipt(node.commitment(task, b"\x44" * 32, **changes))
    world.settle()
    status = world.client("hospital").task(task)
    assert status.state == "disputed"
    assert status.reasons[0]["code"] == "run.evidence_disagrees"
    assert "exchange" in status.reasons[0]["what"]


def test_a_node_aborts_with_a_reason(world: World) -> None:
    task = world.started()
    party = world.parties["exchange"]
    message = Abort(task, "exchange", 2, 20, b"\x55" * 32)
    world.client("exchange").receipt(ChainRequest("abort", message, party.sign(world.domains.digest(message)), (), ()))
    world.settle()
    status = world.client("laboratory").task(task)
    assert (status.state, status.reasons[0]["code"], status.reasons[0]["party"]) == (
        "aborted",
        "run.interrupted",
        "exchange",
    )


def test_an_owner_refuses_before_the_start(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    world.client("laboratory").refuse(Abort(task, "laboratory", 1, 9, bytes(32)))
    world.settle()
    status = world.client("hospital").task(task)
    assert (status.state, status.reasons[0]["code"], status.reasons[0]["party"]) == (
        "refused",
        "owner.declined",
        "laboratory",
    )


def test_a_stranger_cannot_refuse(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    with pytest.raises(TallyError, match=r"refusal\.not_yours"):
        world.client("stranger").refuse(Abort(task, "stranger", 1, 9, bytes(32)))
    with pytest.raises(TallyError, match=r"signature\.not_party"):
        world.client("exchange").refuse(Abort(task, "laboratory", 1, 9, bytes(32)))
