"""The table of a mirror: made by the holder, who knows every output, and searched by an asker, who has the outputs that it asked for.

Cells are in ascending order as byte strings, which is the order of their positions; where two ids share one, both cells are tried. To
whoever has no outputs all cells are uniform random bytes, those that only pad among them: positions and label keys are halves of outputs
of a pseudorandom function, and ChaCha20-Poly1305's ciphertexts and tags look random under a key that is not known.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from numpy.typing import NDArray

from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.lookup import LONGEST_LABEL, OUTPUT, POSITION, MirrorManifest, cell_size, opened, public_size

_HALF: Final = OUTPUT // 2
_NONCE: Final = 12
_DOMAIN: Final = b"tallystick/lookup-label/v1"


def label_size(labels: Iterable[str]) -> int:
    """The padded length of a list's labels in bytes: a multiple of 8, so that it says little about the longest one."""
    longest = max((len(label.encode()) for label in labels), default=0)
    if longest > LONGEST_LABEL:
        raise RefusedError(
            "lookup.long_label", f"A label has {longest} bytes.", f"Use labels of at most {LONGEST_LABEL} bytes of UTF-8."
        )  # fmt: skip
    return min(LONGEST_LABEL, -(-longest // 8) * 8)


def table(entries: Sequence[tuple[bytes, str]], version: int, label_bytes: int, *, added: bool = False) -> bytes:
    """The padded table of ``entries``, each an output (64 bytes) and its label, as ``version`` of a mirror.

    Raises ``lookup.long_label`` for a label that has more than ``label_bytes``, and ``lookup.label`` for one that padding would change.
    """
    size = cell_size(label_bytes)
    cells = bytearray()
    nonce = version.to_bytes(_NONCE, "big")
    for output, label in entries:
        text = label.encode()
        if len(text) > label_bytes:
            raise RefusedError(
                "lookup.long_label", f"A label has {len(text)} bytes, this list's have {label_bytes} at most.",
                "Make a new mirror, whose labels may be longer.",
            )  # fmt: skip
        if text.endswith(b"\0"):
            raise FormatError("lookup.label", "A label ends with a character that pads labels.", "Correct the label.")
        cells += output[:POSITION]
        cells += ChaCha20Poly1305(output[_HALF:]).encrypt(nonce, text.ljust(label_bytes, b"\0"), _DOMAIN)
    cells += secrets.token_bytes((public_size(len(entries), added=added) - len(entries)) * size)
    rows = np.frombuffer(cells, np.uint8).reshape(-1, size)
    # by position, then by the rest: no order of the list's is left, not even between equal positions
    return rows[np.argsort(_as_texts(rows, size), kind="stable")].tobytes()


class Mirror:
    """One version of a holder's list at an asker."""

    def __init__(self, manifest: MirrorManifest, cells: memoryview) -> None:
        self.manifest = manifest
        rows = np.frombuffer(cells, np.uint8).reshape(manifest.cells, manifest.cell_bytes)
        self._cells = cells
        self._positions: NDArray[np.uint64] = (
            np.ascontiguousarray(rows[:, :POSITION]).view(">u8").ravel().astype(np.uint64)
        )
        if bool((self._positions[1:] < self._positions[:-1]).any()):
            raise VerificationError(
                "lookup.unsorted", f"The table of {manifest.name} is not sorted: entries in it could not be found.",
                "Tell the holder: it signed a table that hides entries.",
            )  # fmt: skip

    @classmethod
    def read(cls, data: bytes, holder_key: bytes) -> Self:
        """A mirror from its file, signed by ``holder_key``; raises ``lookup.*``, ``dsse.*`` or ``signature.invalid``."""
        return cls(*opened(data, holder_key))

    def find(self, output: bytes) -> str | None:
        """The label of the id whose output this is; None when the list does not have it.

        Raises ``lookup.forged_cell`` where a cell stands at the output's position and does not open: by chance that is one in
        2^64 over the number of cells.
        """
        at = int.from_bytes(output[:POSITION], "big")
        first, last = (
            np.searchsorted(self._positions, np.uint64(at), "left"),
            np.searchsorted(self._positions, np.uint64(at), "right"),
        )
        if first == last:
            return None
        cipher, nonce = ChaCha20Poly1305(output[_HALF:]), self.manifest.version.to_bytes(_NONCE, "big")
        size = self.manifest.cell_bytes
        for place in range(int(first), int(last)):
            sealed = bytes(self._cells[place * size + POSITION : (place + 1) * size])
            try:
                return cipher.decrypt(nonce, sealed, _DOMAIN).rstrip(b"\0").decode()
            except (InvalidTag, UnicodeDecodeError):
                continue
        raise VerificationError(
            "lookup.forged_cell", f"A cell of {self.manifest.name} stands where this id belongs and does not open.",
            "Believe neither that it is listed nor that it is not; ask the holder for a new mirror.",
        )  # fmt: skip


def _as_texts(rows: NDArray[np.uint8], size: int) -> NDArray[np.void]:
    return np.ascontiguousarray(rows).view(np.dtype((np.void, size))).ravel()
