"""From an invitation to a session with a passkey alone; what somebody else has a passkey sign is worth nothing."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from chain import admission, passkeys
from orchestrator.services import passkey_accounts
from protocol import sign_in
from protocol.api import PasskeyAccountRequest
from protocol.enrolment import Application, Enrolment
from protocol.errors import TallyError
from protocol.passkeys import challenge_of, signature_of
from protocol.sign_in import SignInMessage
from protocol.typed import Domain
from tests.authenticator import Authenticator
from tests.integration.orchestrator.world import PUBLIC_URL, Party, World
from tests.unit.orchestrator.asgi import client_of

OWN = {"origin": "https://tally.example", "sec-fetch-site": "same-origin"}


@dataclass
class Person:
    """Somebody who was invited under a name, with a passkey."""

    world: World
    name: str
    authenticator: Authenticator

    @property
    def account(self) -> str:
        return passkeys.address_of(self.world.deployment, self.authenticator.owners).lower()

    @property
    def domain(self) -> Domain:
        return Domain(self.world.deployment.chain_id, self.account, self.world.domains.deployment_id)

    def asks(self, code: str | None, **changes: Any) -> httpx.Response:
        request = PasskeyAccountRequest(self.name, self.authenticator.owners)
        headers = {} if code is None else {"invitation": code}
        return self.world.http.post("/v1/passkey-accounts", json=request.to_json() | changes, headers=headers)

    def sign(self, digest: bytes) -> bytes:
        return self.authenticator.sign(digest, self.domain)

    def application(self) -> Application:
        self.world.parties[self.name] = party = Party(self.name, ("compute-provider",))
        enrolment = replace(self.world.enrolment(party), wallet=self.account)
        registry = self.world.domains.domain("PartyRegistry")
        return replace(self.world.signed(enrolment), wallet_signature=self.sign(enrolment.admission().digest(registry)))


def person(world: World) -> Person:
    return Person(world, f"guest-{secrets.token_hex(6)}", Authenticator(PUBLIC_URL))


def invited(world: World, name: str) -> str:
    return world.client("platform").invite(name, world.clock() + 86_400)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture(scope="module")
def member(world: World) -> Person:
    """Who was invited, got an account, applied with it and was admitted."""
    found = person(world)
    invitation = invited(world, found.name)
    answer = found.asks(invitation)
    assert (answer.status_code, answer.json()) == (202, {"account": found.account, "made": False})
    assert found.asks(invitation).json() == answer.json(), "asking twice is asking once"
    world.settle()
    assert found.asks(invitation).json() == {"account": found.account, "made": True}
    application = found.application()
    world.client(found.name).enrol(application, invitation)
    admission.admit(world.gateway, application)
    world.settle()
    return found


def entering(member: Person, sign: Callable[[bytes], bytes]) -> httpx.Response:
    """What becomes of a sign-in that is signed like this."""
    browser = client_of(member.world.app)
    browser.base_url = httpx.URL(PUBLIC_URL.removesuffix("/lab"))
    browser.headers.update(OWN)
    made = browser.post("/v1/sign-in", json={"wallet": member.account, "party": None}).json()
    signature = sign(sign_in.digest(SignInMessage.parse(made).text))
    body = {"sign_in": made["sign_in"], "seal": made["seal"], "signature": f"0x{signature.hex()}"}
    return browser.post("/v1/sessions", json=body)


def test_the_address_is_the_factorys_own(world: World) -> None:
    from chain.bindings import passkey_accounts as factory

    for _ in range(3):
        found = person(world)
        owners = tuple(factory.Passkey(it.x, it.y) for it in found.authenticator.owners.passkeys)
        assert world.gateway.read(factory.address_of(owners, 1, bytes(32))).lower() == found.account


def test_a_passkey_alone_opens_a_session(member: Person) -> None:
    answer = entering(member, member.sign)
    assert (answer.status_code, answer.json()["party"]) == (201, member.name)


def test_attack_an_assertion_that_another_site_asked_for(member: Person) -> None:
    """A site below the same domain may ask for the same passkey; only the page's origin tells it apart."""

    def elsewhere(digest: bytes) -> bytes:
        return signature_of(
            member.authenticator.assertion(challenge_of(digest, member.domain), page="https://evil.tally.example")
        )

    assert code(entering(member, elsewhere)) == (403, "passkey.origin")


