"""A second implementation, for tests alone: ristretto255 (RFC 9496) and VOPRF mode of RFC 9497 in plain integers, slow and not constant-time.

With it blinds and a proof's random scalar can be chosen, as the RFC's vectors have them.
"""

import hashlib
from itertools import starmap
from typing import Final

P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
SQRT_M1: Final = pow(2, (P - 1) // 4, P)
CONTEXT: Final = b"OPRFV1-\x01-ristretto255-SHA512"
Point = tuple[int, int, int, int]


def sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """RFC 9496, 4.2."""
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in (-u % P, -u * SQRT_M1 % P):
        r = r * SQRT_M1 % P
    return check in (u % P, -u % P), absolute(r)


def absolute(x: int) -> int:
    return -x % P if x % P & 1 else x % P


INVSQRT_A_MINUS_D: Final = sqrt_ratio(1, (-1 - D) % P)[1]
SQRT_AD_MINUS_ONE: Final = P - sqrt_ratio((-D - 1) % P, 1)[1]
"""The odd root (RFC 9496, 4.1)."""


def decode(data: bytes) -> Point:
    """RFC 9496, 4.3.1."""
    s = int.from_bytes(data, "little")
    assert s < P
    assert not s & 1
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, root = sqrt_ratio(1, v * u2 * u2 % P)
    x_den = root * u2 % P
    x = absolute(2 * s * x_den)
    y = u1 * (root * x_den * v) % P
    t = x * y % P
    assert square
    assert not t & 1
    assert y
    return x, y, 1, t


def encode(point: Point) -> bytes:
    """RFC 9496, 4.3.2."""
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    _, root = sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = root * u1 % P, root * u2 % P
    z_inv = den1 * den2 * t0 % P
    if t0 * z_inv % P & 1:
        x, y, den = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        x, y, den = x0, y0, den2
    if x * z_inv % P & 1:
        y = -y % P
    return absolute(den * (z0 - y)).to_bytes(32, "little")


def add(a: Point, b: Point) -> Point:
    """RFC 8032, 5.1.4."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    g, h, i, j = f - e, d - c, d + c, f + e
    return g * h % P, i * j % P, h * i % P, g * j % P


def times(scalar: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = add(found, point)
        point, scalar = add(point, point), scalar >> 1
    return found


def map_to_point(data: bytes) -> Point:
    """RFC 9496, 4.3.4, ``MAP``."""
    t = int.from_bytes(data, "little") % 2**255 % P
    r = SQRT_M1 * t * t % P
    u, v = (r + 1) * (1 - D * D) % P, (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    s, c = (s, -1) if square else (-absolute(s * t) % P, r)
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def expand(message: bytes, domain: bytes) -> bytes:
    """``expand_message_xmd`` of RFC 9380, 5.3.1, with SHA-512, 64 bytes."""
    suffix = domain + bytes([len(domain)])
    first = hashlib.sha512(bytes(128) + message + b"\x00\x40\x00" + suffix).digest()
    return hashlib.sha512(first + b"\x01" + suffix).digest()


def hash_to_group(message: bytes) -> Point:
    data = expand(message, b"HashToGroup-" + CONTEXT)
    return add(map_to_point(data[:32]), map_to_point(data[32:]))


def hash_to_scalar(message: bytes, domain: bytes = b"HashToScalar-") -> int:
    return int.from_bytes(expand(message, domain + CONTEXT), "little") % ORDER


def prefixed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


BASE: Final = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


def composites(public: bytes, blinded: list[bytes], evaluated: list[bytes]) -> tuple[Point, Point]:
    """RFC 9497, 2.2.2, ``ComputeComposites``."""
    seed = hashlib.sha512(prefixed(public, b"Seed-" + CONTEXT)).digest()
    m: Point = (0, 1, 1, 0)
    z: Point = (0, 1, 1, 0)
    for i, (c, d) in enumerate(zip(blinded, evaluated, strict=True)):
        weight = hash_to_scalar(prefixed(seed) + i.to_bytes(2, "big") + prefixed(c, d) + b"Composite")
        m, z = add(times(weight, decode(c)), m), add(times(weight, decode(d)), z)
    return m, z


def challenge(*points: bytes) -> int:
    return hash_to_scalar(prefixed(*points) + b"Challenge")


def prove(secret: int, blinded: list[bytes], evaluated: list[bytes], random: int) -> bytes:
    """RFC 9497, 2.2.1, ``GenerateProof`` for the base point."""
    public = encode(times(secret, BASE))
    m, z = composites(public, blinded, evaluated)
    t2, t3 = times(random, BASE), times(random, m)
    c = challenge(public, *map(encode, (m, z, t2, t3)))
    return c.to_bytes(32, "little") + ((random - c * secret) % ORDER).to_bytes(32, "little")


def proven(public: bytes, blinded: list[bytes], evaluated: list[bytes], proof: bytes) -> bool:
    """RFC 9497, 2.2.2, ``VerifyProof``."""
    c, s = (int.from_bytes(part, "little") for part in (proof[:32], proof[32:]))
    m, z = composites(public, blinded, evaluated)
    t2, t3 = add(times(s, BASE), times(c, decode(public))), add(times(s, m), times(c, z))
    return c == challenge(public, *map(encode, (m, z, t2, t3)))


def blind(message: bytes, scalar: int) -> bytes:
    return encode(times(scalar, hash_to_group(message)))


def finish(message: bytes, scalar: int, evaluated: bytes) -> bytes:
    """The output for a checked answer."""
    unblinded = encode(times(pow(scalar, -1, ORDER), decode(evaluated)))
    return hashlib.sha512(prefixed(message, unblinded) + b"Finalize").digest()


def evaluate(secret: int, blinded: list[bytes]) -> list[bytes]:
    return [encode(point) for point in starmap(times, ((secret, decode(item)) for item in blinded))]
