"""The input root of a whole table: the compiled hashes where this machine has them, else the protocol's own, with equal results."""

import ctypes
from typing import Any, Final

import numpy as np
import pyarrow as pa

from mpc.backends.fast.kernels import library
from protocol.errors import FormatError
from protocol.rows import InputTree, RowHasher
from workers.sources.arrow import pc
from workers.sources.problems import Listener
from workers.sources.table import Table, canonical_texts

_BATCH: Final = 1 << 15
_HASH: Final = 32


def input_root(table: Table, secret: bytes, listener: Listener, *, portable: bool = False) -> bytes:
    """Root over the canonical rows in the source's order, as ``protocol.rows.input_root`` computes it; of no rows there is none.

    ``portable`` leaves the processor's own instructions for SHA-256 out.
    """
    if not table.rows:
        raise FormatError("input.no_rows", "A table without rows has no input root.", "Add a file that has rows.")
    hasher = RowHasher(table.schema.committed(), secret)
    kernels = library.opened()
    if kernels is None:
        return InputTree(_in_python(table, hasher, listener)).root()
    hashes = _compiled(kernels, table, hasher, listener, portable)
    root = ctypes.create_string_buffer(_HASH)
    if kernels.tallystick_sorted_root(_address(hashes), ctypes.c_int64(table.rows), root, ctypes.c_int64(portable)):
        raise FormatError("input.duplicate_row", "A row number was hashed twice.", "Number every row once.")
    return root.raw


def row_hashes(table: Table, hasher: RowHasher, listener: Listener) -> list[bytes]:
    """The salted hash of every row, in the source's order: what a tree for openings is made of."""
    kernels = library.opened()
    if kernels is None:
        return _in_python(table, hasher, listener)
    data = _compiled(kernels, table, hasher, listener, portable=False).tobytes()
    return [data[at : at + _HASH] for at in range(0, len(data), _HASH)]


def _compiled(kernels: ctypes.CDLL, table: Table, hasher: RowHasher, listener: Listener, portable: bool) -> Any:  # noqa: ANN401 - numpy's; as the caller's
    """All row hashes, one after the other."""
    hashes = np.empty(table.rows * _HASH, np.uint8)
    for start in range(0, table.rows, _BATCH):
        rows = min(_BATCH, table.rows - start)
        _hash(kernels, table, hasher, start, hashes[start * _HASH : (start + rows) * _HASH], portable)
        listener.progress("commit", start + rows, table.rows)
    return hashes


def _in_python(table: Table, hasher: RowHasher, listener: Listener) -> list[bytes]:
    hashes: list[bytes] = []
    for number, row in enumerate(table.canonical_rows()):
        hashes.append(hasher.row_hash(number, row))
        if not number % _BATCH:
            listener.progress("commit", number, table.rows)
    return hashes


def _hash(kernels: ctypes.CDLL, table: Table, hasher: RowHasher, start: int, out: Any, portable: bool) -> None:  # noqa: ANN401 - numpy's; as the caller's
    """Hash the rows from ``start`` on into ``out``."""
    rows = len(out) // _HASH
    columns = [table.schema.column(column.name) for column in hasher.schema.columns]
    texts = [canonical_texts(column, table.array(column.name).slice(start, rows)) for column in columns]
    offsets, data, valid = zip(*(_buffers(array) for array in texts), strict=True)
    failed = kernels.tallystick_row_hashes(
        _address(out), hasher.extracted, hasher.prefix, *map(ctypes.c_int64, (len(hasher.prefix), start, rows, len(columns))),
        _addresses(offsets), _addresses(data), _addresses(valid), ctypes.c_int64(portable),
    )  # fmt: skip
    if failed:
        raise MemoryError


def _buffers(texts: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401 - pyarrow is untyped
    """Offsets, bytes and a mask (None: all are there) of a string array, each contiguous."""
    _, offsets, data = texts.buffers()
    # a slice's offset counts from the beginning of its buffers
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    mask = pc.is_valid(texts).cast(pa.uint8()).to_numpy(zero_copy_only=False) if texts.null_count else None
    return starts, np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8), mask


def _address(array: Any) -> ctypes.c_void_p:  # noqa: ANN401 - numpy's
    return ctypes.c_void_p(array.ctypes.data)


def _addresses(arrays: tuple[Any, ...]) -> Any:  # noqa: ANN401 - ctypes' array
    return (ctypes.c_void_p * len(arrays))(*(None if array is None else array.ctypes.data for array in arrays))
