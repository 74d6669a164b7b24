"""The coordinator's API on the explorer's own origin: `/v1/…` goes on to the coordinator, its answer comes back as it is.

For installations without a reverse proxy of their own. What passes is what the browser sent: method, path, query, body, the
headers of :data:`_PASSED` and all cookies but the explorer's. Nothing is added in the explorer's name, and the explorer keeps
nothing of it: who may do what is for the coordinator to say.

Sources: RFC 9110 section 7.6 (intermediaries, hop-by-hop fields), RFC 9457 (problems).
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

import aiohttp
import structlog
from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.requests import ClientDisconnect
from yarl import URL

from audit_explorer import sessions
from protocol.api import Problem
from protocol.errors import FormatError, TallyError, UnavailableError
from protocol.limits import LIMITS

MOST_BODY: Final = 1024 * 1024
"""Bytes of a request: what the coordinator takes from people. Nodes, whose receipts are larger, do not come this way."""
MOST_ANSWER: Final = LIMITS.bundle_unpacked
"""Bytes of an answer: an evidence bundle."""
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_CONNECT: Final = 3.0
_ANSWER: Final = 75.0
"""Seconds without a byte from the coordinator; its longest wait is a minute."""
_BODY: Final = 30.0
"""Seconds in which a request's body is there."""
_MOST_ADDRESS: Final = 2048
_CHUNK: Final = 64 * 1024
_PASSED: Final = frozenset(
    {
        "accept", "accept-language", "authorization", "content-type", "if-none-match", "idempotency-key", "invitation",
        "last-event-id", "origin", "range", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "user-agent",
    }
)  # fmt: skip
"""Headers that mean something to the coordinator. `Host` is its own, and an encoding of the way is not asked for."""
_HOP_BY_HOP: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "date", "server",
    }
)  # fmt: skip
_OWN_COOKIES: Final = frozenset({sessions.COOKIE, sessions.FORM_COOKIE})
_log = structlog.get_logger()


class Forwarding:
    """The way to the API at ``url`` (`http[s]://host[:port]`, below which `/v1` is)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise FormatError("settings.coordinator_url", f"{url!r} is no address.", "Write https://host[:port].")
        self._url: Final = url.rstrip("/")

    async def pass_on(self, request: Request) -> Response:
        """The coordinator's answer to a request; a problem (RFC 9457) when it gives none, or the request is none."""
        try:
            target = self._target(request)
            async with asyncio.timeout(_BODY):
                body = await _body(request)
            return await self._answer(request, target, body)
        except TallyError as error:
            return _problem(error)
        except ClientDisconnect:
            return _problem(FormatError("forwarding.body", "The request did not come whole.", "Send it again."))
        except TimeoutError:
            return _problem(
                FormatError("forwarding.slow", f"The body took longer than {_BODY:g} s.", "Send it again.", status=408)
            )

    def _target(self, request: Request) -> URL:
        """Where it goes, byte for byte as it was asked for."""
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        raw, query = raw.partition(b"?")[0], request.scope["query_string"]
        steps = unquote_to_bytes(raw).replace(b"\\", b"/").split(b"/")
        if len(raw) + len(query) > _MOST_ADDRESS:
            raise FormatError("http.path", "The address is too long.", "Use the documented paths.", status=414)
        if not raw.startswith(b"/v1/") or b".." in steps or b"." in steps or not raw.isascii():
            raise FormatError("forwarding.path", "This is no path of the API.", "Use the documented paths.")
        text = (raw + (b"?" + query if query else b"")).decode("ascii", "replace")
        return URL(self._url + text, encoded=True)

    async def _answer(self, request: Request, target: URL, body: bytes) -> Response:
        session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_ANSWER),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("user-agent", "accept", "content-type"),
        )
        try:
            answer = await session.request(
                request.method, target, data=body or None, headers=_headers(request), allow_redirects=False
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            await session.close()
            _log.warning("explorer.api_away", error=type(error).__name__)
            raise UnavailableError(
                "forwarding.coordinator_away", "The coordinator does not answer.", "Nothing was done: try again."
            ) from error
        except BaseException:
            await session.close()
            raise
        if (answer.content_length or 0) > MOST_ANSWER:
            answer.close()
            await session.close()
            raise UnavailableError("forwarding.answer", "The coordinator's answer is too large.", "Tell its operator.")
        return _streamed(session, answer)


def _streamed(session: aiohttp.ClientSession, answer: aiohttp.ClientResponse) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        sent = 0
        try:
            async for part in answer.content.iter_any():
                sent += len(part)
                if sent > MOST_ANSWER:  # cut off: the reader sees that it is not whole
                    raise UnavailableError("forwarding.answer", "The answer is too large.", "Tell the operator.")
                yield part
        finally:
            answer.close()
            await session.close()

    response = StreamingResponse(parts(), answer.status)
    named = {name.strip().lower() for name in answer.headers.get("connection", "").split(",")}
    response.raw_headers = [
        (name.lower(), value)
        for name, value in answer.raw_headers
        if (text := name.decode("latin-1").lower()) not in _HOP_BY_HOP and text not in named
    ]
    return response


def _headers(request: Request) -> list[tuple[str, str]]:
    found = [(name, value) for name, value in request.headers.items() if name in _PASSED]
    found.append(("accept-encoding", "identity"))
    cookies = [part.strip() for value in request.headers.getlist("cookie") for part in value.split(";")]
    if kept := [part for part in cookies if part and part.partition("=")[0].strip() not in _OWN_COOKIES]:
        found.append(("cookie", "; ".join(kept)))
    client = request.client.host if request.client else "unknown"
    before = request.headers.getlist("x-forwarded-for")
    found.append(("x-forwarded-for", ", ".join([*before, client])))
    return found


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BODY:
            raise FormatError("http.too_large", f"The body exceeds {MOST_BODY} bytes.", "Send less.", status=413)
    return bytes(found)


def _problem(error: TallyError) -> Response:
    stated, away = error.details.get("status"), isinstance(error, UnavailableError)
    status = stated if isinstance(stated, int) else 503 if away else 400
    problem = Problem(
        type=f"https://tallystick.dev/problems/{error.code}",
        title="Something needed does not answer" if away else "The request is malformed",
        status=status,
        detail=error.what,
        code=error.code,
        fix=error.fix,
        category="unavailable" if away else "format",
        instance="/v1",
        request_id="none",
    )
    headers = {"retry-after": "2"} if away else {}
    return JSONResponse(problem.to_json(), status, headers, media_type="application/problem+json")
