"""PLINK data sets made in a test, byte by byte by the published format and not by the reader's own code."""

from pathlib import Path
from typing import Any

import numpy as np

from protocol.variants import ListName, listed, read_list

CODES = {2: 0b00, -1: 0b01, 1: 0b10, 0: 0b11}
"""Copies of A1 → the two bits of https://www.cog-genomics.org/plink/1.9/formats#bed."""


def bim(variants: int) -> bytes:
    return "".join(f"1\trs{at}\t0\t{100 + at}\tA\tG\n" for at in range(variants)).encode()


def bed(dosages: Any) -> bytes:
    """Of dosages (people, variants): a byte for each four people, variant after variant."""
    found = bytearray(b"\x6c\x1b\x01")
    for column in np.asarray(dosages).T:
        for start in range(0, len(column), 4):
            found.append(sum(CODES[int(copies)] << (2 * at) for at, copies in enumerate(column[start : start + 4])))
    return bytes(found)


def fam(phenotypes: Any) -> bytes:
    return "".join(f"f{at} p{at} 0 0 {1 + at % 2} {value}\n" for at, value in enumerate(phenotypes)).encode()


def written(folder: Path, dosages: Any, phenotypes: Any, variants: bytes | None = None) -> tuple[Path, ListName]:
    """The three files, and the name of their list."""
    variants = bim(np.shape(dosages)[1]) if variants is None else variants
    for suffix, data in ((".bed", bed(dosages)), (".bim", variants), (".fam", fam(phenotypes))):
        (folder / f"cohort{suffix}").write_bytes(data)
    return folder / "cohort.bed", listed(read_list(variants))
