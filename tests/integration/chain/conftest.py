"""A fresh anvil with all contracts for each test that asks for one; nothing is left behind."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from chain.abi import Write
from chain.anvil import Anvil, AnvilOptions, anvil_binary
from chain.bindings import party_registry
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.gateway import Gateway
from chain.ports import free_port
from protocol import ids


@dataclass(frozen=True)
class World:
    anvil: Anvil
    admin: LocalAccount
    deployment: Deployment
    gateway: Gateway


def admit(name: str) -> Write:
    wallet, signer = Account.create(), Account.create()
    return party_registry.admit(
        ids.on_chain(name), wallet.address, signer.address, b"\1" * 32, b"\2" * 32, ids.on_chain(name), 3, bytes(32)
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tally-test-") as name:
        yield Path(name)


@pytest.fixture
def anvil(folder: Path) -> Iterator[Anvil]:
    anvil_binary()
    node = Anvil(folder / "anvil", AnvilOptions(chain_id=31_337_001, genesis_time=1_700_000_000, port=free_port()))
    node.start()
    try:
        yield node
    finally:
        node.stop()


@pytest.fixture
def world(anvil: Anvil) -> World:
    admin = Account.create()
    deployment = deploy(anvil.url, admin)
    return World(anvil, admin, deployment, Gateway(anvil.url, deployment, admin))
