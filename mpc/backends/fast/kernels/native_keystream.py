"""AES-128-CTR with the processor's own instructions."""

import ctypes
from typing import Final

import numpy as np

from mpc.backends.fast.kernels.native_calls import NativeCalls, address
from mpc.backends.fast.kernels.planes import Planes, Words, check_key, check_nonce, size

_SCHEDULE_BYTES: Final = 176


class NativeKeystream:
    """A key schedule in memory of our own, overwritten with zeros by :meth:`close` and when the object dies."""

    def __init__(self, calls: NativeCalls, key: bytes | bytearray) -> None:
        self._c: Final = calls
        self._schedule: Final = ctypes.create_string_buffer(_SCHEDULE_BYTES)
        self._open = True
        raw = (ctypes.c_char * 16).from_buffer_copy(check_key(key))
        calls.expand_key(ctypes.addressof(raw), ctypes.addressof(self._schedule))
        ctypes.memset(raw, 0, 16)

    def __del__(self) -> None:
        if hasattr(self, "_schedule"):
            self.close()

    def close(self) -> None:
        """Overwrite the key schedule; further use raises ``ValueError``."""
        self._open = False
        ctypes.memset(self._schedule, 0, _SCHEDULE_BYTES)

    def schedule(self) -> int:
        """The address of the key schedule."""
        if not self._open:
            raise ValueError("the key was wiped")
        return ctypes.addressof(self._schedule)

    def elements(self, nonce: int, shape: tuple[int, ...]) -> Planes:
        """Field elements 0 to n - 1 of ``nonce``."""
        out = np.empty((2, *shape), dtype=np.uint64)
        self._c.prf_elements(self.schedule(), check_nonce(nonce), address(out), size(out))
        return out

    def words(self, nonce: int, count: int) -> Words:
        """Words 0 to count - 1 of ``nonce``."""
        out = np.empty(count, dtype=np.uint64)
        self._c.prf_words(self.schedule(), check_nonce(nonce), address(out), count)
        return out
