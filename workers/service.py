"""One node process: the broker's worker in the main thread, loops and the slots' scheduler beside it, an MPC child for each run.

A loop that fails logs the kind of failure and goes on: a silent coordinator, a chain endpoint that is away or a defect in
one job must not stop the others.
"""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from logs.configuration import configure
from metrics.serving import serving
from mpc.backends.fast import kernels
from protocol import dsse
from protocol.errors import TallyError, UnavailableError
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from workers import app, broker, engines, recovery, results
from workers.jobs.machine import Machine
from workers.measuring import node_board
from workers.node import Node, open_node
from workers.outbox import Outbox
from workers.sessions.stating import Stating
from workers.slots.scheduler import Scheduler
from workers.supervise import Nursery
from workers.wake import LoopName

_log = structlog.get_logger()
_JOIN: Final = 30.0


@dataclass(frozen=True, slots=True)
class Loop:
    """A thread's work: ``act`` says whether there may be more at once. Between its looks it rests until it is woken."""

    name: LoopName
    act: Callable[[], bool]


def run(folder: Path) -> None:
    """Run the node in ``folder`` until SIGTERM or SIGINT."""
    configure("node")
    with open_node(folder) as node:
        signal.signal(signal.SIGTERM, lambda *_: node.stopping.set())  # until Celery puts its own in place
        recover(node)
        broker_url, prefix = broker.login(node)
        nursery = Nursery()
        machine = Machine(node, nursery.run)
        scheduler = Scheduler(machine)
        stating = Stating(node, machine.anchoring)
        board, config = node_board(node, scheduler, stating), node.config
        announce(node)
        engines.tell(node)
        with serving(board, config.metrics_host, config.metrics_port or None):
            threads = start(machine, scheduler, nursery, stating)
            _log.info("node.started", party=node.party, epoch=node.evidence.epoch, kernels=kernels.variant())
            try:
                if not node.stopping.is_set():
                    app.serve(app.build(machine, broker_url, prefix), machine)
            finally:
                stop(node, threads, scheduler, nursery)
                stating.close()
                _log.info("node.stopped", party=node.party)


def recover(node: Node) -> None:
    """Settle what a node that was put back from a backup may have forgotten; waits for a chain that does not answer."""
    while not node.stopping.is_set():
        try:
            recovery.settle(node)
        except UnavailableError as error:
            _log.warning("node.recovery_waits", code=error.code)
            node.stopping.wait(1)
        else:
            return


def announce(node: Node) -> None:
    """Owe the coordinator a fresh announcement of where this node's links listen, if they do."""
    config = node.config
    if not config.listens:
        return
    sequence = node.state.next_number("announcement")
    said = Announcement(node.party, config.advertise_host, config.advertise_port, sequence, *node.check.engine())
    envelope = dsse.sign(said.data(), node.keys.node_public, node.keys.sign, ANNOUNCEMENT_TYPE)
    node.state.post(envelope, None, "envelope", node.clock())


def start(machine: Machine, scheduler: Scheduler, nursery: Nursery, stating: Stating) -> list[threading.Thread]:
    """Resume what was left, then open the door and start the loops."""
    node, outbox = machine.node, Outbox(machine.node)
    machine.resume()
    scheduler.open()

    def settle() -> bool:
        machine.tick()
        outbox.reach_chain()
        if (size := node.evidence.log_openings()) is not None:
            machine.anchoring.want(size)
        stating.tick()
        return False

    def compute() -> bool:
        scheduler.look()
        if scheduler.idle:  # what imports takes processor time from what runs
            nursery.prepare()
        return False

    def deliver() -> bool:
        outbox.deliver()
        results.collect_waiting(node)
        node.models.erase_ended(node.clock())
        return False

    loops = (Loop("settle", settle), Loop("run", compute), Loop("deliver", deliver))
    threads = [threading.Thread(target=_loop, args=(node, loop), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    return threads


def stop(node: Node, threads: list[threading.Thread], scheduler: Scheduler, nursery: Nursery) -> None:
    """Let the loops end; what was not done is on disk and goes on at the next start."""
    node.stopping.set()
    node.wake.set()
    for thread in threads:
        thread.join(_JOIN)
    scheduler.close()
    nursery.close()
    Outbox(node).deliver(stopping=True)  # an abort signed just now should not wait for the next start


def _loop(node: Node, loop: Loop) -> None:
    while not node.stopping.is_set():
        more = False
        try:
            more = loop.act()
        except TallyError as error:
            _log.error("node.loop_failed", loop=loop.name, code=error.code)
            node.stopping.wait(1)
        except Exception:  # noqa: BLE001 - see above; the log says what and where
            _log.exception("node.loop_defect", loop=loop.name)
            node.stopping.wait(1)
        if not more:
            node.wake.rest(loop.name, node.config.tick)
