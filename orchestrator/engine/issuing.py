"""Broker credentials: every admitted party's node gets its own, sealed to its key; a suspended party's are removed.

The chain says who is owed some (:func:`orchestrator.store.credentials.due`), so nothing is lost by a kill between the
broker's user and the row: the next step draws a new password. The password lives in this function only; the database has
it sealed, the broker hashed.
"""

import secrets
from collections.abc import Callable
from typing import Final

import structlog

from orchestrator.dispatch.issuing import Issuer
from orchestrator.engine.items import Items
from orchestrator.services.ports import Transactions
from orchestrator.store import credentials
from orchestrator.store.database import Row
from protocol.credentials import BrokerCredentials, seal

_log = structlog.get_logger()


class Issuing:
    """One step issues and withdraws what is due."""

    def __init__(self, database: Transactions, issuer: Issuer, deployment: bytes, clock: Callable[[], int]) -> None:
        self._database: Final = database
        self._issuer: Final = issuer
        self._deployment: Final = deployment
        self._clock: Final = clock
        self._items: Final = Items(database, credentials.LOOP)

    def step(self) -> bool:
        """Do what is due; False when nothing was."""
        with self._database.transaction() as tx:
            due = credentials.due(tx)
        return self._items.each(due, lambda row: row["party"], self._one)

    def _one(self, row: Row) -> bool:
        return self._issue(row) if row["active"] else self._withdraw(row["party"])

    def _issue(self, row: Row) -> bool:
        party, issued = row["party"], max(self._clock(), row["issued"] + 1)
        made = BrokerCredentials(party, issued, self._issuer.nodes, secrets.token_urlsafe(32))
        sealed = seal(
            made, bytes(row["seal_key"]), self._deployment
        )  # first: a key that nothing can be sealed to gets no user
        self._issuer.users.give(party, made.password)
        with self._database.transaction() as tx:
            credentials.keep(tx, bytes(row["party_id"]), sealed)
        _log.info("credentials.issued", party=party, issued=issued)
        return True

    def _withdraw(self, party: str) -> bool:
        self._issuer.users.take(party)
        with self._database.transaction() as tx:
            credentials.drop(tx, party)
        _log.info("credentials.withdrawn", party=party)
        return True
