"""Current state: of everything that has versions the newest one, in a table of its own that history does not slow down.

A row here is always a copy of its key's newest version, made anew by the transaction that adds or forgets versions, so
adding, rolling back and rebuilding follow one rule. ``tasks.state`` is what people see of a task: the chain's word where
there is one, ours (submitted, failed) before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.store import webhooks
from orchestrator.store.database import Row, Transaction


@dataclass(frozen=True, slots=True)
class Touched:
    """Keys whose versions are about to change."""

    parties: list[bytes]
    data_sets: list[tuple[bytes, int]]
    releases: list[bytes]
    successions: list[bytes]
    authorizations: list[tuple[bytes, bytes]]
    tasks: list[bytes]


def touched_above(tx: Transaction, above: int) -> Touched:
    """Everything that has a version from a block above ``above``."""

    def keys(rows: list[Row]) -> list[Any]:
        found = [tuple(row.values()) for row in rows]
        return [key[0] if len(key) == 1 else key for key in found]

    return Touched(
        parties=keys(
            tx.execute(
                "SELECT party_id FROM party_versions WHERE block_number > %(above)s"
                " UNION SELECT subject FROM faults WHERE contract = 'PartyRegistry' AND block_number > %(above)s"
                " AND subject IS NOT NULL",
                {"above": above},
            ).fetchall()
        ),
        data_sets=keys(
            tx.execute(
                "SELECT data_set_id, version FROM data_set_versions WHERE block_number > %(above)s UNION"
                " SELECT d.data_set_id, d.version FROM faults f JOIN data_set_versions d ON d.data_set_id = f.subject"
                " WHERE f.contract = 'DataSets' AND f.block_number > %(above)s",
                {"above": above},
            ).fetchall()
        ),
        releases=keys(
            tx.execute(
                "SELECT release_id FROM release_versions WHERE block_number > %(above)s"
                " UNION SELECT subject FROM faults WHERE contract = 'Programs' AND block_number > %(above)s"
                " AND subject IS NOT NULL",
                {"above": above},
            ).fetchall()
        ),
        successions=keys(
            tx.execute(
                "SELECT older FROM succession_versions WHERE block_number > %(above)s"
                " UNION SELECT subject FROM faults WHERE contract = 'Programs' AND block_number > %(above)s"
                " AND subject IS NOT NULL",
                {"above": above},
            ).fetchall()
        ),
        authorizations=keys(
            tx.execute(
                "SELECT digest, owner_id FROM authorization_versions WHERE block_number > %(above)s UNION"
                " SELECT a.digest, a.owner_id FROM faults f JOIN authorization_versions a ON f.subject IN (a.digest, a.owner_id)"
                " WHERE f.contract = 'Consents' AND f.block_number > %(above)s",
                {"above": above},
            ).fetchall()
        ),
        tasks=keys(
            tx.execute(
                "SELECT task_id FROM task_versions WHERE block_number > %(above)s"
                " UNION SELECT subject FROM faults WHERE contract = 'Tasks' AND block_number > %(above)s"
                " AND subject IS NOT NULL ORDER BY task_id",
                {"above": above},
            ).fetchall()
        ),
    )


def refresh(tx: Transaction, touched: Touched) -> None:
    """Make the current state of all these keys anew."""
    for party_id in touched.parties:
        party(tx, party_id)
    for data_set_id, version in touched.data_sets:
        data_set(tx, data_set_id, version)
    for release_id in touched.releases:
        release(tx, release_id)
    for older in touched.successions:
        succession(tx, older)
    for digest, owner_id in touched.authorizations:
        authorization(tx, digest, owner_id)
    for task_id in touched.tasks:
        task(tx, task_id)


def party(tx: Transaction, party_id: bytes) -> None:
    """A party's newest version is its current state. A changed registry may be what a task waits for."""
    tx.execute("DELETE FROM parties_now WHERE party_id = %s", (party_id,))
    tx.execute(
        "INSERT INTO parties_now SELECT * FROM party_versions WHERE party_id = %(id)s AND NOT EXISTS"
        " (SELECT FROM faults WHERE subject = %(id)s AND contract = 'PartyRegistry')"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1",
        {"id": party_id},
    )
    look_at_all(tx)


