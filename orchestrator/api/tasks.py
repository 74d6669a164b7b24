"""Tasks: preflight, submission, status, sealed shares, evidence."""

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Query, Response

from orchestrator.api import paging
from orchestrator.api.context import ApiContext, Context
from orchestrator.api.idempotency import Once
from orchestrator.api.paging import Cursor, DataSetName, Limit, PartyName, ProgramName
from orchestrator.api.security import ContractReader, EvidenceReader, ResultReader, Submitter, TaskReader
from orchestrator.api.strict import StrictRoute
from orchestrator.api.waiting import MOST_SECONDS
from orchestrator.services import access, described, path, status, submission
from orchestrator.services import listing as listed
from orchestrator.services.listing import Wanted
from orchestrator.services.preflight import Report
from orchestrator.store import looks, receipts
from protocol import ids
from protocol.api import (
    Looks,
    LookView,
    OutputSupport,
    Preflight,
    PreflightRequest,
    SealedShares,
    SubmitRequest,
    Submitted,
    Taken,
    TaskCost,
    TaskDescriptions,
    TaskPage,
    TaskStatus,
    TaskWords,
    WithdrawRequest,
)
from protocol.contract import TaskContract, proposal_of
from protocol.errors import FormatError, RefusedError
from protocol.messages import SealedShare
from protocol.plans import PlanAnswer, unknown
from protocol.vocabulary import SUBMITTED, TaskPart, TaskStateName

_log = structlog.get_logger()
router = APIRouter(prefix="/v1", tags=["tasks"], route_class=StrictRoute)


@router.post("/tasks/preflight")
def preflight(context: Context, reader: ContractReader, body: PreflightRequest) -> Preflight:
    """Every problem of a contract at once, its cost, and the proposal to sign."""
    with context.database.transaction() as tx:
        report = submission.examine(tx, context.chain, body.contract, context.bounds, context.clock(), reader)
    report = report.planned(_planned(context, report, reader))  # the database does not wait for it
    proposal = proposal_of(body.contract)
    return Preflight(
        task=context.domains.digest(proposal),
        problems=report.problems,
        estimate=report.estimate,
        level=report.level,
        collusion_threshold=report.collusion_threshold,
        disclosures=report.disclosures,
        supports=tuple(OutputSupport(output, about) for output, about in report.supports),
        typed_data=proposal.typed_data(context.domains.domain(proposal.HOME)),
        notices=report.notices,
        law_policy=context.bounds.legal.digest(),
    )


@router.post("/tasks", status_code=202)
def submit(context: Context, submitter: Submitter, body: SubmitRequest, once: Once) -> Submitted:
    """Propose a task; the body's signature is the proposer's wallet's over the EIP-712 `Proposal`. An access key is not needed;
    one that comes along must be the proposer's, for submitting.
    """
    contract = body.contract
    if submitter not in (None, contract.proposer):
        raise RefusedError(
            "access.key_of_another",
            f"The access key is {submitter}'s, the proposer is {contract.proposer}.",
            "Send the proposer's.",
        )
    with context.database.transaction() as tx:
        signature = submission.signed(tx, context.chain, context.domains, contract, body.signature)
        found = submission.examine(tx, context.chain, contract, context.bounds, context.clock(), contract.proposer)
    planned = _planned(context, found, contract.proposer)
    with context.database.transaction() as tx:

        def take() -> Submitted:
            task = submission.submit(
                tx,
                context.chain,
                context.domains,
                context.bounds,
                contract=contract,
                signature=signature,
                now=context.clock(),
                planned=planned,
            )
            # the one line that holds both names: from here on the task's own is followed
            _log.info("task.submitted", task=task.hex())
            return Submitted(task, SUBMITTED)

        return once(tx, contract.proposer, Submitted, take)


@router.post("/tasks/{task}/withdrawal", status_code=202)
def withdraw(context: Context, task: str, body: WithdrawRequest, once: Once) -> Taken:
    """Take a proposal back before it starts: at once here, and on chain as soon as it takes it. The signature is the proposer's
    wallet's over an EIP-712 `Abort` of kind 3.
    """
    if body.message.task != ids.unprefixed("task", task):
        raise FormatError("withdrawal.other", "The message names another task.", "Post it to that one.")
    with context.database.transaction() as tx:
        signature = submission.proposers_word(tx, context.chain, context.domains, body.message, body.signature)

        def take() -> Taken:
            submission.withdraw(tx, body.message, signature, context.clock())
            return Taken(task)

        return once(tx, body.message.party, Taken, take)


def _planned(context: ApiContext, report: Report, caller: str) -> PlanAnswer:
    """The plan's answer, where there is something to ask."""
    return unknown("plan.not_asked") if report.question is None else context.planner.answer(report.question, caller)


