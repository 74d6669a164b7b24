"""Tasks: preflight, submission, status, sealed shares, evidence."""

import base64
from typing import Annotated

from fastapi import APIRouter, Query, Response

from orchestrator.api import idempotency, paging
from orchestrator.api.context import Context
from orchestrator.api.idempotency import IdempotencyKey
from orchestrator.api.models import (
    EstimateView,
    PreflightBody,
    PreflightView,
    ProblemView,
    ProgressView,
    ReasonView,
    SealedPage,
    SealedView,
    SubmitBody,
    SubmittedView,
    TaskLine,
    TaskPage,
    TaskPartyView,
    TaskView,
    WordsView,
)
from orchestrator.api.paging import Cursor, Limit
from orchestrator.api.security import Reader
from orchestrator.api.strict import StrictRoute
from orchestrator.api.waiting import MOST_SECONDS
from orchestrator.services import access, path, status, submission
from orchestrator.services.status import PartyStatus, Status
from orchestrator.store import receipts, tasks
from orchestrator.store.database import Row
from protocol import ids
from protocol.contract import TaskContract, proposal_of
from protocol.errors import RefusedError
from protocol.record import Record
from protocol.vocabulary import ENDED, SUBMITTED

router = APIRouter(prefix="/v1", tags=["tasks"], route_class=StrictRoute)


@router.post("/tasks/preflight")
def preflight(context: Context, _reader: Reader, body: PreflightBody) -> PreflightView:
    """Every problem of a contract at once, its cost, and the proposal to sign."""
    contract = TaskContract.parse(body.contract.plain())
    with context.database.transaction() as tx:
        report = submission.examine(tx, context.chain, contract, context.bounds, context.clock())
    proposal = proposal_of(contract)
    return PreflightView(
        task=ids.prefixed("task", context.domains.digest(proposal)),
        problems=[ProblemView(code=p.code, what=p.what, fix=p.fix, where=p.where) for p in report.problems],
        estimate=EstimateView(
            seconds=report.estimate.seconds, bytes=report.estimate.traffic, memory=report.estimate.memory
        ),
        level=report.level,
        collusion_threshold=report.collusion_threshold,
        disclosures=[WordsView(en=words.english, zh=words.chinese) for words in report.disclosures],
        typed_data=proposal.typed_data(context.domains.domain(proposal.HOME)),
    )


@router.post("/tasks", status_code=202)
def submit(context: Context, body: SubmitBody, key: IdempotencyKey = None) -> SubmittedView:
    """Propose a task; the body's signature is the proposer's wallet's over the EIP-712 `Proposal`."""
    plain = body.plain()
    contract = TaskContract.parse(plain["contract"])
    signature = Record({"signature": body.signature}, "body").hex_bytes("signature", 4096)
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
            )
            return {"id": ids.prefixed("task", task), "state": SUBMITTED}

        return SubmittedView.model_validate(idempotency.once(tx, "tasks", key, plain, take))


@router.get("/tasks")
def listing(context: Context, reader: Reader, limit: Limit = 50, cursor: Cursor = None) -> TaskPage:
    """The reader's tasks, newest first."""
    with context.database.transaction() as tx:
        rows = tasks.visible(tx, reader, _position(cursor), limit + 1)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return TaskPage(
        items=[_line(row) for row in rows[:limit]],
        next_cursor=None
        if last is None
        else paging.encode({"at": str(last["submitted_at"]), "task": "0x" + bytes(last["task_id"]).hex()}),
    )


@router.get("/tasks/{task}")
async def one(
    context: Context, reader: Reader, task: str, wait: Annotated[int, Query(ge=0, le=MOST_SECONDS)] = 0
) -> TaskView:
    """A task's state, and why it waits or how it ended. With `wait`: once it has ended, at latest after so many seconds."""
    identity = ids.unprefixed("task", task)

    def look() -> Status:
        with context.database.transaction() as tx:
            row, _ = access.task_for(tx, reader, identity)
            return status.of(tx, row, context.clock())

    found = await context.waiting.until(
        lambda now: now.state in ENDED, look, task=identity, caller=reader, seconds=wait
    )
    return _view(found)


@router.get("/tasks/{task}/sealed/{user}")
def sealed(context: Context, reader: Reader, task: str, user: str) -> SealedPage:
    """The shares sealed for the reader that have arrived."""
    identity = ids.unprefixed("task", task)
    with context.database.transaction() as tx:
        _, parts = access.task_for(tx, reader, identity)
        if user != reader or "result-user" not in parts:
            raise RefusedError(
                "access.not_yours", "Only the result user itself reads its shares.", "Use your own name."
            )
        rows = receipts.sealed_for(tx, identity, user)
    return SealedPage(
        items=[
            SealedView(
                task="0x" + identity.hex(),
                party=row["party"],
                user=user,
                output="0x" + bytes(row["output"]).hex(),
                sealed=base64.b64encode(bytes(row["sealed"])).decode(),
            )
            for row in rows
        ]
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


def _position(cursor: str | None) -> tuple[int, bytes] | None:
    if cursor is None:
        return None
    record = paging.decode(cursor)
    found = record.decimal("at", 63), record.hex32("task")
    record.done()
    return found


def _line(row: Row) -> TaskLine:
    return TaskLine(
        id=ids.prefixed("task", bytes(row["task_id"])),
        state=row["state"],
        review=row["review"] or "none",
        proposer=row["proposer"],
        deadline=str(row["deadline"]),
        submitted_at=str(row["submitted_at"]),
    )


def _view(found: Status) -> TaskView:
    row = found.row
    started, run = row["started_at"], row["run_id"]
    return TaskView(
        id=ids.prefixed("task", bytes(row["task_id"])),
        state=found.state,  # pyright: ignore[reportArgumentType] - pydantic checks it
        review=row["review"] or "none",
        contract=base64.b64encode(bytes(row["contract"])).decode(),
        contract_digest="0x" + bytes(row["contract_digest"]).hex(),
        proposer=row["proposer"],
        deadline=str(row["deadline"]),
        submitted_at=str(row["submitted_at"]),
        started_at=None if started is None else str(started),
        run=None if run is None else ids.prefixed("run", bytes(run)),
        reasons=[ReasonView(code=r.code, what=r.what, fix=r.fix, party=r.party) for r in found.reasons],
        parties=[_party(item) for item in found.parties],
        percent=found.percent,
        eta=found.eta,
        evidence=found.bundle,
    )


def _party(item: PartyStatus) -> TaskPartyView:
    said = item.progress
    return TaskPartyView(
        party=item.party,
        parts=list(item.parts),
        committed=item.committed,
        released_to=list(item.released_to),
        logged=item.logged,
        attested=item.attested,
        progress=None
        if said is None
        else ProgressView(
            state=said.state,
            phase=said.phase,
            step=said.step,
            total=said.total,
            percent=said.percent,
            eta=said.eta or None,
            note=said.note,
            peer=said.peer,
        ),
    )
