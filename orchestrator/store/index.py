"""The chain as it was seen: cursor, blocks, events and their projections.

Projections are appended, never updated; :func:`roll_back` deletes events and everything that follows from them. Both keep
the current state (:mod:`orchestrator.store.current`) in the same transaction.
"""

from dataclasses import dataclass
from typing import Any, Final

from psycopg.types.json import Jsonb

from orchestrator.store import current, receipts
from orchestrator.store.database import Row, Transaction

KEPT_CURSORS: Final = 64
"""How many cursors are kept to find a fork point; a reorganisation below them starts the index from scratch."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event stands on the chain."""

    block_number: int
    log_index: int


def bind_deployment(tx: Transaction, deployment_id: bytes, chain_id: int, genesis_hash: bytes) -> bool:
    """Remember which deployment this database is about; False when it is about another one."""
    tx.execute(
        "INSERT INTO deployment (deployment_id, chain_id, genesis_hash) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (deployment_id, chain_id, genesis_hash),
    )
    row = tx.execute("SELECT deployment_id, chain_id, genesis_hash FROM deployment").fetchone()
    return row is not None and (bytes(row["deployment_id"]), int(row["chain_id"]), bytes(row["genesis_hash"])) == (
        deployment_id,
        chain_id,
        genesis_hash,
    )


def cursors(tx: Transaction) -> list[tuple[int, bytes]]:
    """Number and hash of the blocks up to which everything was read, newest first."""
    rows = tx.execute("SELECT block_number, block_hash FROM chain_cursors ORDER BY block_number DESC").fetchall()
    return [(row["block_number"], bytes(row["block_hash"])) for row in rows]


def add_cursor(tx: Transaction, number: int, block_hash: bytes) -> None:
    """Everything up to this block was read."""
    tx.execute("INSERT INTO chain_cursors (block_number, block_hash) VALUES (%s, %s)", (number, block_hash))
    tx.execute(
        "DELETE FROM chain_cursors WHERE block_number NOT IN"
        " (SELECT block_number FROM chain_cursors ORDER BY block_number DESC LIMIT %s)",
        (KEPT_CURSORS,),
    )


def roll_back(tx: Transaction, above: int) -> int:
    """Forget every block above ``above`` with all that follows from it; returns how many events went."""
    touched = current.touched_above(tx, above)
    current.lock_tasks(tx, touched.tasks)
    gone = tx.execute("DELETE FROM chain_events WHERE block_number > %s", (above,)).rowcount
    tx.execute("DELETE FROM chain_cursors WHERE block_number > %s", (above,))
    current.refresh(tx, touched)
    for task_id in touched.tasks:
        receipts.bundle_due(tx, task_id)
    return gone


def insert_event(
    tx: Transaction,
    at: Position,
    *,
    block_hash: bytes,
    tx_hash: bytes,
    tx_index: int,
    block_time: int,
    contract: str,
    name: str,
    subject: bytes | None,
    args: dict[str, Any],
    sender: bytes | None = None,
) -> bool:
    """Write an event; False when it was there already (the same block read twice)."""
    done = tx.execute(
        "INSERT INTO chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name,"
        " subject, args, sender) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            at.block_number,
            at.log_index,
            block_hash,
            tx_hash,
            tx_index,
            block_time,
            contract,
            name,
            subject,
            Jsonb(args),
            sender,
        ),
    )
    return done.rowcount == 1


def add_party(tx: Transaction, at: Position, row: Row) -> None:
    """Append a party's new whole state."""
    tx.execute(
        "INSERT INTO party_versions (block_number, log_index, party_id, wallet, node_signer, node_key, seal_key,"
        " operator, roles, profile_hash, active, pending_wallet, key_period) VALUES (%(b)s, %(l)s, %(party_id)s, %(wallet)s,"
        " %(node_signer)s, %(node_key)s, %(seal_key)s, %(operator)s, %(roles)s, %(profile_hash)s, %(active)s,"
        " %(pending_wallet)s, %(key_period)s)",
        {"b": at.block_number, "l": at.log_index, **row},
    )
    current.party(tx, row["party_id"])


def party(tx: Transaction, party_id: bytes) -> Row | None:
    """A party's newest state."""
    return tx.execute("SELECT * FROM parties_now WHERE party_id = %s", (party_id,)).fetchone()


def node_keys(tx: Transaction, party_id: bytes) -> list[bytes]:
    """Every node key the registry ever held for a party."""
    rows = tx.execute("SELECT DISTINCT node_key FROM party_versions WHERE party_id = %s", (party_id,)).fetchall()
    return [bytes(row["node_key"]) for row in rows]


def add_data_set(tx: Transaction, at: Position, row: Row) -> None:
    """Append a data set version's new whole state."""
    tx.execute(
        "INSERT INTO data_set_versions (block_number, log_index, data_set_id, version, owner_id, schema_hash,"
        " input_root, row_count, data_level, legal_basis, active) VALUES (%(b)s, %(l)s, %(data_set_id)s, %(version)s,"
        " %(owner_id)s, %(schema_hash)s, %(input_root)s, %(row_count)s, %(data_level)s, %(legal_basis)s, %(active)s)",
        {"b": at.block_number, "l": at.log_index, **row},
    )
    current.data_set(tx, row["data_set_id"], row["version"])


