"""I3: uses are counted on the chain, once each; nothing replayed or spent starts anything again."""

import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from eth_account import Account
from eth_typing import Hash32

from chain.bindings import consents, tasks
from chain.endpoint import Endpoint
from chain.errors import ChainError
from chain.gateway import Gateway
from protocol import canonical, events, ids
from protocol.ask import Ask
from protocol.contract import TaskContract, proposal_of
from protocol.typed import Authorization
from protocol.vocabulary import TaskState
from tests.e2e.conftest import Run
from tests.patience import until
from workers.node import load_settings


def _used(run: Run) -> Counter[bytes]:
    return Counter(item.event.authorization for item in run.events() if isinstance(item.event, events.UseConsumed))


def _digests(run: Run) -> tuple[bytes, ...]:
    domain = run.system.deployment.domain("Consents")
    return tuple(signed.message.digest(domain) for signed in run.material.authorizations)


def _state(gateway: Gateway, task: bytes) -> TaskState:
    return TaskState(gateway.read(tasks.state_of(task), block=gateway.head()))


def test_each_authorization_was_used_exactly_once_with_the_start(run: Run) -> None:
    digests = _digests(run)
    assert len(set(digests)) == 2
    used = [item for item in run.events() if isinstance(item.event, events.UseConsumed) and item.event.task == run.task]
    assert sorted(item.event.authorization for item in used) == sorted(digests)
    assert {item.event.uses_left for item in used} == {0}
    (started,) = (i for i in run.events() if isinstance(i.event, events.TaskStarted) and i.event.task == run.task)
    assert {item.transaction_hash for item in used} == {started.transaction_hash}
    assert set(started.event.authorizations) == set(digests)


def test_a_second_start_of_the_same_task_is_refused(run: Run) -> None:
    before = _used(run)
    gateway = run.gateway("hospital")
    proposal = tasks.Proposal(*proposal_of(run.status.contract).chain_args())
    assert gateway.read(tasks.id_of(proposal)) == run.task
    with pytest.raises(ChainError) as refused:
        gateway.send(tasks.start(proposal, _digests(run)))
    assert refused.value.name == "WrongState"
    assert refused.value.arguments == {"task": run.task, "state": TaskState.COMPLETED}
    with pytest.raises(ChainError, match="TaskExists"):
        gateway.send(tasks.propose(proposal, bytes(65)))
    assert _used(run) == before


def test_a_replayed_authorization_gives_no_new_use(run: Run) -> None:
    """Handed in again at the coordinator, and sent straight to the chain by somebody else: both change nothing."""
    before = run.events()
    for signed in run.material.authorizations:
        with run.client(signed.owner) as client:
            client.authorize(run.task, signed)
        stranger = run.gateway("certifier")
        sent = stranger.send(
            consents.submit(
                consents.Authorization(*signed.message.chain_args()), ids.on_chain(signed.owner), signed.signature
            )
        )
        assert sent.events == ()
        record = stranger.read(
            consents.get(signed.message.digest(run.system.deployment.domain("Consents"))), block=stranger.head()
        )
        assert record.uses_left == 0
    assert run.events() == before
    assert _state(run.gateway("hospital"), run.task) == TaskState.COMPLETED


def test_an_authorization_of_a_completed_task_is_not_given_back(run: Run) -> None:
    """Only a task that ended without a result gives a use back, and this one has one."""
    gateway = run.gateway("hospital")
    with pytest.raises(ChainError, match="TaskNotEndedWithoutResult"):
        gateway.send(consents.return_use(run.task, _digests(run)[0], bytes(65)))
    with pytest.raises(ChainError, match="OnlyTasks"):
        gateway.send(consents.consume(_digests(run)[0], _facts(run)))


