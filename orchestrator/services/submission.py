"""Preflight and submission of task contracts."""

from orchestrator.services import preflight, relay
from orchestrator.services.domains import Domains
from orchestrator.services.ports import ChainView
from orchestrator.services.preflight import Bounds, Report
from orchestrator.services.registry import facts_for, require_party
from orchestrator.services.signatures import require_wallet
from orchestrator.store import catalogue, tasks
from orchestrator.store.database import Transaction
from protocol import ids
from protocol.contract import TaskContract, proposal_of
from protocol.errors import FormatError, RefusedError
from protocol.limits import LIMITS


def examine(tx: Transaction, chain: ChainView, contract: TaskContract, bounds: Bounds, now: int) -> Report:
    """Preflight against the index."""
    return preflight.examine(contract, facts_for(tx, contract, chain), bounds, now)


def submit(
    tx: Transaction,
    chain: ChainView,
    domains: Domains,
    bounds: Bounds,
    *,
    contract: TaskContract,
    signature: bytes,
    now: int,
) -> bytes:
    """Keep a signed task and have it proposed; returns its id. Repeating it changes nothing.

    Raises ``signature.not_wallet`` before anything else is looked at, and ``task.problems`` with what preflight found.
    """
    data = contract.data()
    if len(data) > LIMITS.task_contract:
        raise FormatError(
            "contract.too_large", f"The contract exceeds {LIMITS.task_contract} bytes.", "Split the task."
        )
    proposal = proposal_of(contract)
    task = domains.digest(proposal)
    signature = require_wallet(chain, require_party(tx, contract.proposer), task, signature)
    if tasks.get(tx, task) is not None:
        return task
    report = examine(tx, chain, contract, bounds, now)
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
    _remember_names(tx, contract)
    relay.ask_propose(tx, task, proposal, signature, now)
    return task


def parts_of(contract: TaskContract) -> list[tuple[str, str]]:
    """Who is what in a task."""
    found = [(contract.proposer, "proposer"), (contract.scheduler, "scheduler")]
    found += [(name, "committee") for name in contract.committee]
    found += [(name, "owner") for name in contract.owners]
    found += [(name, "result-user") for name in contract.result_users]
    found += [(name, "auditor") for name in contract.auditors]
    if contract.reviewer:
        found.append((contract.reviewer, "reviewer"))
    return found


def _remember_names(tx: Transaction, contract: TaskContract) -> None:
    """Preflight found all of them registered, so these are names of what is on chain."""
    for name in {*contract.participants, contract.scheduler}:
        catalogue.remember_name(tx, "party", ids.on_chain(name), name)
    for item in contract.inputs:
        catalogue.remember_name(tx, "data_set", ids.on_chain(item.data_set), item.data_set)
    for program in contract.programs:
        catalogue.remember_name(tx, "program", ids.on_chain(program), program)
    catalogue.remember_name(tx, "engine", ids.on_chain(contract.engine), contract.engine)
