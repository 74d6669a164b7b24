"""Queues in the database: chain relay jobs, the outbox, idempotent answers, the engine's own state."""

from typing import Final

from orchestrator.store import faults
from orchestrator.store.database import Row, Transaction
from protocol import refusals

RELAY: Final = "relay"
"""Name of the loop that works through the jobs."""


def add_job(
    tx: Transaction, *, key: str, kind: str, task_id: bytes | None, party: str | None, body: bytes, seconds: int
) -> bool:
    """Ask for an effect on chain, named by ``key``, once, for so many seconds; False when it is on its way or there.

    What a contract refused may be asked again in other words (another signature, other proofs); what failed for any
    other reason, above all for lack of time, may be asked again as it is.
    """
    done = tx.execute(
        "INSERT INTO relay_jobs (key, kind, task_id, party, body, give_up_at)"
        " VALUES (%s, %s, %s, %s, %s, now() + make_interval(secs => %s))"
        " ON CONFLICT (key) DO UPDATE SET body = excluded.body, state = 'waiting', attempts = 0, next_at = now(),"
        " give_up_at = excluded.give_up_at, finished_at = NULL, code = NULL, what = NULL, fix = NULL"
        " WHERE relay_jobs.state = 'failed' AND (relay_jobs.body <> excluded.body OR relay_jobs.code NOT LIKE %s)"
        " RETURNING id",
        (key, kind, task_id, party, body, seconds, f"{refusals.PREFIX}%"),
    ).fetchone()
    waiting = (
        done
        or tx.execute(
            "UPDATE relay_jobs SET give_up_at = greatest(give_up_at, now() + make_interval(secs => %s))"
            " WHERE key = %s AND state = 'waiting' RETURNING id",
            (seconds, key),
        ).fetchone()
    )
    if waiting is not None:
        faults.rearm(tx, RELAY, str(waiting["id"]))
    ring(tx)
    return done is not None


def ring(tx: Transaction) -> None:
    """Wake the engine when this transaction commits: there is work for it. Many in one transaction are one."""
    tx.execute("NOTIFY tally_work")


def due_jobs(tx: Transaction, limit: int = 50) -> list[Row]:
    """Waiting jobs whose time has come: each party's in the order in which they came due, and no party's before all others'."""
    return tx.execute(
        "SELECT id, key, kind, task_id, party, body, attempts, give_up_at < now() AS too_late FROM ("
        " SELECT *, row_number() OVER (PARTITION BY party ORDER BY next_at, id) AS turn FROM relay_jobs"
        " WHERE state = 'waiting' AND next_at <= now() AND NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'relay'"
        " AND f.item = relay_jobs.id::text AND (f.dead OR f.next_at > now()))) due ORDER BY turn, next_at, id LIMIT %s",
        (limit,),
    ).fetchall()


def passkey_accounts_of(tx: Transaction, party: str) -> int:
    """How many accounts for passkeys were asked for under a name, whatever became of them."""
    # the kind stands in the text, for an index of these jobs alone
    row = tx.execute(
        "SELECT count(*) AS n FROM relay_jobs WHERE kind = 'passkey-account' AND party = %s", (party,)
    ).fetchone()
    return 0 if row is None else row["n"]


def job_done(tx: Transaction, job: int, block: int) -> None:
    """The job's effect is on chain, seen in ``block``."""
    tx.execute(
        "UPDATE relay_jobs SET state = 'done', done_block = %s, code = NULL, what = NULL, fix = NULL,"
        " attempts = attempts + 1, finished_at = now() WHERE id = %s AND state = 'waiting'",
        (block, job),
    )


def job_failed(tx: Transaction, job: int, error: tuple[str, str, str]) -> None:
    """The chain will never do it: (code, what, fix)."""
    code, what, fix = error
    tx.execute(
        "UPDATE relay_jobs SET state = 'failed', code = %s, what = %s, fix = %s, attempts = attempts + 1,"
        " finished_at = now() WHERE id = %s AND state = 'waiting'",
        (code, what, fix, job),
    )


def postpone_job(tx: Transaction, job: int, seconds: float, error: tuple[str, str, str]) -> None:
    """Try again later, remembering why."""
    code, what, fix = error
    tx.execute(
        "UPDATE relay_jobs SET attempts = attempts + 1, next_at = now() + make_interval(secs => %s), code = %s,"
        " what = %s, fix = %s WHERE id = %s AND state = 'waiting'",
        (seconds, code, what, fix, job),
    )


def revive_jobs(tx: Transaction, above: int, seconds: int) -> int:
    """Ask again for effects that a reorganisation took back; returns how many."""
    return tx.execute(
        "UPDATE relay_jobs SET state = 'waiting', finished_at = NULL, done_block = NULL, next_at = now(),"
        " give_up_at = greatest(give_up_at, now() + make_interval(secs => %s))"
        " WHERE state = 'done' AND done_block > %s",
        (seconds, above),
    ).rowcount


def note_attempt(tx: Transaction, task_id: bytes, action: str, *, seconds: float, error: tuple[str, str, str]) -> None:
    """Why the engine's own action for a task did not work, and when to try again."""
    code, what, fix = error
    tx.execute(
        "INSERT INTO attempts (task_id, action, tries, next_at, code, what, fix)"
        " VALUES (%s, %s, 1, now() + make_interval(secs => %s), %s, %s, %s)"
        " ON CONFLICT (task_id, action) DO UPDATE SET tries = attempts.tries + 1, next_at = excluded.next_at,"
        " code = excluded.code, what = excluded.what, fix = excluded.fix",
        (task_id, action, seconds, code, what, fix),
    )


