"""Verifier keys: the published ones of Go's notes and its checksum database, and one spelling only."""

import base64

import pytest

from protocol import checkpoint
from protocol.errors import FormatError
from protocol.vkeys import VerifierKey, key_name

PUBLISHED = (
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
)


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_keys(text: str) -> None:
    found = VerifierKey.parse(text, checkpoint.ED25519)
    assert found.text() == text
    assert found.name == text.split("+", maxsplit=1)[0]
    assert found.public == base64.b64decode(text.split("+", 2)[2])[1:]


def test_a_witness_s_key_is_of_its_own_type_and_id() -> None:
    witness = VerifierKey("witness.example/w1", checkpoint.COSIGNATURE, bytes(range(32)))
    assert VerifierKey.parse(witness.text(), checkpoint.COSIGNATURE) == witness
    log = VerifierKey(witness.name, checkpoint.ED25519, witness.public)
    assert log.text().split("+")[1] != witness.text().split("+")[1]
    for text, kind in ((witness.text(), checkpoint.ED25519), (log.text(), checkpoint.COSIGNATURE)):
        with pytest.raises(FormatError, match=r"vkey\.malformed"):
            VerifierKey.parse(text, kind)


@pytest.mark.parametrize(
    "text",
    [
        "", "+", "++", "PeterNeumann", "PeterNeumann+c74f20a3+", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", " " + PUBLISHED[0], PUBLISHED[0] + "\n",
        PUBLISHED[0] + "=", "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "x" * 600,
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAA==",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"vkey\.malformed"):
        VerifierKey.parse(text, checkpoint.ED25519)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "x" * 256, "a\n"])
def test_names_that_no_note_can_carry(name: str) -> None:
    with pytest.raises(FormatError, match=r"vkey\.name"):
        key_name(name)
