"""Nodes against the real contracts on a real anvil: what the unit tests' fake chain stands for."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from chain import admission
from chain.anvil import Anvil, AnvilOptions, anvil_binary
from chain.bindings import consents, programs, tasks
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.errors import ChainError
from chain.gateway import Gateway
from chain.ports import free_port
from mpc.programs.catalogue import find
from protocol import dsse, ids
from protocol.ask import Ask, per_person
from protocol.contract import ZERO32, TaskContract, proposal_of, task_id_of
from protocol.errors import TallyError
from protocol.messages import (
    ANNOUNCEMENT_TYPE,
    Announcement,
    ChainRequest,
    RunDispatch,
    SealedShare,
    SignedAuthorization,
)
from protocol.reasons import BY_CODE
from protocol.typed import Domain
from protocol.vocabulary import TaskState
from tests import admitting
from tests.patience import Patience
from tests.unit.workers.world import CODE, COMMITTEE, ENGINE, RELEASE, FakeChain, World, notice
from workers import enrol, keystore, results, rotation
from workers.chain_gateway import GatewayView
from workers.node import KEYS
from workers.state import State
from workers.wallet import WalletSigner

NEWER, NEWER_CODE = "tallystick.engine@1.0.1", b"\x0b" * 32


class Domains(FakeChain):
    """The real deployment's ids for the parts of the world that only need those."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__()
        self.chain_id = deployment.chain_id
        self.deployment_id = bytes.fromhex(deployment.deployment_id[2:])
        self.deployment = deployment

    def domain(self, contract: str) -> Domain:
        return self.deployment.domain(contract)


