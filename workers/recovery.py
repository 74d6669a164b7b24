"""A node that was put back from a backup, and has forgotten what it did since: nothing of that is done a second time.

What may have happened in the time it forgot is taken to have happened. It is settled once, at the first start, with what the node's own
chain shows, before anything else runs:

- **Runs.** A task that started before the *fence* is never run here: its input may be out already, and a second run would draw another
  output, other noise, a second answer to one use. The fence lies a clock's tolerance after the restoration, since a chain endpoint that
  lags must not make an old start look new. What is under way ends with ``run.interrupted``, unless the chain holds this party's commitment.
- **Counters.** Announcements and progress go on above any number that was used: at the time in seconds, of which none was used up.
- **Rates.** Uses of the forgotten time are taken from the chain, for every data set of this node: an upper bound.
- **Log.** A log that does not extend what the chain vouches for is refused; the party's wallet then opens a new epoch.
- **Keys.** Keys that the registry does not name any more sign nothing.

Nonces of transactions and keys of runs need no care: the first come from the chain, the second are drawn for each run and never kept.
"""

import json
import sqlite3
from dataclasses import astuple, dataclass
from typing import Final, Self

import structlog

from protocol.errors import RefusedError
from protocol.limits import LIMITS
from workers.jobs.context import JobContext
from workers.jobs.stages import Stage
from workers.node import Node
from workers.state import Job, State

_log = structlog.get_logger()
RESTORED: Final = "restored"
FENCE: Final = "fence"
COUNTERS: Final = ("announcement", "progress")


@dataclass(frozen=True, slots=True)
class Restored:
    """When the backup was taken, up to which block it knows the chain, and when it was put back; unix seconds."""

    taken: int
    block: int
    at: int

    def note(self, db: sqlite3.Connection) -> None:
        """Have the node's next start settle it; written before anything of the folder is in its place."""
        db.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (RESTORED, json.dumps(astuple(self))),
        )

    @classmethod
    def of(cls, state: State) -> Self | None:
        """What is still to be settled."""
        text = state.fact(RESTORED)
        return cls(*json.loads(text)) if text else None


def fence(state: State) -> int:
    """Tasks that started up to this block time are not run at this node; 0 at one that was never put back."""
    return int(state.fact(FENCE) or "0")


def settle(node: Node) -> bool:
    """Settle what the node may have forgotten; False when it was not put back from a backup. Repeating it changes nothing.

    Raises ``UnavailableError`` while the chain does not answer: nothing of the node may run before.
    """
    found = Restored.of(node.state)
    if found is None:
        return False
    head = node.chain.head()
    _require_keys(node)
    facts = node.chain.log(node.party, head)
    for size, root in ((facts.size, facts.root), *facts.noted):
        if size and facts.epoch == node.evidence.epoch:
            node.evidence.require(size, root)
    if facts.epoch != node.evidence.epoch:
        raise RefusedError(
            "restore.other_epoch",
            f"The chain's open epoch is {facts.epoch}, this backup's is {node.evidence.epoch}.",
            "Restore a newer backup, or take the chain's epoch with `tally node new-epoch`.",
        )
    uses = node.chain.uses_of(node.party, found.block, head)
    now = max(node.clock(), head.time, found.at)
    jobs = JobContext(node)
    with node.state.transaction():
        for name in COUNTERS:
            if int(node.state.fact(name) or "0") < now:
                node.state.set_fact(name, str(now))
        owned = {row["data_set"] for row in node.state.data_sets()}
        for task, authorization in uses:
            for data_set in owned:
                node.state.add_use(task, data_set, authorization, now)
        node.state.set_fact(FENCE, str(now + LIMITS.clock_skew))
    for job in node.state.jobs(open_only=True):
        # its outcome is in no backup; what had not sent input then meets the fence at its check
        if job.stage in (Stage.INPUT_SENT, Stage.COMPUTED):
            interrupt(jobs, job)
    node.state.set_fact(RESTORED, "")
    _log.warning("node.restored", party=node.party, taken=found.taken, block=found.block, uses=len(uses))
    return True


def interrupt(jobs: JobContext, job: Job) -> None:
    """End a job that may have sent its input in a time that the node forgot.

    Where the chain holds this party's commitment nothing is stated against it, and the task goes on without this node.
    """
    node = jobs.node
    if node.chain.commitment(job.task, node.party, node.chain.head()) is not None:
        node.state.fail(job.task, Stage.ABORTED, "run.interrupted", "", node.clock())
    else:
        jobs.abort(job, "run.interrupted", "")


def _require_keys(node: Node) -> None:
    facts, keys = node.chain.party(node.party, node.chain.head()), node.keys
    if facts is not None and (facts.node_key, facts.seal_key, facts.node_signer.lower()) != (
        keys.node_public,
        keys.seal_public,
        keys.signer_address.lower(),
    ):
        raise RefusedError(
            "restore.other_keys",
            "The registry names other keys than this backup's: they were rotated since.",
            "Restore a newer backup, or make a node with new keys and rotate to them by the party's wallet.",
        )
