"""From the chain's events to rows, and to the messages that an event causes, in one transaction.

Every function appends a whole new state made from the one before; nothing is updated, so a rollback is a deletion.
:func:`rebuild` makes the same rows again from the kept events.
"""

from collections.abc import Callable
from typing import Any, Final

import structlog

from chain.events import Logged, Undecoded, decode
from orchestrator.services import messages, states
from orchestrator.store import current, faults, index, receipts
from orchestrator.store.database import Row, Transaction
from orchestrator.store.index import Position
from protocol import event_words, events
from protocol.errors import VerificationError
from protocol.event import Event
from protocol.fields import Fields, fields_of

_log = structlog.get_logger()


def apply(tx: Transaction, logged: Logged) -> None:
    """Keep an event and everything that follows from it; seeing the same event twice changes nothing."""
    at = Position(logged.block_number, logged.log_index)
    subject, args = _kept(logged.event)
    new = index.insert_event(
        tx,
        at,
        block_hash=logged.block_hash,
        tx_hash=logged.transaction_hash,
        tx_index=logged.transaction_index,
        block_time=logged.time,
        contract=logged.contract,
        name=logged.name,
        subject=subject,
        args=args,
        sender=logged.sender,
    )
    if new:
        _isolated(tx, at, logged.contract, subject, logged.event)


def rebuild(tx: Transaction, batch: int = 1000) -> int:
    """Forget everything that follows from events and derive it again from those kept; returns how many there were.

    What people sent, queues and messages stay: a message that was put once is not put again. Logs that could not be read
    are tried again: this version may know them.
    """
    faults.forgive_events(tx)
    current.clear(tx)
    at, count = Position(-1, 0), 0
    while rows := index.events_after(tx, at, batch):
        for row in rows:
            at = Position(row["block_number"], row["log_index"])
            event, subject = _read(row["name"], row["args"]), row["subject"]
            if isinstance(event, Undecoded):
                event = decode(row["contract"], event.topics, event.data)
                if not isinstance(event, Undecoded):
                    subject, args = _kept(event)
                    index.decoded(tx, at, type(event).__name__, subject, args)
            _isolated(tx, at, row["contract"], None if subject is None else bytes(subject), event)
        count += len(rows)
    return count


def _kept(event: Fields) -> tuple[bytes | None, dict[str, object]]:
    """What an event is about, and its fields as they are stored."""
    first = [getattr(event, field.attribute) for field in fields_of(type(event))[:1]]
    return first[0] if first and isinstance(first[0], bytes) else None, event.to_json()


def _read(name: str, args: object) -> Event | Undecoded:
    """The event of a kept row; the other way of :func:`_kept`."""
    return Undecoded.parse(args) if name == Undecoded.__name__ else events.read(name, args)


def _isolated(tx: Transaction, at: Position, contract: str, subject: bytes | None, event: object) -> None:
    """What follows from one event; one that nothing can follow from is a dead letter and holds up no other event."""
    if isinstance(event, Undecoded):
        code, cause, error = event.code, event.cause, None
    else:
        error = faults.isolated(tx, lambda: _follow(tx, at, event))
        if error is None:
            return
        code, cause = faults.cause_of(error)
    faults.note_event(tx, "index", (at.block_number, at.log_index), code, cause)
    if subject is not None:
        current.not_known(tx, contract, subject)
    _log.error("index.event_failed", event_name=type(event).__name__, block=at.block_number, code=code, exc_info=error)


def _follow(tx: Transaction, at: Position, event: object) -> None:
    handler = HANDLERS.get(type(event))
    if handler is not None:
        handler(tx, at, event)
    task = getattr(event, "task", None)
    if isinstance(task, bytes):
        receipts.bundle_due(tx, task)