class ChainWorld(World):
    """As the unit tests' world, with every chain read and write going to the contracts."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.admin = Account.create()
        self.deployment = deploy(url, self.admin)
        super().__init__(folder, Domains(self.deployment))
        for node in self.nodes.values():
            node.config = replace(node.config, rpc_url=url)
            self.deployment.save(node.folder / "deployment.json")
        self.gateway = Gateway(url, self.deployment, self.admin)
        self._admit()
        for name in COMMITTEE:
            self.use_chain(name)
        for owner, stored in self.stored.items():
            signer = WalletSigner(self.wallets[owner])
            enrol.register(self.nodes[owner], stored, signer)
            enrol.register(self.nodes[owner], stored, signer)  # repeating it changes nothing
        self.relay = GatewayView(url, self.deployment, bytes(Account.create().key), folder / "relay")
        self.coordinator.chain = self.relay  # type: ignore[assignment]

    def use_chain(self, name: str) -> None:
        node = self.nodes[name]
        node.chain = GatewayView(self.url, self.deployment, node.keys.node_signer, node.folder / "nonces")
        node.check = replace(node.check, chain=node.chain)
        node.clock = lambda: int(time.time())

    def open(self, name: str) -> Any:
        node = super().open(name)
        node.config = replace(node.config, rpc_url=self.url)
        if hasattr(self, "gateway"):
            self.use_chain(name)
        return node

    def _admit(self) -> None:
        domain = self.deployment.domain
        for name in COMMITTEE:
            keys = self.keys[name]
            self.gateway.send(
                admitting.admission(
                    domain, name, wallet=self.wallets[name], signer=Account.from_key(keys.node_signer),
                    node_key=keys.node_public, seal_key=keys.seal_public, roles=19, profile=b"\x01" * 32,
                )
            )  # fmt: skip
        certifier = Account.create()
        self.gateway.send(admitting.admission(domain, "certifier", wallet=certifier, roles=64))
        self.gateway.send(admitting.admission(domain, "platform", roles=8 | 128))
        self.certifier = Gateway(self.url, self.deployment, certifier)
        for program, digest in CODE.items():
            self.gateway.send(programs.publish(ids.on_chain(program), digest, 0, 3, 1, 3, 3, 1))
            admission.approve(self.certifier, program, "certifier")
        self.publish_engine(RELEASE, ENGINE)

    def publish_engine(self, engine: str, digest: bytes) -> None:
        admission.publish_engine(self.gateway, engine, digest)
        admission.approve(self.certifier, engine, "certifier")

    def upgrade(self, *parties: str) -> None:
        """These nodes get today's engine."""
        for name in parties:
            node = self.nodes[name]
            node.check = replace(node.check, engine=lambda: (NEWER, NEWER_CODE))

    def contract(self, **changes: Any) -> TaskContract:
        return super().contract(**{"deadline": int(time.time()) + 120, **changes})

    def start(self, contract: TaskContract | None = None, **authorization: Any) -> RunDispatch:
        contract = contract or self.contract()
        task = task_id_of(contract, self.deployment.domain("Tasks"))
        now = int(time.time())
        signed = tuple(
            self.authorize(contract, task, i.owner, not_before=now - 1000, **authorization) for i in contract.inputs
        )
        self.submit(*signed)
        return self.begin(contract, signed)

    def submit(self, *signed: SignedAuthorization) -> None:
        sender = Gateway(self.url, self.deployment, self.wallets["hospital"])
        for item in signed:
            message = consents.Authorization(*item.message.chain_args())
            sender.send(consents.submit(message, ids.on_chain(item.owner), item.signature))

    def begin(self, contract: TaskContract, signed: tuple[SignedAuthorization, ...]) -> RunDispatch:
        """Propose and start, by authorizations that the chain holds."""
        task = task_id_of(contract, self.deployment.domain("Tasks"))
        proposer = Gateway(self.url, self.deployment, self.wallets["hospital"])
        proposal = tasks.Proposal(*proposal_of(contract).chain_args())
        proposer.send(tasks.propose(proposal, bytes(self.wallets["hospital"].unsafe_sign_hash(task).signature)))
        proposer.send(
            tasks.start(proposal, tuple(i.message.digest(self.deployment.domain("Consents")) for i in signed))
        )
        self.coordinator.contracts[task] = contract
        return RunDispatch(task, contract.data(), signed, tuple(self.coordinator.envelopes.values()))

    def standing(self, contract: TaskContract, *, approved_successors: bool) -> tuple[SignedAuthorization, ...]:
        """What the owners sign once for many tasks like this one."""
        task, now = task_id_of(contract, self.deployment.domain("Tasks")), int(time.time())
        rows = per_person(contract, {name: find(name).published() for name in contract.programs})
        signed = tuple(
            self.authorize(
                contract, task, item.owner, task=ZERO32, max_uses=9, not_before=now - 1000, not_after=now + 10_000,
                approved_successors=approved_successors,
                document=replace(Ask.of(contract, item.data_set), tasks_per_day=9, per_person=rows).data(),
            )
            for item in contract.inputs
        )  # fmt: skip
        self.submit(*signed)
        return signed

    def turns(self, count: int, *parties: str) -> None:
        for _ in range(count):
            self.turn(*parties)
            time.sleep(0.1)

    def until_ended(self, task: bytes, *parties: str) -> dict[str, str]:
        ends = {"done", "refused", "aborted", "expired", "disputed"}
        patience = Patience(30, "the task's end at every node")
        while True:
            self.turn(*parties)
            if set((stages := self.stages(task)).values()) <= ends:
                return stages
            patience.check(lambda: stages)
            time.sleep(0.1)

    def state_of(self, task: bytes) -> TaskState:
        return self.relay.task(task, self.relay.head()).state


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    anvil_binary()
    with tempfile.TemporaryDirectory(prefix="tally-node-") as folder:
        options = AnvilOptions(chain_id=31_337_077, genesis_time=int(time.time()) - 10, port=free_port())
        anvil = Anvil(Path(folder) / "anvil", options)
        anvil.start()
        try:
            yield anvil.url
        finally:
            anvil.stop()


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[ChainWorld]:
    made = ChainWorld(tmp_path, url)
    yield made
    made.close()


