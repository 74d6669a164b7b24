"""Release: only when the chain shows completion (and the named reviewer's yes) are output shares sealed (I7).

The recipient's seal key is read from the registry at that final block, never taken from a message: a coordinator that
swaps keys gets nothing it can open.
"""

import structlog

from protocol import commitments, sealing, statements
from protocol.contract import TaskContract
from protocol.limits import LIMITS
from protocol.messages import SealedShare
from protocol.vocabulary import Review, TaskState
from workers import disk
from workers.chain_view import Head
from workers.jobs.context import JobContext, Kept
from workers.sealed import SealedOutput
from workers.state import Job

_log = structlog.get_logger()
_COMPLETED = "completed/"


def seen_completed(jobs: JobContext, job: Job) -> Head | None:
    """The block of the task's completion, looked up once and kept."""
    node = jobs.node
    kept = node.state.fact(_COMPLETED + job.task.hex())
    if kept is not None:
        number, digest, time = kept.split(" ")
        return Head(int(number), bytes.fromhex(digest), int(time))
    at = node.chain.head()
    checked = [item.statement.block for item in node.evidence.all(job.task, statements.ConsentCheck)]
    found = node.chain.completed(job.task, min(checked, default=0), at)
    if found is not None:
        node.state.set_fact(_COMPLETED + job.task.hex(), f"{found.number} {found.hash.hex()} {found.time}")
    return found


def release(jobs: JobContext, job: Job, kept: Kept, contract: TaskContract) -> bool:
    """Seal and owe every result user's shares; False while the chain does not allow it yet."""
    node = jobs.node
    at = node.chain.head()
    facts = node.chain.task(job.task, at)
    completed = seen_completed(jobs, job)
    if facts.state != TaskState.COMPLETED or facts.run != kept.outcome.run or completed is None:
        return False
    reviewed = None
    if contract.reviewer:
        if facts.review != Review.APPROVED:
            return False
        reviewed = node.chain.reviewed(job.task, completed.number - 1, at)
        if reviewed is None:
            return False
    for user in contract.result_users:
        _release_to(jobs, job, kept, contract, user, completed, reviewed, at)
    return True


def rejected(jobs: JobContext, job: Job) -> bool:
    """Whether the named reviewer said no, or nothing in time: nothing will ever be released, so nothing needs to be kept."""
    chain = jobs.node.chain
    return chain.task(job.task, chain.head()).review in (Review.REJECTED, Review.EXPIRED)


def _release_to(
    jobs: JobContext, job: Job, kept: Kept, contract: TaskContract, user: str, completed: Head, reviewed: int | None,
    at: Head,
) -> None:  # fmt: skip
    node = jobs.node
    recipient = node.chain.party(user, at)
    if recipient is None or not any(recipient.seal_key):
        _log.error("release.no_seal_key", task=job.task.hex(), user=user)
        return
    committed = _commitments(node.party, job, kept)
    sealed = {
        name: _sealed(jobs, job, user, source, committed, recipient.seal_key, share)
        for source, name, share in _entitled(kept, contract, user)
    }
    node.evidence.once(
        job.task,
        statements.Release,
        lambda: statements.Release(
            **jobs.head(job, kept.outcome.run), result_user=user, completed=completed.number,  # type: ignore[arg-type]
            completed_hash=completed.hash, reviewed=reviewed,
            outputs=tuple(
                statements.SealedOutput(name, sealing.digest(sealed[name]), committed[name]) for name in sorted(sealed)
            ),
        ),
        lambda found: found.result_user == user,
    )  # fmt: skip
    for name, blob in sorted(sealed.items()):
        node.state.post(SealedShare(job.task, node.party, user, name, blob), job.task, "sealed", node.clock())
    _log.info("release.sealed", task=job.task.hex(), user=user)


def _entitled(kept: Kept, contract: TaskContract, user: str) -> list[tuple[str, bytes, sealing.OpenedShare]]:
    """(source, output name hash, share) of what the contract gives to ``user``."""
    sources = {output.source for output in contract.outputs if user in output.users}
    return [
        (source, commitments.output_name(source), sealing.OpenedShare(salt, tensor))
        for source, salt, tensor in kept.shares()
        if source in sources
    ]


def _commitments(party: str, job: Job, kept: Kept) -> dict[bytes, bytes]:
    run = kept.outcome.run
    names = [(commitments.output_name(source), salt, tensor) for source, salt, tensor in kept.shares()]
    return {
        name: commitments.output_share(job.task, run, party, name, tensor=tensor, salt=salt)
        for name, salt, tensor in names
    }


def _sealed(
    jobs: JobContext, job: Job, user: str, source: str, committed: dict[bytes, bytes], seal_key: bytes,
    share: sealing.OpenedShare,
) -> bytes:  # fmt: skip
    """One output's blob. Sealing is randomised, so it is on disk before it is stated: after a kill the same one goes out."""
    node, name = jobs.node, commitments.output_name(source)
    path = node.work(job.task) / f"sealed-{user}-{name.hex()[:32]}"
    if path.exists():
        return disk.read_private(path, LIMITS.frame)
    assert job.run is not None
    context = sealing.SealContext(job.task, job.run, node.party, name, committed[name])
    blob = SealedOutput(tuple(sorted(committed.items())), sealing.seal_share(seal_key, context, share)).data()
    disk.write_private(path, blob)
    return blob
