"""From commitments over release and collection to the evidence bundle."""

import secrets
from dataclasses import replace

import pytest

from orchestrator.engine.hopping import Hopping
from protocol import ancestry, bundle, verify
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
    assert {p.party for p in status.parties if p.committed} == set(NODES)
    for party in NODES:
        assert [m["name"] for m in world.queued(party)] == ["tally.task.release"]

    nodes = nodes_of(world)
    shares = {name: nodes[name].release(task, run, status.contract.digest(), "hospital") for name in NODES}
    for name in NODES[:2]:
        world.client(name).receipt(shares[name])
    world.settle()
    assert world.queued("hospital") == []
    assert "share.missing" in {r.code for r in client.task(task).reasons}
    world.client(NODES[2]).receipt(shares[NODES[2]])
    world.settle()
    assert [m["name"] for m in world.queued("hospital")] == ["tally.result.collect"]
    assert client.sealed(task, "hospital") == tuple(shares[name] for name in NODES)

    client.receipt(attestation(world, task, run))
    for name in NODES:
        nodes[name].end(task, status.contract.digest())
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
    report = verify.verify(data, own_trust(world, material.descent.top.number))
    outcomes = {step.number: (step.outcome, step.detail.english) for step in report.steps}
    for number in (1, 2, 3, 4, 5):
        assert outcomes[number][0] == "holds", outcomes[number]
    assert client.task(task).reasons == ()
    assert world.client("regulator").evidence(task) == data
    paths_lead_to_the_bundle(world, task, data)
    with pytest.raises(RefusedError, match=r"task\.unknown"):
        world.client("stranger").evidence(task)


def paths_lead_to_the_bundle(world: World, task: bytes, data: bytes) -> None:
    """Stored hops and live ones make one path, from any later block; without the state of old blocks too."""
    client, every = world.client("regulator"), 40
    head = bundle.read(data).descent.top.number
    world.stack_mine(3 * every)
    # Nothing stored yet: the node's own state gives the path.
    top = world.gateway.head()
    live = ancestry.read_path(client.path(task, top))
    assert [block.number for block in live.verify()] == [top, head]
    hopping = Hopping(world.database, world.gateway, every)
    assert hopping.step()
    assert not hopping.step()
    with world.database.transaction() as tx:
        stored = tx.execute("SELECT count(*) AS n FROM chain_hops").fetchone()
    assert stored is not None
    assert stored["n"] >= 3
    calls = world.counted(hopping.step)
    assert calls == ["eth_blockNumber"], "in a steady state nothing is asked but the head"
    for trusted in (top // every * every, top, head // every * every + every):
        found: list[bytes] = []
        calls = world.counted(lambda trusted=trusted, found=found: found.append(client.path(task, trusted)))
        assert ("eth_getProof" in calls) == (trusted % every != 0), "stored hops need no state"
        path = ancestry.read_path(found[0])
        assert verify.verify(data, own_trust(world, trusted), path=path).steps[1].outcome == "holds"
        numbers = [block.number for block in path.verify()]
        assert (numbers[0], numbers[-1]) == (trusted, head)
        assert all(number % every == 0 for number in numbers[1:-1])
    with pytest.raises(RefusedError, match=r"evidence\.path_upwards"):
        client.path(task, head - 1)
    with pytest.raises(TallyError, match=r"chain\.not_found"):
        client.path(task, top + 100)
    with pytest.raises(RefusedError, match=r"task\.unknown"):
        world.client("stranger").path(task, top)


def own_trust(world: World, head: int) -> Trust:
    block = world.gateway.block_ref(head)
    assert block is not None
    return replace(world.deployment.trust(), head=(head, block.hash))


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
    assert status.reasons[0].code == "run.evidence_disagrees"
    assert "exchange" in status.reasons[0].what


def test_a_node_aborts_with_a_reason(world: World) -> None:
    task = world.started()
    party = world.parties["exchange"]
    message = Abort(task, "exchange", 2, 20, b"\x55" * 32)
    world.client("exchange").receipt(ChainRequest("abort", message, party.sign(world.domains.digest(message)), (), ()))
    world.settle()
    status = world.client("laboratory").task(task)
    assert (status.state, status.reasons[0].code, status.reasons[0].party) == (
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
    assert (status.state, status.reasons[0].code, status.reasons[0].party) == (
        "refused",
        "owner.declined",
        "laboratory",
    )


def test_a_wallet_is_told_at_once_that_a_started_task_is_its_nodes_to_end(world: World) -> None:
    """Found by tests/simulation/faults: it was taken, and the chain refused the signature later, where few look."""
    task = world.started()
    message = Abort(task, "laboratory", 1, 9, bytes(32))
    with pytest.raises(TallyError, match=r"refusal\.started"):
        world.client("laboratory").refuse(message)
    world.client("laboratory", node=True).refuse(message)
    world.settle()
    assert world.client("hospital").task(task).state == "refused"


def test_a_stranger_cannot_refuse(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    with pytest.raises(TallyError, match=r"task\.unknown"):
        world.client("stranger").refuse(Abort(task, "stranger", 1, 9, bytes(32)))
    with pytest.raises(TallyError, match=r"refusal\.not_yours"):
        world.client("platform").refuse(Abort(task, "platform", 1, 9, bytes(32)))
    with pytest.raises(TallyError, match=r"signature\.not_party"):
        world.client("exchange").refuse(Abort(task, "laboratory", 1, 9, bytes(32)))
