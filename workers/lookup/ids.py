"""Ids in the form that is compared: a data set's own canonical spelling, in which alignments find them too."""

from collections.abc import Sequence
from typing import Final

from protocol.table import Column, Schema, row_reader

_READ: Final = row_reader(Schema((Column("id", "id"),)))


def compared(texts: Sequence[str]) -> list[bytes]:
    """Each id as UTF-8, without surrounding white space; raises ``table.*`` for what no data set takes as an id."""
    return [str(_READ(number, [text.strip()])[0]).encode() for number, text in enumerate(texts, start=1)]
