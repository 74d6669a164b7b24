"""Response headers of every page: the browser loads nothing but our own style sheet and images, and runs nothing; but for pages
that compute in it (:data:`SCRIPTED`), which run our own bundles, ask nobody, and make no text into a script (Trusted Types).

Sources: CSP Level 3 (W3C), OWASP Secure Headers Project.
"""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SCRIPTED: Final = f"{POLICY}; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
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


class SecurityHeaders:
    """ASGI middleware that sets :data:`HEADERS` on every response; pages are not cached unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the answer's start."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                scripted = headers.get("content-security-policy") == SCRIPTED
                headers.update(HEADERS)
                if scripted:
                    headers["content-security-policy"] = SCRIPTED
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
