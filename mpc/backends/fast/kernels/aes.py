"""AES-128 in counter mode from the ``cryptography`` package: for the variants that have no AES instructions of their own."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CTR

from mpc.backends.fast.kernels.planes import LIMB, Planes, Words, check_key, check_nonce, count

_CHUNK_BLOCKS: Final = 1 << 14
_ZEROS: Final = bytes(16 * _CHUNK_BLOCKS)


class OpensslKeystream:
    """Blocks of AES-128-CTR; the initial counter block is nonce (8 bytes, big-endian) then the block's number (the same)."""

    def __init__(self, key: bytes | bytearray) -> None:
        self._cipher: AES128 | None = AES128(bytes(check_key(key)))

    def close(self) -> None:
        """Drop the key (a copy inside the library lives until it is collected)."""
        self._cipher = None

    def blocks(self, nonce: int, first: int, count: int) -> Words:
        """The stream from block ``first`` on, two little-endian words a block: shape (count, 2)."""
        words = np.empty((count, 2), dtype=np.uint64)
        start = 0
        for chunk in self._chunks(nonce, first, count):
            words[start : start + len(chunk)] = chunk
            start += len(chunk)
        return words

    def elements(self, nonce: int, shape: tuple[int, ...]) -> Planes:
        """Field elements 0 to n - 1 of ``nonce``."""
        out = np.empty((2, count(shape)), dtype=np.uint64)
        start = 0
        for chunk in self._chunks(nonce, 0, out.shape[1]):
            np.bitwise_and(chunk.T, LIMB, out=out[:, start : start + len(chunk)])
            start += len(chunk)
        return out.reshape(2, *shape)

    def words(self, nonce: int, count: int) -> Words:
        """Words 0 to count - 1 of ``nonce``."""
        return self.blocks(nonce, 0, (count + 1) // 2).reshape(-1)[:count]

    def _chunks(self, nonce: int, first: int, count: int) -> Iterator[Words]:
        if self._cipher is None:
            raise ValueError("the key was wiped")
        initial = check_nonce(nonce).to_bytes(8, "big") + first.to_bytes(8, "big")
        stream = Cipher(self._cipher, CTR(initial)).encryptor()
        for start in range(0, count, _CHUNK_BLOCKS):
            length = min(_CHUNK_BLOCKS, count - start)
            data = stream.update(_ZEROS if length == _CHUNK_BLOCKS else _ZEROS[: 16 * length])
            yield np.frombuffer(data, dtype="<u8").reshape(length, 2)
