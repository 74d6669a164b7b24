"""How many slots a node has when its operator does not say: as many runs as cores and memory carry."""

import os
from typing import Final

MOST: Final = 64
"""The most slots of a kind that may be set."""
_USED: Final = 0.75
"""Of the machine's memory; the rest is for the node itself, its data and its neighbours."""


def default_task_slots(party_memory: int, cores: int | None = None, memory: int | None = None) -> int:
    """One per core, as far as every run may take ``party_memory`` bytes; at least one, so that a small machine works too."""
    cores = cores or len(os.sched_getaffinity(0))
    memory = memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(cores, int(memory * _USED) // party_memory, MOST))
