"""What a task's evidence bundle is made of: which logs, which events, and whether it is time to build it."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from chain.proofs import Facts
from orchestrator.services import heads
from orchestrator.store import index, receipts, tasks
from orchestrator.store.database import Row, Transaction
from protocol import ancestry, bundle, canonical, event_words, ids, vocabulary
from protocol.bundle import Succession
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
    successions: tuple[Succession, ...]
    """The approved steps from the releases that consents name to those that the task runs."""
    fingerprint: bytes


def gather(tx: Transaction, task: bytes) -> Gathered | None:
    """The material of an ended task, None while a log of somebody who committed is missing."""
    row = tasks.get(tx, task)
    if row is None or row["state"] not in vocabulary.ENDED_ON_CHAIN:
        return None
    bodies = receipts.logs(tx, task)
    handed_in = tuple(LogEvidence.parse(canonical.parse(body)) for _, body in sorted(bodies.items()))
    logs = tuple(replace(log, checkpoint=heads.cosigned(tx, log)) for log in handed_in)
    committed = {bytes(item["party_id"]) for item in index.commitments(tx, task)}
    if not committed <= {ids.on_chain(log.party) for log in logs}:
        return None
    contract = TaskContract.read(bytes(row["contract"]))
    found = _events(tx, row, logs)
    if not found:
        return None
    digests = _consumed(found)
    found += _consent_events(tx, task, digests, found)
    signed = [SignedAuthorization.parse(canonical.parse(data)) for data in tasks.authorizations_by_digest(tx, digests)]
    successions = _successions(tx, contract, signed)
    # those that consents name too: a consent holds the digest of its programs' code
    releases = {*contract.programs, contract.engine, *(name for item in signed for name in item.message.programs)}
    places = sorted({(item["block_number"], bytes(item["block_hash"]), bytes(item["tx_hash"])) for item in found})
    material = hashlib.sha256(bundle.FORMAT.encode())
    parts = (
        bytes(row["contract"]),
        *(body for _, body in sorted(bodies.items())),
        *(part for p in places for part in p[1:]),
        *(older + newer for older, newer in successions),
        *(log.checkpoint.encode() for log, before in zip(logs, handed_in, strict=True) if log != before),
    )
    for part in parts:
        material.update(hashlib.sha256(part).digest())
    return Gathered(
        task,
        bytes(row["contract"]),
        tuple(sorted(signed, key=lambda item: item.message.data_set)),
        logs,
        tuple(places),
        _facts(task, contract, logs, releases, digests, successions, found),
        tuple(Succession(*pair) for pair in successions),
        material.digest(),
    )


def _events(tx: Transaction, row: Row, logs: tuple[LogEvidence, ...]) -> list[Row]:
    """The task's own events, and the anchors that its logs' proofs lead to; what is registered is read from state."""
    found = index.events_about(tx, [bytes(row["task_id"])], list(event_words.NAMES))
    for log in logs:
        anchored = index.anchors_up_to(tx, ids.on_chain(log.party), log.epoch, log.size, 1)
        found += [item for item in anchored if _head_of(item) == (log.epoch, log.size)]
    return found


def _consent_events(tx: Transaction, task: bytes, digests: list[bytes], mine: list[Row]) -> list[Row]:
    """The uses that the task consumed, at its start and with each reserve; submissions that are near."""
    found = [
        item
        for block in sorted({item["block_number"] for item in mine if item["name"] in {"TaskStarted", "UsesReserved"}})
        for item in index.events_in(tx, block, digests, ["UseConsumed"])
        if item["args"]["task"] == "0x" + task.hex()
    ]
    before = max(item["block_number"] for item in mine)
    submitted = index.events_about(tx, digests, ["AuthorizationSubmitted"])
    return found + [item for item in submitted if item["block_number"] >= before - _WINDOW]


def _successions(
    tx: Transaction, contract: TaskContract, signed: list[SignedAuthorization]
) -> list[tuple[bytes, bytes]]:
    """The steps by which other releases stand in for those that consents name, sorted."""
    found: set[tuple[bytes, bytes]] = set()
    for message in (item.message for item in signed):
        pairs = {*zip(message.programs, contract.programs, strict=False), (message.engine, contract.engine)}
        for named, asked in pairs if message.approved_successors else ():
            if named != asked:
                found |= _way(tx, ids.on_chain(named), ids.on_chain(asked))
    return sorted(found)


def _way(tx: Transaction, older: bytes, newer: bytes) -> set[tuple[bytes, bytes]]:
    """A shortest way of approved steps from one release to another; nothing where there is none."""
    ways: dict[bytes, set[tuple[bytes, bytes]]] = {older: set()}
    last = [older]
    for _ in range(bundle.MAX_SUCCESSIONS):
        steps = [
            (bytes(item["subject"]), bytes.fromhex(item["args"]["newer"][2:]))
            for item in index.events_about(tx, last, ["SuccessorApproved"])
        ]
        last = []
        for before, after in steps:
            if after not in ways:
                ways[after] = ways[before] | {(before, after)}
                last.append(after)
    return ways.get(newer, set())


def _facts(
    task: bytes,
    contract: TaskContract,
    logs: tuple[LogEvidence, ...],
    releases: set[str],
    digests: list[bytes],
    successions: list[tuple[bytes, bytes]],
    found: list[Row],
) -> Facts:
    heads = {(ids.on_chain(log.party), log.epoch, log.size) for log in logs}
    anchored = [
        (party, *_head_of(item), item)
        for party, item in ((bytes(item["subject"]), item) for item in found if item["name"] == "Anchored")
        if (party, *_head_of(item)) in heads
    ]
    committed = [item["args"] for item in found if item["name"] == "RunCommitted"]
    periods = {(party, int(item["args"]["key_period"])) for party, _, _, item in anchored}
    periods |= {(bytes.fromhex(args["party"][2:]), int(args["key_period"])) for args in committed}
    return Facts(
        key_periods=tuple(sorted(periods)),
        data_sets=tuple((ids.on_chain(item.data_set), item.version) for item in contract.inputs),
        releases=tuple(sorted(map(ids.on_chain, releases))),
        successions=tuple(successions),
        authorizations=tuple(digests),
        anchors=tuple((party, epoch, int(item["args"]["old_size"])) for party, epoch, _, item in anchored),
        tasks=(task,),
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
