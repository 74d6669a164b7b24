"""What nodes sent: receipts known by digest, and the newest of what replaces itself."""

from orchestrator.store import current
from orchestrator.store.database import Row, Transaction
from protocol import dsse
from protocol.messages import Announcement


def sender_of(tx: Transaction, digest: bytes) -> str | None:
    """Whose receipt this is, where this very one came before."""
    row = tx.execute("SELECT party FROM receipts WHERE digest = %s", (digest,)).fetchone()
    return None if row is None else row["party"]


def add(tx: Transaction, *, digest: bytes, kind: str, party: str, task_id: bytes | None, body: bytes) -> None:
    """Keep a receipt."""
    tx.execute(
        "INSERT INTO receipts (digest, kind, party, task_id, body) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (digest, kind, party, task_id, body),
    )


def count(tx: Transaction, task_id: bytes, party: str) -> int:
    """How many receipts a party sent about a task."""
    row = tx.execute(
        "SELECT count(*) AS n FROM receipts WHERE task_id = %s AND party = %s", (task_id, party)
    ).fetchone()
    return 0 if row is None else row["n"]


def count_without_task(tx: Transaction, party: str) -> int:
    """One more receipt of a party about no task; returns how many it sent today (UTC) with this one."""
    row = tx.execute(
        "INSERT INTO receipt_days (party, day, receipts) VALUES (%s, (now() AT TIME ZONE 'UTC')::date, 1)"
        " ON CONFLICT (party, day) DO UPDATE SET receipts = receipt_days.receipts + 1 RETURNING receipts",
        (party,),
    ).fetchone()
    return 1 if row is None else row["receipts"]


def forget_old_days(tx: Transaction) -> int:
    """Drop the counts of days that are over."""
    return tx.execute("DELETE FROM receipt_days WHERE day < (now() AT TIME ZONE 'UTC')::date").rowcount


def put_progress(tx: Transaction, task_id: bytes, party: str, sequence: int, payload: bytes) -> None:
    """Replace a party's progress unless a newer one is there."""
    tx.execute(
        "INSERT INTO progress (task_id, party, sequence, payload) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (task_id, party) DO UPDATE SET sequence = excluded.sequence, payload = excluded.payload,"
        " received_at = clock_timestamp() WHERE progress.sequence < excluded.sequence",
        (task_id, party, sequence, payload),
    )


def put_announcement(tx: Transaction, party: str, sequence: int, envelope: bytes) -> None:
    """Replace a party's announcement unless a newer one is there."""
    done = tx.execute(
        "INSERT INTO announcements (party, sequence, envelope) VALUES (%s, %s, %s)"
        " ON CONFLICT (party) DO UPDATE SET sequence = excluded.sequence, envelope = excluded.envelope,"
        " received_at = clock_timestamp() WHERE announcements.sequence < excluded.sequence",
        (party, sequence, envelope),
    )
    if done.rowcount:
        current.look_at_with(tx, "party", party)


def announcements(tx: Transaction, parties: list[str] | None = None) -> dict[str, bytes]:
    """Newest announcement envelopes, of all parties or of some."""
    rows = tx.execute(
        "SELECT party, envelope FROM announcements WHERE %(parties)s::text[] IS NULL OR party = ANY(%(parties)s)"
        " ORDER BY party",
        {"parties": parties},
    ).fetchall()
    return {row["party"]: bytes(row["envelope"]) for row in rows}


def announcements_for(tx: Transaction, reader: str) -> dict[str, bytes]:
    """The reader's own newest announcement, and those of committees of running tasks that it computes, feeds or audits."""
    rows = tx.execute(
        "SELECT party, envelope FROM announcements WHERE party = %(reader)s"
        " OR party IN (SELECT theirs.party FROM tasks t"
        " JOIN task_parties mine ON mine.task_id = t.task_id AND mine.party = %(reader)s"
        " AND mine.part IN ('committee', 'owner', 'auditor')"
        " JOIN task_parties theirs ON theirs.task_id = t.task_id AND theirs.part = 'committee'"
        " WHERE t.state = 'started')",
        {"reader": reader},
    ).fetchall()
    return {row["party"]: bytes(row["envelope"]) for row in rows}


def announced(tx: Transaction, parties: list[str] | None = None) -> dict[str, Announcement]:
    """What the newest announcements say; their signatures were checked when they came."""
    found = announcements(tx, parties)
    return {party: Announcement.read(dsse.parse(envelope).payload) for party, envelope in found.items()}


