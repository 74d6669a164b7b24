"""What every SQL statement reads: each is run twice, first under EXPLAIN ANALYZE in a savepoint that is rolled back."""

from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from audit_explorer.queries import PostgresRecords
from orchestrator.store.database import Database, Transaction

_READ = (
    "SELECT coalesce(sum(seq_tup_read), 0)::bigint AS scanned, coalesce(sum(idx_tup_fetch), 0)::bigint AS fetched"
    " FROM pg_stat_xact_all_tables WHERE schemaname = 'tally'"
)


@dataclass
class Cost:
    """The most that any one run of a statement read."""

    pages: int = 0
    rows: int = 0
    """Rows that plan nodes gave or threw away, and rows that foreign keys' cascades read."""
    plan: Any = None

    def more(self, pages: int, rows: int, plan: Any) -> None:
        if pages + rows > self.pages + self.rows:
            self.plan = plan
        self.pages, self.rows = max(self.pages, pages), max(self.rows, rows)


@dataclass
class Watch:
    """Costs by statement."""

    costs: dict[str, Cost] = field(default_factory=lambda: defaultdict(Cost))


class WatchedTransaction:
    """A connection whose ``execute`` notes what it costs."""

    def __init__(self, tx: Transaction, watch: Watch) -> None:
        self._tx = tx
        self._watch = watch

    def execute(self, query: str, params: Any = None) -> Any:
        if query.split(None, 1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} and "pg_advisory" not in query:
            self.explain(query, params)
        return self._tx.execute(query, params)

    def explain(self, query: str, params: Any) -> None:
        """Run a statement, note what it read and undo it."""
        tx = self._tx
        tx.execute("SAVEPOINT watched")
        before = tx.execute(_READ).fetchone()
        row = tx.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query, params).fetchone()
        after = tx.execute(_READ).fetchone()
        tx.execute("ROLLBACK TO SAVEPOINT watched")
        assert row is not None
        assert before is not None
        assert after is not None
        plan = row["QUERY PLAN"][0]["Plan"]
        read = after["scanned"] - before["scanned"] + after["fetched"] - before["fetched"]
        pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self._watch.costs[query].more(pages, max(read, _rows(plan)), plan)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


def _rows(plan: dict[str, Any]) -> int:
    here = (
        plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)
    ) * plan["Actual Loops"]
    return int(here) + sum(_rows(below) for below in plan.get("Plans", ()))


@contextmanager
def watching(into: Watch | None = None) -> Generator[Watch]:
    """Watch every transaction of every :class:`Database`, and what the explorer reads."""
    watch = into or Watch()
    plain = Database.transaction

    @contextmanager
    def watched(self: Database) -> Generator[Any]:
        with plain(self) as tx:
            yield WatchedTransaction(tx, watch)

    every = PostgresRecords._all

    def watched_all(self: PostgresRecords, connection: Transaction, statement: str, **values: object) -> list[Any]:
        WatchedTransaction(connection, watch).explain(self._sql[statement].decode(), values)
        return every(self, connection, statement, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "transaction", watched)
        patch.setattr(PostgresRecords, "_all", watched_all)
        yield watch
