"""Sessions for reading: opened by a wallet's signature over the coordinator's own message, ended by their party or by time.

A session reads what a read token for everything reads, and can do nothing: every act carries a signature of its own.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final

from orchestrator.services.ports import ChainView
from orchestrator.services.registry import require_party
from orchestrator.services.signatures import require_wallet
from orchestrator.store import catalogue, sessions
from orchestrator.store.database import Transaction
from protocol import ids, sign_in
from protocol.errors import RefusedError, VerificationError
from protocol.passkeys import read_signature
from protocol.sign_in import SessionView, SignedIn, SignIn, SignInMessage, SignInRequest

MOST_SESSIONS: Final = 100
"""Of one party at the same time; the oldest end when there are more."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where browsers reach the API (``url``, None for nowhere), for how many seconds a session lasts, and the sealing key."""

    url: str | None
    chain_id: int
    life: int
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def require_url(self) -> str:
        """The address; ``sign_in.off`` where there is none."""
        if self.url is None:
            raise RefusedError(
                "sign_in.off",
                "This coordinator does not know the address at which browsers reach it.",
                "Its operator sets TALLY_PUBLIC_URL; until then use a read token.",
            )
        return self.url


def message(tx: Transaction, door: Door, request: SignInRequest, now: int) -> SignInMessage:
    """What the wallet is to sign; refused for a wallet that no active party, or not the named one, has registered."""
    url = door.require_url()
    parties = catalogue.parties_of_wallet(tx, bytes.fromhex(request.wallet.removeprefix("0x")))
    named = parties if request.party is None else [name for name in parties if name == request.party]
    if not named:
        raise RefusedError(
            "sign_in.other_wallet",
            f"{request.wallet} is not the registered wallet of {request.party or 'any active party'}.",
            "Choose the registered account in the wallet.",
        )
    if len(named) > 1:
        raise RefusedError(
            "sign_in.which_party",
            f"{request.wallet} is the wallet of several parties.",
            "Say as which of them to sign in.",
            parties=named,
        )
    made = SignIn(named[0], request.wallet, secrets.token_hex(16), now, now + sign_in.LIFE)
    return SignInMessage(made, made.seal(door.key), made.text(url, door.chain_id))


def open_session(tx: Transaction, chain: ChainView, door: Door, signed: SignedIn, now: int) -> tuple[str, SessionView]:
    """The new session's secret, and its view."""
    url = door.require_url()
    sign_in.require_own(signed, door.key, now)
    parts = signed.sign_in
    party = require_party(tx, parts.party)
    if party.wallet != parts.wallet:  # the registered wallet changed since
        raise RefusedError("sign_in.other_wallet", f"{party.name} has another wallet now.", "Sign in with that one.")
    require_wallet(chain, party, sign_in.digest(parts.text(url, door.chain_id)), signed.signature)
    if chain.is_passkey_account(party.wallet):
        # A site that shares the passkey's domain could have asked for it: what this session reads, it would read there.
        for assertion in read_signature(signed.signature):
            assertion.require_page(url)
    secret = secrets.token_urlsafe(32)
    view = SessionView(party.name, party.wallet, now + door.life)
    if not sessions.add(
        tx,
        _hash(secret),
        nonce=parts.nonce,
        party=view.party,
        wallet=view.wallet,
        not_after=view.not_after,
        kept_until=parts.not_after,
    ):
        raise RefusedError("sign_in.used", "A session was opened by this signature before.", "Ask for a new message.")
    sessions.end_oldest(tx, party.name, MOST_SESSIONS)
    return secret, view


def session(tx: Transaction, secret: str | None, now: int) -> SessionView:
    """The session behind a cookie; ``access.session_over`` when there is none, or its wallet is not the party's any more."""
    row = None if secret is None else sessions.get(tx, _hash(secret), now)
    if row is None:
        raise _over()
    party = require_party(tx, ids.name(row["party"], "party"))
    if party.wallet != row["wallet"]:
        raise _over()
    return SessionView(row["party"], row["wallet"], row["not_after"])


def close(tx: Transaction, secret: str | None) -> None:
    """End the session behind a cookie, if there is one."""
    if secret is not None:
        sessions.end(tx, _hash(secret))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _over() -> VerificationError:
    return VerificationError("access.session_over", "Nobody is signed in, or the session has ended.", "Sign in again.")
