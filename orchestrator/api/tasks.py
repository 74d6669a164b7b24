"""Tasks: preflight, submission, status, sealed shares, evidence."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from orchestrator.api import idempotency, paging
from orchestrator.api.context import ApiContext, Context
from orchestrator.api.idempotency import IdempotencyKey
from orchestrator.api.paging import Cursor, Limit
from orchestrator.api.security import Reader
from orchestrator.api.strict import StrictRoute
from orchestrator.api.waiting import MOST_SECONDS
from orchestrator.services import access, path, status, submission
from orchestrator.services.preflight import Report
from orchestrator.store import receipts, tasks
from orchestrator.store.database import Row
from protocol import ids
from protocol.api import (
    Estimate,
    OutputSupport,
    Preflight,
    PreflightRequest,
    SealedShares,
    SubmitRequest,
    Submitted,
    TaskLine,
    TaskPage,
    TaskStatus,
)
from protocol.contract import proposal_of
from protocol.errors import RefusedError
from protocol.messages import SealedShare
from protocol.plans import PlanAnswer, unknown
from protocol.vocabulary import SUBMITTED, TaskPart, TaskStateName

router = APIRouter(prefix="/v1", tags=["tasks"], route_class=StrictRoute)


@router.post("/tasks/preflight")
def preflight(context: Context, reader: Reader, body: PreflightRequest) -> Preflight:
    """Every problem of a contract at once, its cost, and the proposal to sign."""
    with context.database.transaction() as tx:
        report = submission.examine(tx, context.chain, body.contract, context.bounds, context.clock(), reader)
    report = report.planned(_planned(context, report, reader))  # the database does not wait for it
    proposal = proposal_of(body.contract)
    return Preflight(
        task=context.domains.digest(proposal),
        problems=report.problems,
        estimate=Estimate(report.estimate.seconds, report.estimate.traffic, report.estimate.memory),
        level=report.level,
        collusion_threshold=report.collusion_threshold,
        disclosures=report.disclosures,
        supports=tuple(OutputSupport(output, about) for output, about in report.supports),
        typed_data=proposal.typed_data(context.domains.domain(proposal.HOME)),
    )


@router.post("/tasks", status_code=202)
def submit(context: Context, body: SubmitRequest, key: IdempotencyKey = None) -> Submitted:
    """Propose a task; the body's signature is the proposer's wallet's over the EIP-712 `Proposal`."""
    contract = body.contract
    with context.database.transaction() as tx:
        signature = submission.signed(tx, context.chain, context.domains, contract, body.signature)
        found = submission.examine(tx, context.chain, contract, context.bounds, context.clock(), contract.proposer)
    planned = _planned(context, found, contract.proposer)
    with context.database.transaction() as tx:

        def take() -> dict[str, object]:
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
            return Submitted(task, SUBMITTED).to_json()

        return Submitted.parse(idempotency.once(tx, contract.proposer, "tasks", key, body.to_json(), take))


def _planned(context: ApiContext, report: Report, caller: str) -> PlanAnswer:
    """The plan's answer, where there is something to ask."""
    return unknown("plan.not_asked") if report.question is None else context.planner.answer(report.question, caller)


@router.get("/tasks")
def listing(
    context: Context,
    reader: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[TaskStateName | None, Query(description="Only tasks in this state")] = None,
    part: Annotated[TaskPart | None, Query(description="Only tasks in which the reader has this part")] = None,
    since: Annotated[int, Query(ge=0, le=2**53, description="Only tasks submitted from this unix time on")] = 0,
) -> TaskPage:
    """The reader's tasks, newest first."""
    with context.database.transaction() as tx:
        after = paging.newest_before(cursor, "task")
        rows = tasks.visible(tx, reader, after, limit + 1, state=state, part=part, since=since)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return TaskPage(
        items=tuple(_line(row) for row in rows[:limit]),
        next_cursor=None if last is None else paging.newest("task", last["submitted_at"], bytes(last["task_id"])),
    )


@router.get("/tasks/{task}")
async def one(
    context: Context, reader: Reader, task: str, wait: Annotated[int, Query(ge=0, le=MOST_SECONDS)] = 0
) -> TaskStatus:
    """A task's state, and why it waits or how it ended. With `wait`: once it has ended, at latest after so many seconds."""
    identity = ids.unprefixed("task", task)

    def look() -> TaskStatus:
        with context.database.transaction() as tx:
            row, _ = access.task_for(tx, reader, identity)
            return status.of(tx, context.chain, row, context.clock())

    return await context.waiting.until(lambda now: now.ended, look, task=identity, caller=reader, seconds=wait)


@router.get("/tasks/{task}/sealed/{user}")
def sealed(context: Context, reader: Reader, task: str, user: str) -> SealedShares:
    """The shares sealed for the reader that have arrived."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        _, parts = access.task_for(tx, reader, identity)
        if user != reader or "result-user" not in parts:
            raise RefusedError(
                "access.not_yours", "Only the result user itself reads its shares.", "Use your own name."
            )
        rows = receipts.sealed_for(tx, identity, user)
    return SealedShares(
        tuple(SealedShare(identity, row["party"], user, bytes(row["output"]), bytes(row["sealed"])) for row in rows)
    )


@router.get("/tasks/{task}/evidence", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
def evidence(context: Context, reader: Reader, task: str) -> Response:
    """The evidence bundle (zip), for participants and auditors."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        access.task_for(tx, reader, identity)
        data = receipts.bundle(tx, identity)
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


@router.get(
    "/tasks/{task}/evidence/path", response_class=Response, responses={200: {"content": {"application/json": {}}}}
)
def evidence_path(context: Context, reader: Reader, task: str, head: Annotated[int, Query(ge=0, le=2**53)]) -> Response:
    """The path from block `head`, which the reader trusts, down to the block that the bundle is rooted in."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        access.task_for(tx, reader, identity)
        plan = path.plan(tx, identity, head)
    return Response(plan.finish(context.chain), media_type="application/json")


def _line(row: Row) -> TaskLine:
    return TaskLine(
        task=bytes(row["task_id"]),
        state=row["state"],
        review=row["review"] or "none",
        proposer=row["proposer"],
        deadline=row["deadline"],
        submitted_at=row["submitted_at"],
        parts=tuple(row["parts"]),
    )