def put_sealed(tx: Transaction, task_id: bytes, party: str, user: str, *, output: bytes, sealed: bytes) -> bytes:
    """Keep a sealed share unless this party sealed this output for this user before; returns the bytes kept."""
    tx.execute(
        "INSERT INTO sealed_shares (task_id, party, result_user, output, sealed) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (task_id, party, user, output, sealed),
    )
    row = tx.execute(
        "SELECT sealed FROM sealed_shares WHERE task_id = %s AND party = %s AND result_user = %s AND output = %s",
        (task_id, party, user, output),
    ).fetchone()
    return sealed if row is None else bytes(row["sealed"])


def sealed_for(tx: Transaction, task_id: bytes, user: str) -> list[Row]:
    """Shares sealed for a user, by party and output."""
    return tx.execute(
        "SELECT party, output, sealed FROM sealed_shares WHERE task_id = %s AND result_user = %s"
        " ORDER BY party, output",
        (task_id, user),
    ).fetchall()


def sealed_outputs(tx: Transaction, task_id: bytes, user: str) -> dict[str, set[bytes]]:
    """Which outputs each party sealed for a user."""
    rows = tx.execute(
        "SELECT party, output FROM sealed_shares WHERE task_id = %s AND result_user = %s", (task_id, user)
    ).fetchall()
    found: dict[str, set[bytes]] = {}
    for row in rows:
        found.setdefault(row["party"], set()).add(bytes(row["output"]))
    return found


def statements_of(tx: Transaction, task_id: bytes, party: str) -> list[bytes]:
    """A party's statement envelopes about a task, newest first."""
    rows = tx.execute(
        "SELECT body FROM receipts WHERE task_id = %s AND party = %s AND kind = 'statement' ORDER BY received_at DESC",
        (task_id, party),
    ).fetchall()
    return [bytes(row["body"]) for row in rows]


def put_log(
    tx: Transaction, task_id: bytes, party: str, *, epoch: int, size: int, covers: tuple[int, int], body: bytes
) -> bool:
    """Keep a party's log evidence if it covers more than what is kept: a later epoch, a larger size, or of the same size
    more entries or earlier roots (``covers``). False when it was not kept.
    """
    done = tx.execute(
        "INSERT INTO log_evidence (task_id, party, epoch, log_size, entries, roots, body) VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (task_id, party) DO UPDATE SET epoch = excluded.epoch, log_size = excluded.log_size,"
        " entries = excluded.entries, roots = excluded.roots, body = excluded.body, received_at = clock_timestamp()"
        " WHERE (log_evidence.epoch, log_evidence.log_size, log_evidence.entries, log_evidence.roots)"
        " < (excluded.epoch, excluded.log_size, excluded.entries, excluded.roots)",
        (task_id, party, epoch, size, *covers, body),
    )
    if done.rowcount == 1:
        bundle_due(tx, task_id)
    return done.rowcount == 1


def logged_parties(tx: Transaction, task_id: bytes) -> list[str]:
    """Whose log evidence is there."""
    rows = tx.execute("SELECT party FROM log_evidence WHERE task_id = %s", (task_id,)).fetchall()
    return [row["party"] for row in rows]


def logs(tx: Transaction, task_id: bytes) -> dict[str, bytes]:
    """Log evidence by party."""
    rows = tx.execute("SELECT party, body FROM log_evidence WHERE task_id = %s ORDER BY party", (task_id,)).fetchall()
    return {row["party"]: bytes(row["body"]) for row in rows}


def bundle_due(tx: Transaction, task_id: bytes) -> None:
    """There is something new for a task's bundle; before the task's end this does nothing."""
    tx.execute(
        "INSERT INTO bundles_due (task_id) SELECT task_id FROM tasks WHERE task_id = %s"
        " AND state IN ('completed', 'disputed', 'aborted', 'refused', 'expired')"
        " ON CONFLICT (task_id) DO UPDATE SET marked = bundles_due.marked + 1, next_at = clock_timestamp()",
        (task_id,),
    )


