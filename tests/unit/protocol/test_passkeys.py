"""Assertions of passkeys: the vectors that the contract's verifier and the pages answer too, and the form of an account's signature."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode

from protocol.errors import FormatError, TallyError, VerificationError
from protocol.passkeys import Assertion, Passkey, PasskeyOwners, challenge_of, read_signature, signature_of
from protocol.typed import Domain

VECTORS = Path(__file__).parents[2] / "vectors"
ASSERTIONS = json.loads((VECTORS / "webauthn.json").read_text("utf-8"))["vectors"]
MESSAGES = [
    vector
    for vector in json.loads((VECTORS / "eip712.json").read_text("utf-8"))["vectors"]
    if vector["primary_type"] == "AccountMessage"
]
PAGE = "https://tallystick.example/lab"


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def assertion(vector: dict[str, Any]) -> Assertion:
    words = unhex(vector["assertion"])
    return Assertion(
        Passkey(unhex(vector["x"]), unhex(vector["y"])), unhex(vector["r"]), unhex(vector["s"]),
        int.from_bytes(words[64:96]), int.from_bytes(words[96:128]),
        unhex(vector["authenticator_data"]), vector["client_data"].encode(),
    )  # fmt: skip


GOOD = assertion(ASSERTIONS[0])


def code_of(error: pytest.ExceptionInfo[TallyError]) -> str:
    return error.value.code


@pytest.mark.parametrize("vector", ASSERTIONS, ids=lambda vector: vector["name"])
def test_the_contracts_vectors(vector: dict[str, Any]) -> None:
    found, challenge = assertion(vector), unhex(vector["challenge"])
    if vector["refused"]:
        with pytest.raises(VerificationError) as error:
            found.verify(challenge)
        assert code_of(error) == vector["refused"]
        return
    found.verify(challenge)
    if vector["page"]:
        with pytest.raises(VerificationError) as error:
            found.require_page(PAGE)
        assert code_of(error) == vector["page"]
    else:
        found.require_page(PAGE)


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda vector: vector["note"])
def test_a_challenge_is_the_contracts_own(vector: dict[str, Any]) -> None:
    domain = vector["typed_data"]["domain"]
    account = Domain(int(domain["chainId"]), domain["verifyingContract"], unhex(domain["salt"]))
    assert challenge_of(unhex(vector["typed_data"]["message"]["digest"]), account) == unhex(vector["digest"])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_signatures_are_solidity_s_encoding(count: int) -> None:
    item = ((GOOD.passkey.x, GOOD.passkey.y), unhex(ASSERTIONS[0]["assertion"]))
    signature = signature_of(*[GOOD] * count)
    assert signature == encode(["((bytes32,bytes32),bytes)[]"], [[item] * count])
    assert read_signature(signature) == (GOOD,) * count


def looser(signature: bytes) -> list[bytes]:
    """Other bytes that Solidity's decoder reads as the same list, or as none."""
    moved = encode(["uint256"], [64]) + bytes(32) + signature[32:]
    return [b"", bytes(64), signature + bytes(32), signature[:-32], moved, signature[:-1] + b"\1"]


@pytest.mark.parametrize("at", range(6))
def test_attack_a_signature_in_a_looser_encoding(at: int) -> None:
    """Such bytes hold for the contract; what stands in them would not be what is looked at here."""
    with pytest.raises(VerificationError) as error:
        read_signature(looser(signature_of(GOOD))[at])
    assert code_of(error) == "passkey.malformed"


@pytest.mark.parametrize(
    "client",
    [
        b"", b"\xff", b"[]", b'{"type":"webauthn.get"}',
        GOOD.client_data.replace(b'"crossOrigin":false', b'"crossOrigin":true'),
        GOOD.client_data.replace(b"https://tallystick.example", b"https://evil.tallystick.example"),
        GOOD.client_data.replace(b"https://tallystick.example", b"http://tallystick.example"),
        GOOD.client_data.replace(b"https://tallystick.example", b"https://tallystick.example:444"),
    ],
)  # fmt: skip
def test_attack_an_assertion_that_another_page_asked_for(client: bytes) -> None:
    with pytest.raises(VerificationError) as error:
        replace(GOOD, client_data=client).require_page(PAGE)
    assert code_of(error) == "passkey.origin"


def test_owners_are_points_in_order_and_enough() -> None:
    other = Passkey(b"\xff" + bytes(31), bytes(32))
    for owners, code in (
        (PasskeyOwners((), 1), "passkey.threshold"),
        (PasskeyOwners((GOOD.passkey,), 2), "passkey.threshold"),
        (PasskeyOwners((GOOD.passkey, GOOD.passkey), 1), "json.wrong_value"),
        (PasskeyOwners((other,), 1), "passkey.not_on_curve"),
    ):
        with pytest.raises(FormatError) as error:
            PasskeyOwners.parse(owners.to_json())
        assert code_of(error) == code
    owners = PasskeyOwners((GOOD.passkey,), 1)
    assert PasskeyOwners.parse(owners.to_json()) == owners
