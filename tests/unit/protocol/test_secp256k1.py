"""Recovery of a signature's key against an independent implementation (eth_keys), on good and on bent signatures."""

import pytest
from eth_keys.datatypes import PrivateKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from protocol import secp256k1
from protocol.errors import VerificationError

ORDER = secp256k1.ORDER
PRIME = 2**256 - 2**32 - 977
BASE_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
scalars = st.integers(1, ORDER - 1)
digests = st.binary(min_size=32, max_size=32)


def expected(digest: bytes, r: int, s: int, parity: int) -> bytes | None:
    """What eth_keys says."""
    try:
        key = Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(digest)
        return key.to_canonical_address() if key.verify_msg_hash(digest, Signature(vrs=(parity, r, s))) else None
    except (BadSignature, ValidationError, ValueError):
        return None


def found(digest: bytes, r: int, s: int, parity: int) -> bytes | None:
    try:
        return secp256k1.signer(digest, r, s, parity)
    except VerificationError as error:
        assert error.code == "signature.invalid"
        return None


@given(scalars, digests)
@example(1, bytes(32))
@example(ORDER - 1, b"\xff" * 32)
def test_the_signer_is_found(key: int, digest: bytes) -> None:
    private = PrivateKey(key.to_bytes(32, "big"))
    signature = private.sign_msg_hash(digest)
    address = private.public_key.to_canonical_address()
    assert secp256k1.signer(digest, signature.r, signature.s, signature.v) == address
    # the malleable twin signs with the same key; refusing it is protocol.typed's rule
    assert secp256k1.signer(digest, signature.r, ORDER - signature.s, 1 - signature.v) == address
    assert found(digest, signature.r, signature.s, 1 - signature.v) != address


edges = st.sampled_from([0, 1, 2, BASE_X, ORDER - 1, ORDER, ORDER + 1, PRIME - 1, PRIME, 2**256 - 1])


@given(digests, scalars | edges, scalars | edges, st.sampled_from([0, 1, 2, 3, 27]))
def test_any_numbers_give_the_oracles_answer(digest: bytes, r: int, s: int, parity: int) -> None:
    assert found(digest, r, s, parity) == expected(digest, r, s, parity)


def test_the_point_at_infinity_is_no_key() -> None:
    """With the nonce point G and s = z, the recovered key would be (z·G - z·G) / r."""
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        secp256k1.signer((5).to_bytes(32, "big"), BASE_X, 5, 0)