def _facts(run: Run) -> consents.TaskFacts:
    zero = bytes(32)
    return consents.TaskFacts(
        task=run.task, data_set=zero, data_version=1, input_root=zero, programs=(zero,), engine=zero, proposer=zero, purpose=zero,
        result_users=zero, compute_parties=zero, protection_level=3, epsilon_micros=0, uses=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Spare:
    """Two proposed tasks that differ in their nonce only, and single-use standing authorizations that cover both."""

    run: Run
    contracts: tuple[TaskContract, TaskContract]
    digests: tuple[bytes, ...]

    def start(self, number: int) -> tuple[events.Event, ...]:
        """Try to start one of the tasks, by the proposer's wallet, past the coordinator."""
        proposal = tasks.Proposal(*proposal_of(self.contracts[number]).chain_args())
        sent = self.run.gateway("hospital").send(tasks.start(proposal, self.digests))
        return tuple(item.event for item in sent.events)

    def state(self, number: int) -> TaskState:
        """A task's state now."""
        return _state(self.run.gateway("hospital"), self.task(number))

    def task(self, number: int) -> bytes:
        """A task's id."""
        return proposal_of(self.contracts[number]).digest(self.run.system.deployment.domain("Tasks"))


def _sign(run: Run, party: str, digest: bytes) -> bytes:
    return bytes(run.accounts[party].unsafe_sign_hash(Hash32(digest)).signature)


@pytest.fixture
def spare(run: Run) -> Spare:
    """Everything goes straight to the chain, so the nodes hear nothing of it."""
    deadline = int(time.time()) + 600
    contracts = tuple(replace(run.status.contract, nonce=secrets.token_hex(32), deadline=deadline) for _ in range(2))
    gateway, tasks_domain = run.gateway("certifier"), run.system.deployment.domain("Tasks")
    for contract in contracts:
        proposal = proposal_of(contract)
        gateway.send(
            tasks.propose(tasks.Proposal(*proposal.chain_args()), _sign(run, "hospital", proposal.digest(tasks_domain)))
        )
    digests: list[bytes] = []
    for signed in run.material.authorizations:
        message = _standing(signed.message, contracts[0])
        digest = message.digest(run.system.deployment.domain("Consents"))
        digests.append(digest)
        gateway.send(
            consents.submit(
                consents.Authorization(*message.chain_args()),
                ids.on_chain(signed.owner),
                _sign(run, signed.owner, digest),
            )
        )
    return Spare(run, (contracts[0], contracts[1]), tuple(digests))


def _standing(message: Authorization, contract: TaskContract) -> Authorization:
    policy = Ask.of(contract, message.data_set)
    return replace(
        message, task=bytes(32), policy=canonical.sha256(policy.data()), nonce=secrets.randbits(256),
        not_after=contract.deadline + 3600,
    )  # fmt: skip


def test_a_spent_authorization_starts_no_second_task(spare: Spare) -> None:
    happened = spare.start(0)
    assert sorted(e.authorization for e in happened if isinstance(e, events.UseConsumed)) == sorted(spare.digests)
    assert spare.state(0) == TaskState.STARTED
    with pytest.raises(ChainError) as refused:
        spare.start(1)
    assert refused.value.name == "NotEnoughUses"
    assert refused.value.arguments["authorization"] in spare.digests
    assert spare.state(1) == TaskState.PROPOSED
    used = _used(spare.run)
    assert [used[digest] for digest in spare.digests] == [1, 1]


def test_two_starts_at_once_use_it_once(spare: Spare) -> None:
    """The proposer's wallet and its node signer race: one starts, the other finds no use left, none is half consumed."""
    run = spare.run
    _, keys = load_settings(run.system.node_folder("hospital"))
    signer = Account.from_key(keys.node_signer)
    senders = (run.gateway("hospital"), Gateway(run.system.rpc_url, run.system.deployment, signer))

    def attempt(number: int) -> str:
        proposal = tasks.Proposal(*proposal_of(spare.contracts[number]).chain_args())
        try:
            senders[number].send(tasks.start(proposal, spare.digests))
        except ChainError as error:
            return error.name
        return "started"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(attempt, (0, 1)))
    assert outcomes == ["NotEnoughUses", "started"]
    assert sorted((spare.state(0), spare.state(1))) == [TaskState.PROPOSED, TaskState.STARTED]
    used = _used(spare.run)
    assert [used[digest] for digest in spare.digests] == [1, 1]


def test_the_run_s_own_authorizations_cover_no_other_task(spare: Spare) -> None:
    proposal = tasks.Proposal(*proposal_of(spare.contracts[0]).chain_args())
    with pytest.raises(ChainError) as refused:
        spare.run.gateway("hospital").send(tasks.start(proposal, _digests(spare.run)))
    assert refused.value.name in ("NotCovered", "NotEnoughUses")
    assert spare.state(0) == TaskState.PROPOSED


def test_a_revoked_authorization_starts_nothing_and_consumes_nothing(spare: Spare) -> None:
    """The first of two is fine, the second is revoked: the start reverts as a whole."""
    owner = spare.run.material.authorizations[1].owner
    spare.run.gateway(owner).send(consents.revoke(spare.digests[1], ids.on_chain(owner), b""))
    with pytest.raises(ChainError) as refused:
        spare.start(0)
    assert refused.value.name == "RevokedAuthorization"
    assert spare.state(0) == TaskState.PROPOSED
    used = _used(spare.run)
    assert [used[digest] for digest in spare.digests] == [0, 0]


def test_starts_that_the_coordinator_never_heard_of_disturb_nothing(spare: Spare) -> None:
    """A task that is on the chain alone: the index reads it, and the coordinator goes on and says it is well."""
    spare.start(0)
    run = spare.run
    head = Endpoint(run.system.rpc_url).head()
    final = head - run.system.deployment.confirmations
    with run.client("hospital") as client:
        until(20, "the index to follow", lambda: (client.health().indexed_block or 0) >= final, detail=client.health)
        assert client.health().status == "ok", client.health()
        assert client.task(run.task).state == "completed"
