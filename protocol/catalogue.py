"""A data set's public description: what proposers see of it, and what its ``schemaHash`` on chain binds.

No values, no statistics: titles, columns with their kinds and whether a cell may be empty, and the number of rows; ranges and
levels only of columns whose owner declares them public. Its owner's node key signs it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from protocol import canonical, fields
from protocol.codec import Codec, choice, integer, matching, names, or_empty, record, sequence, text
from protocol.errors import FormatError
from protocol.fields import Count, Document, Fields, Many, Name, Reference
from protocol.ids import name
from protocol.law import codes
from protocol.law.declared import Declaration
from protocol.limits import LIMITS
from protocol.programs import Words
from protocol.variants import ListName

DATA_SET_TYPE: Final = "application/vnd.tallystick.data-set+json"
COLUMN_KINDS: Final = ("boolean", "date", "decimal", "genotypes", "identifier", "integer", "text")

COMMITTED_KINDS: Final = {"identifier": "id", "date": "text", "genotypes": "text"}
"""Kinds whose cells the input commitment's grammar (:mod:`protocol.table`) knows under another name."""
_LEVELS: Final = {"text": LIMITS.columns, "genotypes": 1}
"""How many levels a kind can have."""

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


_BOUND: Final = or_empty(
    matching(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?", "data_set.bound", "a plain number", 'Write it as "12" or "0.5".')
)


@dataclass(frozen=True, slots=True)
class Column(Fields):
    """One column: its name, kind and meaning, and whether a cell may be empty (``null`` where an old description does not say).

    Of columns that their owner declares public also the range (``low`` to ``high``, both "" where it is not told), the number
    of decimals and the ``levels`` of a category. The one level of ``genotypes``, public always, is the name of the list of variants that a
    cell has a dosage for (:mod:`protocol.variants`).
    """

    name: fields.Column
    kind: Annotated[str, choice(COLUMN_KINDS, "data_set.column_kind")]
    about: Words
    nullable: bool | None
    low: Annotated[str, _BOUND] = ""
    high: Annotated[str, _BOUND] = ""
    scale: Annotated[int, integer(0, 9)] = 0
    levels: Annotated[tuple[str, ...], sequence(text(200), 4096)] = ()

    def require(self, where: str) -> None:
        """Both ends of a range, in order, or none; and only what belongs to the kind."""
        numeric, told = self.kind in ("integer", "decimal"), bool(self.low)
        wrong = told != bool(self.high) or (told and (not numeric or Decimal(self.low) >= Decimal(self.high)))
        wrong = wrong or bool(self.scale and self.kind != "decimal") or len(self.levels) > _LEVELS.get(self.kind, 0)
        if self.kind == "genotypes" and not wrong:
            ListName.parse(self.levels[0] if self.levels else "", f"{where}.levels")
        if wrong:
            raise FormatError(
                "data_set.column_facts",
                f"{where} says what a column of the kind {self.kind} cannot have.",
                "Give low below high for numbers, a scale for decimals, levels for texts and genotypes; or none.",
            )


@dataclass(frozen=True, slots=True)
class _ColumnV1(Fields):
    """A column as descriptions of version 1 have it."""

    name: fields.Column
    kind: Annotated[str, choice(COLUMN_KINDS, "data_set.column_kind")]
    about: Words


_COLUMN_V1: Final[Codec[Column]] = Codec(
    lambda value, where: _of_v1(_ColumnV1.parse(value, where)),
    lambda column: _ColumnV1(column.name, column.kind, column.about).to_json(),
    record(_ColumnV1).schema,
)


@dataclass(frozen=True, slots=True)
class DataSetDescriptor(Document):
    """One version of a data set as the catalogue shows it; columns are strictly sorted by name.

    ``sensitive`` names special kinds (``genes``, ``health``, ``minors`` …). The digest is its ``schemaHash`` on chain.
    """

    FORMAT: ClassVar[str] = "tallystick/data-set/v2"
    WHERE: ClassVar[str] = "data_set"
    LIMIT: ClassVar[int] = 1024 * 1024
    _SAYS_NULLABLE: ClassVar[bool] = True

    data_set: Reference
    version: Annotated[int, integer(1, 2**32 - 1)]
    owner: Name
    title: Words
    columns: Annotated[tuple[Column, ...], Many(LIMITS.columns)]
    rows: Count
    data_level: Annotated[int, integer(1, 5)]
    sensitive: Annotated[tuple[str, ...], names(32)]

    def require(self, where: str) -> None:
        """At least one column, in order; each says whether it may be empty."""
        del where
        if self._SAYS_NULLABLE and any(column.nullable is None for column in self.columns):
            raise FormatError(
                "data_set.nullable",
                "A column does not say whether a cell may be empty.",
                "Describe the data set again.",
            )
        found = [column.name for column in self.columns]
        if not found or any(a >= b for a, b in itertools.pairwise(found)):
            raise FormatError(
                "data_set.columns_order",
                "The columns are not strictly sorted by name, or there are none.",
                "Sort them by name; each name occurs once.",
            )


@dataclass(frozen=True, slots=True)
class DataSetDescriptorV1(DataSetDescriptor):
    """A description as it was published before columns said whether they may be empty; its digest is that of then."""

    FORMAT: ClassVar[str] = "tallystick/data-set/v1"
    _SAYS_NULLABLE: ClassVar[bool] = False

    columns: Annotated[tuple[Column, ...], sequence(_COLUMN_V1, LIMITS.columns)]


@dataclass(frozen=True, slots=True)
class DataSetDescriptorV3(DataSetDescriptor):
    """A description whose owner declared what the law asks of the data set. One of version 2 declares nothing of it, and is as good otherwise."""

    FORMAT: ClassVar[str] = "tallystick/data-set/v3"

    law: Declaration

    def require(self, where: str) -> None:
        """What is declared is about these columns, and the level and kinds on the outside are theirs."""
        super(DataSetDescriptorV3, self).require(where)
        named = [column.name for column in self.columns]
        if [column.name for column in self.law.columns] != named:
            raise FormatError(
                "law.columns", "The declaration is about other columns than the data set has.", "Declare each column."
            )
        agree(self.law, self.data_level, self.sensitive)


def agree(law: Declaration, data_level: int, sensitive: tuple[str, ...]) -> None:
    """That a data set's level is the highest of its columns', and that it names their sensitive kinds (``law.disagrees``)."""
    level, kinds = law.level(), tuple(sorted(law.kinds() & frozenset(codes.SENSITIVE)))
    if (data_level, sensitive) != (level, kinds):
        raise FormatError(
            "law.disagrees",
            f"The data set has level {data_level} and the kinds [{', '.join(sensitive)}]; its columns have level {level} and the sensitive "
            f"kinds [{', '.join(kinds)}].",
            "Write the same: `data_level` is the highest of the columns', `sensitive` all their sensitive kinds, sorted.",
        )


_VERSIONS: Final = {kind.FORMAT: kind for kind in (DataSetDescriptorV1, DataSetDescriptor, DataSetDescriptorV3)}


def read_description(data: bytes) -> DataSetDescriptor:
    """A data set's description of any version, from its canonical bytes."""
    value = canonical.loads(data, DataSetDescriptor.LIMIT)
    named = value.get("format") if isinstance(value, dict) else None
    return _VERSIONS.get(named if isinstance(named, str) else "", DataSetDescriptor).parse(value)


def declaration_of(description: DataSetDescriptor | None) -> Declaration | None:
    """What an owner declared of the law; None where nothing is declared."""
    return description.law if isinstance(description, DataSetDescriptorV3) else None


def _of_v1(old: _ColumnV1) -> Column:
    return Column(old.name, old.kind, old.about, None)
