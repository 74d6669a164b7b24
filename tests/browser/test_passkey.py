"""A person with a passkey alone, from an invitation to consent on chain, in Debian's Chromium with its virtual authenticator."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from chain import admission
from chain.bindings import data_sets
from protocol import ids
from protocol.catalogue import DATA_SET_TYPE, DataSetDescriptor
from protocol.contract import Input, Step
from protocol.enrolment import ENROLMENT_TYPE, Application, Enrolment
from protocol.fields import Document
from protocol.registrations import DataSetRegistration, SignedRegistration
from tests import patience
from tests.browser.desk_acts import answered, press, shown
from tests.browser.desk_site import DeskSite, apart, desk_site
from tests.integration.orchestrator.world import COLUMNS, PROGRAM, WORDS, KeySigner, Party

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
DEVICE = {
    "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[DeskSite]:
    with desk_site(host="localhost") as made:
        expect.set_options(timeout=patience.scaled(30) * 1000)
        yield made
        expect.set_options(timeout=5000)


@dataclass(frozen=True)
class Device:
    """The authenticator of a page."""

    session: CDPSession
    id: str

    @classmethod
    def of(cls, page: Page) -> "Device":
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        return cls(session, made["authenticatorId"])

    def goes_away(self) -> None:
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})

    def recognises(self, anybody: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": anybody})


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page without any wallet, on which no policy is broken and no error thrown."""
    opened = chromium.new_page()
    opened.set_default_timeout(patience.scaled(15) * 1000)
    seen: list[str] = []
    opened.on("pageerror", lambda error: seen.append(str(error)))
    opened.on("console", lambda message: seen.append(message.text) if "Content Security" in message.text else None)
    yield opened
    opened.close()
    assert seen == []


@pytest.fixture
def device(page: Page) -> Device:
    return Device.of(page)


def invited(site: DeskSite, party: str) -> str:
    """The page's address as `tally admission invite --page` prints it."""
    code = site.client("platform").invite(party, site.world.clock() + 86_400)
    return f"{site.url}/en/desk/join#party={party}&invitation={code}"


def account_on(page: Page) -> str:
    return page.locator("[data-account]").inner_text()


def has_account_made(site: DeskSite, page: Page) -> None:
    with page.expect_response("**/v1/passkey-accounts"):
        press(page, "Have the account made")
    site.world.settle()
    shown(page, "The chain has the account")


def application(site: DeskSite, party: str, account: str) -> Application:
    """What `tally node prepare` writes on the party's node."""
    known = site.world.parties.setdefault(party, Party(party, ("compute-provider", "data-provider")))
    enrolment = replace(site.world.enrolment(known), wallet=account.lower())
    node = known.envelope(enrolment.data(), ENROLMENT_TYPE), KeySigner(known.signer).sign_digest
    return Application.unsigned(enrolment, site.world.domains.domain("PartyRegistry"), node)


def load(page: Page, made: Document, label: str = "The application's file") -> None:
    file: Any = {"name": "file.json", "mimeType": "application/json", "buffer": made.data()}
    page.get_by_label(label).set_input_files(file)


def fingerprint_on(page: Page) -> str:
    return page.locator("[data-fingerprint]").inner_text()


def test_from_an_invitation_to_consent_on_chain(site: DeskSite, page: Page, device: Device) -> None:
    party, world = "clinic", site.world
    page.goto(invited(site, party))
    press(page, "Make a passkey")
    account = account_on(page)
    has_account_made(site, page)

    made = application(site, party, account)
    load(page, made)
    shown(page, "clinic-operator")
    shown(page, "shows none of the words")
    press(page, "Sign the application with my passkey")
    shown(page, "clinic has applied")
    fingerprint = fingerprint_on(page)
    sent = site.client("platform").application(party)
    assert sent.invited
    assert replace(sent.application, wallet_signature=b"") == made
    assert Enrolment.read(sent.application.enrolment).fingerprint == fingerprint
    admission.admit(world.gateway, sent.application, fingerprint=fingerprint)
    world.settle()

    page.goto(f"{site.url}/en/desk/mine")
    press(page, f"Connect Passkey of {party}")
    shown(page, "shows none of the words")
    press(page, "Sign in")
    shown(page, f"Signed in to read as {party}")
    data_set = registered(site, page, party)
    task = proposed(site, party, data_set)
    page.goto(site.page())
    page.locator(f'a[href$="{ids.prefixed("task", task)}"]').click()
    press(page, "Sign with my wallet")
    shown(page, "Receipt: you authorized the task")
    world.settle()
    shown(page, "the chain has it")
    (request,) = [it for it in site.client("hospital").authorizations(task) if it.owner == party]
    assert request.status == "on-chain"

    page.get_by_text("Take this authorization back").click()
    press(page, "Take it back with my wallet")
    shown(page, "Receipt: you took the authorization back")
    world.settle()
    lines = apart(lambda: world.client(party, node=True).own_authorizations().items)
    assert [line.status for line in lines if line.task == task] == ["revoked"]

    refused = proposed(site, party, data_set)
    page.goto(site.page(refused))
    page.get_by_text("Refuse instead").click()
    device.recognises(False)
    press(page, "Refuse with my wallet")
    shown(page, "You rejected it on the device")
    device.recognises(True)
    press(page, "Refuse with my wallet")
    shown(page, "Receipt: you refused the task")
    world.settle()
    assert site.client("hospital").task(refused).state == "refused"


