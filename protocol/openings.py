"""Single committed rows, opened to an auditor: who asks for which, what the owner's node signs of it, and what travels sealed.

Rows are asked for by their place in the committed order, which is that of salted hashes: whoever names places draws a sample that the owner
had no say in. Or by identifier, where one row is meant. An answer holds the cells asked for, the hashes of all others, and a proof for
each row; it is sealed (HPKE, RFC 9180) to a key that the asker's wallet signed with the request. The owner's log keeps hashes and counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Final, TypeAlias

from protocol import canonical, ids
from protocol.catalogue import DataSetDescriptor
from protocol.codec import blob, integer, sequence, text
from protocol.errors import FormatError, RefusedError
from protocol.fields import Count, Document, Hash, Many, Name, Signature, Uint64
from protocol.limits import LIMITS
from protocol.logged import LogStatement
from protocol.rows import Opening
from protocol.table import MAX_ID, Schema
from protocol.tiles import MAX_ENTRY
from protocol.typed import Text, Texts, Typed, Uint32, Uint256

MOST_ROWS: Final = 100
"""Rows that one request asks for at most: it is for samples and single cases."""
DAY: Final = 86_400
LONGEST: Final = 90 * DAY
"""Seconds for which a request can be answered at most."""
KIND: Final = "opening"
_INFO: Final = b"tallystick/opening/v1\0"

Positions: TypeAlias = Annotated[tuple[Uint64, ...], Many(MOST_ROWS)]
Keys: TypeAlias = Annotated[tuple[Text, ...], Many(MOST_ROWS)]


@dataclass(frozen=True, slots=True)
class OpeningRequest(Typed):
    """An auditor's wallet asks an owner for rows of one registered version; never on chain.

    ``positions`` count from 0 in the committed order, ``keys`` are identifiers; both, and ``columns``, are strictly sorted.
    ``input_root`` and ``rows`` are what the registry has of the version. The answer is sealed to ``seal_key`` (X25519).
    """

    HOME: ClassVar[str] = "DataSets"

    asker: Text
    owner: Text
    data_set: Text
    data_version: Uint32
    input_root: Hash
    rows: Uint64
    positions: Positions
    keys: Keys
    columns: Texts
    purpose: Text
    seal_key: Hash
    not_after: Uint64
    nonce: Uint256


@dataclass(frozen=True, slots=True)
class SignedRequest(Document):
    """The file that goes to the owner: it holds no secret but the identifiers that it names."""

    FORMAT: ClassVar[str] = "tallystick/opening-request/v1"
    WHERE: ClassVar[str] = "opening_request"
    LIMIT: ClassVar[int] = LIMITS.envelope

    message: OpeningRequest
    signature: Signature


@dataclass(frozen=True, slots=True)
class RowsOpened(LogStatement):
    """What an owner's node states, signs and logs of an answer. ``request`` is the digest that the asker's wallet signed, ``content``
    the SHA-256 of what is sealed (its salts keep it from being guessed), ``data_set`` the data set's id on chain.
    """

    KIND: ClassVar[str] = KIND

    request: Hash
    asker: Name
    owner: Name
    data_set: Hash
    version: Annotated[int, integer(1, 2**32 - 1)]
    input_root: Hash
    rows: Count
    cells: Count
    content: Hash
    time: Count

    @property
    def about(self) -> bytes:
        """The request: it has one answer."""
        return self.request

    def subjects(self) -> list[tuple[str, bytes]]:
        """The version's input root, and what is sealed."""
        return [(f"input/{self.data_set.hex()}", self.input_root), (f"opening/{self.request.hex()}", self.content)]


@dataclass(frozen=True, slots=True)
class OpenedRows(Document):
    """What is sealed: the version's public description (canonical bytes) and committed columns, the opened rows in the committed
    order, and the identifiers for which the owner states that there is no row.
    """

    FORMAT: ClassVar[str] = "tallystick/opened-rows/v1"
    WHERE: ClassVar[str] = "opened_rows"
    LIMIT: ClassVar[int] = LIMITS.frame - 1024

    request: Hash
    description: Annotated[bytes, blob(DataSetDescriptor.LIMIT)]
    columns: Schema
    openings: Annotated[tuple[Opening, ...], Many(MOST_ROWS, "index")]
    absent: Annotated[tuple[str, ...], sequence(text(MAX_ID), MOST_ROWS)]

    @property
    def cells(self) -> int:
        """How many cells are open."""
        return sum(not isinstance(part, bytes) for row in self.openings for part in row.columns)


@dataclass(frozen=True, slots=True)
class OpeningAnswer(Document):
    """The file that goes back: the owner's signed statement (DSSE), as its log has it, and the sealed rows."""

    FORMAT: ClassVar[str] = "tallystick/opening-answer/v1"
    WHERE: ClassVar[str] = "opening_answer"
    LIMIT: ClassVar[int] = 2 * LIMITS.frame

    request: Hash
    statement: Annotated[bytes, blob(MAX_ENTRY)]
    sealed: Annotated[bytes, blob(LIMITS.frame)]


def seal_info(request: bytes, statement: bytes) -> bytes:
    """HPKE's ``info``: an answer opens for its own request and beside its own statement only."""
    return _INFO + request + canonical.sha256(statement)


def require(message: OpeningRequest) -> None:
    """Refuse a request that nobody could answer: names, order, number of rows, places outside the table."""
    ids.name(message.asker, "asker")
    ids.name(message.owner, "owner")
    ids.reference(message.data_set)
    for column in message.columns:
        ids.column(column)
    for what, items in (("positions", message.positions), ("keys", message.keys), ("columns", message.columns)):
        _sorted(what, items)
    if not message.columns:
        raise FormatError(
            "opening.no_columns", "The request names no column.", "Name each column that is to be opened."
        )
    asked = len(message.positions) + len(message.keys)
    if not 1 <= asked <= MOST_ROWS:
        raise FormatError(
            "opening.rows", f"The request asks for {asked} rows.", f"Ask for 1 to {MOST_ROWS} rows in one request."
        )
    if message.positions and message.positions[-1] >= message.rows:
        raise RefusedError(
            "opening.outside",
            f"The table has {message.rows} rows; place {message.positions[-1]} is outside of it.",
            f"Places count from 0 to {max(0, message.rows - 1)}.",
        )
    if any(not 0 < len(key) <= MAX_ID for key in message.keys):
        raise FormatError("opening.key", "An identifier is empty or too long.", f"It has 1 to {MAX_ID} characters.")


def require_time(message: OpeningRequest, now: int) -> None:
    """Refuse a request that is over, or stays open for too long."""
    if not now <= message.not_after <= now + LONGEST:
        raise RefusedError(
            "opening.time",
            "The request's time is over, or ends too late.",
            f"Ask again, for at most {LONGEST // DAY} days.",
        )


def _sorted(what: str, items: Sequence[int] | Sequence[str]) -> None:
    if any(a >= b for a, b in pairwise(items)):  # type: ignore[operator]
        raise FormatError("opening.order", f"The request's {what} are not strictly sorted.", "Sort them; each once.")
