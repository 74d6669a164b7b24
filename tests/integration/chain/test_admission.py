"""Admission on a real chain: repeating changes nothing, contradicting is refused."""

from dataclasses import replace
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32

from chain import admission
from chain.bindings import party_registry
from chain.errors import ChainError
from chain.gateway import Gateway
from chain.nonces import MemoryNonceStore
from chain.sender import Sender, Transaction
from protocol import dsse, ids
from protocol.enrolment import ENROLMENT_TYPE, Application, Enrolment, Profile
from protocol.errors import RefusedError, TallyError
from protocol.programs import Words
from tests.integration.chain.conftest import World

CERTIFIER, SIGNER = Account.create(), Account.create()
NODE_KEY = Ed25519PrivateKey.generate()


def by(account: LocalAccount, digest: bytes) -> bytes:
    return bytes(account.unsafe_sign_hash(Hash32(digest)).signature)


def plain(world: World, **changes: str) -> Enrolment:
    profile = Profile(Words("Certifier", "认证"), "somebody", "certifier-operator", ("certifier",))
    made = profile.enrolment("certifier", CERTIFIER.address, ids.hex32(world.deployment.deployment_id, "deployment"))
    return replace(made, **changes)


def with_node(world: World) -> Enrolment:
    return replace(
        plain(world), party="hospital", roles=("compute-provider",), node_signer=SIGNER.address.lower(),
        node_key=NODE_KEY.public_key().public_bytes_raw(),
    )  # fmt: skip


def applied(
    world: World, enrolment: Enrolment, wallet: LocalAccount = CERTIFIER, signer: LocalAccount = SIGNER
) -> Application:
    node = None
    if enrolment.has_node:
        envelope = dsse.sign(enrolment.data(), enrolment.node_key, NODE_KEY.sign, ENROLMENT_TYPE)
        node = envelope, partial(by, signer)
    return Application.of(enrolment, world.deployment.domain("PartyRegistry"), partial(by, wallet), node)


def test_a_party_is_admitted_once_under_the_keys_of_its_application(world: World) -> None:
    enrolment = plain(world)
    assert admission.admit(world.gateway, applied(world, enrolment), fingerprint=enrolment.fingerprint) is True
    found = world.gateway.read(party_registry.get(ids.on_chain("certifier")))
    assert (found.wallet, found.profile_hash, found.roles) == (CERTIFIER.address, enrolment.profile_hash, 64)
    assert found.operator == ids.on_chain("certifier-operator")
    assert admission.admit(world.gateway, applied(world, enrolment)) is False
    with pytest.raises(RefusedError) as caught:
        admission.admit(world.gateway, applied(world, plain(world, contact="somebody else")))
    assert caught.value.code == "admission.other_profile"


def test_a_party_with_a_node_is_admitted_with_its_keys(world: World) -> None:
    enrolment = with_node(world)
    assert admission.admit(world.gateway, applied(world, enrolment)) is True
    found = world.gateway.read(party_registry.get(ids.on_chain("hospital")))
    assert (found.node_signer, found.node_key) == (SIGNER.address, enrolment.node_key)
    assert world.gateway.read(party_registry.key_period(ids.on_chain("hospital"))) == 1


def test_only_the_admission_role_admits(world: World) -> None:
    stranger = Gateway(world.anvil.url, world.deployment, Account.create())
    with pytest.raises(ChainError) as caught:
        admission.admit(stranger, applied(world, plain(world)))
    assert caught.value.code == "chain.revert.AccessControlUnauthorizedAccount"


def test_attack_an_application_signed_by_one_key_only(world: World) -> None:
    """Refused before anything is sent, and by the contract when somebody sends it all the same."""
    count = world.gateway.endpoint.transaction_count(world.admin.address)
    enrolment, other = with_node(world), Account.create()
    for made, code, culprit in (
        (applied(world, enrolment, wallet=other), r"signature\.not_wallet", CERTIFIER),
        (applied(world, enrolment, signer=other), r"signature\.not_node", SIGNER),
    ):
        with pytest.raises(TallyError, match=code):
            admission.admit(world.gateway, made)
        message = party_registry.Admission(*enrolment.admission().chain_args())
        with pytest.raises(ChainError, match="BadSignature") as caught:
            world.gateway.send(party_registry.admit(message, made.wallet_signature, made.node_signature or b""))
        assert caught.value.arguments["signer"] == culprit.address
    assert world.gateway.endpoint.transaction_count(world.admin.address) == count


def test_attack_a_coordinator_swaps_the_application(world: World) -> None:
    """Whole and well signed, but another's: the fingerprint that the applicant told is not this one's."""
    mine, other = plain(world), Account.create()
    swapped = applied(world, plain(world, wallet=other.address.lower()), wallet=other)
    with pytest.raises(RefusedError, match=r"admission\.other_fingerprint"):
        admission.admit(world.gateway, swapped, fingerprint=mine.fingerprint)
    assert world.gateway.read(party_registry.key_period(ids.on_chain("certifier"))) == 0


def test_a_contract_wallet_is_admitted_when_its_code_accepts(world: World) -> None:
    """Asked here, as the contract will ask it; the key of nobody, and code that says anything else, is refused."""
    magic = "1626ba7e" + "00" * 28
    for answer, accepted in ((magic, True), ("11" * 32, False)):
        runtime = f"7f{answer}60005260206000f3"  # returns these 32 bytes, whatever it is asked
        wallet = deployed(world, runtime)
        enrolment = replace(plain(world), party=f"contract-{accepted}".lower(), wallet=wallet)
        made = Application.of(enrolment, world.deployment.domain("PartyRegistry"), lambda _: b"what its code takes")
        if accepted:
            assert admission.admit(world.gateway, made) is True
            assert world.gateway.read(party_registry.party_of(wallet)) == ids.on_chain(enrolment.party)
        else:
            with pytest.raises(TallyError, match=r"signature\.not_wallet"):
                admission.admit(world.gateway, made)


def deployed(world: World, runtime: str) -> str:
    """An account with this runtime code: the init code copies what follows it."""
    size = len(runtime) // 2
    init = f"60{size:02x}600c60003960{size:02x}6000f3" + runtime
    sender = Sender(
        world.gateway.endpoint, world.deployment.chain_id, Account.create(), MemoryNonceStore(), deadline=20.0
    )
    receipt = sender.send(Transaction(None, bytes.fromhex(init), 500_000))
    return str(receipt.fields["contractAddress"]).lower()
