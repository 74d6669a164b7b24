"""Sealed broker credentials: they open for the node they were made for, and name a broker but never another's corner of it."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from kombu.utils.url import parse_url

from protocol import sealing
from protocol.credentials import (
    SKEW,
    BrokerCredentials,
    BrokerPlace,
    SealedCredentials,
    key_prefix,
    seal,
    unseal,
    user_of,
    virtual_host,
)
from protocol.errors import FormatError, TallyError, VerificationError

KEY = X25519PrivateKey.from_private_bytes(b"\x07" * 32)
OTHER = X25519PrivateKey.from_private_bytes(b"\x08" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
DEPLOYMENT = b"\x05" * 32
NOW = 1_800_000_000
PASSWORD = "p" * 43
PLACES = (
    BrokerPlace("amqp", "broker.example:5672"),
    BrokerPlace("amqps", "[2001:db8::1]:5671"),
    BrokerPlace("redis", "127.0.0.1:6379"),
    BrokerPlace("rediss", "broker_1:6379"),
    BrokerPlace("redis+socket", "/tmp/a-b/redis.sock"),
)


def made(party: str = "clinic", issued: int = NOW, place: BrokerPlace = PLACES[0]) -> BrokerCredentials:
    return BrokerCredentials(party, issued, place, PASSWORD)


def opened(found: SealedCredentials, **changes: object) -> BrokerCredentials:
    given: dict[str, object] = {
        "key": KEY,
        "party": "clinic",
        "deployment": DEPLOYMENT,
        "after": 0,
        "now": NOW,
    } | changes
    return unseal(found, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.transport)
def test_what_is_sealed_opens_for_its_node(place: BrokerPlace) -> None:
    credentials = made(place=place)
    found = SealedCredentials.read(seal(credentials, PUBLIC, DEPLOYMENT).data())
    assert opened(found) == credentials
    assert PASSWORD.encode() not in found.data()
    assert PASSWORD not in repr(credentials)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.transport)
def test_a_url_is_of_the_partys_own_corner_as_kombu_reads_it(place: BrokerPlace) -> None:
    url = made(place=place).url
    read = parse_url(url.replace("redis+socket://", "socket://"))
    assert (read["userid"], read["password"]) == (user_of("clinic"), PASSWORD)
    if place.transport.startswith("amqp"):
        assert (read["virtual_host"], made(place=place).prefix) == (virtual_host("clinic"), "")
    else:
        assert made(place=place).prefix == key_prefix("clinic") == "party.clinic:"
    if place.transport == "redis+socket":
        assert "/" + read["virtual_host"] == place.place
    else:
        host, _, port = place.place.rpartition(":")
        assert (read["hostname"], read["port"]) == (host.strip("[]"), int(port))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": OTHER}, "credentials.not_opened"),
        ({"deployment": b"\x06" * 32}, "credentials.not_opened"),
        ({"party": "hospital"}, "credentials.other_party"),
        ({"after": NOW}, "credentials.replayed"),
        ({"after": NOW + 9}, "credentials.replayed"),
        ({"now": NOW - SKEW - 1}, "credentials.future"),
    ],
)
def test_attack_credentials_that_are_not_this_nodes_or_not_of_now(changes: dict[str, object], code: str) -> None:
    """A stranger's key, another deployment, another party, an envelope of before, one that would lock out all later ones."""
    with pytest.raises(TallyError, match=code.replace(".", r"\.")):
        opened(seal(made(), PUBLIC, DEPLOYMENT), **changes)


@pytest.mark.parametrize(
    "change", [{"party": "clinic", "issued": NOW + 1}, {"seal_key": bytes(32)}, {"sealed": b"x" * 99}]
)
def test_attack_an_envelope_says_otherwise_than_what_is_sealed(change: dict[str, object]) -> None:
    """A replayed box under a new time does not open; the key that it names is no part of what decides."""
    found = replace(seal(made(), PUBLIC, DEPLOYMENT), **change)  # type: ignore[arg-type]
    if "seal_key" in change:
        assert opened(found) == made()
        return
    with pytest.raises(VerificationError, match=r"credentials\.not_opened"):
        opened(found)


def test_attack_a_coordinator_seals_another_partys_credentials_to_this_node() -> None:
    """Everything in the envelope is right but what is inside: hospital's login is not the clinic's."""
    theirs = made("hospital")
    info = seal(made(), PUBLIC, DEPLOYMENT)
    for inside in (theirs, made(issued=NOW - 1)):
        box = sealing.seal(PUBLIC, _info("clinic", NOW), inside.data())
        with pytest.raises(VerificationError, match=r"credentials\.other_party"):
            opened(replace(info, sealed=box))


def _info(party: str, issued: int) -> bytes:
    """Spelled out: what is hashed is fixed for good."""
    about = f'{{"deployment":"0x{DEPLOYMENT.hex()}","issued":"{issued}","party":"{party}"}}'
    return b"tallystick/broker-credentials/v1\0" + about.encode()


@given(st.data())
def test_attack_any_other_byte_opens_nothing(data: st.DataObject) -> None:
    found = seal(made(), PUBLIC, DEPLOYMENT)
    at, bit = data.draw(st.integers(0, len(found.sealed) - 1)), data.draw(st.integers(0, 7))
    box = bytearray(found.sealed)
    box[at] ^= 1 << bit
    with pytest.raises(VerificationError, match=r"credentials\.not_opened"):
        opened(replace(found, sealed=bytes(box)))


@pytest.mark.parametrize(
    ("transport", "place"),
    [
        ("filesystem", "/tmp"),
        ("memory", "x:1"),
        ("sqla+sqlite", "/tmp/x.db"),
        ("amqp", "evil.example:5672/party-hospital"),
        ("amqp", "user:pw@evil.example:5672"),
        ("amqp", "evil.example:5672?x=y"),
        ("amqp", "evil.example:5672;amqp"),
        ("amqp", "evil.example"),
        ("redis", "h:1/0#x"),
        ("redis+socket", "relative/path"),
        ("redis+socket", "/tmp/x?virtual_host=9"),
        ("redis+socket", "/tmp/x y"),
    ],
)
def test_attack_a_place_that_leads_elsewhere(transport: str, place: str) -> None:
    """Transports that read files or run queries, other virtual hosts, a second address, options in the query."""
    with pytest.raises(FormatError, match=r"credentials\.(place|transport)"):
        BrokerPlace.parse({"transport": transport, "place": place}, "nodes")


@pytest.mark.parametrize("password", ["", "short", "p" * 30 + "@evil:1/", "p" * 30 + "\n", "p" * 129])
def test_attack_a_password_that_leads_elsewhere(password: str) -> None:
    with pytest.raises(FormatError, match=r"credentials\.secret"):
        BrokerCredentials.parse({**made().to_json(), "password": password})


@given(st.from_regex(r"[a-z0-9-]{1,63}", fullmatch=True), st.integers(1, 2**63), st.sampled_from(PLACES))
def test_every_issue_reads_back_as_it_was_written(party: str, issued: int, place: BrokerPlace) -> None:
    credentials = made(party, issued, place)
    assert BrokerCredentials.read(credentials.data()) == credentials
    found = seal(credentials, PUBLIC, DEPLOYMENT)
    assert unseal(found, KEY, party, DEPLOYMENT, after=issued - 1, now=issued) == credentials
    assert SealedCredentials.read(found.data()) == found
