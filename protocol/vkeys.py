"""Public keys of logs and witnesses as people hand them on: C2SP verifier keys, ``<name>+<key id>+<base64(type ‖ key)>``.

Source: https://c2sp.org/signed-note (verifier keys)
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Self

from protocol import checkpoint
from protocol.errors import FormatError

MOST: Final = 512
"""Characters of a verifier key."""
_KEY: Final = 32
_NAME: Final = re.compile(r"[^\s+]{1,255}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key's name, its signature type (:data:`protocol.checkpoint.ED25519` of a log, ``COSIGNATURE`` of a witness), 32 bytes."""

    name: str
    kind: int
    public: bytes

    def text(self) -> str:
        """The verifier key."""
        found = checkpoint.key_id(self.name, self.public, self.kind)
        return f"{self.name}+{found.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str, kind: int) -> Self:
        """The key behind a verifier key of this type; the one canonical spelling is accepted, with the right key id."""
        name, _, rest = text.partition("+")
        try:
            data = base64.b64decode(rest.partition("+")[2], validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if len(text) <= MOST and _NAME.fullmatch(name) and len(data) == 1 + _KEY and data[0] == kind:
            found = cls(name, kind, data[1:])
            if found.text() == text:
                return found
        raise FormatError(
            "vkey.malformed",
            f"This is no Ed25519 verifier key of type 0x{kind:02x}: <name>+<key id>+<base64>.",
            "Copy the whole key from who holds it.",
        )


def key_name(text: str) -> str:
    """A name that a witness's key may have: a URL without its scheme, such as ``witness.example/w1``."""
    if not _NAME.fullmatch(text):
        raise FormatError(
            "vkey.name", "A key's name has 1 to 255 characters without spaces and plus signs.", "Choose another."
        )
    return text
