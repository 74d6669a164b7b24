"""An organisation's contract wallet on participants' pages: two of its three holders agree, one after the other (EIP-1271)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from protocol.typed import KIND_REFUSAL
from tests import patience
from tests.browser.desk_acts import press, shown, watched
from tests.browser.desk_site import DeskSite, desk_site
from tests.browser.quorum_wallet import Quorum, QuorumInPage, taken_by

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
OWNER = "laboratory"
SIGN = "Sign with my wallet"
WAITS = "Waiting for its holders"


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site() as made:
        expect.set_options(timeout=patience.scaled(30) * 1000)
        yield made
        expect.set_options(timeout=5000)


@pytest.fixture(scope="module")
def quorum(site: DeskSite) -> Quorum:
    return taken_by(site.world, OWNER)


@pytest.fixture
def wallet(site: DeskSite, quorum: Quorum) -> QuorumInPage:
    key = site.world.parties[OWNER].wallet  # of no account that the page sees
    return QuorumInPage(key, site.world.deployment.chain_id, {site.world.deployment.chain_id}, quorum=quorum)


@pytest.fixture
def page(chromium: Browser, wallet: QuorumInPage) -> Iterator[Page]:
    with watched(chromium, wallet) as opened:
        yield opened


def asked(page: Page, wallet: QuorumInPage, times: int) -> bytes:
    """The digest that the page had the wallet ask its holder for last. Looking at the page lets its calls come through."""
    patience.until(30, "the wallet is asked", lambda: page.evaluate("1") and len(wallet.digests) == times)
    shown(page, WAITS)
    return wallet.digests[-1]


def standing(site: DeskSite, task: bytes) -> str:
    """How far the owner's consent is, as another party's client tells: this one's key is no wallet any more."""
    (request,) = [it for it in site.client("hospital").authorizations(task) if it.owner == OWNER]
    return request.status


def entered(page: Page, site: DeskSite, wallet: QuorumInPage, task: bytes) -> None:
    """Two holders sign in at once."""
    wallet.gives = (0, 1)
    page.goto(site.page(task))
    page.locator(".choices button").click()
    press(page, "Sign in")
    expect(page.locator(".bar")).to_be_visible()
    wallet.gives = ()
    wallet.digests.clear()


def test_two_of_three_sign_in_and_consent(site: DeskSite, page: Page, wallet: QuorumInPage, quorum: Quorum) -> None:
    task = site.proposed()
    page.goto(site.page(task))
    page.locator(".choices button").click()
    shown(page, "2 of its 3 holders must agree")
    press(page, "Sign in")
    digest = asked(page, wallet, 1)
    quorum.approve(0, digest)
    expect(page.locator('[data-collecting="true"]')).to_be_visible()
    quorum.approve(2, digest)
    expect(page.locator(".bar")).to_be_visible()

    press(page, SIGN)
    digest = asked(page, wallet, 2)
    quorum.approve(1, digest)
    assert standing(site, task) == "asked", "one of three has agreed"
    quorum.approve(0, digest)
    shown(page, "Receipt: you authorized the task")
    site.world.settle()
    shown(page, "the chain has it")
    assert standing(site, task) == "on-chain"
    assert len(wallet.digests) == 2


def test_a_page_left_in_between_asks_nobody_twice(
    site: DeskSite, page: Page, wallet: QuorumInPage, quorum: Quorum
) -> None:
    task = site.proposed()
    entered(page, site, wallet, task)
    press(page, SIGN)
    digest = asked(page, wallet, 1)
    page.reload()
    for holder in (0, 1):
        quorum.approve(holder, digest)
    press(page, SIGN)
    shown(page, "Receipt: you authorized the task")
    assert len(wallet.digests) == 1


def test_attack_too_few_signatures_are_handed_in_as_enough(site: DeskSite, page: Page, wallet: QuorumInPage) -> None:
    task = site.proposed()
    entered(page, site, wallet, task)
    for gives in ((0,), (0, 0), (1, 0)):
        wallet.gives = gives
        press(page, SIGN)
        shown(page, "wallet.not_enough")
    assert standing(site, task) == "asked"
    wallet.gives = (1, 2)
    press(page, SIGN)
    shown(page, "Receipt: you authorized the task")


def test_a_refusal_by_two_of_three(site: DeskSite, page: Page, wallet: QuorumInPage) -> None:
    task = site.proposed()
    entered(page, site, wallet, task)
    wallet.gives = (0, 2)
    page.get_by_text("Refuse instead").click()
    press(page, "Refuse with my wallet")
    shown(page, "Receipt: you refused the task")
    site.world.settle()
    assert site.client("hospital").task(task).state == "refused"
    assert wallet.signed()[-1]["message"]["kind"] == KIND_REFUSAL
