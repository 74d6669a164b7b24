"""The input commitment: its definition written a second time, openings that hide neighbours, forgeries refused."""

import hashlib
import hmac
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import rows
from protocol.errors import FormatError, TallyError, VerificationError
from protocol.rows import InputTree, OpenedCell, Opening, RowHasher, verify_opening
from protocol.table import Cell, Column, Row, Schema

SCHEMA = Schema((Column("age", "integer", 0, nullable=True), Column("id", "id"), Column("income", "decimal", 2)))
SECRET = bytes(range(32))
ROWS: list[Row] = [(str(20 + i) if i % 3 else None, f"p{i}", f"{1000 + i}.5") for i in range(9)]
HASHER = RowHasher(SCHEMA, SECRET)
TREE = InputTree(HASHER.row_hash(i, row) for i, row in enumerate(ROWS))
ROOT = TREE.root()


def hkdf(prk: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(hashes.SHA256(), length, info).derive(prk)


def independent_root(schema: Schema, secret: bytes, table: list[Row]) -> bytes:
    """The module's docstring once more, with other tools."""
    domain = b"tallystick/input-secret/v1\0"
    prk = hmac.new(domain, secret, hashlib.sha256).digest()
    assert hkdf(prk, b"x", 32) == HKDF(hashes.SHA256(), 32, domain, b"x").derive(secret)
    found: list[bytes] = []
    for number, row in enumerate(table):
        key = hkdf(prk, b"row" + number.to_bytes(8, "big"), 32)
        slots, chunk, stream = 2 + len(row), 0, b""
        while slots > 0:
            stream += hkdf(key, b"salts" + chunk.to_bytes(4, "big"), 16 * min(slots, 510))
            slots, chunk = slots - 510, chunk + 1
        cells = b""
        for column, cell in enumerate(row):
            salt = stream[32 + 16 * column :][:16]
            cells += hashlib.sha256(salt + (b"\0" if cell is None else b"\1" + cell.encode())).digest()
        row_domain = b"tallystick/input-row/v1\0" + hashlib.sha256(schema.data()).digest()
        found.append(hashlib.sha256(row_domain + stream[:32] + cells).digest())
    level = [hashlib.sha256(b"\0" + value).digest() for value in sorted(found)]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0] if level else hashlib.sha256(b"").digest()


def test_definition_and_golden_root() -> None:
    assert independent_root(SCHEMA, SECRET, ROWS) == ROOT
    assert rows.input_root(SCHEMA, SECRET, ROWS) == ROOT
    assert ROOT.hex() == "3c45cd1b12f10ea0347269b98d70d6ab5d189f2e3d3f6ccfa306306ea33bca98"
    assert rows.input_root(SCHEMA, SECRET, []) == independent_root(SCHEMA, SECRET, [])


@pytest.mark.parametrize("width", [1, 507, 508, 509, 1100, 4096])
def test_wide_rows_take_several_chunks_of_salts(width: int) -> None:
    schema = Schema(tuple(Column(f"c{i:04d}", "integer") for i in range(width)))
    table: list[Row] = [tuple(str(i) for i in range(width)), tuple("0" for _ in range(width))]
    hasher = RowHasher(schema, SECRET)
    salt, salts = hasher.salts(1)
    assert len({salt, *salts}) == width + 1
    assert rows.input_root(schema, SECRET, table) == independent_root(schema, SECRET, table)


def test_a_fresh_secret_hides_equal_data() -> None:
    other = RowHasher(SCHEMA, bytes(32))
    assert rows.input_root(SCHEMA, bytes(32), ROWS) != ROOT
    assert {other.row_hash(0, ROWS[0])}.isdisjoint(HASHER.row_hash(i, ROWS[0]) for i in range(100))
    assert HASHER.row_hash(0, ROWS[0]) != HASHER.row_hash(1, ROWS[0])


def test_the_schema_is_bound() -> None:
    text = Schema((*SCHEMA.columns[:2], Column("income", "decimal", 3)))
    assert rows.input_root(text, SECRET, ROWS) != ROOT


@given(st.integers(0, len(ROWS) - 1), st.sets(st.sampled_from(["age", "id", "income"])))
def test_openings_verify_and_show_only_what_is_opened(number: int, names: set[str]) -> None:
    opening = TREE.open_cells(HASHER, number, ROWS[number], sorted(names))
    expected = {c.name: cell for c, cell in zip(SCHEMA.columns, ROWS[number], strict=True) if c.name in names}
    assert verify_opening(SCHEMA, ROOT, len(ROWS), opening) == expected
    assert Opening.read(opening.data()) == opening
    _, salts = HASHER.salts(number)
    for column, cell, salt in zip(SCHEMA.columns, ROWS[number], salts, strict=True):
        if column.name not in names:
            assert f'"{cell}"'.encode() not in opening.data()
            assert salt.hex().encode() not in opening.data()


