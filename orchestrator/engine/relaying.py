"""Relay jobs: look, send, note. Repeating a job after a kill finds its effect on chain and notes that.

A job is done when its effect is in a final block: until then a reorganisation may take it back, and nobody else would ask for it again.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import structlog

from chain.endpoint import RefusedByNodeError
from chain.errors import ChainError
from orchestrator.engine.items import Items
from orchestrator.services.ports import Transactions
from orchestrator.services.relay import JobKind
from orchestrator.services.sending import is_final
from orchestrator.store import tasks, work
from orchestrator.store.database import Row, Transaction
from protocol.errors import RefusedError, TallyError, UnavailableError

_log = structlog.get_logger()
_LONGEST_PAUSE: Final = 60.0
_SIDE_BY_SIDE: Final = 4
_UNTIL_FINAL: Final = 1.0
"""Seconds after which an effect in a block that is not final is looked for again."""
_UNKNOWN: Final = RefusedError(
    "engine.fault", "The coordinator cannot do this; its log says why.", "Ask its operator to run `tally doctor`."
)


class JobSender(Protocol):
    """The writing side of the chain, as :class:`orchestrator.services.sending.Sending` has it."""

    def perform(self, kind: JobKind, body: bytes) -> int:
        """Bring one job's effect about; returns the block in which it was there."""
        ...

    def stands(self, block: int) -> bool:
        """Whether a block is final."""
        ...


class Relaying:
    """One step works through the jobs that are due: each party's in their order, those of different parties side by side.

    So what several parties send at the same time, their commitments above all, gets into one block.
    """

    def __init__(self, database: Transactions, sender: JobSender) -> None:
        self._database: Final = database
        self._sender: Final = sender
        self._items: Final = Items(database, work.RELAY)

    def step(self) -> bool:
        """Do what is due; False when nothing was."""
        with self._database.transaction() as tx:
            due = work.due_jobs(tx)
        parties: dict[str, list[Row]] = {}
        for row in due:
            parties.setdefault(row["party"] or "", []).append(row)
        if not parties:
            return False
        with ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(parties))) as pool:
            return any(list(pool.map(self._in_order, parties.values())))

    def _in_order(self, rows: list[Row]) -> bool:
        return self._items.each(rows, lambda row: str(row["id"]), self._work, _task)

    def _work(self, row: Row) -> bool:
        """One job; an endpoint that does not answer is the loop's business, so that its backoff applies to all."""
        job, kind = row["id"], row["kind"]
        ids: dict[str, object] = {
            "job": job,
            "kind": kind,
        }
        try:
            block = self._sender.perform(kind, bytes(row["body"]))
            stands = self._sender.stands(block)
        except ChainError as error:
            self._refused(row, error, ids)
            return True
        except RefusedByNodeError as error:
            # The node's word about the moment (it syncs, its pool is off, a limit), or about this transaction alone.
            with self._database.transaction() as tx:
                self._later(tx, row, error)
            _log.warning("relay.node_refused", reason=error.message, **ids)
            return True
        except UnavailableError as error:
            with self._database.transaction() as tx:
                self._later(tx, row, error)
            raise
        except Exception as error:
            words = error if isinstance(error, TallyError) else _UNKNOWN
            with self._database.transaction() as tx:
                if row["too_late"]:
                    self._failed(tx, row, words)
                else:
                    work.postpone_job(tx, job, 0.0, _words(words))
            raise
        if not stands and not row["too_late"]:
            what = f"It is in block {block}, which is not final yet."
            with self._database.transaction() as tx:
                words = "chain.not_final_yet", what, "Wait for the chain's confirmations."
                work.postpone_job(tx, job, _UNTIL_FINAL, words)
            return True
        with self._database.transaction() as tx:
            work.job_done(tx, job, block)
        _log.info("relay.job_done", block=block, **ids)
        return True

    def _refused(self, row: Row, error: ChainError, ids: dict[str, object]) -> None:
        final = is_final(error, row["kind"]) or row["too_late"]
        with self._database.transaction() as tx:
            if final:
                self._failed(tx, row, error)
            else:
                self._later(tx, row, error)
        _log.warning("relay.job_refused", code=error.code, final=final, **ids)

    def _failed(self, tx: Transaction, row: Row, error: TallyError) -> None:
        work.job_failed(tx, row["id"], _words(error))
        if row["kind"] == "propose" and row["task_id"] is not None:
            tasks.fail(tx, bytes(row["task_id"]), *_words(error))

    def _later(self, tx: Transaction, row: Row, error: TallyError) -> None:
        if row["too_late"]:
            self._failed(tx, row, error)
            return
        work.postpone_job(tx, row["id"], min(_LONGEST_PAUSE, 0.5 * 2 ** min(row["attempts"], 10)), _words(error))


def _task(row: Row) -> bytes | None:
    return None if row["task_id"] is None else bytes(row["task_id"])


def _words(error: TallyError) -> tuple[str, str, str]:
    return error.code, error.what, error.fix
