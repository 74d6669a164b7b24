"""Overlapping tasks over five nodes: real doors, links and child processes; chain and coordinator are the unit tests' fakes."""

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chain.ports import free_port
from protocol import dsse
from protocol.contract import TaskContract
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement, RunDispatch, SignedAuthorization
from tests.integration.node import light
from tests.patience import Patience, scaled
from tests.unit.workers.world import ENGINE, RELEASE, World
from workers import supervise
from workers.child_messages import Order, Outcome
from workers.jobs.machine import Machine
from workers.jobs.stages import ENDED
from workers.outbox import Outbox
from workers.slots.scheduler import Scheduler
from workers.supervise import Material, Watch, run_child

FIVE = ("exchange", "hospital", "insurer", "laboratory", "ministry")


class Five(World):
    """Five nodes with doors of their own, in real time; the owners are the hospital and the laboratory."""

    PARTIES = FIVE

    def __init__(self, folder: Path, slots: int) -> None:
        super().__init__(folder)
        self.now = self.chain.time = int(time.time())
        self.lock = threading.Lock()
        self.running: dict[str, int] = dict.fromkeys(FIVE, 0)
        self.most: dict[str, int] = dict.fromkeys(FIVE, 0)
        self.schedulers: dict[str, Scheduler] = {}
        for name in FIVE:
            node, port = self.nodes[name], free_port()
            node.clock = lambda: int(time.time())
            node.config = replace(
                node.config, bind_port=port, advertise_port=port, connect_wait=int(scaled(20)), task_slots=slots,
            )  # fmt: skip
            self.machines[name] = Machine(node, self.child(name))
            self.schedulers[name] = Scheduler(self.machines[name])
            said = Announcement(name, "127.0.0.1", port, 2, RELEASE, ENGINE)
            self.coordinator.envelopes[name] = dsse.sign(
                said.data(), self.keys[name].node_public, self.keys[name].sign, ANNOUNCEMENT_TYPE
            )

    def child(self, party: str) -> Callable[[Order, Material, Watch], Outcome]:
        def run(order: Order, material: Material, watch: Watch) -> Outcome:
            def count(by: int) -> None:
                with self.lock:
                    self.running[party] += by
                    self.most[party] = max(self.most[party], self.running[party])

            count(1)
            try:
                found = run_child(order, material, watch)
            finally:
                count(-1)
            with self.lock:
                self.runs[party] += 1
            if party in {peer.name for peer in order.committee}:
                return self.outcome(order, party, found.run)
            links = tuple(self.link(found.run, party, peer.name) for peer in order.committee)
            return replace(self.outcome(order, order.committee[0].name, found.run), outputs=(), links=links)

        return run

    def contract(self, **changes: Any) -> TaskContract:
        return super().contract(**{"deadline": int(time.time() + scaled(400)), **changes})

    def authorize(self, contract: TaskContract, task_id: bytes, owner: str, **changes: Any) -> SignedAuthorization:
        return super().authorize(contract, task_id, owner, **{"not_before": int(time.time()) - 10, **changes})

    def tasks(self, dice: random.Random, count: int) -> list[RunDispatch]:
        """Started tasks over random committees; the owners join whether they compute or not."""
        found: list[RunDispatch] = []
        for i in range(count):
            committee = tuple(sorted(dice.sample(FIVE, 3)))
            found.append(self.start(self.contract(committee=committee, nonce=f"{i:064x}")))
        return found

    def parties_of(self, message: RunDispatch) -> set[str]:
        contract = TaskContract.read(message.contract)
        return {*contract.committee, *contract.owners}

    def serve(self, until: Callable[[], bool], seconds: float, *parties: str) -> None:
        stop, chain = threading.Event(), threading.Lock()

        def settle(machine: Machine) -> None:
            outbox = Outbox(machine.node)
            while not stop.is_set():
                with chain:
                    machine.tick()
                    outbox.deliver()
                    outbox.reach_chain()
                    self.chain.time = int(time.time())
                stop.wait(0.1)

        def look(machine: Machine) -> None:
            scheduler = self.schedulers[machine.node.party]
            scheduler.open()
            while not stop.is_set():
                scheduler.look()
                stop.wait(0.1)
            scheduler.close()

        threads = [
            threading.Thread(target=act, args=(self.machines[name],)) for name in parties for act in (settle, look)
        ]
        for thread in threads:
            thread.start()
        patience = Patience(seconds, "the nodes")
        try:
            while patience.left() and not until():
                time.sleep(0.2)
        finally:
            for name in parties:
                self.nodes[name].stopping.set()
            stop.set()
            for thread in threads:
                thread.join(scaled(20))


@pytest.fixture
def make_five(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Five]]:
    argv = [sys.executable, "-P", light.__file__, str(os.getpid())]
    monkeypatch.setattr(supervise, "command", lambda descriptor: [*argv, str(descriptor)])
    made: list[Five] = []

    def make(slots: int) -> Five:
        made.append(Five(tmp_path, slots))
        return made[0]

    yield make
    for world in made:
        world.close()


def ends(five: Five, message: RunDispatch) -> set[str]:
    stages = five.stages(message.task)
    return {stages.get(name, "") for name in five.parties_of(message)}


def where(five: Five) -> object:
    return {
        name: [(job.stage, job.reason, job.peer) for job in node.state.jobs(open_only=True)] + list(node.state.slots())
        for name, node in five.nodes.items()
    }


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_twenty_overlapping_tasks_over_five_nodes_and_none_is_aborted(make_five: Callable[[int], Five]) -> None:
    five, dice = make_five(2), random.Random(20)
    messages = five.tasks(dice, 20)
    for name in FIVE:
        for message in dice.sample(messages, len(messages)):
            if name in five.parties_of(message):
                five.dispatch(message, name)
    five.serve(lambda: all(ends(five, message) <= ENDED for message in messages), 300, *FIVE)
    assert [ends(five, message) for message in messages] == [{"done"}] * 20, where(five)
    assert five.chain.aborts == []
    for name in FIVE:
        assert five.runs[name] == sum(name in five.parties_of(message) for message in messages), "a run was repeated"
        assert five.most[name] == 2, "each node used both of its slots, and never more"


@pytest.mark.timeout(200)
def test_a_stopped_node_does_not_hold_up_tasks_that_do_not_need_it(make_five: Callable[[int], Five]) -> None:
    """The earliest tasks all need the ministry, which is not there; with one slot at each node the others go on."""
    five = make_five(1)
    needing = [
        five.start(five.contract(committee=("exchange", "hospital", "ministry"), nonce=f"{i:064x}")) for i in (1, 2)
    ]
    free = [
        five.start(five.contract(committee=c, nonce=f"{i:064x}"))
        for i, c in ((3, FIVE[:3]), (4, (FIVE[0], *FIVE[2:4])))
    ]
    for message in (*needing, *free):
        for name in five.parties_of(message) - {"ministry"}:
            five.dispatch(message, name)
    waits: dict[bytes, str] = {}

    def finished() -> bool:
        """What the others wait for is read while all nodes still run: one that stops is absent to the next, truly."""
        waits.update({row.task: row.waits for row in five.nodes["exchange"].state.slots()})
        return all(ends(five, message) <= ENDED for message in free)

    five.serve(finished, 120, *FIVE[:4])
    assert [ends(five, message) for message in free] == [{"done"}] * 2, where(five)
    assert five.chain.aborts == []
    assert {message.task: waits[message.task] for message in needing} == {
        message.task: "ministry:absent" for message in needing
    }