def _address(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _known(row: Row | None, what: str, subject: bytes) -> Row:
    if row is None:
        raise VerificationError(
            "index.gap",
            f"An event speaks of {what} 0x{subject.hex()}, which no earlier event made.",
            "Rebuild the index; check the deployment's first block.",
        )
    return row


def _party_admitted(tx: Transaction, at: Position, event: events.PartyAdmitted) -> None:
    row = {
        "party_id": event.party,
        "wallet": _address(event.wallet),
        "node_signer": _address(event.node_signer),
        "node_key": event.node_key,
        "seal_key": event.seal_key,
        "operator": event.operator,
        "roles": event.roles,
        "profile_hash": event.profile_hash,
        "active": True,
        "pending_wallet": None,
        "key_period": 1,
    }
    index.add_party(tx, at, row)


def _party_changed(tx: Transaction, at: Position, party: bytes, changes: dict[str, Any]) -> None:
    index.add_party(tx, at, {**_known(index.party(tx, party), "party", party), **changes})


def _data_set_registered(tx: Transaction, at: Position, event: events.DataSetRegistered) -> None:
    row = {
        "data_set_id": event.data_set,
        "version": event.version,
        "owner_id": event.owner,
        "schema_hash": event.schema_hash,
        "input_root": event.input_root,
        "row_count": event.rows,
        "data_level": event.data_level,
        "legal_basis": event.legal_basis,
        "active": True,
    }
    index.add_data_set(tx, at, row)


def _data_set_retired(tx: Transaction, at: Position, event: events.DataSetRetired) -> None:
    row = _known(index.data_set(tx, event.data_set, event.version), "data set", event.data_set)
    index.add_data_set(tx, at, {**row, "active": False})


def _wallet_named(tx: Transaction, at: Position, event: events.WalletChangeNamed) -> None:
    named = _address(event.new_wallet)
    _party_changed(tx, at, event.party, {"pending_wallet": named if any(named) else None})


def _program_published(tx: Transaction, at: Position, event: events.ProgramPublished) -> None:
    row = {
        "release_id": event.program,
        "kind": "program",
        "publisher": event.publisher,
        "code_digest": event.code_digest,
        "committee": event.committee,
        "protection_level": event.protection_level,
        "security_model": event.security_model,
        "min_parties": event.min_parties,
        "max_parties": event.max_parties,
        "output_kind": event.output_kind,
        "approvals": 0,
        "active": True,
        "serial": event.serial,
    }
    index.add_release(tx, at, row)


def _engine_published(tx: Transaction, at: Position, event: events.EnginePublished) -> None:
    row = {
        "release_id": event.engine,
        "kind": "engine",
        "publisher": event.publisher,
        "code_digest": event.code_digest,
        "committee": None,
        "protection_level": None,
        "security_model": None,
        "min_parties": None,
        "max_parties": None,
        "output_kind": None,
        "approvals": 0,
        "active": True,
        "serial": event.serial,
    }
    index.add_release(tx, at, row)


def _release_changed(tx: Transaction, at: Position, release: bytes, changes: dict[str, Any]) -> None:
    index.add_release(tx, at, {**_known(index.release(tx, release), "release", release), **changes})


def _successor_declared(tx: Transaction, at: Position, event: events.SuccessorDeclared) -> None:
    before = index.approvals_of_succession(tx, event.older, event.newer)
    index.add_succession(tx, at, event.older, event.newer, before)


def _successor_approved(tx: Transaction, at: Position, event: events.SuccessorApproved) -> None:
    index.add_succession(tx, at, event.older, event.newer, event.approvals)


def _authorization_submitted(tx: Transaction, at: Position, event: events.AuthorizationSubmitted) -> None:
    row = {
        "digest": event.authorization,
        "owner_id": event.owner,
        "submitted": True,
        "uses_left": event.signed.max_uses,
        "revoked": False,
        "task_id": None,
        "wallet": _address(event.wallet),
        "sequence": event.sequence,
        "used": False,
    }
    index.add_authorization(tx, at, row)


def _authorization_revoked(tx: Transaction, at: Position, event: events.AuthorizationRevoked) -> None:
    before = index.authorization(tx, event.authorization, event.owner)
    blank = {
        "digest": event.authorization,
        "owner_id": event.owner,
        "submitted": False,
        "uses_left": 0,
        "task_id": None,
        "wallet": None,
        "sequence": None,
    }
    index.add_authorization(tx, at, {**(before or blank), "revoked": True, "used": False})


def _all_revoked(tx: Transaction, at: Position, event: events.AllRevoked) -> None:
    for before in index.standing_up_to(tx, event.owner, event.through):
        index.add_authorization(tx, at, {**before, "revoked": True, "used": False})


def _uses_changed(tx: Transaction, at: Position, event: events.UseConsumed | events.UseReturned) -> None:
    before = _known(index.submitted_authorization(tx, event.authorization), "authorization", event.authorization)
    used = isinstance(event, events.UseConsumed)
    index.add_authorization(tx, at, {**before, "uses_left": event.uses_left, "task_id": event.task, "used": used})


def _task_proposed(tx: Transaction, at: Position, event: events.TaskProposed) -> None:
    _add_task(tx, at, event.task, None, state="proposed", review_by=event.proposal.review_by)


def _task_started(tx: Transaction, at: Position, event: events.TaskStarted) -> None:
    _move(tx, at, event.task, state="started", started_at=event.started_at)
    messages.dispatch(tx, at, event.task, event.authorizations)


def _uses_reserved(tx: Transaction, at: Position, event: events.UsesReserved) -> None:
    _add_task(tx, at, event.task, _known(index.task(tx, event.task), "task", event.task), reserves=event.number)


def _run_committed(tx: Transaction, at: Position, event: events.RunCommitted) -> None:
    row = {
        "task_id": event.task,
        "party_id": event.party,
        "run_id": event.run_id,
        "epoch": event.epoch,
        "log_size": event.log_size,
        "log_root": event.log_root,
    }
    index.add_commitment(tx, at, row)


def _task_completed(tx: Transaction, at: Position, event: events.TaskCompleted) -> None:
    _move(tx, at, event.task, state="completed", run_id=event.run_id)
    messages.release(tx, at, event.task, reviewed=False)
    messages.collect_all(tx, event.task)


def _task_disputed(tx: Transaction, at: Position, event: events.TaskDisputed) -> None:
    pairs = [[left.hex(), right.hex()] for left, right in zip(event.left, event.right, strict=True)]
    _move(tx, at, event.task, state="disputed", ending={"pairs": pairs})


def _task_aborted(tx: Transaction, at: Position, event: events.TaskAborted) -> None:
    reason = event_words.reason_of(event)
    ending = {
        "party": event.party.hex(),
        "number": event.reason,
        "code": "unknown" if reason is None else reason.code,
        "statement": event.statement.hex(),
    }
    _move(tx, at, event.task, state="refused" if event.kind == 1 else "aborted", ending=ending)


def _task_expired(tx: Transaction, at: Position, event: events.TaskExpired) -> None:
    _move(tx, at, event.task, state="expired", ending={"missing": [party.hex() for party in event.missing]})


def _reviewed(tx: Transaction, at: Position, event: events.OutputReviewed) -> None:
    before = _known(index.task(tx, event.task), "task", event.task)
    _add_task(tx, at, event.task, before, review="approved" if event.approved else "rejected")
    if event.approved:
        messages.release(tx, at, event.task, reviewed=True)


def _review_expired(tx: Transaction, at: Position, event: events.ReviewExpired) -> None:
    _add_task(tx, at, event.task, _known(index.task(tx, event.task), "task", event.task), review="expired")


def _attested(tx: Transaction, at: Position, event: events.ResultAttested) -> None:
    row = {
        "task_id": event.task,
        "user_id": event.result_user,
        "run_id": event.run_id,
        "result_hash": event.result_hash,
    }
    index.add_attestation(tx, at, row)


def _move(tx: Transaction, at: Position, task: bytes, **changes: Any) -> None:  # noqa: ANN401 - columns differ in type
    before = _known(index.task(tx, task), "task", task)
    states.require_transition(before["state"], changes["state"])
    _add_task(tx, at, task, before, **changes)


def _add_task(tx: Transaction, at: Position, task: bytes, before: Row | None, **changes: Any) -> None:  # noqa: ANN401
    blank = {
        "task_id": task,
        "review": "none",
        "run_id": None,
        "started_at": None,
        "ending": None,
        "review_by": 0,
        "reserves": 0,
    }
    index.add_task(tx, at, {**(before or blank), **changes})


def _anchored(tx: Transaction, at: Position, event: events.Anchored) -> None:
    row = {"party_id": event.party, "epoch": event.epoch, "log_size": event.size, "log_root": event.root}
    index.add_anchor(tx, at, row)


def _epoch_opened(tx: Transaction, at: Position, event: events.EpochOpened) -> None:
    index.add_anchor(tx, at, {"party_id": event.party, "epoch": event.epoch, "log_size": 0, "log_root": bytes(32)})


HANDLERS: Final[dict[type, Callable[[Transaction, Position, Any], None]]] = {
    events.PartyAdmitted: _party_admitted,
    events.PartySuspended: lambda tx, at, e: _party_changed(tx, at, e.party, {"active": False}),
    events.PartyReinstated: lambda tx, at, e: _party_changed(tx, at, e.party, {"active": True}),
    events.WalletChangeNamed: _wallet_named,
    events.WalletChanged: lambda tx, at, e: _party_changed(
        tx, at, e.party, {"wallet": _address(e.new_wallet), "pending_wallet": None}
    ),
    events.KeysRotated: lambda tx, at, e: _party_changed(
        tx,
        at,
        e.party,
        {
            "node_signer": _address(e.node_signer),
            "node_key": e.node_key,
            "seal_key": e.seal_key,
            "key_period": e.period,
        },
    ),
    events.DataSetRegistered: _data_set_registered,
    events.DataSetRetired: _data_set_retired,
    events.ProgramPublished: _program_published,
    events.EnginePublished: _engine_published,
    events.ReleaseApproved: lambda tx, at, e: _release_changed(tx, at, e.release, {"approvals": e.approvals}),
    events.ReleaseRetired: lambda tx, at, e: _release_changed(tx, at, e.release, {"active": False}),
    events.SuccessorDeclared: _successor_declared,
    events.SuccessorApproved: _successor_approved,
    events.AuthorizationSubmitted: _authorization_submitted,
    events.AuthorizationRevoked: _authorization_revoked,
    events.AllRevoked: _all_revoked,
    events.UseConsumed: _uses_changed,
    events.UseReturned: _uses_changed,
    events.TaskProposed: _task_proposed,
    events.TaskStarted: _task_started,
    events.UsesReserved: _uses_reserved,
    events.RunCommitted: _run_committed,
    events.TaskCompleted: _task_completed,
    events.TaskDisputed: _task_disputed,
    events.TaskAborted: _task_aborted,
    events.TaskExpired: _task_expired,
    events.OutputReviewed: _reviewed,
    events.ReviewExpired: _review_expired,
    events.ResultAttested: _attested,
    events.Anchored: _anchored,
    events.EpochOpened: _epoch_opened,
}
"""What each event does."""
EVENTS_ONLY: Final[frozenset[type]] = frozenset(
    {
        events.DataSetAttested,
        events.BudgetSet,
        events.BudgetSpent,
        events.ModelRegistered,
        events.ModelRetired,
        events.ModelUsed,
        events.LicenceGranted,
        events.LicenceRetired,
        events.ConditionScheduled,
        events.ConditionRemovalScheduled,
        events.Paused,
        events.Unpaused,
        events.RoleGranted,
        events.RoleRevoked,
        events.RoleAdminChanged,
        events.EIP712DomainChanged,
    }
)
"""Kept as events: nothing here reads a current state of what they tell."""
