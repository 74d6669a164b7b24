"""Response headers of every page: the browser loads nothing but our own style sheet and images, and runs nothing; but for pages
that compute in it (:data:`SCRIPTED`), which run our own bundles, ask nobody, and make no text into a script (Trusted Types), and
participants' pages (:data:`ASKING`), which ask the API of this origin, too.

Sources: CSP Level 3 (W3C), OWASP Secure Headers Project.
"""

from collections.abc import Collection, Sequence
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SCRIPTED: Final = f"{POLICY}; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
ENDPOINT: Final = r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,100}){0,8}/?"
"""Addresses that a policy may name: nothing in them ends a directive or begins another."""
ASKING: Final = f"{SCRIPTED}; connect-src 'self'"
"""A page that asks the coordinator's API on its own origin."""
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}


def scripted(endpoints: Sequence[str]) -> str:
    """The policy of a page that computes, and may ask these chain endpoints, and nobody else."""
    return f"{SCRIPTED}; connect-src {' '.join(endpoints)}" if endpoints else SCRIPTED


class SecurityHeaders:
    """ASGI middleware that sets :data:`HEADERS` on every response; pages are not cached unless they say so.

    An answer keeps a policy of its own where it is one of ``chosen``.
    """

    def __init__(self, app: ASGIApp, chosen: Collection[str] = (SCRIPTED, ASKING)) -> None:
        self._app = app
        self._chosen = frozenset(chosen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the answer's start."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get("content-security-policy")
                headers.update(HEADERS)
                if own in self._chosen:
                    headers["content-security-policy"] = own
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
