"""Task contracts, who takes part in them, authorizations and what nodes sent about them."""

from collections.abc import Sequence

from orchestrator.store import current
from orchestrator.store.database import Row, Transaction


def add(
    tx: Transaction,
    *,
    task_id: bytes,
    contract: bytes,
    digest: bytes,
    proposer: str,
    deadline: int,
    signature: bytes,
    now: int,
    parts: Sequence[tuple[str, str]],
) -> bool:
    """Keep a task and its (party, part) pairs; False when it is there already."""
    current.lock_task(tx, task_id)
    done = tx.execute(
        "INSERT INTO tasks (task_id, contract, contract_digest, proposer, deadline, signature, submitted_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (task_id, contract, digest, proposer, deadline, signature, now),
    )
    if done.rowcount != 1:
        return False
    with tx.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO task_parties (task_id, party, part, submitted_at) VALUES (%s, %s, %s, %s)",
            [(task_id, party, part, now) for party, part in parts],
        )
    current.show_task(tx, task_id)
    return True


def get(tx: Transaction, task_id: bytes) -> Row | None:
    """A task with its current state; review, run and position are None before it is on chain."""
    return tx.execute(
        "SELECT t.task_id, t.contract, t.contract_digest, t.proposer, t.deadline, t.signature, t.submitted_at,"
        " t.failed_code, t.failed_what, t.failed_fix, t.state, v.review, v.review_by, v.run_id, v.started_at, v.ending,"
        " v.block_number, v.log_index"
        " FROM tasks t LEFT JOIN tasks_now v ON v.task_id = t.task_id WHERE t.task_id = %s",
        (task_id,),
    ).fetchone()


def parts_of(tx: Transaction, task_id: bytes, party: str) -> set[str]:
    """What a party is to a task."""
    rows = tx.execute("SELECT part FROM task_parties WHERE task_id = %s AND party = %s", (task_id, party)).fetchall()
    return {row["part"] for row in rows}


def fail(tx: Transaction, task_id: bytes, code: str, what: str, fix: str) -> None:
    """Note that a task never came onto the chain; the chain's own states are not touched by this."""
    current.lock_task(tx, task_id)
    tx.execute(
        "UPDATE tasks SET failed_code = %s, failed_what = %s, failed_fix = %s"
        " WHERE task_id = %s AND failed_code IS NULL",
        (code, what, fix, task_id),
    )
    current.show_task(tx, task_id)


def to_start(tx: Transaction, limit: int = 200) -> list[bytes]:
    """Proposed tasks whose time for a look has come, those that wait longest for one first."""
    rows = tx.execute(
        "SELECT task_id FROM tasks WHERE state = 'proposed' AND look_at <= now()"
        " AND NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'start' AND f.item = encode(task_id, 'hex')"
        " AND (f.dead OR f.next_at > now())) ORDER BY look_at LIMIT %s",
        (limit,),
    ).fetchall()
    return [bytes(row["task_id"]) for row in rows]


def look_later(tx: Transaction, task_id: bytes) -> None:
    """Look again later, the later the longer the task has waited. First thing in the transaction that looks now.

    Whatever happens while it looks (:func:`current.look_at`) waits for this row and so is not lost. What happens wakes the task:
    by itself only time does something, as when an authorization's window opens.
    """
    tx.execute(
        "UPDATE tasks SET look_at = now() + make_interval(secs =>"
        " least(300, greatest(1, (extract(epoch FROM now()) - submitted_at) / 4)::float8)) WHERE task_id = %s",
        (task_id,),
    )


def look_in(tx: Transaction, task_id: bytes, seconds: float) -> None:
    """Look at a proposed task again after so long."""
    tx.execute("UPDATE tasks SET look_at = now() + make_interval(secs => %s) WHERE task_id = %s", (seconds, task_id))


