"""Admission, publication and approval on a real chain: repeating changes nothing, contradicting is refused."""

from dataclasses import replace

import pytest
from eth_account import Account

from chain import admission
from chain.bindings import party_registry, programs
from chain.errors import ChainError
from chain.gateway import Gateway
from protocol import ids
from protocol.enrolment import NO_ADDRESS, NO_KEY, Enrolment
from protocol.errors import RefusedError
from protocol.programs import Words
from tests.integration.chain.conftest import World
from tests.unit.protocol.test_messages import DESCRIPTOR

CERTIFIER = Account.create()


def application(name: str, wallet: str, roles: tuple[str, ...]) -> Enrolment:
    return Enrolment(
        name, Words(name, name), "somebody", wallet.lower(), NO_ADDRESS, NO_KEY, NO_KEY, f"{name}-operator", roles,
        bytes(32),
    )  # fmt: skip


def test_a_party_is_admitted_once_under_the_keys_of_its_application(world: World) -> None:
    enrolment = application("certifier", CERTIFIER.address, ("certifier",))
    assert admission.admit(world.gateway, enrolment) is True
    found = world.gateway.read(party_registry.get(ids.on_chain("certifier")))
    assert (found.wallet, found.profile_hash, found.roles) == (CERTIFIER.address, enrolment.profile_hash, 64)
    assert admission.admit(world.gateway, enrolment) is False
    with pytest.raises(RefusedError) as caught:
        admission.admit(world.gateway, replace(enrolment, contact="somebody else"))
    assert caught.value.code == "admission.other_profile"


def test_only_the_admission_role_admits(world: World) -> None:
    stranger = Gateway(world.anvil.url, world.deployment, Account.create())
    with pytest.raises(ChainError) as caught:
        admission.admit(stranger, application("certifier", CERTIFIER.address, ("certifier",)))
    assert caught.value.code == "chain.revert.AccessControlUnauthorizedAccount"


def test_a_program_is_published_once_and_approved_by_a_certifier(world: World) -> None:
    assert admission.publish(world.gateway, DESCRIPTOR) is True
    assert admission.publish(world.gateway, DESCRIPTOR) is False
    with pytest.raises(RefusedError) as caught:
        admission.publish(world.gateway, replace(DESCRIPTOR, code_digest=b"\x09" * 32))
    assert caught.value.code == "program.other_code"
    program = ids.on_chain(DESCRIPTOR.program)
    assert not world.gateway.read(programs.is_approved(program))
    admission.admit(world.gateway, application("certifier", CERTIFIER.address, ("certifier",)))
    certifier = Gateway(world.anvil.url, world.deployment, CERTIFIER)
    admission.approve(certifier, DESCRIPTOR.program, "certifier")
    assert world.gateway.read(programs.is_approved(program))
