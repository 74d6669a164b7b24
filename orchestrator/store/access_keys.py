"""Access keys by the hash of the key; the key itself is nowhere here."""

from collections.abc import Sequence

from orchestrator.store.database import Row, Transaction


def add(
    tx: Transaction,
    digest: bytes,
    *,
    party: str,
    wallet: str,
    scopes: Sequence[str],
    label: str,
    signature: bytes,
    made_at: int,
    not_after: int,
) -> bool:
    """Keep a key; False when one of this hash is there, whatever became of it."""
    done = tx.execute(
        "INSERT INTO access_keys (key_hash, party, wallet, scopes, label, signature, made_at, not_after)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key_hash) DO NOTHING",
        (digest, party, wallet, list(scopes), label, signature, made_at, not_after),
    )
    return done.rowcount == 1


def get(tx: Transaction, digest: bytes) -> Row | None:
    """A key."""
    return tx.execute(
        "SELECT key_hash, party, wallet, scopes, label, made_at, not_after, used_at, revoked_at"
        " FROM access_keys WHERE key_hash = %s",
        (digest,),
    ).fetchone()


def used(tx: Transaction, digest: bytes, now: int, every: int) -> None:
    """Note a key's use, at most once in so many seconds: reading must not become writing."""
    tx.execute(
        "UPDATE access_keys SET used_at = %(now)s WHERE key_hash = %(key)s AND coalesce(used_at, 0) <= %(now)s - %(every)s",
        {"key": digest, "now": now, "every": every},
    )


def of_party(
    tx: Transaction,
    party: str,
    before: tuple[int, bytes] | None,
    limit: int,
    *,
    status: str | None,
    wallet: str,
    now: int,
) -> list[Row]:
    """A page of a party's keys, newest first, after the cursor (made_at, hash); of one standing, where one is given: at this time,
    beside this wallet of the party's.
    """
    at, digest = (2**62, b"\xff" * 32) if before is None else before
    return tx.execute(
        "SELECT key_hash, party, wallet, scopes, label, made_at, not_after, used_at, revoked_at FROM access_keys"
        " WHERE party = %(party)s AND (made_at, key_hash) < (%(at)s, %(digest)s) AND (%(status)s::text IS NULL OR %(status)s ="
        " CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN not_after <= %(now)s THEN 'expired'"
        " WHEN wallet = %(wallet)s THEN 'active' ELSE 'other-wallet' END)"
        " ORDER BY made_at DESC, key_hash DESC LIMIT %(limit)s",
        {"party": party, "at": at, "digest": digest, "limit": limit, "status": status, "wallet": wallet, "now": now},
    ).fetchall()


def count(tx: Transaction, party: str) -> int:
    """How many rows a party has: those that have not run out, the revoked ones among them."""
    row = tx.execute("SELECT count(*) AS n FROM access_keys WHERE party = %s", (party,)).fetchone()
    return 0 if row is None else row["n"]


def revoke(tx: Transaction, digest: bytes, party: str, now: int) -> bool:
    """End a party's key; False when the party has none of this hash."""
    done = tx.execute(
        "UPDATE access_keys SET revoked_at = coalesce(revoked_at, %s) WHERE key_hash = %s AND party = %s",
        (now, digest, party),
    )
    return done.rowcount == 1


def forget(tx: Transaction) -> int:
    """Drop those whose signed end has passed, so that nothing can bring them back; returns how many."""
    return tx.execute("DELETE FROM access_keys WHERE not_after <= extract(epoch FROM now())").rowcount