def test_attack_the_origin_hidden_behind_a_looser_encoding(member: Person) -> None:
    """The contract's decoder reads it; what it reads must be what was looked at."""

    def looser(digest: bytes) -> bytes:
        return member.sign(digest) + bytes(32)

    digest = secrets.token_bytes(32)
    assert member.world.app.state.context.chain.wallet_accepts(member.account, digest, looser(digest))
    assert code(entering(member, looser)) == (403, "passkey.malformed")


@pytest.mark.parametrize(
    ("refused", "changes"),
    [
        ("passkey.not_recognised", {"flags": 1}),
        ("passkey.nobody_there", {"flags": 4}),
        ("passkey.malleable", {"high": True}),
        ("passkey.kind", {"kind": "webauthn.create"}),
    ],
)
def test_attack_what_the_account_does_not_take_is_said(member: Person, refused: str, changes: dict[str, Any]) -> None:
    def bent(digest: bytes) -> bytes:
        return signature_of(member.authenticator.assertion(challenge_of(digest, member.domain), **changes))

    assert code(entering(member, bent)) == (403, refused)


def test_attack_an_assertion_of_another_challenge_account_or_passkey(member: Person) -> None:
    other = person(member.world)
    stale = member.sign(secrets.token_bytes(32))
    assert code(entering(member, lambda _: stale)) == (403, "passkey.challenge")
    bare = Domain(member.domain.chain_id, other.account, member.domain.salt)
    assert code(entering(member, lambda digest: member.authenticator.sign(digest, bare))) == (403, "passkey.challenge")
    assert code(entering(member, lambda digest: other.authenticator.sign(digest, member.domain))) == (
        403,
        "signature.not_wallet",
    ), "a good assertion, of a passkey that is not the account's"
    assert code(entering(member, lambda _: b"junk")) == (403, "passkey.malformed")


def test_attack_a_server_that_puts_another_account_in_the_application(world: World, member: Person) -> None:
    """What the passkey signed names its own account: with another one the application is nobody's."""
    found, thief = person(world), person(world)
    for each in (found, thief):
        each.asks(invited(world, each.name))
    world.settle()
    application = found.application()
    swapped = replace(Enrolment.read(application.enrolment), wallet=thief.account)
    with pytest.raises(TallyError) as error:
        world.client(found.name).enrol(replace(world.signed(swapped), wallet_signature=application.wallet_signature))
    assert error.value.code == "signature.not_wallet"


def test_accounts_are_made_for_who_is_invited(world: World) -> None:
    found = person(world)
    assert code(found.asks(None)) == (400, "json.missing_field")
    assert code(found.asks("a-guess")) == (403, "invitation.not_good")
    invitation = invited(world, found.name)
    other = person(world)
    assert code(other.asks(invitation)) == (403, "invitation.not_good"), "it is good for its own name only"
    off_curve = found.authenticator.owners.to_json() | {"passkeys": [{"x": "0x" + "11" * 32, "y": "0x" + "11" * 32}]}
    assert code(found.asks(invitation, owners=off_curve)) == (400, "passkey.not_on_curve")
    for _ in range(passkey_accounts.MOST):
        assert replace(found, authenticator=Authenticator(PUBLIC_URL)).asks(invitation).status_code == 202
    assert code(found.asks(invitation)) == (429, "passkey.too_many")


def test_a_used_invitation_makes_no_more_accounts(world: World) -> None:
    found = person(world)
    invitation = invited(world, found.name)
    found.asks(invitation)
    world.settle()
    application = found.application()
    world.client(found.name).enrol(application, invitation)
    assert code(replace(found, authenticator=Authenticator(PUBLIC_URL)).asks(invitation)) == (
        403,
        "invitation.not_good",
    )


def test_a_deployment_that_makes_none_says_so(world: World) -> None:
    found = person(world)
    kept = world.app.state.context
    world.app.state.context = replace(kept, deployment=replace(world.deployment, passkey_accounts=""))
    try:
        assert code(found.asks("any")) == (409, "passkey.off")
    finally:
        world.app.state.context = kept
