"""Where a task stands, in words a person can act on: every wait with its reason, its party and its deadline."""

from typing import Any, Final

from orchestrator.services import consent, messages, relay
from orchestrator.services.ports import Constants
from orchestrator.services.registry import party_facts
from orchestrator.store import catalogue, index, receipts, tasks, work
from orchestrator.store.database import Row, Transaction
from protocol import event_words, events, ids, vocabulary
from protocol.api import EventView, PartyStatus, ProgressView, Reason, TaskStatus
from protocol.contract import TaskContract, proposal_of
from protocol.errors import TallyError
from protocol.limits import LIMITS
from protocol.messages import Progress
from protocol.reasons import BY_CODE, WITHDRAWALS

_WAITING_LIMIT: Final = 64


def of(tx: Transaction, chain: Constants, row: Row, now: int) -> TaskStatus:
    """The status of a task row (``tasks.get``)."""
    task = bytes(row["task_id"])
    contract = TaskContract.read(bytes(row["contract"]))
    state = row["state"]
    parties = _parties(tx, task, contract)
    percent, eta = _whole(parties) if state == "started" else (None, None)
    return TaskStatus(
        task=task,
        state=state,
        review=row["review"] or "none",
        contract=contract,
        contract_digest=bytes(row["contract_digest"]),
        proposer=row["proposer"],
        deadline=row["deadline"],
        review_by=proposal_of(contract).review_by or None,
        submitted_at=row["submitted_at"],
        started_at=row["started_at"],
        run=None if row["run_id"] is None else bytes(row["run_id"]),
        reasons=tuple(_reasons(tx, chain, row, task, contract, state, parties, now))[:_WAITING_LIMIT],
        parties=parties,
        events=tuple(_event(item) for item in index.events_about(tx, [task], list(event_words.NAMES))),
        percent=percent,
        eta=eta,
        evidence=receipts.has_bundle(tx, task),
    )


def _event(row: Row) -> EventView:
    found = events.read(row["name"], row["args"])
    return EventView(
        name=row["name"],
        words=event_words.shown(row["name"]).words,
        block=row["block_number"],
        time=row["block_time"],
        transaction=bytes(row["tx_hash"]),
        party=event_words.party_of(found),
        value=event_words.value_of(found),
    )


def _whole(parties: tuple[PartyStatus, ...]) -> tuple[int | None, int | None]:
    """How far the task is by its slowest compute party, and seconds left when every one that computes can tell them."""
    computing = [item for item in parties if "committee" in item.parts]
    percent = min(
        (100 if item.committed else item.progress.percent if item.progress else 0 for item in computing), default=None
    )
    left = [(item.progress.eta or 0) if item.progress else 0 for item in computing if not item.committed]
    return percent, max(left) if left and all(left) else None


def waiting_for_start(tx: Transaction, chain: Constants, row: Row, contract: TaskContract, now: int) -> list[Reason]:
    """What keeps a proposed task from starting: a withdrawal, missing authorizations, nodes that have not said where they are."""
    found = _withdrawal(tx, bytes(row["task_id"]), contract.proposer)
    try:
        asks = consent.asks(tx, chain, row, now)
        found += [Reason(*ask.problem, party=ask.owner) for ask in asks if ask.problem is not None]
    except TallyError as error:
        found.append(Reason(error.code, error.what, error.fix))
    for name in contract.committee:
        party = party_facts(tx, name)
        if party is None or not party.active:
            found.append(Reason("party.inactive", f"{name} is not active.", "Have it reinstated.", name))
        elif not party.announced:
            found.append(
                Reason("node.not_announced", f"{name}'s node has not announced itself.", "Start its node.", name)
            )
        elif (runs := receipts.announced(tx, [name])[name].engine) != contract.engine:
            # such a start would be refused by that node, and use consents up for nothing
            what = f"{name}'s node runs {runs}, the task names {contract.engine}."
            fix = f"Upgrade that node, or propose a task with {runs}."
            found.append(Reason("node.other_engine", what, fix, name))
    return found


def _withdrawal(tx: Transaction, task: bytes, proposer: str) -> list[Reason]:
    """Nothing is started here that its proposer takes back, even where the chain does not take the withdrawal."""
    job = relay.withdrawal(tx, task, proposer)
    if job is None:
        return []
    if job["state"] == "failed":
        return [Reason(job["code"], job["what"], f"{job['fix']} The coordinator does not start the task.", proposer)]
    what = f"{proposer} has taken the proposal back; the chain does not have it yet."
    return [Reason("task.withdrawing", what, "Wait a moment: nothing is started any more.", proposer)]


def _reasons(
    tx: Transaction,
    chain: Constants,
    row: Row,
    task: bytes,
    contract: TaskContract,
    state: str,
    parties: tuple[PartyStatus, ...],
    now: int,
) -> list[Reason]:
    if state == vocabulary.FAILED:
        return [Reason(row["failed_code"], row["failed_what"], row["failed_fix"], contract.proposer)]
    if state == vocabulary.UNKNOWN:
        return [_unread()]
    if state == vocabulary.SUBMITTED:
        return [_relaying(tx, task)]
    if state == "proposed":
        return [*waiting_for_start(tx, chain, row, contract, now), *_attempted(tx, task, "start")]
    if state == "started":
        return _running(tx, task, contract, parties, now)
    if state == "completed":
        return _after(tx, row, task, contract, parties, now)
    return _ended(tx, row, state)


def _unread() -> Reason:
    return Reason(
        "index.not_known",
        "An event about the task could not be read: where it stands is not known here, the chain itself says it.",
        "Ask the coordinator's operator to run `tally doctor`; nodes and `tally verify` read the chain themselves.",
    )


