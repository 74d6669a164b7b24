"""The simulated chain of tests/simulation/faults against the contracts: the same calls in the same order, the same refusals by name."""

import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chain.abi import Write
from chain.bindings import anchors, consents, tasks
from chain.errors import ChainError
from chain.gateway import Gateway
from embedded.stack import Stack
from protocol import ids, offers
from protocol.contract import TaskContract, proposal_of, task_id_of
from protocol.merkle import MerkleTree
from protocol.typed import (
    Abort,
    AnchorUpdate,
    Authorization,
    NoInputSent,
    ResultAttestation,
    Revocation,
    RevocationOfAll,
    RunCommitment,
    Typed,
)
from protocol.vocabulary import TaskState
from tests.integration.orchestrator.databases import own_database
from tests.integration.orchestrator.world import NODES, World
from tests.simulation.faults.chain import Emitted, Log, SimulatedChain, SimulatedGateway, Storage, Way
from tests.simulation.faults.chain import Party as SimulatedParty
from tests.simulation.faults.process import Clock, Process
from workers.chain_view import DataSetFacts, PartyFacts

RUN = b"\x07" * 32


class Both:
    """Calls that go to the contracts and to the simulated chain."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gateway = Gateway(world.rpc_url, world.deployment, world.parties["platform"].wallet)
        self.chain = SimulatedChain(Clock(int(time.time())), 0)
        self.chain.domain = world.domains.domain  # type: ignore[method-assign]  # what is signed is signed once, for both
        self.chain.send("setUp", self._registers)
        self.simulated = SimulatedGateway(Way(self.chain, Process("both")))
        self.trees = {name: MerkleTree() for name in NODES}
        self.nonce = 0

    def _registers(self, s: Storage) -> Emitted:
        for name, party in self.world.parties.items():
            facts = PartyFacts(
                party.wallet.address,
                party.signer.address,
                party.node_key,
                party.seal_key,
                ids.on_chain(party.operator),
                0,
                True,
            )
            s.parties[ids.on_chain(name)] = SimulatedParty(name, facts)
        for owner, reference in self.world.references.items():
            key = ids.on_chain(reference), 1
            s.data_sets[key] = DataSetFacts(ids.on_chain(owner), bytes(32), self.world.roots[owner], 1000, True)
        return []

    def __call__(self, call: Write) -> str:
        """The refusal's name, "" where the call is taken: the same from both."""
        told: list[str] = []
        for gateway in (self.gateway, self.simulated):
            try:
                gateway.send(call)
                told.append("")
            except ChainError as error:
                told.append(error.name)
        assert told[0] == told[1], (
            f"{call.contract}.{call.function}: the contracts say {told[0] or 'yes'}, the simulation {told[1] or 'yes'}"
        )
        return told[0]

    def contract(self, **changes: Any) -> tuple[bytes, TaskContract]:
        contract = self.world.contract(**changes)
        task = task_id_of(contract, self.world.domains.domain("Tasks"))
        self.chain.ids[tasks.Proposal(*proposal_of(contract).chain_args())] = task
        return task, contract

    def propose(self, contract: TaskContract) -> Write:
        message = proposal_of(contract)
        return tasks.propose(tasks.Proposal(*message.chain_args()), self.by_wallet(contract.proposer, message))

    def start(self, contract: TaskContract, *digests: bytes) -> Write:
        return tasks.start(tasks.Proposal(*proposal_of(contract).chain_args()), digests)

    def authorization(
        self, contract: TaskContract, of: bytes, owner: str, **changes: Any
    ) -> tuple[bytes, Authorization]:
        self.nonce += 1
        releases = offers.Releases(lambda _: b"\x07" * 32, lambda _a, _b: False)
        message, _ = offers.offer(
            contract, of, self.world.references[owner], input_root=self.world.roots[owner],
            programs=releases.programs_digest(contract.programs), not_before=int(time.time()) - 300, attempt=self.nonce,
        )  # fmt: skip
        message = replace(message, **changes)
        digest = self.world.domains.digest(message)
        self.chain.ids[consents.Authorization(*message.chain_args())] = digest
        return digest, message

    def submit(self, owner: str, message: Authorization) -> Write:
        return consents.submit(
            consents.Authorization(*message.chain_args()), ids.on_chain(owner), self.by_wallet(owner, message)
        )

    def commitment(self, task: bytes, party: str, **changes: Any) -> Write:
        tree = self.trees.setdefault(party, MerkleTree())
        tree.append(task + party.encode() + secrets.token_bytes(4))
        links = tuple(
            hashlib.sha256("".join(sorted((party, peer))).encode()).digest() for peer in NODES if peer != party
        )[:2]
        message = RunCommitment(task, RUN, party, bytes(32), 0, len(tree), tree.root(), links, bytes(32))
        message = replace(message, **changes)
        return tasks.commit(tasks.RunCommitment(*message.chain_args()), self.by_node(party, message))

    def anchor(self, party: str, old: int, noted: tuple[int, ...]) -> Write:
        tree = self.trees[party]
        message = AnchorUpdate(party, 0, len(tree), tree.root())
        proofs = tuple(tree.consistency_proof(size, len(tree)) for size in noted)
        last = tree.consistency_proof(old, len(tree)) if old else ()
        update = anchors.AnchorUpdate(*message.chain_args())
        return anchors.anchor(update, self.by_node(party, message), last, proofs)

    def abort(self, task: bytes, party: str, kind: int, *, wallet: bool) -> Write:
        message = Abort(task, party, kind, 9, bytes(32))
        by = self.by_wallet if wallet else self.by_node
        return tasks.abort(tasks.Abort(*message.chain_args()), by(party, message))

    def attest(self, task: bytes, user: str, run: bytes = RUN) -> Write:
        message = ResultAttestation(task, run, user, b"\x33" * 32)
        return tasks.attest(tasks.ResultAttestation(*message.chain_args()), self.by_wallet(user, message))

    def by_wallet(self, party: str, message: Typed) -> bytes:
        return self.world.parties[party].sign_wallet(self.world.domains.digest(message))

    def by_node(self, party: str, message: Typed) -> bytes:
        return self.world.parties[party].sign(self.world.domains.digest(message))


