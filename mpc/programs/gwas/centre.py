"""A centre's own people, in the clear and before anything is shared: who is a case, and which list of variants their genotypes have."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mpc import faults
from mpc.programs.gwas.counting import copies
from mpc.workflow.values import Floats, Genotypes, Source
from protocol.data_faults import DataFault
from protocol.variants import EACH, ListName


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """``cases`` has a bit for each person."""

    genotypes: Genotypes
    cases: NDArray[np.bool_] = field(repr=False)

    @classmethod
    def of(cls, source: Source, variants: int) -> Self | None:
        """At its owner, which refuses what the step cannot take; None at everyone else."""
        table = source.table
        if table is None:
            return None
        name, genotypes = table.genotypes(source.columns) or ("", None)
        if genotypes is None:
            faults.refuse(DataFault("gwas.genotypes", source.columns))
            genotypes = _nobodys(variants, len(table.ids))
        elif genotypes.variants.count != variants:
            faults.refuse(DataFault("gwas.variants", [name], found=genotypes.variants.count, variants=variants))
            genotypes = _nobodys(variants, len(table.ids))
        others = tuple(column for column in source.columns if column != name)
        values = table.matrix(others)
        wrong = ~np.isin(values, (0.0, 1.0)).all(axis=1)
        if bool(wrong.any()):
            faults.refuse(DataFault("frame.label", others, int(wrong.sum())))
        return cls(genotypes, values[:, 0] == 1)

    @property
    def people(self) -> Floats:
        """Controls and cases."""
        return np.array([(~self.cases).sum(), self.cases.sum()], dtype=np.float64)

    def counts(self, start: int, size: int) -> Floats:
        """Of ``size`` variants from ``start``, a multiple of :data:`~protocol.variants.EACH`: shape (size, 2, 3), controls before cases,
        by copies.
        """
        part = self.genotypes.packed[:, start // EACH : -(-(start + size) // EACH)]
        found = [copies(part[chosen])[:size] for chosen in (~self.cases, self.cases)]
        return np.stack(found, axis=1).astype(np.float64)


def _nobodys(variants: int, people: int) -> Genotypes:
    """What a dry run goes on with."""
    listed = ListName(variants, bytes(32))
    return Genotypes(listed, np.zeros((people, listed.width), dtype=np.uint8))