def overdue(tx: Transaction, now: int, grace: int, limit: int = 200) -> list[Row]:
    """Tasks past their deadline that have not ended and whose expiry is due; never proposed ones after their grace."""
    return tx.execute(
        "SELECT t.task_id, t.state FROM tasks t"
        " LEFT JOIN attempts a ON a.task_id = t.task_id AND a.action = 'expire'"
        " WHERE t.state IN ('submitted', 'proposed', 'started', 'unknown') AND t.deadline < %(now)s"
        " AND (t.state <> 'submitted' OR t.deadline <= %(now)s - %(grace)s)"
        " AND (a.next_at IS NULL OR a.next_at <= now()) AND NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'expire'"
        " AND f.item = encode(t.task_id, 'hex') AND (f.dead OR f.next_at > now())) ORDER BY t.deadline LIMIT %(limit)s",
        {"now": now, "grace": grace, "limit": limit},
    ).fetchall()


def unreviewed(tx: Transaction, now: int, limit: int = 200) -> list[bytes]:
    """Completed tasks whose reviewer's time is over and has said nothing, where ending that is due."""
    rows = tx.execute(
        "SELECT v.task_id FROM tasks_now v"
        " LEFT JOIN attempts a ON a.task_id = v.task_id AND a.action = 'expire-review'"
        " WHERE v.state = 'completed' AND v.review = 'none' AND v.review_by > 0 AND v.review_by < %s"
        " AND (a.next_at IS NULL OR a.next_at <= now()) AND NOT EXISTS (SELECT FROM faults f"
        " WHERE f.loop = 'expire-review' AND f.item = encode(v.task_id, 'hex') AND (f.dead OR f.next_at > now()))"
        " ORDER BY v.review_by LIMIT %s",
        (now, limit),
    ).fetchall()
    return [bytes(row["task_id"]) for row in rows]


def add_authorization(
    tx: Transaction, *, digest: bytes, owner: str, data_set: str, task_id: bytes | None, not_after: int, signed: bytes
) -> bool:
    """Keep a signed authorization; False when it is there already. One that the chain refused may come under another signature."""
    done = tx.execute(
        "INSERT INTO authorizations (digest, owner, data_set, task_id, not_after, signed)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (digest) DO UPDATE SET signed = excluded.signed WHERE EXISTS"
        " (SELECT FROM relay_jobs j WHERE j.key = 'submit:' || encode(excluded.digest, 'hex') AND j.state = 'failed')",
        (digest, owner, data_set, task_id, not_after, signed),
    )
    if done.rowcount:  # the same once more wakes nobody
        current.look_at_covered(tx, task_id, data_set)
    return done.rowcount == 1


def authorization(tx: Transaction, digest: bytes) -> Row | None:
    """A signed authorization with its state on chain."""
    return tx.execute(
        "SELECT a.digest, a.owner, a.data_set, a.task_id, a.signed, v.uses_left, v.revoked,"
        " coalesce(v.submitted, false) AS on_chain,"
        " (r.digest IS NOT NULL OR coalesce(v.sequence <= every.through, false)) AS revocation_received"
        " FROM authorizations a LEFT JOIN names n ON n.kind = 'party' AND n.name = a.owner"
        " LEFT JOIN authorizations_now v ON v.digest = a.digest AND v.owner_id = n.id"
        " LEFT JOIN revocations r ON r.digest = a.digest AND r.owner = a.owner"
        " LEFT JOIN revocations_of_all every ON every.owner = a.owner WHERE a.digest = %s",
        (digest,),
    ).fetchone()


def on_chain(tx: Transaction, digest: bytes, owner_id: bytes) -> bool:
    """Whether the chain knows an owner's authorization, however it got there."""
    row = tx.execute(
        "SELECT 1 AS n FROM authorizations_now WHERE digest = %s AND owner_id = %s", (digest, owner_id)
    ).fetchone()
    return row is not None


