"""What the owner allows: the ask its wallet signed, and limits that the owner set at its own node, which are asks too.

A standing authorization lets the chain start many tasks; here the node counts them and compares each with the ask.
"""

from collections.abc import Callable, Mapping
from typing import Final

from protocol.ask import Ask, differences, not_opted_in
from protocol.contract import ZERO32, TaskContract
from protocol.errors import FormatError
from protocol.messages import SignedAuthorization
from protocol.offers import Releases, covers
from protocol.programs import ProgramDescriptor
from workers.state import State

_DAY: Final = 86_400


def violations(
    state: State,
    signed: SignedAuthorization,
    authorization: bytes,
    contract: TaskContract,
    *,
    task: bytes,
    started: int,
    releases: Releases,
    programs: Mapping[str, ProgramDescriptor],
) -> list[str]:
    """What ``contract`` asks beyond the signed ask, a standing authorization's rate, or every local policy.

    ``started`` is the task's start on chain (unix time): rates count starts, so they cannot be evaded by delaying. Whether an
    approved successor may stand in for a release is the wallet's word alone, and it holds for the local policies as well:
    they bound what a task does with the data, and would otherwise end with every upgrade. Which outputs are about single
    people ``programs``, the installed ones, say, not the coordinator.
    """
    ask = Ask.read(signed.policy)

    def stands_in(named: str, asked: str) -> bool:
        return covers(signed.message, named, asked, releases)

    found = [*differences(ask, contract, stands_in), *not_opted_in(ask, contract, programs)]
    since = started - _DAY
    standing = signed.message.task == ZERO32
    if standing and state.uses(ask.data_set, authorization, since, task) >= ask.tasks_per_day:
        found.append(f"more than {ask.tasks_per_day} tasks in a day")
    local = state.policies(ask.data_set)
    if local and not any(_allows(state, own, contract, stands_in, task, since) for own in local):
        found.append("what every policy set at this node allows")
    return found


def local_differences(state: State, data_set: str, contract: TaskContract, *, task: bytes, started: int) -> list[str]:
    """What ``contract`` asks beyond the owner's own policies, before anything is signed; of several the one that lacks least.

    Releases of one program count as the same here: the wallet has not yet said whether a successor may stand in.
    """
    found: list[list[str]] = []
    documents = state.policies(data_set)
    for document in documents:
        if _allows(state, document, contract, _same_program, task, started - _DAY):
            return []
        try:
            own = Ask.read(document)
        except FormatError:
            continue
        lacking = differences(own, contract, _same_program)
        found.append(lacking or [f"more than {own.tasks_per_day} tasks in a day"])
    return min(found, key=len, default=["no policy here can be read"] if documents else [])


def _same_program(named: str, asked: str) -> bool:
    return named.partition("@")[0] == asked.partition("@")[0]


def _allows(
    state: State,
    document: bytes,
    contract: TaskContract,
    stands_in: Callable[[str, str], bool],
    task: bytes,
    since: int,
) -> bool:
    """A document that this release cannot read allows nothing, and takes nothing from what the others allow."""
    try:
        own = Ask.read(document)
    except FormatError:
        return False
    return not differences(own, contract, stands_in) and state.uses(own.data_set, None, since, task) < own.tasks_per_day
