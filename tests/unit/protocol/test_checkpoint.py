"""Signed notes and checkpoints: the published vectors of sumdb and C2SP, and one spelling only."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from protocol import checkpoint
from protocol.checkpoint import Checkpoint, NoteSignature, Origin, SignedCheckpoint
from protocol.dsse import verify_ed25519
from protocol.errors import FormatError, TallyError, VerificationError
from protocol.merkle import EMPTY_ROOT

KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WITNESS_PUBLIC = WITNESS.public_key().public_bytes_raw()
ORIGIN = Origin(bytes.fromhex("ab" * 32), 31337, "bank-a", 1)
HEAD = Checkpoint(ORIGIN, 20_852_163, EMPTY_ROOT)
NOTE = checkpoint.sign(HEAD, PUBLIC, KEY.sign)


def test_sumdb_vector() -> None:
    """Key, text and note of golang.org/x/mod/sumdb/note's own tests: key id, signature and line are reproduced."""
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    public = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    key = Ed25519PrivateKey.from_private_bytes(seed)
    assert key.public_key().public_bytes_raw() == public
    assert checkpoint.key_id("PeterNeumann", public).hex() == "c74f20a3"
    text = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = NoteSignature("PeterNeumann", checkpoint.key_id("PeterNeumann", public), key.sign(text)).line()
    assert line == (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )


def test_sum_golang_org_checkpoint() -> None:
    """A published tree head of the Go checksum database verifies with our key id and signature rules."""
    public = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")[1:]
    signature = base64.b64decode(
        "Az3grnQReYTvpCrRxT+w50vixbqBlB/aPS8bL8f8KW4HHP+UjLSXOJgCh4f54n8hO6lrESglzyRXMXnhaWzaeY3zqw8="
    )
    assert checkpoint.key_id("sum.golang.org", public) == signature[:4]
    text = b"go.sum database tree\n13485\n/ZWur4obeiqK+ASdnPK+/Rmz6LPQMUeSmHh0+UkL54Y=\n"
    verify_ed25519(public, signature[4:], text)


def test_form_and_independent_verification() -> None:
    name = "tallystick/" + "ab" * 32 + "/31337/bank-a/1"
    body, _, tail = NOTE.decode().rpartition("\n\n")
    assert body == f"{name}\n20852163\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    dash, key_name, value = tail.removesuffix("\n").split(" ")
    assert (dash, key_name) == ("—", name)
    blob = base64.b64decode(value)
    assert blob[:4] == checkpoint.key_id(name, PUBLIC)
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(blob[4:], (body + "\n").encode())
    assert checkpoint.open_checkpoint(NOTE, ORIGIN, PUBLIC) == HEAD
    assert checkpoint.parse(NOTE).data() == NOTE


origins = st.builds(
    Origin,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**256 - 1),
    st.from_regex(r"[a-z0-9-]{1,63}", fullmatch=True),
    st.integers(0, 2**64 - 1),
)
heads = st.builds(Checkpoint, origins, st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32))


@given(heads)
def test_round_trip(head: Checkpoint) -> None:
    data = checkpoint.sign(head, PUBLIC, KEY.sign)
    assert checkpoint.open_checkpoint(data, head.origin, PUBLIC) == head
    assert checkpoint.parse_origin(head.origin.text()) == head.origin


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_refused(index: int, mask: int) -> None:
    changed = bytearray(NOTE)
    changed[index] ^= mask
    with pytest.raises(TallyError):
        checkpoint.open_checkpoint(bytes(changed), ORIGIN, PUBLIC)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_end_in_an_answer(data: bytes) -> None:
    with pytest.raises(TallyError):
        checkpoint.parse(data)
    with pytest.raises(TallyError):
        checkpoint.parse(NOTE + data + b"x")


def test_other_spellings_are_refused() -> None:
    text = NOTE.decode()
    line = text.split("\n\n")[1]
    for bad in (
        text.replace("\n20852163\n", "\n020852163\n"),
        text.replace("\n20852163\n", "\n+20852163\n"),
        text.replace("\n20852163\n", f"\n{2**64}\n"),
        text.replace("\n20852163\n", "\n20852163\nextension\n"),
        text.replace("hSuFU=", "hSuFV="),
        text.replace("hSuFU=", "hSuFU"),
        text.replace("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hS"),
        text.replace("/1\n", "/01\n", 1),
        text.replace("tallystick/", "tallystick.dev/"),
        text.replace("ab" * 32, "AB" * 32),
        text.replace("— ", "- "),
        text.replace("— ", "—  "),
        text.replace("\n\n", "\n"),
        text.replace("\n\n", "\n\n\n"),
        text.replace("\n", "\r\n"),
        text.removesuffix("\n"),
        text + "\n",
        text + line * 16,
        text + "— w AAAA\n",
        text.split("\n\n")[0] + "\n\n",
        "x" * 9000,
    ):
        with pytest.raises(FormatError):
            checkpoint.parse(bad.encode())


def test_signatures_of_unknown_keys_are_kept_and_ignored() -> None:
    stranger = NoteSignature("witness.example/w1", b"\1\2\3\4", bytes(72))
    data = SignedCheckpoint(HEAD, (stranger, *checkpoint.parse(NOTE).signatures)).data()
    assert checkpoint.open_checkpoint(data, ORIGIN, PUBLIC) == HEAD
    assert checkpoint.parse(data).data() == data


def test_another_key_or_log_is_refused() -> None:
    with pytest.raises(VerificationError, match=r"checkpoint\.unsigned"):
        checkpoint.open_checkpoint(NOTE, ORIGIN, WITNESS_PUBLIC)
    with pytest.raises(VerificationError, match=r"checkpoint\.origin"):
        checkpoint.open_checkpoint(NOTE, Origin(ORIGIN.deployment, 31337, "bank-a", 2), PUBLIC)
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        checkpoint.sign(HEAD, PUBLIC, WITNESS.sign)
    good = checkpoint.parse(NOTE).signatures[0]
    forged = NoteSignature(good.name, good.key_id, bytes(64))
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        checkpoint.verify(SignedCheckpoint(HEAD, (good, forged)), PUBLIC)


def test_witness_cosignature() -> None:
    cosigned = checkpoint.cosign(
        checkpoint.parse(NOTE), "witness.example/w1", WITNESS_PUBLIC, WITNESS.sign, 1_679_315_147
    )
    assert (
        checkpoint.verify_cosignature(checkpoint.parse(cosigned.data()), "witness.example/w1", WITNESS_PUBLIC)
        == 1_679_315_147
    )
    assert checkpoint.open_checkpoint(cosigned.data(), ORIGIN, PUBLIC) == HEAD
    assert checkpoint.cosignature_message(HEAD, 5).startswith(b"cosignature/v1\ntime 5\ntallystick/")
    with pytest.raises(VerificationError, match=r"checkpoint\.unsigned"):
        checkpoint.verify_cosignature(checkpoint.parse(NOTE), "witness.example/w1", WITNESS_PUBLIC)
    line = cosigned.signatures[1]
    later = NoteSignature(line.name, line.key_id, (5).to_bytes(8, "big") + line.value[8:])
    with pytest.raises(VerificationError, match=r"signature\.invalid"):
        checkpoint.verify_cosignature(SignedCheckpoint(HEAD, (later,)), line.name, WITNESS_PUBLIC)
    with pytest.raises(FormatError):
        checkpoint.cosign(checkpoint.parse(NOTE), "w", WITNESS_PUBLIC, WITNESS.sign, 2**63)
