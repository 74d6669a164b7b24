"""Sessions of people who signed in, by the hash of their cookie's secret."""

from orchestrator.store.database import Row, Transaction


def add(
    tx: Transaction, digest: bytes, *, nonce: str, party: str, wallet: str, not_after: int, kept_until: int
) -> bool:
    """Keep a session; False when a session was opened by this nonce before."""
    done = tx.execute(
        "INSERT INTO sessions (secret_hash, nonce, party, wallet, not_after, kept_until)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (nonce) DO NOTHING",
        (digest, nonce, party, wallet, not_after, kept_until),
    )
    return done.rowcount == 1


def get(tx: Transaction, digest: bytes, now: int) -> Row | None:
    """A session that has not ended."""
    return tx.execute(
        "SELECT party, wallet, not_after FROM sessions WHERE secret_hash = %s AND NOT ended AND not_after > %s",
        (digest, now),
    ).fetchone()


def end(tx: Transaction, digest: bytes) -> None:
    """End a session."""
    tx.execute("UPDATE sessions SET ended = true WHERE secret_hash = %s", (digest,))


def end_oldest(tx: Transaction, party: str, keep: int) -> None:
    """End all of a party's sessions but the newest ``keep``."""
    tx.execute(
        "UPDATE sessions SET ended = true WHERE NOT ended AND secret_hash IN (SELECT secret_hash FROM sessions"
        " WHERE party = %s AND NOT ended ORDER BY not_after DESC, secret_hash OFFSET %s)",
        (party, keep),
    )


def forget(tx: Transaction) -> int:
    """Drop those that ended and whose message can open no other; returns how many."""
    done = tx.execute(
        "DELETE FROM sessions WHERE greatest(kept_until, CASE WHEN ended THEN 0 ELSE not_after END)"
        " <= extract(epoch FROM now())"
    )
    return done.rowcount
