"""Start conditions: rules that every start must meet, scheduled and removed with the admission role, always ahead of time.

Each act checks the chain first, so repeating one that took effect changes nothing.
"""

from chain.bindings import tasks
from chain.gateway import Gateway
from protocol.errors import RefusedError


def listed(gateway: Gateway) -> tuple[tasks.Condition, ...]:
    """Every condition that may still be asked, scheduled ones included, in the order of asking."""
    return gateway.read(tasks.conditions(), block=gateway.head())


def schedule(gateway: Gateway, condition: str) -> tuple[tasks.Condition, bool]:
    """Schedule a condition; it with False when it is scheduled or asked already.

    One whose removal is scheduled is refused (``condition.being_removed``): a removal cannot be undone.
    """
    found = _find(gateway, condition)
    if found is not None:
        if found.removed_from:
            raise RefusedError(
                "condition.being_removed",
                f"{condition} is on its way out: tasks proposed from {found.removed_from} (unix time) on are not asked about it.",
                "A removal cannot be undone: deploy the condition once more and schedule that address.",
            )
        return found, False
    if not gateway.endpoint.code(condition):
        raise RefusedError(
            "condition.no_contract",
            f"There is no contract at {condition}.",
            "Deploy the condition first, on this chain.",
        )
    gateway.send(tasks.schedule_condition(condition))
    return _require(gateway, condition), True


def remove(gateway: Gateway, condition: str) -> tuple[tasks.Condition, bool]:
    """Schedule the removal of a condition; it with False when that is scheduled already."""
    found = _require(gateway, condition)
    if found.removed_from:
        return found, False
    gateway.send(tasks.schedule_condition_removal(condition))
    return _require(gateway, condition), True


def _find(gateway: Gateway, condition: str) -> tasks.Condition | None:
    return next((item for item in listed(gateway) if item.condition.lower() == condition.lower()), None)


def _require(gateway: Gateway, condition: str) -> tasks.Condition:
    found = _find(gateway, condition)
    if found is None:
        raise RefusedError(
            "condition.unknown",
            f"{condition} is no condition of this deployment.",
            "Choose one that `tally admission condition list` shows.",
        )
    return found
