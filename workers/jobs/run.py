"""From the party check to the finished run: refuse, or start the child, and never twice once input is out (I1, I10)."""

import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from protocol import canonical, data_faults, dsse, statements
from protocol.errors import TallyError, UnavailableError
from protocol.ids import on_chain
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from protocol.reasons import BY_CODE
from protocol.vocabulary import TaskState
from workers import disk, read_before, recovery
from workers.chain_view import PartyFacts
from workers.checks import Cleared, NotYet, Over, Refused, failed_answers
from workers.child_messages import Order, Outcome, Peer
from workers.jobs.context import JobContext, Kept
from workers.jobs.progress import Estimate, Reporter, weights
from workers.jobs.stages import BEFORE_INPUT, Stage
from workers.node import Node
from workers.own_rows import chosen
from workers.slots.plan import Plan, Tickets, everyone, tickets
from workers.state import Job
from workers.supervise import ChildFailed, Material, Watch

_log = structlog.get_logger()
Runner = Callable[[Order, Material, Watch], Outcome]
NOT_STARTED_GRACE: Final = 60
"""Seconds in which the chain may still show the start of a dispatched task; then the dispatch is refused."""
MARGIN: Final = 3
"""Seconds before the deadline in which no run is begun: a commitment must be on chain by then."""
_MISFITS: Final = frozenset({"link.clock_skew", "link.engine_mismatch", "link.program_mismatch"})
"""What two nodes find out about each other before any input. One of them is to change something, and which one neither
can prove: no peer is named for it. Everything else of a link is tried again until the deadline.
"""
_NOT_THE_PROGRAMS: Final = ("link.", "child.", "node.", "session.")
"""Errors of links and processes; all others are the program's own, with a sentence for this node's operator."""
_LONGEST_PAUSE: Final = 3
"""Seconds after which a run whose links did not stand may be claimed again."""
RECHECK: Final = 5
"""Seconds between two party checks of a run that waits: the chain may have ended it, or keys changed."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot that a run has taken: the attempt's seed, and what the child is told through it."""

    seed: bytes = field(default=bytes(32), repr=False)
    arrivals: Callable[[Tickets, socket.socket], None] = lambda _tickets, _child: None
    commit: Callable[[], bool] = lambda: True
    put_aside: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class RunStages:
    """Stages received, checked, running, input_sent."""

    jobs: JobContext
    runner: Runner
    _checking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def node(self) -> Node:
        """The node."""
        return self.jobs.node

    def received(self, job: Job) -> None:
        """The party check: cleared, refused, or asked again later."""
        cleared = self._check(job)
        if cleared is None:
            return
        state = self.node.state
        self._state_check(job, cleared)
        with state.transaction():
            state.set_started(job.task, cleared.started, cleared.contract.deadline)
            for item in cleared.inputs:
                state.add_use(job.task, item.stored.data_set, item.authorization, cleared.started)
            own = [item.stored.data_set for item in cleared.inputs]
            read_before.keep(state, job.task, own, cleared.contract)
            state.move(job.task, Stage.CHECKED, self.node.clock())
        self.jobs.progress(job, "waiting", "", 0, 0)

    def plan(self, task: bytes, missed: str) -> Plan | None:
        """The party check of a run that waits, and with whom it waits; None when it does not (any more).

        ``missed`` is the party that has not come, to be named at the deadline; "" when nobody is to be.
        """
        node = self.node
        with self._checking:
            job = node.state.job(task)
            cleared = self._check(job, missed) if job is not None and job.stage == Stage.CHECKED else None
            if job is None or cleared is None:
                return None
            if cleared.started != job.started:  # a reorganisation: all nodes' order is that of the start that stands
                node.state.set_started(task, cleared.started, cleared.contract.deadline)
            node.state.postpone(task, min(node.clock() + RECHECK, cleared.contract.deadline - MARGIN + 1))
        self._learn(job, cleared.parties, ask=bool(missed))
        parties = everyone(cleared.contract, cleared.parties)
        name, _ = parties[0]
        lead = self._peer(name, cleared.parties[name])
        address = None if lead is None or name == node.party else (lead.host, lead.port)
        return Plan(task, node.party, cleared.started, parties, address)

    def attempt(self, task: bytes, seat: Seat) -> None:
        """One attempt at the run, in a slot; for a job in stage checked."""
        node = self.node
        with self._checking:
            job = node.state.job(task)
            # the chain may have moved since the last check: aborted by a peer, expired, keys rotated
            cleared = self._check(job, "") if job is not None and job.stage == Stage.CHECKED else None
            if job is None or cleared is None:
                return
            order, missing, links = self._order(job, cleared, seat.seed)
            if order is None:
                self._retry(job, "link.unreachable", missing)
                return
            material = Material(node.keys.node_key, self._tables(cleared), [model.part for model in cleared.models])
            node.state.move(task, Stage.RUNNING, node.clock())
        watch = replace(
            self._watch(job, cleared), commit=seat.commit, put_aside=seat.put_aside,
            arrivals=lambda child: seat.arrivals(links, child),
        )  # fmt: skip
        try:
            outcome = self.runner(order, material, watch)
        except ChildFailed as failure:
            self._failed(job, failure)
            return
        except TallyError as error:
            self._failed(job, ChildFailed(error.code, error.what, "run.program_failed", ""))
            return
        self._keep(job, outcome)

    def resume(self, job: Job) -> None:
        """After a restart: what had not sent input goes on, what may have sent it ends (I10)."""
        if job.stage == Stage.RUNNING:
            self.node.state.move(job.task, Stage.CHECKED, self.node.clock())
        elif job.stage == Stage.INPUT_SENT:
            if (self.node.work(job.task) / "outcome").exists():
                # the run was over and its outcome stored; only the stage was not
                self.node.state.move(job.task, Stage.COMPUTED, self.node.clock())
            else:
                self.jobs.abort(job, "run.interrupted", "")

    def _check(self, job: Job, missed: str = "") -> Cleared | None:
        node, now = self.node, self.node.clock()
        try:
            cleared = node.check.run(job.dispatch)
        except NotYet as waiting:
            if job.stage != Stage.RECEIVED and now > job.deadline - MARGIN:
                self.jobs.abort(job, "run.deadline", missed, on_chain=False)
            elif job.stage == Stage.RECEIVED and now > job.created + NOT_STARTED_GRACE:
                self.jobs.drop(job, "check.not_started")
            else:  # of a task that was seen started it only says that the endpoint is behind
                _log.info("check.waiting", task=job.task.hex(), state=waiting.args[0])
                node.state.postpone(job.task, now + 1)
            return None
        except Over as over:
            self.jobs.over(job, over.state)
            return None
        except Refused as refused:
            _log.warning(
                "check.refused", task=job.task.hex(), reason=refused.reason, detail=refused.detail, peer=refused.peer
            )
            self._state_failed(job, refused.question)
            known = node.chain.task(job.task, node.chain.head()).state == TaskState.STARTED
            self.jobs.refuse(job, refused.reason, refused.peer, None, on_chain=known)
            return None
        if cleared.started <= recovery.fence(node.state):
            recovery.interrupt(self.jobs, job)
            return None
        if now > cleared.contract.deadline - MARGIN:
            self.jobs.abort(job, "run.deadline", missed, on_chain=False)
            return None
        return cleared

    def _state_check(self, job: Job, cleared: Cleared) -> None:
        evidence, chain = self.node.evidence, self.node.chain
        head = self.jobs.head(job)
        evidence.once(
            job.task,
            statements.TaskContract,
            lambda: statements.TaskContract(**head, chain_id=chain.chain_id, deployment=chain.deployment_id),  # type: ignore[arg-type]
        )
        first = cleared.inputs[0].authorization if cleared.inputs else None
        evidence.once(
            job.task,
            statements.ConsentCheck,
            lambda: statements.ConsentCheck(
                **head, authorization=first, block=cleared.head.number, block_hash=cleared.head.hash,  # type: ignore[arg-type]
                checks=cleared.checks,
            ),
            lambda found: found.checks == cleared.checks,
        )  # fmt: skip
        for item in cleared.inputs:
            stored = item.stored
            data_set = on_chain(stored.data_set)
            descriptor = stored.description(self.node.party)
            evidence.once(
                job.task,
                statements.InputCommitment,
                lambda stored=stored, data_set=data_set, descriptor=descriptor: statements.InputCommitment(
                    **head, data_set=data_set, version=stored.version, schema=descriptor.digest(),  # type: ignore[arg-type]
                    input_root=stored.input_root, rows=stored.rows, columns=len(stored.schema.columns),
                ),
                lambda found, data_set=data_set: found.data_set == data_set,
            )  # fmt: skip

    def _state_failed(self, job: Job, question: str) -> None:
        head = self.node.chain.head()
        self.node.evidence.once(
            job.task,
            statements.ConsentCheck,
            lambda: statements.ConsentCheck(
                **self.jobs.head(job), authorization=None, block=head.number, block_hash=head.hash,  # type: ignore[arg-type]
                checks=failed_answers(question),
            ),
            lambda found: found.checks == failed_answers(question),
        )  # fmt: skip

    def _order(self, job: Job, cleared: Cleared, seed: bytes) -> tuple[Order | None, str, Tickets]:
        """The child's order, or the peer whose address nobody has announced; and the tickets of its links."""
        node, contract = self.node, cleared.contract
        self._learn(job, cleared.parties, ask=job.attempts > 0)
        parties = everyone(contract, cleared.parties)
        links = tickets(job.task, node.party, parties, len(contract.committee), seed)
        outside = [name for name in contract.owners if name not in contract.committee]
        peers: dict[str, Peer] = {}
        for name in contract.committee:
            found = self._peer(name, cleared.parties[name])
            if found is None:
                return None, name, links
            peers[name] = replace(found, preamble=links.preamble(name))
        for name in outside:  # they dial out: nobody needs an address of theirs
            peers[name] = Peer(name, "", 0, cleared.parties[name].node_key)
        now = node.clock()
        order = Order(
            task=job.task,
            party=node.party,
            contract=job.dispatch.contract,
            committee=tuple(peers[name] for name in contract.committee),
            owners=tuple(peers[name] for name in outside),
            programs=cleared.programs_digest,
            data_sets=tuple(sorted(item.stored.data_set for item in cleared.inputs)),
            models=tuple(model.name for model in contract.models),
            connect=node.config.connect_wait,
            total=max(1, contract.deadline - now),
            rows=cleared.rows,
            memory=node.config.party_memory,
        )
        return order, "", links

    def _peer(self, name: str, facts: PartyFacts) -> Peer | None:
        config = self.node.config
        if name == self.node.party:
            own = Peer(name, config.advertise_host, config.advertise_port, facts.node_key)
            return own if config.listens else None
        envelope = self.node.state.announcement(name)
        if envelope is None:
            return None
        try:
            said = Announcement.read(dsse.open_envelope(envelope, facts.node_key, ANNOUNCEMENT_TYPE))
        except TallyError:
            return None  # signed by a key that the registry no longer holds
        return Peer(name, said.host, said.port, facts.node_key)

    def _learn(self, job: Job, parties: dict[str, PartyFacts], *, ask: bool) -> None:
        """Take announcements from the dispatch and the coordinator: only those their party's registered key signed."""
        given = list(job.dispatch.announcements)
        if ask:  # addresses may have changed since the dispatch
            with suppress(UnavailableError, TallyError):
                given += self.node.coordinator.announcements().values()
        for envelope in given:
            for name, facts in parties.items():
                with suppress(TallyError):
                    said = Announcement.read(dsse.open_envelope(envelope, facts.node_key, ANNOUNCEMENT_TYPE))
                    if said.party == name:
                        self.node.state.announce(name, said.sequence, envelope)

    def _tables(self, cleared: Cleared) -> list[tuple[bytes, bytes]]:
        """Of each own data set exactly the rows and columns that the contract names, and the identifier."""
        found: list[tuple[bytes, bytes]] = []
        for item in sorted(cleared.inputs, key=lambda own: own.stored.data_set):
            asked = cleared.contract.input_of(item.stored.data_set)
            table = self.node.store.table(item.stored)
            rows = chosen(table, asked)
            found.append((canonical.dumps(rows.schema.to_json()), rows.snapshot()))
        return found

    def _watch(self, job: Job, cleared: Cleared) -> Watch:
        rows = max((item.stored.rows for item in cleared.inputs), default=0)
        reporter = Reporter(
            lambda point: self.jobs.progress(
                job, "computing", point.phase, point.step, point.total, percent=point.percent, eta=point.eta
            ),
            Estimate(weights(cleared.contract, rows)),
        )

        def input_sent(run: bytes) -> None:
            with self.node.state.transaction():
                self.node.state.set_run(job.task, run)
                self.node.state.move(job.task, Stage.INPUT_SENT, self.node.clock())

        return Watch(input_sent, reporter.report, self.node.stopping.is_set, reporter.flush)

    def _failed(self, job: Job, failure: ChildFailed) -> None:
        node = self.node
        now = node.state.job(job.task)
        assert now is not None
        # the sentence too where it is made of columns, counts and the task's limits (protocol.data_faults), or, of a program
        # that has no room for the tables, of public sizes alone
        plain = failure.code in data_faults.RULES or failure.reason == "check.does_not_fit"
        said = {"said": failure.what} if plain else {}
        _log.warning("run.failed", task=job.task.hex(), code=failure.code, peer=failure.peer, stage=now.stage, **said)
        if not failure.code.startswith(_NOT_THE_PROGRAMS):
            node.state.explain(job.task, f"{failure.code}: {failure.what}", failure.chinese)
        if now.stage not in BEFORE_INPUT:
            reason = failure.reason if failure.reason in BY_CODE else "run.program_failed"
            self.jobs.abort(now, reason, failure.peer)
        elif failure.code in _MISFITS or failure.reason == "check.does_not_fit":
            self.jobs.refuse(now, failure.reason, "", None, on_chain=True)
        elif failure.code == "child.died" and job.attempts >= 2:
            self.jobs.abort(now, "run.program_failed", "")
        elif not failure.code.startswith(_NOT_THE_PROGRAMS):
            self.jobs.abort(now, failure.reason, "")
        else:
            node.state.move(job.task, Stage.CHECKED, node.clock())
            if failure.code != "node.put_aside":  # that is no failure, and not this run's doing
                self._retry(replace(now, stage=Stage.CHECKED), failure.code, failure.peer)

    def _retry(self, job: Job, note: str, peer: str) -> None:
        """Not connected yet: say whom this party waits for, and try again until the deadline."""
        node, now = self.node, self.node.clock()
        if now > job.deadline - MARGIN:
            self.jobs.abort(job, "run.deadline", peer, on_chain=False)
            return
        self.jobs.progress(job, "waiting", "connect", 0, 0, note, peer)
        node.state.postpone(job.task, now + min(2**job.attempts, _LONGEST_PAUSE), attempt=True)

    def _keep(self, job: Job, outcome: Outcome) -> None:
        """Store the outcome, encrypted, before the stage says that it is there."""
        kept = Kept(outcome, tuple(secrets.token_bytes(32) for _ in outcome.outputs))
        folder = disk.private_dir(self.node.work(job.task))
        self.node.vault.write(folder / "outcome", f"outcome/{job.task.hex()}", kept.data())
        self.node.state.move(job.task, Stage.COMPUTED, self.node.clock())
