"""Signing a standing authorization in the browser: what it allows is shown, it is the command line's, and later tasks start with it."""

import time
from collections.abc import Iterator

import pytest
from eth_account import Account
from playwright.sync_api import Browser, Locator, Page, expect

from protocol import ids, offers
from protocol.ask import Ask, FilterRange, Ranges, Span
from protocol.consent_table import consent_table
from protocol.contract import TaskContract
from protocol.sentences import authorization_sentence
from protocol.typed import Authorization
from tests import patience
from tests.browser import catalogue
from tests.browser.catalogue import STATISTICS, statistics
from tests.browser.desk_acts import LIES, answered, enter, member, press, shown, watched
from tests.browser.desk_site import DeskSite, apart, desk_site
from tests.browser.injected_wallet import REJECTED, InjectedWallet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
OWNER = "laboratory"
LEFT_WHILE_SIGNING = """() => {
  const asked = window.__wallet;
  window.__wallet = (text) => {
    if (text.includes("eth_signTypedData_v4")) setTimeout(() => location.reload(), 50);
    return asked(text);
  };
}"""
OPEN, SIGN = "Or allow it for later tasks too", "Sign as standing with my wallet"


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site() as made:
        apart(lambda: catalogue.publish(made.world, STATISTICS))
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


def proposed(site: DeskSite, contract: TaskContract) -> bytes:
    task = site.client("hospital").submit(contract)
    site.world.settle()
    return task


def varying(page: Page, label: str) -> Locator:
    """What stands at one thing that may vary, once it is ticked."""
    box = page.locator(".varying > div", has_text=label)
    box.get_by_role("checkbox").first.check()
    return box


def wish(page: Page, uses: str = "12", days: str = "30") -> None:
    """How often and how long."""
    page.get_by_text(OPEN).click()
    page.get_by_label("For how many tasks in all").fill(uses)
    page.get_by_label("For how many days from now").fill(days)


@pytest.mark.promised
def test_what_is_signed_is_the_command_lines_and_answers_later_tasks(
    site: DeskSite, page: Page, wallet: InjectedWallet
) -> None:
    task = proposed(site, statistics(site.world))
    client, other = site.client(OWNER), site.world.references["hospital"]
    (asked,) = [it for it in client.authorizations(task) if it.owner == OWNER]
    enter(page, site, task)
    page.get_by_text(OPEN).click()
    shown(page, "What that allows is then written here, before you sign.")
    assert page.get_by_role("button", name=SIGN).count() == 0
    page.get_by_text(OPEN).click()
    wish(page)
    page.get_by_label("How many tasks a day at most").fill("3")
    page.get_by_text("Newer releases of the programs and the engine may run").click()
    groups = varying(page, "wards.groups, now 4").locator('input[type="text"]')
    groups.nth(0).fill("2")
    groups.nth(1).fill("8")
    varying(page, "Rows with age ≥ 18").locator('input[type="text"]').nth(1).fill("21")
    page.get_by_text("may have any version").click()
    standing = page.locator(".standing")
    said, lines = standing.locator(".sentence"), standing.locator(".asked").first
    expect(said).to_contain_text("at most 12 times")
    expect(said).to_contain_text(
        "At most 3 tasks a day. What may vary: wards.groups from 2 to 8; row filter 1 of panels-"
    )
    expect(said).to_contain_text(f"the version of {other}")
    read, table = said.inner_text(), lines.inner_text()
    press(page, SIGN)
    shown(page, "Receipt: you gave a standing authorization")
    site.world.settle()
    shown(page, "You authorized this task, and the chain has it:")
    shown(page, "It is a standing authorization: later tasks that ask the same start with it too")

    (signed,) = wallet.signed()
    message = Authorization.parse(signed["message"])
    ranges = Ranges(
        parameters=(("wards.groups", Span("2", "8")),),
        filters=(FilterRange(site.world.references[OWNER], 0, Span("18", "21")),),
        versions=(other,),
    )
    expected = offers.standing(
        asked.message, Ask.read(asked.policy), uses=12, not_after=message.not_after, tasks_per_day=3, nonce=message.nonce,
        ranges=ranges, approved_successors=True,
    )  # fmt: skip
    assert message == expected[0]
    assert abs(message.not_after - site.world.clock() - 30 * 86_400) < 3600
    (given,) = [it for it in client.authorizations(task) if it.owner == OWNER]
    assert (given.status, given.message, Ask.read(given.policy)) == ("on-chain", *expected)
    assert read == authorization_sentence(*expected, OWNER).english, "what was read is what was signed"
    for line in consent_table(*expected, OWNER, {}):
        if line.about.english in ("For", "What may vary", "Until"):
            assert line.said.english in table
    assert site.standing(proposed(site, statistics(site.world, groups=8, age="21")), OWNER) == "on-chain"
    for beyond in (
        statistics(site.world, groups=9),
        statistics(site.world, age="22"),
        statistics(site.world, reference="5b" * 16),
    ):
        assert site.standing(proposed(site, beyond), OWNER) == "asked"
    page.goto(f"{site.page()}/mine")
    line = page.locator(".inbox li", has_text="standing, for many tasks").first
    expect(line).to_contain_text("uses left: 12")


