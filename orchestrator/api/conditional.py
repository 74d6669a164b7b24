"""``ETag`` and ``If-None-Match`` (RFC 9110, 8.8.3 and 13.1.2): what a reader has already is not sent again.

The tag is made of what would be sent, so it is never wrong; it saves the way, not the work.
"""

from hashlib import sha256
from typing import Any, Final

from fastapi import Request, Response

_HEADERS: Final = {"cache-control": "private, no-cache", "vary": "authorization, cookie"}
DOCUMENTED: Final[dict[str, Any]] = {
    "parameter": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "`ETag` of an answer that the reader has: unless it is another now, the answer is 304 without a body",
        "schema": {"type": "string", "title": "If-None-Match"},
    },
    "answer": {"description": "As the reader has it"},
}
"""What OpenAPI says of it, for every read."""


def answered(request: Request, answer: Response) -> Response:
    """The answer to a read with its tag, or 304 where the reader named that; anything else as it is."""
    if request.method != "GET" or answer.status_code != 200 or not answer.body:
        return answer
    tag = f'"{sha256(answer.body).hexdigest()[:32]}"'
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    headers = {"etag": tag, **_HEADERS}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer
