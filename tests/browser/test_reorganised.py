"""A chain that reorganises after a person signed: the page says how things stand, and nothing has to be signed anew."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chain.anvil import Anvil, AnvilOptions
from chain.ports import free_port
from tests import patience
from tests.browser.desk_acts import enter, press, shown, watched
from tests.browser.desk_site import DeskSite, desk_site

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
OWNER = "laboratory"


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[tuple[DeskSite, Anvil]]:
    """The pages over a chain that goes back to a snapshot when it is told to: the embedded one refuses that."""
    anvil = Anvil(
        tmp_path / "anvil", AnvilOptions(chain_id=31_337_778, genesis_time=int(time.time()), port=free_port())
    )
    anvil.start()
    try:
        with desk_site(rpc_url=anvil.url) as site:
            expect.set_options(timeout=patience.scaled(20) * 1000)
            yield site, anvil
            expect.set_options(timeout=5000)
    finally:
        anvil.stop()


def test_a_consent_that_the_chain_forgot_is_told_and_comes_back(
    forgetful: tuple[DeskSite, Anvil], chromium: Browser
) -> None:
    site, anvil = forgetful
    task, world, wallet = site.proposed(), site.world, site.wallet(OWNER)
    with watched(chromium, wallet) as page:
        enter(page, site, task)
        before = anvil.rpc.call("evm_snapshot")
        press(page, "Sign with my wallet")
        shown(page, "Receipt: you authorized the task")
        world.settle()
        shown(page, "the chain has it")
        anvil.rpc.call("evm_revert", before)
        anvil.rpc.call("anvil_mine", "0x1")
        world.engine()
        world.indexer.step()
        shown(page, "The coordinator has it and is putting it on chain")
        assert site.standing(task, OWNER) == "received"
        world.settle()
        shown(page, "the chain has it")
        assert site.standing(task, OWNER) == "on-chain"
        assert len(wallet.signed()) == 1
