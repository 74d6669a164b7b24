"""Parties, data sets, programs."""

from fastapi import APIRouter

from orchestrator.api import paging
from orchestrator.api.context import Context
from orchestrator.api.models import (
    ColumnView,
    DataSetPage,
    DataSetView,
    EnrolBody,
    EnvelopeBody,
    PartyPage,
    PartyView,
    ProgramPage,
    ProgramView,
    WordsView,
)
from orchestrator.api.paging import Cursor, Limit
from orchestrator.api.security import Reader
from orchestrator.api.strict import StrictRoute
from orchestrator.services import enrolling
from orchestrator.store import catalogue
from orchestrator.store.database import Row
from protocol import canonical, ids
from protocol.catalogue import DataSetDescriptor
from protocol.enrolment import LIMIT as ENROLMENT_LIMIT
from protocol.enrolment import Enrolment, role_names
from protocol.errors import RefusedError
from protocol.limits import LIMITS
from protocol.programs import LIMIT as PROGRAM_LIMIT
from protocol.programs import ProgramDescriptor, Words
from protocol.record import Record

router = APIRouter(prefix="/v1", tags=["catalogue"], route_class=StrictRoute)


@router.post("/parties", status_code=202)
def enrol(context: Context, body: EnrolBody) -> PartyView:
    """Apply to take part. The application waits until the registry admits the party."""
    record = Record(body.plain(), "body")
    payload = record.base64("enrolment", ENROLMENT_LIMIT)
    envelope = None if body.envelope is None else record.base64("envelope", LIMITS.envelope)
    signature = record.hex_bytes("wallet_signature", 4096)
    with context.database.transaction() as tx:
        found = enrolling.enrol(
            tx, context.chain, context.domains, payload=payload, envelope=envelope, wallet_signature=signature
        )
        rows = catalogue.parties(tx, "", 1, only=found.party)
    return _party(rows[0])


@router.get("/parties")
def parties(context: Context, _reader: Reader, limit: Limit = 50, cursor: Cursor = None) -> PartyPage:
    """Parties by name."""
    with context.database.transaction() as tx:
        rows = catalogue.parties(tx, paging.after(cursor), limit + 1)
    return PartyPage(items=[_party(row) for row in rows[:limit]], next_cursor=_next(rows, limit, "name"))


@router.get("/parties/{party}")
def party(context: Context, _reader: Reader, party: str) -> PartyView:
    """One party by id (`party_<name>`)."""
    name = ids.name(_unprefixed("party", party))
    with context.database.transaction() as tx:
        rows = catalogue.parties(tx, "", 1, only=name)
    if not rows:
        raise RefusedError("party.unknown", f"There is no party {name!r}.", "Check the name.", status=404)
    return _party(rows[0])


@router.post("/data-sets", status_code=201)
def describe_data_set(context: Context, body: EnvelopeBody) -> DataSetView:
    """Describe a data set version: a DSSE envelope of its owner's node key."""
    envelope = Record(body.plain(), "body").base64("envelope", LIMITS.envelope)
    with context.database.transaction() as tx:
        described = enrolling.describe_data_set(tx, envelope)
        rows = catalogue.data_sets(tx, "", 1, only=described.data_set)
    return _data_set(rows[0])


@router.get("/data-sets")
def data_sets(context: Context, _reader: Reader, limit: Limit = 50, cursor: Cursor = None) -> DataSetPage:
    """Data sets by reference name, newest version."""
    with context.database.transaction() as tx:
        rows = catalogue.data_sets(tx, paging.after(cursor), limit + 1)
    return DataSetPage(items=[_data_set(row) for row in rows[:limit]], next_cursor=_next(rows, limit, "data_set"))


@router.get("/data-sets/{data_set}")
def data_set(context: Context, _reader: Reader, data_set: str) -> DataSetView:
    """One data set by id (`ds_<reference>`), newest version."""
    name = ids.reference(_unprefixed("ds", data_set))
    with context.database.transaction() as tx:
        rows = catalogue.data_sets(tx, "", 1, only=name)
    if not rows:
        raise RefusedError("data_set.unknown", f"There is no data set {name}.", "Check the name.", status=404)
    return _data_set(rows[0])