def attempt(tx: Transaction, task_id: bytes, action: str) -> Row | None:
    """The newest failed attempt."""
    return tx.execute(
        "SELECT tries, code, what, fix FROM attempts WHERE task_id = %s AND action = %s",
        (task_id, action),
    ).fetchone()


def starts_under_way(tx: Transaction) -> list[bytes]:
    """Tasks of which a start was sent, or is just being sent, and has not been read from the chain."""
    rows = tx.execute(
        "SELECT a.task_id FROM attempts a JOIN tasks t USING (task_id)"
        " WHERE a.action = 'start' AND a.code = 'task.start_seen' AND t.state = 'proposed' ORDER BY a.task_id"
    ).fetchall()
    return [bytes(row["task_id"]) for row in rows]


def forget_attempts(tx: Transaction) -> None:
    """Try everything again at once: what was noted was about a chain that is gone."""
    tx.execute("DELETE FROM attempts")


def jobs_of(tx: Transaction, task_id: bytes) -> list[Row]:
    """A task's jobs."""
    return tx.execute(
        "SELECT key, kind, party, state, attempts, code, what, fix FROM relay_jobs WHERE task_id = %s ORDER BY id",
        (task_id,),
    ).fetchall()


def job(tx: Transaction, key: str) -> Row | None:
    """One job."""
    return tx.execute(
        "SELECT id, key, kind, state, attempts, code, what, fix FROM relay_jobs WHERE key = %s", (key,)
    ).fetchone()


def add_message(
    tx: Transaction, *, party: str, name: str, task_id: bytes, body: bytes, block_number: int, log_index: int
) -> bool:
    """Put a message into the outbox with the event that causes it; False when it is there already."""
    done = tx.execute(
        "INSERT INTO outbox (party, name, task_id, body, block_number, log_index) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (party, name, task_id, body, block_number, log_index),
    )
    return done.rowcount == 1


def due_messages(tx: Transaction, limit: int = 50) -> list[Row]:
    """Unpublished messages whose time has come, those due for longest first."""
    return tx.execute(
        "SELECT id, party, name, task_id, body, attempts FROM outbox WHERE published_at IS NULL AND next_at <= now()"
        " AND NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'publish' AND f.item = outbox.id::text"
        " AND (f.dead OR f.next_at > now())) ORDER BY next_at, id LIMIT %s",
        (limit,),
    ).fetchall()


def published(tx: Transaction, message: int) -> None:
    """The broker confirmed a message."""
    tx.execute("UPDATE outbox SET published_at = now(), attempts = attempts + 1 WHERE id = %s", (message,))


def postpone_messages(tx: Transaction, party: str, seconds: float) -> None:
    """A party's broker did not confirm: everything owed to it later, so that nobody waits for its silence again."""
    tx.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_at = now() + make_interval(secs => %s)"
        " WHERE party = %s AND published_at IS NULL AND next_at <= now()",
        (seconds, party),
    )


def messages_of(tx: Transaction, task_id: bytes) -> list[Row]:
    """A task's messages."""
    return tx.execute(
        "SELECT party, name, attempts, published_at FROM outbox WHERE task_id = %s ORDER BY id", (task_id,)
    ).fetchall()


def claim(tx: Transaction, caller: str, route: str, key: str) -> bool:
    """Be the one that answers under a caller's idempotency key until this transaction ends; False while another is."""
    row = tx.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS won", (f"{caller}\n{route}\n{key}",)
    ).fetchone()
    return row is not None and row["won"]


def remembered(tx: Transaction, caller: str, route: str, key: str) -> Row | None:
    """The answer once given under a caller's idempotency key."""
    return tx.execute(
        "SELECT body_hash, status, answer FROM idempotency WHERE caller = %s AND route = %s AND key = %s",
        (caller, route, key),
    ).fetchone()


def remember(
    tx: Transaction, caller: str, route: str, key: str, *, body_hash: bytes, status: int, answer: bytes
) -> None:
    """Keep an answer under a caller's idempotency key; the first one stays."""
    tx.execute(
        "INSERT INTO idempotency (caller, route, key, body_hash, status, answer) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (caller, route, key, body_hash, status, answer),
    )


def forget_old_answers(tx: Transaction, hours: int = 48) -> int:
    """Drop old idempotency answers."""
    return tx.execute(
        "DELETE FROM idempotency WHERE created_at < now() - make_interval(hours => %s)", (hours,)
    ).rowcount


def loop_succeeded(tx: Transaction, name: str) -> None:
    """A loop of the engine went round."""
    tx.execute(
        "INSERT INTO loops (name, last_success) VALUES (%s, now())"
        " ON CONFLICT (name) DO UPDATE SET last_success = now(), code = NULL, what = NULL",
        (name,),
    )


def loop_failed(tx: Transaction, name: str, code: str, what: str) -> None:
    """A loop of the engine failed and will try again."""
    tx.execute(
        "INSERT INTO loops (name, last_failure, code, what) VALUES (%s, now(), %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET last_failure = now(), code = excluded.code, what = excluded.what",
        (name, code, what),
    )


def clock(tx: Transaction) -> float:
    """The database's clock, unix seconds."""
    row = tx.execute("SELECT extract(epoch FROM clock_timestamp())::float8 AS now").fetchone()
    assert row is not None
    return row["now"]


def loops(tx: Transaction) -> list[Row]:
    """How the engine's loops are."""
    return tx.execute(
        "SELECT name, extract(epoch FROM now() - last_success)::bigint AS age, code, what FROM loops ORDER BY name"
    ).fetchall()
