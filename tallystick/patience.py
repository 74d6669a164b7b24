"""Waiting for a coordinator that has not yet seen what the chain already holds."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from protocol.errors import TallyError

T = TypeVar("T")
PATIENCE: Final = 30.0
_EVERY: Final = 0.2
_NOT_YET: Final = frozenset({404, 409, 503})


def patiently(call: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Repeat a call while the coordinator's index lags behind the chain; then its own error.

    Every call of the coordinator may be repeated: it changes nothing the second time.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return call()
        except TallyError as error:
            if error.details.get("status") not in _NOT_YET or time.monotonic() >= until:
                raise
        time.sleep(_EVERY)
