"""From the finished run to the end of the job: commit, wait for the chain, release, erase, anchor, hand over evidence."""

from dataclasses import dataclass
from typing import Final

import structlog

from protocol import canonical, commitments, statements
from protocol.contract import TaskContract, task_id_of
from protocol.errors import FormatError, TallyError
from protocol.messages import ChainRequest
from protocol.typed import RunCommitment
from protocol.vocabulary import TaskState
from workers import disk, recovery, release, results
from workers.anchoring import Anchoring
from workers.jobs.context import OUTCOMES, JobContext, Kept
from workers.jobs.stages import Stage
from workers.node import Node
from workers.state import Job

_log = structlog.get_logger()
RELEASE_WAIT: Final = results.KEPT
"""Seconds after its deadline, and the time of its review, that a completed task may wait before its shares are erased."""
COLLECT_WAIT: Final = 60
"""Seconds that a result user's node waits to be told that all shares are there before it asks for them by itself."""


@dataclass(frozen=True, slots=True)
class SettleStages:
    """Stages computed to the end, and failed."""

    jobs: JobContext
    anchoring: Anchoring

    @property
    def node(self) -> Node:
        """The node."""
        return self.jobs.node

    def computed(self, job: Job) -> None:
        """State the run, then sign the commitment: it is on disk before anybody sees it."""
        node = self.node
        kept = self._kept(job)
        contract = TaskContract.read(job.dispatch.contract)
        self._state_run(job, kept, contract)
        if node.party not in contract.committee:
            node.state.move(job.task, Stage.COMMITTED, node.clock())
            return
        with self.anchoring.paused():
            size, root = node.evidence.head()
            message = self._commitment(job, kept, contract, size, root)
            signature = node.keys.sign_typed(message, node.chain.domain("Tasks"))
            with node.state.transaction():
                node.state.post(ChainRequest("commit", message, signature, (), ()), job.task, "chain", node.clock())
                node.state.move(job.task, Stage.COMMITTED, node.clock())
        self.jobs.progress(job, "committed", "", 0, 0)

    def committed(self, job: Job) -> None:
        """Wait for the chain's word."""
        node = self.node
        facts = node.chain.task(job.task, node.chain.head())
        if facts.state == TaskState.COMPLETED:
            node.state.move(job.task, Stage.COMPLETED, node.clock())
        elif facts.state in OUTCOMES:
            reason = "run.evidence_disagrees" if facts.state == TaskState.DISPUTED else ""
            node.state.fail(job.task, OUTCOMES[facts.state], reason, "", node.clock())
        else:
            node.state.postpone(job.task, node.clock() + 1)

    def completed(self, job: Job) -> None:
        """Release once the chain allows it."""
        node = self.node
        if job.started <= recovery.fence(node.state) and not (node.work(job.task) / "outcome").exists():
            # put back from a backup, in which no working copy is: the other parties' shares suffice
            _log.warning("release.outcome_lost", task=job.task.hex())
            node.state.move(job.task, Stage.RELEASED, node.clock())
            return
        contract = TaskContract.read(job.dispatch.contract)
        done = node.party not in contract.committee or release.release(self.jobs, job, self._kept(job), contract)
        if done:
            self._keep_models(job, contract)
        if done and node.party in contract.result_users:
            results.keep_alignment(node, job.task, self._kept(job).outcome.alignment)
            # waited for from now on, and fetched even if the coordinator never says that it is there: what is sealed to the
            # present keys is not forgotten when they are rotated
            node.state.add_collection(job.task, node.clock(), node.clock() + COLLECT_WAIT)
        if (
            done
            or release.rejected(self.jobs, job)
            or node.clock() > job.deadline + contract.review_within + RELEASE_WAIT
        ):
            node.state.move(job.task, Stage.RELEASED, node.clock())
            if done:
                self.jobs.progress(job, "released", "", 0, 0)
        else:
            node.state.postpone(job.task, node.clock() + 1)

    def _keep_models(self, job: Job, contract: TaskContract) -> None:
        """Models that the contract leaves at the nodes: only now that the chain shows the task as completed."""
        parts = {model.source: model.part for model in self._kept(job).outcome.models}
        for keep in contract.keeps:
            self.node.models.keep(job.task, contract, keep, parts[keep.source])

    def erase(self, job: Job) -> None:
        """Erase working copies and state that they are gone (stages released and failed)."""
        node, task = self.node, job.task
        folder = node.work(task)
        path = folder / "outcome"
        fact = f"erased/{task.hex()}"
        if path.exists() and node.state.fact(fact) is None:  # a kill may leave it overwritten and still there
            node.state.set_fact(fact, canonical.sha256(node.vault.read(path, _label(task))).hex())
        if folder.exists():
            for copy in sorted(folder.iterdir()):
                disk.erase(copy)
            folder.rmdir()
        held = node.state.fact(fact)
        if job.run is not None:
            copies = [statements.Erased("input_rows", None), statements.Erased("run_keys", None)]
            if held is not None:
                copies.append(statements.Erased("output_shares", bytes.fromhex(held)))
            node.evidence.once(
                task,
                statements.Erasure,
                lambda: statements.Erasure(**self.jobs.head(job), copies=tuple(copies)),  # type: ignore[arg-type]
            )
        node.state.move(task, Stage.ERASED, node.clock())

    def erased(self, job: Job) -> None:
        """State the task's end, and wait until the chain holds a root that covers everything stated about it."""
        self._state_end(job)
        entries = self.node.state.entries_of(self.node.evidence.epoch, job.task)
        if not entries or self.anchoring.covers(entries[-1][0] + 1):
            self.node.state.move(job.task, Stage.ANCHORED, self.node.clock())
        else:
            self.anchoring.want(entries[-1][0] + 1)
            self.node.state.postpone(job.task, self.node.clock() + 1)

    def _state_end(self, job: Job) -> None:
        """The list of everything stated about the task, last in the log; of nothing where the task ended without this node."""
        evidence = self.node.evidence
        entries = self.node.state.entries_of(evidence.epoch, job.task)
        if (entries and entries[-1][1] == statements.TaskEnd.KIND) or not (entries or self._missed(job)):
            return
        positions = tuple(position for position, _ in entries)
        evidence.once(
            job.task,
            statements.TaskEnd,
            lambda: statements.TaskEnd(**self.jobs.head(job), entries=positions),  # type: ignore[arg-type]
            lambda found: found.entries == positions,
        )

    def _missed(self, job: Job) -> bool:
        """Whether this node had a part in a task that the chain started and ended before the node stated anything.

        Asked of the chain and the contract: a coordinator must not fill the log with tasks that are none of the node's.
        """
        node = self.node
        facts = node.chain.task(job.task, node.chain.head())
        try:
            contract = TaskContract.read(job.dispatch.contract)
        except TallyError:
            return False
        engaged = node.party in {*contract.committee, *contract.owners}
        if not engaged or facts.started_at == 0 or task_id_of(contract, node.chain.domain("Tasks")) != job.task:
            return False
        # with a commitment there was something to state: it lies in an epoch that was closed, and an empty list would contradict it
        return node.chain.commitment(job.task, node.party, node.chain.head()) is None

    def anchored(self, job: Job) -> None:
        """Hand over the task's log evidence, and end."""
        node = self.node
        entries = node.state.entries_of(node.evidence.epoch, job.task)
        if entries:
            old, size = self.anchoring.anchor_for(entries[-1][0] + 1)
            earlier = [(old, node.evidence.root(old))] if old else []
            earlier += [
                (message.log_size, message.log_root)
                for message in (_commitment_in(item.body) for item in node.state.owed(job.task, "chain"))
                if message is not None
            ]
            evidence = node.evidence.bundle(job.task, size, earlier)
            node.state.post(evidence, job.task, "log", node.clock())
        node.state.move(job.task, job.outcome, node.clock())
        if job.outcome == Stage.DONE:
            self.jobs.progress(job, "ended", "", 0, 0)
        _log.info("job.ended", task=job.task.hex(), outcome=job.outcome, reason=job.reason)

    def _kept(self, job: Job) -> Kept:
        kept = Kept.read(self.node.vault.read(self.node.work(job.task) / "outcome", _label(job.task)))
        if job.run is not None and kept.outcome.run != job.run:
            raise FormatError("job.other_run", "The stored outcome is another run's.", "Report this with the log.")
        return kept

    def _state_run(self, job: Job, kept: Kept, contract: TaskContract) -> None:
        evidence, outcome = self.node.evidence, kept.outcome
        head = self.jobs.head(job, outcome.run)
        programs = self._code(contract)
        steps = tuple(
            statements.StepFact(s.id, s.program, programs[s.program], s.milliseconds, s.disclosed)
            for s in outcome.steps
        )
        stated = statements.RUNS[outcome.transcript]
        facts = [
            statements.LinkFact(
                link.peer, link.sent, link.sent_frames, link.received, link.received_frames, link.signature,
                link.countersignature,
            )
            for link in sorted(outcome.links, key=lambda link: link.peer)
        ]  # fmt: skip
        limit = statements.LINKS_PER_STATEMENT
        for start in range(0, max(1, len(facts)), limit):
            part = tuple(facts[start : start + limit])
            evidence.once(
                job.task,
                stated,
                lambda part=part: stated(
                    **head, committee=contract.committee, mpc=outcome.mpc, engine=outcome.engine, steps=steps, links=part,  # type: ignore[arg-type]
                ),
                lambda found, part=part: found.links == part,
            )  # fmt: skip
        if self.node.party in contract.committee:
            outputs = self._outputs(job, kept)
            evidence.once(
                job.task,
                statements.OutputCommitment,
                lambda: statements.OutputCommitment(**head, outputs=outputs),  # type: ignore[arg-type]
            )

    def _code(self, contract: TaskContract) -> dict[str, bytes]:
        """Code digests as registered when the run was checked (they equalled the installed ones)."""
        return {program: self.node.check.installed(program) for program in contract.programs}

    def _outputs(self, job: Job, kept: Kept) -> tuple[statements.OutputShare, ...]:
        found: list[statements.OutputShare] = []
        for source, salt, tensor in kept.shares():
            name = commitments.output_name(source)
            commitment = commitments.output_share(
                job.task, kept.outcome.run, self.node.party, name, tensor=tensor, salt=salt
            )
            found.append(statements.OutputShare(name, tensor.shape, tensor.fraction_bits, commitment))
        return tuple(sorted(found, key=lambda item: item.name))

    def _commitment(self, job: Job, kept: Kept, contract: TaskContract, size: int, root: bytes) -> RunCommitment:
        node, run = self.node, kept.outcome.run
        links = {link.peer: link for link in kept.outcome.links}
        stated = node.evidence.all(job.task, statements.InputCommitment)
        roots = [(item.statement.data_set, item.statement.input_root) for item in stated]
        shares = [(item.name, item.commitment) for item in self._outputs(job, kept)]
        hashes: list[bytes] = []
        for peer in contract.committee:
            if peer == node.party:
                continue
            link = links[peer]
            transcript = commitments.Transcript.seen_by(
                run, node.party, peer, (link.sent, link.sent_frames), (link.received, link.received_frames)
            )
            hashes.append(transcript.link_hash())
        return RunCommitment(
            task=job.task,
            run_id=run,
            party=node.party,
            input_root=commitments.input_root(roots),
            epoch=node.evidence.epoch,
            log_size=size,
            log_root=root,
            links=tuple(hashes),
            output_shares=commitments.output_shares(job.task, run, node.party, shares),
        )


def _label(task: bytes) -> str:
    return f"outcome/{task.hex()}"


def _commitment_in(body: dict[str, object]) -> RunCommitment | None:
    request = ChainRequest.parse(body["body"])
    return request.message if isinstance(request.message, RunCommitment) else None
