"""The owner's answer to an auditor who asks for single committed rows: checked, shown to the owner, logged, and only then sealed.

Whoever asks must be an active regulator or certifier of the registry, or a named auditor of a task over that very version which came to this
node; its wallet signed what it asks for. The rows are read from the committed snapshot and hashed anew. What the log holds of an answer
(hashes and counts) is there before anything leaves; the same request asked again gets the same rows and no second entry.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from protocol import canonical, dsse, ids, openings, sealing
from protocol.contract import TaskContract
from protocol.errors import FormatError, RefusedError, UnavailableError, VerificationError
from protocol.openings import OpenedRows, OpeningAnswer, OpeningRequest, RowsOpened, SignedRequest
from protocol.programs import Words
from protocol.rows import InputTree, Opening, RowHasher
from protocol.table import Cell, Schema
from protocol.vocabulary import Role
from workers import disk, sources
from workers.chain_view import Head
from workers.data_sets import StoredVersion
from workers.node import LOCK, Desk, assemble
from workers.sources import commitment
from workers.sources.problems import Listener
from workers.sources.table import Table

MAY_ASK: Final = (Role.REGULATOR, Role.CERTIFIER)
_LOOK: Final = 0.2
LOG_WAIT: Final = 60.0
"""Seconds that a running node has to log an opening."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a row would be told: its place in the committed order, its number in the file from 0, its cells by column."""

    position: int
    number: int
    cells: tuple[tuple[str, Cell], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer before the owner agreed to it; ``right`` says why the asker may ask, ``shown`` what would be told."""

    message: OpeningRequest
    digest: bytes
    right: Words
    stored: StoredVersion
    rows: OpenedRows = field(repr=False)
    shown: tuple[Shown, ...]


def prepare(desk: Desk, data: bytes, listener: Listener = sources.SILENT) -> Prepared:
    """Check a request and open the rows it asks for, at this node alone; nothing is stated, logged or sealed yet."""
    signed = SignedRequest.read(data)
    message = signed.message
    openings.require(message)
    openings.require_time(message, desk.clock())
    head = desk.chain.head()
    digest = message.digest(desk.chain.domain(OpeningRequest.HOME))
    right = _right(desk, message, head)
    _require_signature(desk, message, digest, signed.signature, head)
    stored = _version(desk, message, head)
    columns = tuple(column.name for column in stored.schema.committed().columns)
    if strange := [name for name in message.columns if name not in columns]:
        raise RefusedError(
            "opening.no_column",
            f"{message.data_set} has no column {strange[0]!r}.",
            f"Its columns: {', '.join(columns)}.",
        )
    if message.keys and stored.schema.identifier not in message.columns:
        raise RefusedError(
            "opening.no_identifier",
            "Rows are asked for by identifier, and the identifier's column is not among those to open.",
            "Ask for that column too, or for rows by their places."
            if stored.schema.identifier
            else "This data set has no identifier: ask for rows by their places.",
        )
    found, shown = _open(desk.store.table(stored), stored, message, digest, desk.party, listener)
    return Prepared(message, digest, right, stored, found, shown)


def answer(desk: Desk, prepared: Prepared) -> bytes:
    """State the opening, have the log keep it, and seal the rows to the asker's key: the answer's file."""
    message, content = prepared.message, prepared.rows.data()
    said = RowsOpened(
        prepared.digest, message.asker, desk.party, ids.on_chain(message.data_set), message.data_version,
        message.input_root, len(prepared.rows.openings), prepared.rows.cells, canonical.sha256(content), desk.clock(),
    )  # fmt: skip
    envelope = logged(desk, said)
    sealed = sealing.seal(message.seal_key, openings.seal_info(prepared.digest, envelope), content)
    return OpeningAnswer(prepared.digest, envelope, sealed).data()


def logged(desk: Desk, said: RowsOpened, wait: float = LOG_WAIT) -> bytes:
    """The log's envelope about this request: signed and handed to the node that runs, or logged here where none does.

    The log has one writer, and one statement for a request: one of the same content that is there already is taken as it is.
    """
    found = desk.state.opening(said.request)
    if found is None:
        desk.state.owe_opening(said.request, dsse.sign(said.serialise(), desk.keys.node_public, desk.keys.sign))
        found = _written(desk, said.request, wait)
    kept = RowsOpened.read(dsse.open_envelope(found, desk.keys.node_public))
    if kept.content != said.content:
        raise VerificationError(
            "opening.other_answer",
            "The log has another answer to this request.",
            "Restore the data folder from its backup: the stored rows are not those of the first answer.",
        )
    return found


def _written(desk: Desk, request: bytes, wait: float) -> bytes:
    until = time.monotonic() + wait
    while (found := desk.state.opening(request)) is None:
        try:
            with disk.exclusive(desk.folder / LOCK, "the node"), assemble(desk) as node:
                node.evidence.log_openings()
        except RefusedError as error:
            if error.code != "disk.locked":
                raise
            if time.monotonic() >= until:
                raise UnavailableError(
                    "opening.not_logged",
                    f"The running node has not logged the opening within {wait:.0f} s; nothing was given out.",
                    "See its log, then give the command again.",
                ) from error
            time.sleep(_LOOK)
    return found


def _right(desk: Desk, message: OpeningRequest, head: Head) -> Words:
    """Why the asker may ask; refused (``opening.not_entitled``) where nothing says so."""
    facts = desk.chain.party(message.asker, head)
    if facts is None or not facts.active:
        raise RefusedError(
            "opening.asker",
            f"{message.asker} is no active party of the registry.",
            "Answer nobody whom it does not name.",
        )
    if message.owner != desk.party:
        raise RefusedError(
            "opening.other_owner", f"The request is to {message.owner}, this node is {desk.party}'s.", "Pass it on."
        )
    roles = [role.word for role in MAY_ASK if facts.roles & role]
    if roles:
        return Words(f"{', '.join(roles)} of the registry", f"登记簿所载角色：{'、'.join(roles)}")
    for job in desk.state.jobs():
        contract = TaskContract.read(job.dispatch.contract)
        taken = {(item.data_set, item.version) for item in contract.inputs}
        if message.asker in contract.auditors and (message.data_set, message.data_version) in taken:
            return Words(f"auditor of task_{job.task.hex()}", f"任务task_{job.task.hex()}的审计方")
    raise RefusedError(
        "opening.not_entitled",
        f"{message.asker} is neither regulator nor certifier, and no task over this version names it as an auditor.",
        "Answer nobody who is not entitled; a contract names its auditors before it is signed.",
    )


def _require_signature(desk: Desk, message: OpeningRequest, digest: bytes, signature: bytes, head: Head) -> None:
    facts = desk.chain.party(message.asker, head)
    if facts is None or not desk.chain.wallet_accepts(facts.wallet, digest, signature):
        raise VerificationError(
            "opening.signature",
            f"The request is not signed by {message.asker}'s registered wallet for this deployment.",
            "Ask the auditor to sign it with the wallet that the registry names.",
        )


def _version(desk: Desk, message: OpeningRequest, head: Head) -> StoredVersion:
    stored = desk.store.find(message.data_set, message.data_version)
    if stored is None:
        raise RefusedError(
            "data_set.unknown",
            f"{message.data_set} version {message.data_version} is not stored at this node.",
            "See `tally node dataset list`.",
        )
    facts = desk.chain.data_set(message.data_set, message.data_version, head)
    own = (ids.on_chain(desk.party), stored.input_root, stored.rows)
    if facts is None or (facts.owner, facts.input_root, facts.rows) != own:
        raise VerificationError(
            "opening.not_registered",
            "The stored version is not the one that the chain has.",
            "Register it, or restore the data folder from its backup.",
        )
    if (message.input_root, message.rows) != own[1:]:
        raise RefusedError(
            "opening.other_root",
            "The request names another root or number of rows than this version has.",
            "The auditor asks again, with the root that the registry has of the version.",
        )
    return stored


def _open(
    table: Table, stored: StoredVersion, message: OpeningRequest, digest: bytes, party: str, listener: Listener
) -> tuple[OpenedRows, tuple[Shown, ...]]:
    schema = stored.schema.committed()
    hasher = RowHasher(schema, stored.secret)
    hashes = commitment.row_hashes(table, hasher, listener)
    tree = InputTree(hashes)
    if tree.root() != stored.input_root:
        raise VerificationError(
            "data_set.changed", "The stored rows do not hash to the registered root.", "Restore the data folder."
        )
    wanted = {tree.row_hash(place) for place in message.positions}
    numbers = {number for number, value in enumerate(hashes) if value in wanted}
    found = _numbers(table, stored.schema.identifier, message.keys)
    numbers |= set(found.values())
    if len(numbers) > openings.MOST_ROWS:
        raise FormatError("opening.rows", "The request asks for too many rows.", f"At most {openings.MOST_ROWS}.")
    opened = sorted(
        ((tree.open_cells(hasher, number, table.canonical_row(number), message.columns), number) for number in numbers),
        key=lambda pair: pair[0].index,
    )
    shown = tuple(Shown(opening.index, number, _cells(schema, opening)) for opening, number in opened)
    absent = tuple(key for key in message.keys if key not in found)
    description = stored.description(party).data()
    return OpenedRows(digest, description, schema, tuple(opening for opening, _ in opened), absent), shown


def _numbers(table: Table, identifier: str, keys: tuple[str, ...]) -> dict[str, int]:
    """The numbers of the rows that have these identifiers, which are unique in a stored table."""
    if not keys:
        return {}
    asked = set(keys)
    return {text: number for number, text in enumerate(table.texts(identifier)) if text is not None and text in asked}


def _cells(schema: Schema, opening: Opening) -> tuple[tuple[str, Cell], ...]:
    named = zip(schema.columns, opening.columns, strict=True)
    return tuple((column.name, part.cell) for column, part in named if not isinstance(part, bytes))
