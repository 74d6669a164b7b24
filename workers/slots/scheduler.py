"""Runs of one node: those that wait, the door, and a thread for each child; :mod:`workers.slots.rule` decides, this acts.

Rule and door live in one event loop in a thread of its own. What blocks is done elsewhere: party checks by the caller of
:meth:`Scheduler.look`, runs by one thread each. Nothing here needs to survive: which runs wait, and whether one may have
sent input, is in the jobs' stages on disk, from which a restart begins anew (I10).
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workers.jobs.machine import Machine
from workers.jobs.run import Seat
from workers.slots.door import Door, Listener
from workers.slots.plan import Plan, Tickets
from workers.slots.rule import SlotRule
from workers.slots.runs import Patience, Phase, Run
from workers.slots.words import PeerState, Word
from workers.state import Job, SlotRow

_log = structlog.get_logger()
T = TypeVar("T")
NOTES: Final = {PeerState.ABSENT: "link.unreachable", PeerState.BUSY: "link.busy"}
"""What is said of a peer that a run waits for."""
_TICK: Final = 0.5
_SAID_AFTER: Final = 2.0
"""Seconds for which a run has waited for a peer before it is said: channels take a moment."""
_ANSWER: Final = 10.0
_STOP: Final = 30.0


@dataclass(frozen=True, slots=True)
class _View:
    """A run as the other threads see it. ``waits``: (party, how) in the order in which they are named."""

    phase: Phase
    kind: str
    waits: tuple[tuple[str, PeerState], ...]
    missed: str
    since: float


class Scheduler:
    """The node's runs. :meth:`look` is called by one thread; the rest happens by itself."""

    def __init__(self, machine: Machine, patience: Patience | None = None) -> None:
        config, keys = machine.node.config, machine.node.keys
        self._machine = machine
        self._loop = cast("asyncio.AbstractEventLoop", None)  # from open() on
        self._thread = threading.Thread(target=self._serve, name="slots", daemon=True)
        self._rule = SlotRule(keys.node_public, config.slots, self, patience)
        listener = Listener(self._connected, self._lost, self._word)
        bind = (config.bind_host, config.bind_port) if config.listens else None
        self._door = Door(Ed25519PrivateKey.from_private_bytes(keys.node_key), bind, listener)
        self._plans: dict[bytes, Plan] = {}
        self._asides: dict[bytes, threading.Event] = {}
        self._runs: dict[bytes, threading.Thread] = {}
        self._views: dict[bytes, _View] = {}
        self._said: dict[bytes, tuple[str, str]] = {}
        self._stored: tuple[SlotRow, ...] | None = None
        self._ticker: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Listen, and take runs from now on."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        try:
            self._ask(self._door.open())
        except BaseException:
            self._stop()
            raise
        self._loop.call_soon_threadsafe(self._start_ticking)

    def close(self) -> None:
        """Wait for the runs, which end because the node is stopping, then end the door."""
        for thread in [*self._runs.values()]:
            thread.join(_STOP)
        self._ask(self._end())
        self._stop()

    def look(self) -> None:
        """Check the runs that are due, let the checked ones wait for their slots, say and store whom they wait for."""
        for job in self._machine.waiting():
            view = self._views.get(job.task)
            if view is not None and view.phase is not Phase.WAITING:
                continue  # it is checked again at its beginning
            plan = self._machine.plan(job.task, "" if view is None else view.missed)
            self._loop.call_soon_threadsafe(self._enter, job.task, plan)
        self._tell()

    @property
    def idle(self) -> bool:
        """Whether no run is in a slot."""
        return not self._runs

    def rows(self) -> tuple[SlotRow, ...]:
        """Where the runs are now, as they are shown."""
        return tuple(
            SlotRow(
                task, view.kind, view.phase.value, ",".join(f"{name}:{how.name.lower()}" for name, how in view.waits)
            )
            for task, view in self._views.items()
        )

    @property
    def channels(self) -> int:
        """How many other nodes have a channel with this one."""
        return self._door.peers

    # --- what the rule makes happen (in the event loop)

    def send(self, peer: bytes, word: Word) -> None:
        """See :class:`workers.slots.runs.Port`."""
        self._door.send(peer, word)

    def start(self, task: bytes, seed: bytes) -> None:
        """See :class:`workers.slots.runs.Port`."""
        aside = self._asides[task] = threading.Event()
        held: list[bytes] = []

        def arrivals(tickets: Tickets, child: socket.socket) -> None:
            held.extend(tickets.awaited)
            self._loop.call_soon_threadsafe(self._door.expect, tickets.awaited, child)

        seat = Seat(seed, arrivals, lambda: self._commit(task), aside.is_set)

        def run() -> None:
            again = False
            try:
                again = self._machine.attempt(task, seat)
            except Exception:  # noqa: BLE001 - the slot must become free; the log says what and where
                _log.exception("slots.run_defect", task=task.hex())
            finally:
                self._loop.call_soon_threadsafe(self._over, task, tuple(held), again)

        thread = self._runs[task] = threading.Thread(target=run, name=f"run-{task.hex()[:8]}", daemon=True)
        thread.start()

    def put_aside(self, task: bytes) -> None:
        """See :class:`workers.slots.runs.Port`."""
        self._asides[task].set()

    # --- inside the event loop

    def _enter(self, task: bytes, plan: Plan | None) -> None:
        known = self._plans.get(task)
        if plan is not None and (known is None or known.keys == plan.keys):
            self._plans[task] = plan
            self._rule.add(Run(task, plan.started, plan.keys), self._loop.time())
        elif task not in self._runs:  # over, or with other keys: what is left of it waits anew
            self._plans.pop(task, None)
            self._rule.remove(task, self._loop.time())
        self._changed()

    def _over(self, task: bytes, tickets: tuple[bytes, ...], again: bool) -> None:
        self._door.forget(tickets)
        self._runs.pop(task, None)
        self._asides.pop(task, None)
        now = self._loop.time()
        job = self._machine.node.state.job(task) if again else None
        if job is None:
            self._plans.pop(task, None)
            self._rule.remove(task, now)
        else:
            self._rule.again(task, now + max(0, job.next_at - self._machine.node.clock()), now)
        self._changed()

    def _connected(self, peer: bytes, leads: bool) -> None:
        self._rule.connected(peer, self._loop.time(), leads=leads)
        self._changed()

    def _lost(self, peer: bytes, leads: bool) -> None:
        self._rule.lost(peer, self._loop.time(), leads=leads)
        self._changed()

    def _word(self, peer: bytes, word: Word) -> None:
        self._rule.receive(peer, word, self._loop.time())
        self._changed()

    def _start_ticking(self) -> None:
        self._ticker = self._loop.create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            if self._plans:
                self._rule.tick(self._loop.time())
                self._changed()

    def _changed(self) -> None:
        """Meet those whom the runs need, and show the other threads where the runs are."""
        own = self._machine.node.keys.node_public
        plans = self._plans.values()
        self._door.meet(
            {key for plan in plans if plan.keys[0] == own for key in plan.keys[1:]},
            {plan.keys[0]: plan.lead for plan in plans if plan.keys[0] != own and plan.lead is not None},
        )
        views: dict[bytes, _View] = {}
        for run in self._rule.runs():
            plan, before = self._plans[run.task], self._views.get(run.task)
            missing = self._rule.missing(run.task)
            absent = [key for key, state in missing if state is PeerState.ABSENT and self._rule.first_hand(run, key)]
            waits = tuple((plan.name(key), state) for key, state in missing)
            same = before is not None and (before.phase, before.waits) == (run.phase, waits)
            views[run.task] = _View(
                run.phase, run.kind, waits, plan.name(absent[0]) if absent else "",
                before.since if before is not None and same else self._loop.time(),
            )  # fmt: skip
        self._views = views

    async def _end(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        await self._door.close()

    # --- between threads

    def _serve(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP)

    def _ask(self, coroutine: Any) -> Any:  # noqa: ANN401 - whatever it returns
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_STOP)

    def _commit(self, task: bytes) -> bool:
        """Asked by the run's thread; the answer is the event loop's, where put-asides happen too."""
        return self._call(lambda: self._rule.committed(task))

    def _call(self, act: Callable[[], T]) -> T:
        answer: Future[T] = Future()

        def give() -> None:
            try:
                answer.set_result(act())
                self._changed()
            except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
                answer.set_exception(error)

        self._loop.call_soon_threadsafe(give)
        return answer.result(_ANSWER)

    def _tell(self) -> None:
        """To the coordinator: whom a run waits for, once it has for a while. To the node's own disk: where its runs are."""
        views, state = self._views, self._machine.node.state
        for task, view in views.items():
            waits = view.phase is Phase.WAITING and view.waits and self._loop.time() - view.since >= _SAID_AFTER
            said = (NOTES[view.waits[0][1]], view.waits[0][0]) if waits else None
            if said is not None and self._said.get(task) != said and (job := state.job(task)) is not None:
                self._said[task] = said
                self._say(job, *said)
        self._said = {task: said for task, said in self._said.items() if task in views}
        rows = self.rows()
        if rows != self._stored:
            state.set_slots(rows)
            self._stored = rows

    def _say(self, job: Job, note: str, peer: str) -> None:
        _log.info("slots.waits", task=job.task.hex(), note=note, peer=peer)
        self._machine.say_waiting(job, note, peer)
