"""Lists: opaque cursors that hold where the last page ended, and the forms of names to filter by."""

import base64
import binascii
from typing import Annotated, Final

from fastapi import Query
from pydantic import StringConstraints

from protocol import canonical
from protocol.errors import FormatError
from protocol.record import Record
from protocol.vocabulary import ROLE_BITS

_LIMIT: Final = 512

PartyName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,63}$")]
DataSetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,30}-[0-9a-f]{32}$")]
ProgramName = Annotated[
    str, StringConstraints(max_length=90, pattern=r"^[a-z0-9_.]{1,63}@[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$")
]
RoleName = Annotated[str, StringConstraints(pattern=f"^({'|'.join(ROLE_BITS)})$")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items per page")]
Cursor = Annotated[str | None, Query(max_length=_LIMIT, description="`next_cursor` of the page before")]


def encode(position: dict[str, str]) -> str:
    """A cursor for a position."""
    return base64.urlsafe_b64encode(canonical.dumps(position)).decode().rstrip("=")


def decode(cursor: str) -> Record:
    """The position behind a cursor; ``page.cursor`` when it is none of ours."""
    try:
        data = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return Record(canonical.loads(data, _LIMIT), "cursor")
    except (binascii.Error, UnicodeEncodeError, FormatError) as error:
        raise FormatError("page.cursor", "This is no cursor of ours.", "Use next_cursor as it came.") from error


def newest(key: str, at: int, identity: bytes) -> str:
    """A cursor of a listing by time, newest first: where it goes on."""
    return encode({"at": str(at), key: "0x" + identity.hex()})


def newest_before(cursor: str | None, key: str) -> tuple[int, bytes] | None:
    """Where a listing by time goes on; None for its start."""
    if cursor is None:
        return None
    record = decode(cursor)
    found = record.decimal("at", 63), record.hex32(key)
    record.done()
    return found


def numbered(number: int) -> str:
    """A cursor of a listing by number, newest first: where it goes on."""
    return encode({"number": str(number)})


def numbered_before(cursor: str | None) -> int | None:
    """Where a listing by number goes on; None for its start."""
    if cursor is None:
        return None
    record = decode(cursor)
    found = record.decimal("number", 62)
    record.done()
    return found


def after(cursor: str | None) -> str:
    """The name after which a listing by name goes on."""
    if cursor is None:
        return ""
    record = decode(cursor)
    found = record.text("after", 128)
    record.done()
    return found