def test_a_whole_row() -> None:
    opening = TREE.open_row(HASHER, 4, ROWS[4])
    assert list(verify_opening(SCHEMA, ROOT, 9, opening).values()) == list(ROWS[4])
    assert TREE.rows == 9


def test_a_hidden_cell_cannot_be_tested_from_its_neighbours_salts() -> None:
    """Knowing the row salt and another cell's salt, no guess of the hidden value gives the hidden hash."""
    opening = TREE.open_cells(HASHER, 1, ROWS[1], ["id", "income"])
    hidden = opening.columns[0]
    assert isinstance(hidden, bytes)
    known = [opening.salt, opening.salt[:16], opening.salt[16:]]
    known += [part.salt for part in opening.columns if isinstance(part, OpenedCell)]
    guesses = [OpenedCell(salt, str(age)).digest() for salt in known for age in range(120)]
    assert hidden not in guesses


def opened() -> rows.Opening:
    return TREE.open_cells(HASHER, 3, ROWS[3], ["income"])


def test_forged_openings_are_refused() -> None:
    good = opened()
    cell = good.columns[2]
    assert isinstance(cell, OpenedCell)

    def with_cell(value: Cell) -> rows.Opening:
        return replace(good, columns=(*good.columns[:2], replace(cell, cell=value)))

    for bad in (
        with_cell("1003.6"),
        with_cell("1003.50"),
        with_cell(None),
        with_cell(""),
        replace(good, salt=bytes(32)),
        replace(good, index=(good.index + 1) % 9),
        replace(good, rows=10),
        replace(good, proof=good.proof[1:]),
        replace(good, proof=(*good.proof, bytes(32))),
        replace(good, columns=good.columns[:2]),
        replace(good, columns=(good.columns[1], good.columns[0], cell)),
        replace(good, columns=(*good.columns[:2], replace(cell, salt=bytes(16)))),
    ):
        with pytest.raises(VerificationError, match=r"input\.opening"):
            verify_opening(SCHEMA, ROOT, 9, bad)
    with pytest.raises(VerificationError, match=r"input\.opening"):
        verify_opening(SCHEMA, bytes(32), 9, good)
    with pytest.raises(VerificationError, match=r"input\.opening"):
        verify_opening(SCHEMA, ROOT, 8, good)


def test_an_owner_cannot_commit_to_one_spelling_and_show_another() -> None:
    row: Row = ("20", "p0", "1000.50")
    tree = InputTree([HASHER.row_hash(0, row)])
    with pytest.raises(VerificationError, match="canonical spelling"):
        verify_opening(SCHEMA, tree.root(), 1, tree.open_row(HASHER, 0, row))


DATA = opened().data()


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_one_changed_byte_of_an_opening_is_refused(index: int, mask: int) -> None:
    changed = bytearray(DATA)
    changed[index] ^= mask
    with pytest.raises(TallyError):
        verify_opening(SCHEMA, ROOT, 9, Opening.read(bytes(changed)))


@given(st.binary(max_size=200))
def test_any_bytes_end_in_an_answer(data: bytes) -> None:
    with pytest.raises(TallyError):
        Opening.read(data)


cells = st.none() | st.text(max_size=6).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text))


@given(st.lists(st.tuples(cells, cells), max_size=6))
@settings(max_examples=50)
def test_other_rows_give_another_root(table: list[Row]) -> None:
    schema = Schema((Column("a", "text", 0, nullable=True), Column("b", "text", 0, nullable=True)))
    root = rows.input_root(schema, SECRET, table)
    assert root == independent_root(schema, SECRET, table)
    assert rows.input_root(schema, SECRET, [*table, ("x", None)]) != root
    swapped: list[Row] = [(b, a) for a, b in table]
    assert (rows.input_root(schema, SECRET, swapped) == root) == (swapped == table)


def test_wrong_rows_are_not_opened() -> None:
    with pytest.raises(FormatError, match=r"input\.not_committed"):
        TREE.open_row(HASHER, 0, ROWS[1])
    with pytest.raises(FormatError, match=r"table\.width"):
        HASHER.row_hash(0, ROWS[0][:2])
    with pytest.raises(FormatError, match=r"input\.secret"):
        RowHasher(SCHEMA, b"short")
    with pytest.raises(FormatError, match=r"input\.duplicate_row"):
        InputTree([ROOT, ROOT])
    with pytest.raises(FormatError, match=r"schema\.no_column"):
        TREE.open_cells(HASHER, 0, ROWS[0], ["nothing"])
