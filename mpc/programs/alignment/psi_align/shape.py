"""What an alignment gives and sends when every id of the smallest table is found."""

from collections.abc import Mapping
from typing import Final

from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.run import DIGEST_BYTES, sources_of
from mpc.workflow.context import StepContext
from mpc.workflow.values import Aligned, AlignedTable, Outline

_POSITION_BYTES: Final = 4
_ROUNDS: Final = group_key.ROUNDS + 4
"""One for the digests, one for the matches, two for what every owner says of them."""


async def outline(context: StepContext, rows: Mapping[str, int]) -> Outline:
    """For data sets of so many rows, without any; the helper sends most, or the owner of the longest table."""
    sources = sources_of(context)
    count, sizes = len(sources), [rows[source.data_set] for source in sources]
    matched, (helper, owner) = min(sizes), group_key.sent(count)
    helper += group_key.TOLD_BYTES * count**2 + _POSITION_BYTES * matched * count
    owner += group_key.TOLD_BYTES + DIGEST_BYTES * max(sizes)
    tables = tuple(AlignedTable(source.data_set, source.owner, source.columns, None) for source in sources)
    return Outline({"aligned": Aligned(matched, tables)}, rounds=_ROUNDS, traffic=max(helper, owner))
