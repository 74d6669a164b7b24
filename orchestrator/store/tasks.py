"""Task contracts, who takes part in them, authorizations and what nodes sent about them."""

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
    parts: list[tuple[str, str]],
) -> bool:
    """Keep a task and its (party, part) pairs; False when it is there already."""
    done = tx.execute(
        "INSERT INTO tasks (task_id, contract, contract_digest, proposer, deadline, signature, submitted_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (task_id, contract, digest, proposer, deadline, signature, now),
    )
    if done.rowcount != 1:
        return False
    with tx.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO task_parties (task_id, party, part) VALUES (%s, %s, %s)",
            [(task_id, party, part) for party, part in parts],
        )
    return True


def get(tx: Transaction, task_id: bytes) -> Row | None:
    """A task with its newest state on chain (``state`` is None before it is there)."""
    return tx.execute(
        "SELECT t.task_id, t.contract, t.contract_digest, t.proposer, t.deadline, t.signature, t.submitted_at,"
        " t.failed_code, t.failed_what, t.failed_fix, v.state, v.review, v.run_id, v.started_at, v.ending,"
        " v.block_number, v.log_index"
        " FROM tasks t LEFT JOIN tasks_now v ON v.task_id = t.task_id WHERE t.task_id = %s",
        (task_id,),
    ).fetchone()


def lock(tx: Transaction, task_id: bytes) -> None:
    """Until this transaction ends no other passes here for the same task; inserts that refer to the task still do."""
    tx.execute("SELECT 1 FROM tasks WHERE task_id = %s FOR NO KEY UPDATE", (task_id,))


def parts_of(tx: Transaction, task_id: bytes, party: str) -> set[str]:
    """What a party is to a task."""
    rows = tx.execute("SELECT part FROM task_parties WHERE task_id = %s AND party = %s", (task_id, party)).fetchall()
    return {row["part"] for row in rows}


def visible(tx: Transaction, party: str, before: tuple[int, bytes] | None, limit: int) -> list[Row]:
    """A party's tasks, newest first, after the cursor (submitted_at, task_id)."""
    when, task_id = (2**62, b"\xff" * 32) if before is None else before
    return tx.execute(
        "SELECT t.task_id, t.proposer, t.deadline, t.submitted_at, t.failed_code, v.state, v.review"
        " FROM tasks t LEFT JOIN tasks_now v ON v.task_id = t.task_id"
        " WHERE EXISTS (SELECT FROM task_parties p WHERE p.task_id = t.task_id AND p.party = %s)"
        " AND (t.submitted_at, t.task_id) < (%s, %s)"
        " ORDER BY t.submitted_at DESC, t.task_id DESC LIMIT %s",
        (party, when, task_id, limit),
    ).fetchall()


def fail(tx: Transaction, task_id: bytes, code: str, what: str, fix: str) -> None:
    """Note that a task never came onto the chain; the chain's own states are not touched by this."""
    tx.execute(
        "UPDATE tasks SET failed_code = %s, failed_what = %s, failed_fix = %s"
        " WHERE task_id = %s AND failed_code IS NULL",
        (code, what, fix, task_id),
    )


def proposed(tx: Transaction, limit: int = 200) -> list[Row]:
    """Tasks that wait for their start, oldest first."""
    return tx.execute(
        "SELECT t.task_id, t.contract, t.deadline FROM tasks t JOIN tasks_now v ON v.task_id = t.task_id"
        " WHERE v.state = 'proposed' ORDER BY t.submitted_at LIMIT %s",
        (limit,),
    ).fetchall()


def overdue(tx: Transaction, now: int, limit: int = 200) -> list[Row]:
    """Tasks past their deadline that have not ended."""
    return tx.execute(
        "SELECT t.task_id, t.deadline, v.state FROM tasks t LEFT JOIN tasks_now v ON v.task_id = t.task_id"
        " WHERE t.deadline < %s AND t.failed_code IS NULL AND (v.state IS NULL OR v.state IN ('proposed', 'started'))"
        " ORDER BY t.deadline LIMIT %s",
        (now, limit),
    ).fetchall()


def unbundled(tx: Transaction, limit: int = 20) -> list[bytes]:
    """Ended tasks with the logs of all who committed, and no bundle newer than every log, event and anchor."""
    rows = tx.execute(
        "SELECT t.task_id FROM tasks t JOIN tasks_now v ON v.task_id = t.task_id"
        " LEFT JOIN bundles b ON b.task_id = t.task_id"
        " WHERE v.state IN ('completed', 'disputed', 'aborted', 'refused', 'expired')"
        " AND (b.task_id IS NULL"
        " OR EXISTS (SELECT FROM log_evidence l WHERE l.task_id = t.task_id AND l.received_at > b.built_at)"
        " OR EXISTS (SELECT FROM chain_events e WHERE e.subject = t.task_id AND e.seen_at > b.built_at)"
        " OR EXISTS (SELECT FROM log_evidence l JOIN names n ON n.kind = 'party' AND n.name = l.party"
        " JOIN anchor_versions a ON a.party_id = n.id AND a.epoch = l.epoch AND a.log_size = l.log_size"
        " JOIN chain_events e USING (block_number, log_index)"
        " WHERE l.task_id = t.task_id AND e.seen_at > b.built_at))"
        " AND NOT EXISTS (SELECT FROM commitments c LEFT JOIN names n ON n.kind = 'party' AND n.id = c.party_id"
        " WHERE c.task_id = t.task_id AND NOT EXISTS (SELECT FROM log_evidence l"
        " WHERE l.task_id = c.task_id AND l.party = n.name))"
        " ORDER BY b.built_at NULLS FIRST, t.submitted_at LIMIT %s",
        (limit,),
    ).fetchall()
    return [bytes(row["task_id"]) for row in rows]


def add_authorization(
    tx: Transaction, *, digest: bytes, owner: str, data_set: str, task_id: bytes | None, not_after: int, signed: bytes
) -> bool:
    """Keep a signed authorization; False when it is there already."""
    done = tx.execute(
        "INSERT INTO authorizations (digest, owner, data_set, task_id, not_after, signed)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (digest, owner, data_set, task_id, not_after, signed),
    )
    return done.rowcount == 1


def authorization(tx: Transaction, digest: bytes) -> Row | None:
    """A signed authorization with its state on chain."""
    return tx.execute(
        "SELECT a.digest, a.owner, a.data_set, a.task_id, a.signed, v.uses_left, v.revoked,"
        " coalesce(v.submitted, false) AS on_chain, (r.digest IS NOT NULL) AS revocation_received"
        " FROM authorizations a LEFT JOIN names n ON n.kind = 'party' AND n.name = a.owner"
        " LEFT JOIN authorizations_now v ON v.digest = a.digest AND v.owner_id = n.id"
        " LEFT JOIN revocations r ON r.digest = a.digest AND r.owner = a.owner WHERE a.digest = %s",
        (digest,),
    ).fetchone()


def authorizations_for(tx: Transaction, task_id: bytes, data_set: str) -> list[Row]:
    """Authorizations that may serve a task's data set, its own before standing ones, newest first."""
    return tx.execute(
        "SELECT a.digest, a.owner, a.data_set, a.task_id, a.signed, v.uses_left, v.revoked,"
        " coalesce(v.submitted, false) AS on_chain, (r.digest IS NOT NULL) AS revocation_received,"
        " j.state AS relay_state, j.code, j.what, j.fix"
        " FROM authorizations a LEFT JOIN names n ON n.kind = 'party' AND n.name = a.owner"
        " LEFT JOIN authorizations_now v ON v.digest = a.digest AND v.owner_id = n.id"
        " LEFT JOIN revocations r ON r.digest = a.digest AND r.owner = a.owner"
        " LEFT JOIN relay_jobs j ON j.key = 'submit:' || encode(a.digest, 'hex')"
        " WHERE a.data_set = %s AND (a.task_id = %s OR a.task_id IS NULL)"
        " ORDER BY a.task_id IS NULL, a.received_at DESC LIMIT 200",
        (data_set, task_id),
    ).fetchall()


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
        "SELECT count(DISTINCT t.task_id) AS n FROM authorization_versions a"
        " JOIN task_versions t ON t.task_id = a.task_id AND t.state = 'started'"
        " WHERE a.digest = %s AND t.started_at >= %s",
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


def progress(tx: Transaction, task_id: bytes) -> dict[str, bytes]:
    """Newest progress payload of each party."""
    rows = tx.execute("SELECT party, payload FROM progress WHERE task_id = %s", (task_id,)).fetchall()
    return {row["party"]: bytes(row["payload"]) for row in rows}
