"""What an owner's data and node cannot do for a task, all at once, before its wallet signs: for the owner alone.

Everything is read here: the rows on this disk, this node's settings, its own chain endpoint. The one thing that comes from the
coordinator is the task's contract, which is read before the rows are looked at; nothing that happens afterwards is seen there.
Only the owner's command starts a check: a coordinator that proposes tasks to learn about data learns nothing by it.
"""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from mpc.programs import catalogue
from mpc.workflow.dry_run import Finding as RowFinding
from mpc.workflow.dry_run import dry_run
from mpc.workflow.graph import Workflow
from mpc.workflow.values import PrivateTable
from protocol import data_faults, reasons
from protocol.contract import TaskContract
from protocol.data_faults import DataFault, Finding, Report
from protocol.errors import RefusedError, TallyError
from protocol.law.gate import LegalFinding
from protocol.programs import Words
from workers import fitting, law, own_rows, policy, read_before
from workers.chain_view import Head
from workers.checks import PartyCheck, Refused
from workers.fitting import Room
from workers.node import Desk, installed_engine, open_desk
from workers.slots.rule import Kind

_LEAST_FREE: Final = 256 * 1024**2
"""Bytes on the node's disk for a run's outcome, its evidence and what it keeps."""


def party_check(desk: Desk) -> PartyCheck:
    """The node's own party check, of a desk beside it."""
    return PartyCheck(
        desk.party, desk.keys, desk.chain, desk.state, desk.store, desk.models, catalogue.code_digest, installed_engine,
        law.policy_at(desk.config.law_policy),
    )  # fmt: skip


def tried(state: Path, task: bytes, contract: TaskContract | None = None, party: str = "") -> Report:
    """The check of the node in a state folder; ``contract`` where the caller has read it already, ``party`` whose node it must be."""
    with open_desk(state) as desk:
        if party and desk.party != party:
            raise RefusedError(
                "node.other_party",
                f"The node in {state} is {desk.party}'s, not {party}'s.",
                "Name your own node's folder.",
            )
        if contract is None:
            contract = desk.coordinator.task(task).contract
        return check_contract(desk, party_check(desk), task, contract)


def check_contract(desk: Desk, check: PartyCheck, task: bytes, contract: TaskContract) -> Report:
    """Everything that can be known here; asks nobody but this node's own chain endpoint."""
    head, now = desk.chain.head(), desk.clock()
    found = [_refused(refused) for refused in check.ahead(contract, head, now)]
    found += _node(desk)
    tables: dict[str, PrivateTable] = {}
    for item in contract.inputs:
        if item.owner == desk.party:
            found += _data_set(desk, check, task, contract, item.data_set, head, now, tables)
    legal = _law(desk, check, contract, head, now)
    found += [item for item in legal if not item.notice]
    untried: tuple[str, ...] = ()
    rows, models = _public_rows(desk, contract, head), _parts(desk, contract, now)
    if tables:
        more, untried = _rows(desk, contract, rows, models, tables)
        found += more
    room = (
        fitting.room(contract, rows, models, desk.config.party_memory) if len(rows) == len(contract.inputs) else Room()
    )
    if room.refusal is not None and room.refusal.code not in {item.code for item in found}:
        error = room.refusal
        found.append(replace(_of_error(error, ""), step=room.step))
    return Report(tuple(found), untried, room.costs, tuple(item for item in legal if item.notice))


def _law(desk: Desk, check: PartyCheck, contract: TaskContract, head: Head, now: int) -> list[Finding]:
    """What the law asks and the task lacks, by what is declared of this owner's data sets; what does not refuse is a notice."""
    versions = (desk.store.find(item.data_set, item.version) for item in contract.inputs if item.owner == desk.party)
    own = {stored.data_set: stored.schema.law for stored in versions if stored is not None}
    found = law.findings(desk.chain, head, contract, own, check.legal, now)
    at = {f"inputs[{place}]": item.data_set for place, item in enumerate(contract.inputs)}
    return [
        Finding(
            item.code, "", at.get(item.where, ""), (), None, not item.refuses(check.legal), False, _legal_words(item)
        )
        for item in found
    ]


def _legal_words(item: LegalFinding) -> Words:
    said, fix = item.said(), item.rule.fix
    return Words(f"{said.english} {fix.english}", f"{said.chinese}{fix.chinese}")


