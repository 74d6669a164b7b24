"""A sealed output with what is needed to check it against the chain alone: the content of ``SealedShare.sealed``.

Beside the HPKE blob stand all of the party's share commitments: their hash is what the party committed to on chain, so a
result user needs neither the coordinator's word nor the party's statements. The release statement carries the SHA-256
of these bytes.
"""

import base64
from dataclasses import dataclass
from typing import Final, Self

from protocol import canonical
from protocol.limits import LIMITS
from protocol.record import Record

FORMAT: Final = "tallystick/sealed-output/v1"
_MOST: Final = 256


@dataclass(frozen=True, slots=True)
class SealedOutput:
    """``commitments`` are (output name hash, share commitment) of all the party's outputs; ``sealed`` is one of them."""

    commitments: tuple[tuple[bytes, bytes], ...]
    sealed: bytes

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "commitments": [
                    {"name": "0x" + name.hex(), "commitment": "0x" + value.hex()} for name, value in self.commitments
                ],
                "sealed": base64.b64encode(self.sealed).decode(),
            }
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical bytes."""
        record = Record(canonical.loads(data, LIMITS.frame), "sealed_output")
        record.const("format", FORMAT)
        found = cls(record.list("commitments", _MOST, _commitment), record.base64("sealed", LIMITS.frame))
        record.done()
        return found


def _commitment(value: object, where: str) -> tuple[bytes, bytes]:
    record = Record(value, where)
    found = record.hex32("name"), record.hex32("commitment")
    record.done()
    return found
