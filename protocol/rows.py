"""The input commitment: a Merkle root over salted rows, from which single rows or cells can be opened.

Every salt follows by HKDF-SHA256 (RFC 5869) from one fresh 32-byte secret per data set version, so an owner stores
only that secret. A cell's hash covers its own salt: opening one cell shows its neighbours' hashes, never enough to
test a guess of them. Rows are ordered by their salted leaf, which hides the source's order.

    row key     = HKDF-Expand(HKDF-Extract(domain, secret), "row" ‖ row number, 32)
    salts       = HKDF-Expand(row key, "salts" ‖ chunk, …): 32 bytes for the row, then 16 per column
    cell hash   = SHA-256(cell salt ‖ canonical cell)
    row hash    = SHA-256(domain ‖ digest of the row schema ‖ row salt ‖ cell hashes)
    input root  = RFC 6962 root over the sorted row hashes
"""

import hashlib
import hmac
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from protocol.codec import HASH, Codec, optional, raw, sequence, wrong
from protocol.errors import FormatError, RangeError, VerificationError
from protocol.fields import Count, Document, Fields, Hash, Many
from protocol.limits import LIMITS
from protocol.merkle import MerkleTree, leaf_hash, root_of, verify_inclusion
from protocol.table import MAX_TEXT, Cell, Row, Schema, cell_bytes, is_canonical

_SECRET = b"tallystick/input-secret/v1\0"
_ROW = b"tallystick/input-row/v1\0"
_CELL_SALT: Final = 16
_ROW_SALT: Final = 32
_SLOTS: Final = 255 * 32 // _CELL_SALT
"""HKDF-Expand gives at most 255 blocks of 32 bytes: wide rows take several chunks."""
_SHA256 = hashes.SHA256()