@router.get("/tasks")
def listing(
    context: Context,
    reader: TaskReader,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[TaskStateName | None, Query(description="Only tasks in this state")] = None,
    part: Annotated[TaskPart | None, Query(description="Only tasks in which the reader has this part")] = None,
    party: Annotated[PartyName | None, Query(description="Only tasks in which this party has a part")] = None,
    program: Annotated[ProgramName | None, Query(description="Only tasks that run this program")] = None,
    data_set: Annotated[DataSetName | None, Query(description="Only tasks that use this data set")] = None,
    waits_for: Annotated[
        Literal["me"] | None,
        Query(
            description="Only proposed tasks that wait for the reader's consent; such a page may hold fewer than `limit`"
        ),
    ] = None,
    since: Annotated[int, Query(ge=0, le=2**53, description="Only tasks submitted from this unix time on")] = 0,
    until: Annotated[
        int | None, Query(ge=0, le=2**53, description="Only tasks submitted before this unix time")
    ] = None,
) -> TaskPage:
    """The reader's tasks, newest first, of those that meet every filter given."""
    wanted = Wanted(state, part, party, program, data_set, since, until)
    before = paging.newest_before(cursor, "task")
    with context.database.transaction() as tx:
        if waits_for is None:
            rows, more = listed.page(tx, reader, wanted, before, limit)
        else:
            rows, more = listed.waiting(tx, context.chain, reader, wanted, before, limit, context.clock())
    return TaskPage(
        items=tuple(listed.line(row) for row in rows),
        next_cursor=None if more is None else paging.newest("task", *more),
    )


@router.get("/tasks/{task}")
async def one(
    context: Context, reader: TaskReader, task: str, wait: Annotated[int, Query(ge=0, le=MOST_SECONDS)] = 0
) -> TaskStatus:
    """A task's state, and why it waits or how it ended. With `wait`: once it has ended, at latest after so many seconds."""
    identity = ids.unprefixed("task", task)

    def look() -> TaskStatus:
        with context.database.transaction() as tx:
            row, _ = access.task_for(tx, reader, identity)
            return status.of(tx, context.chain, row, context.clock())

    return await context.waiting.until(lambda now: now.ended, look, task=identity, caller=reader, seconds=wait)


@router.get("/tasks/{task}/cost")
def cost(context: Context, reader: TaskReader, task: str) -> TaskCost:
    """What a task takes, as a prediction: its running time, and what its plan counts."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        row, _ = access.task_for(tx, reader, identity)
        contract = TaskContract.read(bytes(row["contract"]))
        # as the proposer had it: what is said of the cost depends neither on who asks nor on when
        report = submission.examine(tx, context.chain, contract, context.bounds, row["submitted_at"], contract.proposer)
    report = report.planned(_planned(context, report, reader))
    return TaskCost(identity, report.estimate, report.level)


@router.get("/tasks/{task}/sealed/{user}")
def sealed(context: Context, reader: ResultReader, task: str, user: str) -> SealedShares:
    """The shares sealed for the reader that have arrived."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        _, parts = access.task_for(tx, reader, identity)
        if user != reader or "result-user" not in parts:
            raise RefusedError(
                "access.not_yours", "Only the result user itself reads its shares.", "Use your own name."
            )
        rows = receipts.sealed_for(tx, identity, user)
        if rows:
            looks.note(tx, identity, reader, "shares", context.clock())
    return SealedShares(
        tuple(SealedShare(identity, row["party"], user, bytes(row["output"]), bytes(row["sealed"])) for row in rows)
    )


@router.get("/tasks/{task}/evidence", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
def evidence(context: Context, reader: EvidenceReader, task: str) -> Response:
    """The evidence bundle (zip), for participants and auditors."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        access.task_for(tx, reader, identity)
        data = receipts.bundle(tx, identity)
        if data is not None:
            looks.note(tx, identity, reader, "bundle", context.clock())
    if data is None:
        raise RefusedError(
            "evidence.not_ready",
            "The bundle is not built yet.",
            "The task's reasons say what it waits for.",
            status=404,
        )
    name = f"{ids.prefixed('task', identity)}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/zip", headers=headers)


@router.get("/tasks/{task}/evidence/contract")
def contract(context: Context, reader: EvidenceReader, task: str) -> TaskWords:
    """The task's contract, for participants and auditors: there is one before there is a bundle."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        row, _ = access.task_for(tx, reader, identity)
        looks.note(tx, identity, reader, "contract", context.clock())
    return TaskWords(identity, TaskContract.read(bytes(row["contract"])))


@router.get("/tasks/{task}/evidence/descriptions")
def task_descriptions(context: Context, reader: EvidenceReader, task: str) -> TaskDescriptions:
    """What owners describe of the task's data sets, with what they declare of the law, for participants and auditors."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        row, _ = access.task_for(tx, reader, identity)
        found = described.of_task(tx, TaskContract.read(bytes(row["contract"])), reader)
    return TaskDescriptions(identity, found)


@router.get("/tasks/{task}/evidence/looks")
def looked(context: Context, reader: EvidenceReader, task: str) -> Looks:
    """Who looked at the task's evidence through this API, for participants and auditors."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        access.task_for(tx, reader, identity)
        rows = looks.of(tx, identity)
    return Looks(tuple(LookView(row["reader"], row["what"], row["looks"], row["last_at"]) for row in rows))


@router.get(
    "/tasks/{task}/evidence/path", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
def evidence_path(
    context: Context, reader: EvidenceReader, task: str, head: Annotated[int, Query(ge=0, le=2**53)]
) -> Response:
    """The path from block `head`, which the reader trusts, down to the block that the bundle is rooted in."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        access.task_for(tx, reader, identity)
        plan = path.plan(tx, identity, head)
        looks.note(tx, identity, reader, "path", context.clock())
    return Response(plan.finish(context.chain), media_type="application/json")
