"""One party's part of a value that stays at the nodes: its shares, and what is private to it, as bytes to encrypt.

Whatever is made of shares can stay: arrays, secret tables, models of any family. What a family's values mean is its programs'
business; here they are named arrays and facts. Shares are made afresh before they are kept, so that the parts say nothing about
the run they come from. The committee of a later run must be the same in the same order: shares belong to their Shamir points.
"""

import base64
import math
from collections.abc import Mapping
from typing import Any, Final

from mpc.arrays.backend import Backend
from mpc.arrays.field import ELEMENT_BYTES
from mpc.arrays.interface import SecureArray
from mpc.workflow.values import Model, SharedTable, Value, kind_of
from protocol import canonical
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record, text_item
from protocol.sources import KEPT_KIND, SHARED, SHARES, family_of

FORMAT: Final = "tallystick/kept-value/v2"
LIMIT: Final = 64 * 1024 * 1024
_ARRAYS: Final = 64
_SIDE: Final = 2**32 - 1


async def dump(backend: Backend, value: Value) -> bytes:
    """One party's part; at an owner outside the committee it holds no shares."""
    made = _as_model(value)
    return canonical.dumps(
        {
            "format": FORMAT,
            "kind": kind_of(value),
            "arrays": {name: await _array(backend, array) for name, array in sorted(made.arrays.items())},
            "public": dict(made.public),
            "private": dict(made.private),
        }
    )


def load(backend: Backend, data: bytes, kind: str) -> Value:
    """The value in a run of the same committee; anything that :func:`dump` did not write of this ``kind`` is refused."""
    record = Record(canonical.loads(data, LIMIT), "kept")
    record.const("format", FORMAT)
    found = record.text("kind", 63)
    arrays = {name: _restored(backend, item, name) for name, item in record.mapping("arrays", _ARRAYS).items()}
    public, private = record.mapping("public", LIMITS.columns), record.mapping("private", LIMITS.columns)
    record.done()
    if found != kind:
        raise _broken(f"the kind {found!r} where {kind!r} was named")
    if family := family_of(kind):
        return Model(family, arrays, public, private)
    if kind == SHARED and set(arrays) == {"rows"}:
        facts = Record(public, "kept.public")
        columns, train = facts.list("columns", LIMITS.columns, text_item), facts.integer("train_rows", -1, _SIDE)
        facts.done()
        if arrays["rows"].shape[1:] != (len(columns),):
            raise _broken(f"rows of shape {arrays['rows'].shape} for {len(columns)} columns")
        return SharedTable(columns, arrays["rows"], None if train < 0 else train)
    if kind == SHARES and set(arrays) == {"values"}:
        return arrays["values"]
    raise _broken(f"other arrays than the kind {kind!r} has")


def kind_in(data: bytes) -> str:
    """The kind of a part, for the node that holds it; "" for bytes that are none."""
    try:
        value = canonical.loads(data, LIMIT)
    except FormatError:
        return ""
    kind = value.get("kind") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) and KEPT_KIND.fullmatch(kind) else ""


def _as_model(value: Value) -> Model:
    """Any value made of shares as arrays and facts."""
    match value:
        case Model():
            return value
        case SharedTable():
            train = -1 if value.train_rows is None else value.train_rows
            return Model("", {"rows": value.rows}, {"columns": list(value.columns), "train_rows": train}, {})
        case SecureArray():
            return Model("", {"values": value}, {}, {})
        case _:
            raise _broken(f"a value of the kind {kind_of(value)!r}, which is not made of shares")


async def _array(backend: Backend, array: SecureArray) -> dict[str, object]:
    return {
        "shape": list(array.shape),
        "fraction_bits": array.fraction_bits,
        "bound": str(array.bound),
        "shares": base64.b64encode(await backend.export(array.shares, array.shape)).decode(),
    }


def _restored(backend: Backend, value: Any, name: str) -> SecureArray:  # noqa: ANN401 - JSON
    record = Record(value, f"kept.{name}")
    shape = record.list("shape", 8, lambda item, where: Record({"v": item}, where).integer("v", 0, _SIDE))
    fraction_bits, bound = record.integer("fraction_bits", 0, 61), record.decimal("bound", 64)
    shares = record.base64("shares", LIMIT)
    record.done()
    if len(shares) not in (0, math.prod(shape) * ELEMENT_BYTES):
        raise _broken(f"{len(shares)} bytes of shares for shape {shape}")
    return SecureArray(backend, backend.restore(shares, shape), shape, fraction_bits, bound)


def arrays_of(value: Value) -> Mapping[str, SecureArray]:
    """The arrays that a value is made of, by name; none for private tables."""
    return _as_model(value).arrays if isinstance(value, (Model, SharedTable, SecureArray)) else {}


def _broken(what: str) -> FormatError:
    return FormatError("model.malformed", f"A kept value has {what}.", "Restore the node's folder from its backup.")
