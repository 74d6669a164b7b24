"""Three nodes with real MPC children over real pinned links; chain and coordinator are the unit tests' fakes."""

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chain.ports import free_port
from demo.data import LABEL, Side, split, write_csv
from demo.story import task_contract
from mpc.programs import catalogue
from mpc.workflow.digest import ENGINE
from protocol import dsse, ids
from protocol.ask import complete
from protocol.commitments import Transcript
from protocol.contract import TaskContract
from protocol.messages import ANNOUNCEMENT_TYPE, PROGRESS_TYPE, Announcement, Progress, SignedAuthorization
from protocol.reasons import BY_CODE
from protocol.statements import Run
from protocol.typed import KIND_REFUSAL
from protocol.vocabulary import ReleaseKind
from tests.imports import ROOT
from tests.patience import Patience, scaled
from tests.unit.workers import world as worlds
from tests.unit.workers.world import World, release
from workers import results, supervise
from workers.chain_view import DataSetFacts
from workers.child_messages import Order, Outcome
from workers.data_sets import StoredVersion
from workers.jobs.machine import Machine
from workers.node import installed_engine
from workers.outbox import Outbox
from workers.slots.scheduler import Scheduler
from workers.sources.schema import Schema
from workers.supervise import Material, Watch, run_child


def schema_of(side: Side) -> Schema:
    columns: list[dict[str, object]] = [{"name": "patient", "kind": "identifier"}]
    for name in side.columns:
        if name == LABEL:
            columns.append({"name": name, "kind": "integer", "low": 0, "high": 1})
        else:
            columns.append({"name": name, "kind": "decimal", "low": 0, "high": 10000, "scale": 9})
    return Schema.parse(
        {
            "format": "tallystick/declared-schema/v2", "title": {"en": "Tumours", "zh": "肿瘤"}, "data_level": 4,
            "sensitive": ["health"], "columns": columns,
        }
    )  # fmt: skip


class RealWorld(World):
    """As the unit tests' world, with the demo's data, the installed programs, real time and real children."""

    def __init__(self, folder: Path) -> None:
        self.sides = dict(zip(("hospital", "laboratory"), split(), strict=True))
        self.ports = {name: free_port() for name in self.PARTIES}
        self.schedulers: dict[str, Scheduler] = {}
        super().__init__(folder)
        self.now = int(time.time())
        self.chain.time = self.now
        contract = self.contract()
        for name in self.PARTIES:
            node = self.nodes[name]
            node.clock = lambda: int(time.time())
            node.check = replace(node.check, installed=catalogue.code_digest, engine=installed_engine)
            node.config = replace(
                node.config, bind_port=self.ports[name], advertise_port=self.ports[name], connect_wait=int(scaled(15)),
                task_slots=2,
            )  # fmt: skip
            self.machines[name] = Machine(node, run_child)
            self.schedulers[name] = Scheduler(self.machines[name])
            said = Announcement(name, "127.0.0.1", self.ports[name], 2, *installed_engine())
            self.coordinator.envelopes[name] = dsse.sign(
                said.data(), self.keys[name].node_public, self.keys[name].sign, ANNOUNCEMENT_TYPE
            )
        self.code = {program: catalogue.code_digest(program) for program in contract.programs}
        worlds.CODE.clear()
        worlds.CODE.update(self.code)
        for program, digest in self.code.items():
            self.chain.releases[program] = release(digest, protection_level=4)
        self.chain.releases[ENGINE] = release(catalogue.engine_digest(), ReleaseKind.ENGINE)

    def _add_data(self, owner: str) -> StoredVersion:
        path = self.folder / f"{owner}.csv"
        write_csv(self.sides[owner], path)
        schema = schema_of(self.sides[owner])
        node = self.nodes[owner]
        stored = node.store.add(path, schema, worlds.draw_reference(owner), 1, "consent [ref 00]")
        node.state.add_data_set(stored.data_set, 1, stored.input_root, stored.rows, 0)
        descriptor = schema.descriptor(stored.data_set, 1, owner, stored.rows)
        self.chain.sets[stored.data_set, 1] = DataSetFacts(
            ids.on_chain(owner), descriptor.digest(), stored.input_root, stored.rows, True
        )
        return stored

    def contract(self, **changes: Any) -> TaskContract:
        references = {name: stored.data_set for name, stored in self.stored.items()}
        made = task_contract(references, self.sides, int(time.time()) + 90, outputs=("fit.coefficients", "judge.auc"))
        made = replace(made, **changes)
        return complete(made, {step.program: catalogue.find(step.program).published() for step in made.steps})

    def authorize(self, contract: TaskContract, task_id: bytes, owner: str, **changes: Any) -> SignedAuthorization:
        return super().authorize(contract, task_id, owner, **{"not_before": int(time.time()) - 10, **changes})

    def serve(self, until: Callable[[], bool], seconds: float, *parties: str) -> None:
        """The nodes' loops in threads of their own, until the condition holds."""
        stop = threading.Event()
        chain_lock = threading.Lock()

        def settle(machine: Machine) -> None:
            outbox = Outbox(machine.node)
            while not stop.is_set():
                with chain_lock:
                    machine.tick()
                    outbox.deliver()
                    outbox.reach_chain()
                    self.chain.time = int(time.time())
                stop.wait(0.1)

        def run(machine: Machine) -> None:
            scheduler = self.schedulers[machine.node.party]
            scheduler.open()
            while not stop.is_set():
                scheduler.look()
                stop.wait(0.1)
            scheduler.close()

        serving = [machine for name, machine in self.machines.items() if name in (parties or self.PARTIES)]
        threads = [threading.Thread(target=act, args=(m,)) for m in serving for act in (settle, run)]
        for thread in threads:
            thread.start()
        patience = Patience(seconds, "the nodes")
        try:
            while patience.left() and not until():
                time.sleep(0.1)
        finally:
            for node in self.nodes.values():
                node.stopping.set()
            stop.set()
            for thread in threads:
                thread.join(scaled(20))
        assert until(), {name: [(j.stage, j.reason, j.peer) for j in n.state.jobs()] for name, n in self.nodes.items()}


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealWorld]:
    digests = dict(worlds.CODE)
    made = RealWorld(tmp_path)
    yield made
    made.close()
    worlds.CODE.clear()
    worlds.CODE.update(digests)


