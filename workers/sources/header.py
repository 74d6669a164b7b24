"""Which column of a file is which declared one: by ``source`` or name, in any order; the case of letters does not count."""

import unicodedata
from collections.abc import Iterable, Sequence

from workers.sources.problems import Problems
from workers.sources.schema import Schema


def positions(
    names: Sequence[str], schema: Schema, problems: Problems, row: int, known: Iterable[str] = ()
) -> list[int]:
    """For every declared column its place among ``names``; what is missing, twice or not declared is reported at ``row``.

    ``known`` are columns that a writer adds on its own: left out without a word when they are not declared.
    """
    keys = [_key(name) for name in names]
    wanted = [_key(column.source) for column in schema.columns]
    if not set(keys) & set(wanted):
        problems.add("header_none", row)
        return []
    for column, key in zip(schema.columns, wanted, strict=True):
        if keys.count(key) > 1:
            problems.add("header_duplicate", row, column.name)
        elif key not in keys:
            spaced = next((found for found in keys if found.strip() == key), None)
            problems.add("header_missing" if spaced is None else "spaces", row, column.name)
            keys = [key if found == spaced else found for found in keys]
    if not schema.form.ignore_undeclared:
        declared, free = set(wanted), {_key(name) for name in known}
        for name, key in zip(names, keys, strict=True):
            if key not in declared and key not in free:
                problems.add("header_extra", row, _shown(name))
    return [keys.index(key) if key in keys else 0 for key in wanted]


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _shown(name: str) -> str:
    """A column's name as it may be shown: short and printable."""
    return name if name and name.isprintable() and len(name) <= 63 else "?"
