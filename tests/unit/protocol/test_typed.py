"""The typed data against an independent implementation (eth_account) and against attacks on their parsing."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from protocol import typed
from protocol.errors import TallyError
from tests.unit.protocol.strategies import TYPED, hashes, messages

KEY = Account.from_key("0x" + "42" * 32)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
any_message = st.sampled_from(TYPED).flatmap(messages)
domains = st.builds(
    typed.Domain, st.integers(1, 2**64), st.binary(min_size=20, max_size=20).map(lambda b: "0x" + b.hex()), hashes
)


@given(any_message, domains)
def test_digest_equals_an_independent_implementation(message: typed.Typed, domain: typed.Domain) -> None:
    document = message.typed_data(domain)
    signable = encode_typed_data(full_message=document)
    assert message.digest(domain) == keccak(b"\x19\x01" + signable.header + signable.body)


@given(any_message)
def test_json_round_trip(message: typed.Typed) -> None:
    assert type(message).parse(message.to_json()) == message


@given(any_message, st.data())
def test_unknown_missing_and_mistyped_fields_are_refused(message: typed.Typed, data: st.DataObject) -> None:
    value: dict[str, Any] = copy.deepcopy(message.to_json())
    field = data.draw(st.sampled_from(sorted(value)))
    change = data.draw(st.sampled_from(["extra", "missing", None, True, 1.5, {"a": 1}, "no-such-kind-of-value"]))
    if change == "extra":
        value["extra"] = 1
    elif change == "missing":
        del value[field]
    else:
        kind = dict(message.members())[field]
        if (kind == "string" and isinstance(change, str)) or (kind == "bool" and isinstance(change, bool)):
            return
        value[field] = change
    with pytest.raises(TallyError):
        type(message).parse(value)


@given(any_message, domains, domains)
def test_nothing_replays_between_domains(message: typed.Typed, one: typed.Domain, other: typed.Domain) -> None:
    assert (message.digest(one) == message.digest(other)) == (one == other)


def test_recover_names_the_signer_and_refuses_the_malleable_twin() -> None:
    digest = keccak(b"message")
    signature = bytes(KEY.unsafe_sign_hash(digest).signature)
    assert typed.recover(digest, signature) == KEY.address
    s = ORDER - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    with pytest.raises(TallyError) as caught:
        typed.recover(digest, twin)
    assert caught.value.code == "signature.malleable"


@given(st.binary(max_size=80))
def test_recover_refuses_arbitrary_bytes_with_a_code(signature: bytes) -> None:
    try:
        typed.recover(keccak(b"message"), signature)
    except TallyError as error:
        assert error.code.startswith("signature.")


@pytest.mark.parametrize("value", [-1, 256, True, "1", None])
def test_integers_that_do_not_fit_are_refused_before_hashing(value: Any) -> None:
    message = typed.Abort(bytes(32), "hospital", value, 1, bytes(32))
    with pytest.raises(TallyError) as caught:
        message.check()
    assert caught.value.code == "typed.wrong_value"


VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "eip712.json").read_text())["vectors"]
SIGNED_ELSEWHERE = {
    "AccountMessage", "BudgetChange", "Execution", "LicenceGrant", "LicenceRetirement", "ModelRegistration",
    "ModelRetirement",
}  # fmt: skip
"""Types of the contracts that nothing in Python signs or reads."""
READ = [vector for vector in VECTORS if vector["primary_type"] not in SIGNED_ELSEWHERE]


def test_every_type_of_the_contracts_is_here_or_named() -> None:
    ours = {kind.__name__ for kind in TYPED}
    theirs = {vector["primary_type"] for vector in VECTORS}
    assert theirs - ours == SIGNED_ELSEWHERE
    assert ours - theirs == {"Access", "AccessKey", "OpeningRequest"}, (
        "between parties and the coordinator, never on chain"
    )


@pytest.mark.parametrize("vector", READ, ids=lambda v: f"{v['primary_type']}-{v['note']}"[:50])
def test_golden_vectors_shared_with_solidity(vector: dict[str, Any]) -> None:
    kind = {found.__name__: found for found in TYPED}[vector["primary_type"]]
    document = vector["typed_data"]
    domain = typed.Domain(
        int(document["domain"]["chainId"]),
        document["domain"]["verifyingContract"].lower(),
        bytes.fromhex(document["domain"]["salt"][2:]),
    )
    wide = {name for name, solidity in kind.members() if solidity in {"uint64", "uint256"}}
    message = {k: str(v) if k in wide else v for k, v in document["message"].items()}
    parsed = kind.parse(message)
    assert parsed.struct_hash().hex() == vector["struct_hash"].removeprefix("0x")
    assert parsed.digest(domain).hex() == vector["digest"].removeprefix("0x")
    signature = bytes.fromhex(vector["signature"].removeprefix("0x"))
    assert typed.recover(parsed.digest(domain), signature) == Account.from_key(vector["private_key"]).address
