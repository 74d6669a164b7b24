"""What `tally task complete` writes into a contract's file where it says nothing: what nobody should have to make up."""

import re
import secrets
from typing import Final

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
