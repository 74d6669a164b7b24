"""Participants' pages in Debian's Chromium with a wallet in the page, over a real stack: from the inbox to consent on chain."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from playwright.sync_api import Browser, Page, expect

from protocol import ids
from protocol.ask import Ask
from protocol.typed import Authorization
from tests import patience
from tests.browser.desk_acts import ENTER, LIES, answered, enter, member, press, shown, watched
from tests.browser.desk_site import DeskSite, desk_site
from tests.browser.injected_wallet import BUSY, REJECTED, InjectedWallet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
OWNER = "laboratory"
SIGN = "Sign with my wallet"


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site() as made:
        expect.set_options(timeout=patience.scaled(20) * 1000)
        yield made
        expect.set_options(timeout=5000)


@pytest.fixture
def wallet(site: DeskSite) -> InjectedWallet:
    return site.wallet(OWNER)


@pytest.fixture
def page(chromium: Browser, wallet: InjectedWallet) -> Iterator[Page]:
    """A page with the owner's wallet; no policy is broken on it and no error thrown, whatever a test does."""
    with watched(chromium, wallet) as opened:
        yield opened


def test_from_the_inbox_to_a_consent_on_chain(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = site.proposed()
    enter(page, site)
    line = page.locator(f'a[href$="{ids.prefixed("task", task)}"]')
    expect(line).to_contain_text("hospital asks to compute on your data: panels-")
    assert page.title().startswith("(")
    line.click()

    (request,) = [it for it in site.client(OWNER).authorizations(task) if it.owner == OWNER]
    expect(page.locator(".sentence")).to_have_text(request.sentence.english)
    page.get_by_text("Compare with your wallet").click()
    expect(page.locator(".wallet-fields")).to_contain_text(str(request.message.nonce))
    expect(page.locator(".wallet-fields")).to_contain_text("calls it “Let your data be used”")
    expect(page.locator(".wallet-fields th", has_text="maxUses")).to_contain_text("Most uses")
    press(page, SIGN)
    shown(page, "Receipt: you authorized the task")
    site.world.settle()
    shown(page, "the chain has it")
    assert site.standing(task, OWNER) == "on-chain"

    (signed,) = wallet.signed()
    message = Authorization.parse(signed["message"])
    assert message == request.message
    assert message.policy == Ask.read(request.policy).digest()
    authorization = ids.prefixed("auth", site.world.domains.digest(message))
    expect(page.locator(".receipt")).to_contain_text(authorization)


def test_chinese_pages_say_the_same(site: DeskSite, page: Page) -> None:
    task = site.proposed()
    enter(page, site, task, "zh")
    (request,) = [it for it in site.client(OWNER).authorizations(task) if it.owner == OWNER]
    expect(page.locator(".sentence")).to_have_text(request.sentence.chinese)
    press(page, "用钱包签署")
    shown(page, "回执：您已授权该任务")


def test_who_looked_at_a_tasks_evidence_is_told_to_its_parties(site: DeskSite, page: Page) -> None:
    task = site.proposed()
    site.client("regulator").words(task)
    enter(page, site, task)
    told = page.locator("section[data-looks=read]")
    expect(told).to_contain_text("regulator")
    expect(told).to_contain_text("words of the contract")
    expect(told.locator("li")).to_have_count(1)


def test_refusing_says_why_and_ends_the_task(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = site.proposed()
    enter(page, site, task)
    page.get_by_text("Refuse instead").click()
    page.locator("select").select_option("check.policy")
    press(page, "Refuse with my wallet")
    shown(page, "Receipt: you refused the task")
    site.world.settle()
    assert site.client(OWNER).task(task).state == "refused"
    assert [(it["primaryType"], it["message"]["reason"]) for it in wallet.signed()] == [("Abort", 7)]


def test_revoking_says_what_it_stops(site: DeskSite, page: Page) -> None:
    task = site.proposed()
    enter(page, site, task)
    press(page, SIGN)
    shown(page, "Receipt: you authorized")
    site.world.settle()
    page.get_by_text("Take this authorization back").click()
    shown(page, "It does not stop a task that has started")
    press(page, "Take it back with my wallet")
    shown(page, "Receipt: you took the authorization back")
    site.world.settle()
    (line,) = [it for it in site.client(OWNER).own_authorizations().items if it.task == task]
    assert line.status == "revoked"


def test_each_state_of_a_wallet_says_what_to_do(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    wallet.chain_id, wallet.unlocked = 1, False
    wallet.knows.clear()
    wallet.refuses["eth_requestAccounts"] = BUSY
    page.goto(site.page())
    page.locator(".choices button").click()
    shown(page, "still busy with an earlier request")
    wallet.refuses["eth_requestAccounts"] = REJECTED
    page.locator(".choices button").click()
    shown(page, "You rejected it in the wallet")
    wallet.refuses.clear()
    page.locator(".choices button").click()
    shown(page, "The wallet is on chain 1")
    press(page, "Switch the wallet's network")
    shown(page, "Test Wallet signs as")
    (added,) = [params for method, params in wallet.asked if method == "wallet_addEthereumChain"]
    assert added[0]["rpcUrls"] == [site.world.rpc_url]
    assert wallet.chain_id == site.world.deployment.chain_id

    wallet.refuses["personal_sign"] = REJECTED
    press(page, ENTER)
    shown(page, "You rejected it in the wallet")
    wallet.refuses.clear()
    registered, wallet.account = wallet.account, Account.create()
    wallet.emit(page, "accountsChanged", [wallet.account.address])
    expect(page.locator("#desk")).to_contain_text(wallet.account.address.lower())
    press(page, ENTER)
    shown(page, "No party has registered this account")
    wallet.account = registered
    wallet.emit(page, "accountsChanged", [registered.address])
    expect(page.locator("#desk")).to_contain_text(registered.address.lower())
    press(page, ENTER)
    shown(page, "Signed in to read as laboratory")

    task = site.proposed()
    page.goto(site.page(task))
    wallet.unlocked = False
    page.reload()
    shown(page, "it is locked, or you have not allowed it yet")
    wallet.unlocked, wallet.account = True, Account.create()
    page.reload()
    shown(page, "Choose the account that you signed in with")
    expect(page.get_by_role("button", name=SIGN)).to_have_attribute("aria-disabled", "true")
    assert wallet.signed() == []


def test_a_browser_without_a_wallet_says_so(site: DeskSite, chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(site.page(language="zh"))
        shown(page, "此浏览器中没有钱包")


def test_attack_a_tampered_server_gets_nothing_signed(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = site.proposed()
    enter(page, site, task)
    expect(page.get_by_role("button", name=SIGN)).to_be_visible()
    for path, change in LIES:
        answered(page, path, change)
        page.goto(site.page(task))
        expect(page.locator("#desk [role=alert]").first).to_be_visible()
        assert page.get_by_role("button", name=SIGN).count() == 0
        assert page.locator("main img").count() == 0
        page.unroute(f"**/v1/{path}")
    # what is changed between reading and signing is noticed, too
    page.goto(site.page(task))
    expect(page.get_by_role("button", name=SIGN)).to_be_visible()
    answered(page, "tasks/*/authorizations", member("nonce", "7"))
    press(page, SIGN)
    shown(page, "review.differs")
    assert wallet.signed() == []


def test_attack_a_message_to_sign_in_elsewhere(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    def elsewhere(body: Any) -> None:
        body["text"] = body["text"].replace("127.0.0.1", "bank.example")

    answered(page, "sign-in", elsewhere)
    page.goto(site.page())
    page.locator(".choices button").click()
    press(page, ENTER)
    shown(page, "sign_in.other_text")
    assert "personal_sign" not in [method for method, _ in wallet.asked]


def test_attack_a_wallet_that_signs_with_another_key(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = site.proposed()
    enter(page, site, task)
    wallet.signs_with = Account.create()
    press(page, SIGN)
    shown(page, "wallet.other_signature")
    assert site.standing(task, OWNER) == "asked"


def test_attack_a_session_signs_nothing(site: DeskSite, page: Page) -> None:
    """With the cookie alone every act is refused: what was signed by the session's thief, and what nobody signed."""
    task = site.proposed()
    enter(page, site, task)
    (request,) = [it for it in site.client(OWNER).authorizations(task) if it.owner == OWNER]
    signed = site.client("stranger").sign(request.message, Ask.read(request.policy))
    body = json.loads(json.dumps({"authorization": {**signed.to_json(), "owner": OWNER}}))
    status = page.evaluate(
        """async ([path, body]) => {
          const headers = { "content-type": "application/json" };
          const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
          return [answer.status, (await answer.json()).code];
        }""",
        [f"/v1/tasks/{ids.prefixed('task', task)}/authorizations", body],
    )
    assert status == [403, "signature.not_wallet"]
    assert site.standing(task, OWNER) == "asked"
    assert page.evaluate("document.cookie") == "", "no script reads the session"


def test_pressing_twice_and_in_two_windows_signs_once(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = site.proposed()
    enter(page, site, task)
    other = page.context.new_page()
    wallet.attach(other)
    other.goto(site.page(task))
    other.locator(".choices button").click()
    expect(other.get_by_role("button", name=SIGN)).to_have_attribute("aria-disabled", "false")
    page.get_by_role("button", name=SIGN).dblclick()
    shown(page, "Receipt: you authorized the task")
    if other.get_by_role("button", name=SIGN).count():  # it has not looked yet
        other.get_by_role("button", name=SIGN).click()
    expect(other.locator("#desk")).to_contain_text("ou authorized this task")
    other.close()
    assert len(wallet.signed()) == 1


def test_a_coordinator_that_is_away_loses_nothing(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    task = site.proposed()
    enter(page, site, task)
    expect(page.get_by_role("button", name=SIGN)).to_be_visible()
    page.route("**/v1/**", lambda route: route.abort())
    press(page, SIGN)
    shown(page, "The coordinator does not answer. Nothing is lost: try again.")
    assert wallet.signed() == []
    page.reload()
    shown(page, "api.unreachable")
    page.unroute("**/v1/**")
    press(page, "Try again")
    expect(page.get_by_role("button", name=SIGN)).to_be_visible()
    page.reload()  # in the middle of it
    press(page, SIGN)
    shown(page, "Receipt: you authorized the task")
    assert site.standing(task, OWNER) in ("received", "on-chain")


def test_numbers_about_single_people_go_only_by_name(site: DeskSite, page: Page, wallet: InjectedWallet) -> None:
    outputs = site.world.contract().outputs
    task = site.proposed(outputs=(*outputs, type(outputs[0])("train.scores", ("hospital",))))
    enter(page, site, task)
    shown(page, "This task opens numbers about single people: train.scores")
    expect(page.get_by_role("button", name=SIGN)).to_have_attribute("aria-disabled", "true")
    page.get_by_role("checkbox").check()
    shown(page, "which you let go")
    press(page, SIGN)
    shown(page, "Receipt: you authorized the task")
    (signed,) = wallet.signed()
    (request,) = [it for it in site.client(OWNER).authorizations(task) if it.owner == OWNER]
    assert Authorization.parse(signed["message"]) == request.message
    assert Ask.read(request.policy).per_person == ("train.scores",)
    page.reload()
    shown(page, "ou authorized this task")


def test_a_purpose_that_would_be_markup_is_text(site: DeskSite, page: Page) -> None:
    purpose = '<img src=x onerror="alert(1)"> & <script>alert(2)</script> ' + "很长的目的" * 150
    task = site.proposed(purpose=f"{purpose} [ref {'5a' * 16}]")
    enter(page, site, task)
    expect(page.locator(".sentence")).to_contain_text("<img src=x onerror='alert(1)'>")
    assert page.locator("main img, main script:not([src])").count() == 0
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_another_deployment_than_before_is_not_followed(site: DeskSite, page: Page) -> None:
    enter(page, site)
    page.evaluate("localStorage.setItem('tallystick.deployment', 'another')")
    page.reload()
    shown(page, "deployment.changed")
    assert page.locator(".choices").count() == 0
    press(page, "Follow the new deployment from now on")
    expect(page.locator(".bar")).to_be_visible()
