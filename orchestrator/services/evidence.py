"""What a task's evidence bundle is made of: which logs, which events, and whether it is time to build it."""

import hashlib
from dataclasses import dataclass
from typing import Final

from orchestrator.services import states
from orchestrator.store import index, receipts, tasks
from orchestrator.store.database import Row, Transaction
from protocol import canonical, ids
from protocol.contract import TaskContract
from protocol.messages import LogEvidence, SignedAuthorization

_PARTY_EVENTS: Final = ["PartyAdmitted", "PartySuspended", "PartyReinstated", "KeysRotated", "WalletChanged"]
_DATA_EVENTS: Final = ["DataSetRegistered", "DataSetRetired", "DataSetAttested"]
_PROGRAM_EVENTS: Final = ["ProgramPublished", "ProgramApproved", "ProgramRetired"]
_CONSENT_EVENTS: Final = ["AuthorizationSubmitted", "AuthorizationRevoked", "UseConsumed", "UseReturned"]
_TASK_EVENTS: Final = [
    "TaskProposed",
    "TaskStarted",
    "RunCommitted",
    "TaskCompleted",
    "TaskDisputed",
    "TaskAborted",
    "TaskExpired",
    "OutputReviewed",
    "ResultAttested",
]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything but the chain proofs. ``fingerprint`` changes when, and only when, the material does."""

    task: bytes
    contract: bytes
    authorizations: tuple[SignedAuthorization, ...]
    logs: tuple[LogEvidence, ...]
    transactions: tuple[tuple[int, bytes], ...]
    last_block: int
    fingerprint: bytes


def gather(tx: Transaction, task: bytes) -> Gathered | None:
    """The material of an ended task, None while a log of somebody who committed is missing."""
    row = tasks.get(tx, task)
    if row is None or row["state"] not in states.ENDED:
        return None
    bodies = receipts.logs(tx, task)
    logs = tuple(LogEvidence.parse(canonical.parse(body)) for _, body in sorted(bodies.items()))
    committed = {bytes(item["party_id"]) for item in index.commitments(tx, task)}
    if not committed <= {ids.on_chain(log.party) for log in logs}:
        return None
    contract = TaskContract.read(bytes(row["contract"]))
    found = _events(tx, row, contract, logs)
    digests = _consumed(found)
    signed = [SignedAuthorization.parse(canonical.parse(data)) for data in tasks.authorizations_by_digest(tx, digests)]
    transactions = sorted({(item["block_number"], item["tx_index"], bytes(item["tx_hash"])) for item in found})
    material = hashlib.sha256(bytes(row["contract"]))
    for part in (*(body for _, body in sorted(bodies.items())), *(item[2] for item in transactions)):
        material.update(hashlib.sha256(part).digest())
    return Gathered(
        task,
        bytes(row["contract"]),
        tuple(sorted(signed, key=lambda item: item.message.data_set)),
        logs,
        tuple((block, tx_hash) for block, _, tx_hash in transactions),
        max((block for block, _, _ in transactions), default=0),
        material.digest(),
    )


def _events(tx: Transaction, row: Row, contract: TaskContract, logs: tuple[LogEvidence, ...]) -> list[Row]:
    people = [ids.on_chain(name) for name in (*contract.participants, contract.scheduler)]
    found = index.events_about(tx, people, _PARTY_EVENTS)
    data_sets = [ids.on_chain(item.data_set) for item in contract.inputs]
    described = index.events_about(tx, data_sets, _DATA_EVENTS)
    found += described
    programs = index.events_about(tx, [ids.on_chain(name) for name in contract.programs], _PROGRAM_EVENTS)
    found += programs
    mine = index.events_about(tx, [bytes(row["task_id"])], _TASK_EVENTS)
    found += mine
    started = [item for item in mine if item["name"] == "TaskStarted"]
    digests = [bytes.fromhex(value[2:]) for item in started for value in item["args"]["authorizations"]]
    found += index.events_about(tx, digests, _CONSENT_EVENTS)
    # Certifiers vouch with their own keys: who they are belongs to the story as well.
    others = [item["args"]["certifier"] for item in programs if item["name"] == "ProgramApproved"]
    others += [item["args"]["party"] for item in described if item["name"] == "DataSetAttested"]
    found += index.events_about(tx, [bytes.fromhex(value[2:]) for value in others], _PARTY_EVENTS)
    for log in logs:
        # The anchor that the log's proofs lead to and the one before it, which the chain proved it to continue.
        found += index.anchors_up_to(tx, ids.on_chain(log.party), log.epoch, log.size, 2)
    return found


def _consumed(found: list[Row]) -> list[bytes]:
    return [
        bytes.fromhex(value[2:])
        for item in found
        if item["name"] == "TaskStarted"
        for value in item["args"]["authorizations"]
    ]
