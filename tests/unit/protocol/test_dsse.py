"""DSSE: the specification's own vector, interoperation with securesystemslib, and no second form of an envelope."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as ForeignEnvelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from protocol import canonical, dsse, statements
from protocol.errors import FormatError, TallyError, VerificationError
from protocol.statements import OutputCommitment, OutputShare, Refusal

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
OTHER_PUBLIC = OTHER.public_key().public_bytes_raw()
STATEMENT = Refusal(b"\x01" * 32, b"\x02" * 32, None, "bank", 1_700_000_000, None, "owner.declined")
ENVELOPE = dsse.sign_statement(STATEMENT, PUBLIC, KEY.sign)


def foreign_key() -> SSlibKey:
    return SSlibKey(dsse.key_id(PUBLIC), "ed25519", "ed25519", {"public": PUBLIC.hex()})


def test_pae_of_the_specification() -> None:
    assert dsse.pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_round_trip() -> None:
    assert dsse.open_statement(ENVELOPE, PUBLIC) == STATEMENT
    assert dsse.open_envelope(ENVELOPE, PUBLIC) == statements.serialise(STATEMENT)
    assert dsse.parse(ENVELOPE).data() == ENVELOPE
    assert dsse.key_id(PUBLIC) == json.loads(ENVELOPE)["signatures"][0]["keyid"]
    assert len(dsse.digest(ENVELOPE)) == 32


def test_securesystemslib_verifies_our_envelopes() -> None:
    foreign = ForeignEnvelope.from_dict(json.loads(ENVELOPE))
    assert foreign.payload_type == dsse.PAYLOAD_TYPE
    assert list(foreign.verify([foreign_key()], 1)) == [dsse.key_id(PUBLIC)]


def test_we_verify_securesystemslib_envelopes() -> None:
    foreign = ForeignEnvelope(statements.serialise(STATEMENT), dsse.PAYLOAD_TYPE, {})
    foreign.sign(CryptoSigner(KEY, foreign_key()))
    assert dsse.open_statement(canonical.dumps(foreign.to_dict()), PUBLIC) == STATEMENT


@given(st.integers(0, len(ENVELOPE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_refused(index: int, mask: int) -> None:
    changed = bytearray(ENVELOPE)
    changed[index] ^= mask
    with pytest.raises(TallyError):
        dsse.open_envelope(bytes(changed), PUBLIC)


@given(st.binary(max_size=300))
def test_any_payload_and_any_bytes(data: bytes) -> None:
    assert dsse.open_envelope(dsse.sign(data, PUBLIC, KEY.sign), PUBLIC) == data
    with pytest.raises(TallyError):
        dsse.parse(data)


def test_another_key_is_refused() -> None:
    with pytest.raises(VerificationError, match=r"dsse\.other_key"):
        dsse.open_envelope(ENVELOPE, OTHER_PUBLIC)
    disguised = json.loads(ENVELOPE)
    disguised["signatures"][0]["keyid"] = dsse.key_id(OTHER_PUBLIC)
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        dsse.open_envelope(canonical.dumps(disguised), OTHER_PUBLIC)


def test_a_signer_with_another_key_is_noticed_before_anything_leaves() -> None:
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        dsse.sign(b"x", PUBLIC, OTHER.sign)


def variant(**changes: object) -> bytes:
    return canonical.dumps({**json.loads(ENVELOPE), **changes})


def test_other_forms_of_the_same_envelope_are_refused() -> None:
    good = json.loads(ENVELOPE)
    signature = good["signatures"][0]
    payload = good["payload"]
    url_safe = base64.urlsafe_b64encode(base64.b64decode(signature["sig"])).decode().rstrip("=")
    for bad in (
        json.dumps(good, indent=1).encode(),
        ENVELOPE + b"\n",
        variant(extra=1),
        variant(signatures=[]),
        variant(signatures=[signature, signature]),
        variant(signatures=[{**signature, "cert": "x"}]),
        variant(signatures=[{**signature, "sig": url_safe}]),
        variant(signatures=[{**signature, "sig": signature["sig"][:-4]}]),
        variant(signatures=[{**signature, "keyid": signature["keyid"].upper()}]),
        variant(signatures=[{"sig": signature["sig"]}]),
        variant(payload=payload.rstrip("=") if payload.endswith("=") else payload + "="),
        variant(payloadType="application/json"),
    ):
        with pytest.raises(FormatError):
            dsse.parse(bad)


def test_the_payload_type_is_signed() -> None:
    other_type = "application/vnd.tallystick.progress+json"
    forged = dsse.Envelope(b"x", dsse.PAYLOAD_TYPE, dsse.key_id(PUBLIC), KEY.sign(dsse.pae(b"x", other_type)))
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        dsse.verify(forged, PUBLIC)
    data = dsse.sign(b"x", PUBLIC, KEY.sign, other_type)
    assert dsse.open_envelope(data, PUBLIC, other_type) == b"x"
    with pytest.raises(FormatError, match=r"dsse\.payload_type"):
        dsse.open_envelope(data, PUBLIC)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(FormatError, match=r"key\.malformed"):
        dsse.key_id(PUBLIC[:-1])
    with pytest.raises(FormatError, match=r"key\.malformed"):
        dsse.verify_ed25519(PUBLIC + b"\0", bytes(64), b"")


def test_a_statement_that_fits_no_log_entry_is_refused() -> None:
    outputs = tuple(OutputShare(bytes([i]) * 32, (2**32 - 1,) * 8, 18, b"\x01" * 32) for i in range(256))
    head = (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, "bank", 1)
    with pytest.raises(FormatError, match=r"statement\.too_large"):
        dsse.sign_statement(OutputCommitment(*head, outputs), PUBLIC, KEY.sign)
    assert dsse.sign_statement(OutputCommitment(*head, outputs[:80]), PUBLIC, KEY.sign)
