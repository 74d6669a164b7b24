"""A data set's public description: what proposers see of it, and what its ``schemaHash`` on chain binds.

No values, no statistics: titles, columns with their kinds, and the number of rows. Its owner's node key signs it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from protocol import fields
from protocol.codec import choice, integer, names
from protocol.errors import FormatError
from protocol.fields import Count, Document, Fields, Many, Name, Reference
from protocol.ids import name
from protocol.limits import LIMITS
from protocol.programs import Words

DATA_SET_TYPE: Final = "application/vnd.tallystick.data-set+json"
COLUMN_KINDS: Final = ("boolean", "date", "decimal", "identifier", "integer", "text")


AudienceKind = Literal["public", "participants", "named"]


@dataclass(frozen=True, slots=True)
class Audience(Fields):
    """Who reads a data set's description, by its owner's word; it is no part of the description and may change.

    ``public``: every admitted party. ``participants``: who took part in a started task over data of the owner's, and who was
    told the data set's reference. ``named``: the ``parties`` and nobody else. The owner and regulators read it always.
    """

    kind: Annotated[AudienceKind, choice(get_args(AudienceKind), "audience.kind")]
    parties: Annotated[tuple[str, ...], names(LIMITS.parties)]

    def require(self, where: str) -> None:
        """Parties are named exactly where ``named`` says so."""
        if (self.kind == "named") != bool(self.parties):
            raise FormatError(
                "audience.parties",
                f"{where} is {self.kind} and names {len(self.parties)} parties.",
                "Name them with `named`.",
            )

    @classmethod
    def of(cls, words: Sequence[str]) -> Self:
        """``public``, ``participants``, or names of parties."""
        for kind in ("public", "participants"):
            if list(words) == [kind]:
                return cls(kind, ())
        return cls("named", tuple(sorted({name(word, "party") for word in words})))


PARTICIPANTS: Final = Audience("participants", ())


@dataclass(frozen=True, slots=True)
class Column(Fields):
    """One column: its name, kind and meaning."""

    name: fields.Column
    kind: Annotated[str, choice(COLUMN_KINDS, "data_set.column_kind")]
    about: Words


@dataclass(frozen=True, slots=True)
class DataSetDescriptor(Document):
    """One version of a data set as the catalogue shows it; columns are strictly sorted by name.

    ``sensitive`` names special kinds (``genes``, ``health``, ``minors`` …). The digest is its ``schemaHash`` on chain.
    """

    FORMAT: ClassVar[str] = "tallystick/data-set/v1"
    WHERE: ClassVar[str] = "data_set"
    LIMIT: ClassVar[int] = 1024 * 1024

    data_set: Reference
    version: Annotated[int, integer(1, 2**32 - 1)]
    owner: Name
    title: Words
    columns: Annotated[tuple[Column, ...], Many(LIMITS.columns)]
    rows: Count
    data_level: Annotated[int, integer(1, 5)]
    sensitive: Annotated[tuple[str, ...], names(32)]

    def require(self, where: str) -> None:
        """At least one column, in order."""
        del where
        found = [column.name for column in self.columns]
        if not found or any(a >= b for a, b in itertools.pairwise(found)):
            raise FormatError(
                "data_set.columns_order",
                "The columns are not strictly sorted by name, or there are none.",
                "Sort them by name; each name occurs once.",
            )