def check_progress(real: RealWorld, task: bytes) -> None:
    """What the coordinator got of each party: percent never falls, and nothing but counts and codes is in it."""
    said: dict[str, list[Progress]] = {}
    for receipt in real.coordinator.posted:
        if isinstance(receipt, bytes) and dsse.parse(receipt).payload_type == PROGRESS_TYPE:
            one = Progress.read(dsse.parse(receipt).payload)
            if one.task == task:
                said.setdefault(one.party, []).append(one)
    assert set(said) == set(real.PARTIES)
    for reports in said.values():
        computing = [one for one in reports if one.state == "computing"]
        assert computing
        assert {one.phase for one in computing} <= {"align", "scale", "fit", "judge"}
        assert [one.percent for one in computing] == sorted(one.percent for one in computing)
        assert next(one.percent for one in reports if one.state == "committed") == 100


@pytest.mark.timeout(150)
def test_three_real_nodes_train_a_model_and_leave_evidence(real: RealWorld) -> None:
    message = real.start()
    real.dispatch(message)
    real.serve(lambda: set(real.stages(message.task).values()) == {"done"}, 110)
    for node in real.nodes.values():
        node.stopping.clear()
    assert results.collect(real.nodes["hospital"], message.task)
    document = json.loads((real.folder / "hospital" / "results" / message.task.hex() / "result.json").read_text())
    outputs = document["outputs"]
    assert np.isfinite(outputs["fit.coefficients"]["values"]).all()
    assert outputs["fit.coefficients"]["shape"] == [30]
    assert 0.97 < outputs["judge.auc"]["values"] <= 1.001
    aligned = json.loads((real.folder / "hospital" / "results" / message.task.hex() / "alignment.json").read_text())
    assert set(aligned) == set(real.sides["hospital"].ids) & set(real.sides["laboratory"].ids)
    check_progress(real, message.task)
    run_facts = {name: node.evidence.all(message.task, Run)[0].statement for name, node in real.nodes.items()}
    for name, statement in run_facts.items():
        assert [step.id for step in statement.steps] == ["align", "scale", "fit", "judge"]
        for link in statement.links:
            transcript = Transcript.seen_by(
                statement.run or b"",
                name,
                link.peer,
                (link.sent, link.sent_frames),
                (link.received, link.received_frames),
            )
            transcript.verify(real.keys[name].node_public, link.signature)
            transcript.verify(real.keys[link.peer].node_public, link.countersignature)


