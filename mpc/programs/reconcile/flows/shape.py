"""What a comparison of lines gives and sends."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.run import DIGEST_BYTES
from mpc.programs.reconcile.flows.run import planned, sizes_told, sources_of
from mpc.workflow.context import StepContext
from mpc.workflow.values import Outline

_ROUNDS: Final = group_key.ROUNDS + 2
"""One for the digests, one for the sizes."""


async def outline(context: StepContext, rows: Mapping[str, int]) -> Outline:
    """For data sets of so many rows: shares, whose making counts, beside what the parties tell each other before."""
    sources, terms = sources_of(context)
    sizes = tuple(rows[source.data_set] for source in sources.all)
    helper, owner = group_key.sent(len(sources.owners))
    helper += len(sizes_told(sizes)) * (len(context.session.names) - 1)
    digests: Counter[str] = Counter()
    for source, size in zip(sources.all, sizes, strict=True):
        digests[source.owner] += DIGEST_BYTES * size
    outputs = planned(context, sources, terms, sizes)
    return Outline(outputs, rounds=_ROUNDS, traffic=max(helper, owner + max(digests.values())))
