"""Invitations: the office's word, kept as a hash, that somebody may apply under a name once, until a time."""

import hashlib
import hmac
from typing import Final

from orchestrator.services.registry import require_party
from orchestrator.store import invitations
from orchestrator.store.database import Transaction
from protocol.api import InviteRequest
from protocol.errors import FormatError, RefusedError

_DAY: Final = 86_400
LONGEST: Final = 90 * _DAY
MOST_OPEN: Final = 1000


def invite(tx: Transaction, by: str, invitation: InviteRequest, now: int) -> None:
    """Keep an invitation's hash; the code itself is never seen before it is used."""
    if not require_party(tx, by).holds("platform"):
        raise RefusedError(
            "invitation.not_yours", f"{by} is not the platform's operator.", "Ask it to invite.", status=403
        )
    if not now < invitation.not_after <= now + LONGEST:
        raise FormatError(
            "invitation.time", f"An invitation lasts at most {LONGEST // _DAY} days.", "Name a time within that."
        )
    invitations.sweep(tx, now)
    if invitations.count_open(tx) >= MOST_OPEN:
        raise RefusedError("invitation.too_many", f"{MOST_OPEN} invitations are open.", "Wait.", status=429)
    invitations.add(tx, invitation.digest, invitation.party, by, invitation.not_after)


def redeem(tx: Transaction, party: str, code: str, application: bytes, now: int) -> None:
    """Use a code up for an application (its digest); repeated for the same one it changes nothing.

    Whatever is wrong with a code, the answer is the same: guesses, expired and used codes, and those of other names.
    """
    require_usable(tx, party, code, application, now)
    invitations.use(tx, _hash(code), application)


def require_usable(tx: Transaction, party: str, code: str, application: bytes, now: int) -> None:
    """``invitation.not_good`` unless a code could be used now, or was used for this very application (b"" for none)."""
    given = _hash(code)
    found = False
    for digest, not_after, used_for in invitations.of_party(tx, party):  # all are compared, however early one fits
        usable = used_for == application or (used_for is None and now < not_after)
        found |= hmac.compare_digest(digest, given) and usable
    if not found:
        raise RefusedError(
            "invitation.not_good",
            f"This is no invitation for {party} that can be used now.",
            "Ask the admission office for a new one.",
            status=403,
        )


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
