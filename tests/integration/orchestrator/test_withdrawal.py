"""A proposer takes its proposal back: who may, until when, and that nothing is started meanwhile."""

from dataclasses import replace
from unittest.mock import patch

import pytest

from chain.bindings import tasks
from chain.gateway import Gateway
from orchestrator.store import index
from protocol import ids
from protocol.contract import proposal_of
from protocol.errors import TallyError
from protocol.messages import ChainRequest
from protocol.reasons import BY_CODE, WITHDRAWALS
from protocol.typed import KIND_ABORT, KIND_WITHDRAWAL, Abort
from tests.integration.orchestrator.world import World

PROPOSER = "hospital"
CORRECTED = "proposer.corrected"


def withdrawal(task: bytes, party: str = PROPOSER, code: str = WITHDRAWALS[0]) -> Abort:
    return Abort(task, party, KIND_WITHDRAWAL, BY_CODE[code].number, bytes(32))


def proposed(world: World) -> bytes:
    task = world.client(PROPOSER).submit(world.contract())
    world.settle()
    return task


def test_a_withdrawn_proposal_ends_for_everybody_and_takes_no_use(world: World) -> None:
    task = proposed(world)
    client = world.client("laboratory")
    (request,) = [each for each in client.authorizations(task) if each.owner == "laboratory"]
    client.authorize(task, client.sign(*client.asked(task, request, world.roots["laboratory"])))
    world.settle()
    world.client(PROPOSER).withdraw(withdrawal(task, code=CORRECTED))
    world.client(PROPOSER).withdraw(withdrawal(task, code=CORRECTED))  # repeating it changes nothing
    world.settle()
    for reader in (PROPOSER, "laboratory", "exchange", "regulator"):
        status = world.client(reader).task(task)
        assert status.state == "aborted"
        assert [(each.code, each.party) for each in status.reasons] == [(CORRECTED, PROPOSER)]
        assert f"{PROPOSER} withdrew: " in status.reasons[0].what
        assert status.events[-1].name == "TaskAborted"
    (line,) = [each for each in client.own_authorizations().items if each.task == task]
    assert (line.status, line.uses_left) == ("on-chain", 1)
    with pytest.raises(TallyError, match=r"task\.ended"):
        world.client(PROPOSER).withdraw(withdrawal(task))


def test_nothing_is_started_while_a_withdrawal_is_on_its_way(world: World) -> None:
    """The last consent comes when the proposer has already said no, and the chain is slow."""
    task = proposed(world)
    world.client(PROPOSER).withdraw(withdrawal(task))
    world.authorize(task)
    with patch.object(world.relaying, "step", lambda: False):
        world.settle()
        status = world.client(PROPOSER).task(task)
        assert status.state == "proposed"
        assert (status.reasons[0].code, status.reasons[0].party) == ("task.withdrawing", PROPOSER)
    world.settle()
    assert world.client(PROPOSER).task(task).state == "aborted"


def test_a_start_that_came_first_stands(world: World) -> None:
    """The proposer's own wallet starts it past the coordinator, with the withdrawal already handed in."""
    task = proposed(world)
    world.authorize(task)
    with patch.object(world.starting, "start_step", lambda: False):
        world.settle()
        contract = world.client(PROPOSER).task(task).contract
        given = tuple(world.domains.digest(each.message) for each in world.client(PROPOSER).authorizations(task))
        world.client(PROPOSER).withdraw(withdrawal(task))
        own = Gateway(world.rpc_url, world.deployment, world.parties[PROPOSER].wallet)
        own.send(tasks.start(tasks.Proposal(*proposal_of(contract).chain_args()), given))
        world.settle()
    status = world.client(PROPOSER).task(task)
    assert status.state == "started"
    assert "chain.revert.WrongState" in [each.code for each in status.reasons]
    with pytest.raises(TallyError, match=r"withdrawal\.started"):
        world.client(PROPOSER).withdraw(withdrawal(task))


def test_who_withdraws(world: World) -> None:
    task = proposed(world)
    client = world.client(PROPOSER)
    for party in ("laboratory", "platform", "regulator"):
        with pytest.raises(TallyError, match=r"withdrawal\.not_yours"):
            world.client(party).withdraw(withdrawal(task, party))
    with pytest.raises(TallyError, match=r"task\.unknown"):
        world.client("stranger").withdraw(withdrawal(task, "stranger"))
    with pytest.raises(TallyError, match=r"signature\.not_wallet"):
        world.client("laboratory").withdraw(withdrawal(task))
    with pytest.raises(TallyError, match=r"signature\.not_wallet"):
        world.client(PROPOSER, node=True).withdraw(withdrawal(task))
    refusal = world.parties[PROPOSER].sign_wallet(world.domains.digest(replace(withdrawal(task), kind=1)))
    with pytest.raises(TallyError, match=r"signature\.not_wallet"):
        client.withdraw(withdrawal(task), refusal)
    for message in (replace(withdrawal(task), kind=KIND_ABORT), replace(withdrawal(task), reason=9)):
        with pytest.raises(TallyError, match=r"withdrawal\.kind"):
            client.withdraw(message)
    with pytest.raises(TallyError, match=r"refusal\.kind"):
        client.refuse(withdrawal(task))
    assert client.task(task).state == "proposed"


def test_attack_a_node_s_withdrawal_in_the_wallet_s_place(world: World) -> None:
    """It would stand under the key of the one that the chain takes, and keep it away."""
    task = proposed(world)
    message = withdrawal(task)
    signature = world.parties[PROPOSER].sign(world.domains.digest(message))
    with pytest.raises(TallyError, match=r"abort\.withdrawal"):
        world.client(PROPOSER).receipt(ChainRequest("abort", message, signature, (), ()))
    world.client(PROPOSER).withdraw(message)
    world.settle()
    assert world.client(PROPOSER).task(task).state == "aborted"


def test_attack_a_node_that_says_the_proposer_withdrew(world: World) -> None:
    """The chain does not read reasons: who reads them looks whether their author can give them."""
    task = proposed(world)
    message = replace(withdrawal(task, "laboratory"), kind=KIND_ABORT)
    given = tasks.Abort(task, ids.on_chain("laboratory"), KIND_ABORT, message.reason, bytes(32))
    world.gateway.send(tasks.abort(given, world.parties["laboratory"].sign(world.domains.digest(message))))
    world.settle()
    status = world.client(PROPOSER).task(task)
    assert [(each.code, each.party) for each in status.reasons] == [("unknown", "laboratory")]
    with world.database.transaction() as tx:
        assert (index.task(tx, task) or {})["ending"]["number"] == message.reason


def test_a_withdrawal_that_the_chain_refuses_is_told_and_nothing_starts(world: World) -> None:
    """Contracts from before withdrawals know no third kind."""
    task = proposed(world)
    older = replace(withdrawal(task), kind=9)
    world.client(PROPOSER).withdraw(withdrawal(task))
    real = tasks.Abort

    def known(*arguments: object) -> tasks.Abort:
        return real(*(older.kind if place == 2 else each for place, each in enumerate(arguments)))  # pyright: ignore[reportArgumentType]

    with patch.object(tasks, "Abort", known):
        world.authorize(task)
        world.settle()
    status = world.client(PROPOSER).task(task)
    assert status.state == "proposed"
    assert status.reasons[0].code == "chain.revert.OutOfRange"
    assert "does not start the task" in status.reasons[0].fix