def _data_set(
    desk: Desk,
    check: PartyCheck,
    task: bytes,
    contract: TaskContract,
    data_set: str,
    head: Head,
    now: int,
    tables: dict[str, PrivateTable],
) -> list[Finding]:
    beyond = policy.local_differences(desk.state, data_set, contract, task=task, started=now)
    found = [_reason("check.policy", data_set, "; ".join(beyond))] if beyond else []
    try:
        stored = check.stored(contract, data_set, head)
        table = own_rows.chosen(check.rows_of(stored), contract.input_of(data_set))
    except Refused as refused:
        return [*found, _refused(refused, data_set)]
    except TallyError as error:
        return [*found, _of_error(error, data_set)]
    found += [
        _of_error(
            DataFault("data_set.read_before", tasks=read.tasks, reader=read.reader, aggregates=read.aggregates),
            data_set,
        )
        for read in read_before.before(desk.state, data_set, contract.result_users, task)
    ]
    if table.rows:
        tables[data_set] = own_rows.private_table(table)
    else:
        found.append(_of_error(DataFault("input.no_rows"), data_set))
    return found


def _public_rows(desk: Desk, contract: TaskContract, head: Head) -> dict[str, int]:
    registered = {item.data_set: desk.chain.data_set(item.data_set, item.version, head) for item in contract.inputs}
    return {name: facts.rows for name, facts in registered.items() if facts is not None}


def _parts(desk: Desk, contract: TaskContract, now: int) -> dict[str, bytes]:
    """What the node keeps of that which the task reads from earlier ones."""
    models: dict[str, bytes] = {}
    for model in contract.models:
        try:
            models[model.name] = desk.models.usable(model, contract, now).part
        except TallyError:
            continue  # said by the party check
    return models


def _rows(
    desk: Desk,
    contract: TaskContract,
    rows: Mapping[str, int],
    models: Mapping[str, bytes],
    tables: Mapping[str, PrivateTable],
) -> tuple[list[Finding], tuple[str, ...]]:
    """The programs over the rows; a data set that cannot be read leaves what needs it untried."""
    try:
        tried = asyncio.run(dry_run(Workflow.of(contract), desk.party, tables, rows, models))
    except TallyError as error:
        return [_of_error(error, "")], tuple(step.id for step in contract.steps)
    return [_row_finding(item) for item in tried.findings], tried.untried


def _node(desk: Desk) -> list[Finding]:
    """Room on the disk, and slots."""
    found: list[Finding] = []
    free = shutil.disk_usage(desk.folder).free
    if free < _LEAST_FREE:
        found.append(_of_error(DataFault("node.disk", free=free // 1024**2, least=_LEAST_FREE // 1024**2), ""))
    most = desk.config.slots[Kind.TASK]
    used = sum(row.kind == Kind.TASK and row.phase != "waiting" for row in desk.state.slots())
    if used >= most:
        found.append(_of_error(DataFault("node.slots", used=used, most=most), ""))
    return found


def _row_finding(item: RowFinding) -> Finding:
    words = _words(item.code, item.what, item.fix, item.details)
    data_sets = ", ".join(item.data_sets)
    return Finding(item.code, item.step, data_sets, item.columns, item.rows, item.notice, item.drawn, words)


def _of_error(error: TallyError, data_set: str) -> Finding:
    rule = data_faults.RULES.get(error.code)
    words = _words(error.code, error.what, error.fix, error.details)
    return Finding(error.code, "", data_set, (), None, rule is not None and rule.notice, False, words)


def _words(code: str, what: str, fix: str, details: Mapping[str, object]) -> Words:
    english, chinese = (data_faults.said(code, what, fix, details, language) for language in ("en", "zh"))  # type: ignore[arg-type]
    return Words(english, chinese)


def _refused(refused: Refused, data_set: str = "") -> Finding:
    return _reason(refused.reason, data_set, refused.detail)


def _reason(code: str, data_set: str, detail: str) -> Finding:
    reason = reasons.BY_CODE[code]
    words = Words(f"{reason.english} ({detail})", f"{reason.chinese}（{detail}）")
    return Finding(code, "", data_set, (), None, False, False, words)
