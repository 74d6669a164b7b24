"""What nodes send and look up: receipts and announcements."""

from fastapi import APIRouter

from orchestrator.api.context import Context
from orchestrator.api.security import Reader
from orchestrator.api.strict import StrictRoute
from orchestrator.services.receiving import Receiving
from orchestrator.store import receipts
from protocol.api import AnnouncedBy, Announcements, ReceiptTaken
from protocol.messages import PostedReceipt

router = APIRouter(prefix="/v1", tags=["nodes"], route_class=StrictRoute)


@router.post("/receipts", status_code=202)
def receive(context: Context, body: PostedReceipt) -> ReceiptTaken:
    """Hand in a statement, progress, announcement, log, sealed share or chain request; each authenticates itself."""
    with context.database.transaction() as tx:
        found = Receiving(tx, context.chain, context.domains, context.clock()).accept(body.body)
    return ReceiptTaken(found.digest, found.new)


@router.get("/announcements")
def announcements(context: Context, _reader: Reader) -> Announcements:
    """Where nodes say they listen; check each envelope with the registry's node key."""
    with context.database.transaction() as tx:
        found = receipts.announcements(tx)
    return Announcements(tuple(AnnouncedBy(party, envelope) for party, envelope in found.items()))
