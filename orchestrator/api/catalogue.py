"""Parties, data sets, programs, engines."""

from typing import Annotated, cast

from fastapi import APIRouter, Header, Query

from orchestrator.api import paging
from orchestrator.api.context import Context
from orchestrator.api.idempotency import Once
from orchestrator.api.paging import Cursor, Limit, PartyName, RoleName
from orchestrator.api.security import CatalogueReader, Reader, TokenHolder
from orchestrator.api.strict import StrictRoute
from orchestrator.services import enrolling, inviting
from orchestrator.store import catalogue
from orchestrator.store.database import Row
from protocol import ids
from protocol.api import (
    ApplicationView,
    DataSetPage,
    DataSetStanding,
    DataSetView,
    DescribeRequest,
    EnginePage,
    EngineView,
    InviteRequest,
    NameEngineRequest,
    PartyPage,
    PartyStanding,
    PartyView,
    ProgramPage,
    ProgramStanding,
    ProgramView,
    Taken,
)
from protocol.catalogue import declaration_of, read_description
from protocol.enrolment import Application, Enrolment, role_names
from protocol.errors import RefusedError
from protocol.program_versions import read_program
from protocol.programs import ProgramDescriptor
from protocol.vocabulary import ROLE_BITS

router = APIRouter(prefix="/v1", tags=["catalogue"], route_class=StrictRoute)
Invitation = Annotated[
    str | None,
    Header(alias="invitation", min_length=1, max_length=128, pattern=r"^[!-~]+$", description="The invitation's code"),
]
ReleaseStatus = Annotated[ProgramStanding | None, Query(description="Only those that stand like this")]


@router.post("/parties", status_code=202)
def enrol(context: Context, body: Application, once: Once, invitation: Invitation = None) -> PartyView:
    """Apply to take part. The application waits until the registry admits the party."""
    found = enrolling.verified(context.chain, context.domains, body)
    with context.database.transaction() as tx:

        def take() -> PartyView:
            closed = context.invited_only
            enrolling.enrol(tx, body, found, now=context.clock(), invitation=invitation, invited_only=closed)
            return _party(catalogue.parties(tx, "", 1, only=found.party)[0])

        # by its wallet: several may apply under one name
        return once(tx, found.wallet, PartyView, take)


@router.post("/invitations", status_code=201)
def invite(context: Context, reader: TokenHolder, body: InviteRequest, once: Once) -> Taken:
    """Invite somebody to apply under a name, once; the platform's operator does. Only the hash of the code is handed in."""
    with context.database.transaction() as tx:

        def take() -> Taken:
            inviting.invite(tx, reader, body, context.clock())
            return Taken(f"party_{body.party}")

        return once(tx, reader, Taken, take)


@router.get("/parties")
def parties(
    context: Context,
    _reader: CatalogueReader,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[PartyStanding | None, Query(description="Only parties that stand like this")] = None,
    role: Annotated[RoleName | None, Query(description="Only registered parties that hold this role")] = None,
) -> PartyPage:
    """Parties by name, of those that meet every filter given."""
    bits = None if role is None else ROLE_BITS[role]
    with context.database.transaction() as tx:
        rows = catalogue.parties(tx, paging.after(cursor), limit + 1, status=status, role=bits)
    return PartyPage(items=tuple(_party(row) for row in rows[:limit]), next_cursor=_next(rows, limit, "name"))


@router.get("/parties/{party}")
def party(context: Context, _reader: CatalogueReader, party: str) -> PartyView:
    """One party by id (`party_<name>`)."""
    name = ids.name(_unprefixed("party", party))
    with context.database.transaction() as tx:
        rows = catalogue.parties(tx, "", 1, only=name)
    if not rows:
        raise RefusedError("party.unknown", f"There is no party {name!r}.", "Check the name.", status=404)
    return _party(rows[0])


@router.get("/parties/{party}/application")
def application(context: Context, _reader: Reader, party: str) -> ApplicationView:
    """A party's application with its signatures, for whoever admits it."""
    name = ids.name(_unprefixed("party", party))
    with context.database.transaction() as tx:
        found = catalogue.application_of(tx, name)
    if found is None:
        raise RefusedError("party.no_application", f"{name} sent no application here.", "Check the name.", status=404)
    return ApplicationView(*found)


@router.post("/data-sets", status_code=201)
def describe_data_set(context: Context, reader: TokenHolder, body: DescribeRequest, once: Once) -> DataSetView:
    """Describe a data set version, and say who reads that: a DSSE envelope of its owner's node key, with its owner's token."""
    with context.database.transaction() as tx:

        def take() -> DataSetView:
            described = enrolling.describe_data_set(tx, reader, body.envelope, body.audience)
            return _data_set(catalogue.data_sets(tx, reader, "", 1, only=described.data_set)[0])

        return once(tx, reader, DataSetView, take)


@router.get("/data-sets")
def data_sets(
    context: Context,
    reader: CatalogueReader,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[DataSetStanding | None, Query(description="Only data sets that stand like this")] = None,
    owner: Annotated[PartyName | None, Query(description="Only data sets of this party")] = None,
) -> DataSetPage:
    """Data sets that their owners let the reader know of, by reference name, newest version, of those that meet every filter given."""
    with context.database.transaction() as tx:
        rows = catalogue.data_sets(tx, reader, paging.after(cursor), limit + 1, status=status, owner=owner)
    return DataSetPage(items=tuple(_data_set(row) for row in rows[:limit]), next_cursor=_next(rows, limit, "data_set"))