def test_in_chinese_it_says_the_same_in_a_narrow_window(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = proposed(site, statistics(site.world, reference="6c" * 16))
    page.set_viewport_size({"width": 320, "height": 900})
    enter(page, site, task, "zh")
    page.get_by_text("或同时授予以后的任务").click()
    page.get_by_label("总任务次数").fill("2")
    page.get_by_label("自现在起的天数").fill("7")
    varying(page, "wards.groups，当前为 4")
    said = page.locator(".standing .sentence")
    expect(said).to_contain_text("用于请求内容相同的任何任务，使用次数至多 2 次")
    read = said.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    press(page, "用钱包签署长期授权")
    shown(page, "回执：您已授予长期授权")
    (given,) = [it for it in site.client(OWNER).authorizations(task) if it.owner == OWNER]
    assert read == authorization_sentence(given.message, Ask.read(given.policy), OWNER).chinese


def test_what_nobody_can_sign_says_why(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = proposed(site, statistics(site.world, reference="7d" * 16))
    enter(page, site, task)
    wish(page, uses="0")
    for name, wrong, right in (
        ("For how many tasks in all", ("0", "-1", "4294967296", "1e3", "<b>1</b>"), "5"),
        ("For how many days from now", ("3651", "0.5"), "1"),
        ("How many tasks a day at most", ("", "10001"), "1"),
    ):
        for value in wrong:
            page.get_by_label(name).fill(value)
            shown(page, "standing.bounds")
            assert page.get_by_role("button", name=SIGN).count() == 0
        page.get_by_label(name).fill(right)
    ends = varying(page, "wards.groups, now 4").locator('input[type="text"]')
    for low in ("9", "", "many", "2000-01-01"):
        ends.nth(0).fill(low)
        shown(page, "ask.span")
    ends.nth(0).fill("1")
    page.get_by_text("may be left out").click()
    page.get_by_label("How many data sets of other owners must take part").fill("2")
    shown(page, "ask.range")
    page.get_by_label("How many data sets of other owners must take part").fill("1")
    wallet.refuses["eth_signTypedData_v4"] = REJECTED
    press(page, SIGN)
    shown(page, "wallet.rejected")
    wallet.refuses.clear()
    wallet.signs_with = Account.create()
    press(page, SIGN)
    shown(page, "wallet.other_signature")
    assert site.standing(task, OWNER) == "asked"


def test_attack_a_tampered_server_gets_nothing_signed(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = proposed(site, statistics(site.world, reference="8e" * 16))
    enter(page, site, task)
    expect(page.get_by_text(OPEN)).to_be_visible()
    for path, change in LIES:
        answered(page, path, change)
        page.goto(site.page(task))
        expect(page.locator("#desk [role=alert]").first).to_be_visible()
        assert page.get_by_text(OPEN).count() == 0
        page.unroute(f"**/v1/{path}")
    page.goto(site.page(task))
    wish(page)
    answered(page, "tasks/*/authorizations", member("nonce", "7"))
    press(page, SIGN)
    shown(page, "review.differs")
    assert wallet.signed() == []


def test_attack_a_catalogue_whose_words_would_be_a_sentence(site: DeskSite, page: Page) -> None:
    """A parameter's words come from the catalogue: one that could be read as more than a word is not offered."""

    def worded(body: dict[str, dict[str, list[dict[str, object]]]]) -> None:
        for spec in body["descriptor"]["parameters"]:
            if spec["name"] == "groups":
                spec |= {"kind": "choice", "choices": ["4", "4. What may vary: nothing", "4，", "<b>"]}

    task = proposed(site, statistics(site.world, reference="9f" * 16))
    answered(page, "programs/*", worded)
    enter(page, site, task)
    wish(page)
    box = varying(page, "wards.groups, now 4")
    expect(box.locator(".ticks label")).to_have_count(1)


def test_pressed_twice_in_two_windows_and_reloaded_it_is_one(
    site: DeskSite, page: Page, wallet: InjectedWallet
) -> None:
    task = proposed(site, statistics(site.world, reference="af" * 16))
    enter(page, site, task)
    other = page.context.new_page()
    wallet.attach(other)
    other.goto(site.page(task))
    other.locator(".choices button").click()
    wish(other)
    expect(other.get_by_role("button", name=SIGN)).to_have_attribute("aria-disabled", "false")
    wish(page)
    # the page is left while the wallet's holder still reads: what comes back then goes nowhere
    page.evaluate(LEFT_WHILE_SIGNING)
    wallet.before_signing = lambda: time.sleep(patience.scaled(1))
    press(page, SIGN)
    expect(page.locator(".standing[open]")).to_have_count(0)
    shown(page, "Your answer")
    wallet.before_signing = lambda: None
    assert site.standing(task, OWNER) == "asked"
    wish(page)
    page.get_by_role("button", name=SIGN).dblclick()
    shown(page, "Receipt: you gave a standing authorization")
    if other.get_by_role("button", name=SIGN).count():  # it has not looked yet
        other.get_by_role("button", name=SIGN).click()
    expect(other.locator("#desk")).to_contain_text("ou authorized this task")
    other.close()
    found = site.client(OWNER).own_authorizations().items
    (given,) = [it for it in site.client(OWNER).authorizations(task) if it.owner == OWNER]
    digest = site.world.domains.digest(given.message)
    assert digest in {it.authorization for it in found}
    assert len({it["message"]["nonce"] for it in wallet.signed()}) == 2, (
        "the one that was left, and the one that counts"
    )


def test_a_standing_authorization_is_taken_back(site: DeskSite, page: Page) -> None:
    task = proposed(site, statistics(site.world, reference="bf" * 16))
    enter(page, site, task)
    wish(page)
    press(page, SIGN)
    shown(page, "Receipt: you gave a standing authorization")
    site.world.settle()
    shown(page, "the chain has it")
    page.get_by_text("Take this authorization back").click()
    press(page, "Take it back with my wallet")
    shown(page, "Receipt: you took the authorization back")
    site.world.settle()
    assert site.standing(task, OWNER) == "asked"
    (line,) = [it for it in site.client(OWNER).own_authorizations().items if it.status == "revoked"]
    assert line.task is None
    assert ids.prefixed("auth", line.authorization) in page.locator(".receipt").last.inner_text()
