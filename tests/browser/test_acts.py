"""Acts that a party's wallet sends to the chain by itself: a reviewer's word, a use that is given back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from chain.bindings import consents, tasks
from chain.endpoint import Endpoint
from protocol import canonical, ids
from protocol.contract import TaskContract
from protocol.typed import KIND_ABORT, Abort
from protocol.vocabulary import Review
from tests import patience
from tests.browser.desk_acts import answered, enter, press, shown, watched
from tests.browser.desk_site import DeskSite, desk_site
from tests.browser.injected_wallet import REJECTED, InjectedWallet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
APPROVE, FORBID, RETURN = "Approve the release", "Forbid the release", "Give the use back with my wallet"


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site() as made:
        expect.set_options(timeout=patience.scaled(20) * 1000)
        yield made
        expect.set_options(timeout=5000)


def with_chain(site: DeskSite, party: str) -> InjectedWallet:
    """A wallet that reaches the chain as wallets do: it signs transactions with its key and asks its own endpoint."""
    wallet, endpoint = site.wallet(party), Endpoint(site.world.rpc_url)

    def chain(method: str, params: list[Any]) -> object:
        if method != "eth_sendTransaction":
            return endpoint._call(method, *params)
        (asked,) = params
        assert set(asked) == {"from", "to", "data", "value"}, "a wallet decides gas and price"
        nonce = int(str(endpoint._call("eth_getTransactionCount", asked["from"], "pending")), 16)
        fields = {"to": asked["to"], "data": asked["data"], "value": 0, "gas": 1_000_000, "gasPrice": 0, "nonce": nonce}
        fields |= {
            "to": ids.checksum_address(bytes.fromhex(asked["to"][2:])),
            "chainId": site.world.deployment.chain_id,
        }
        signed = wallet.account.sign_transaction(fields)
        return endpoint._call("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())

    wallet.chain = chain
    return wallet


@pytest.fixture
def opened(site: DeskSite, chromium: Browser) -> Iterator[Callable[[InjectedWallet], Page]]:
    """Opens a page with a wallet, and watches it until the test ends."""
    held: list[Any] = []

    def open_(wallet: InjectedWallet) -> Page:
        made = watched(chromium, wallet)
        held.append(made)
        return made.__enter__()

    yield open_
    for made in held:
        made.__exit__(None, None, None)


def started(site: DeskSite, contract: TaskContract) -> bytes:
    """A task that every owner authorized and the engine started."""
    world = site.world
    task = site.client("hospital").submit(contract)
    world.settle()
    for owner in ("hospital", "laboratory"):
        client = site.client(owner)
        for request in client.authorizations(task):
            if request.owner == owner:
                client.authorize(task, client.sign(*client.asked(task, request, world.roots[owner])))
    world.settle()
    return task


def completed(site: DeskSite) -> tuple[bytes, TaskContract]:
    """A task that completed and waits for the regulator's review."""
    world = site.world
    contract = world.contract(reviewer="regulator", review_within=86_400, auditors=())
    task = started(site, contract)
    site.computed(task, contract)
    assert site.client("hospital").task(task).state == "completed"
    return task, contract


def test_a_reviewer_decides_with_its_own_wallet(site: DeskSite, opened: Callable[[InjectedWallet], Page]) -> None:
    task, _ = completed(site)
    wallet = with_chain(site, "regulator")
    page = opened(wallet)
    enter(page, site)
    page.get_by_text("The result of hospital's task waits for your review.").click()
    shown(page, "train.model read by hospital alone")
    wallet.refuses["eth_sendTransaction"] = REJECTED
    press(page, APPROVE)
    shown(page, "wallet.rejected")
    wallet.refuses.clear()
    document = b"reasons"
    page.locator('input[type="file"]').set_input_files({"name": "w.txt", "mimeType": "text/plain", "buffer": document})
    page.get_by_role("button", name=APPROVE).dblclick()
    shown(page, "Receipt: you approved the release")
    (sent,) = [params[0] for method, params in wallet.asked if method == "eth_sendTransaction"][1:]
    assert sent["to"] == site.world.deployment.contracts["Tasks"].lower()
    call = tasks.review(task, True, canonical.sha256(document))
    assert sent["data"] == f"0x{call.data.hex()}"
    assert site.world.gateway.read(tasks.get(task)).review == Review.APPROVED
    site.world.settle()
    shown(page, "regulator: approved")
    assert page.get_by_role("button", name=FORBID).count() == 0


def test_attack_a_server_that_hides_a_review_changes_nothing(
    site: DeskSite, opened: Callable[[InjectedWallet], Page]
) -> None:
    task, _ = completed(site)
    wallet = with_chain(site, "regulator")
    page = opened(wallet)
    enter(page, site, task)
    answered(page, "tasks/task_*", lambda body: body.update(review="none"))
    press(page, FORBID)
    shown(page, "Receipt: you forbade the release")
    site.world.settle()
    press(page, APPROVE)  # the page was told that nobody decided yet; the chain knows better
    shown(page, "wallet.reverted")
    assert site.world.gateway.read(tasks.get(task)).review == Review.REJECTED
    page.unroute_all(behavior="ignoreErrors")  # the page looks again by itself
    answered(page, "tasks/task_*", lambda body: body.update(contract=body["contract"][:-8] + "AAAAAA=="))
    page.reload()
    expect(page.locator("#desk [role=alert]").first).to_be_visible()
    assert page.get_by_role("button", name=APPROVE).count() == 0


def test_a_use_is_given_back_once(site: DeskSite, opened: Callable[[InjectedWallet], Page]) -> None:
    world = site.world
    task = started(site, world.contract())
    message = Abort(task, "exchange", KIND_ABORT, 1, bytes(32))
    signature = world.parties["exchange"].sign(world.domains.digest(message))
    given = tasks.Abort(task, ids.on_chain("exchange"), KIND_ABORT, 1, bytes(32))
    world.gateway.send(tasks.abort(given, signature))
    world.settle()
    assert site.client("laboratory").task(task).state == "aborted"
    wallet = with_chain(site, "laboratory")
    page = opened(wallet)
    enter(page, site, task)
    page.get_by_text("Give the use of this task back").click()
    expect(page.get_by_role("button", name=RETURN)).to_have_attribute("aria-disabled", "true")
    page.get_by_role("checkbox").check()
    press(page, RETURN)
    shown(page, "Receipt: you were given the use back")
    (signed,) = wallet.signed()
    assert signed["primaryType"] == "NoInputSent"
    authorization = bytes.fromhex(signed["message"]["authorization"][2:])
    assert world.gateway.read(consents.use_of(task, authorization)).state == 2
    press(page, RETURN)
    shown(page, "use.returned")
    assert len(wallet.signed()) == 1
