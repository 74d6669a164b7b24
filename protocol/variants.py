"""Lists of variants: what the many dosages of a genotype column are about, position by position, and the one text that names a list.

A list is the lines of a PLINK ``.bim`` file in their order: chromosome, id, position in centimorgans (which says nothing about a
sample and is passed over), base-pair position, the allele that is counted (A1) and the other one (A2). Two centres have the same list
exactly when every line says the same, so that swapped alleles, another order or another build have another digest.

    digest  = SHA-256(domain ‖ for each variant: chromosome, id, position, A1, A2, tab-separated, and a line feed)
    cell    = SHA-256(domain ‖ digest of the list ‖ a person's packed dosages): what the input commitment hashes of a person

A person's dosages are two bits each, four in a byte, the first in the lowest bits, as PLINK codes them
(https://www.cog-genomics.org/plink/1.9/formats#bed): 0 two copies of A1, 1 missing, 2 one copy, 3 none. Unused bits are 0.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.errors import FormatError

MOST: Final = 2_000_000
"""Variants of a list: 500 kB of dosages for each person."""
TWO, MISSING, ONE, NONE = 0, 1, 2, 3
"""A dosage's code: so many copies of the counted allele."""
EACH: Final = 4
"""Dosages in a byte."""
_LIST: Final = b"tallystick/variants/v1\0"
_CELL: Final = b"tallystick/genotypes/v1\0"
_NAME: Final = re.compile(r"([1-9][0-9]{0,6}):([0-9a-f]{64})")
_FIELD: Final = re.compile(r"[!-~]{1,1000}")
_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class Variant:
    """One line of a list; ``position`` is in base pairs, ``counted`` the allele whose copies a dosage says."""

    chromosome: str
    name: str
    position: int
    counted: str
    other: str

    def line(self) -> bytes:
        """As the digest hashes it."""
        cells = (self.chromosome, self.name, str(self.position), self.counted, self.other)
        return "\t".join(cells).encode("ascii") + b"\n"


@dataclass(frozen=True, slots=True)
class ListName:
    """A list of variants as descriptions name it: how many there are, and the list's digest."""

    count: int
    digest: bytes

    @classmethod
    def parse(cls, text: str, where: str) -> "ListName":
        """Read ``500000:<64 hex digits>``; anything else is refused (``variants.name``)."""
        found = _NAME.fullmatch(text)
        if found is None or int(found[1]) > MOST:
            raise FormatError(
                "variants.name",
                f"{where} names no list of 1 to {MOST} variants.",
                "Write how many variants there are, a colon and the list's SHA-256, as `tally node dataset draft` does.",
            )
        return cls(int(found[1]), bytes.fromhex(found[2]))

    def __str__(self) -> str:
        """The one spelling."""
        return f"{self.count}:{self.digest.hex()}"

    @property
    def width(self) -> int:
        """Bytes of one person's dosages."""
        return -(-self.count // EACH)

    def cell(self, packed: bytes) -> str:
        """What is committed to of one person, as hexadecimal text."""
        return hashlib.sha256(_CELL + self.digest + packed).hexdigest()


def listed(variants: tuple[Variant, ...]) -> ListName:
    """The name of a list that has a line."""
    digest = hashlib.sha256(_LIST)
    for variant in variants:
        digest.update(variant.line())
    return ListName(len(variants), digest.digest())


def read_list(data: bytes) -> tuple[Variant, ...]:
    """The variants of a ``.bim`` file; raises ``FormatError`` ``variants.*`` with the line at the first that is none."""
    found: list[Variant] = []
    seen: set[tuple[str, str, int, frozenset[str]]] = set()
    for number, cells in enumerate(_lines(data), 1):
        if number > MOST:
            raise FormatError("variants.many", f"The list has more than {MOST} variants.", "Split it by chromosome.")
        if len(cells) != 6 or not _POSITION.fullmatch(cells[3]) or not all(map(_FIELD.fullmatch, cells)):
            raise FormatError(
                "variants.line",
                f"Line {number} of the list is not chromosome, id, centimorgans, position and two alleles.",
                "Export the .bim file again.",
                row=number,
            )
        variant = Variant(cells[0], cells[1], int(cells[3]), cells[4], cells[5])
        key = variant.chromosome, variant.name, variant.position, frozenset((variant.counted, variant.other))
        if key in seen or variant.counted == variant.other:
            raise FormatError(
                "variants.twice",
                f"Line {number} of the list repeats a variant or has one allele twice.",
                "Remove duplicates (plink2 --rm-dup) and export the files again.",
                row=number,
            )
        seen.add(key)
        found.append(variant)
    if not found:
        raise FormatError("variants.none", "The list has no variants.", "Export the .bim file again.")
    return tuple(found)


def _lines(data: bytes) -> Iterator[list[str]]:
    """Cells by white space; a byte beyond ASCII makes a cell that is refused."""
    yield from (line.split() for line in data.decode("ascii", "replace").splitlines())
