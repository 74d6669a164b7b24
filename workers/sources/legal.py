"""The `[law]` of a declared schema: what the law asks of a data set, as its owner writes it.

Fields that say nothing may be left out, days may be written as TOML's, and a document by its path beside the schema instead of its SHA-256:
what is kept and published is :class:`protocol.law.declared.Declaration`, whole. Levels and kinds stand with the columns.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

from protocol.canonical import sha256
from protocol.contract import ZERO32
from protocol.errors import FormatError
from protocol.law.declared import Declaration, Sensitivity

WHERE: Final = "schema.law"
_NO_HASH: Final = "0x" + ZERO32.hex()
_DOCUMENTS: Final = ("document", "proof", "template")
_LARGEST: Final = 256 * 1024 * 1024
_LEFT_OUT: Final[Mapping[str, Mapping[str, object]]] = {
    "": {"scope": None, "approvals": []},
    "source": {"supplier": "", "proof": _NO_HASH, "necessity": "", "signs": False},
    "scope": {"recipients": [], "others": [], "kinds": [], "separate": []},
    "recipients": {"wallet": ""},
}
"""What may be left out, by the field in which it would stand."""


def parse(value: object, columns: Sequence[Sensitivity]) -> Declaration:
    """Read the table beside the levels and kinds of the columns."""
    if not isinstance(value, dict):
        raise FormatError("json.not_object", f"{WHERE} is no table.", "Write it as [law].", field=WHERE)
    whole = cast("dict[str, Any]", _whole(value, ""))
    if "columns" in whole:
        raise FormatError(
            "json.unknown_field", f"{WHERE} has columns.", "Give each column its `level` and `kinds`.", field=WHERE
        )
    return Declaration.parse({**whole, "columns": [item.to_json() for item in columns]}, WHERE)


def written(law: Declaration) -> dict[str, object]:
    """As :func:`parse` reads it again."""
    return {name: value for name, value in law.to_json().items() if name != "columns"}


def hashed(value: object, folder: Path) -> object:
    """The table with the SHA-256 of each document that is named by its path, which counts from the schema's folder."""
    if isinstance(value, list):
        return [hashed(item, folder) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    return {
        name: _digest(item, folder, name) if name in _DOCUMENTS and isinstance(item, str) else hashed(item, folder)
        for name, item in cast("dict[str, object]", value).items()
    }


def _digest(text: str, folder: Path, name: str) -> str:
    if text.startswith("0x"):
        return text
    path = folder / text
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise FormatError(
            "law.document",
            f"{WHERE}: the {name} {path} is missing or too large.",
            "Name a file beside the schema, or give its SHA-256 as 0x and 64 hex digits.",
            field=WHERE,
        )
    return "0x" + sha256(path.read_bytes()).hex()


def _whole(value: object, place: str) -> object:
    """With everything that was left out, and days as text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_whole(item, place) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    said = {name: _whole(item, name) for name, item in cast("dict[str, object]", value).items()}
    return {**_LEFT_OUT.get(place, {}), **said}