@pytest.mark.timeout(120)
def test_tasks_complete_anchor_and_attest_on_the_real_contracts(world: ChainWorld) -> None:
    for round_ in range(2):
        message = world.start()
        world.dispatch(message)
        assert world.until_ended(message.task) == dict.fromkeys(COMMITTEE, "done")
        assert world.state_of(message.task) == TaskState.COMPLETED
        for party, log in world.coordinator.logs(message.task).items():
            head = world.relay.log(party, world.relay.head())
            assert (head.size, head.root, head.noted) == (log.size, log.root, ())
            assert bool([size for size, _, _ in log.consistency if size]) or round_ == 0
        completed = world.relay.completed(message.task, 0, world.relay.head())
        assert completed is not None
        world.machines["hospital"].collect(notice(message.task))
        assert results.collect(world.nodes["hospital"], message.task)
        world.turns(1)
        attests = [r for r in world.coordinator.posted if isinstance(r, ChainRequest) and r.kind == "attest"]
        with pytest.raises(ChainError, match="AlreadyAttested"):
            world.relay.send(attests[-1])


@pytest.mark.timeout(120)
def test_without_the_coordinator_the_nodes_bring_a_task_to_its_end(world: ChainWorld) -> None:
    message = world.start()
    for node in world.nodes.values():
        node.config = replace(node.config, relay_wait=1)
    world.coordinator.silent = True
    world.dispatch(message)
    assert world.until_ended(message.task) == dict.fromkeys(COMMITTEE, "done")
    assert world.state_of(message.task) == TaskState.COMPLETED
    assert not world.coordinator.posted


@pytest.mark.timeout(120)
def test_a_refusal_ends_the_task_and_gives_its_reason_on_chain(world: ChainWorld) -> None:
    message = world.start()
    own = world.stored["hospital"].data_set
    path = world.folder / "hospital" / "data" / own / "1.snapshot"
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    world.dispatch(message)
    stages = world.until_ended(message.task)
    assert stages["hospital"] == "refused"
    assert world.state_of(message.task) == TaskState.REFUSED
    assert not [r for r in world.coordinator.posted if isinstance(r, SealedShare)]


@pytest.mark.timeout(120)
def test_a_killed_node_aborts_what_had_sent_input(world: ChainWorld) -> None:
    message = world.start()

    class Killed(BaseException):
        pass

    def dies(*arguments: Any) -> Any:
        arguments[2].input_sent(b"\x05" * 32)
        raise Killed

    honest = world.runner_of
    world.runner_of = lambda name: dies if name == "hospital" else honest(name)
    world.dispatch(message)
    with pytest.raises(Killed):
        world.turns(5, "hospital")
    world.nodes["hospital"].state.close()
    world.open("hospital")
    world.machines["hospital"].resume()
    assert set(world.until_ended(message.task).values()) == {"aborted"}
    assert world.state_of(message.task) == TaskState.ABORTED


@pytest.mark.timeout(120)
def test_a_lost_log_is_noticed_and_a_new_epoch_goes_on(world: ChainWorld) -> None:
    message = world.start()
    world.dispatch(message)
    world.until_ended(message.task)
    node = world.nodes["hospital"]
    node.state.close()
    shutil.rmtree(node.folder / "log")
    with pytest.raises(TallyError, match=r"log\.lost_entries"):
        world.open("hospital")
    node.state = State(node.folder / "state.sqlite")
    assert enrol.open_epoch(node, world.wallets["hospital"]) == 1
    node.state.set_fact("epoch", "0")  # as after a kill between chain and disk
    assert enrol.open_epoch(node, world.wallets["hospital"]) == 1
    node.state.close()
    world.open("hospital")
    assert world.nodes["hospital"].evidence.epoch == 1
    third = world.start()
    world.dispatch(third)
    assert world.until_ended(third.task) == dict.fromkeys(COMMITTEE, "done")
    assert world.coordinator.logs(third.task)["hospital"].epoch == 1


