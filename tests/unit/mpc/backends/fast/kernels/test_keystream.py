"""The pseudorandom function of every variant against pycryptodome's AES."""

import gc

import numpy as np
import pytest
from Crypto.Cipher import AES
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.backends.fast.kernels import native_keystream
from mpc.backends.fast.kernels.choice import load, usable
from mpc.backends.fast.kernels.interface import Kernels
from mpc.backends.fast.kernels.native_keystream import NativeKeystream
from tests.unit.mpc.backends.fast.kernels.reference import LIMB, Reference

REFERENCE = Reference()


@pytest.mark.parametrize("length", [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 512, 513, 16385])
def test_elements_and_words_of_every_length(kernels: Kernels, length: int) -> None:
    key = bytes(range(100, 116))
    stream, expected = kernels.keystream(key), REFERENCE.keystream(key)
    for nonce in (0, 1, 2**64 - 1):
        elements = stream.elements(nonce, (length,))
        assert (elements == expected.elements(nonce, (length,))).all()
        assert not (elements > LIMB).any()
        assert (stream.words(nonce, length) == expected.words(nonce, length)).all()


@settings(max_examples=40)
@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**64 - 1), st.integers(0, 40))
def test_variants_agree(key: bytes, nonce: int, length: int) -> None:
    for name in usable():
        stream = load(name).keystream(bytearray(key))
        assert (stream.elements(nonce, (length,)) == REFERENCE.keystream(key).elements(nonce, (length,))).all()
        assert (stream.words(nonce, length) == REFERENCE.keystream(key).words(nonce, length)).all()


def test_known_answer(kernels: Kernels) -> None:
    """The counter block is the nonce, then the block's number; AES-128 of zeros under the zero key is a published constant."""
    key, counter = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"), "f0f1f2f3f4f5f6f7"
    first = kernels.keystream(key).words(int(counter, 16), 2).astype("<u8").tobytes()
    assert first == AES.new(key, AES.MODE_ECB).encrypt(bytes.fromhex(counter) + bytes(8))
    zero = kernels.keystream(bytes(16)).words(0, 2).astype("<u8").tobytes()
    assert zero.hex() == "66e94bd4ef8a2c3b884cfa59ca342b2e"


def test_shapes(kernels: Kernels) -> None:
    stream = kernels.keystream(bytes(16))
    flat = stream.elements(3, (24,))
    assert (stream.elements(3, (2, 3, 4)) == flat.reshape(2, 2, 3, 4)).all()
    assert stream.elements(3, ()).shape == (2,)


def test_a_closed_key_is_refused(kernels: Kernels) -> None:
    stream = kernels.keystream(bytes(16))
    stream.close()
    stream.close()
    for use in (lambda: stream.elements(1, (3,)), lambda: stream.words(1, 3)):
        with pytest.raises(ValueError, match="wiped"):
            use()
    with pytest.raises(ValueError, match="wiped"):
        kernels.mask(np.zeros((2, 3), np.uint64), 1, stream, stream, 1, 0)


def test_key_schedules_are_overwritten(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = kernels.keystream(bytes(range(16)))
    if not isinstance(stream, NativeKeystream):
        pytest.skip("OpenSSL holds this variant's key")
    buffer = stream._schedule
    assert bytes(buffer.raw[:16]) == bytes(range(16))
    stream.close()
    assert bytes(buffer.raw) == bytes(176)

    gc.collect()  # what other tests left is wiped before counting starts
    wiped: list[int] = []
    real = native_keystream.ctypes.memset
    monkeypatch.setattr(native_keystream.ctypes, "memset", lambda *given: wiped.append(given[2]) or real(*given))
    kernels.keystream(bytes(16))
    gc.collect()
    assert wiped == [16, 176]  # the copy of the key, and the schedule when the object died
