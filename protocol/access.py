"""Read tokens: a wallet-signed :class:`~protocol.typed.Access` in an ``Authorization: Tallystick …`` header.

A token names one resource (the path below ``/v1/`` without the collection an id already names, such as
``task_…/evidence``), everything under it, :data:`EVIDENCE` of all tasks, or ``*``; it lives for at most an hour.

What is handed in as a whole (receipts) is signed as a whole in the same way: the token names the SHA-256 of the body
(:func:`delivery`), so that the coordinator knows the sender before it reads more than the header.
"""

import base64
import binascii
import re
from typing import Final

from protocol import canonical
from protocol.errors import FormatError, RefusedError
from protocol.record import Record
from protocol.typed import Access

SCHEME: Final = "Tallystick"
MAX_LIFETIME: Final = 3600
EVERYTHING: Final = "*"
EVIDENCE: Final = "evidence"
"""The evidence of every task that its party takes part in or audits, and nothing else: what the audit explorer is given."""
_LIMIT: Final = 8192
_DELIVERY: Final = "receipts/"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def header(access: Access, signature: bytes) -> str:
    """Value of the ``Authorization`` header."""
    data = canonical.dumps({"message": access.to_json(), "signature": "0x" + signature.hex()})
    return f"{SCHEME} {base64.urlsafe_b64encode(data).decode()}"


def parse(value: str) -> tuple[Access, bytes]:
    """Message and signature of a header value; the signature is not checked here."""
    scheme, _, token = value.partition(" ")
    if scheme != SCHEME or len(token) > _LIMIT:
        raise FormatError(
            "access.malformed", "The Authorization header is no Tallystick token.", "Sign an Access message."
        )
    try:
        data = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise FormatError("access.malformed", "The token is no base64url.", "Encode the token's JSON again.") from error
    record = Record(canonical.loads(data, _LIMIT), "access")
    access = Access.parse(record.take("message"))
    signature = record.hex_bytes("signature", 4096)
    record.done()
    return access, signature


def resource_of(path: str) -> str:
    """The resource that a request path asks for: ``/v1/tasks/task_ab/evidence`` is ``task_ab/evidence``."""
    parts = [part for part in path.split("/") if part][1:]
    return "/".join(parts[1:] if len(parts) > 1 and "_" in parts[1] else parts)


def delivery(body: bytes) -> str:
    """The resource that the token of a delivery names, by the SHA-256 of its body."""
    return f"{_DELIVERY}{body.hex()}"


def delivered(access: Access) -> bytes:
    """The SHA-256 that a delivery's token names; a token for anything else is refused."""
    digest = access.resource.removeprefix(_DELIVERY)
    if access.resource == digest or not _DIGEST.fullmatch(digest):
        raise RefusedError(
            "access.no_delivery",
            f"The token is for {access.resource!r}, not for one body.",
            "Sign a token for `receipts/` and the body's SHA-256 in hex.",
        )
    return bytes.fromhex(digest)


def check(access: Access, resource: str, now: int) -> None:
    """Refuse a token that is expired, lives too long, or is for something else."""
    if access.not_after <= now:
        raise RefusedError("access.expired", "The access token has expired.", "Sign a new one.")
    if access.not_after > now + MAX_LIFETIME:
        raise RefusedError(
            "access.too_long", f"The access token lives longer than {MAX_LIFETIME} s.", "Sign one for an hour or less."
        )
    evidence = access.resource == EVIDENCE and resource.split("/")[1:2] == [EVIDENCE]
    if (
        not evidence
        and access.resource not in (EVERYTHING, resource)
        and not resource.startswith(access.resource + "/")
    ):
        raise RefusedError(
            "access.other_resource",
            f"The token is for {access.resource!r}, not {resource!r}.",
            "Sign one for this resource.",
        )