def _read_cell(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise wrong(where, f"a text of at most {MAX_TEXT} characters")
    return value


@dataclass(frozen=True, slots=True)
class OpenedCell(Fields):
    """A cell shown with its salt."""

    salt: Annotated[bytes, raw(_CELL_SALT)]
    cell: Annotated[Cell, optional(Codec(_read_cell, str, {"type": "string", "maxLength": MAX_TEXT}))]

    def digest(self) -> bytes:
        """The cell's hash in its row."""
        return hashlib.sha256(self.salt + cell_bytes(self.cell)).digest()


def _read_column(value: object, where: str) -> OpenedCell | bytes:
    return HASH.read(value, where) if isinstance(value, str) else OpenedCell.parse(value, where)


def _write_column(value: OpenedCell | bytes) -> object:
    return HASH.write(value) if isinstance(value, bytes) else value.to_json()


_COLUMN: Final = Codec(_read_column, _write_column, {"anyOf": [HASH.schema, {"$ref": OpenedCell}]})


@dataclass(frozen=True, slots=True)
class Opening(Document):
    """A row of an input commitment with its inclusion proof among ``rows`` leaves.

    ``columns`` holds, in schema order, an opened cell or the hash of one that stays hidden.
    """

    WHERE: ClassVar[str] = "opening"
    LIMIT: ClassVar[int] = LIMITS.frame

    index: Count
    rows: Count
    salt: Hash
    columns: Annotated[tuple[OpenedCell | bytes, ...], sequence(_COLUMN, LIMITS.columns)]
    proof: Annotated[tuple[Hash, ...], Many(64)]


class RowHasher:
    """Salts and hashes of rows under one version's secret; row numbers count from 0 in the source's order.

    Stateless between rows, so an owner may hash parts of a large table in several processes. ``extracted`` (secret) and ``prefix``
    are what every row's hash begins from, for another implementation of the same hashes (``workers.sources.commitment``).
    """

    def __init__(self, schema: Schema, secret: bytes) -> None:
        if len(secret) != 32:
            raise FormatError("input.secret", "The version secret does not have 32 bytes.", "Draw 32 random bytes.")
        self.schema = schema
        self.extracted = hmac.digest(_SECRET, secret, "sha256")  # HKDF-Extract
        self.prefix = _ROW + schema.digest()
        self._width = len(schema.columns)

    def salts(self, number: int) -> tuple[bytes, list[bytes]]:
        """Row salt and one salt per column."""
        key = hmac.digest(self.extracted, b"row" + number.to_bytes(8, "big") + b"\x01", "sha256")  # one HKDF block
        stream = b""
        slots = self._width + _ROW_SALT // _CELL_SALT
        for chunk, start in enumerate(range(0, slots, _SLOTS)):
            size = min(_SLOTS, slots - start) * _CELL_SALT
            stream += HKDFExpand(_SHA256, size, b"salts" + chunk.to_bytes(4, "big")).derive(key)
        cells = [stream[i : i + _CELL_SALT] for i in range(_ROW_SALT, len(stream), _CELL_SALT)]
        return stream[:_ROW_SALT], cells

    def row_hash(self, number: int, row: Row) -> bytes:
        """The salted hash of one canonical row (``table.row_reader`` gives canonical rows)."""
        if len(row) != self._width:
            raise FormatError(
                "table.width", f"Row {number} has {len(row)} cells, not {self._width}.", "Read rows by the schema.",
                row=number,
            )  # fmt: skip
        salt, salts = self.salts(number)
        sha256 = hashlib.sha256
        cells = [
            sha256(s + (b"\x00" if cell is None else b"\x01" + cell.encode())).digest()
            for s, cell in zip(salts, row, strict=True)
        ]
        return sha256(b"".join((self.prefix, salt, *cells))).digest()


class InputTree:
    """An input commitment with what its owner needs to open rows: the sorted row hashes."""

    def __init__(self, row_hashes: Iterable[bytes]) -> None:
        self._sorted = sorted(row_hashes)
        self._tree: MerkleTree | None = None
        if any(a == b for a, b in pairwise(self._sorted)):
            raise FormatError("input.duplicate_row", "A row number was hashed twice.", "Number every row once.")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self._sorted)

    def root(self) -> bytes:
        """The input root."""
        return root_of([leaf_hash(value) for value in self._sorted])

    def row_hash(self, position: int) -> bytes:
        """The salted row hash at a position of the committed order, which counts from 0."""
        if not 0 <= position < self.rows:
            raise RangeError(
                "input.no_position", f"The table has {self.rows} rows and no position {position}.",
                "Positions count from 0.",
            )  # fmt: skip
        return self._sorted[position]

    def _proof(self, position: int) -> tuple[bytes, ...]:
        if self._tree is None:  # kept: whoever opens one row often opens several
            self._tree = MerkleTree(leaf_hash(value) for value in self._sorted)
        return self._tree.inclusion_proof(position)

    def open_cells(self, hasher: RowHasher, number: int, row: Row, columns: Sequence[str]) -> Opening:
        """Open the named columns of one row; the other cells stay behind their hashes."""
        row_hash = hasher.row_hash(number, row)
        index = bisect_left(self._sorted, row_hash)
        if index == len(self._sorted) or self._sorted[index] != row_hash:
            raise FormatError(
                "input.not_committed", f"Row {number} is not the row that was committed.", "Use the committed data.",
                row=number,
            )  # fmt: skip
        shown = {hasher.schema.index(name) for name in columns}
        salt, salts = hasher.salts(number)
        opened = [OpenedCell(s, cell) for s, cell in zip(salts, row, strict=True)]
        return Opening(
            index,
            len(self._sorted),
            salt,
            tuple(cell if i in shown else cell.digest() for i, cell in enumerate(opened)),
            self._proof(index),
        )

    def open_row(self, hasher: RowHasher, number: int, row: Row) -> Opening:
        """Open a whole row."""
        return self.open_cells(hasher, number, row, [column.name for column in hasher.schema.columns])


def input_root(schema: Schema, secret: bytes, rows: Iterable[Row]) -> bytes:
    """Root over canonical rows in the source's order."""
    hasher = RowHasher(schema, secret)
    return InputTree(hasher.row_hash(number, row) for number, row in enumerate(rows)).root()


def verify_opening(schema: Schema, root: bytes, rows: int, opening: Opening) -> dict[str, Cell]:
    """The opened cells by column, after checking them against a registered root and row count.

    Raises :class:`VerificationError` ``input.opening`` when anything does not hold.
    """
    if opening.rows != rows or len(opening.columns) != len(schema.columns):
        raise _opening_error("it is for another table")
    found: dict[str, Cell] = {}
    hidden: list[bytes] = []
    for column, part in zip(schema.columns, opening.columns, strict=True):
        if isinstance(part, bytes):
            hidden.append(part)
            continue
        if not is_canonical(column, part.cell):
            raise _opening_error(f"the cell of column {column.name!r} is not in its canonical spelling")
        hidden.append(part.digest())
        found[column.name] = part.cell
    row_hash = hashlib.sha256(_ROW + schema.digest() + opening.salt + b"".join(hidden)).digest()
    try:
        verify_inclusion(leaf_hash(row_hash), opening.index, rows, opening.proof, root)
    except VerificationError as error:
        raise _opening_error("the row is not in the committed table") from error
    return found


def _opening_error(reason: str) -> VerificationError:
    return VerificationError(
        "input.opening", f"The opening does not hold: {reason}.", "Ask the owner to open the committed row."
    )
