"""Opening and ending a session: what the holder's operator decides, checked against node and chain before anything is stated."""

import secrets
import time
from typing import Final

from protocol import dsse, ids
from protocol.errors import RefusedError, UnavailableError
from protocol.record import Record
from protocol.sessions import LONGEST, LONGEST_DELAY, MOST_ASKERS, SERVICES, SessionAsker, SessionOpened, SessionTerms
from workers import disk
from workers.node import LOCK, Desk, assemble
from workers.sessions.ledger import Ledger
from workers.sessions.stating import state_due
from workers.sessions.watch import DataOf, registered

_LOOK: Final = 0.2
LOG_WAIT: Final = 60.0
"""Seconds that a running node has to log that a session opened."""
_MINUTES: Final = 60
_HOURS: Final = 3600


def read_terms(values: object, party: str, data_set: str, now: int) -> SessionTerms:
    """A holder's terms from a file's tables; ``data_set`` is what the list is made of. Raises ``json.*`` or ``session.*``."""
    record = Record(values, "session")
    service = record.text("service", 31)
    if service not in SERVICES:
        raise RefusedError(
            "session.service", f"{service!r} is no service of sessions.", f"Name one of: {', '.join(SERVICES)}."
        )
    subject = ids.name(record.take("list"), "session.list")
    askers = sorted(record.list("asker", MOST_ASKERS, SessionAsker.parse), key=lambda asker: asker.party)
    found = SessionTerms(
        party, service, subject, data_set, tuple(askers), record.text("purpose", 1000), record.text("legal_basis", 1000), now, now + _HOURS * record.integer("hours", 1, LONGEST // _HOURS),
        _MINUTES * record.integer("idle_minutes", 1, LONGEST // _MINUTES),
        _MINUTES * record.integer("delay_minutes", 1, LONGEST_DELAY // _MINUTES), secrets.token_bytes(32),
    )  # fmt: skip
    record.done()
    return SessionTerms.read(found.data())  # by the record's own rules


def require_possible(desk: Desk, terms: SessionTerms, data_of: DataOf) -> None:
    """Refuse what would end at once or could never be asked: holder, askers and data as the chain has them now."""
    head = desk.chain.head()
    own = desk.chain.party(terms.party, head)
    if own is None or not own.active or own.node_key != desk.keys.node_public:
        raise RefusedError(
            "session.holder", f"The registry does not have {terms.party} with this node's key as an active party.",
            "Wait until it is admitted or reinstated; after `tally node rotate-keys`, until the chain has the new keys.",
        )  # fmt: skip
    for asker in terms.askers:
        facts = desk.chain.party(asker.party, head)
        if facts is None or not facts.active or not any(facts.node_key):
            raise RefusedError(
                "session.unknown_party", f"{asker.party} is no active party with a node in the registry.",
                "Name askers as the registry has them, once they are admitted with a node.",
            )  # fmt: skip
    if not registered(desk.chain, terms, data_of(terms), head):
        raise RefusedError(
            "session.data",
            f"What {terms.subject} is made of is not registered, was retired, or is not of {terms.data_set}.",
            "Register the version with `tally node dataset register`, and make the mirror of it.",
        )


def open_session(desk: Desk, ledger: Ledger, terms: SessionTerms, wait: float = LOG_WAIT) -> bytes:
    """State a session: its id. Nobody is answered before the log has it, by the node that runs or, where none does, by this command."""
    session = terms.digest()
    said = SessionOpened(session, terms.party, desk.clock())
    ledger.open(terms, dsse.sign(said.serialise(), desk.keys.node_public, desk.keys.sign), said.KIND)
    until = time.monotonic() + wait
    while ledger.last_entry(session).position is None:
        try:
            with disk.exclusive(desk.folder / LOCK, "the node"), assemble(desk) as node:
                state_due(node, ledger, ledger.session(session))
        except RefusedError as error:
            if error.code != "disk.locked":
                raise
            if time.monotonic() >= until:
                ledger.end(session, "ended")
                raise UnavailableError(
                    "session.not_opened",
                    f"The running node has not logged the session within {wait:.0f} s; it was ended again.",
                    "See the node's log, then give the command again.",
                ) from error
            time.sleep(_LOOK)
    return session
