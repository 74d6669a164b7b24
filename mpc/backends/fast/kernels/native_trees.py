"""Comparison on bit slices, compiled: arrays are checked here, :mod:`~mpc.backends.fast.kernels.numpy_trees` has the meaning."""

import ctypes
from typing import Any, Final

import numpy as np

from mpc.backends.fast.kernels.interface import Keystream
from mpc.backends.fast.kernels.native_calls import NativeCalls, address
from mpc.backends.fast.kernels.native_keystream import NativeKeystream
from mpc.backends.fast.kernels.numpy_trees import doubtful
from mpc.backends.fast.kernels.planes import (
    ELEMENT_BYTES,
    Integers,
    Planes,
    Words,
    alike,
    check_low_bytes,
    check_nonce,
    check_rows,
    check_shift,
    check_trees,
    check_wire,
    limbs,
    planes,
    size,
)
from mpc.backends.fast.kernels.trees import HALF_BYTES, LEAF_TERMS, TOP_BYTES, joined, rows_of, sizes, terms_above

_new_bytes: Final[Any] = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.restype, _new_bytes.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_ssize_t)
_bytes_address: Final[Any] = ctypes.pythonapi.PyBytes_AsString
_bytes_address.restype, _bytes_address.argtypes = ctypes.c_void_p, (ctypes.py_object,)
_NO_INTEGERS: Final = np.zeros(0, dtype=np.int64)


def fresh_bytes(length: int) -> tuple[bytes, int]:
    """A bytes object that nobody else has seen yet, and may be written to (C API: PyBytes_FromStringAndSize with NULL)."""
    data: bytes = _new_bytes(None, length)
    return data, _bytes_address(data)


