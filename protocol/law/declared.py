"""What an owner declares of a data set: where it comes from, on which basis it is held, what the individuals agreed to, how sensitive each column
is, and where it lies. Part of the description whose hash is on chain (:class:`protocol.catalogue.DataSetDescriptorV3`).

Documents are named by their SHA-256; they stay with the owner. What is not declared at all is "not declared" wherever it is shown.
"""

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from protocol.codec import ADDRESS, Codec, choice, integer, or_empty, sorted_texts, text
from protocol.contract import ZERO32
from protocol.errors import FormatError
from protocol.fields import Column, Fields, Hash, Many, Name, Named
from protocol.law import codes
from protocol.law.codes import Code
from protocol.law.wording import last_second
from protocol.limits import LIMITS
from protocol.programs import Words


def _one_of(table: Iterable[Code]) -> Codec[str]:
    return choice(tuple(item.code for item in table), "law.code")


def _some_of(table: Iterable[Code]) -> Codec[tuple[str, ...]]:
    return sorted_texts(_one_of(table), 64)


def _read_day(value: object, where: str) -> str:
    if not isinstance(value, str) or last_second(value) is None:
        raise FormatError("law.day", f"{where} {value!r} is no day.", "Write it as YYYY-MM-DD.", field=where)
    return value


_DAY: Final = Codec(_read_day, str, {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
NOT_DECLARED: Final = Words("not declared", "未声明")
"""What stands wherever a declaration would be shown and is none."""


@dataclass(frozen=True, slots=True)
class Source(Fields):
    """Where the data come from. A supplier is named, with the SHA-256 of what proves its right; of a public place the necessity is said and
    whether signs are up. ``proof`` is zero for none.
    """

    kind: Annotated[str, _one_of(codes.SOURCES)]
    supplier: Annotated[str, text(200)] = ""
    proof: Hash = ZERO32
    necessity: Annotated[str, text(1000)] = ""
    signs: bool = False

    def require(self, where: str) -> None:
        """What the kind of source asks for is there."""
        if self.kind == codes.SUPPLIER and not (self.supplier and self.proof != ZERO32):
            raise FormatError(
                "law.source_supplier",
                f"{where} is a supplier without a name or without proof of its right.",
                "Give `supplier` and `proof`, the SHA-256 of its contract or authorization (PIPL art. 23).",
                field=where,
            )
        if self.kind == codes.PUBLIC_PLACE and not (self.signs and self.necessity):
            raise FormatError(
                "law.source_public_place",
                f"{where} is a public place without signs or without a reason why it is necessary.",
                "Say `necessity` and `signs = true` (PIPL art. 26), or leave these data out.",
                field=where,
            )


@dataclass(frozen=True, slots=True)
class DataBasis(Fields):
    """A basis on which the data are held: its code, the SHA-256 of its document, and the days from and until which it holds, both inside."""

    code: Annotated[str, _one_of(codes.BASES)]
    document: Hash
    since: Annotated[str, _DAY, Named("from")]
    until: Annotated[str, _DAY]

    def require(self, where: str) -> None:
        """It has a document, and ends after it begins."""
        if self.document == ZERO32 or self.until < self.since:
            raise FormatError(
                "law.basis",
                f"{where} has no document, or ends on {self.until} before it begins on {self.since}.",
                "Give the SHA-256 of its document and two days in order.",
                field=where,
            )

    def holds(self, moment: int) -> bool:
        """Whether it holds at a moment (unix time); a day is one of UTC."""
        begin, end = last_second(self.since), last_second(self.until)
        return begin is not None and end is not None and begin - 86_399 <= moment <= end


@dataclass(frozen=True, slots=True)
class Recipient(Fields):
    """A party that individuals agreed to: its standing, where it is, and, where it was named by its key, its wallet ("" where not)."""

    party: Name
    standing: Annotated[str, _one_of(codes.STANDINGS)]
    jurisdiction: Annotated[str, _one_of(codes.JURISDICTIONS)]
    wallet: Annotated[str, or_empty(ADDRESS)] = ""


@dataclass(frozen=True, slots=True)
class ConsentScope(Fields):
    """What the individuals agreed to: ``recipients`` by name and ``others`` by standing, purposes, operations, sensitive kinds, separate consents,
    and the SHA-256 of the template that they signed.
    """

    recipients: Annotated[tuple[Recipient, ...], Many(LIMITS.parties, sorted_by="party")]
    others: Annotated[tuple[str, ...], _some_of(codes.STANDINGS)]
    purposes: Annotated[tuple[str, ...], _some_of(codes.PURPOSES)]
    operations: Annotated[tuple[str, ...], _some_of(codes.OPERATIONS)]
    kinds: Annotated[tuple[str, ...], _some_of(item for item in codes.KINDS if item.sensitive)]
    separate: Annotated[tuple[str, ...], _some_of(codes.SEPARATE)]
    template: Hash

    def require(self, where: str) -> None:
        """A consent to nothing, or without its template, is none."""
        if self.template == ZERO32 or not self.purposes or not self.operations:
            raise FormatError(
                "law.scope",
                f"{where} names no template, no purpose or no operation.",
                "Give the SHA-256 of what individuals signed, and what they agreed to in it (PIPL art. 14, 17).",
                field=where,
            )

    def recipient(self, party: str) -> Recipient | None:
        """The party as it is listed."""
        return next((item for item in self.recipients if item.party == party), None)


@dataclass(frozen=True, slots=True)
class Approval(Fields):
    """What lets data go ``to`` a jurisdiction: its kind, the SHA-256 of its document, and its last day."""

    to: Annotated[str, _one_of(codes.JURISDICTIONS)]
    kind: Annotated[str, _one_of(codes.APPROVALS)]
    document: Hash
    until: Annotated[str, _DAY]

    def require(self, where: str) -> None:
        """It has a document."""
        if self.document == ZERO32:
            raise FormatError(
                "law.approval", f"{where} has no document.", "Give the SHA-256 of its document.", field=where
            )


@dataclass(frozen=True, slots=True)
class Sensitivity(Fields):
    """A column's level, 1 to 5, and the kinds of data in it, at least one."""

    name: Column
    level: Annotated[int, integer(1, 5)]
    kinds: Annotated[tuple[str, ...], _some_of(codes.KINDS)]

    def require(self, where: str) -> None:
        """Kinds that contradict each other or the level are refused."""
        personal = [kind for kind in self.kinds if kind in codes.PERSONAL]
        if not self.kinds or ({"none", "anonymous"} & set(self.kinds) and personal):
            raise FormatError(
                "law.kinds",
                f"{where} has the kinds {', '.join(self.kinds) or '(none)'}.",
                "Name what it is about; what is about nobody is not personal at the same time.",
                field=where,
            )
        if self.level < _LEAST_SENSITIVE and any(kind in codes.SENSITIVE for kind in self.kinds):
            raise FormatError(
                "law.level",
                f"{where} has sensitive personal information at level {self.level}.",
                f"Give it level {_LEAST_SENSITIVE} at least (PIPL art. 28).",
                field=where,
            )


_LEAST_SENSITIVE: Final = 3


@dataclass(frozen=True, slots=True)
class Declaration(Fields):
    """All that is declared of a data set; ``columns`` are strictly sorted by name and are all that it has."""

    source: Source
    bases: Annotated[tuple[DataBasis, ...], Many(8, sorted_by="code")]
    scope: ConsentScope | None
    jurisdiction: Annotated[str, _one_of(codes.JURISDICTIONS)]
    approvals: Annotated[tuple[Approval, ...], Many(32, sorted_by="to")]
    columns: Annotated[tuple[Sensitivity, ...], Many(LIMITS.columns, sorted_by="name")]

    def require(self, where: str) -> None:
        """Bases fit what the columns are about; consent has a scope."""
        held = {basis.code for basis in self.bases}
        if not held or not self.columns:
            raise FormatError(
                "law.incomplete", f"{where} has no basis or no column.", "Declare both (PIPL art. 13).", field=where
            )
        personal = sorted(self.kinds() & codes.PERSONAL)
        if personal and held == {codes.NOT_PERSONAL}:
            raise FormatError(
                "law.not_personal",
                f"{where} says that nothing is personal, and has {', '.join(personal)}.",
                "Name the basis on which these are held, or correct the kinds (PIPL art. 4, 13).",
                field=where,
            )
        if codes.CONSENT in held and self.scope is None:
            raise FormatError(
                "law.no_scope",
                f"{where} rests on consent and does not say what individuals agreed to.",
                "Declare `scope` (PIPL art. 14).",
                field=where,
            )

    def kinds(self, columns: Collection[str] | None = None) -> frozenset[str]:
        """The kinds in the named columns, or in all."""
        return frozenset(itertools.chain.from_iterable(item.kinds for item in self._chosen(columns)))

    def level(self, columns: Collection[str] | None = None) -> int:
        """The highest level of the named columns, or of all."""
        return max(item.level for item in self._chosen(columns))

    def _chosen(self, columns: Collection[str] | None) -> tuple[Sensitivity, ...]:
        """Columns that nobody declared count as all: what is not known is not less."""
        known = {item.name for item in self.columns}
        if columns is None or not columns or not known.issuperset(columns):
            return self.columns
        return tuple(item for item in self.columns if item.name in columns)
