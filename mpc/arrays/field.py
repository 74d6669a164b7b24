"""The prime field of all shares and its bytes on the wire.

p = 2^104 - 17 is prime and 3 mod 4 (square roots by one power), fits 13 bytes, and leaves room for statistical masks of
40 bits over 62-bit products (:mod:`mpc.arrays.headroom`). Elements are numpy arrays of Python integers in
[0, p): object arrays, because no numpy integer is wide enough.
"""

import secrets
from typing import Any, Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from protocol.backends import MODULUS
from protocol.errors import FormatError

Elements: TypeAlias = NDArray[np.object_]

ELEMENT_BYTES: Final = 13
_LIMB: Final = (1 << 64) - 1


def encode(values: Elements) -> bytes:
    """Canonical bytes: 13 bytes little-endian for each element, in C order."""
    flat = values.reshape(-1)
    limbs = np.empty((flat.size, 2), dtype="<u8")
    limbs[:, 0] = flat & _LIMB
    limbs[:, 1] = flat >> 64
    return limbs.view(np.uint8).reshape(flat.size, 16)[:, :ELEMENT_BYTES].tobytes()


def decode(data: bytes, shape: tuple[int, ...]) -> Elements:
    """Read exactly ``shape`` elements; a wrong length or a residue that is not canonical is refused.

    Seventeen residues have a second 104-bit representation: accepting one would let two byte strings mean the same share.
    """
    count = int(np.prod(shape, dtype=np.int64))
    if len(data) != count * ELEMENT_BYTES:
        raise FormatError(
            "arrays.wrong_length",
            f"A peer sent {len(data)} bytes where {count * ELEMENT_BYTES} are due.",
            "Check that all parties run the same program version; otherwise the peer misbehaves.",
        )
    limbs = np.zeros((count, 16), dtype=np.uint8)
    limbs[:, :ELEMENT_BYTES] = np.frombuffer(data, dtype=np.uint8).reshape(count, ELEMENT_BYTES)
    values = _join(limbs)
    if count and bool((values >= MODULUS).any()):
        raise FormatError(
            "arrays.not_canonical",
            "A peer sent a field element that is not below the modulus.",
            "Check that all parties run the same program version; otherwise the peer misbehaves.",
        )
    return values.reshape(shape)


def integers_from(data: bytes, bits: int) -> Elements:
    """Integers of ``bits`` <= 128 bits, one from every 16 bytes of ``data``."""
    values = _join(np.frombuffer(data, dtype=np.uint8).reshape(-1, 16))
    return values & ((1 << bits) - 1)


def random_elements(count: int) -> Elements:
    """Independent field elements from the operating system's generator, 2^-99 close to uniform."""
    return integers_from(secrets.token_bytes(16 * count), 104) % MODULUS


def signed(values: Elements) -> Elements:
    """The representatives closest to zero."""
    return objects((values + (MODULUS >> 1)) % MODULUS - (MODULUS >> 1))


def inverse(value: int) -> int:
    """Multiplicative inverse."""
    return pow(value, -1, MODULUS)


def objects(values: object) -> Elements:
    """An object array of Python integers (numpy integers would overflow in products)."""
    array: NDArray[Any] = np.asarray(values)
    return cast("Elements", array if array.dtype == object else array.astype(object))


def _join(raw: NDArray[np.uint8]) -> Elements:
    limbs = np.ascontiguousarray(raw).view("<u8")
    return objects(objects(limbs[:, 0]) + (objects(limbs[:, 1]) << 64))
