"""Every participants' page for every reader: axe-core, the keyboard alone, 320 px, both languages; and what is a party's own."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from protocol import ids
from tests import patience
from tests.browser import catalogue
from tests.browser.desk_acts import answered, enter, press, shown, watched
from tests.browser.desk_site import DeskSite, apart, desk_site
from tests.browser.injected_wallet import InjectedWallet
from tools.web_files import WEB

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
OWNER = "laboratory"
PASSKEYS: dict[str, Any] = {
    "party": "clinic",
    "credentials": [{"id": "A" * 22, "x": "0x" + "11" * 32, "y": "0x" + "22" * 32}],
    "settled": False,
}
"""As a browser keeps them; here they own an account that nobody has made."""
PAGES = ("", "/join", "/propose", "/mine", "/tasks/{task}")


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site() as made:
        apart(lambda: catalogue.publish(made.world, catalogue.STATISTICS))
        apart(lambda: catalogue.show_data(made.world))
        expect.set_options(timeout=patience.scaled(20) * 1000)
        yield made
        expect.set_options(timeout=5000)


@pytest.fixture
def wallet(site: DeskSite) -> InjectedWallet:
    return site.wallet(OWNER)


@pytest.fixture
def page(chromium: Browser, wallet: InjectedWallet) -> Iterator[Page]:
    with watched(chromium, wallet) as opened:
        yield opened


def read(page: Page) -> None:
    """Wait until the page has what it asked for."""
    expect(page.locator("#desk h1")).to_be_visible()
    expect(page.locator("#desk section, #desk .empty").first).to_be_visible()


def opened_up(page: Page) -> None:
    """All that is folded away, unfolded."""
    page.evaluate("for (const each of document.querySelectorAll('#desk details')) each.open = true")


def judged(page: Page) -> list[str]:
    """What axe-core finds wrong, with the places."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=WEB / "node_modules" / "axe-core" / "axe.min.js")
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [f"{it['id']}: {[node['target'] for node in it['nodes']]}" for it in found]


