"""Who plays which part in a program, derived from public facts so that all parties agree without talking."""

from collections.abc import Iterable, Sequence

from protocol.errors import RefusedError


def dataless_party(committee: Sequence[str], owners: Iterable[str]) -> str:
    """The first committee member that brings no data: the helper of an alignment."""
    busy = set(owners)
    for name in committee:
        if name not in busy:
            return name
    raise RefusedError(
        "workflow.no_dataless_party",
        "Every member of the committee also owns data of this task.",
        "Add a compute party that brings no data.",
    )