def data_set(tx: Transaction, data_set_id: bytes, version: int) -> Row | None:
    """A data set version's newest state."""
    return tx.execute(
        "SELECT * FROM data_sets_now WHERE data_set_id = %s AND version = %s", (data_set_id, version)
    ).fetchone()


def add_release(tx: Transaction, at: Position, row: Row) -> None:
    """Append a program's or an engine's new whole state."""
    tx.execute(
        "INSERT INTO release_versions (block_number, log_index, release_id, kind, publisher, code_digest, committee,"
        " protection_level, security_model, min_parties, max_parties, output_kind, approvals, active, serial) VALUES"
        " (%(b)s, %(l)s, %(release_id)s, %(kind)s, %(publisher)s, %(code_digest)s, %(committee)s, %(protection_level)s,"
        " %(security_model)s, %(min_parties)s, %(max_parties)s, %(output_kind)s, %(approvals)s, %(active)s, %(serial)s)",
        {"b": at.block_number, "l": at.log_index, **row},
    )
    current.release(tx, row["release_id"])


def release(tx: Transaction, release_id: bytes) -> Row | None:
    """A program's or an engine's newest state."""
    return tx.execute("SELECT * FROM releases_now WHERE release_id = %s", (release_id,)).fetchone()


def add_succession(tx: Transaction, at: Position, older: bytes, newer: bytes, approvals: int) -> None:
    """Append what a release is to be replaced by, and how many certifiers approved that."""
    tx.execute(
        "INSERT INTO succession_versions (block_number, log_index, older, newer, approvals) VALUES (%s, %s, %s, %s, %s)",
        (at.block_number, at.log_index, older, newer, approvals),
    )
    current.succession(tx, older)


def approvals_of_succession(tx: Transaction, older: bytes, newer: bytes) -> int:
    """How many certifiers ever approved that one release replaces the other: declaring another does not undo it."""
    row = tx.execute(
        "SELECT approvals FROM succession_versions WHERE older = %s AND newer = %s"
        " ORDER BY block_number DESC, log_index DESC LIMIT 1",
        (older, newer),
    ).fetchone()
    return 0 if row is None else row["approvals"]


def succession(tx: Transaction, older: bytes) -> Row | None:
    """What is declared to replace a release, how many approved it, and whether that is not retired."""
    return tx.execute(
        "SELECT s.newer, s.approvals, r.active FROM successions_now s JOIN releases_now r ON r.release_id = s.newer"
        " WHERE s.older = %s",
        (older,),
    ).fetchone()


def add_authorization(tx: Transaction, at: Position, row: Row) -> None:
    """Append an authorization's new whole state; ``used`` says that the event consumed a use."""
    tx.execute(
        "INSERT INTO authorization_versions (block_number, log_index, digest, owner_id, submitted, uses_left, revoked,"
        " task_id, wallet, sequence, used_at) VALUES (%(b)s, %(l)s, %(digest)s, %(owner_id)s, %(submitted)s, %(uses_left)s,"
        " %(revoked)s, %(task_id)s, %(wallet)s, %(sequence)s, CASE WHEN %(used)s THEN"
        " (SELECT block_time FROM chain_events WHERE block_number = %(b)s AND log_index = %(l)s) END)",
        {"b": at.block_number, "l": at.log_index, **row},
    )
    current.authorization(tx, row["digest"], row["owner_id"])


def authorization(tx: Transaction, digest: bytes, owner_id: bytes) -> Row | None:
    """An authorization's newest state as far as this owner goes."""
    return tx.execute(
        "SELECT * FROM authorizations_now WHERE digest = %s AND owner_id = %s", (digest, owner_id)
    ).fetchone()


def submitted_authorization(tx: Transaction, digest: bytes) -> Row | None:
    """The one submitted authorization with this digest; the chain takes it from the data set's owner only."""
    return tx.execute("SELECT * FROM authorizations_now WHERE digest = %s AND submitted", (digest,)).fetchone()


def standing_up_to(tx: Transaction, owner_id: bytes, through: int) -> list[Row]:
    """What an owner submitted up to a number and has not revoked."""
    return tx.execute(
        "SELECT * FROM authorizations_now WHERE owner_id = %s AND sequence <= %s AND NOT revoked ORDER BY sequence",
        (owner_id, through),
    ).fetchall()


def submissions(tx: Transaction, owner_id: bytes) -> int:
    """How many authorizations an owner has submitted."""
    row = tx.execute(
        "SELECT max(sequence) AS n FROM authorization_versions WHERE owner_id = %s", (owner_id,)
    ).fetchone()
    return 0 if row is None or row["n"] is None else row["n"]


