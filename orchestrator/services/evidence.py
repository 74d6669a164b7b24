"""What a task's evidence bundle is made of: which logs, which events, and whether it is time to build it."""

import hashlib
from dataclasses import dataclass
from typing import Final

from chain.proofs import Facts
from orchestrator.store import index, receipts, tasks
from orchestrator.store.database import Row, Transaction
from protocol import ancestry, bundle, canonical, event_words, ids, vocabulary
from protocol.contract import TaskContract
from protocol.messages import LogEvidence, SignedAuthorization

_WINDOW: Final = ancestry.WINDOW


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything but the chain proofs. ``fingerprint`` changes when, and only when, the material does."""

    task: bytes
    contract: bytes
    authorizations: tuple[SignedAuthorization, ...]
    logs: tuple[LogEvidence, ...]
    places: tuple[tuple[int, bytes, bytes], ...]
    """(block number, block hash, transaction hash) of every receipt."""
    facts: Facts
    fingerprint: bytes


def gather(tx: Transaction, task: bytes) -> Gathered | None:
    """The material of an ended task, None while a log of somebody who committed is missing."""
    row = tasks.get(tx, task)
    if row is None or row["state"] not in vocabulary.ENDED_ON_CHAIN:
        return None
    bodies = receipts.logs(tx, task)
    logs = tuple(LogEvidence.parse(canonical.parse(body)) for _, body in sorted(bodies.items()))
    committed = {bytes(item["party_id"]) for item in index.commitments(tx, task)}
    if not committed <= {ids.on_chain(log.party) for log in logs}:
        return None
    contract = TaskContract.read(bytes(row["contract"]))
    found = _events(tx, row, logs)
    if not found:
        return None
    digests = _consumed(found)
    found += _consent_events(tx, task, contract, digests, found)
    signed = [SignedAuthorization.parse(canonical.parse(data)) for data in tasks.authorizations_by_digest(tx, digests)]
    places = sorted({(item["block_number"], bytes(item["block_hash"]), bytes(item["tx_hash"])) for item in found})
    material = hashlib.sha256(bundle.FORMAT.encode())
    parts = (
        bytes(row["contract"]),
        *(body for _, body in sorted(bodies.items())),
        *(part for p in places for part in p[1:]),
    )
    for part in parts:
        material.update(hashlib.sha256(part).digest())
    return Gathered(
        task,
        bytes(row["contract"]),
        tuple(sorted(signed, key=lambda item: item.message.data_set)),
        logs,
        tuple(places),
        _facts(tx, contract, logs, digests, found),
        material.digest(),
    )


def _events(tx: Transaction, row: Row, logs: tuple[LogEvidence, ...]) -> list[Row]:
    """The task's own events, and the anchors that its logs' proofs lead to; what is registered is read from state."""
    found = index.events_about(tx, [bytes(row["task_id"])], list(event_words.NAMES))
    for log in logs:
        anchored = index.anchors_up_to(tx, ids.on_chain(log.party), log.epoch, log.size, 1)
        found += [item for item in anchored if _head_of(item) == (log.epoch, log.size)]
    return found


def _consent_events(
    tx: Transaction, task: bytes, contract: TaskContract, digests: list[bytes], mine: list[Row]
) -> list[Row]:
    """The uses that the task consumed; submissions that are near, or whose owner changed its wallet since."""
    found = [
        item
        for block in sorted({item["block_number"] for item in mine if item["name"] == "TaskStarted"})
        for item in index.events_in(tx, block, digests, ["UseConsumed"])
        if item["args"]["task"] == "0x" + task.hex()
    ]
    before = max(item["block_number"] for item in mine)
    owners = [ids.on_chain(item.owner) for item in contract.inputs]
    changed = index.events_about(tx, owners, ["WalletChanged"])
    for item in index.events_about(tx, digests, ["AuthorizationSubmitted"]):
        owner = bytes.fromhex(item["args"]["owner"][2:])
        since = [c for c in changed if bytes(c["subject"]) == owner and c["block_number"] >= item["block_number"]]
        if since or item["block_number"] >= before - _WINDOW:
            found += [item, *since]
    return found


def _facts(
    tx: Transaction, contract: TaskContract, logs: tuple[LogEvidence, ...], digests: list[bytes], found: list[Row]
) -> Facts:
    first = min(item["block_number"] for item in found)
    parties = [ids.on_chain(name) for name in contract.participants]
    rotated = [item for item in index.events_about(tx, parties, ["KeysRotated"]) if item["block_number"] >= first]
    heads = {(ids.on_chain(log.party), log.epoch, log.size) for log in logs}
    anchored = [(bytes(item["subject"]), item) for item in found if item["name"] == "Anchored"]
    anchors = [
        (party, _head_of(item)[0], int(item["args"]["old_size"]))
        for party, item in anchored
        if (party, *_head_of(item)) in heads
    ]
    return Facts(
        tuple((party, sum(bytes(item["subject"]) == party for item in rotated)) for party in parties),
        tuple((ids.on_chain(item.data_set), item.version) for item in contract.inputs),
        tuple(ids.on_chain(name) for name in contract.programs),
        tuple(digests),
        tuple(anchors),
    )


def _head_of(anchored: Row) -> tuple[int, int]:
    return int(anchored["args"]["epoch"]), int(anchored["args"]["size"])


def _consumed(found: list[Row]) -> list[bytes]:
    return [
        bytes.fromhex(value[2:])
        for item in found
        if item["name"] == "TaskStarted"
        for value in item["args"]["authorizations"]
    ]