def registered(site: DeskSite, page: Page, party: str) -> str:
    """A data set of the party's: its node writes the registration, the page has the passkey sign it, the node sends it."""
    world, name = site.world, f"visits-{secrets.token_hex(16)}"
    described = DataSetDescriptor(name, 1, party, WORDS, COLUMNS, 1000, 3, ())
    envelope = world.parties[party].envelope(described.data(), DATA_SET_TYPE)
    apart(lambda: world.client(party, node=True).register_data_set(envelope))
    message = DataSetRegistration(name, party, 1, described.digest(), b"\x33" * 32, 1000, 3, "consent on file")
    stranger = replace(message, owner="laboratory")
    load(page, SignedRegistration(stranger, b""), "The node's file")
    shown(page, "paper.other_party")
    load(page, SignedRegistration(message, b""), "The node's file")
    shown(
        page, f"You register version 1 of the data set {name}: 1000 rows, data level 3, legal basis “consent on file”"
    )
    with page.expect_download() as saved:
        press(page, "Sign it and save the file")
    signed = SignedRegistration.read(saved.value.path().read_bytes())
    assert signed.message == message
    world.gateway.send(data_sets.register(data_sets.DataSetRegistration(*message.chain_args()), signed.signature))
    world.settle()
    return name


def proposed(site: DeskSite, party: str, data_set: str) -> bytes:
    """A task over the party's data and the laboratory's."""
    references = {party: data_set, "laboratory": site.world.references["laboratory"]}
    inputs = sorted(
        (Input(of, 1, owner, ("age",), ()) for owner, of in references.items()), key=lambda each: each.data_set
    )
    steps = (Step("train", PROGRAM, (), (("table", tuple(sorted(references.values()))),)),)
    return site.proposed(inputs=tuple(inputs), steps=steps)


def test_attack_a_server_that_names_another_account(site: DeskSite, page: Page, device: Device) -> None:
    page.goto(invited(site, "victim"))
    press(page, "Make a passkey")
    account = account_on(page)

    def swap(body: Any) -> None:
        body["account"] = "0x" + "5a" * 20

    answered(page, "passkey-accounts", swap)
    press(page, "Have the account made")
    shown(page, "passkey.other_account")
    assert account_on(page) == account
    expect(page.locator("#desk")).not_to_contain_text("The chain has the account")


def test_attack_an_application_that_names_somebody_else(site: DeskSite, page: Page, device: Device) -> None:
    page.goto(invited(site, "guest"))
    press(page, "Make a passkey")
    account = account_on(page)
    has_account_made(site, page)
    good = application(site, "guest", account)
    other = application(site, "stray", account)
    signed = replace(good, wallet_signature=b"\1" * 65)
    forged = replace(good, node_signature=other.node_signature)
    for made, code in (
        (application(site, "guest", "0x" + "5a" * 20), "join.other_wallet"),
        (other, "join.other_party"),
        (signed, "join.signed"),
        (forged, "signature.not_node"),
    ):
        load(page, made)
        shown(page, code)
        expect(page.get_by_role("button", name="Sign the application with my passkey")).to_have_count(0)
    load(page, good)
    expect(page.get_by_role("button", name="Sign the application with my passkey")).to_be_visible()


def test_a_second_passkey_on_another_device_speaks_for_the_same_account(
    site: DeskSite, page: Page, device: Device
) -> None:
    page.goto(invited(site, "twofold"))
    press(page, "Make a passkey")
    alone = account_on(page)
    press(page, "Make a second passkey on another device")
    shown(page, "passkey.same_device")
    device.goes_away()
    Device.of(page)
    press(page, "Make a second passkey on another device")
    expect(page.locator("dt").filter(has_text="Passkey 2")).to_be_visible()
    account = account_on(page)
    assert account != alone, "other owners are another account"
    has_account_made(site, page)
    expect(page.get_by_role("button", name="Make a second passkey on another device")).to_have_count(0)
    load(page, application(site, "twofold", account))
    press(page, "Sign the application with my passkey")
    shown(page, "twofold has applied")
    sent = site.client("platform").application("twofold")
    assert Enrolment.read(sent.application.enrolment).wallet == account.lower()


def test_passkeys_come_along_to_another_browser_as_a_file(
    site: DeskSite, chromium: Browser, page: Page, device: Device
) -> None:
    page.goto(invited(site, "nomad"))
    press(page, "Make a passkey")
    account = account_on(page)
    with page.expect_download() as saved:
        press(page, "Save a copy for my other browsers")
    with chromium.new_context() as context:
        other = context.new_page()
        other.goto(f"{site.url}/zh/desk/join#party=nomad")
        other.locator('input[type="file"]').set_input_files(saved.value.path())
        expect(other.locator("[data-account]")).to_have_text(account)


def test_a_page_at_a_number_says_what_passkeys_need(site: DeskSite, page: Page) -> None:
    page.goto(site.url.replace("localhost", "127.0.0.1") + "/en/desk/join")
    shown(page, "a name instead of a number")
