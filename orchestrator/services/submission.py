"""Preflight and submission of task contracts."""

from collections.abc import Iterable

from orchestrator.services import preflight, relay
from orchestrator.services.access import task_for
from orchestrator.services.domains import Domains
from orchestrator.services.ports import ChainView
from orchestrator.services.preflight import Bounds, Report
from orchestrator.services.registry import facts_for, require_party
from orchestrator.services.signatures import Accepted, require_wallet
from orchestrator.store import catalogue, facets, tasks
from orchestrator.store.database import Transaction
from protocol import ids
from protocol.contract import TaskContract, proposal_of
from protocol.errors import FormatError, RefusedError
from protocol.limits import LIMITS
from protocol.plans import PlanAnswer
from protocol.reasons import BY_NUMBER, WITHDRAWALS
from protocol.typed import KIND_WITHDRAWAL, Abort
from protocol.vocabulary import TaskPart


def examine(tx: Transaction, chain: ChainView, contract: TaskContract, bounds: Bounds, now: int, reader: str) -> Report:
    """Preflight against the index, as far as ``reader`` may know it."""
    return preflight.examine(contract, facts_for(tx, contract, chain, reader), bounds, now)


def signed(tx: Transaction, chain: ChainView, domains: Domains, contract: TaskContract, signature: bytes) -> Accepted:
    """The proposer's signature; ``signature.not_wallet`` before anything else is looked at."""
    proposal = domains.digest(proposal_of(contract))
    return require_wallet(chain, require_party(tx, contract.proposer), proposal, signature)


def proposers_word(tx: Transaction, chain: ChainView, domains: Domains, message: Abort, signature: bytes) -> Accepted:
    """``signature.not_wallet`` unless the wallet of the party that a withdrawal names has signed it: a node does not."""
    return require_wallet(chain, require_party(tx, message.party), domains.digest(message), signature)


def withdraw(tx: Transaction, message: Abort, signature: Accepted, now: int) -> None:
    """Take a proposal back that has not started: from now on nothing starts it here, and the chain is told."""
    row, _ = task_for(tx, message.party, message.task)
    reason = BY_NUMBER.get(message.reason)
    if message.kind != KIND_WITHDRAWAL or reason is None or not reason.of_proposer:
        raise FormatError(
            "withdrawal.kind",
            "This is no withdrawal.",
            f"Sign an Abort of kind {KIND_WITHDRAWAL} with a reason of {', '.join(WITHDRAWALS)}.",
        )
    if message.party != row["proposer"]:
        raise RefusedError(
            "withdrawal.not_yours",
            f"{row['proposer']} proposed the task, not {message.party}.",
            "A data owner refuses it (`tally authorization refuse`).",
        )
    if row["state"] == "started":
        raise RefusedError(
            "withdrawal.started",
            "The task has started: its uses are taken, and a proposal is withdrawn before that.",
            "It ends by itself; a node of yours that computes or brings data can end it.",
        )
    if row["state"] not in ("submitted", "proposed"):
        raise RefusedError("task.ended", f"The task is {row['state']}.", "There is nothing left to withdraw.")
    relay.ask_abort(tx, message, signature, row["deadline"] - now + LIMITS.deadline_grace)


def submit(
    tx: Transaction,
    chain: ChainView,
    domains: Domains,
    bounds: Bounds,
    *,
    contract: TaskContract,
    signature: Accepted,
    now: int,
    planned: PlanAnswer,
) -> bytes:
    """Keep a :func:`signed` task and have it proposed; returns its id. Repeating it changes nothing.

    Raises ``task.problems`` with what preflight found; ``planned`` is the answer to its question, asked before.
    """
    data = contract.data()
    if len(data) > LIMITS.task_contract:
        raise FormatError(
            "contract.too_large", f"The contract exceeds {LIMITS.task_contract} bytes.", "Split the task."
        )
    proposal = proposal_of(contract)
    task = domains.digest(proposal)
    if tasks.get(tx, task) is not None:
        return task
    report = examine(tx, chain, contract, bounds, now, contract.proposer).planned(planned)
    if report.problems:
        first = report.problems[0]
        raise RefusedError(
            "task.problems",
            f"The task cannot start: {first.what}" + (" There are more problems." if len(report.problems) > 1 else ""),
            first.fix,
            problems=[f"{item.code} at {item.where}: {item.what}" for item in report.problems],
        )
    tasks.add(
        tx,
        task_id=task,
        contract=data,
        digest=contract.digest(),
        proposer=contract.proposer,
        deadline=contract.deadline,
        signature=signature,
        now=now,
        parts=parts_of(contract),
    )
    facets.add(
        tx,
        task,
        contract.programs,
        {item.data_set for item in contract.inputs},
        contract.protection_level,
        contract.engine,
    )
    _remember_names(tx, contract)
    relay.ask_propose(tx, task, proposal, signature, now)
    return task


def parts_of(contract: TaskContract) -> list[tuple[str, TaskPart]]:
    """Who is what in a task."""
    parts: dict[TaskPart, Iterable[str]] = {
        "proposer": (contract.proposer,),
        "scheduler": (contract.scheduler,),
        "committee": contract.committee,
        "owner": contract.owners,
        "result-user": contract.result_users,
        "auditor": contract.auditors,
        "reviewer": (contract.reviewer,) if contract.reviewer else (),
    }
    return [(name, part) for part, names in parts.items() for name in names]


def _remember_names(tx: Transaction, contract: TaskContract) -> None:
    """Preflight found all of them registered, so these are names of what is on chain."""
    for name in {*contract.participants, contract.scheduler}:
        catalogue.remember_name(tx, "party", ids.on_chain(name), name)
    for item in contract.inputs:
        catalogue.remember_name(tx, "data_set", ids.on_chain(item.data_set), item.data_set)
    for program in contract.programs:
        catalogue.remember_name(tx, "program", ids.on_chain(program), program)
    catalogue.remember_name(tx, "engine", ids.on_chain(contract.engine), contract.engine)
