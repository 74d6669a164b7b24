"""The declared schema of a data set: what every column holds, in which range; nothing is guessed from the data (I12).

The owner writes it as TOML or JSON beside the file. What others may see of it is :class:`protocol.catalogue`'s
descriptor; ranges and choices of columns not declared ``public``, and how the file is written, stay with the owner.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final, Self

from protocol import canonical, catalogue, ids, table
from protocol.errors import FormatError
from protocol.law.declared import Declaration, Sensitivity
from protocol.limits import LIMITS
from protocol.programs import Words
from protocol.record import Record, text_item
from protocol.variants import ListName
from workers.sources import legal
from workers.sources.reading import FileForm, Reading

FORMAT: Final = "tallystick/declared-schema/v2"
MAX_SCALE: Final = 9
MAX_TEXT: Final = 200
_LIMIT: Final = 4 * 1024 * 1024
_UNSCALED: Final = 2**53
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``kind`` is one of :data:`protocol.catalogue.COLUMN_KINDS`.

    ``low`` and ``high`` bound numbers (decimal text), ``scale`` is the number of decimals kept. ``choices`` lists the
    allowed texts of a category, empty for free text; ``null`` allows empty cells, which others are told. ``public`` tells them
    range, scale and choices too. ``variants`` names the list that genotypes are about (:class:`protocol.variants.ListName`). ``source`` is the column's name in the
    file; ``reading`` is how its cells are written (the file's word where the column says nothing).
    ``level`` and ``legal_kinds`` say how sensitive it is, 0 and none where nothing is declared.
    """

    name: str
    kind: str
    about: Words
    low: str
    high: str
    scale: int
    choices: tuple[str, ...]
    null: bool
    source: str
    reading: Reading
    public: bool = False
    variants: str = ""
    level: int = 0
    legal_kinds: tuple[str, ...] = ()

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one column; fields that do not belong to its kind are refused."""
        record = Record(value, where)
        name, kind = ids.column(record.take("name"), f"{where}.name"), record.text("kind", 20)
        if kind not in catalogue.COLUMN_KINDS:
            raise FormatError(
                "schema.kind", f"{where} has the kind {kind!r}.", f"Use one of {', '.join(catalogue.COLUMN_KINDS)}."
            )
        numeric = kind in ("integer", "decimal")
        low, high = (_bound(record, key) for key in ("low", "high")) if numeric else ("", "")
        found = cls(
            name,
            kind,
            Words.parse(record.take("about"), f"{where}.about") if record.has("about") else Words(name, name),
            low,
            high,
            record.integer("scale", 1, MAX_SCALE) if kind == "decimal" else 0,
            record.list("choices", 4096, text_item) if kind == "text" and record.has("choices") else (),
            record.boolean("null") if record.has("null") else False,
            record.text("source", MAX_TEXT) if record.has("source") else name,
            Reading.take(record, kind),
            record.boolean("public") if record.has("public") else False,
            record.text("variants", MAX_TEXT) if kind == "genotypes" else "",
            record.integer("level", 1, 5) if record.has("level") else 0,
            record.names("kinds", 32) if record.has("kinds") else (),
        )
        record.done()
        found._check(where)
        return found

    def read_as(self, form: FileForm) -> Self:
        """The column with the file's word where it says nothing itself."""
        found = replace(self, reading=self.reading.over(form.reading))
        found.reading.check(f"schema.columns.{self.name}")
        return found

    @property
    def numeric(self) -> bool:
        """Whether the column is kept as integers in units of 10^-scale (booleans as 0 and 1)."""
        return self.kind in ("integer", "decimal", "boolean")

    def listed(self) -> ListName:
        """The list of variants that genotypes are about."""
        return ListName.parse(self.variants, f"schema.columns.{self.name}.variants")

    def limits(self) -> tuple[int, int]:
        """Lowest and highest unscaled integer (the value times 10^scale)."""
        if self.kind == "boolean":
            return 0, 1
        return unscale(self.low, self.scale), unscale(self.high, self.scale)

    def committed(self) -> table.Column:
        """The column as the input commitment's grammar knows it: of genotypes the digest of a person's dosages and their list."""
        kind = catalogue.COMMITTED_KINDS.get(self.kind, self.kind)
        return table.Column(self.name, kind, self.scale, self.null)

    def described(self, *, whole: bool = False) -> catalogue.Column:
        """What others see of the column, or the ``whole`` of it for checks at its owner."""
        levels = (self.variants,) if self.kind == "genotypes" else ()
        shown = catalogue.Column(self.name, self.kind, self.about, self.null, levels=levels)
        if levels or not (whole or self.public):
            return shown
        return replace(shown, low=self.low, high=self.high, scale=self.scale, levels=self.choices)

    def to_json(self) -> dict[str, object]:
        """JSON form: the fields of the kind only."""
        found: dict[str, object] = {
            "name": self.name, "kind": self.kind, "about": self.about.to_json(), "null": self.null
        }  # fmt: skip
        if self.kind in ("integer", "decimal"):
            found |= {"low": self.low, "high": self.high}
        if self.kind == "decimal":
            found["scale"] = self.scale
        if self.choices:
            found["choices"] = list(self.choices)
        if self.source != self.name:
            found["source"] = self.source
        if self.public:
            found["public"] = True
        if self.variants:
            found["variants"] = self.variants
        if self.level:
            found["level"] = self.level
        if self.legal_kinds:
            found["kinds"] = list(self.legal_kinds)
        return found | self.reading.to_json()

    def _check(self, where: str) -> None:
        if self.kind in ("integer", "decimal"):
            bounds = [Decimal(text) for text in (self.low, self.high)]
            fits = all(-int(bound.as_tuple().exponent) <= self.scale for bound in bounds)
            if not fits or bounds[0] >= bounds[1] or max(abs(v) for v in self.limits()) >= _UNSCALED:
                raise FormatError(
                    "schema.range",
                    f"{where} has the range {self.low} to {self.high} at scale {self.scale}.",
                    "Give low < high, with no more decimals than the scale, below 2^53 in units of the last decimal.",
                )
        if self.kind in ("identifier", "genotypes") and self.null:
            kind = "an identifier" if self.kind == "identifier" else "a column of genotypes"
            raise FormatError("schema.id", f"{where} is {kind} that allows nulls.", "Remove `null`.")
        if self.kind == "genotypes":
            self.listed()
        if self.public and not (self.low or self.choices):
            raise FormatError(
                "schema.public", f"{where} has neither a range nor choices that could be public.", "Remove `public`."
            )
        if len(set(self.choices)) != len(self.choices) or any(not 0 < len(c) <= MAX_TEXT for c in self.choices):
            raise FormatError(
                "schema.choices", f"{where}.choices holds an empty, long or repeated text.", "Correct it."
            )


