"""Sealed broker credentials, and which parties are owed some or have some that they should not have."""

from orchestrator.store.database import Row, Transaction
from protocol.credentials import SealedCredentials

LOOP = "credentials"


def due(tx: Transaction, limit: int = 50) -> list[Row]:
    """Active parties with a node and without credentials for their present seal key, and credentials of parties that are
    not active any more (``active`` is false); not those that are put off, and in any order, so that nobody is always last.
    """
    return tx.execute(
        "SELECT * FROM ("
        " SELECT p.party_id, n.name AS party, p.seal_key, true AS active, coalesce(c.issued, 0) AS issued"
        " FROM parties_now p JOIN names n ON n.kind = 'party' AND n.id = p.party_id"
        " LEFT JOIN broker_credentials c ON c.party_id = p.party_id"
        " WHERE p.active AND p.node_key <> decode(repeat('00', 32), 'hex') AND p.seal_key <> decode(repeat('00', 32), 'hex')"
        " AND (c.sealed IS NULL OR c.seal_key <> p.seal_key)"
        " UNION ALL"
        " SELECT c.party_id, c.party, c.seal_key, false, c.issued FROM broker_credentials c"
        " WHERE c.sealed IS NOT NULL AND NOT EXISTS (SELECT FROM parties_now p WHERE p.party_id = c.party_id AND p.active)"
        ") d WHERE NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'credentials' AND f.item = d.party"
        " AND (f.dead OR f.next_at > now())) ORDER BY random() LIMIT %s",
        (limit,),
    ).fetchall()


def keep(tx: Transaction, party_id: bytes, made: SealedCredentials) -> None:
    """Keep new credentials in the place of older ones."""
    tx.execute(
        "INSERT INTO broker_credentials (party_id, party, issued, seal_key, sealed) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (party_id) DO UPDATE SET issued = excluded.issued, seal_key = excluded.seal_key,"
        " sealed = excluded.sealed WHERE broker_credentials.issued < excluded.issued",
        (party_id, made.party, made.issued, made.seal_key, made.sealed),
    )


def drop(tx: Transaction, party: str) -> bool:
    """Drop a party's credentials, for new ones if it is active; False when there were none."""
    done = tx.execute("UPDATE broker_credentials SET sealed = NULL WHERE party = %s AND sealed IS NOT NULL", (party,))
    return done.rowcount == 1


def of_party(tx: Transaction, party: str) -> SealedCredentials | None:
    """A party's credentials, as long as it is active."""
    row = tx.execute(
        "SELECT c.* FROM broker_credentials c JOIN parties_now p ON p.party_id = c.party_id AND p.active"
        " WHERE c.party = %s AND c.sealed IS NOT NULL",
        (party,),
    ).fetchone()
    return (
        None if row is None else SealedCredentials(party, row["issued"], bytes(row["seal_key"]), bytes(row["sealed"]))
    )
