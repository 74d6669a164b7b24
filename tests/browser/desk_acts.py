"""What people do on participants' pages, and what a coordinator that lies does to their answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests import patience
from tests.browser.desk_site import DeskSite
from tests.browser.injected_wallet import InjectedWallet

ENTER = "Sign in"


@contextmanager
def watched(browser: Browser, wallet: InjectedWallet, context: BrowserContext | None = None) -> Iterator[Page]:
    """A page with a wallet, on which no policy was broken and no error thrown when it closes."""
    made = context or browser.new_context()
    opened = made.new_page()
    opened.set_default_timeout(patience.scaled(15) * 1000)
    opened.add_init_script(
        "window.__seen = [];"
        "document.addEventListener('securitypolicyviolation', e => window.__seen.push(e.violatedDirective));"
        "window.addEventListener('error', e => window.__seen.push(e.message));"
        "window.addEventListener('unhandledrejection', e => window.__seen.push(String(e.reason)));"
    )
    wallet.attach(opened)
    yield opened
    assert opened.evaluate("window.__seen") == []
    made.close()


def shown(page: Page, what: str) -> None:
    expect(page.locator("#desk")).to_contain_text(what)


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def enter(page: Page, site: DeskSite, task: bytes | None = None, language: str = "en") -> None:
    """Sign in at a page, as a person does."""
    page.goto(site.page(task, language))
    page.locator(".choices button").click()
    page.locator(".acts button").click()
    expect(page.locator(".bar")).to_be_visible()


def answered(page: Page, path: str, change: Callable[[Any], None]) -> None:
    """Has every answer at a path of the API changed on the way."""

    def lie(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        change(body)
        route.fulfill(response=answer, json=body)

    page.route(f"**/v1/{path}", lie)


def _contract(body: Any) -> None:
    body["contract"] = body["contract"][:-8] + "AAAAAA=="


def member(name: str, value: object) -> Callable[[Any], None]:
    """Another value of one field of what every owner is asked to sign."""

    def change(body: Any) -> None:
        for item in body["items"]:
            item["typed_data"]["message"][name] = value

    return change


def _domain(name: str, value: object) -> Callable[[Any], None]:
    def change(body: Any) -> None:
        for item in body["items"]:
            item["typed_data"]["domain"][name] = value

    return change


def _sentence(body: Any) -> None:
    for item in body["items"]:
        item["sentence"]["en"] = item["sentence"]["en"].replace("once", "at most 9 times")


LIES: Final = (
    ("tasks/task_*", _contract),
    ("tasks/*/authorizations", member("maxUses", 9)),
    ("tasks/*/authorizations", member("purpose", "Anything")),
    ("tasks/*/authorizations", member("purpose", "<img src=x onerror=alert(1)>" * 400)),
    ("tasks/*/authorizations", member("purpose", "Research\u202egnitekram")),
    ("tasks/*/authorizations", member("resultUsers", ["hospital", "stranger"])),
    ("tasks/*/authorizations", _domain("chainId", "1")),
    ("tasks/*/authorizations", _domain("verifyingContract", "0x" + "5a" * 20)),
    ("tasks/*/authorizations", _domain("salt", "0x" + "5a" * 32)),
    ("tasks/*/authorizations", _sentence),
)
"""What a coordinator can say otherwise than the contract of what an owner is asked: where, and how it is changed."""
