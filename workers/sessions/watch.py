"""What the chain says of those who ask and of what they are answered from, looked at again with each block that is final.

A suspended asker, and one whose node key was rotated, gets no answer from the next block on that is seen here; a holder that is suspended,
and a list of which a version was retired by its owner's wallet, end the session for ever. Who has not seen the chain for a while answers
nobody: what was revoked meanwhile is not known.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from protocol.errors import RefusedError, TallyError, UnavailableError
from protocol.sessions import End, SessionTerms
from workers.chain_view import ChainView, Head
from workers.sessions.ledger import Ledger

_log = structlog.get_logger()
FRESH: Final = 30
"""Seconds: the longest that nobody has looked at the chain while questions are answered."""
_LOOK: Final = 1.0

DataOf = Callable[[SessionTerms], tuple[str, tuple[int, ...]]]
"""The data set and the versions that a session is answered from now."""


class Watch:
    """The askers of all sessions that are kept, by the node keys that the registry has for them now. Safe for threads."""

    def __init__(
        self, chain: ChainView, ledger: Ledger, own_key: bytes, data_of: DataOf, clock: Callable[[], int]
    ) -> None:
        self._chain = chain
        self._ledger = ledger
        self._own_key = own_key
        self._data_of = data_of
        self._clock = clock
        self._looked_at: tuple[object, ...] = ()
        self._seen: int | None = None
        self._askers: dict[bytes, str] = {}
        self._ended = threading.Event()

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The node keys that may ask now."""
        return tuple(sorted(self._askers))

    def party_of(self, key: bytes) -> str:
        """Whose key it is; raises ``session.chain_unseen`` or ``lookup.unknown_asker``."""
        if self._seen is None or self._clock() - self._seen > FRESH:
            raise RefusedError(
                "session.chain_unseen",
                "The holder has not seen the chain for a while, so it does not know who may still ask.",
                "Ask again in a minute.", retry_after=2 * FRESH,
            )  # fmt: skip
        party = self._askers.get(key)
        if party is None:
            raise RefusedError(
                "lookup.unknown_asker", "This key is none of this holder's askers.", "Agree with the holder on who may ask."
            )  # fmt: skip
        return party

    def look(self) -> None:
        """Look at the newest final block once; raises ``UnavailableError`` where there is none to be had."""
        head, now = self._chain.head(), self._clock()
        kept = self._ledger.sessions()
        open_now = [it for it in kept if not it.ended]
        data = {it.session: self._data_of(it.terms) for it in open_now}
        looked_at = (head.hash, len(kept), tuple(data.items()))
        if looked_at != self._looked_at:
            for it in open_now:
                why = self._revoked(it.terms, data[it.session], head)
                if why is not None:
                    self._ledger.end(it.session, why)
                    _log.warning("session.revoked", session=it.session.hex(), reason=why)
            # askers of sessions that ended still fetch the proofs of their receipts
            parties = {asker.party for it in kept for asker in it.terms.askers}
            facts = {party: self._chain.party(party, head) for party in sorted(parties)}
            self._askers = {
                it.node_key: party for party, it in facts.items() if it is not None and it.active and any(it.node_key)
            }
            self._looked_at = looked_at
        self._seen = now

    def run(self) -> None:
        """Look again and again until :meth:`stop`, in the calling thread."""
        while not self._ended.wait(_LOOK):
            try:
                self.look()
            except UnavailableError as error:
                _log.warning("session.chain_away", code=error.code)
            except TallyError as error:
                _log.error("session.watch_failed", code=error.code)

    def stop(self) -> None:
        """End :meth:`run`."""
        self._ended.set()

    def _revoked(self, terms: SessionTerms, data: tuple[str, tuple[int, ...]], head: Head) -> End | None:
        own = self._chain.party(terms.party, head)
        if own is None or not own.active or own.node_key != self._own_key:
            return "suspended"
        return None if registered(self._chain, terms, data, head) else "data"


def registered(chain: ChainView, terms: SessionTerms, data: tuple[str, tuple[int, ...]], head: Head) -> bool:
    """Whether all that a session is answered from is of the data set in its terms, registered and not retired."""
    data_set, versions = data
    if data_set != terms.data_set or not versions:
        return False
    facts = [chain.data_set(data_set, version, head) for version in versions]
    return all(it is not None and it.active for it in facts)
