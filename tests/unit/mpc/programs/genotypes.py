"""People with genotypes, as an owner's node hands them over, and the same in plain numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mpc.workflow.values import Genotypes, PrivateTable, Source
from protocol.variants import EACH, MISSING, NONE, ONE, TWO, ListName

UNKNOWN = -1
"""A missing dosage."""
COLUMNS = ("case", "g")
_CODES = np.array([NONE, ONE, TWO, MISSING], np.uint8)


def packed(dosages: Any) -> Any:
    """Dosages (people, variants) of 0, 1, 2 and -1 as bytes (people, bytes), four variants in each."""
    codes = _CODES[np.asarray(dosages)]
    people, variants = codes.shape
    padded = np.zeros((people, -(-variants // EACH) * EACH), np.uint8)
    padded[:, :variants] = codes
    return np.bitwise_or.reduce(
        padded.reshape(people, padded.shape[1] // EACH, EACH) << (np.arange(EACH, dtype=np.uint8) * 2), axis=2
    )


def table_of(cases: Any, dosages: Any, digest: bytes = bytes(32)) -> PrivateTable:
    found = Genotypes(ListName(np.shape(dosages)[1], digest), packed(dosages))
    ids = tuple(f"p{at}" for at in range(len(found.packed)))
    return PrivateTable(ids, {"case": np.asarray(cases, float), "g": found})


def centres(tables: Mapping[str, PrivateTable], columns: tuple[str, ...] = COLUMNS) -> Any:
    """The inputs of a step over one data set of each owner."""

    def inputs(me: str, _: Any) -> dict[str, Any]:
        return {
            "tables": tuple(
                Source(f"{owner}-set", owner, columns, own if owner == me else None) for owner, own in tables.items()
            )
        }

    return inputs


def counted(cases: Any, dosages: Any) -> Any:
    """Of each variant, controls and cases with 0, 1 and 2 copies, one by one: shape (variants, 6)."""
    dosages = np.asarray(dosages)
    return np.array(
        [
            [int(((np.asarray(cases) == case) & (column == copies)).sum()) for case in (0, 1) for copies in (0, 1, 2)]
            for column in dosages.T
        ]
    )


def drawn(rng: Any, people: int, variants: int, missing: float = 0.05) -> tuple[Any, Any]:
    """Cases and dosages at random frequencies, the first variant without variation and the second all missing."""
    dosages = rng.binomial(2, rng.uniform(0.02, 0.98, variants), (people, variants))
    dosages[rng.random((people, variants)) < missing] = UNKNOWN
    dosages[:, 0] = 2
    if variants > 1:
        dosages[:, 1] = UNKNOWN
    return (rng.random(people) < 0.4).astype(float), dosages
