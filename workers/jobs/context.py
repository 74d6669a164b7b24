"""What every stage of a job needs: the node, statements with the right head, and the two ways a job ends early."""

from dataclasses import dataclass

import structlog

from protocol import canonical, dsse, statements
from protocol.commitments import Tensor
from protocol.messages import PROGRESS_TYPE, ChainRequest, Progress
from protocol.reasons import BY_CODE
from protocol.typed import KIND_ABORT, KIND_REFUSAL, Abort
from protocol.vocabulary import TaskState
from workers.child_messages import Outcome
from workers.jobs.stages import Stage
from workers.node import Node
from workers.pipe import Kind, Message, decode, pieces
from workers.state import Job

log = structlog.get_logger()
OUTCOMES: dict[TaskState, Stage] = {
    TaskState.DISPUTED: Stage.DISPUTED,
    TaskState.ABORTED: Stage.ABORTED,
    TaskState.REFUSED: Stage.REFUSED,
    TaskState.EXPIRED: Stage.EXPIRED,
    TaskState.COMPLETED: Stage.ABORTED,  # completed without this node: it has nothing to release
}
"""How a job ends when the chain ended its task."""
_COMPUTED = frozenset({"committed", "released"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A run's outcome with the salts of its output commitments, as it is stored between commit and release."""

    outcome: Outcome
    salts: tuple[bytes, ...]

    def data(self) -> bytes:
        """The messages of the outcome and the salts behind them, to be encrypted."""
        salts = (Message(Kind.SALT, salt) for salt in self.salts)
        return b"".join(pieces([*self.outcome.messages(), *salts]))

    @classmethod
    def read(cls, data: bytes) -> "Kept":
        """What :meth:`data` made."""
        messages = decode(data)
        salts = tuple(message.data for message in messages if message.kind is Kind.SALT)
        return cls(Outcome.of(messages[: len(messages) - len(salts)]), salts)

    def shares(self) -> list[tuple[str, bytes, Tensor]]:
        """(source, salt, share) of every output."""
        return [(o.source, salt, o.tensor) for o, salt in zip(self.outcome.outputs, self.salts, strict=True)]


@dataclass(frozen=True, slots=True)
class JobContext:
    """One node's jobs."""

    node: Node

    def head(self, job: Job, run: bytes | None = None) -> dict[str, object]:
        """The fields every statement begins with."""
        return {
            "task": job.task,
            "contract": canonical.sha256(job.dispatch.contract),
            "run": run or job.run,
            "party": self.node.party,
            "time": self.node.clock(),
        }

    def refuse(self, job: Job, reason: str, peer: str, authorization: bytes | None, *, on_chain: bool) -> None:
        """End a job before its input: a signed refusal in the log and, when the task can end by it, on chain."""
        stated = self.node.evidence.once(
            job.task,
            statements.Refusal,
            lambda: statements.Refusal(**self.head(job), authorization=authorization, reason=reason),  # type: ignore[arg-type]
            lambda found: found.reason == reason,
        )
        self._end(job, KIND_REFUSAL, reason, peer, stated.statement, on_chain=on_chain)

    def drop(self, job: Job, reason: str) -> None:
        """Let go of a dispatch that is about no started task: said to the coordinator, but neither in the log nor on chain.

        The node has nothing against the task, which may still start and complete; a stated refusal would contradict its
        evidence for good, and let a coordinator fill the log with tasks that never were.
        """
        log.warning("job.dropped", task=job.task.hex(), reason=reason)
        self.node.state.fail(job.task, Stage.REFUSED, reason, "", self.node.clock())
        self.progress(job, "ended", "", 0, 0, reason)

    def abort(self, job: Job, reason: str, peer: str, step: str | None = None, *, on_chain: bool = True) -> None:
        """End a run: a signed abort in the log and on chain that says why and who did not do what."""
        stated = self.node.evidence.once(
            job.task,
            statements.Abort,
            lambda: statements.Abort(**self.head(job), reason=reason, step=step, peer=peer or None),  # type: ignore[arg-type]
            lambda found: found.reason == reason,
        )
        self._end(job, KIND_ABORT, reason, peer, stated.statement, on_chain=on_chain)

    def over(self, job: Job, state: TaskState) -> None:
        """The chain ended the task without this node: erase and close, in the chain's words."""
        log.info("job.ended_on_chain", task=job.task.hex(), state=state.name)
        self.node.state.fail(job.task, OUTCOMES[state], "", "", self.node.clock())

    def progress(
        self, job: Job, state: str, phase: str, step: int, total: int, note: str = "", peer: str = "",
        *, percent: int = 0, eta: int = 0,
    ) -> None:  # fmt: skip
        """Tell the coordinator how far this party is: counts and codes, never values."""
        node = self.node
        percent = 100 if state in _COMPUTED else percent
        sequence = node.state.next_number("progress")
        message = Progress(node.party, job.task, state, phase, step, total, percent, eta, note, peer, sequence)
        envelope = dsse.sign(message.data(), node.keys.node_public, node.keys.sign, PROGRESS_TYPE)
        node.state.post_latest(envelope, job.task, "progress", node.clock())

    def _end(
        self, job: Job, kind: int, reason: str, peer: str, statement: statements.Statement, *, on_chain: bool
    ) -> None:
        node, now = self.node, self.node.clock()
        message = Abort(job.task, node.party, kind, BY_CODE[reason].number, statements.digest(statement))
        outcome = Stage.REFUSED if kind == KIND_REFUSAL else Stage.ABORTED
        log.warning("job.ended_early", task=job.task.hex(), outcome=outcome, reason=reason, peer=peer)
        with node.state.transaction():
            if on_chain:
                signature = node.keys.sign_typed(message, node.chain.domain("Tasks"))
                node.state.post(ChainRequest("abort", message, signature, (), ()), job.task, "chain", now)
            node.state.fail(job.task, outcome, reason, peer, now)
        self.progress(job, "ended", "", 0, 0, reason, peer)


def reason_words(code: str) -> str:
    """English and Chinese of a reason, as people read it."""
    reason = BY_CODE.get(code)
    return f"{reason.english} {reason.chinese}" if reason else code
