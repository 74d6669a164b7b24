"""PLINK 1 binary genotypes: people as rows, their dosages packed in one column, from ``.bed`` with ``.bim`` and ``.fam`` beside it.

The format is three files (https://www.cog-genomics.org/plink/1.9/formats): ``.bed`` begins with 0x6C 0x1B and, for variants one after the
other, 0x01; each variant takes a byte for four people, the first in the lowest bits, unused bits 0. ``.bim`` lists the variants
(:mod:`protocol.variants`), ``.fam`` the people: family, id, father, mother, sex, phenotype. Everything else is refused.

Rows can be declared from these columns: ``fid``, ``iid``, ``father``, ``mother``, ``sex`` and ``phenotype`` as they are written, ``case``, which
is 1 where the phenotype is 2, 0 where it is 1 and empty where it is missing (0 or -9), and ``genotypes``.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.variants import EACH, ListName, listed, read_list
from workers.sources import header, values
from workers.sources.arrow import pc
from workers.sources.finished import finished
from workers.sources.problems import Listener, Problems
from workers.sources.schema import Column, Schema
from workers.sources.table import Table, arrow_type
from workers.sources.told import note

GENOTYPES: Final = "genotypes"
FAM: Final = ("fid", "iid", "father", "mother", "sex", "phenotype")
COLUMNS: Final = (*FAM, "case", GENOTYPES)
"""What a schema can declare, by ``source``."""
_CASE: Final = {"2": "1", "1": "0", "0": "", "-9": ""}
_MAGIC: Final = b"\x6c\x1b"
_VARIANT_MAJOR: Final = 1
_HEAD: Final = 3
_MOST_TEXT: Final = 1 << 28
_BLOCK: Final = 4096
"""Variants that are turned at once."""
_PLACES: Final = np.arange(EACH, dtype=np.uint8) * 2


def read(path: Path, schema: Schema, listener: Listener) -> Table:
    """The table in ``path``; raises :class:`workers.sources.problems.DataError` with all problems."""
    name = list_name(path, listener)
    people = fam(path, listener)
    problems = Problems("plink", path, listener)
    places = header.positions(COLUMNS, schema, problems, 0, known=COLUMNS)
    problems.stop_if_any()
    chunks: list[list[Any]] = []
    texts = Problems("plink", path.with_suffix(".fam"), listener)
    for column, place in zip(schema.columns, places, strict=True):
        if (COLUMNS[place] == GENOTYPES) != (column.kind == "genotypes"):
            problems.add("bed_column", 0, column.name)
            chunks.append([])
        elif column.kind == "genotypes":
            chunks.append(_genotypes(path, column, name, len(people["iid"]), problems))
        else:
            if COLUMNS[place] == "case":
                note(measured(people), "fam_case", column, _line, texts)
            chunks.append([values.from_texts(column, people[COLUMNS[place]], _line, texts)])
    problems.stop_if_any()
    return finished(schema, chunks, _line, texts)


def list_name(path: Path, listener: Listener) -> ListName:
    """The name of the list in the ``.bim`` beside a ``.bed``."""
    beside = path.with_suffix(".bim")
    problems = Problems("plink", beside, listener)
    data = _bytes(beside, problems)
    try:
        return listed(read_list(data))
    except FormatError as error:
        row = error.details.get("row")
        problems.add(error.code.replace("variants.", "bim_"), row if isinstance(row, int) else 0)
        problems.stop_if_any()
        raise


def fam(path: Path, listener: Listener) -> dict[str, Any]:
    """The people in the ``.fam`` beside a ``.bed``: a string array for each of its columns and ``case``."""
    beside = path.with_suffix(".fam")
    problems = Problems("plink", beside, listener)
    data = _bytes(beside, problems)
    lines: list[list[str]] = []
    try:
        lines = [line.split() for line in data.decode("utf-8").splitlines()]
    except UnicodeDecodeError:
        problems.add("encoding")
    if not lines and not problems.count:
        problems.add("empty")
    if len(lines) > LIMITS.psi_ids:
        problems.add("too_large")
    for number, cells in enumerate(lines, 1):
        if len(cells) != len(FAM):
            problems.add("cell_count" if cells else "empty_row", number)
    problems.stop_if_any()
    found = {name: pa.array(cells, pa.string()) for name, cells in zip(FAM, zip(*lines, strict=True), strict=True)}
    # a phenotype that is a measure is no case: whoever declares `case` hears of it
    cases = [_CASE.get(cells[-1], "0") for cells in lines]
    return found | {"case": pa.array(cases, pa.string())}


def measured(people: dict[str, Any]) -> Any:  # noqa: ANN401 - pyarrow is untyped
    """Flags: whose phenotype is neither case nor control nor missing, but a measure."""
    return pc.invert(pc.is_in(people["phenotype"], value_set=pa.array([*_CASE], pa.string())))


def _line(index: int) -> int:
    return index + 1


def _bytes(path: Path, problems: Problems) -> bytes:
    if not path.is_file():
        problems.add("bed_beside")
    elif path.stat().st_size > _MOST_TEXT:
        problems.add("too_large")
    problems.stop_if_any()
    return path.read_bytes()


def _genotypes(path: Path, column: Column, name: ListName, people: int, problems: Problems) -> list[Any]:
    """The column's array; none where something is wrong with the file, which is reported."""
    if name != column.listed():
        problems.add("bim_other", 0, column.name)
    if not path.is_file():
        problems.add("missing")
        return []
    each = -(-people // EACH)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:2] != _MAGIC:
        problems.add("bed_magic")
    elif head[2:] != bytes([_VARIANT_MAJOR]):
        problems.add("bed_mode")
    elif path.stat().st_size != _HEAD + name.count * each:
        problems.add("bed_length", detail=f"{_HEAD + name.count * each}")
    if problems.count:
        return []
    packed = np.zeros((people, name.width), dtype=np.uint8)
    raw = np.memmap(path, np.uint8, "r", _HEAD, (name.count, each))
    for start in range(0, name.count, _BLOCK):
        block = np.asarray(raw[start : start + _BLOCK])
        if people % EACH and bool((block[:, -1] >> np.uint8(2 * (people % EACH))).any()):
            problems.add("bed_bits")
            return []
        turned = _turned(block, people)
        packed[:, start // EACH : start // EACH + turned.shape[1]] = turned
        problems.listener.progress("read", min(start + _BLOCK, name.count), name.count)
    return [pa.FixedSizeBinaryArray.from_buffers(arrow_type(column), people, [None, pa.py_buffer(packed)])]


def _turned(block: NDArray[np.uint8], people: int) -> NDArray[np.uint8]:
    """From variants by bytes of four people to people by bytes of four variants."""
    codes = ((block[:, :, None] >> _PLACES) & np.uint8(3)).reshape(len(block), -1)[:, :people]
    whole = np.zeros((-(-len(block) // EACH) * EACH, people), dtype=np.uint8)
    whole[: len(block)] = codes
    quads = whole.reshape(-1, EACH, people) << _PLACES[:, None]
    return np.bitwise_or.reduce(quads, axis=1).T
