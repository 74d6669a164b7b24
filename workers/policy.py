"""What the owner allows: the ask its wallet signed, and limits that the owner set at its own node, which are asks too.

A standing authorization lets the chain start many tasks; here the node counts them and compares each with the ask.
"""

from typing import Final

from protocol.ask import Ask, differences
from protocol.contract import ZERO32, TaskContract
from protocol.errors import FormatError
from protocol.messages import SignedAuthorization
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
) -> list[str]:
    """What ``contract`` asks beyond the signed ask, a standing authorization's rate, or every local policy.

    ``started`` is the task's start on chain (unix time): rates count starts, so they cannot be evaded by delaying.
    """
    ask = Ask.read(signed.policy)
    found = differences(ask, contract)
    since = started - _DAY
    standing = signed.message.task == ZERO32
    if standing and state.uses(ask.data_set, authorization, since, task) >= ask.tasks_per_day:
        found.append(f"more than {ask.tasks_per_day} tasks in a day")
    local = state.policies(ask.data_set)
    if local and not any(_allows(state, own, contract, task, since) for own in local):
        found.append("what every policy set at this node allows")
    return found


def _allows(state: State, document: bytes, contract: TaskContract, task: bytes, since: int) -> bool:
    """A document that this release cannot read allows nothing, and takes nothing from what the others allow."""
    try:
        own = Ask.read(document)
    except FormatError:
        return False
    return not differences(own, contract) and state.uses(own.data_set, None, since, task) < own.tasks_per_day