def add_task(tx: Transaction, at: Position, row: Row) -> None:
    """Append a task's new whole state; ``ending`` is JSON or None."""
    ending = None if row["ending"] is None else Jsonb(row["ending"])
    tx.execute(
        "INSERT INTO task_versions (block_number, log_index, task_id, state, review, run_id, started_at, ending,"
        " review_by, reserves) VALUES (%(b)s, %(l)s, %(task_id)s, %(state)s, %(review)s, %(run_id)s, %(started_at)s,"
        " %(ending)s, %(review_by)s, %(reserves)s)",
        {"b": at.block_number, "l": at.log_index, **row, "ending": ending},
    )
    current.task(tx, row["task_id"])


def task(tx: Transaction, task_id: bytes) -> Row | None:
    """A task's newest state on chain."""
    return tx.execute("SELECT * FROM tasks_now WHERE task_id = %s", (task_id,)).fetchone()


def add_commitment(tx: Transaction, at: Position, row: Row) -> None:
    """Append a commitment."""
    tx.execute(
        "INSERT INTO commitments (block_number, log_index, task_id, party_id, run_id, epoch, log_size, log_root)"
        " VALUES (%(b)s, %(l)s, %(task_id)s, %(party_id)s, %(run_id)s, %(epoch)s, %(log_size)s, %(log_root)s)",
        {"b": at.block_number, "l": at.log_index, **row},
    )


def commitments(tx: Transaction, task_id: bytes) -> list[Row]:
    """A task's commitments."""
    return tx.execute(
        "SELECT * FROM commitments WHERE task_id = %s ORDER BY block_number, log_index", (task_id,)
    ).fetchall()


def add_attestation(tx: Transaction, at: Position, row: Row) -> None:
    """Append a result user's attestation."""
    tx.execute(
        "INSERT INTO result_attestations (block_number, log_index, task_id, user_id, run_id, result_hash)"
        " VALUES (%(b)s, %(l)s, %(task_id)s, %(user_id)s, %(run_id)s, %(result_hash)s)",
        {"b": at.block_number, "l": at.log_index, **row},
    )


def attestations(tx: Transaction, task_id: bytes) -> list[Row]:
    """A task's attestations."""
    return tx.execute("SELECT * FROM result_attestations WHERE task_id = %s ORDER BY user_id", (task_id,)).fetchall()


def add_anchor(tx: Transaction, at: Position, row: Row) -> None:
    """Append an anchored head of a log."""
    tx.execute(
        "INSERT INTO anchor_versions (block_number, log_index, party_id, epoch, log_size, log_root)"
        " VALUES (%(b)s, %(l)s, %(party_id)s, %(epoch)s, %(log_size)s, %(log_root)s)",
        {"b": at.block_number, "l": at.log_index, **row},
    )
    receipts.bundles_due_for_anchor(tx, row["party_id"], row["epoch"], row["log_size"])


def events_about(tx: Transaction, subjects: list[bytes], names: list[str]) -> list[Row]:
    """Events of the given names whose first topic is one of ``subjects``, in chain order."""
    return tx.execute(
        "SELECT block_number, log_index, block_hash, block_time, tx_hash, tx_index, name, subject, args FROM chain_events"
        " WHERE subject = ANY(%s) AND name = ANY(%s) ORDER BY block_number, log_index",
        (subjects, names),
    ).fetchall()


def events_in(tx: Transaction, block: int, subjects: list[bytes], names: list[str]) -> list[Row]:
    """As :func:`events_about`, of one block."""
    return tx.execute(
        "SELECT block_number, log_index, block_hash, tx_hash, tx_index, name, subject, args FROM chain_events"
        " WHERE block_number = %s AND subject = ANY(%s) AND name = ANY(%s) ORDER BY log_index",
        (block, subjects, names),
    ).fetchall()


def anchors_up_to(tx: Transaction, party_id: bytes, epoch: int, size: int, limit: int) -> list[Row]:
    """The newest anchors of a log in an epoch that are not beyond a size, as events."""
    return tx.execute(
        "SELECT e.block_number, e.log_index, e.block_hash, e.tx_hash, e.tx_index, e.name, e.subject, e.args"
        " FROM (SELECT block_number, log_index, log_size FROM anchor_versions"
        " WHERE party_id = %s AND epoch = %s AND log_size BETWEEN 1 AND %s ORDER BY log_size DESC LIMIT %s) a"
        " JOIN chain_events e USING (block_number, log_index) ORDER BY a.log_size",
        (party_id, epoch, size, limit),
    ).fetchall()


def decoded(tx: Transaction, at: Position, name: str, subject: bytes | None, args: dict[str, Any]) -> None:
    """A kept log that could not be read when it came is this event."""
    tx.execute(
        "UPDATE chain_events SET name = %s, subject = %s, args = %s WHERE block_number = %s AND log_index = %s",
        (name, subject, Jsonb(args), at.block_number, at.log_index),
    )


def events_after(tx: Transaction, after: Position, limit: int) -> list[Row]:
    """Events after a position, in chain order."""
    return tx.execute(
        "SELECT block_number, log_index, block_time, contract, name, subject, args FROM chain_events"
        " WHERE (block_number, log_index) > (%s, %s) ORDER BY block_number, log_index LIMIT %s",
        (after.block_number, after.log_index, limit),
    ).fetchall()