def _relaying(tx: Transaction, task: bytes) -> Reason:
    job = work.job(tx, f"propose:{task.hex()}")
    if job is not None and job["code"] is not None:
        return Reason(job["code"], job["what"], job["fix"])
    return Reason("task.on_its_way", "The proposal is being written to the chain.", "Wait a moment.")


def _attempted(tx: Transaction, task: bytes, action: str) -> list[Reason]:
    row = work.attempt(tx, task, action)
    return [] if row is None else [Reason(row["code"], row["what"], row["fix"])]


def _running(
    tx: Transaction, task: bytes, contract: TaskContract, parties: tuple[PartyStatus, ...], now: int
) -> list[Reason]:
    found: list[Reason] = []
    for item in parties:
        if "committee" in item.parts and not item.committed:
            note = "" if item.progress is None else item.progress.note
            if note:
                known = BY_CODE.get(note)
                peer = item.progress.peer if item.progress else ""
                what = known.english if known else f"{item.party} reports {note}" + (f" about {peer}." if peer else ".")
                found.append(Reason(note, what, "Look at that party's node.", peer or item.party))
            else:
                found.append(
                    Reason("commitment.missing", f"{item.party} has not committed.", "Its node computes.", item.party)
                )
    found += [
        Reason(job["code"], job["what"], job["fix"], job["party"] or "")
        for job in work.jobs_of(tx, task)
        if job["code"] is not None and job["kind"] in ("commit", "abort")
    ]
    if now > contract.deadline:
        left = contract.deadline + LIMITS.deadline_grace - now
        found.append(
            Reason("run.deadline", "The deadline passed; the task expires.", f"It ends within {max(0, left)} s.")
        )
        found += _attempted(tx, task, "expire")
    return found


def _after(
    tx: Transaction, row: Row, task: bytes, contract: TaskContract, parties: tuple[PartyStatus, ...], now: int
) -> list[Reason]:
    if contract.reviewer and row["review"] == "none":
        by = proposal_of(contract).review_by
        if now > by:
            over = Reason(
                "review.over",
                f"{contract.reviewer} did not review the output in time.",
                "Nothing is released; the review expires.",
                contract.reviewer,
            )
            return [over, *_attempted(tx, task, "expire-review")]
        return [
            Reason(
                "review.missing",
                f"{contract.reviewer} has not reviewed the output; {by - now} s are left.",
                "Review it (`tally task review`).",
                contract.reviewer,
            )
        ]
    if row["review"] == "expired":
        return [
            Reason(
                "review.expired",
                f"{contract.reviewer} did not review the output in time; it is never released.",
                "Submit a new task.",
                contract.reviewer,
            )
        ]
    if row["review"] == "rejected":
        return [Reason("review.rejected", f"{contract.reviewer} rejected the output.", "Ask the reviewer why.")]
    found = [
        Reason("share.missing", f"{item.party}'s share for {user} has not come.", "Its node releases it.", item.party)
        for item in parties
        if "committee" in item.parts
        for user in contract.result_users
        if user not in item.released_to
    ]
    found += [
        Reason(
            "evidence.missing", f"{item.party}'s log has not come.", "Its node sends it after anchoring.", item.party
        )
        for item in parties
        if "committee" in item.parts and not item.logged
    ]
    found += [
        Reason("attestation.missing", f"{item.party} has not attested the result.", "Fetch the result.", item.party)
        for item in parties
        if "result-user" in item.parts and not item.attested
    ]
    found += [
        Reason(job["code"], job["what"], job["fix"], job["party"] or "")
        for job in work.jobs_of(tx, task)
        if job["code"] is not None and job["kind"] == "attest"
    ]
    return found


def _ended(tx: Transaction, row: Row, state: str) -> list[Reason]:
    ending: dict[str, Any] = row["ending"] or {}

    def name(hexadecimal: str) -> str:
        return catalogue.name_of(tx, "party", bytes.fromhex(hexadecimal)) or f"0x{hexadecimal}"

    if state in ("refused", "aborted"):
        known = BY_CODE.get(ending["code"])
        party = name(ending["party"])
        what = "for a reason that this version does not know" if known is None else known.english
        did = "withdrew" if ending["code"] in WITHDRAWALS else state
        return [Reason(ending["code"], f"{party} {did}: {what}", "Submit a new task when it is settled.", party)]
    if state == "disputed":
        pairs = ", ".join(f"{name(left)} and {name(right)}" for left, right in ending["pairs"])
        return [Reason("run.evidence_disagrees", f"What {pairs} committed disagrees.", "Compare their run statements.")]
    missing = [name(item) for item in ending["missing"]]
    if not missing:
        return [Reason("run.deadline", "The deadline passed before the task started.", "Submit a new task.")]
    return [
        Reason("run.deadline", f"The deadline passed and {party} had not committed.", "Submit a new task.", party)
        for party in missing
    ]


def _parties(tx: Transaction, task: bytes, contract: TaskContract) -> tuple[PartyStatus, ...]:
    progress = {party: ProgressView.of(Progress.read(payload)) for party, payload in tasks.progress(tx, task).items()}
    committed = {bytes(row["party_id"]) for row in index.commitments(tx, task)}
    attested = {bytes(row["user_id"]) for row in index.attestations(tx, task)}
    logged = set(receipts.logged_parties(tx, task))
    sealed = {user: messages.released_by(tx, task, contract, user) for user in contract.result_users}
    found: list[PartyStatus] = []
    for name in sorted({*contract.participants, contract.scheduler}):
        identity = ids.on_chain(name)
        found.append(
            PartyStatus(
                name,
                tuple(sorted(tasks.parts_of(tx, task, name))),
                identity in committed,
                tuple(user for user in contract.result_users if name in sealed[user]),
                name in logged,
                identity in attested,
                progress.get(name),
            )
        )
    return tuple(found)