def bundles_due_for_anchor(tx: Transaction, party_id: bytes, epoch: int, size: int) -> None:
    """An anchor is on chain to which proofs of ended tasks' logs lead."""
    tx.execute(
        "INSERT INTO bundles_due (task_id) SELECT t.task_id FROM names n JOIN log_evidence l ON l.party = n.name"
        " AND l.epoch = %s AND l.log_size = %s JOIN tasks t ON t.task_id = l.task_id"
        " WHERE n.kind = 'party' AND n.id = %s"
        " AND t.state IN ('completed', 'disputed', 'aborted', 'refused', 'expired')"
        " ON CONFLICT (task_id) DO UPDATE SET marked = bundles_due.marked + 1, next_at = clock_timestamp()",
        (epoch, size, party_id),
    )


def bundles_due_for_head(tx: Transaction, party: str, epoch: int, size: int) -> None:
    """A head was cosigned to which proofs of ended tasks' logs lead."""
    tx.execute(
        "INSERT INTO bundles_due (task_id) SELECT t.task_id FROM log_evidence l JOIN tasks t ON t.task_id = l.task_id"
        " WHERE l.party = %s AND l.epoch = %s AND l.log_size = %s"
        " AND t.state IN ('completed', 'disputed', 'aborted', 'refused', 'expired')"
        " ON CONFLICT (task_id) DO UPDATE SET marked = bundles_due.marked + 1, next_at = clock_timestamp()",
        (party, epoch, size),
    )


def due_bundles(tx: Transaction, limit: int = 20) -> list[tuple[bytes, int]]:
    """Tasks whose bundle is due, with the mark that :func:`bundle_settled` wants; longest due first."""
    rows = tx.execute(
        "SELECT task_id, marked FROM bundles_due WHERE next_at <= clock_timestamp() AND NOT EXISTS (SELECT FROM faults f"
        " WHERE f.loop = 'bundle' AND f.item = encode(task_id, 'hex') AND (f.dead OR f.next_at > now()))"
        " ORDER BY next_at LIMIT %s",
        (limit,),
    ).fetchall()
    return [(bytes(row["task_id"]), row["marked"]) for row in rows]


def bundle_settled(tx: Transaction, task_id: bytes, marked: int) -> None:
    """The bundle is of all its material, or cannot be built before more comes; not so if it was marked meanwhile."""
    tx.execute("DELETE FROM bundles_due WHERE task_id = %s AND marked = %s", (task_id, marked))


def postpone_bundle(tx: Transaction, task_id: bytes, seconds: float) -> None:
    """Something needed for it does not answer: later, after the others."""
    tx.execute(
        "UPDATE bundles_due SET next_at = clock_timestamp() + make_interval(secs => %s) WHERE task_id = %s",
        (seconds, task_id),
    )


def put_bundle(
    tx: Transaction, task_id: bytes, *, fingerprint: bytes, body: bytes, head: int, outcomes: list[str]
) -> None:
    """Keep a task's bundle, rooted in block ``head``; ``fingerprint`` is its material's, ``outcomes`` the steps' answers."""
    tx.execute(
        "INSERT INTO bundles (task_id, fingerprint, body, head_block, outcomes, built_at)"
        " VALUES (%s, %s, %s, %s, %s, clock_timestamp()) ON CONFLICT (task_id) DO UPDATE SET"
        " fingerprint = excluded.fingerprint, body = excluded.body, head_block = excluded.head_block,"
        " outcomes = excluded.outcomes, built_at = excluded.built_at",
        (task_id, fingerprint, body, head, outcomes),
    )


def has_bundle(tx: Transaction, task_id: bytes) -> bool:
    """Whether a task's bundle is built."""
    return tx.execute("SELECT 1 FROM bundles WHERE task_id = %s", (task_id,)).fetchone() is not None


def bundle_fingerprint(tx: Transaction, task_id: bytes) -> bytes | None:
    """Of what material the stored bundle is."""
    row = tx.execute("SELECT fingerprint FROM bundles WHERE task_id = %s", (task_id,)).fetchone()
    return None if row is None else bytes(row["fingerprint"])


def bundle(tx: Transaction, task_id: bytes) -> bytes | None:
    """A task's bundle."""
    row = tx.execute("SELECT body FROM bundles WHERE task_id = %s", (task_id,)).fetchone()
    return None if row is None else bytes(row["body"])


def bundle_head(tx: Transaction, task_id: bytes) -> int | None:
    """The block that a task's bundle is rooted in."""
    row = tx.execute("SELECT head_block FROM bundles WHERE task_id = %s", (task_id,)).fetchone()
    return None if row is None else row["head_block"]
