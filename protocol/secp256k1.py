"""Which key signed: public key recovery on secp256k1 (SEC 1 v2.0, section 4.1.6; curve: SEC 2, section 2.4.1).

Only public values pass through here, so nothing needs constant time. What the arithmetic finds is not believed: OpenSSL
verifies the signature under the recovered key before it is returned.
"""

from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth_hash.auto import keccak

from protocol.errors import VerificationError

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_PRIME: Final = 2**256 - 2**32 - 977
_BASE: Final = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_Point: TypeAlias = tuple[int, int]
"""Affine coordinates."""
_Jacobian: TypeAlias = tuple[int, int, int]
"""The point (x/z², y/z³); z = 0 is the point at infinity."""
_INFINITY: Final[_Jacobian] = (0, 1, 0)


def signer(digest: bytes, r: int, s: int, parity: int) -> bytes:
    """The 20-byte address whose key signed the 32-byte ``digest``; ``parity`` (0 or 1) is that of the nonce point's y.

    Raises :class:`VerificationError` ``signature.invalid`` when no key did.
    """
    key = _recover(int.from_bytes(digest, "big"), r, s, parity)
    try:
        ec.EllipticCurvePublicNumbers(*key, ec.SECP256K1()).public_key().verify(
            encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256()))
        )
    except (InvalidSignature, ValueError) as error:
        raise _invalid() from error
    return keccak(b"".join(part.to_bytes(32, "big") for part in key))[12:]


def _recover(digest: int, r: int, s: int, parity: int) -> _Point:
    if not (0 < r < ORDER and 0 < s < ORDER and parity in (0, 1)):
        raise _invalid()
    square = (pow(r, 3, _PRIME) + 7) % _PRIME
    y = pow(square, (_PRIME + 1) // 4, _PRIME)
    if y * y % _PRIME != square:
        raise _invalid()
    nonce = (r, y if y % 2 == parity else _PRIME - y)
    inverse = pow(r, -1, ORDER)
    key = _affine(_sum_of_products(-digest * inverse % ORDER, _BASE, s * inverse % ORDER, nonce))
    if key is None:
        raise _invalid()
    return key


def _sum_of_products(a: int, left: _Point, b: int, right: _Point) -> _Jacobian:
    """``a·left + b·right``, both scalars walked at once (Shamir's trick)."""
    terms = (None, left, right, _affine(_add((*left, 1), right)))
    found = _INFINITY
    for bit in reversed(range(ORDER.bit_length())):
        found = _add(_double(found), terms[(a >> bit & 1) + 2 * (b >> bit & 1)])
    return found


def _affine(point: _Jacobian) -> _Point | None:
    x, y, z = point
    if z == 0:
        return None
    inverse = pow(z, -1, _PRIME)
    square = inverse * inverse % _PRIME
    return x * square % _PRIME, y * square * inverse % _PRIME


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    y_square = y * y % _PRIME
    middle = 4 * x * y_square % _PRIME
    slope = 3 * x * x % _PRIME
    new_x = (slope * slope - 2 * middle) % _PRIME
    return new_x, (slope * (middle - new_x) - 8 * y_square * y_square) % _PRIME, 2 * y * z % _PRIME


def _add(left: _Jacobian, right: _Point | None) -> _Jacobian:
    if right is None:
        return left
    x, y, z = left
    if z == 0:
        return (*right, 1)
    z_square = z * z % _PRIME
    h = (right[0] * z_square - x) % _PRIME
    slope = (right[1] * z_square * z - y) % _PRIME
    if h == 0:
        return _INFINITY if slope else _double(left)
    square = h * h % _PRIME
    cube, middle = h * square % _PRIME, x * square % _PRIME
    new_x = (slope * slope - cube - 2 * middle) % _PRIME
    return new_x, (slope * (middle - new_x) - y * cube) % _PRIME, h * z % _PRIME


def _invalid() -> VerificationError:
    return VerificationError("signature.invalid", "The signature recovers no key.", "Sign again.")