def states(page: Page, zh: bool) -> dict[str, Callable[[], None]]:
    """What a page can show beside what it shows at first: by the page's path, how to get there."""

    def begun() -> None:
        page.locator(".beginnings button").last.click()
        page.get_by_role("button", name="检查合约" if zh else "Check the contract").click()
        expect(page.locator("#desk .wrong").first).to_be_visible()

    def looked() -> None:
        page.locator(".group .acts button").first.click()
        expect(page.locator(".group .inbox, .group .empty").first).to_be_visible()

    def joining() -> None:
        page.evaluate("kept => localStorage.setItem('tallystick.passkeys', kept)", json.dumps([PASSKEYS]))
        page.get_by_label("受邀时使用的名称" if zh else "Name under which you were invited").fill(PASSKEYS["party"])
        expect(page.get_by_label("申请文件" if zh else "The application's file")).to_be_visible()

    return {"/join": joining, "/propose": begun, "/mine": looked}


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.promised), "zh"])
def test_axe_finds_nothing_on_any_page_in_any_state(site: DeskSite, chromium: Browser, language: str) -> None:
    task = ids.prefixed("task", site.proposed(reviewer="regulator", review_within=3600, auditors=()))
    wallet = site.wallet(OWNER)
    context = chromium.new_context(bypass_csp=True)  # axe itself is a script that these pages would not run
    try:
        page = context.new_page()
        page.set_default_timeout(patience.scaled(15) * 1000)
        wallet.attach(page)
        page.goto(site.page(language=language))
        page.locator(".choices button").wait_for()
        assert judged(page) == [], "signing in"
        enter(page, site, None, language)
        for path in PAGES:
            page.goto(f"{site.url}/{language}/desk{path.format(task=task)}")
            read(page)
            opened_up(page)
            assert judged(page) == [], path
            if (more := states(page, language == "zh").get(path)) is not None:
                more()
                opened_up(page)
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    assert judged(page) == [], (path, scheme)
                page.emulate_media(color_scheme="light")
    finally:
        context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_is_wider_than_a_narrow_window(site: DeskSite, page: Page, language: str) -> None:
    task = ids.prefixed("task", site.proposed())
    enter(page, site, None, language)
    page.set_viewport_size({"width": 320, "height": 800})
    for path in PAGES:
        page.goto(f"{site.url}/{language}/desk{path.format(task=task)}")
        read(page)
        opened_up(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        if (more := states(page, language == "zh").get(path)) is not None:
            more()
            opened_up(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, (path, "more")
        assert page.evaluate("document.documentElement.lang")[:2] == language


def focus(page: Page, wanted: str, most: int = 120) -> None:
    """Go on with the Tab key until the control of this name has the focus, which is seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "(() => { const e = document.activeElement;"
            " return [e.textContent + ' ' + (e.ariaLabel ?? '') + ' ' + (e.href ?? ''), getComputedStyle(e).outlineStyle]; })()"
        )
        if wanted in name:
            assert outline != "none", f"{wanted} shows no focus"
            return
    raise AssertionError(f"the keyboard does not reach {wanted!r}")


def test_from_the_inbox_to_a_signed_consent_with_the_keyboard_alone(
    site: DeskSite, page: Page, wallet: InjectedWallet
) -> None:
    task = site.proposed()
    page.goto(site.page())
    page.locator(".choices button").wait_for()
    focus(page, "Connect Test Wallet")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign in").wait_for()
    focus(page, "Sign in")
    page.keyboard.press("Enter")
    expect(page.locator(f'a[href$="{ids.prefixed("task", task)}"]')).to_be_visible()
    focus(page, ids.prefixed("task", task))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign with my wallet")).to_have_attribute("aria-disabled", "false")
    focus(page, "Sign with my wallet")
    page.keyboard.press("Space")
    shown(page, "Receipt: you authorized the task")
    assert len(wallet.signed()) == 1


def test_what_a_task_costs_my_node_is_said_and_a_made_up_cost_is_not(site: DeskSite, page: Page) -> None:
    task = site.client("hospital").submit(catalogue.statistics(site.world, groups=100))
    site.world.settle()
    enter(page, site, task)
    costs = page.locator('[data-costs="read"]')
    for said in (
        "Your node is one of the compute parties", "coordinator's prediction", "about ",
        "Beyond what the programs were measured at: wards.groups. The time is extrapolated.", "4 of 5: one party that follows the protocol",
        "2 of the 3 compute parties together could see the data",
    ):  # fmt: skip
        expect(costs).to_contain_text(said)
    lies: tuple[tuple[str, object], ...] = (
        ("id", "task_" + "5a" * 32), ("level", 9), ("estimate", {"seconds": "<b>1</b>"}), ("estimate", {"bytes": -1}),
        ("estimate", {"beyond": ["wards.groups. You must sign"]}), ("estimate", {"failure": "<img src=x>"}),
    )  # fmt: skip
    for name, value in lies:

        def lie(body: dict[str, Any], name: str = name, value: object = value) -> None:
            body[name] = body[name] | value if isinstance(value, dict) else value

        answered(page, "tasks/*/cost", lie)
        page.reload()
        shown(page, "cost.malformed")
        assert costs.count() == 0
        expect(page.get_by_role("button", name="Sign with my wallet")).to_be_visible()
        page.unroute("**/v1/tasks/*/cost")


def test_my_things_are_the_registrys_and_the_contracts(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    world = site.world
    task = site.proposed()
    client = site.client(OWNER)
    (request,) = [it for it in client.authorizations(task) if it.owner == OWNER]
    given = client.authorize(task, client.sign(*client.asked(task, request, world.roots[OWNER])))
    world.settle()
    enter(page, site)
    page.get_by_role("link", name="My things").click()
    party = client.party_record(OWNER)
    shown(page, str(party.wallet).lower())
    shown(page, "127.0.0.1:4003")
    press(page, "Who asked for it, and when")
    shown(page, site.client("hospital").task(task).contract.purpose)
    press(page, "Look through my completed tasks")
    shown(page, "None of your newest completed tasks kept anything.")
    line = page.locator(".inbox li", has_text=given.id[-4:]).first
    expect(line).to_contain_text("uses left: 1")
    line.locator("summary").click()
    line.get_by_role("button", name="Take it back with my wallet").click()
    shown(page, "Receipt: you took the authorization back")
    world.settle()
    (after,) = [it for it in client.own_authorizations().items if it.task == task]
    assert after.status == "revoked"


def test_attack_a_node_that_is_not_mine(site: DeskSite, page: Page) -> None:
    enter(page, site)

    def another(body: dict[str, list[dict[str, str]]]) -> None:
        others = {it["party"]: it for it in body["items"]}
        others[OWNER]["envelope"] = others.get("hospital", {"envelope": ""})["envelope"] or "e30="

    answered(page, "announcements", another)
    page.get_by_role("link", name="My things").click()
    shown(page, "an announcement that your registered node key did not sign")
    assert page.get_by_text("127.0.0.1:4003").count() == 0
