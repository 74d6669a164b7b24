"""Invitations by the hash of their code."""

from orchestrator.store.database import Transaction


def add(tx: Transaction, digest: bytes, party: str, invited_by: str, not_after: int) -> None:
    """Keep an invitation; one that is there stays as it is."""
    tx.execute(
        "INSERT INTO invitations (digest, party, invited_by, not_after) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (digest, party, invited_by, not_after),
    )


def of_party(tx: Transaction, party: str) -> list[tuple[bytes, int, bytes | None]]:
    """Hash, end (unix seconds) and the application it was used for, of a name's invitations; none changes meanwhile."""
    rows = tx.execute(
        "SELECT digest, not_after, used_for FROM invitations WHERE party = %s ORDER BY digest FOR UPDATE", (party,)
    ).fetchall()
    return [
        (bytes(row["digest"]), row["not_after"], None if row["used_for"] is None else bytes(row["used_for"]))
        for row in rows
    ]


def use(tx: Transaction, digest: bytes, application: bytes) -> None:
    """An invitation was used for an application."""
    tx.execute("UPDATE invitations SET used_for = %s WHERE digest = %s AND used_for IS NULL", (application, digest))


def count_open(tx: Transaction) -> int:
    """How many have not been used."""
    row = tx.execute("SELECT count(*) AS n FROM invitations WHERE used_for IS NULL").fetchone()
    return 0 if row is None else row["n"]


def sweep(tx: Transaction, now: int) -> None:
    """Drop those that ended without being used."""
    tx.execute("DELETE FROM invitations WHERE used_for IS NULL AND not_after <= %s", (now,))
