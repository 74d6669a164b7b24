"""Trying the pages out without a wallet of one's own: the demo's wallets stand in the page and say what they are."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from protocol.typed import Authorization
from tests import patience
from tests.browser.desk_acts import press, shown
from tests.browser.desk_site import DeskSite, desk_site

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
OWNER = "laboratory"


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site(demo=(OWNER, "hospital")) as made:
        expect.set_options(timeout=patience.scaled(20) * 1000)
        yield made
        expect.set_options(timeout=5000)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    opened = chromium.new_page()
    seen: list[str] = []
    opened.on("pageerror", lambda error: seen.append(str(error)))
    opened.on("console", lambda message: seen.append(message.text) if "Content Security" in message.text else None)
    yield opened
    opened.close()
    assert seen == []


def test_from_nothing_to_a_consent(site: DeskSite, page: Page) -> None:
    task = site.proposed()
    page.goto(site.page(task))
    expect(page.locator("main")).to_contain_text("their keys are in this page, for whoever opens it")
    press(page, f"Connect Demo wallet of {OWNER}")
    press(page, "Sign in")
    asked = page.locator("dialog[open]")
    expect(asked).to_contain_text("wants you to sign in with your Ethereum account")
    expect(asked).to_contain_text("what they sign binds nobody")
    asked.get_by_role("button", name="Reject").click()
    shown(page, "wallet.rejected")
    press(page, "Sign in")
    asked.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".bar")).to_be_visible()
    press(page, "Sign with my wallet")
    document = json.loads(asked.locator("pre").text_content() or "")
    (request,) = [it for it in site.client(OWNER).authorizations(task) if it.owner == OWNER]
    assert Authorization.parse(document["message"]) == request.message
    page.keyboard.press("Escape")
    shown(page, "wallet.rejected")
    press(page, "Sign with my wallet")
    asked.get_by_role("button", name="Sign", exact=True).click()
    shown(page, "Receipt: you authorized the task")
    site.world.settle()
    shown(page, "the chain has it")
    assert site.standing(task, OWNER) == "on-chain"