@pytest.fixture(scope="module")
def both(stack: Stack) -> Iterator[Both]:
    """Contracts of their own: what is committed here would be in the way of the other tests' logs."""
    with own_database(stack, "beside") as dsn:
        world = World(stack, database=dsn)
        try:
            world.prepare()
            yield Both(world)
        finally:
            world.close()


def authorized(both: Both, **changes: Any) -> tuple[bytes, TaskContract, list[bytes]]:
    """A task that is proposed, with both owners' authorizations on chain, in the order of its inputs."""
    task, contract = both.contract()
    assert both(both.propose(contract)) == ""
    digests: list[bytes] = []
    for item in contract.inputs:
        digest, message = both.authorization(contract, task, item.owner, **changes)
        assert both(both.submit(item.owner, message)) == ""
        digests.append(digest)
    return task, contract, digests


def test_a_task_from_proposal_to_attestation(both: Both) -> None:
    task, contract = both.contract()
    assert both(both.propose(contract)) == ""
    assert both(both.propose(contract)) == "TaskExists"
    given = [(item.owner, *both.authorization(contract, task, item.owner)) for item in contract.inputs]
    digests = [digest for _, digest, _ in given]
    assert both(both.start(contract, *digests)) == "UnknownAuthorization"
    assert both(both.commitment(task, "exchange")) == "WrongState"
    assert both(tasks.expire(task)) == "DeadlineNotPassed"
    for owner, _, message in given:
        assert both(both.submit(owner, message)) == ""
        assert both(both.submit(owner, message)) == ""
    assert both(both.start(contract, *digests)) == ""
    assert both(both.start(contract, *digests)) == "WrongState"
    assert both(both.abort(task, "hospital", 3, wallet=True)) == "WrongState"
    assert both(both.abort(task, "hospital", 1, wallet=True)) == "BadSignature"
    assert both(both.commitment(task, "stranger")) == "NotInTask"
    assert both(both.attest(task, "hospital")) == "NotReleased"
    assert both(both.commitment(task, "exchange")) == ""
    assert both(both.commitment(task, "exchange")) == "AlreadyCommitted"
    assert both(both.abort(task, "exchange", 2, wallet=False)) == "AlreadyCommitted"
    for name in ("hospital", "laboratory"):
        assert both(both.commitment(task, name)) == ""
    assert both(both.commitment(task, "hospital")) == "WrongState"
    assert both(both.attest(task, "hospital", bytes(32))) == "WrongRun"
    assert both(both.attest(task, "laboratory")) == "NotInTask"
    assert both(both.attest(task, "hospital")) == ""
    assert both(both.attest(task, "hospital")) == "AlreadyAttested"
    assert both(tasks.expire(task)) == "WrongState"
    assert both(consents.return_use(task, digests[0], both.by_wallet(given[0][0], NoInputSent(task, digests[0])))) == (
        "TaskNotEndedWithoutResult"
    )
    found = both.gateway.read(tasks.get(task), block=both.gateway.head())
    assert TaskState(found.state) == both.chain.newest.tasks[task].state == TaskState.COMPLETED
    assert found.run_id == both.chain.newest.tasks[task].run


