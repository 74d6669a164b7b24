"""Webhooks: what the outbox owes is posted, tried again after growing pauses, given up at last, and never anybody else's trouble.

A delivery is made at least once: a kill between the address's word and the mark sends it again, under the same id. Parties are served
side by side, each for a while; an address that failed rests, and after days without a success it is switched off.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import structlog

from orchestrator.dispatch.mailing import Notice
from orchestrator.dispatch.posting import NotTakenError
from orchestrator.engine.items import Items
from orchestrator.services.ports import Clock, Transactions
from orchestrator.services.registry import require_party
from orchestrator.store import webhooks
from orchestrator.store.database import Row
from protocol import ids
from protocol.errors import FormatError, RefusedError
from protocol.webhooks import LONGEST_FAILING, MAILTO, WAITS, WebhookEvent, signed

_log = structlog.get_logger()
_SIDE_BY_SIDE: Final = 8
_OF_A_PARTY: Final = 16
_BATCH: Final = 128
_TURN: Final = 5.0
"""Seconds after which a party's turn is over: the rest of its messages wait for the next, and the engine can stop."""
_REST: Final = 5
_GONE: Final = 410


class Posting(Protocol):
    """As :class:`orchestrator.dispatch.posting.Poster`."""

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Post; the status."""
        ...


class Mailing(Protocol):
    """As :class:`orchestrator.dispatch.mailing.Mailer`."""

    def send(self, url: str, notice: Notice) -> int:
        """Send; the server's code."""
        ...


class Delivering:
    """One step delivers what is due: posts it, or mails it where people read."""

    def __init__(self, database: Transactions, poster: Posting, mailer: Mailing, clock: Clock) -> None:
        self._database: Final = database
        self._poster: Final = poster
        self._mailer: Final = mailer
        self._clock: Final = clock
        self._items: Final = Items(database, webhooks.LOOP)

    def step(self) -> bool:
        """Deliver what is due; False when nothing was."""
        with self._database.transaction() as tx:
            due = webhooks.due(tx, _OF_A_PARTY, _BATCH)
        parties: dict[str, list[Row]] = defaultdict(list)
        for row in due:
            parties[row["party"]].append(row)
        if not parties:
            return False
        with ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(parties)), "webhooks") as pool:
            return any(list(pool.map(self._turn, parties.values())))

    def _turn(self, rows: Sequence[Row]) -> bool:
        """A party's messages, for a while; what an address did not take puts off its others."""
        resting, over = set[bytes](), time.monotonic() + _TURN

        def act(row: Row) -> bool:
            hook = bytes(row["hook_id"])
            if hook in resting or time.monotonic() > over:
                return True
            if not self._one(row, hook):
                resting.add(hook)
            return True

        return self._items.each(rows, lambda row: str(row["number"]), act, lambda row: bytes(row["task_id"]))

    def _one(self, row: Row, hook: bytes) -> bool:
        told = {"hook": hook.hex(), "message": bytes(row["message"]).hex(), "kind": row["kind"]}
        if not self._still_theirs(row):
            with self._database.transaction() as tx:
                webhooks.switch_off(tx, hook, "webhook.other_wallet")
            _log.warning("webhook.switched_off", code="webhook.other_wallet", **told)
            return False
        try:
            answer = self._told(row)
        except NotTakenError as error:
            self._not_taken(row, hook, error.code, error.answer, told)
            return False
        except FormatError as error:  # the operator no longer vouches for its host
            self._not_taken(row, hook, error.code, None, told)
            return False
        with self._database.transaction() as tx:
            webhooks.delivered(tx, row["number"], hook, answer)
        _log.info("webhook.delivered", answer=answer, **told)
        return True

    def _told(self, row: Row) -> int:
        kind, task, message = row["kind"], bytes(row["task_id"]), bytes(row["message"])
        if row["url"].startswith(MAILTO):
            return self._mailer.send(row["url"], Notice(row["party"], kind, task, row["at"], message))
        body = WebhookEvent.of(kind, task, row["at"]).body()
        keys = [bytes(key) for key in (row["secret"], row["old_secret"]) if key is not None]
        return self._poster.post(row["url"], body, signed(ids.prefixed("msg", message), self._clock(), body, keys))

    def _still_theirs(self, row: Row) -> bool:
        """Whether the party is active and its registered wallet the one under which the webhook was made."""
        with self._database.transaction() as tx:
            try:
                party = require_party(tx, row["party"])
            except RefusedError:
                return False
        return party.active and party.wallet == row["wallet"]

    def _not_taken(self, row: Row, hook: bytes, code: str, answer: int | None, told: dict[str, str]) -> None:
        tries = row["attempts"]
        again = WAITS[tries] if tries < len(WAITS) else None
        with self._database.transaction() as tx:
            silent = webhooks.failed(tx, row["number"], hook, code, answer, again=again, rest=_REST)
            off = answer == _GONE or silent >= LONGEST_FAILING
            if off:
                webhooks.switch_off(tx, hook, code)
        _log.warning("webhook.not_taken", code=code, answer=answer, tries=tries + 1, again=again, off=off, **told)
