"""What a join gives and sends when every id of the smallest table is found."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.run import DIGEST_BYTES
from mpc.programs.alignment.psi_join.run import Sizes, sources_of, table_of
from mpc.workflow.context import StepContext
from mpc.workflow.values import Outline

_ROUNDS: Final = group_key.ROUNDS + 2
"""One for the digests, one for the sizes."""


async def outline(context: StepContext, rows: Mapping[str, int]) -> Outline:
    """For data sets of so many rows: shares, whose making counts, beside what the parties tell each other before."""
    sources = sources_of(context)
    sizes = Sizes.supposed(context, [rows[source.data_set] for source in sources.all])
    helper, owner = group_key.sent(len(sources.owners))
    helper += len(sizes.data()) * (len(context.session.names) - 1)
    digests: Counter[str] = Counter()
    for source, size in zip(sources.all, sizes.tables, strict=True):
        digests[source.owner] += DIGEST_BYTES * size
    table = table_of(context, sources, sizes)
    outputs = table.outputs([[await part.settled() for part in table.parts(at)] for at in range(len(sources.all))])
    return Outline(outputs, rounds=_ROUNDS, traffic=max(helper, owner + max(digests.values())))