def usable_authorizations(tx: Transaction, task_id: bytes, data_set: str, now: int) -> list[Row]:
    """Authorizations that may serve a task's data set, its own before standing ones, newest first.

    Those revoked, used up, run out or refused by the chain are left out here, so that they cannot hide one that serves.
    """
    return tx.execute(
        "SELECT a.digest, a.task_id, a.signed, coalesce(v.submitted, false) AS on_chain, j.code, j.what, j.fix"
        " FROM (SELECT * FROM authorizations WHERE data_set = %(data_set)s AND task_id = %(task)s"
        " UNION ALL SELECT * FROM authorizations WHERE data_set = %(data_set)s AND task_id IS NULL"
        " AND not_after >= %(now)s) a"
        " LEFT JOIN names n ON n.kind = 'party' AND n.name = a.owner"
        " LEFT JOIN authorizations_now v ON v.digest = a.digest AND v.owner_id = n.id"
        " LEFT JOIN revocations r ON r.digest = a.digest AND r.owner = a.owner"
        " LEFT JOIN revocations_of_all every ON every.owner = a.owner"
        " LEFT JOIN relay_jobs j ON j.key = 'submit:' || encode(a.digest, 'hex')"
        " WHERE r.digest IS NULL AND NOT coalesce(v.revoked, false)"
        " AND NOT coalesce(v.sequence <= every.through, false)"
        " AND CASE WHEN coalesce(v.submitted, false) THEN v.uses_left >= 1 ELSE j.state IS DISTINCT FROM 'failed' END"
        " ORDER BY a.task_id IS NULL, a.received_at DESC LIMIT 200",
        {"data_set": data_set, "task": task_id, "now": now},
    ).fetchall()


def refused_submission(tx: Transaction, task_id: bytes, data_set: str) -> tuple[str, str, str] | None:
    """Why the chain refused the newest authorization given for this task alone, where it did: (code, what, fix)."""
    row = tx.execute(
        "SELECT j.state, j.code, j.what, j.fix FROM authorizations a"
        " JOIN relay_jobs j ON j.key = 'submit:' || encode(a.digest, 'hex')"
        " WHERE a.data_set = %s AND a.task_id = %s ORDER BY a.received_at DESC LIMIT 1",
        (data_set, task_id),
    ).fetchone()
    return None if row is None or row["state"] != "failed" else (row["code"], row["what"], row["fix"])


def of_owner(
    tx: Transaction,
    owner: str,
    owner_id: bytes,
    before: tuple[int, bytes] | None,
    limit: int,
    data_set: str | None = None,
) -> list[Row]:
    """A page of what this coordinator holds of an owner's authorizations, newest first, after the cursor (``at``, digest); for one
    data set, where one is given.

    ``at`` is when it came, in microseconds; ``code``, ``what`` and ``fix`` say why the chain did not take the authorization
    or its revocation.
    """
    at, digest = (2**52, b"\xff" * 32) if before is None else before
    return tx.execute(
        "SELECT a.*, v.wallet, v.sequence, v.uses_left, coalesce(v.revoked, false) AS revoked,"
        " coalesce(v.submitted, false) AS on_chain, r.digest IS NOT NULL AS revocation_received, j.state AS submission,"
        " coalesce(b.code, j.code) AS code, coalesce(b.what, j.what) AS what, coalesce(b.fix, j.fix) AS fix"
        " FROM (SELECT digest, data_set, task_id, not_after, owner,"
        " (extract(epoch FROM received_at) * 1000000)::bigint AS at FROM authorizations"
        " WHERE owner = %(owner)s AND (%(data_set)s::text IS NULL OR data_set = %(data_set)s) AND (received_at, digest) <"
        " ('epoch'::timestamptz + %(at)s * interval '1 microsecond', %(digest)s)"
        " ORDER BY received_at DESC, digest DESC LIMIT %(limit)s) a"
        # one by one, by their key: an owner may have given very many
        " LEFT JOIN LATERAL (SELECT * FROM authorizations_now n WHERE n.digest = a.digest"
        " AND n.owner_id = %(owner_id)s LIMIT 1) v ON true"
        " LEFT JOIN revocations r ON r.digest = a.digest AND r.owner = a.owner"
        " LEFT JOIN relay_jobs j ON j.key = 'submit:' || encode(a.digest, 'hex')"
        " LEFT JOIN relay_jobs b ON b.key = 'revoke:' || encode(a.digest, 'hex') || ':' || a.owner"
        " ORDER BY a.at DESC, a.digest DESC",
        {"owner": owner, "owner_id": owner_id, "at": at, "digest": digest, "limit": limit, "data_set": data_set},
    ).fetchall()


