"""Time-stamps of this log's published checkpoint by somebody else's authority (RFC 3161), kept beside it as a file.

An anchor's block says by when a log was what it is; a time-stamp says the same to those who know no chain. The authority sees a SHA-256 and when it
was asked. Anybody checks with tools that are not ours: ``openssl ts -verify -data checkpoint -in checkpoint.tsr -CAfile roots.pem``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import httpx
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client import (
    VerificationError as NotVerified,
)

from protocol.errors import FormatError, UnavailableError, VerificationError

Ask: TypeAlias = Callable[[bytes], bytes]
"""Hands a request (DER) to an authority; gives its response (DER)."""

_REQUEST: Final = "application/timestamp-query"
_RESPONSE: Final = "application/timestamp-reply"
_MOST: Final = 64 * 1024
_WAIT: Final = 30.0
"""Seconds for the whole exchange."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A response that was verified (DER), and the authority's time."""

    response: bytes
    time: datetime


def roots_of(data: bytes) -> tuple[Certificate, ...]:
    """The certificates of authorities that the operator trusts, from a PEM file."""
    try:
        return tuple(load_pem_x509_certificates(data))
    except ValueError as error:
        raise FormatError(
            "timestamp.roots",
            "The file holds no PEM certificates.",
            "Give the root certificate of the time-stamping authority.",
        ) from error


def stamp(data: bytes, ask: Ask, roots: Sequence[Certificate]) -> Stamped:
    """Have ``data`` time-stamped, and believe the answer only under one of ``roots``: its nonce, its hash, its certificate's purpose."""
    request = TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()
    answer = ask(request.as_bytes())
    try:
        response = decode_timestamp_response(answer)
    except ValueError as error:
        raise FormatError(
            "timestamp.malformed", "The authority's answer is no time-stamp response.", "Check its URL."
        ) from error
    builder = VerifierBuilder.from_request(request)
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, data)
    except (NotVerified, ValueError) as error:
        raise VerificationError(
            "timestamp.not_verified",
            f"The time-stamp does not hold: {error}.",
            "Give the authority's own root certificate; if it is, ask another authority.",
        ) from error
    return Stamped(answer, response.tst_info.gen_time)


def over_http(url: str) -> Ask:
    """The authority at a URL (RFC 3161, 3.4); no redirect is followed. Its answer is signed, so http is as good as https."""

    def ask(request: bytes) -> bytes:
        found = bytearray()
        try:
            with (
                httpx.Client(timeout=_WAIT) as client,
                client.stream("POST", url, content=request, headers={"Content-Type": _REQUEST}) as answer,
            ):
                kind = answer.headers.get("content-type", "").partition(";")[0].strip()
                if not answer.is_success or kind != _RESPONSE:
                    raise UnavailableError(
                        "timestamp.refused", f"The authority answered {answer.status_code} ({kind}).", "Check its URL."
                    )
                for part in answer.iter_bytes():
                    found += part
                    if len(found) > _MOST:
                        raise FormatError(
                            "timestamp.malformed", f"The answer has more than {_MOST} bytes.", "Check the URL."
                        )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnavailableError(
                "timestamp.unreachable", f"The authority does not answer ({type(error).__name__}).", "Try again later."
            ) from error
        return bytes(found)

    return ask