def test_what_owners_take_back(both: Both) -> None:
    task, contract, digests = authorized(both)
    owners = [item.owner for item in contract.inputs]
    revocation = Revocation(digests[0], owners[0])
    assert both(consents.revoke(digests[0], ids.on_chain(owners[0]), both.by_wallet(owners[0], revocation))) == ""
    assert both(consents.revoke(digests[0], ids.on_chain(owners[0]), both.by_wallet(owners[0], revocation))) == ""
    assert both(both.start(contract, *digests)) == "RevokedAuthorization"
    assert both(both.abort(task, "exchange", 3, wallet=True)) == "NotInTask"
    assert both(both.abort(task, "hospital", 3, wallet=True)) == ""
    assert both(both.abort(task, "hospital", 3, wallet=True)) == "WrongState"
    digest, message = both.authorization(contract, task, owners[1])
    early = Revocation(digest, owners[1])
    assert both(consents.revoke(digest, ids.on_chain(owners[1]), both.by_wallet(owners[1], early))) == ""
    assert both(both.submit(owners[1], message)) == "RevokedAuthorization"


def test_everything_up_to_a_number(both: Both) -> None:
    _, contract, digests = authorized(both)
    owner = contract.inputs[0].owner
    party = ids.on_chain(owner)
    last = both.gateway.read(consents.submissions(party), block=both.gateway.head())
    assert both.chain.newest.submissions[party] == last
    for through, told in ((last + 1, "OutOfRange"), (last, ""), (last, "")):
        signature = both.by_wallet(owner, RevocationOfAll(owner, through))
        assert both(consents.revoke_all(party, through, signature)) == told
    assert both(both.start(contract, *digests)) == "RevokedAuthorization"


def test_uses_are_counted_and_come_back(both: Both) -> None:
    task, contract, _ = authorized(both)
    owners = [item.owner for item in contract.inputs]
    standing = [both.authorization(contract, task, owner, task=bytes(32), max_uses=1) for owner in owners]
    for owner, (_, message) in zip(owners, standing, strict=True):
        assert both(both.submit(owner, message)) == ""
    digests = [digest for digest, _ in standing]
    assert both(both.start(contract, *digests)) == ""
    second, again = both.contract(purpose=contract.purpose)
    assert both(both.propose(again)) == ""
    assert both(both.start(again, *digests)) == "NotEnoughUses"
    word = both.by_wallet(owners[0], NoInputSent(second, digests[0]))
    assert both(consents.return_use(second, digests[0], word)) == "UseNotConsumed"
    assert both(both.abort(task, owners[0], 1, wallet=False)) == ""
    for owner, digest in zip(owners, digests, strict=True):
        word = both.by_wallet(owner, NoInputSent(task, digest))
        assert both(consents.return_use(task, digest, word)) == ""
        assert both(consents.return_use(task, digest, word)) == "UseAlreadyReturned"
    assert both(both.start(again, *digests)) == ""
    for digest in digests:
        left = both.gateway.read(consents.get(digest), block=both.gateway.head()).uses_left
        assert left == both.chain.newest.given[digest].uses_left == 0


def test_reviews(both: Both) -> None:
    task, contract = both.contract(reviewer="regulator", review_within=60, auditors=())
    assert both(both.propose(contract)) == ""
    assert both(tasks.expire_review(task)) == "WrongState"


def test_logs(both: Both) -> None:
    task, contract, digests = authorized(both)
    assert both(both.start(contract, *digests)) == ""
    name, party = "exchange", ids.on_chain("exchange")
    before = both.chain.newest.logs.get(party, Log())
    assert both(both.commitment(task, name)) == ""
    sizes = tuple(size for size, _ in both.chain.newest.logs[party].noted)
    assert len(sizes) == len(before.noted) + 1
    assert both(both.anchor(name, before.size, sizes[:-1])) == "BadLength"
    assert both(both.anchor(name, before.size, sizes)) == ""
    anchored = both.chain.newest.logs[party].size
    assert both(both.anchor(name, anchored, ())) == ""
    both.trees[name].append(b"more")
    assert both(both.anchor(name, 0, ())) == "ForkedLog"
    assert both(both.anchor(name, anchored, ())) == ""
    head = both.gateway.read(anchors.root_at(party, 0, anchored + 1), block=both.gateway.head())
    assert both.chain.newest.roots[party, 0, anchored + 1] == head.root
