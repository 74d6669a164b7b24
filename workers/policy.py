"""What the owner's policies allow: the one its wallet signed, and limits the owner set at its own node.

A standing authorization lets the chain start many tasks; here the node counts them and compares each with the policy.
"""

from typing import Final

from protocol.contract import ZERO32, TaskContract
from protocol.messages import SignedAuthorization
from protocol.policy import Policy
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
    """What ``contract`` asks beyond the signed policy, a standing authorization's rate, or every local policy.

    ``started`` is the task's start on chain (unix time): rates count starts, so they cannot be evaded by delaying.
    """
    policy = Policy.read(signed.policy)
    found = policy.violations(contract)
    since = started - _DAY
    standing = signed.message.task == ZERO32
    if standing and state.uses(policy.data_set, authorization, since, task) >= policy.tasks_per_day:
        found.append(f"more than {policy.tasks_per_day} tasks in a day")
    local = [Policy.read(document) for document in state.policies(policy.data_set)]
    if local and not any(_allows(state, own, contract, task, since) for own in local):
        found.append("every policy set at this node")
    return found


def _allows(state: State, own: Policy, contract: TaskContract, task: bytes, since: int) -> bool:
    return not own.violations(contract) and state.uses(own.data_set, None, since, task) < own.tasks_per_day
