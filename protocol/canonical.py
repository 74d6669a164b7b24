"""Canonical JSON (RFC 8785) in both directions.

``dumps`` gives the one byte string that is hashed and signed; ``loads`` accepts that byte string only. Floats never
occur: the project's formats carry integers below 2^53 and decimal strings above (EVIDENCE.md, "canonical JSON").
"""

import hashlib
import json
import re
from typing import Any, NoReturn, cast

import rfc8785

from protocol.errors import FormatError

SAFE_INTEGER = 2**53 - 1
DEPTH = 32
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?+', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def dumps(value: object) -> bytes:
    """Canonical bytes of ``value`` (dict with string keys, list, str, int within ±(2^53-1), bool, None).

    Raises :class:`FormatError` ``json.not_canonical`` for anything else, floats included.
    """
    _check(value)
    try:
        return rfc8785.dumps(cast("Any", value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise FormatError(
            "json.not_canonical", f"This value has no canonical JSON form: {error}.", "Report it."
        ) from error


def loads(data: bytes, limit: int) -> Any:  # noqa: ANN401 - JSON has no narrower type; callers parse into frozen types
    """Parse canonical JSON bytes of at most ``limit`` bytes.

    Duplicate keys, floats, and any byte string other than the canonical one are refused with ``json.*`` codes.
    """
    if len(data) > limit:
        raise FormatError("json.too_large", f"{len(data)} bytes of JSON, the limit is {limit}.", "Send less.")
    value = parse(data)
    if dumps(value) != data:
        raise FormatError(
            "json.not_canonical",
            "The JSON is not in the canonical form of RFC 8785.",
            "Serialise it with an RFC 8785 library before hashing or signing.",
        )
    return value


def parse(data: bytes) -> Any:  # noqa: ANN401 - as above
    """Parse JSON strictly (UTF-8, no duplicate keys, no floats, at most 32 levels deep), canonical or not."""
    _check_depth(data)
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_float=_no_float, parse_constant=_no_float
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError) as error:
        raise FormatError("json.malformed", f"This is not JSON: {error}.", "Send UTF-8 JSON.") from error


def sha256(data: bytes) -> bytes:
    """SHA-256, the hash of all off-chain digests (FIPS 180-4)."""
    return hashlib.sha256(data).digest()


def _check(value: object) -> None:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) > SAFE_INTEGER:
            raise FormatError("json.integer_range", f"{value} exceeds 2^53-1.", "Write it as a decimal string.")
        return
    if isinstance(value, (list, tuple)):
        for item in cast("list[object]", value):
            _check(item)
        return
    if isinstance(value, dict):
        for key, item in cast("dict[object, object]", value).items():
            if not isinstance(key, str):
                raise FormatError("json.not_canonical", f"The key {key!r} is not a string.", "Report it.")
            _check(item)
        return
    raise FormatError("json.not_canonical", f"{type(value).__name__} has no JSON form here.", "Report it.")


def _check_depth(data: bytes) -> None:
    """Refuse deep nesting before the parser meets it: with a raised recursion limit its C stack would end first."""
    depth = 0
    for mark in _STRING.sub(b"", data).translate(None, _NO_BRACKETS):
        depth += 1 if mark in b"[{" else -1
        if depth > DEPTH:
            raise FormatError("json.too_deep", f"The JSON nests more than {DEPTH} levels.", "Send flatter JSON.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise FormatError("json.duplicate_key", f"The key {key!r} occurs twice.", "Send each key once.")
        out[key] = value
    return out


def _no_float(text: str) -> NoReturn:
    raise FormatError("json.float", f"The number {text} is not an integer.", "Write decimals as strings.")