@pytest.mark.timeout(120)
def test_a_missing_peer_is_named_and_the_others_wait_for_it(real: RealWorld) -> None:
    message = real.start()
    real.dispatch(message, "exchange", "hospital")

    def noted() -> bool:
        envelopes = [dsse.parse(item) for item in real.coordinator.posted if isinstance(item, bytes)]
        said = [Progress.read(e.payload) for e in envelopes if e.payload_type == PROGRESS_TYPE]
        return {(p.party, p.note, p.peer) for p in said} >= {
            ("exchange", "link.unreachable", "laboratory"), ("hospital", "link.unreachable", "laboratory"),
        }  # fmt: skip

    real.serve(noted, 60, "exchange", "hospital")
    assert real.stages(message.task) == {"exchange": "checked", "hospital": "checked"}, (
        "a child waits for a peer that is away"
    )
    (row,) = real.nodes["hospital"].state.slots()
    assert (row.task, row.kind, row.phase, row.waits) == (message.task, "task", "waiting", "laboratory:absent")


@pytest.mark.timeout(240)
def test_two_tasks_at_once_on_every_node(real: RealWorld) -> None:
    """Sent in another order to each node; both children of a node run at one time, and both tasks end in order."""
    first = real.start(real.contract(nonce="01" * 32))
    second = real.start(real.contract(nonce="02" * 32))
    for name, order in (("exchange", (first, second)), ("hospital", (second, first)), ("laboratory", (second, first))):
        for message in order:
            real.dispatch(message, name)
    together: set[str] = set()

    def ended() -> bool:
        for name, node in real.nodes.items():
            if [row.phase for row in node.state.slots()] == ["running", "running"]:
                together.add(name)
        return all(set(real.stages(message.task).values()) == {"done"} for message in (first, second))

    real.serve(ended, 200)
    assert together == set(real.PARTIES)
    assert real.chain.aborts == []


@pytest.fixture
def other_engine(tmp_path: Path) -> Path:
    """A copy of what a child is made of, whose engine has one comment more."""
    copy = tmp_path / "other-engine"
    for package in ("logs", "metrics", "mpc", "protocol", "workers"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    changed = copy / "mpc" / "link" / "mesh.py"
    changed.write_text(changed.read_text("utf-8") + "# a comment\n", "utf-8")
    return copy


@pytest.mark.timeout(150)
def test_attack_a_node_with_another_engine_never_sends_or_gets_input(
    real: RealWorld, other_engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own check says what the task wants to hear; its child runs other code, and every other child finds out."""
    running, command = threading.local(), supervise.command

    def of_this_node(arrivals: int) -> list[str]:
        if getattr(running, "party", "") != "laboratory":
            return command(arrivals)
        start = f"import sys; sys.path.insert(0, {str(other_engine)!r}); import workers.child as c; sys.exit(c.main())"
        return [sys.executable, "-P", "-c", start, str(os.getpid()), str(arrivals)]

    def runner(party: str) -> Callable[[Order, Material, Watch], Outcome]:
        def run(order: Order, material: Material, watch: Watch) -> Outcome:
            running.party = party
            return run_child(order, material, watch)

        return run

    monkeypatch.setattr(supervise, "command", of_this_node)
    for name in real.PARTIES:
        real.machines[name] = Machine(real.nodes[name], runner(name))
        real.schedulers[name] = Scheduler(real.machines[name])
    message = real.start()
    real.dispatch(message)
    real.serve(lambda: set(real.stages(message.task).values()) <= {"refused", "aborted"}, 110)
    jobs = [node.state.job(message.task) for node in real.nodes.values()]
    assert all(job is not None and not any(job.run or b"") for job in jobs), "input_sent stores the run's id first"
    reasons = {job.reason for job in jobs if job is not None}
    assert "check.engine" in reasons
    assert {job.peer for job in jobs if job is not None and job.reason == "check.engine"} == {""}
    first, *_ = real.chain.aborts
    assert (first.kind, first.reason) == (KIND_REFUSAL, BY_CODE["check.engine"].number)
    assert not any(node.evidence.all(message.task, Run) for node in real.nodes.values())
