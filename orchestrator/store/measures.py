"""What a monitor is told of the database: every statement reads what is open or recent, through an index, never the history (I15)."""

from dataclasses import dataclass

from orchestrator.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Measures:
    """Counts, and ages in seconds; an age is 0 where nothing waits."""

    tasks: dict[str, int]
    ended: dict[str, int]
    overdue: int
    jobs: dict[str, int]
    oldest_job: float
    outbox: int
    oldest_message: float
    bundles: int
    webhook_messages: int
    webhooks: dict[str, int]
    newest_anchor: int
    forks: int
    unwitnessed: int


def measures(tx: Transaction, overdue: int) -> Measures:
    """Of now; ``overdue``: seconds after its deadline from which a task that is not over counts as such."""
    tasks = tx.execute(
        "SELECT state AS key, count(*) AS n FROM tasks WHERE state IN ('submitted', 'proposed', 'started') GROUP BY state"
    ).fetchall()
    ended = tx.execute(
        "SELECT value AS key, count(*) AS n FROM task_facets WHERE party = '*' AND kind = 'state'"
        " AND changed_at > now() - interval '1 hour' AND value NOT IN ('submitted', 'proposed', 'started') GROUP BY value"
    ).fetchall()
    jobs = tx.execute(
        "SELECT kind AS key, count(*) AS n, extract(epoch FROM now() - min(created_at))::float8 AS oldest"
        " FROM relay_jobs WHERE state = 'waiting' GROUP BY kind"
    ).fetchall()
    hooks = tx.execute(
        "SELECT CASE WHEN off_at IS NOT NULL THEN 'off' WHEN failing_since IS NOT NULL THEN 'failing' ELSE 'active' END AS key,"
        " count(*) AS n FROM webhooks GROUP BY 1"
    ).fetchall()
    rest = tx.execute(
        "SELECT (SELECT count(*) FROM tasks WHERE state IN ('submitted', 'proposed', 'started')"
        " AND deadline < extract(epoch FROM now()) - %(overdue)s) AS overdue,"
        " o.n AS outbox, o.oldest AS oldest_message, (SELECT count(*) FROM bundles_due) AS bundles,"
        " (SELECT count(*) FROM webhook_messages WHERE state = 'waiting') AS messages,"
        " (SELECT coalesce(max(block_number), 0) FROM anchor_versions) AS anchor,"
        " (SELECT count(*) FROM log_forks) AS forks, (SELECT count(*) FROM log_newest l JOIN log_heads h"
        " USING (party, epoch, log_size, log_root) CROSS JOIN witnesses w LEFT JOIN witness_logs k"
        " ON k.vkey = w.vkey AND k.party = l.party AND k.epoch = l.epoch WHERE w.asked AND h.received_at < now() - interval '1 hour'"
        " AND coalesce(k.log_size, 0) < l.log_size AND NOT EXISTS"
        " (SELECT FROM log_newest o WHERE o.party = l.party AND o.epoch > l.epoch)) AS unwitnessed"
        " FROM (SELECT count(*) AS n, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest"
        " FROM outbox WHERE published_at IS NULL) o",
        {"overdue": overdue},
    ).fetchone()
    assert rest is not None
    return Measures(
        tasks={row["key"]: row["n"] for row in tasks},
        ended={row["key"]: row["n"] for row in ended},
        overdue=rest["overdue"],
        jobs={row["key"]: row["n"] for row in jobs},
        oldest_job=max((row["oldest"] for row in jobs), default=0.0),
        outbox=rest["outbox"],
        oldest_message=rest["oldest_message"],
        bundles=rest["bundles"],
        webhook_messages=rest["messages"],
        webhooks={row["key"]: row["n"] for row in hooks},
        newest_anchor=rest["anchor"],
        forks=rest["forks"],
        unwitnessed=rest["unwitnessed"],
    )