@dataclass(frozen=True, slots=True)
class Schema:
    """All columns; at most one is the rows' ``identifier``. ``sensitive`` names special kinds of data, ``form`` says how the
    file is written, ``law`` is what its owner declares of the law, None for nothing.
    """

    title: Words
    data_level: int
    sensitive: tuple[str, ...]
    columns: tuple[Column, ...]
    form: FileForm
    law: Declaration | None = None

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a schema document."""
        record = Record(value, "schema")
        record.const("format", FORMAT)
        form = FileForm.parse(record.take("file") if record.has("file") else {}, "schema.file")
        columns = tuple(column.read_as(form) for column in record.list("columns", LIMITS.columns, Column.parse))
        found = cls(
            Words.parse(record.take("title"), "schema.title"),
            record.integer("data_level", 1, 5),
            record.names("sensitive", 32),
            columns,
            form,
            _declared(record, columns),
        )
        record.done()
        if found.law is not None:
            catalogue.agree(found.law, found.data_level, found.sensitive)
        names = found.names
        if not names or len(set(names)) != len(names):
            raise FormatError("schema.columns", "The schema has no columns, or one name twice.", "Correct it.")
        if len({column.source.casefold() for column in found.columns}) != len(names):
            raise FormatError("schema.source", "Two columns have one name in the file.", "Correct `source`.")
        if sum(column.kind == "identifier" for column in found.columns) > 1:
            raise FormatError("schema.id", "Two columns are identifiers.", "Declare one; make the other `text`.")
        if sum(column.kind == "genotypes" for column in found.columns) > 1:
            raise FormatError("schema.genotypes", "Two columns are genotypes.", "Declare one: a .bed file has one.")
        return found

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a ``.toml`` or ``.json`` file."""
        if not path.is_file() or path.stat().st_size > _LIMIT:
            raise FormatError("schema.missing", f"{path} is missing or too large.", "Name the declared schema's file.")
        data = path.read_bytes()
        if path.suffix == ".json":
            return cls.parse(_with_documents(canonical.parse(data), path.parent))
        try:
            return cls.parse(_with_documents(tomllib.loads(data.decode("utf-8")), path.parent))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FormatError("schema.malformed", f"{path} is not TOML: {error}.", "Correct the file.") from error

    @property
    def names(self) -> tuple[str, ...]:
        """Column names as declared."""
        return tuple(column.name for column in self.columns)

    @property
    def identifier(self) -> str:
        """Name of the identifier column, "" when rows have none."""
        return next((column.name for column in self.columns if column.kind == "identifier"), "")

    def column(self, name: str) -> Column:
        """The column called ``name``."""
        for column in self.columns:
            if column.name == name:
                return column
        raise FormatError("schema.no_column", f"There is no column {name}.", f"Use one of {', '.join(self.names)}.")

    def committed(self) -> table.Schema:
        """The schema under which rows are committed: columns sorted by name."""
        return table.Schema(tuple(sorted((c.committed() for c in self.columns), key=lambda c: c.name)))

    def descriptor(self, data_set: str, version: int, owner: str, rows: int) -> catalogue.DataSetDescriptor:
        """What others see; its digest is the schema hash on chain."""
        columns = tuple(sorted((column.described() for column in self.columns), key=lambda column: column.name))
        if self.law is not None:
            return catalogue.DataSetDescriptorV3(
                data_set, version, owner, self.title, columns, rows, self.data_level, self.sensitive, self.law
            )
        return catalogue.DataSetDescriptor(
            data_set, version, owner, self.title, columns, rows, self.data_level, self.sensitive
        )

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        found: dict[str, object] = {
            "format": FORMAT,
            "title": self.title.to_json(),
            "data_level": self.data_level,
            "sensitive": list(self.sensitive),
            "columns": [column.to_json() for column in self.columns],
        }
        if self.law is not None:
            found["law"] = legal.written(self.law)
        form = self.form.to_json()
        return found | {"file": form} if form else found

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(self.to_json())