class NativeTrees:
    """See :mod:`mpc.backends.fast.kernels`."""

    def __init__(self, calls: NativeCalls) -> None:
        self._c: Final = calls

    def tree_leaves(  # noqa: D102
        self, low: Words, targets: Words, bits: int, dealt: Words, masks: Words, *, equality: bool, first: bool
    ) -> tuple[Words, Words]:
        n, answers = low.size, targets.size
        leaves, words = check_trees(bits, equality, masks, n), masks.shape[2]
        check_rows(low=low, targets=targets, dealt=dealt, masks=masks)
        if dealt.size < LEAF_TERMS * leaves * words or masks.shape[0] != answers:
            raise ValueError(
                f"{dealt.size} dealt words and masks {masks.shape} for {answers} answers of {leaves} leaves"
            )
        out = np.empty((answers, rows_of(leaves, equality=equality), words), dtype=np.uint64)
        top = np.empty((answers, words), dtype=np.uint64)
        self._c.tree_leaves(
            address(low), address(targets), answers, bits, equality, address(dealt), address(masks),
            masks.shape[1] * words, first, address(out), address(top), n,
        )  # fmt: skip
        return out, top

    def tree_deal(  # noqa: D102
        self, low: Words, bits: int, masks: Words, pads: Words, *, equality: bool
    ) -> tuple[Words, Words]:
        leaves, (answers, rows, words) = check_trees(bits, equality, masks, low.size), masks.shape
        below = sizes(leaves)[:-1]
        terms = sum(terms_above(nodes, equality=equality) for nodes in below)
        due = rows_of(leaves, equality=equality) + sum(rows_of(joined(nodes), equality=equality) for nodes in below)
        check_rows(low=low, masks=masks, pads=pads)
        if pads.size != (LEAF_TERMS * leaves + answers * terms) * words or rows != due:
            raise ValueError(f"{pads.size} pads and masks {masks.shape} do not fit {leaves} leaves")
        dealt, last = pads.copy(), np.empty((answers, words), dtype=np.uint64)
        self._c.tree_deal(
            address(low), bits, answers, equality, address(masks), rows, address(dealt), terms, address(last), low.size
        )
        return dealt, last

    def tree_level(  # noqa: D102
        self,
        m: Words,
        part: Words,
        nodes: int,
        dealt: Words,
        above: int,
        masks: Words,
        at: int,
        *,
        equality: bool,
        first: bool,
    ) -> Words:
        answers, rows, words = m.shape
        made, terms = rows_of(joined(nodes), equality=equality), terms_above(nodes, equality=equality)
        check_rows(m=m, part=part, dealt=dealt, masks=masks)
        fits = dealt.shape[1] >= above + terms and masks.shape[1] >= at + made and min(above, at) >= 0
        wide = {a.shape[0] for a in (part, dealt, masks)} == {answers} and {dealt.shape[2], masks.shape[2]} == {words}
        if nodes < 2 or rows != rows_of(nodes, equality=equality) or part.shape != m.shape or not fits or not wide:
            raise ValueError(f"no level above {nodes} nodes: {m.shape}, {part.shape}, {dealt.shape}, {masks.shape}")
        out = np.empty((answers, made, words), dtype=np.uint64)
        self._c.tree_level(
            address(m), address(part), nodes, equality, address(dealt) + 8 * above * words, dealt.shape[1] * words,
            address(masks) + 8 * at * words, masks.shape[1] * words, first, address(out), answers, words,
        )  # fmt: skip
        return out

    def tree_next(  # noqa: D102
        self, own: Words, at: int, theirs: Words | None, below: Words, nodes: int, *, equality: bool
    ) -> Words:
        answers, held, words = own.shape
        count = joined(nodes)
        rows, made = rows_of(count, equality=equality), rows_of(-(-nodes // 3), equality=equality)
        check_rows(own=own, below=below, theirs=own if theirs is None else theirs)
        fits = theirs is None or theirs.shape == (answers, rows, words)
        if (
            nodes < 2
            or held < at + rows
            or below.shape != (answers, rows_of(nodes, equality=equality), words)
            or not fits
        ):
            raise ValueError(f"no level above {nodes} nodes: {own.shape}, {below.shape}")
        out = np.empty((answers, made, words), dtype=np.uint64)
        self._c.tree_next(
            address(own) + 8 * at * words, held * words, 0 if theirs is None else address(theirs), address(below), nodes,
            equality, address(out), answers, words,
        )  # fmt: skip
        return out

    def split_pack(self, a: Planes, low: int) -> bytes:  # noqa: D102
        a = planes(a)
        data, where = fresh_bytes((check_low_bytes(low) + TOP_BYTES) * size(a))
        self._c.split_pack(address(a), low, where, size(a))
        return data

    def split_join(self, a: Planes, data: bytes | memoryview, low: int) -> tuple[Words, Integers]:  # noqa: D102
        a = planes(a)
        check_wire(len(data), (size(a),), check_low_bytes(low) + TOP_BYTES)
        raw, out = np.frombuffer(data, dtype=np.uint8), np.empty(size(a), dtype=np.uint64)
        found = self._c.split_join(address(a), address(raw), low, address(out), out.size)
        return out, doubtful(a, data, low) if found else _NO_INTEGERS

    def halves_dealt(self, last: Words, pads: Words, n: int) -> bytes:  # noqa: D102
        answers = _answers(last, n)
        check_rows(last=last, pads=pads)
        if pads.size != answers * n:
            raise ValueError(f"{pads.size} pads for {answers} x {n} bits")
        data, where = fresh_bytes(HALF_BYTES * answers * n)
        self._c.halves_dealt(address(last), address(pads), where, answers, n)
        return data

    def halves_of_a(self, m: Words, pads: Words, n: int) -> Planes:  # noqa: D102
        answers = _answers(m, n)
        check_rows(m=m, pads=pads)
        if pads.size != answers * n:
            raise ValueError(f"{pads.size} pads for {answers} x {n} bits")
        out = np.empty((2, answers, n), dtype=np.uint64)
        self._c.halves_of_a(address(m), address(pads), address(out), answers, n)
        return out

    def halves_of_b(self, m: Words, data: bytes | memoryview, n: int) -> Planes:  # noqa: D102
        answers = _answers(m, n)
        check_rows(m=m)
        check_wire(len(data), (answers * n,), HALF_BYTES)
        raw, out = np.frombuffer(data, dtype=np.uint8), np.empty((2, answers, n), dtype=np.uint64)
        self._c.halves_of_b(address(m), address(raw), address(out), answers, n)
        return out

    def cuts_dealt(self, masked: Planes, shift: int, row: Words, stream: Keystream, nonce: int) -> bytes:  # noqa: D102
        masked, n = planes(masked), size(masked)
        check_rows(row=row)
        if row.size != (n + 63) // 64:
            raise ValueError(f"{row.shape} is no row of {n} bits")
        data, where = fresh_bytes(2 * ELEMENT_BYTES * n)
        given = address(masked), check_shift(shift), address(row)
        if isinstance(stream, NativeKeystream):
            self._c.cuts(*given, stream.schedule(), check_nonce(nonce), where, n)
        else:
            pads = stream.elements(nonce, (2, n))
            self._c.cuts_planes(*given, address(pads), where, n)
        return data

    def chosen(self, gamma: Planes, halves: Planes, cuts: Planes, row: Words, twice: int) -> Planes:  # noqa: D102
        gamma, (halves, cuts), n = planes(gamma), alike(halves, cuts), size(gamma)
        check_rows(row=row)
        if cuts.shape != (2, 2, n) or row.size != (n + 63) // 64:
            raise ValueError(f"{cuts.shape} and a row {row.shape} do not fit {n} elements")
        out = np.empty_like(gamma)
        given = address(gamma), address(halves), address(cuts), address(row)
        self._c.chosen(*given, *limbs(twice), address(out), n)
        return out

    def shifted_words(self, a: Planes, shift: int, *, negative: bool) -> Words:  # noqa: D102
        a = planes(a)
        out = np.empty(size(a), dtype=np.uint64)
        self._c.shifted_words(address(a), negative, check_shift(shift), address(out), out.size)
        return out


def _answers(rows: Words, n: int) -> int:
    if rows.ndim != 2 or rows.shape[1] != (n + 63) // 64:
        raise ValueError(f"{rows.shape} are no rows of {n} bits")
    return rows.shape[0]
