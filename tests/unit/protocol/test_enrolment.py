"""Applications and descriptions: strict both ways, and what their hashes bind."""

from dataclasses import fields, replace
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical, dsse, enrolment
from protocol.catalogue import Column, DataSetDescriptor
from protocol.enrolment import ENROLMENT_TYPE, NO_ADDRESS, NO_KEY, Application, Enrolment
from protocol.errors import FormatError, TallyError
from protocol.programs import Words
from protocol.typed import Domain, key_signed
from protocol.vocabulary import ROLE_BITS

WORDS = Words("Hospital", "医院")


def application(**changes: object) -> Enrolment:
    made = Enrolment(
        "hospital", WORDS, "office@example.org", "0x" + "11" * 20, "0x" + "22" * 20, b"\1" * 32, b"\2" * 32, "city-health",
        ("compute-provider", "data-provider"), b"\3" * 32,
    )  # fmt: skip
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def test_an_application_reads_back() -> None:
    assert Enrolment.read(application().data()) == application()


@pytest.mark.parametrize(
    "changes",
    [
        {"party": "Hospital"}, {"wallet": "0x" + "AA" * 20}, {"roles": ("boss",)}, {"roles": ("regulator", "certifier")},
        {"node_key": NO_KEY}, {"node_signer": NO_ADDRESS}, {"operator": ""}, {"seal_key": b"\1"}, {"roles": ()},
        {"node_key": NO_KEY, "node_signer": NO_ADDRESS}, {"wallet": NO_ADDRESS}, {"wallet": "0x" + "22" * 20},
        {"seal_key": NO_KEY, "roles": ("result-user",)},
    ],
)  # fmt: skip
def test_what_an_application_cannot_say(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        Enrolment.read(application(**changes).data())


def test_a_party_without_a_node_has_neither_key() -> None:
    made = application(node_key=NO_KEY, node_signer=NO_ADDRESS, roles=("certifier",))
    assert Enrolment.read(made.data()) == made


def test_unknown_fields_are_refused() -> None:
    document = canonical.parse(application().data())
    with pytest.raises(FormatError, match=r"json\.unknown_field"):
        Enrolment.read(canonical.dumps({**document, "admin": True}))


@given(st.sets(st.sampled_from(sorted(ROLE_BITS)), min_size=1))
def test_role_bits_and_names(names: set[str]) -> None:
    assert enrolment.role_names(enrolment.role_bits(tuple(names))) == tuple(sorted(names))


CHANGES: dict[str, object] = {
    "party": "clinic", "title": Words("Clinic", "诊所"), "contact": "x", "wallet": "0x" + "44" * 20,
    "node_signer": "0x" + "55" * 20, "node_key": b"\4" * 32, "seal_key": b"\5" * 32, "operator": "y",
    "roles": ("compute-provider",), "deployment": b"\6" * 32,
}  # fmt: skip


def test_every_field_changes_the_fingerprint_and_what_is_signed() -> None:
    assert set(CHANGES) == {field.name for field in fields(Enrolment)}
    made = [application(**{name: value}) for name, value in CHANGES.items()] + [application()]
    assert len({it.fingerprint for it in made}) == len(made)
    assert len({it.admission().digest(DOMAIN) for it in made}) == len(made)
    assert all(it.admission().profile_hash.hex() in it.fingerprint for it in made)


DOMAIN = Domain(1, "0x" + "77" * 20, b"\3" * 32)
WALLET, SIGNER = (Account.from_key(bytes([n]) * 32) for n in (1, 2))
NODE_KEY = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
OTHER = Account.from_key(b"\x09" * 32)
PLAIN: dict[str, object] = {"node_signer": NO_ADDRESS, "node_key": NO_KEY, "roles": ("certifier",)}


def sign(account: LocalAccount, digest: bytes) -> bytes:
    return bytes(account.unsafe_sign_hash(Hash32(digest)).signature)


def envelope(enrolment: Enrolment, key: Ed25519PrivateKey = NODE_KEY) -> bytes:
    return dsse.sign(enrolment.data(), key.public_key().public_bytes_raw(), key.sign, ENROLMENT_TYPE)


def signed(
    enrolment: Enrolment | None = None, wallet: LocalAccount = WALLET, signer: LocalAccount = SIGNER, **changes: object
) -> Application:
    it = enrolment or own(**changes)
    node = (envelope(it), partial(sign, signer)) if it.has_node else None
    return Application.of(it, DOMAIN, partial(sign, wallet), node)


def own(**changes: object) -> Enrolment:
    keys: dict[str, object] = {
        "wallet": WALLET.address.lower(), "node_signer": SIGNER.address.lower(),
        "node_key": NODE_KEY.public_key().public_bytes_raw(),
    }  # fmt: skip
    return application(**{**keys, **changes})


@pytest.mark.parametrize("changes", [{}, PLAIN], ids=["node", "no node"])
def test_an_application_is_verified_by_all_its_signatures(changes: dict[str, object]) -> None:
    made = signed(**changes)
    assert Application.read(made.data()) == made
    assert made.verified(DOMAIN, key_signed) == own(**changes)
    assert (made.node_signature is None) == bool(changes)


def test_a_contract_wallet_is_asked() -> None:
    asked: list[tuple[str, bytes, bytes]] = []
    made = replace(signed(), wallet_signature=b"whatever the contract takes")
    assert made.verified(DOMAIN, lambda *question: not asked.append(question)) == own()
    assert asked == [(WALLET.address.lower(), own().admission().digest(DOMAIN), b"whatever the contract takes")]


def test_attack_an_application_is_signed_by_one_key_only() -> None:
    """Wallet, node signer and node key: each alone, or each missing, is refused."""
    whole = signed()
    for changed, code in (
        (signed(wallet=OTHER), r"signature\.not_wallet"),
        (signed(signer=OTHER), r"signature\.not_node"),
        (signed(wallet=SIGNER), r"signature\.not_wallet"),
        (signed(signer=WALLET), r"signature\.not_node"),
        (replace(whole, node_signature=None), r"enrolment\.envelope"),
        (replace(whole, envelope=None), r"enrolment\.envelope"),
        (replace(whole, node_signature=None, envelope=None), r"enrolment\.envelope"),
        (replace(whole, envelope=envelope(own(), Ed25519PrivateKey.generate())), r"dsse\.other_key"),
        (replace(whole, envelope=envelope(own(contact="elsewhere"))), r"enrolment\.other_payload"),
        (replace(signed(**PLAIN), node_signature=whole.node_signature), r"enrolment\.envelope"),
    ):
        with pytest.raises(TallyError, match=code):
            changed.verified(DOMAIN, key_signed)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_attack_an_application_is_changed_on_the_way(name: str) -> None:
    """Whatever field is changed after signing, the signatures hold no more; the node key's envelope, too, is put in anew."""
    changed = replace(own(), **{name: CHANGES[name]})  # pyright: ignore[reportArgumentType]
    altered = replace(signed(), enrolment=changed.data(), envelope=envelope(changed))
    with pytest.raises(TallyError):
        altered.verified(DOMAIN, key_signed)


@pytest.mark.parametrize(
    "domain", [replace(DOMAIN, chain_id=2), replace(DOMAIN, verifying_contract="0x" + "78" * 20), replace(DOMAIN, salt=b"\4" * 32)]
)  # fmt: skip
def test_attack_an_application_is_replayed_elsewhere(domain: Domain) -> None:
    with pytest.raises(TallyError, match=r"signature\.not_wallet|enrolment\.other_deployment"):
        signed().verified(domain, key_signed)


def description(**changes: object) -> DataSetDescriptor:
    columns = (Column("age", "integer", WORDS, nullable=False), Column("zip", "text", WORDS, nullable=False))
    made = DataSetDescriptor("panels-" + "0" * 32, 1, "hospital", WORDS, columns, 10, 3, ("genes",))
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def test_a_description_reads_back() -> None:
    assert DataSetDescriptor.read(description().data()) == description()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ()},
        {"columns": (Column("b", "text", WORDS, nullable=False), Column("a", "text", WORDS, nullable=False))},
        {"columns": (Column("a", "text", WORDS, nullable=False), Column("a", "text", WORDS, nullable=False))},
        {"columns": (Column("a", "picture", WORDS, nullable=False),)},
        {"data_set": "panels"},
        {"version": 0},
        {"data_level": 6},
        {"rows": -1},
        {"sensitive": ("b", "a")},
    ],
)
def test_what_a_description_cannot_say(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        DataSetDescriptor.read(description(**changes).data())