def revocation_of_all(tx: Transaction, owner: str) -> int:
    """Up to which of its submissions an owner took all back, by what was received here; 0 for none."""
    row = tx.execute("SELECT through FROM revocations_of_all WHERE owner = %s", (owner,)).fetchone()
    return 0 if row is None else row["through"]


def authorizations_given(tx: Transaction, task_id: bytes, data_set: str) -> int:
    """How many authorizations of a data set were ever given for this task alone."""
    row = tx.execute(
        "SELECT count(*) AS n FROM authorizations WHERE data_set = %s AND task_id = %s", (data_set, task_id)
    ).fetchone()
    return 0 if row is None else row["n"]


def authorizations_by_digest(tx: Transaction, digests: list[bytes]) -> list[bytes]:
    """The signed authorizations' canonical bytes."""
    rows = tx.execute("SELECT signed FROM authorizations WHERE digest = ANY(%s)", (digests,)).fetchall()
    return [bytes(row["signed"]) for row in rows]


def consumed(tx: Transaction, task_id: bytes) -> list[bytes]:
    """Canonical bytes of the signed authorizations that a task's start consumed."""
    rows = tx.execute(
        "SELECT DISTINCT a.digest, a.signed FROM authorizations a"
        " JOIN authorization_versions v ON v.digest = a.digest WHERE v.task_id = %s ORDER BY a.digest",
        (task_id,),
    ).fetchall()
    return [bytes(row["signed"]) for row in rows]


def starts_today(tx: Transaction, digest: bytes, since: int) -> int:
    """How many tasks consumed an authorization since a unix time (for a policy's ``tasks_per_day``)."""
    row = tx.execute(
        "SELECT count(DISTINCT task_id) AS n FROM authorization_versions WHERE digest = %s AND used_at >= %s",
        (digest, since),
    ).fetchone()
    return 0 if row is None else row["n"]


def add_revocation(tx: Transaction, digest: bytes, owner: str, signature: bytes) -> bool:
    """Keep a revocation; False when it is there already."""
    done = tx.execute(
        "INSERT INTO revocations (digest, owner, signature) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (digest, owner, signature),
    )
    return done.rowcount == 1


def add_revocation_of_all(tx: Transaction, owner: str, through: int, signature: bytes) -> bool:
    """Keep an owner's word that all it submitted up to a number is revoked; False when as much was revoked before."""
    done = tx.execute(
        "INSERT INTO revocations_of_all (owner, through, signature) VALUES (%s, %s, %s)"
        " ON CONFLICT (owner) DO UPDATE SET through = excluded.through, signature = excluded.signature,"
        " received_at = clock_timestamp() WHERE revocations_of_all.through < excluded.through",
        (owner, through, signature),
    )
    return done.rowcount == 1


def progress(tx: Transaction, task_id: bytes) -> dict[str, bytes]:
    """Newest progress payload of each party."""
    rows = tx.execute("SELECT party, payload FROM progress WHERE task_id = %s", (task_id,)).fetchall()
    return {row["party"]: bytes(row["payload"]) for row in rows}


def started_progress(tx: Transaction) -> list[bytes]:
    """The newest progress payload of every party of every started task, the earliest deadline first."""
    rows = tx.execute(
        "SELECT p.payload FROM tasks t JOIN progress p USING (task_id)"
        " WHERE t.state = 'started' ORDER BY t.deadline, p.party"
    ).fetchall()
    return [bytes(row["payload"]) for row in rows]
