"""``gwas.assoc``: of every variant, how many cases and controls have none, one and two copies of the counted allele, summed over centres.

Each centre counts its own people in the clear; its counts are shared, and sums are exact. No count of one centre is ever open. What
follows from the sums (allelic and trend tests, odds ratios, Hardy-Weinberg, genomic inflation) is computed by their reader in double
precision (``client/association.py``): the same numbers as from the pooled table.

Under a minimum group a variant shows all of its counts or none: it hides where a count of either group, the missing ones among them,
is of somebody but of too few (:mod:`~mpc.programs.minimum_group`). The two sizes of the groups are the only margins that variants have in
common, so a hidden variant's counts do not follow from those that show; where a size is small, some count of every variant is.

Centres have the same variants in the same order with the same counted alleles: the digests of their lists are opened before any
count is shared, and compared by every party.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant, stack
from mpc.programs.gwas.centre import Centre
from mpc.programs.gwas.words import COPIES, LIST_PARTS, PEOPLE
from mpc.programs.minimum_group import added, by_view, guarded, small, views
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats, Owned, Source, Value
from protocol.errors import RefusedError
from protocol.limits import LIMITS
from protocol.variants import EACH

_BLOCK: Final = 1 << 14
"""Variants whose counts are compared at once: comparisons take many times the memory of what they compare."""
_WORD: Final = 2**16


async def run(context: StepContext) -> dict[str, Value]:
    """Count at the centres, add up on shares, and show what may show."""
    sources = [value for value in context.inputs["tables"] if isinstance(value, Source)]
    for source in sources:
        if len(source.columns) != 2:
            raise RefusedError(
                "gwas.columns",
                f"{source.data_set} comes with {len(source.columns)} columns.",
                "Name two columns of each data set: its genotypes, and one of 1 for cases and 0 for controls.",
            )
    variants = context.integer("variants")
    centres = [Centre.of(source, variants) for source in sources]
    listed = await _same_list(context, sources, centres)
    # how many people a centre has is secret: each may have some of any count
    owned: Owned = tuple((source.owner, LIMITS.psi_ids) for source in sources)
    people = [
        share_counts(context, source, None if centre is None else centre.people, (len(PEOPLE),))
        for source, centre in zip(sources, centres, strict=True)
    ]
    block = EACH * max(1, _BLOCK // (EACH * len(views(context, owned))))
    counts: list[SecureArray] = []
    shown: list[SecureArray] = []
    for start in range(0, variants, block):
        size = min(block, variants - start)
        parts = [
            share_counts(context, source, None if centre is None else centre.counts(start, size), (size, 2, 3))
            for source, centre in zip(sources, centres, strict=True)
        ]
        bits = _may_show(context, owned, people, parts)
        total = added(parts) if bits is None else added(parts) * bits.reshape(-1, 1, 1)
        counts.append(await total.settled())
        shown.append(constant(context.backend, np.ones(size), 0) if bits is None else bits)
        context.progress(start + size, variants)
    outputs: dict[str, Value] = {
        "variant_list": listed,
        "people": _people(context, owned, people),
        "counts": concatenate(counts).reshape(variants, len(COPIES)),
        "shown": concatenate(shown),
    }
    return {name: value for name, value in outputs.items() if name in context.wanted}


async def _same_list(context: StepContext, sources: Sequence[Source], centres: Sequence[Centre | None]) -> SecureArray:
    """The list's digest; a step over different lists is refused by every party, naming who differs from the first."""
    parts = [
        share_from(context, None if centre is None else _words(centre), source.owner, (LIST_PARTS,), 0, _WORD)
        for source, centre in zip(sources, centres, strict=True)
    ]
    digests = await context.reveal("variant_lists", stack(parts))
    other = sorted(
        {
            source.owner
            for source, digest in zip(sources, digests, strict=True)
            if not np.array_equal(digest, digests[0])
        }
    )
    if other:
        raise RefusedError(
            "gwas.other_list",
            f"The list of variants of {', '.join(other)} is not that of {sources[0].owner}: some chromosome, id, position or allele differs.",
            "Export all genotypes from one list with the same counted alleles, and register new versions.",
        )
    return parts[0]


def _words(centre: Centre) -> Floats:
    return np.frombuffer(centre.genotypes.variants.digest, dtype=">u2").astype(np.float64)


def share_counts(context: StepContext, source: Source, values: Floats | None, shape: tuple[int, ...]) -> SecureArray:
    """A centre's counts of its people."""
    return share_from(context, values, source.owner, shape, 0, LIMITS.psi_ids)


def _may_show(
    context: StepContext, owned: Owned, people: Sequence[SecureArray], parts: Sequence[SecureArray]
) -> SecureArray | None:
    """Bits (variants,): no count, nor that of the missing ones, is small in any view. None where no group was agreed."""
    if not guarded(context):
        return None
    whole = [
        concatenate(
            [
                part,
                (size.reshape(1, 2, 1) - part.sum(axis=2).reshape(-1, 2, 1)).within(
                    LIMITS.psi_ids, because="the rest of the people"
                ),
            ],
            axis=2,
        )
        for size, part in zip(people, parts, strict=True)
    ]
    few = small(by_view(context, owned, whole), context.minimum_group)
    return few.sum(axis=3).sum(axis=2).sum(axis=0) < 1


def _people(context: StepContext, owned: Owned, people: Sequence[SecureArray]) -> SecureArray:
    """The sizes of both groups; none where one is small in some view."""
    total = added(people)
    if not guarded(context):
        return total
    return total * (small(by_view(context, owned, people), context.minimum_group).sum() < 1)
