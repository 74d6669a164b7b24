"""Current state is kept beside the versions: after any history, rollbacks included, it is what the events say."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks.history import ended
from chain.events import Logged, decode
from cli.coordinator import app
from embedded.stack import Stack
from orchestrator.services import projection
from orchestrator.store import index, tasks
from orchestrator.store.database import Database, Transaction, engine_lock
from orchestrator.store.migrate import migrate
from protocol import events, ids
from protocol.errors import RefusedError
from protocol.event import Struct
from protocol.fields import Fields, fields_of
from tests.integration.orchestrator.databases import own_database
from tests.integration.orchestrator.world import World
from tests.unit.orchestrator import sample

ADDRESS = ids.checksum_address(b"\xab" * 20)
IDS = [bytes([number]) * 32 for number in (1, 2)]
VIEWS: dict[str, bytes] = {
    "parties_now": b"SELECT DISTINCT ON (party_id) * FROM party_versions ORDER BY party_id, block_number DESC, log_index DESC",
    "data_sets_now": b"SELECT DISTINCT ON (data_set_id, version) * FROM data_set_versions"
    b" ORDER BY data_set_id, version, block_number DESC, log_index DESC",
    "releases_now": b"SELECT DISTINCT ON (release_id) * FROM release_versions"
    b" ORDER BY release_id, block_number DESC, log_index DESC",
    "successions_now": b"SELECT DISTINCT ON (older) * FROM succession_versions"
    b" ORDER BY older, block_number DESC, log_index DESC",
    "authorizations_now": b"SELECT DISTINCT ON (digest, owner_id) * FROM authorization_versions"
    b" ORDER BY digest, owner_id, block_number DESC, log_index DESC",
    "tasks_now": b"SELECT DISTINCT ON (task_id) * FROM task_versions ORDER BY task_id, block_number DESC, log_index DESC",
}
"""What each table of current state must hold, said over history: the views that these tables took the place of."""
ABOUT = {
    "parties_now": ("PartyRegistry", "party_id"), "data_sets_now": ("DataSets", "data_set_id"),
    "releases_now": ("Programs", "release_id"), "successions_now": ("Programs", "older"),
    "authorizations_now": ("Consents", "digest", "owner_id"), "tasks_now": ("Tasks", "task_id"),
}  # fmt: skip
"""Whose unread or contradictory events, and about what, leave nothing known."""
PROJECTED = (
    *VIEWS, "party_versions", "data_set_versions", "release_versions", "succession_versions",
    "authorization_versions", "task_versions",
    "anchor_versions", "commitments", "result_attestations",
)  # fmt: skip


STRUCTS: dict[str, type[Struct]] = {"proposal": events.Proposal, "signed": events.Authorization}
"""The fields of events that are structs."""


def blank(cls: type[events.Event], **values: object) -> events.Event:
    """An event with the given fields; all others are zero."""
    return cls(**{**zeros(cls), **values})


def zeros(cls: type[Fields]) -> dict[str, Any]:
    """Nothing in every field."""
    nothing: dict[str, object] = {"bytes32": bytes(32), "address": ADDRESS, "bool": False}
    found: dict[str, Any] = {}
    for field in fields_of(cls):
        if struct := STRUCTS.get(field.attribute):
            found[field.attribute] = struct(**zeros(struct))
        else:
            kind = field.codec.solidity
            found[field.attribute] = () if kind.endswith("[]") else nothing.get(kind, 0)
    return found


def any_event() -> st.SearchStrategy[events.Event]:
    """Every kind of event that is projected, about one of few subjects, so that histories meet."""
    key, number = st.sampled_from(IDS), st.integers(1, 3)

    def kinds(cls: type[events.Event]) -> st.SearchStrategy[events.Event]:
        fields: dict[str, st.SearchStrategy[Any]] = {}
        for name, parameter in zip(cls.__slots__, cls.parameters(), strict=True):
            if parameter.kind == "bytes32":
                fields[name] = key
            elif parameter.kind == "bool":
                fields[name] = st.booleans()
            elif parameter.kind.startswith("uint") and not parameter.kind.endswith("[]"):
                fields[name] = number
        return st.fixed_dictionaries(fields).map(lambda values: blank(cls, **values))

    return st.sampled_from(sorted(projection.HANDLERS, key=lambda cls: cls.__name__)).flatmap(kinds)


def any_unread() -> st.SearchStrategy[tuple[bytes, ...]]:
    """The topics of a log that cannot be read, about one of the same subjects or nothing."""
    return st.one_of(st.just(()), st.sampled_from(IDS).map(lambda subject: (IDS[0], subject)))


STEPS = st.lists(
    st.one_of(
        any_event(),
        st.tuples(
            st.just("unread"), st.sampled_from(sorted({contract for contract, *_ in ABOUT.values()})), any_unread()
        ),
        st.tuples(st.just("roll back"), st.integers(0, 6)),
        st.tuples(st.sampled_from(["submit", "fail"]), st.sampled_from(IDS)),
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Database]:
    with own_database(stack, "current") as dsn:
        migrate(dsn)
        with Database(dsn, size=2) as made:
            yield made


def contents(tx: Transaction) -> dict[str, list[str]]:
    found = {
        table: sorted(str(row) for row in tx.execute(b"SELECT * FROM " + table.encode()).fetchall())
        for table in PROJECTED
    }
    shown = tx.execute("SELECT task_id, state, failed_code FROM tasks ORDER BY task_id").fetchall()
    sent = tx.execute("SELECT party, name, task_id, block_number, log_index FROM outbox ORDER BY 1, 2, 3").fetchall()
    letters = tx.execute("SELECT item, code, cause FROM faults ORDER BY item").fetchall()
    return {
        **found,
        "dead letters": [str(row) for row in letters],
        "tasks": [str(row) for row in shown],
        "outbox": [str(row) for row in sent],
    }


def take(tx: Transaction, step: Any, block: int) -> int:
    """One step of a history; the block that comes next. Events that contradict what came before are dead letters."""
    contract = step.CONTRACTS[0] if isinstance(step, events.Event) else step[1] if step[0] == "unread" else None
    if contract is not None:
        event = decode(contract, step[2], b"") if isinstance(step, tuple) else step
        logged = Logged(event, contract, block, secrets.token_bytes(32), secrets.token_bytes(32), 0, 0, 1000 + block)
        projection.apply(tx, logged)
        return block + 1
    match step:
        case ("roll back", int(blocks)):
            block = max(0, block - blocks)
            index.roll_back(tx, block - 1)
        case ("fail", bytes(task)):
            tasks.fail(tx, task, "test.failed", "It failed.", "Wait.")
        case (_, task):
            tasks.add(
                tx, task_id=task, contract=sample.contract().data(), digest=bytes(32), proposer="hospital",
                deadline=1, signature=b"", now=1, parts=[("hospital", "proposer"), ("hospital", "owner")],
            )  # fmt: skip
    return block


@given(steps=STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_kept_state_is_what_the_events_say(database: Database, steps: list[Any]) -> None:
    with database.transaction() as tx, tx.transaction(force_rollback=True):
        block = 0
        for step in steps:
            block = take(tx, step, block)
        kept = contents(tx)
        unread = {
            (row["contract"], row["subject"]) for row in tx.execute("SELECT contract, subject FROM faults").fetchall()
        }
        for table, newest in VIEWS.items():
            contract, *keys = ABOUT[table]
            rows = tx.execute(newest).fetchall()
            known = [row for row in rows if not any((contract, row[key]) in unread for key in keys)]
            assert kept[table] == sorted(map(str, known))
        states = {row["task_id"]: row["state"] for row in tx.execute("SELECT task_id, state FROM tasks_now").fetchall()}
        for row in tx.execute("SELECT task_id, state, failed_code FROM tasks").fetchall():
            before = "failed" if row["failed_code"] else "submitted"
            unknown = ("Tasks", row["task_id"]) in unread
            assert row["state"] == ("unknown" if unknown else states.get(row["task_id"], before))
        assert projection.rebuild(tx, batch=7) == block
        again = contents(tx)
        # A start that was seen before its task was submitted here owes its messages now.
        assert set(kept.pop("outbox")) <= set(again.pop("outbox"))
        assert again == kept


def test_going_all_the_way_back_leaves_nothing(database: Database) -> None:
    with database.transaction() as tx, tx.transaction(force_rollback=True):
        take(tx, ("submit", IDS[0]), 0)
        for block, kind in enumerate((events.TaskProposed, events.TaskStarted, events.TaskAborted)):
            assert take(tx, blank(kind, task=IDS[0]), block) == block + 1
        index.roll_back(tx, 1)
        assert [row["state"] for row in tx.execute("SELECT state FROM tasks").fetchall()] == ["started"]
        index.roll_back(tx, -1)
        assert [row["state"] for row in tx.execute("SELECT state FROM tasks").fetchall()] == ["submitted"]
        assert all(not rows for table, rows in contents(tx).items() if table != "tasks")


def test_a_database_of_the_old_schema_keeps_its_data_and_fills_the_new_tables(stack: Stack) -> None:
    kept = (
        "chain_events", "tasks", "task_parties", "authorizations", "relay_jobs", "outbox", "receipts", "progress",
        "sealed_shares", "log_evidence", "bundles", "idempotency", "names", "authorization_versions", "task_versions",
        "commitments", "anchor_versions", "result_attestations",
    )  # fmt: skip
    with own_database(stack, "migrated") as dsn:
        ended.fill_old_schema(dsn, 12)
        with psycopg.connect(dsn) as connection:
            connection.execute("UPDATE tally.tasks SET failed_code = 'x', failed_what = 'x', failed_fix = 'x' WHERE submitted_at ="
                               " (SELECT min(submitted_at) FROM tally.tasks)")  # fmt: skip
            oldest = connection.execute("SELECT task_id FROM tally.tasks ORDER BY submitted_at LIMIT 3").fetchall()
            failed, unbundled, _ = (bytes(row[0]) for row in oldest)
            connection.execute("DELETE FROM tally.task_versions WHERE task_id = %s", (failed,))
            connection.execute("DELETE FROM tally.bundles WHERE task_id = %s", (unbundled,))
            connection.execute("INSERT INTO tally.tasks (task_id, contract, contract_digest, proposer, deadline, signature,"
                               " submitted_at) VALUES (%s, '', %s, 'hospital', 1, '', 1)", (IDS[0], IDS[0]))  # fmt: skip
            before = {table: rows(connection, table) for table in kept}
        migrate(dsn)
        with psycopg.connect(dsn, options="-c search_path=tally") as connection:
            for table in kept:
                # Columns that the old schema had come first and are as they were.
                width = len(before[table][0])
                assert sorted((row[:width] for row in rows(connection, table)), key=str) == before[table], table
            for table, newest in VIEWS.items():
                assert rows(connection, table) == sorted(connection.execute(newest).fetchall(), key=str)
            states = dict(connection.execute("SELECT task_id, state FROM tasks").fetchall())
            assert states.pop(IDS[0]) == "submitted"
            assert states.pop(failed) == "failed"
            assert set(states.values()) == {"completed"}
            due = {bytes(row[0]) for row in connection.execute("SELECT task_id FROM bundles_due").fetchall()}
            assert due == set(states), "every bundle of the old schema is of the old format"
            uses = connection.execute("SELECT count(*), count(used_at) FROM authorization_versions").fetchone()
            assert uses == (48, 24)


def rows(connection: psycopg.Connection[Any], table: str) -> list[tuple[Any, ...]]:
    return sorted(connection.execute(b"SELECT * FROM tally." + table.encode()).fetchall(), key=str)


def test_the_rebuild_command_mends_what_was_damaged_and_refuses_beside_an_engine(world: World, tmp_path: Path) -> None:
    task = world.started()
    url = tmp_path / "url"
    url.write_text(world.dsn)
    url.chmod(0o600)
    with world.database.transaction() as tx:
        before = contents(tx)
        tx.execute("DELETE FROM tasks_now")
        tx.execute("UPDATE tasks SET state = 'expired' WHERE task_id = %s", (task,))
    with engine_lock(world.dsn):
        refused = CliRunner().invoke(app, ["rebuild", str(url)])
    assert isinstance(refused.exception, RefusedError)
    assert refused.exception.code == "engine.second"
    done = CliRunner().invoke(app, ["rebuild", str(url)])
    assert done.exit_code == 0, done.output
    assert done.output == f"{len(events_of(world))} events projected anew.\n"
    with world.database.transaction() as tx:
        assert contents(tx) == before


def events_of(world: World) -> list[Any]:
    with world.database.transaction() as tx:
        return tx.execute("SELECT 1 FROM chain_events").fetchall()
