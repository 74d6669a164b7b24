"""Hops stored while the chain passes, so that a path between distant blocks needs no node with old state.

Every 8,000 blocks one call proves, in the state of that block, the block 8,000 before it and the heads of the bundles
between. What was missed is made up for as far as the node still has the state.
"""

from collections import Counter
from itertools import groupby
from typing import Final

import structlog

from chain.errors import StatePrunedError
from chain.gateway import Gateway
from chain.proofs import Prover
from orchestrator.engine.items import Items
from orchestrator.services.ports import Transactions
from orchestrator.store import hops
from orchestrator.store.hops import Hop
from protocol import chainproof
from protocol.errors import UnavailableError

_log = structlog.get_logger()
EVERY: Final = 8_000
"""Blocks between stored hops: a round number below the 8,191 that a state remembers."""


class Hopping:
    """One step stores what is due."""

    def __init__(self, database: Transactions, gateway: Gateway, every: int = EVERY) -> None:
        self._database: Final = database
        self._gateway: Final = gateway
        self._every: Final = every
        self._items: Final = Items(database, "hops")
        self._prover: Final = Prover(gateway.endpoint)
        self._first: Final = gateway.deployment.deployed_block // every * every
        self._lost: Final = set[int]()
        self._unanswered: Final = Counter[int]()

    def step(self) -> bool:
        """Store the hops that are due; False when nothing was."""
        newest = self._gateway.finalized_block() // self._every * self._every
        with self._database.transaction() as tx:
            hops.plan(tx, self._first, newest, self._every)
            due = hops.due(tx, newest, self._every)
        found = groupby(due, lambda block: (block // self._every + 1) * self._every)
        groups = [(base, list(ancestors)) for base, ancestors in found if base not in self._lost]
        groups.sort(key=lambda group: self._unanswered[group[0]])
        return self._items.each(groups, lambda group: str(group[0]), self._one)

    def _one(self, group: tuple[int, list[int]]) -> bool:
        try:
            self._store(*group)
        except UnavailableError:
            # It goes behind the others, so that what is never answered cannot starve them.
            self._unanswered[group[0]] += 1
            raise
        except StatePrunedError as error:
            # The next ones must not wait for a state that is gone; a restart tries again.
            self._lost.add(group[0])
            _log.warning("evidence.hop_lost", base=group[0], code=error.code, what=error.what, fix=error.fix)
            return False
        return True

    def _store(self, base: int, ancestors: list[int]) -> None:
        header = chainproof.hashed_form(self._prover.header(base))
        block = chainproof.parse_header(header)
        below = [chainproof.hashed_form(self._prover.header(number)) for number in ancestors]
        window = self._prover.window(block, below)
        with self._database.transaction() as tx:
            for number, one in zip(ancestors, window.single(), strict=True):
                hops.add(tx, Hop(number, base, header, one.to_json()))
        _log.info("evidence.hops_stored", base=base, ancestors=ancestors)