@router.get("/data-sets/{data_set}")
def data_set(context: Context, reader: CatalogueReader, data_set: str) -> DataSetView:
    """One data set by id (`ds_<reference>`), newest version. Who was told a reference may look it up, unless its owner names
    its readers.
    """
    name = ids.reference(_unprefixed("ds", data_set))
    with context.database.transaction() as tx:
        rows = catalogue.data_sets(tx, reader, "", 1, only=name)
    if not rows:
        raise RefusedError("data_set.unknown", f"There is no data set {name}.", "Check the name.", status=404)
    return _data_set(rows[0])


@router.post("/programs", status_code=201)
def describe_program(context: Context, reader: TokenHolder, body: ProgramDescriptor, once: Once) -> ProgramView:
    """Describe a published program (`tallystick/program/v4`); its publisher's token is asked for."""
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:

        def take() -> ProgramView:
            enrolling.describe_program(tx, reader, body)
            return _program(catalogue.programs(tx, "", 1, only=body.program)[0], required)

        return once(tx, reader, ProgramView, take)


@router.get("/programs")
def programs(
    context: Context, _reader: CatalogueReader, limit: Limit = 50, cursor: Cursor = None, status: ReleaseStatus = None
) -> ProgramPage:
    """Programs by id."""
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:
        rows = catalogue.programs(tx, paging.after(cursor), limit + 1, status=status, required=required)
    return ProgramPage(
        items=tuple(_program(row, required) for row in rows[:limit]), next_cursor=_next(rows, limit, "program")
    )


@router.get("/programs/{program}")
def program(context: Context, _reader: CatalogueReader, program: str) -> ProgramView:
    """One program by id (`prog_<name@version>`)."""
    name = ids.program(_unprefixed("prog", program))
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:
        rows = catalogue.programs(tx, "", 1, only=name)
    if not rows:
        raise RefusedError("program.unknown", f"There is no program {name}.", "Check the name.", status=404)
    return _program(rows[0], required)


@router.post("/engines", status_code=201)
def name_engine(context: Context, reader: TokenHolder, body: NameEngineRequest, once: Once) -> EngineView:
    """Tell the name of a published engine: the chain holds its hash, so any party may."""
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:

        def take() -> EngineView:
            enrolling.name_engine(tx, body.engine)
            return _engine(catalogue.engines(tx, "", 1, only=body.engine)[0], required)

        return once(tx, reader, EngineView, take)


@router.get("/engines")
def engines(
    context: Context, _reader: CatalogueReader, limit: Limit = 50, cursor: Cursor = None, status: ReleaseStatus = None
) -> EnginePage:
    """Engines by name."""
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:
        rows = catalogue.engines(tx, paging.after(cursor), limit + 1, status=status, required=required)
    return EnginePage(
        items=tuple(_engine(row, required) for row in rows[:limit]), next_cursor=_next(rows, limit, "engine")
    )


def _next(rows: list[Row], limit: int, key: str) -> str | None:
    return paging.encode({"after": rows[limit - 1][key]}) if len(rows) > limit else None


def _unprefixed(prefix: str, value: str) -> str:
    head = f"{prefix}_"
    if not value.startswith(head):
        raise RefusedError("id.prefix", f"{value!r} is no {head} id.", f"Ids look like {head}….", status=404)
    return value[len(head) :]


def _bytes(value: object) -> bytes | None:
    return None if value is None else bytes(cast("bytes", value))


def _address(value: object) -> str | None:
    return None if value is None else "0x" + bytes(cast("bytes", value)).hex()


def _party(row: Row) -> PartyView:
    profile = None if row["payload"] is None else Enrolment.read(bytes(row["payload"]))
    status: PartyStanding = "pending" if row["active"] is None else "active" if row["active"] else "suspended"
    pending = profile if status == "pending" else None
    return PartyView(
        id=f"party_{row['name']}",
        name=row["name"],
        party_id=bytes(row["party_id"]),
        status=status,
        title=None if profile is None else profile.title,
        contact=None if profile is None else profile.contact,
        wallet=pending.wallet if pending else _address(row["wallet"]),
        node_signer=pending.node_signer if pending else _address(row["node_signer"]),
        node_key=pending.node_key if pending else _bytes(row["node_key"]),
        seal_key=pending.seal_key if pending else _bytes(row["seal_key"]),
        operator=ids.on_chain(pending.operator) if pending else _bytes(row["operator"]),
        roles=pending.roles if pending else role_names(row["roles"] or 0),
    )


def _data_set(row: Row) -> DataSetView:
    described = read_description(bytes(row["payload"]))
    return DataSetView(
        id=f"ds_{row['data_set']}",
        data_set=row["data_set"],
        version=row["version"],
        owner=row["owner"],
        status="described" if row["active"] is None else "registered" if row["active"] else "retired",
        title=described.title,
        columns=described.columns,
        rows=described.rows,
        data_level=described.data_level,
        sensitive=described.sensitive,
        schema_hash=bytes(row["digest"]),
        input_root=_bytes(row["input_root"]),
        law=declaration_of(described),
    )


def _standing(row: Row, required: int) -> ProgramStanding:
    if not row["active"]:
        return "retired"
    return "approved" if row["approvals"] >= required else "waiting"


def _engine(row: Row, required: int) -> EngineView:
    return EngineView(
        engine=row["engine"],
        publisher=row["publisher"],
        approvals=row["approvals"],
        required_approvals=required,
        status=_standing(row, required),
        code_digest=bytes(row["code_digest"]),
        serial=int(row["serial"]),
    )


def _program(row: Row, required: int) -> ProgramView:
    return ProgramView(
        id=f"prog_{row['program']}",
        program=row["program"],
        approvals=row["approvals"],
        required_approvals=required,
        status=_standing(row, required),
        code_digest=bytes(row["code_digest"]),
        protection_level=row["protection_level"],
        descriptor=read_program(bytes(row["payload"])),
    )
