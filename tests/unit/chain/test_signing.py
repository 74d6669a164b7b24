"""What signs with wallets' and nodes' keys: libsecp256k1, whose time does not depend on the key; eth-keys' own Python's does."""

from eth_account import Account
from eth_keys.backends import CoinCurveECCBackend, NativeECCBackend, get_backend
from eth_keys.datatypes import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocol.secp256k1 import ORDER

KEYS = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


def test_keys_are_used_in_constant_time() -> None:
    assert isinstance(get_backend(), CoinCurveECCBackend)
    assert isinstance(Account.create()._key_obj.backend, CoinCurveECCBackend)


@given(KEYS, st.binary(min_size=32, max_size=32))
def test_both_sign_alike(key: bytes, digest: bytes) -> None:
    """RFC 6979: the same key and digest have one signature, whoever makes it."""
    fast, plain = (PrivateKey(key, backend=kind()) for kind in (CoinCurveECCBackend, NativeECCBackend))
    assert fast.public_key.to_bytes() == plain.public_key.to_bytes()
    assert fast.sign_msg_hash(digest).to_bytes() == plain.sign_msg_hash(digest).to_bytes()
