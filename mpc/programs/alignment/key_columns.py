"""What rows are matched by where that is several columns together, as their owner's node makes it before anything is sent.

Texts are compared as identifiers are: in Unicode's form NFC and without surrounding white space. Numbers are compared as they are written
without needless zeros: 20240105 in a column of integers is the text "20240105". Each cell stands behind its length, so that no two rows of different cells have
one key.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.workflow.context import StepContext
from mpc.workflow.values import Genotypes, PrivateTable, Source
from protocol.column_names import parse
from protocol.data_faults import DataFault
from protocol.errors import RangeError, RefusedError
from protocol.limits import LIMITS


def keys(table: PrivateTable, names: Sequence[str]) -> list[bytes]:
    """The key of each row. The owner refuses empty cells (``input.null``) and columns that hold no texts or numbers (``input.kind``)."""
    columns = [_written(table, name) for name in names]
    return [b"".join([b"%08x" % len(cell) + cell for cell in row]) for row in zip(*columns, strict=True)]


def distinct(table: PrivateTable, names: Sequence[str]) -> list[bytes]:
    """The key of each row, refused where two rows have one (``psi.duplicate_key``)."""
    found = keys(table, names)
    if len(found) > LIMITS.psi_ids:
        raise RangeError("psi.too_many_ids", f"{len(found)} rows; the limit is {LIMITS.psi_ids}.", "Split the task.")
    if again := len(found) - len(set(found)):
        faults.refuse(DataFault("psi.duplicate_key", names, again))
        found = [b"%d " % row + key for row, key in enumerate(found)]
    return found


def named(context: StepContext) -> tuple[str, ...]:
    """The columns that the contract matches rows by; none where that is the identifier."""
    text = context.choice("keys")
    return parse(text) if text else ()


def without(source: Source, names: tuple[str, ...]) -> Source:
    """A data set whose columns are those beside the keys; refuses one that lacks a key (``psi.no_key``)."""
    if lacking := [name for name in names if name not in source.columns]:
        raise RefusedError(
            "psi.no_key",
            f"{source.data_set} has the columns {', '.join(source.columns)} in this contract: {', '.join(lacking)}, by which rows are to be matched, are not among them.",
            "Name the key columns in the contract too; they are called alike in all data sets.",
        )
    return replace(source, columns=tuple(name for name in source.columns if name not in names))


def _written(table: PrivateTable, name: str) -> list[bytes]:
    given = table.columns.get(name)
    if given is None or isinstance(given, Genotypes):
        faults.refuse(DataFault("table.no_column" if given is None else "input.kind", [name]))
        given = np.zeros(len(table.ids))
    column: NDArray[Any] = np.asarray(given)
    found = _numbers(column.astype(np.float64)) if column.dtype.kind in "biuf" else _texts(column.tolist())
    if empty := found.count(b""):
        faults.refuse(DataFault("input.null", [name], empty))
    return found


def _numbers(values: NDArray[np.float64]) -> list[bytes]:
    """Whole numbers as such, others with as many digits as tell them apart; nothing where there is none."""
    if bool((np.isfinite(values) & (values == np.rint(values))).all()):
        return [b"%d" % value for value in values.tolist()]
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> bytes:
    if not np.isfinite(value):
        return b""
    return b"%d" % value if value == int(value) else repr(value).encode()


def _texts(cells: list[Any]) -> list[bytes]:
    texts = ["" if cell is None else str(cell).strip() for cell in cells]
    if "".join(texts).isascii():  # where NFC changes nothing
        return [text.encode() for text in texts]
    return [unicodedata.normalize("NFC", text).encode() for text in texts]
