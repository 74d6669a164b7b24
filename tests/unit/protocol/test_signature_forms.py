"""An account's signature in whatever form its wallet writes it becomes the one form that the chain takes."""

import json
from pathlib import Path

import pytest
from eth_keys.datatypes import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocol import secp256k1
from protocol.typed import account_signature, recover

VECTORS = json.loads(Path("tests/vectors/signatures.json").read_text("utf-8"))["vectors"]
BY_KEY = {
    "account: its key", "account: high s (EIP-2)", "account: v of 0 or 1", "account: compact (EIP-2098)",
    "delegated: its key, unwilling code", "delegated: its key, code that burns",
    "delegated: its key, an address without code", "delegated: v of 0 or 1, unwilling code",
}  # fmt: skip
"""Where recovery gives the wallet's own key; elsewhere its code decides, and its bytes are left as they are."""


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_the_form_is_that_of_the_contracts_vectors(vector: dict[str, str]) -> None:
    digest, signature, canonical = (bytes.fromhex(vector[key][2:]) for key in ("digest", "signature", "canonical"))
    found = account_signature(vector["wallet"], digest, signature)
    assert (vector["name"] in BY_KEY) == (found is not None)
    assert found == canonical if found is not None else canonical in (b"", signature)


def forms(signature: bytes) -> list[bytes]:
    """All ways of writing a signature of 65 bytes with v of 27 or 28 and low s."""
    r, s, parity = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64] - 27
    twin = (secp256k1.ORDER - s).to_bytes(32, "big")
    return [
        signature,
        signature[:64] + bytes([parity]),
        r + twin + bytes([28 - parity]),
        r + twin + bytes([1 - parity]),
        r + (s | parity << 255).to_bytes(32, "big"),
    ]


@given(key=st.binary(min_size=32, max_size=32).filter(any), digest=st.binary(min_size=32, max_size=32))
def test_every_form_becomes_the_same_bytes(key: bytes, digest: bytes) -> None:
    private = PrivateKey((int.from_bytes(key, "big") % (secp256k1.ORDER - 1) + 1).to_bytes(32, "big"))
    made = private.sign_msg_hash(digest)
    usual = made.to_bytes()[:64] + bytes([made.v + 27])
    address = private.public_key.to_address()
    for form in forms(usual):
        assert account_signature(address, digest, form) == usual
        assert account_signature("0x" + "11" * 20, digest, form) is None
        assert account_signature(address, bytes(31) + b"\1", form) is None or digest == bytes(31) + b"\1"
    assert recover(digest, usual).lower() == address


@given(signature=st.binary(max_size=70))
def test_bytes_of_anybody_are_nobodys_signature(signature: bytes) -> None:
    assert account_signature("0x" + "22" * 20, b"\7" * 32, signature) is None
    assert account_signature("0x" + "00" * 20, b"\7" * 32, signature) is None
