"""What the chain's newer acts mean to the coordinator: all revoked at once, wallets of authorizations, successors, reviews
whose time is over, and signatures in every form that wallets write.
"""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account import Account

from chain import participant
from chain.bindings import consents, party_registry, programs, tasks
from chain.endpoint import Endpoint, RefusedByNodeError
from chain.errors import ChainError
from chain.gateway import Gateway
from orchestrator.chain_view import GatewayView
from orchestrator.services import registry
from orchestrator.store import faults
from orchestrator.store import tasks as tasks_store
from protocol import canonical, ids
from protocol.api import AuthorizationLine
from protocol.ask import Ask
from protocol.contract import Step, TaskContract, proposal_of
from protocol.errors import RefusedError, VerificationError
from protocol.messages import SignedAuthorization
from protocol.offers import standing
from protocol.registrations import WalletChange
from protocol.typed import RevocationOfAll
from tests.integration.orchestrator.nodes import nodes_of, statement_head
from tests.integration.orchestrator.test_engine import moved_clock
from tests.integration.orchestrator.world import NODES, World
from tests.patience import scaled, until
from tests.unit.protocol.test_signature_forms import forms

__all__ = ["moved_clock"]


def give(world: World, owner: str, task: bytes) -> bytes:
    """The owner's authorization for a task, not settled."""
    client = world.client(owner)
    (request,) = [item for item in client.authorizations(task) if item.owner == owner]
    client.authorize(task, client.sign(*client.asked(task, request, world.roots[owner])))
    return request.digest


def line(world: World, owner: str, digest: bytes) -> AuthorizationLine:
    """What the owner reads of its authorization."""
    items = list((page := world.client(owner).own_authorizations(limit=3)).items)
    while page.next_cursor is not None:
        page = world.client(owner).own_authorizations(page.next_cursor, limit=3)
        items += page.items
    assert len({item.authorization for item in items}) == len(items)
    (found,) = [item for item in items if item.authorization == digest]
    return found


def test_all_is_revoked_at_once(world: World) -> None:
    client = world.client("hospital")
    task = client.submit(world.contract())
    world.settle()
    digest = give(world, "hospital", task)
    assert (line(world, "hospital", digest).status, line(world, "hospital", digest).sequence) == ("received", None)
    world.settle()
    given = line(world, "hospital", digest)
    submissions = client.own_authorizations().submissions
    assert (given.status, given.sequence, given.task) == ("on-chain", submissions, task)
    assert given.current_wallet
    assert given.wallet == world.parties["hospital"].wallet.address.lower()

    client.revoke_all(submissions)
    assert line(world, "hospital", digest).status == "revoking"
    give(world, "laboratory", task)
    world.settle()
    assert client.task(task).state == "proposed"
    assert world.gateway.read(consents.revoked_through(ids.on_chain("hospital"))) == submissions
    with world.database.transaction() as tx:
        left = tx.execute(
            "SELECT count(*) AS n FROM authorizations_now WHERE owner_id = %s AND submitted AND NOT revoked",
            (ids.on_chain("hospital"),),
        ).fetchone()
    assert left == {"n": 0}

    give(world, "hospital", task)
    world.settle()
    assert client.task(task).state == "started"


def test_all_is_revoked_by_its_owner_and_no_further_than_it_goes(world: World) -> None:
    client, now = world.client("hospital"), world.client("hospital").own_authorizations().submissions
    for through in (0, now + 1):
        with pytest.raises(RefusedError, match=r"revocation\.through"):
            client.revoke_all(through)
    message = RevocationOfAll("hospital", 1)
    with pytest.raises(VerificationError, match=r"signature\.not_wallet"):
        client.revoke_all(1, world.parties["laboratory"].sign_wallet(world.domains.digest(message)))


