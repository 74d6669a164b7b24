"""A fresh anvil with all contracts for each test that asks for one; nothing is left behind."""

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from chain.abi import Write
from chain.anvil import Anvil, AnvilOptions, anvil_binary
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.gateway import Gateway
from chain.ports import free_port
from tests.admitting import admission


@dataclass(frozen=True)
class World:
    anvil: Anvil
    admin: LocalAccount
    deployment: Deployment
    gateway: Gateway


def admit(deployment: Deployment, name: str) -> Write:
    return admission(
        deployment.domain, name, signer=Account.create(), node_key=b"\1" * 32, seal_key=b"\2" * 32, roles=3
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tally-test-") as name:
        yield Path(name)


@contextmanager
def started(folder: Path) -> Generator[Anvil]:
    anvil_binary()
    node = Anvil(folder / "anvil", AnvilOptions(chain_id=31_337_001, genesis_time=1_700_000_000, port=free_port()))
    node.start()
    try:
        yield node
    finally:
        node.stop()


@pytest.fixture
def anvil(folder: Path) -> Iterator[Anvil]:
    with started(folder) as node:
        yield node


@pytest.fixture
def world(anvil: Anvil) -> World:
    admin = Account.create()
    deployment = deploy(anvil.url, admin)
    return World(anvil, admin, deployment, Gateway(anvil.url, deployment, admin))
