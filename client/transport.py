"""One HTTP exchange with deadline, bounded answers and retries; problem+json (RFC 9457) becomes a TallyError.

Every endpoint of the coordinator is idempotent (by digest or ``Idempotency-Key``), so any exchange may be repeated.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

import httpx

from protocol import canonical
from protocol.errors import (
    Detail,
    FormatError,
    RangeError,
    RefusedError,
    TallyError,
    UnavailableError,
    VerificationError,
)

RETRIED: Final = frozenset({429, 502, 503, 504})
RETRIED_CODES: Final = frozenset({"idempotency.in_flight"})
"""An exchange before this one is still being answered: it was given up here too early."""
ANSWER_LIMIT: Final = 4 * 1024 * 1024
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Timing:
    """``total`` bounds one call with all its retries, ``attempt`` one exchange; seconds."""

    total: float = 30.0
    attempt: float = 10.0


@dataclass(slots=True)
class Transport:
    """Sends requests below ``base_url``; never follows redirects, never reads proxies from the environment."""

    base_url: str
    timing: Timing = field(default_factory=Timing)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, follow_redirects=False))

    def get(self, path: str, headers: Mapping[str, str], limit: int = ANSWER_LIMIT) -> bytes:
        """Body of a successful GET, at most ``limit`` bytes."""
        return self._exchange("GET", path, None, headers, limit)

    def post(self, path: str, body: object, headers: Mapping[str, str]) -> bytes:
        """Body of a successful POST of canonical JSON."""
        return self._exchange(
            "POST", path, canonical.dumps(body), {"content-type": "application/json", **headers}, ANSWER_LIMIT
        )

    def delete(self, path: str, headers: Mapping[str, str]) -> None:
        """A successful DELETE."""
        self._exchange("DELETE", path, None, headers, ANSWER_LIMIT)

    def close(self) -> None:
        """Close pooled connections."""
        self.http.close()

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], limit: int) -> bytes:
        until = time.monotonic() + self.timing.total
        pause = _FIRST_PAUSE
        while True:
            left = until - time.monotonic()
            try:
                status, wait, data = self._once(
                    method, path, body, headers, limit=limit, timeout=max(0.05, min(self.timing.attempt, left))
                )
                if status < 400:
                    return data
                failure = problem(status, data)
                if status not in RETRIED and failure.code not in RETRIED_CODES:
                    raise failure
                pause = max(pause, wait)
            except httpx.TransportError as error:
                failure = UnavailableError(
                    "coordinator.unreachable",
                    f"{method} {path} got no answer: {type(error).__name__}.",
                    "Check the coordinator's address and try again.",
                )
                failure.__cause__ = error
            if time.monotonic() + pause >= until:
                raise failure
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], *, limit: int, timeout: float
    ) -> tuple[int, float, bytes]:
        url = self.base_url.rstrip("/") + path
        with self.http.stream(method, url, content=body, headers=dict(headers), timeout=timeout) as answer:
            parts: list[bytes] = []
            size = 0
            for part in answer.iter_bytes():
                size += len(part)
                if size > limit:
                    raise FormatError(
                        "coordinator.answer_too_large",
                        f"The answer to {path} exceeds {limit} bytes.",
                        "Tell the operator.",
                    )
                parts.append(part)
            pause = answer.headers.get("retry-after", "0")
            return answer.status_code, float(pause) if pause.isdecimal() else 0.0, b"".join(parts)


def problem(status: int, data: bytes) -> TallyError:
    """The error behind a problem+json answer; anything else is reported by its status only."""
    try:
        raw = canonical.parse(data)
    except FormatError:
        raw = None
    return failure(status, cast("dict[str, object]", raw) if isinstance(raw, dict) else {})


def failure(status: int, document: Mapping[str, object]) -> TallyError:
    """The error that a problem document is about."""
    code, what, fix = (document.get(key) for key in ("code", "detail", "fix"))
    extra = {key: value for key, value in document.items() if key not in _KNOWN and isinstance(value, (str, int))}
    details: dict[str, Detail] = {"status": status, **extra}
    kind = _KINDS.get(str(document.get("category")), UnavailableError if status >= 500 else RefusedError)
    if not (isinstance(code, str) and isinstance(what, str) and isinstance(fix, str)):
        return kind(
            "coordinator.error", f"The coordinator answered with status {status}.", "Try again later.", **details
        )
    return kind(code, what, fix, **details)


_KNOWN: Final = frozenset({"type", "title", "status", "detail", "code", "fix", "instance", "category", "what"})
_KINDS: Final[dict[str, type[TallyError]]] = {
    "format": FormatError,
    "range": RangeError,
    "verification": VerificationError,
    "refused": RefusedError,
    "unavailable": UnavailableError,
    "internal": UnavailableError,
}