def test_a_signature_that_the_chain_refused_is_told_to_whoever_gave_it(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    digest = give(world, "laboratory", task)
    before = world.parties["laboratory"]
    change_wallet(world, "laboratory")
    world.relaying.step()
    world.settle()
    refused = line(world, "laboratory", digest)
    assert refused.status == "refused"
    assert refused.problem is not None
    assert refused.problem.code == "chain.revert.BadSignature"
    reasons = {item.code: item for item in world.client("hospital").task(task).reasons}
    assert "present wallet" in reasons["chain.revert.BadSignature"].fix
    assert before.wallet.address != world.parties["laboratory"].wallet.address

    client = world.client("laboratory")
    (request,) = [item for item in client.authorizations(task) if item.owner == "laboratory"]
    assert request.status == "asked"
    client.authorize(task, replace(refused_words(world, digest), signature=client_signature(world, digest)))
    world.settle()
    again = line(world, "laboratory", digest)
    assert (again.status, again.problem) == ("on-chain", None)


def refused_words(world: World, digest: bytes) -> SignedAuthorization:
    """What the coordinator holds under a digest."""
    with world.database.transaction() as tx:
        (held,) = tasks_store.authorizations_by_digest(tx, [digest])
    return SignedAuthorization.parse(canonical.parse(held))


def client_signature(world: World, digest: bytes) -> bytes:
    return world.parties["laboratory"].sign_wallet(digest)


@pytest.mark.parametrize("every", [False, True])
def test_a_revocation_that_the_chain_refused_goes_again_under_the_new_wallet(world: World, every: bool) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    digest = give(world, "laboratory", task)
    world.settle()
    through = world.client("laboratory").own_authorizations().submissions

    def take_back() -> None:
        client = world.client("laboratory")
        client.revoke_all(through) if every else client.revoke(digest)

    take_back()
    change_wallet(world, "laboratory")
    world.settle()
    refused = line(world, "laboratory", digest)
    assert refused.status == "revoking"  # nothing starts with it here, whatever the chain says
    assert refused.problem is not None
    assert refused.problem.code == "chain.revert.BadSignature"

    take_back()
    world.settle()
    confirmed = line(world, "laboratory", digest)
    assert (confirmed.status, confirmed.problem) == ("revoked", None)
    record = world.gateway.read(consents.get(digest))
    on_chain = world.gateway.read(consents.revoked_through(ids.on_chain("laboratory")))
    assert on_chain >= through if every else world.gateway.read(consents.is_revoked(digest, ids.on_chain("laboratory")))
    assert record.sequence == through


@pytest.mark.parametrize("said", ["node is syncing", "transaction pool not enabled", "daily request limit reached"])
def test_a_revocation_outlives_whatever_the_chains_node_refuses(
    world: World, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    digest = give(world, "laboratory", task)
    world.settle()

    def refusing(self: Endpoint, signed: bytes) -> None:
        raise RefusedByNodeError("eth_sendRawTransaction", -32000, said)

    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "send", refusing)
        world.client("laboratory").revoke(digest)
        for _ in range(2 * faults.MOST_TRIES):
            world.relaying.step()
            with world.database.transaction() as tx:
                tx.execute("UPDATE relay_jobs SET next_at = now() WHERE state = 'waiting'")
        held = line(world, "laboratory", digest)
        assert (held.status, held.problem and held.problem.code) == ("revoking", "chain.refused")
        assert said in (held.problem.what if held.problem else "")
    world.settle()
    assert line(world, "laboratory", digest).status == "revoked"
    assert world.gateway.read(consents.is_revoked(digest, ids.on_chain("laboratory")))


def test_an_id_that_nobody_knows_cannot_be_revoked(world: World) -> None:
    with pytest.raises(RefusedError, match=r"authorization\.unknown"):
        world.client("laboratory").revoke(secrets.token_bytes(32))


def change_wallet(world: World, name: str) -> None:
    """The party's present wallet names another one, which accepts."""
    party, new = world.parties[name], Account.create()
    number = world.gateway.read(party_registry.pending_wallet(ids.on_chain(name)))[1] + 1
    digest = world.domains.digest(WalletChange(name, new.address.lower(), number))
    after = replace(party, wallet=new)
    for call in (
        party_registry.change_wallet(ids.on_chain(name), new.address, number, party.sign_wallet(digest)),
        party_registry.accept_wallet(ids.on_chain(name), after.sign_wallet(digest)),
    ):
        world.gateway.send(call)
    world.parties[name] = after


def test_authorizations_of_an_earlier_wallet_are_seen(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    digest = give(world, "laboratory", task)
    world.settle()
    before = world.parties["laboratory"].wallet.address.lower()
    change_wallet(world, "laboratory")
    world.settle()
    found = line(world, "laboratory", digest)
    assert (found.wallet, found.current_wallet, found.status) == (before, False, "on-chain")


def test_a_wallet_that_was_named_waits_for_its_acceptance(world: World) -> None:
    party, new = world.parties["exchange"], Account.create()
    for address, pending in ((new.address, bytes.fromhex(new.address[2:])), ("0x" + "00" * 20, None)):
        number = world.gateway.read(party_registry.pending_wallet(ids.on_chain("exchange")))[1] + 1
        digest = world.domains.digest(WalletChange("exchange", address.lower(), number))
        world.gateway.send(
            party_registry.change_wallet(ids.on_chain("exchange"), address, number, party.sign_wallet(digest))
        )
        world.settle()
        with world.database.transaction() as tx:
            row = tx.execute(
                "SELECT wallet, pending_wallet FROM parties_now WHERE party_id = %s", (ids.on_chain("exchange"),)
            ).fetchone()
        assert row == {"wallet": bytes.fromhex(party.wallet.address[2:]), "pending_wallet": pending}


@pytest.mark.parametrize("form", range(5))
def test_every_form_of_a_signature_gets_onto_the_chain(world: World, form: int) -> None:
    contract = world.contract()
    proposal = proposal_of(contract)
    usual = world.parties["hospital"].sign_wallet(world.domains.digest(proposal))
    task = world.client("hospital").submit(contract, forms(usual)[form])
    world.settle()
    assert world.client("hospital").task(task).state == "proposed"


def again(world: World, made: TaskContract, program: str) -> TaskContract:
    """The same task once more, with another program."""
    steps = (Step("train", program, made.steps[0].parameters, made.steps[0].inputs),)
    return replace(made, nonce=secrets.token_hex(32), steps=steps)


@pytest.mark.parametrize("allowed", [True, False])
def test_an_approved_successor_stands_in_where_the_owner_allowed_it(world: World, allowed: bool) -> None:
    older, newer = (f"glm.logistic@{int(allowed)}.0.{i}" for i in (7, 8))
    for descriptor in (world.publish(older), world.publish(newer)):
        world.settle()
        world.client("platform").publish_program(descriptor)
    first = again(world, world.contract(), older)
    task = world.client("hospital").submit(first)
    world.settle()
    for owner in ("hospital", "laboratory"):
        client = world.client(owner)
        (request,) = [item for item in client.authorizations(task) if item.owner == owner]
        message, ask = standing(
            request.message, Ask.read(request.policy), uses=9, not_after=first.deadline + 9_999, tasks_per_day=9,
            nonce=secrets.randbits(256), approved_successors=allowed,
        )  # fmt: skip
        client.authorize_standing(client.sign(message, ask))
    world.settle()
    assert world.client("hospital").task(task).state == "started"

    second = world.client("hospital").submit(again(world, first, newer))
    world.settle()
    assert world.client("hospital").task(second).state == "proposed"
    world.succeed(older, newer)
    world.settle()
    assert world.client("hospital").task(second).state == ("started" if allowed else "proposed")


def test_succession_is_walked_as_the_chain_walks_it(world: World) -> None:
    names = [f"chain.walk@1.0.{i}" for i in range(19)]
    for name in names:
        world.publish(name)
    for older, newer in itertools.pairwise(names[:-1]):
        world.succeed(older, newer)
    world.gateway.send(programs.declare_successor(ids.on_chain(names[-2]), ids.on_chain(names[-1])))
    world.settle()
    held = [(older, newer) for older in (names[0], names[1], names[9], names[17]) for newer in names]
    agree(world, held)
    assert (names[0], names[16]) in reached(world, held)
    assert (names[0], names[17]) not in reached(world, held)  # seventeen steps
    assert (names[17], names[18]) not in reached(world, held)  # declared, not approved
    world.gateway.send(programs.retire(ids.on_chain(names[5])))
    world.settle()
    agree(world, held)
    assert (names[0], names[6]) not in reached(world, held)


def reached(world: World, pairs: list[tuple[str, str]]) -> set[tuple[str, str]]:
    with world.database.transaction() as tx:
        releases = registry.releases(tx, GatewayView(world.gateway))
        return {pair for pair in pairs if releases.succeeds(*pair)}


def agree(world: World, pairs: list[tuple[str, str]]) -> None:
    """Index and chain say the same of every pair."""
    on_chain = {
        pair for pair in pairs if world.gateway.read(programs.is_successor(*(ids.on_chain(name) for name in pair)))
    }
    assert reached(world, pairs) == on_chain


def completed(world: World, contract: TaskContract) -> bytes:
    """A task that completed and waits for its review."""
    task, run = world.client("hospital").submit(contract), secrets.token_bytes(32)
    world.settle()
    world.authorize(task)
    world.settle()
    nodes = nodes_of(world)
    for name in NODES:
        nodes[name].state(task, statement_head(world, task, contract.digest(), name))
        world.client(name).receipt(nodes[name].commitment(task, run))
    world.settle()
    assert world.client("hospital").task(task).state == "completed"
    return task


def looked_again(world: World, holds: Callable[[], bool]) -> bool:
    world.turn()
    with world.database.transaction() as tx:
        tx.execute("UPDATE attempts SET next_at = now()")
    return holds()


def test_a_review_in_which_nobody_says_a_word_expires(moved_clock: World) -> None:
    world = moved_clock
    seconds = int(scaled(8))
    contract = world.contract(auditors=(), reviewer="regulator", review_within=2, deadline=world.clock() + seconds)
    task = completed(world, contract)
    client = world.client("hospital")
    waiting = client.task(task)
    assert (waiting.review, waiting.review_by) == ("none", contract.deadline + 2)
    assert [reason.code for reason in waiting.reasons] == ["review.missing"]
    world.clock.offset = seconds + 30
    assert client.task(task).reasons[0].code == "review.over"
    until(4 * seconds, "the review's end", lambda: looked_again(world, lambda: client.task(task).review == "expired"))
    world.clock.offset = 0
    ended = client.task(task)
    assert (ended.state, ended.review, ended.reasons[0].code) == ("completed", "expired", "review.expired")
    assert "tally.task.release" not in {message["name"] for name in NODES for message in world.queued(name)}
    reviewer = Gateway(world.rpc_url, world.deployment, world.parties["regulator"].wallet)
    for approved in (True, False):
        with pytest.raises(RefusedError, match=r"review\.expired"):
            participant.review(reviewer, task, approved=approved, statement=bytes(32))
    with pytest.raises(ChainError, match="AlreadyReviewed"):
        reviewer.send(tasks.review(task, True, bytes(32)))