@router.post(
    "/programs",
    status_code=201,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}},
)
def describe_program(context: Context, reader: Reader, body: dict[str, object]) -> ProgramView:
    """Describe a published program (`tallystick/program/v1`); its publisher's token is asked for."""
    descriptor = ProgramDescriptor.parse(body)
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:
        enrolling.describe_program(tx, reader, descriptor)
        rows = catalogue.programs(tx, "", 1, only=descriptor.program)
    return _program(rows[0], required)


@router.get("/programs")
def programs(context: Context, _reader: Reader, limit: Limit = 50, cursor: Cursor = None) -> ProgramPage:
    """Programs by id."""
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:
        rows = catalogue.programs(tx, paging.after(cursor), limit + 1)
    return ProgramPage(
        items=[_program(row, required) for row in rows[:limit]], next_cursor=_next(rows, limit, "program")
    )


@router.get("/programs/{program}")
def program(context: Context, _reader: Reader, program: str) -> ProgramView:
    """One program by id (`prog_<name@version>`)."""
    name = ids.program(_unprefixed("prog", program))
    required = context.chain.required_approvals()
    with context.database.transaction() as tx:
        rows = catalogue.programs(tx, "", 1, only=name)
    if not rows:
        raise RefusedError("program.unknown", f"There is no program {name}.", "Check the name.", status=404)
    return _program(rows[0], required)


def _next(rows: list[Row], limit: int, key: str) -> str | None:
    return paging.encode({"after": rows[limit - 1][key]}) if len(rows) > limit else None


def _unprefixed(prefix: str, value: str) -> str:
    head = f"{prefix}_"
    if not value.startswith(head):
        raise RefusedError("id.prefix", f"{value!r} is no {head} id.", f"Ids look like {head}….", status=404)
    return value[len(head) :]


def _hex(value: object) -> str | None:
    return None if value is None else "0x" + bytes(value).hex()  # pyright: ignore[reportArgumentType]


def _words(words: Words) -> WordsView:
    return WordsView(en=words.english, zh=words.chinese)


def _party(row: Row) -> PartyView:
    profile = None if row["payload"] is None else Enrolment.read(bytes(row["payload"]))
    status = "pending" if row["active"] is None else "active" if row["active"] else "suspended"
    pending = profile if status == "pending" else None
    return PartyView(
        id=f"party_{row['name']}",
        name=row["name"],
        party_id="0x" + bytes(row["party_id"]).hex(),
        status=status,
        title=None if profile is None else _words(profile.title),
        contact=None if profile is None else profile.contact,
        wallet=pending.wallet if pending else _hex(row["wallet"]),
        node_signer=pending.node_signer if pending else _hex(row["node_signer"]),
        node_key=_hex(pending.node_key if pending else row["node_key"]),
        seal_key=_hex(pending.seal_key if pending else row["seal_key"]),
        operator=_hex(ids.on_chain(pending.operator) if pending else row["operator"]),
        roles=list(pending.roles if pending else role_names(row["roles"] or 0)),
    )


def _data_set(row: Row) -> DataSetView:
    described = DataSetDescriptor.read(bytes(row["payload"]))
    return DataSetView(
        id=f"ds_{row['data_set']}",
        data_set=row["data_set"],
        version=row["version"],
        owner=row["owner"],
        status="described" if row["active"] is None else "registered" if row["active"] else "retired",
        title=_words(described.title),
        columns=[ColumnView(name=c.name, kind=c.kind, about=_words(c.about)) for c in described.columns],
        rows=described.rows,
        data_level=described.data_level,
        sensitive=list(described.sensitive),
        schema_hash="0x" + bytes(row["digest"]).hex(),
        input_root=_hex(row["input_root"]),
    )


def _program(row: Row, required: int) -> ProgramView:
    descriptor = ProgramDescriptor.parse(canonical.loads(bytes(row["payload"]), PROGRAM_LIMIT))
    approved = row["approvals"] >= required
    return ProgramView(
        id=f"prog_{row['program']}",
        program=row["program"],
        approvals=row["approvals"],
        required_approvals=required,
        status="retired" if not row["active"] else "approved" if approved else "waiting",
        code_digest="0x" + bytes(row["code_digest"]).hex(),
        protection_level=row["protection_level"],
        descriptor=descriptor.to_json(),
    )
