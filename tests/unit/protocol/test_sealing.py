"""HPKE: an independent implementation is checked against RFC 9180 A.2.1, then speaks with the library both ways."""

import hashlib
import hmac
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from protocol import sealing
from protocol.commitments import SHARE_BYTES, Tensor, output_name
from protocol.errors import FormatError, TallyError, VerificationError
from protocol.sealing import OpenedShare, SealContext

KEY = X25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
SHARE = OpenedShare(b"\x08" * 32, Tensor((2, 1), 18, bytes(range(2 * SHARE_BYTES))))
_OPEN = SealContext(b"\x01" * 32, b"\x02" * 32, "bank", output_name("train.model"), bytes(32))
CONTEXT = replace(_OPEN, commitment=SHARE.commitment(_OPEN))
SEALED = sealing.seal_share(PUBLIC, CONTEXT, SHARE)


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, "sha256")


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    message = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, message + b"\x01", "sha256")[:length]


def _key_schedule(dh: bytes, enc: bytes, recipient: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180, 4.1 and 5.1 in base mode for KEM 0x0020, KDF 0x0001, AEAD 0x0003: key and base nonce."""
    kem = b"KEM\x00\x20"
    suite = b"HPKE\x00\x20\x00\x01\x00\x03"
    shared = _expand(kem, _extract(kem, b"", b"eae_prk", dh), b"shared_secret", enc + recipient, 32)
    context = b"\x00" + _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    secret = _extract(suite, shared, b"secret", b"")
    return _expand(suite, secret, b"key", context, 32), _expand(suite, secret, b"base_nonce", context, 12)


def independent_seal(ephemeral: X25519PrivateKey, recipient: bytes, info: bytes, aad: bytes, text: bytes) -> bytes:
    enc = ephemeral.public_key().public_bytes_raw()
    dh = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    key, nonce = _key_schedule(dh, enc, recipient, info)
    return enc + ChaCha20Poly1305(key).encrypt(nonce, text, aad)


def independent_open(key: X25519PrivateKey, info: bytes, sealed: bytes) -> bytes:
    enc = sealed[:32]
    dh = key.exchange(X25519PublicKey.from_public_bytes(enc))
    aead, nonce = _key_schedule(dh, enc, key.public_key().public_bytes_raw(), info)
    return ChaCha20Poly1305(aead).decrypt(nonce, sealed[32:], b"")


def test_the_independent_implementation_gives_rfc9180_a_2_1() -> None:
    ephemeral = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600")
    )
    recipient = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
    )
    public = recipient.public_key().public_bytes_raw()
    assert public.hex() == "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
    info = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
    sealed = independent_seal(ephemeral, public, info, b"Count-0", b"Beauty is truth, truth beauty")
    assert sealed.hex() == (
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
    )


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_both_implementations_open_each_other(text: bytes, info: bytes) -> None:
    assert independent_open(KEY, info, sealing.seal(PUBLIC, info, text)) == text
    ephemeral = X25519PrivateKey.from_private_bytes(hashlib.sha256(text).digest())
    assert sealing.open_sealed(KEY, info, independent_seal(ephemeral, PUBLIC, info, b"", text)) == text


def test_round_trip() -> None:
    assert sealing.open_share(KEY, CONTEXT, SEALED) == SHARE
    assert len(SEALED) == len(SHARE.data()) + sealing.OVERHEAD
    assert sealing.digest(SEALED) == hashlib.sha256(SEALED).digest()
    assert sealing.seal_share(PUBLIC, CONTEXT, SHARE) != SEALED


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_one_changed_byte_does_not_open(index: int, mask: int) -> None:
    changed = bytearray(SEALED)
    changed[index] ^= mask
    with pytest.raises(VerificationError, match=r"seal\.not_opened"):
        sealing.open_share(KEY, CONTEXT, bytes(changed))


@pytest.mark.parametrize("field", ["task", "run", "party", "output", "commitment"])
def test_every_part_of_the_context_is_bound(field: str) -> None:
    value: bytes | str = "shop" if field == "party" else b"\xaa" * 32
    with pytest.raises(VerificationError, match=r"seal\.not_opened"):
        sealing.open_share(KEY, replace(CONTEXT, **{field: value}), SEALED)  # pyright: ignore[reportArgumentType]


def test_another_key_does_not_open() -> None:
    with pytest.raises(VerificationError, match=r"seal\.not_opened"):
        sealing.open_share(X25519PrivateKey.from_private_bytes(b"\x09" * 32), CONTEXT, SEALED)


def test_a_share_that_is_not_the_committed_one_is_refused_on_both_sides() -> None:
    other = replace(SHARE, tensor=Tensor((2, 1), 18, bytes(2 * SHARE_BYTES)))
    with pytest.raises(VerificationError, match=r"seal\.commitment"):
        sealing.seal_share(PUBLIC, CONTEXT, other)
    forced = sealing.seal(PUBLIC, CONTEXT.info(), other.data())
    with pytest.raises(VerificationError, match=r"seal\.commitment"):
        sealing.open_share(KEY, CONTEXT, forced)


@given(st.binary(max_size=120))
def test_any_plaintext_ends_in_an_answer(data: bytes) -> None:
    for candidate in (data, SHARE.data()[:60] + data, SHARE.data() + data):
        try:
            share = sealing.parse_share(candidate)
        except TallyError:
            continue
        assert share.data() == candidate


@given(st.data())
def test_payload_round_trip(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(0, 3), max_size=4)))
    count = 1
    for size in shape:
        count *= size
    elements = data.draw(st.lists(st.integers(0, 2**104 - 18), min_size=count, max_size=count))
    raw = b"".join(element.to_bytes(SHARE_BYTES, "little") for element in elements)
    share = OpenedShare(
        data.draw(st.binary(min_size=32, max_size=32)), Tensor(shape, data.draw(st.integers(0, 255)), raw)
    )
    assert sealing.parse_share(share.data()) == share


def test_unusable_keys_and_sizes_are_refused() -> None:
    for key in (bytes(32), b"\x01" + bytes(31), b"\x05" * 31):
        with pytest.raises(FormatError, match=r"seal\.key"):
            sealing.seal(key, b"", b"x")
    with pytest.raises(FormatError, match=r"seal\.length"):
        sealing.open_sealed(KEY, b"", bytes(sealing.OVERHEAD - 1))
    with pytest.raises(FormatError, match=r"seal\.salt"):
        replace(SHARE, salt=b"short").data()


@given(st.binary(max_size=100))
def test_any_sealed_bytes_end_in_an_answer(sealed: bytes) -> None:
    with pytest.raises(TallyError):
        sealing.open_share(KEY, CONTEXT, sealed)


def test_golden_plaintext_and_info() -> None:
    assert SHARE.data() == (
        b"tallystick/sealed-share/v1\0" + b"\x08" * 32 + bytes.fromhex("02 00000002 00000001 12") + bytes(range(26))
    )
    assert CONTEXT.info() == (
        b'tallystick/seal/v1\0{"commitment":"0x' + CONTEXT.commitment.hex().encode() +
        b'","output":"0x' + CONTEXT.output.hex().encode() + b'","party":"bank","run":"0x' + b"02" * 32 +
        b'","task":"0x' + b"01" * 32 + b'"}'
    )  # fmt: skip