def data_set(tx: Transaction, data_set_id: bytes, version: int) -> None:
    """As :func:`party`, of a data set's version."""
    tx.execute("DELETE FROM data_sets_now WHERE data_set_id = %s AND version = %s", (data_set_id, version))
    tx.execute(
        "INSERT INTO data_sets_now SELECT * FROM data_set_versions WHERE data_set_id = %(id)s AND version = %(version)s"
        " AND NOT EXISTS (SELECT FROM faults WHERE subject = %(id)s AND contract = 'DataSets')"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1",
        {"id": data_set_id, "version": version},
    )
    look_at_with(tx, "data_set_id", data_set_id.hex())


def release(tx: Transaction, release_id: bytes) -> None:
    """As :func:`party`, of a program or an engine."""
    tx.execute("DELETE FROM releases_now WHERE release_id = %s", (release_id,))
    tx.execute(
        "INSERT INTO releases_now SELECT * FROM release_versions WHERE release_id = %(id)s AND NOT EXISTS"
        " (SELECT FROM faults WHERE subject = %(id)s AND contract = 'Programs')"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1",
        {"id": release_id},
    )
    look_at_all(tx)


def succession(tx: Transaction, older: bytes) -> None:
    """As :func:`party`, of what a release is to be replaced by."""
    tx.execute("DELETE FROM successions_now WHERE older = %s", (older,))
    tx.execute(
        "INSERT INTO successions_now SELECT * FROM succession_versions WHERE older = %(id)s AND NOT EXISTS"
        " (SELECT FROM faults WHERE subject = %(id)s AND contract = 'Programs')"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1",
        {"id": older},
    )
    look_at_all(tx)


def authorization(tx: Transaction, digest: bytes, owner_id: bytes) -> None:
    """As :func:`party`, of an authorization as far as this owner goes; an event may also be about all that it submitted."""
    tx.execute("DELETE FROM authorizations_now WHERE digest = %s AND owner_id = %s", (digest, owner_id))
    tx.execute(
        "INSERT INTO authorizations_now SELECT * FROM authorization_versions WHERE digest = %(digest)s AND owner_id = %(owner)s"
        " AND NOT EXISTS (SELECT FROM faults WHERE subject IN (%(digest)s, %(owner)s) AND contract = 'Consents')"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1",
        {"digest": digest, "owner": owner_id},
    )
    row = tx.execute("SELECT task_id, data_set FROM authorizations WHERE digest = %s", (digest,)).fetchone()
    if row is not None:  # of one that nobody brought here the words are unknown: no task can start with it
        look_at_covered(tx, None if row["task_id"] is None else bytes(row["task_id"]), row["data_set"])


def task(tx: Transaction, task_id: bytes) -> None:
    """As :func:`party`, of a task, and what people see of it."""
    lock_task(tx, task_id)
    tx.execute("DELETE FROM tasks_now WHERE task_id = %s", (task_id,))
    tx.execute(
        "INSERT INTO tasks_now SELECT * FROM task_versions WHERE task_id = %(id)s AND NOT EXISTS"
        " (SELECT FROM faults WHERE subject = %(id)s AND contract = 'Tasks')"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1",
        {"id": task_id},
    )
    show_task(tx, task_id)


def lock_task(tx: Transaction, task_id: bytes) -> None:
    """Until this transaction ends no other passes here for the same task, whether its row is there yet or not."""
    tx.execute("SELECT pg_advisory_xact_lock(%s)", (int.from_bytes(task_id[:8], signed=True),))


def lock_tasks(tx: Transaction, task_ids: Iterable[bytes]) -> None:
    """As :func:`lock_task`, of several, always in the same order."""
    for task_id in sorted(task_ids):
        lock_task(tx, task_id)


