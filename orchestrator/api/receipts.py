"""What nodes send and look up: receipts and announcements."""

import base64

from fastapi import APIRouter

from orchestrator.api.context import Context
from orchestrator.api.models import AnnouncementsView, AnnouncementView, ReceiptBody, ReceiptView
from orchestrator.api.security import Reader
from orchestrator.api.strict import StrictRoute
from orchestrator.services.receiving import Receiving
from orchestrator.store import receipts
from protocol.messages import parse_receipt

router = APIRouter(prefix="/v1", tags=["nodes"], route_class=StrictRoute)


@router.post("/receipts", status_code=202)
def receive(context: Context, body: ReceiptBody) -> ReceiptView:
    """Hand in a statement, progress, announcement, log, sealed share or chain request; each authenticates itself."""
    receipt = parse_receipt(body.plain())
    with context.database.transaction() as tx:
        found = Receiving(tx, context.chain, context.domains, context.clock()).accept(receipt)
    return ReceiptView(digest="0x" + found.digest.hex(), new=found.new)


@router.get("/announcements")
def announcements(context: Context, _reader: Reader) -> AnnouncementsView:
    """Where nodes say they listen; check each envelope with the registry's node key."""
    with context.database.transaction() as tx:
        found = receipts.announcements(tx)
    return AnnouncementsView(
        items=[
            AnnouncementView(party=party, envelope=base64.b64encode(envelope).decode())
            for party, envelope in found.items()
        ]
    )
