"""Stored hops from a later block down to an earlier one, each a proof that whoever gets it checks again."""

from dataclasses import dataclass

from psycopg.types.json import Jsonb

from orchestrator.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Hop:
    """``proof`` is a :class:`protocol.ancestry.Window` in JSON: what the state of ``base`` says of ``ancestor``."""

    ancestor: int
    base: int
    base_header: bytes
    proof: object


def want(tx: Transaction, block: int) -> None:
    """A bundle is rooted in this block: paths must lead to it."""
    tx.execute(
        "INSERT INTO hops_due (block) SELECT %(block)s WHERE NOT EXISTS"
        " (SELECT FROM chain_hops WHERE ancestor = %(block)s) ON CONFLICT DO NOTHING",
        {"block": block},
    )


def plan(tx: Transaction, first: int, newest: int, every: int) -> None:
    """Want a hop from every ``every``-th block below ``newest``: from ``first`` on, or from the last one wanted so far."""
    tx.execute(
        "INSERT INTO hops_due (block) SELECT generate_series(coalesce(greatest("
        "(SELECT block FROM hops_due WHERE block %% %(every)s = 0 ORDER BY block DESC LIMIT 1),"
        " (SELECT ancestor FROM chain_hops WHERE ancestor %% %(every)s = 0 ORDER BY ancestor DESC LIMIT 1)) + %(every)s,"
        " %(first)s), %(newest)s - 1, %(every)s) ON CONFLICT DO NOTHING",
        {"first": first, "newest": newest, "every": every},
    )


def due(tx: Transaction, newest: int, every: int) -> list[int]:
    """Wanted blocks below ``newest``, newest first, but for those whose base is put off or given up."""
    rows = tx.execute(
        "SELECT block FROM hops_due WHERE block < %(newest)s AND NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'hops'"
        " AND f.item = ((block / %(every)s + 1) * %(every)s)::text AND (f.dead OR f.next_at > now())) ORDER BY block DESC",
        {"newest": newest, "every": every},
    ).fetchall()
    return [row["block"] for row in rows]


def add(tx: Transaction, hop: Hop) -> None:
    """Keep a hop; it is wanted no longer."""
    tx.execute(
        "INSERT INTO chain_hops (ancestor, base, base_header, proof) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (hop.ancestor, hop.base, hop.base_header, Jsonb(hop.proof)),
    )
    tx.execute("DELETE FROM hops_due WHERE block = %s", (hop.ancestor,))


def upward(tx: Transaction, block: int, top: int) -> list[Hop]:
    """The stored hops that lead to ``block`` from the highest block not above ``top``, highest first."""
    rows = tx.execute(
        "WITH RECURSIVE up AS ("
        " SELECT ancestor, base, base_header, proof FROM chain_hops WHERE ancestor = %(block)s AND base <= %(top)s"
        " UNION ALL"
        " SELECT h.ancestor, h.base, h.base_header, h.proof FROM chain_hops h JOIN up ON h.ancestor = up.base"
        " WHERE h.base <= %(top)s"
        ") SELECT ancestor, base, base_header, proof FROM up ORDER BY base DESC",
        {"block": block, "top": top},
    ).fetchall()
    return [Hop(row["ancestor"], row["base"], bytes(row["base_header"]), row["proof"]) for row in rows]