def show_task(tx: Transaction, task_id: bytes) -> None:
    """What people see of a locked task, and that it is to be looked at again."""
    tx.execute(
        "UPDATE tasks t SET look_at = now(), state = CASE"
        " WHEN EXISTS (SELECT FROM faults f WHERE f.subject = t.task_id AND f.contract = 'Tasks') THEN 'unknown'"
        " ELSE coalesce((SELECT v.state FROM tasks_now v WHERE v.task_id = t.task_id),"
        " CASE WHEN t.failed_code IS NULL THEN 'submitted' ELSE 'failed' END) END WHERE t.task_id = %s",
        (task_id,),
    )
    webhooks.tell_moved(tx, task_id)
    tx.execute(
        "UPDATE task_facets f SET value = t.state, changed_at = clock_timestamp() FROM tasks t"
        " WHERE t.task_id = %s AND f.task_id = t.task_id AND f.kind = 'state'",
        (task_id,),
    )
    # for those who wait for its end: `orchestrator.store.database.word_of_tasks`
    tx.execute("SELECT pg_notify('tally_tasks', %s)", (task_id.hex(),))


def not_known(tx: Transaction, contract: str, subject: bytes) -> None:
    """An event of a contract about ``subject`` was noted as unread: what stood there may be stale, so nothing stands there.

    It is made anew when the event is read: by a rebuild with a version that can, or when the chain takes the event back.
    """
    match contract:
        case "PartyRegistry":
            party(tx, subject)
        case "Programs":
            release(tx, subject)
            succession(tx, subject)
        case "DataSets":
            tx.execute("DELETE FROM data_sets_now WHERE data_set_id = %s", (subject,))
        case "Consents":
            tx.execute("DELETE FROM authorizations_now WHERE digest = %(id)s OR owner_id = %(id)s", {"id": subject})
        case "Tasks":
            task(tx, subject)
        case _:
            pass  # no current state


def look_at(tx: Transaction, task_id: bytes) -> None:
    """Something that a proposed task's start may wait for happened."""
    tx.execute("UPDATE tasks SET look_at = now() WHERE task_id = %s AND state = 'proposed'", (task_id,))


def look_at_covered(tx: Transaction, task_id: bytes | None, data_set: str) -> None:
    """Something happened to an authorization for a data set, of one task or (``None``) of any."""
    if task_id is None:
        look_at_with(tx, "data_set", data_set)
    else:
        look_at(tx, task_id)


def look_at_with(tx: Transaction, kind: Literal["data_set", "data_set_id", "party"], value: str) -> None:
    """Something that the start of tasks with this facet (:mod:`orchestrator.store.facets`) may wait for happened."""
    tx.execute(
        "UPDATE tasks t SET look_at = now() WHERE t.state = 'proposed' AND t.look_at > now() AND (SELECT true FROM task_facets f"
        " WHERE f.task_id = t.task_id AND f.party = '*' AND f.kind = %s AND f.value = %s)",
        (kind, value),
    )


def look_at_all(tx: Transaction) -> None:
    """Something that any proposed task's start may wait for happened."""
    tx.execute("UPDATE tasks SET look_at = now() WHERE state = 'proposed' AND look_at > now()")


def clear(tx: Transaction) -> None:
    """Forget every version and all current state, to make them anew from the events."""
    webhooks.in_silence(tx)
    tx.execute("DELETE FROM party_versions")
    tx.execute("DELETE FROM data_set_versions")
    tx.execute("DELETE FROM release_versions")
    tx.execute("DELETE FROM succession_versions")
    tx.execute("DELETE FROM authorization_versions")
    tx.execute("DELETE FROM task_versions")
    tx.execute("DELETE FROM anchor_versions")
    tx.execute("DELETE FROM commitments")
    tx.execute("DELETE FROM result_attestations")
    tx.execute("DELETE FROM parties_now")
    tx.execute("DELETE FROM data_sets_now")
    tx.execute("DELETE FROM releases_now")
    tx.execute("DELETE FROM successions_now")
    tx.execute("DELETE FROM authorizations_now")
    tx.execute("DELETE FROM tasks_now")
    tx.execute("UPDATE tasks SET state = CASE WHEN failed_code IS NULL THEN 'submitted' ELSE 'failed' END")
    tx.execute(
        "UPDATE task_facets f SET value = t.state, changed_at = clock_timestamp() FROM tasks t"
        " WHERE f.task_id = t.task_id AND f.kind = 'state'"
    )
