"""Who is signed in: the access token that a reader handed in, kept in memory behind a random cookie until it expires.

The cookie is for this site alone (``SameSite=Strict``) and for no script (``HttpOnly``); every form that changes something
carries a key that only this site's own pages can know (OWASP, "Cross-Site Request Forgery Prevention").
"""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from protocol import access, ids
from protocol.errors import FormatError, RefusedError

COOKIE: Final = "tally_session"
FORM_COOKIE: Final = "tally_form"
_FORM_DOMAIN: Final = b"tallystick/explorer/form/v1"
_MOST: Final = 1000
_FORM_LIFE: Final = 3600


@dataclass(frozen=True, slots=True)
class Session:
    """A reader's token, the party that it speaks for, and until when (unix seconds)."""

    token: str
    party: str
    not_after: int


class Sessions:
    """At most a thousand; the oldest make room. Safe to use from several threads."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now: Final = now
        self._lock: Final = threading.Lock()
        self._held: Final[OrderedDict[str, Session]] = OrderedDict()

    def open(self, token: str, check: Callable[[str], None]) -> str:
        """Keep a token for everything that ``check`` lets pass; the session's new secret."""
        message, _ = access.parse(token)
        ids.name(message.party, "party")  # "*" is how records name who reads all
        access.check(message, access.EVIDENCE, self._now())
        if message.resource != access.EVIDENCE:  # what reads more than these pages show must not lie here
            raise RefusedError("explorer.token", "The token is for more than evidence.", "Use `tally task token`.")
        check(token)
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._held[secret] = Session(token, message.party, message.not_after)
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        return secret

    def of(self, request: Request) -> Session | None:
        """The session of a request, unless it has ended."""
        with self._lock:
            found = self._held.get(request.cookies.get(COOKIE, ""))
        return found if found is not None and found.not_after > self._now() else None

    def close(self, request: Request) -> None:
        """Forget a request's session."""
        with self._lock:
            self._held.pop(request.cookies.get(COOKIE, ""), None)

    def give(self, request: Request, response: Response, secret: str) -> None:
        """Hand the session's cookie out."""
        with self._lock:
            life = self._held[secret].not_after - self._now()
        _set(request, response, COOKIE, secret, life)


def form_key(secret: str) -> str:
    """What a form carries to show that it came from a page of ours; tells nothing of the cookie that it follows from."""
    return hashlib.sha256(_FORM_DOMAIN + secret.encode()).hexdigest()


def give_form(request: Request, response: Response, secret: str) -> None:
    """Hand out the cookie that the sign-in form belongs to."""
    _set(request, response, FORM_COOKIE, secret, _FORM_LIFE)


def require_own_form(request: Request, cookie: str, key: str) -> None:
    """``explorer.foreign_form`` unless the form was on a page of ours that this browser was shown."""
    secret = request.cookies.get(cookie, "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if not secret or site != "same-origin" or not hmac.compare_digest(form_key(secret).encode(), key.encode()):
        raise FormatError("explorer.foreign_form", "The form is not this browser's own.", "Open the page again.")


def _set(request: Request, response: Response, name: str, value: str, life: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=life, path="/", secure=secure, httponly=True, samesite="strict")
