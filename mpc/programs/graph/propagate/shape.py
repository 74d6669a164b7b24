"""What propagation over a graph gives and sends."""

from collections.abc import Mapping
from typing import Final

from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.run import DIGEST_BYTES
from mpc.programs.graph.propagate.run import Graph, Sizes, planned, slots_told, sources_of
from mpc.workflow.context import StepContext
from mpc.workflow.values import Outline

_ROUNDS: Final = group_key.ROUNDS + 2
"""One for the digests, one for the slots."""


async def outline(context: StepContext, rows: Mapping[str, int]) -> Outline:
    """For data sets of so many rows: shares, whose making counts, beside what the parties tell each other before."""
    sources, names = sources_of(context)
    sizes = Sizes.supposed(sources, rows)
    helper, owner = group_key.sent(len(sources.owners))
    told = slots_told(tuple(rows[source.data_set] for source in sources.all), sizes.slots)
    helper += len(told) * (len(context.session.names) - 1) + 4 * sizes.slots * len(sources.owners)
    outputs = planned(context, Graph(context, sources, names, sizes, None))
    return Outline(outputs, rounds=_ROUNDS, traffic=max(helper, owner + DIGEST_BYTES * sizes.slots))
