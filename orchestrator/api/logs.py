"""Heads of parties' logs, in the form that others' tools read: C2SP signed notes with witnesses' cosignatures."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from orchestrator.api.context import Context
from orchestrator.api.security import EvidenceReader
from orchestrator.api.strict import StrictRoute
from orchestrator.services import heads

router = APIRouter(prefix="/v1", tags=["evidence"], route_class=StrictRoute)


@router.get("/logs/{party}/checkpoint", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def checkpoint(
    context: Context,
    reader: EvidenceReader,
    party: str,
    epoch: Annotated[
        int | None, Query(ge=0, le=2**53, description="Of which epoch; the newest where none is named")
    ] = None,
) -> Response:
    """The largest head of a party's log, signed by its node key, with the cosignatures of the witnesses that this coordinator asks.

    Of the newest epoch, or of the one that is named. For the party, for whoever reads a task that it takes part in, and for
    regulators.
    """
    with context.database.transaction() as tx:
        text = heads.newest(tx, reader, party, epoch)
    return Response(text.encode(), media_type="text/plain; charset=utf-8")