@pytest.mark.timeout(120)
def test_rotated_keys_sign_the_next_tasks_in_a_log_of_their_own(world: ChainWorld) -> None:
    first = world.start()
    world.dispatch(first)
    assert world.until_ended(first.task) == dict.fromkeys(COMMITTEE, "done")
    node, old = world.nodes["hospital"], world.keys["hospital"]
    assert node.state.collections(1 << 62), "sealed to the old keys, and not read yet: this node is not at rest"
    world.machines["hospital"].collect(notice(first.task))
    results.collect_waiting(node)
    assert node.state.collections(1 << 62) == []
    while node.state.unsettled():
        world.turns(1)
    passphrase = world.folder / "passphrase"
    keystore.create_passphrase(passphrase)
    keystore.create(node.folder / KEYS, keystore.read_passphrase(passphrase, node.folder), old, work=2**14)
    replace(node.config, passphrase_file=str(passphrase)).save(node.folder)
    node.state.close()
    new = world.keys["hospital"] = rotation.rotate(node.folder, world.wallets["hospital"], work=2**14)
    assert new.node_signer != old.node_signer
    said = Announcement("hospital", "127.0.0.1", 4000, 2, RELEASE, ENGINE)
    world.coordinator.envelopes["hospital"] = dsse.sign(said.data(), new.node_public, new.sign, ANNOUNCEMENT_TYPE)
    world.open("hospital")
    second = world.start()
    world.dispatch(second)
    assert world.until_ended(second.task) == dict.fromkeys(COMMITTEE, "done")
    assert world.state_of(second.task) == TaskState.COMPLETED
    log = world.coordinator.logs(second.task)["hospital"]
    assert log.epoch == 1
    head = world.relay.log("hospital", world.relay.head())
    assert (head.epoch, head.size, head.root) == (1, log.size, log.root)


def succeed(world: ChainWorld, *, approved: bool) -> None:
    """Today's engine, and its succession of yesterday's."""
    world.publish_engine(NEWER, NEWER_CODE)
    admission.declare_successor(world.gateway, RELEASE, NEWER)
    if approved:
        admission.approve_successor(world.certifier, RELEASE, NEWER, "certifier")


@pytest.mark.timeout(180)
def test_yesterdays_authorization_that_allows_successors_runs_on_todays_engine(world: ChainWorld) -> None:
    yesterday = world.contract()
    signed = world.standing(yesterday, approved_successors=True)
    first = world.begin(yesterday, signed)
    world.dispatch(first)
    assert world.until_ended(first.task) == dict.fromkeys(COMMITTEE, "done")
    succeed(world, approved=True)
    world.upgrade(*COMMITTEE)
    second = world.begin(world.contract(engine=NEWER), signed)
    world.dispatch(second)
    assert world.until_ended(second.task) == dict.fromkeys(COMMITTEE, "done")
    assert world.state_of(second.task) == TaskState.COMPLETED


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("allowed", "approved"), [(False, True), (True, False)], ids=["not allowed", "not approved"])
def test_attack_a_newer_engine_that_the_owner_or_a_certifier_did_not_let_in(
    world: ChainWorld, allowed: bool, approved: bool
) -> None:
    yesterday = world.contract()
    signed = world.standing(yesterday, approved_successors=allowed)
    succeed(world, approved=approved)
    world.upgrade(*COMMITTEE)
    today = world.contract(engine=NEWER)
    with pytest.raises(ChainError, match="NotCovered"):
        world.begin(today, signed)
    # asked anew, the owners sign today's engine by name
    fresh = world.start(world.contract(engine=NEWER))
    world.dispatch(fresh)
    assert world.until_ended(fresh.task) == dict.fromkeys(COMMITTEE, "done")


@pytest.mark.timeout(180)
def test_a_node_left_behind_refuses_on_chain_with_the_reason_and_old_tasks_go_on(world: ChainWorld) -> None:
    succeed(world, approved=True)
    world.upgrade("exchange", "laboratory")
    today = world.start(world.contract(engine=NEWER))
    world.dispatch(today)
    assert world.until_ended(today.task)["hospital"] == "refused"
    assert world.state_of(today.task) == TaskState.REFUSED
    job = world.nodes["hospital"].state.job(today.task)
    assert job is not None
    assert (job.reason, job.peer) == ("check.engine", "")
    assert "upgrade that node" in BY_CODE[job.reason].english
    assert not [r for r in world.coordinator.posted if isinstance(r, SealedShare)]
    world.upgrade("hospital")
    again = world.start(world.contract(engine=NEWER))
    world.dispatch(again)
    assert world.until_ended(again.task) == dict.fromkeys(COMMITTEE, "done")
