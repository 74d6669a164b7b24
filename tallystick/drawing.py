"""What a task contract says that nobody should have to make up: nonce, deadline, references that keep its words from being guessed."""

import re
import secrets
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from client import Coordinator

_REFERENCE: Final = re.compile(r" \[ref [0-9a-f]{32}\]$")
_WORDS: Final = ("purpose", "legal_basis")
"""Free texts of which the chain holds a hash: without a random reference at their end they could be guessed."""


def drawn(fields: dict[str, object], now: int, hours: int) -> dict[str, object]:
    """The fields with a nonce, references and a deadline of so many hours, where they have none."""
    added: dict[str, object] = {}
    if "nonce" not in fields:
        added["nonce"] = secrets.token_hex(32)
    if "deadline" not in fields:
        added["deadline"] = str(now + 3600 * hours)
    for name in _WORDS:
        said = fields.get(name)
        if isinstance(said, str) and said and not _REFERENCE.search(said):
            added[name] = f"{said} [ref {secrets.token_hex(16)}]"
    return added


def missing(coordinator: "Coordinator", fields: dict[str, object], hours: int) -> dict[str, object]:
    """What a contract leaves out and need not say: the newest engine, and what is drawn."""
    engine = {} if "engine" in fields else {"engine": coordinator.newest_engine()}
    return engine | drawn(fields, int(time.time()), hours)
