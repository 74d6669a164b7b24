"""The path from a block that somebody trusts down to a bundle's head: stored hops, and live ones above them."""

from dataclasses import dataclass

from orchestrator.services.ports import ChainView
from orchestrator.store import hops, receipts
from orchestrator.store.database import Transaction
from protocol import ancestry, ids
from protocol.ancestry import Descent, Window
from protocol.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Plan:
    """The stored part of a path: it reaches up to block ``reached``; above it, to ``top``, the chain is asked."""

    top: int
    reached: int
    stored: tuple[Descent, ...]

    def finish(self, chain: ChainView) -> bytes:
        """The path file; ``chain.*`` when the node cannot prove what is not stored."""
        live = () if self.stored and self.reached == self.top else (chain.path(self.top, self.reached),)
        return ancestry.path_data(ancestry.join([*live, *self.stored]))


def plan(tx: Transaction, task: bytes, top: int) -> Plan:
    """What is stored of the path from block ``top`` to the head of the task's bundle; ``evidence.*`` otherwise."""
    head = receipts.bundle_head(tx, task)
    if head is None:
        raise RefusedError(
            "evidence.not_ready",
            "The bundle is not built yet.",
            "The task's reasons say what it waits for.",
            status=404,
        )
    if top < head:
        raise RefusedError(
            "evidence.path_upwards",
            f"{ids.prefixed('task', task)}'s bundle is rooted in block {head}, which is later than block {top}.",
            f"Trust block {head} or a later one.",
        )
    found = hops.upward(tx, head, top)
    stored = tuple(Descent(hop.base_header, (Window.parse(hop.proof, "hop"),)) for hop in found)
    return Plan(top, found[0].base if found else head, stored)
