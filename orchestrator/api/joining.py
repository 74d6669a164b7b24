"""How parties join: the list of applications for those who admit and certify, and a party's own broker credentials."""

from typing import Annotated

from fastapi import APIRouter, Query

from orchestrator.api import paging
from orchestrator.api.context import Context
from orchestrator.api.paging import Cursor, Limit
from orchestrator.api.security import Reader
from orchestrator.api.strict import StrictRoute
from orchestrator.services import enrolling
from orchestrator.store import catalogue, credentials
from orchestrator.store.database import Row
from protocol.api import ApplicationLine, ApplicationPage, ApplicationStanding, CredentialsView
from protocol.enrolment import Enrolment
from protocol.errors import RefusedError

router = APIRouter(prefix="/v1", tags=["joining"], route_class=StrictRoute)
Standing = Annotated[ApplicationStanding | None, Query(description="Only those that stand so")]


@router.get("/applications")
def applications(
    context: Context, reader: Reader, limit: Limit = 50, cursor: Cursor = None, standing: Standing = None
) -> ApplicationPage:
    """Applications, newest first, for the platform's operator, certifiers and regulators."""
    with context.database.transaction() as tx:
        enrolling.require_office(tx, reader)
        rows = catalogue.applications(tx, paging.newest_before(cursor, "application"), limit + 1, standing)
    last = rows[limit - 1] if len(rows) > limit else None
    return ApplicationPage(
        items=tuple(_line(row) for row in rows[:limit]),
        next_cursor=None if last is None else paging.newest("application", last["at"], bytes(last["profile_hash"])),
    )


@router.get("/credentials")
def broker_credentials(context: Context, reader: Reader) -> CredentialsView:
    """The reader's own broker credentials, sealed to the seal key that the registry holds for it; nobody else's."""
    with context.database.transaction() as tx:
        found = credentials.of_party(tx, reader)
    if found is None:
        raise RefusedError(
            "credentials.none",
            f"No broker credentials are issued to {reader}.",
            "They follow admission by seconds where the coordinator issues them; else ask its operator for a broker URL.",
            status=404,
        )
    return CredentialsView(found)


def _line(row: Row) -> ApplicationLine:
    found = Enrolment.read(bytes(row["payload"]))
    return ApplicationLine(
        party=found.party,
        fingerprint=found.profile_hash,
        standing=row["standing"],
        received_at=row["at"] // 1_000_000,
        invited=row["invited"],
        title=found.title,
        operator=found.operator,
        roles=found.roles,
        node=found.has_node,
    )
