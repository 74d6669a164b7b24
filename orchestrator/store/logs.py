"""Heads of parties' logs, how they follow from each other, and what witnesses said of them."""

from collections.abc import Mapping, Sequence

from orchestrator.store import work
from orchestrator.store.database import Row, Transaction
from protocol.checkpoint import Checkpoint
from protocol.merkle import HASH_SIZE

LOOP = "witness"
"""Name of the loop that asks witnesses."""
Earlier = Sequence[tuple[int, bytes, tuple[bytes, ...]]]
"""(size, root, proof) of earlier heads that a head was proven to extend."""


def add_head(tx: Transaction, head: Checkpoint, note: bytes, earlier: Earlier) -> bool:
    """Keep a head that its log signed; whether it was not here before. What contradicts a head that is here is a fork."""
    at = {"party": head.origin.party, "epoch": head.origin.epoch, "size": head.size, "root": head.root}
    new = tx.execute(
        "INSERT INTO log_heads (party, epoch, log_size, log_root, note)"
        " VALUES (%(party)s, %(epoch)s, %(size)s, %(root)s, %(note)s) ON CONFLICT DO NOTHING",
        {**at, "note": note},
    ).rowcount
    for size, root, proof in earlier:
        tx.execute(
            "INSERT INTO log_steps (party, epoch, old_size, old_root, log_size, log_root, proof)"
            " VALUES (%(party)s, %(epoch)s, %(old)s, %(old_root)s, %(size)s, %(root)s, %(proof)s) ON CONFLICT DO NOTHING",
            {**at, "old": size, "old_root": root, "proof": b"".join(proof)},
        )
    _note_forks(tx, {**at, "olds": [size for size, _, _ in earlier]})
    grown = tx.execute(
        "INSERT INTO log_newest (party, epoch, log_size, log_root) VALUES (%(party)s, %(epoch)s, %(size)s, %(root)s)"
        " ON CONFLICT (party, epoch) DO UPDATE SET log_size = excluded.log_size, log_root = excluded.log_root"
        " WHERE log_newest.log_size < excluded.log_size",
        at,
    ).rowcount
    if grown:
        work.ring(tx)
    return new == 1


def _note_forks(tx: Transaction, at: Mapping[str, object]) -> None:
    """Against heads of the same size; heads that this one was proven to contradict; heads that were proven to contradict this one."""
    tx.execute(
        "INSERT INTO log_forks (party, epoch, log_size, log_root, other_size, other_root)"
        " SELECT party, epoch, log_size, log_root, %(size)s, %(root)s FROM log_heads"
        " WHERE party = %(party)s AND epoch = %(epoch)s AND log_size = %(size)s AND log_root <> %(root)s"
        " AND NOT EXISTS (SELECT FROM log_forks f WHERE f.party = log_heads.party AND f.epoch = log_heads.epoch"
        " AND f.log_size = %(size)s AND f.log_root = %(root)s AND f.other_size = %(size)s AND f.other_root = log_heads.log_root)"
        " UNION SELECT h.party, h.epoch, h.log_size, h.log_root, s.log_size, s.log_root FROM log_steps s"
        " JOIN log_heads h ON h.party = s.party AND h.epoch = s.epoch AND h.log_size = s.old_size AND h.log_root <> s.old_root"
        " WHERE s.party = %(party)s AND s.epoch = %(epoch)s AND s.old_size = ANY(%(olds)s::numeric[])"
        " AND s.log_size = %(size)s AND s.log_root = %(root)s"
        " UNION SELECT s.party, s.epoch, %(size)s, %(root)s, s.log_size, s.log_root FROM log_steps s"
        " WHERE s.party = %(party)s AND s.epoch = %(epoch)s AND s.old_size = %(size)s AND s.old_root <> %(root)s"
        " ON CONFLICT DO NOTHING",
        at,
    )


def name_witnesses(tx: Transaction, names: dict[str, str]) -> None:
    """The witnesses that are asked from now on, by verifier key; what those before said stays."""
    tx.execute("UPDATE witnesses SET asked = false WHERE asked AND vkey <> ALL(%s)", (list(names),))
    for vkey, name in names.items():
        tx.execute(
            "INSERT INTO witnesses (vkey, name) VALUES (%s, %s) ON CONFLICT (vkey) DO UPDATE SET name = excluded.name,"
            " asked = true WHERE (witnesses.name, witnesses.asked) <> (excluded.name, true)",
            (vkey, name),
        )


def due(tx: Transaction, vkey: str, name: str, limit: int) -> list[Row]:
    """Logs whose largest head a witness has not cosigned, and whose time has come; longest due first. ``name`` is how the loop's items begin."""
    return tx.execute(
        "SELECT l.party, l.epoch::text, coalesce(k.log_size, 0)::text AS size, k.log_root AS root, k.code, coalesce(k.failures, 0) AS failures"
        " FROM log_newest l LEFT JOIN witness_logs k ON k.vkey = %(vkey)s AND k.party = l.party AND k.epoch = l.epoch"
        " WHERE (k.log_size IS NULL OR k.log_size < l.log_size) AND (k.next_at IS NULL OR k.next_at <= now())"
        " AND NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'witness'"
        " AND f.item = %(name)s::text || ' ' || l.party || '/' || l.epoch AND (f.dead OR f.next_at > now()))"
        " ORDER BY k.next_at NULLS FIRST, l.party, l.epoch LIMIT %(limit)s",
        {"vkey": vkey, "name": name, "limit": limit},
    ).fetchall()