def _with_documents(value: object, folder: Path) -> object:
    """A schema's document with the SHA-256 of what its `[law]` names by path."""
    if isinstance(value, dict) and "law" in value:
        return {**value, "law": legal.hashed(value["law"], folder)}
    return value


def _declared(record: Record, columns: tuple[Column, ...]) -> Declaration | None:
    """What is declared of the law: all of it, with every column, or nothing."""
    said = [column for column in columns if column.level or column.legal_kinds]
    if not record.has("law"):
        if said:
            raise FormatError(
                "law.incomplete",
                f"Column {said[0].name} has a level or kinds, and the schema has no [law].",
                "Declare `[law]` too, or leave both out.",
            )
        return None
    if missing := [column.name for column in columns if not column.level or not column.legal_kinds]:
        raise FormatError(
            "law.column",
            f"Column {missing[0]} has no `level` or no `kinds`.",
            "Give both to each column: `tally law codes kinds` and `tally law codes levels`.",
        )
    found = sorted(columns, key=lambda column: column.name)
    return legal.parse(record.take("law"), [Sensitivity(it.name, it.level, it.legal_kinds) for it in found])


def unscale(text: str, scale: int) -> int:
    """Decimal text as an integer in units of 10^-scale; the text has at most ``scale`` decimals."""
    return int(Decimal(text).scaleb(scale))


def _bound(record: Record, key: str) -> str:
    """A range's end: an integer (as TOML writes it) or decimal text."""
    value = record.take(key)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise FormatError("schema.range", f"{record.where}.{key} is no plain number.", 'Write it as 12 or "0.5".')
    return text
