"""A proposer takes its proposal back on its page; what the page does where the task has started or a coordinator lies."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from protocol import ids
from protocol.reasons import BY_CODE
from protocol.typed import KIND_WITHDRAWAL
from tests import patience
from tests.browser import axe
from tests.browser.desk_acts import answered, enter, press, shown, watched
from tests.browser.desk_site import DeskSite, desk_site
from tests.browser.injected_wallet import REJECTED, InjectedWallet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
PROPOSER, OWNER = "hospital", "laboratory"
OPEN, TAKE = "Take this proposal back", "Take the proposal back with my wallet"


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site() as made:
        expect.set_options(timeout=patience.scaled(20) * 1000)
        yield made
        expect.set_options(timeout=5000)


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Callable[[InjectedWallet], Page]]:
    """Opens a page with a wallet, and watches it until the test ends."""
    held: list[Any] = []

    def open_(wallet: InjectedWallet) -> Page:
        made = watched(chromium, wallet)
        held.append(made)
        return made.__enter__()

    yield open_
    for made in held:
        made.__exit__(None, None, None)


def test_a_proposal_is_taken_back(site: DeskSite, opened: Callable[[InjectedWallet], Page]) -> None:
    task, wallet = site.proposed(), site.wallet(PROPOSER)
    page = opened(wallet)
    enter(page, site, task)
    page.get_by_text(OPEN, exact=True).click()
    page.locator("select").last.select_option("proposer.corrected")
    wallet.refuses["eth_signTypedData_v4"] = REJECTED
    press(page, TAKE)
    shown(page, "wallet.rejected")
    wallet.refuses.clear()
    page.get_by_role("button", name=TAKE).dblclick()
    shown(page, "Receipt: you took your proposal back")
    signed = wallet.signed()[-1]
    assert len(wallet.signed()) == 2, "the rejected one, and one"
    said = signed["message"]
    assert (said["kind"], said["reason"]) == (KIND_WITHDRAWAL, BY_CODE["proposer.corrected"].number)
    assert (said["task"], said["party"]) == (f"0x{task.hex()}", PROPOSER)
    shown(page, "it is on its way to the chain, and nothing is started any more")
    expect(page.get_by_role("button", name=TAKE)).to_have_count(0)
    site.world.settle()
    shown(page, "its proposer took it back before it started")
    expect(page.locator(".receipt")).to_contain_text(ids.prefixed("task", task))
    assert site.client(PROPOSER).task(task).state == "aborted"

    other = opened(site.wallet(OWNER))
    enter(other, site, task, "zh")
    shown(other, "提议方已在启动前撤回提议，更正后将重新提议")
    assert other.get_by_text("撤回该提议", exact=True).count() == 0


def test_nobody_else_is_offered_it(site: DeskSite, opened: Callable[[InjectedWallet], Page]) -> None:
    task = site.proposed()
    page = opened(site.wallet(OWNER))
    enter(page, site, task)
    shown(page, "Your answer")
    assert page.get_by_text(OPEN, exact=True).count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reader_can_use_it(site: DeskSite, chromium: Browser, language: str) -> None:
    """axe-core finds nothing, and nothing is wider than a narrow window: the reasons are long sentences."""
    task = site.proposed()
    context = chromium.new_context(bypass_csp=True)  # axe itself is a script that these pages would not run
    try:
        page = context.new_page()
        page.set_default_timeout(patience.scaled(15) * 1000)
        site.wallet(PROPOSER).attach(page)
        enter(page, site, task, language)
        page.locator("[data-proposal] summary").first.click()
        page.locator("[data-proposal] .wallet-fields summary").click()
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe.problems(page) == []
    finally:
        context.close()


def test_attack_a_server_that_says_it_has_not_started(site: DeskSite, opened: Callable[[InjectedWallet], Page]) -> None:
    """The page asks for a signature that is worth nothing: coordinator and chain refuse it."""
    task = site.proposed()
    wallet = site.wallet(PROPOSER)
    page = opened(wallet)
    enter(page, site, task)
    page.get_by_text(OPEN, exact=True).click()
    world = site.world
    for owner in (PROPOSER, OWNER):
        client = site.client(owner)
        for request in client.authorizations(task):
            if request.owner == owner:
                client.authorize(task, client.sign(*client.asked(task, request, world.roots[owner])))
    world.settle()
    assert site.client(PROPOSER).task(task).state == "started"
    # As it is: the page finds out before the wallet is asked.
    press(page, TAKE)
    shown(page, "desk.answered")
    assert wallet.signed() == []
    answered(page, "tasks/task_*", lambda body: body.update(state="proposed", reasons=[]))
    page.reload()
    page.get_by_text(OPEN, exact=True).click()
    press(page, TAKE)
    shown(page, "withdrawal.started")
    world.settle()
    assert site.client(PROPOSER).task(task).state == "started"
    page.unroute_all(behavior="ignoreErrors")  # the page looks again by itself


def test_attack_another_s_proposal_shown_as_one_s_own(site: DeskSite, opened: Callable[[InjectedWallet], Page]) -> None:
    """Whose it is follows from the contract, which is the one of the task's id; the coordinator's word for it is not asked."""
    task, wallet = site.proposed(), site.wallet(OWNER)
    page = opened(wallet)
    enter(page, site)
    answered(page, "tasks/task_*", lambda body: body.update(proposer=OWNER))
    page.goto(site.page(task))
    expect(page.locator("#desk section, #desk [role=alert]").first).to_be_visible()
    assert page.get_by_text(OPEN, exact=True).count() == 0
    page.unroute_all(behavior="ignoreErrors")