def next_head(tx: Transaction, party: str, epoch: int, size: int, root: bytes | None) -> Row | None:
    """The largest head that is proven to extend (size, root), with its proof; any from size 0, None where there is none.

    Without ``root`` (the witness told a size alone) it is that of our own head of this size, where we have one.
    """
    if size == 0:
        return tx.execute(
            "SELECT h.note, h.log_size::text AS size, h.log_root AS root, ''::bytea AS proof, NULL::bytea AS from_root"
            " FROM log_newest l JOIN log_heads h USING (party, epoch, log_size, log_root) WHERE party = %s AND epoch = %s",
            (party, epoch),
        ).fetchone()
    return tx.execute(
        "SELECT h.note, h.log_size::text AS size, h.log_root AS root, s.proof, s.old_root AS from_root"
        " FROM log_steps s JOIN log_heads h USING (party, epoch, log_size, log_root)"
        " WHERE party = %(party)s AND epoch = %(epoch)s AND s.old_size = %(size)s AND log_size > %(size)s"
        " AND (%(root)s::bytea IS NULL OR s.old_root = %(root)s) ORDER BY log_size DESC LIMIT 1",
        {"party": party, "epoch": epoch, "size": size, "root": root},
    ).fetchone()


def head_at(tx: Transaction, party: str, epoch: int, size: int) -> Row | None:
    """The first head of exactly this size."""
    return tx.execute(
        "SELECT note, log_size::text AS size, log_root AS root FROM log_heads WHERE party = %s AND epoch = %s AND log_size = %s"
        " ORDER BY received_at LIMIT 1",
        (party, epoch, size),
    ).fetchone()


def head(tx: Transaction, party: str, epoch: int, size: int, root: bytes) -> Row | None:
    """One head."""
    return tx.execute(
        "SELECT note FROM log_heads WHERE party = %s AND epoch = %s AND log_size = %s AND log_root = %s",
        (party, epoch, size, root),
    ).fetchone()


def knows(tx: Transaction, reader: str, party: str) -> bool:
    """Whether a reader reads a task in which a party takes part."""
    row = tx.execute(
        "SELECT 1 FROM task_facets WHERE party = %s AND kind = 'party' AND value = %s LIMIT 1", (reader, party)
    ).fetchone()
    return row is not None


def cosigned(tx: Transaction, vkey: str, head: Checkpoint, line: str, time: int) -> None:
    """A witness cosigned a head: it stays with it, and is what the witness remembers."""
    at = {
        "vkey": vkey,
        "party": head.origin.party,
        "epoch": head.origin.epoch,
        "size": head.size,
        "root": head.root,
        "line": line,
        "time": time,
    }
    tx.execute(
        "INSERT INTO cosignatures (party, epoch, log_size, log_root, vkey, line, cosigned_at)"
        " VALUES (%(party)s, %(epoch)s, %(size)s, %(root)s, %(vkey)s, %(line)s, %(time)s)"
        " ON CONFLICT (party, epoch, log_size, log_root, vkey) DO UPDATE SET line = excluded.line,"
        " cosigned_at = excluded.cosigned_at WHERE cosignatures.cosigned_at < excluded.cosigned_at",
        at,
    )
    tx.execute(
        "INSERT INTO witness_logs (vkey, party, epoch, log_size, log_root, cosigned_at)"
        " VALUES (%(vkey)s, %(party)s, %(epoch)s, %(size)s, %(root)s, %(time)s)"
        " ON CONFLICT (vkey, party, epoch) DO UPDATE SET log_size = excluded.log_size, log_root = excluded.log_root,"
        " cosigned_at = excluded.cosigned_at, code = NULL, failures = 0, next_at = now()",
        at,
    )


def not_cosigned(tx: Transaction, vkey: str, party: str, epoch: int, code: str, seconds: float) -> None:
    """A witness did not: why, and when it is asked again."""
    tx.execute(
        "INSERT INTO witness_logs (vkey, party, epoch, code, failures, next_at)"
        " VALUES (%(vkey)s, %(party)s, %(epoch)s, %(code)s, 1, now() + make_interval(secs => %(seconds)s))"
        " ON CONFLICT (vkey, party, epoch) DO UPDATE SET code = excluded.code, failures = witness_logs.failures + 1,"
        " next_at = excluded.next_at",
        {"vkey": vkey, "party": party, "epoch": epoch, "code": code, "seconds": seconds},
    )


def lines(tx: Transaction, party: str, epoch: int, size: int, root: bytes) -> list[str]:
    """Cosignature lines of a head, of witnesses that are asked; in the order of their keys."""
    rows = tx.execute(
        "SELECT c.line FROM cosignatures c JOIN witnesses w USING (vkey)"
        " WHERE c.party = %s AND c.epoch = %s AND c.log_size = %s AND c.log_root = %s AND w.asked ORDER BY c.vkey",
        (party, epoch, size, root),
    ).fetchall()
    return [row["line"] for row in rows]


def newest(tx: Transaction, party: str, epoch: int | None) -> Row | None:
    """A log's largest head; of the newest epoch where none is named."""
    return tx.execute(
        "SELECT h.note, l.epoch::text AS epoch, l.log_size::text AS size, l.log_root AS root FROM log_newest l"
        " JOIN log_heads h USING (party, epoch, log_size, log_root)"
        " WHERE l.party = %(party)s AND (%(epoch)s::numeric IS NULL OR l.epoch = %(epoch)s) ORDER BY l.epoch DESC LIMIT 1",
        {"party": party, "epoch": epoch},
    ).fetchone()


def hashes(proof: bytes) -> tuple[bytes, ...]:
    """A kept proof's hashes."""
    return tuple(proof[place : place + HASH_SIZE] for place in range(0, len(proof), HASH_SIZE))
