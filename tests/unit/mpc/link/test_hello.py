"""The handshake's payloads: round trips, enemies' bytes, and what a hello is compared with."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from mpc.link.errors import MalformedError
from mpc.link.hello import (
    Hello,
    NonceClaim,
    check_hello,
    claim,
    claim_lifetime,
    decode_echo,
    decode_hello,
    encode_echo,
    holds,
)

KEYS = {name: Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32)) for name in ("alice", "bob", "carol")}
TASK, PROGRAMS, NOW = b"t" * 32, b"p" * 32, 1_800_000_000
PARTIES = tuple(
    PeerConfig(name, "127.0.0.1", 4000 + i, key.public_key().public_bytes_raw())
    for i, (name, key) in enumerate(KEYS.items())
)
CONFIG = SessionConfig(TASK, "alice", PARTIES, "127.0.0.1", 4000, KEYS["alice"], PROGRAMS)
GOOD = Hello(claim(KEYS["bob"], TASK, "bob", b"n" * 32, NOW), "alice", TASK, PROGRAMS, NOW)

names = st.from_regex(r"[a-z0-9-]{1,63}", fullmatch=True)
claims = st.builds(
    NonceClaim,
    names,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=64, max_size=64),
)
digests = st.binary(min_size=32, max_size=32)
hellos = st.builds(Hello, claims, names, digests, digests, st.integers(0, 2**64 - 1))


@given(hellos)
def test_hello_round_trips(hello: Hello) -> None:
    assert decode_hello(hello.encode()) == hello


@given(st.lists(claims, max_size=5, unique_by=lambda item: item.party))
def test_echo_round_trips(items: list[NonceClaim]) -> None:
    by_party = {item.party: item for item in items}
    assert decode_echo(encode_echo(by_party)) == by_party


@given(st.binary(max_size=300), hellos, st.integers(0, 400))
def test_any_bytes_are_a_hello_or_malformed(junk: bytes, hello: Hello, cut: int) -> None:
    for data in (junk, hello.encode()[:cut], hello.encode() + junk[:3], b"TLYL\x00\x01" + junk):
        for decode in (decode_hello, decode_echo):
            try:
                decode(data)
            except MalformedError as error:
                assert error.code in {"link.malformed_frame", "link.version_mismatch"}


def test_an_echo_with_too_many_or_unsorted_parties_is_malformed() -> None:
    first, second = GOOD.claim, dataclasses.replace(GOOD.claim, party="carol")
    for data in (
        b"\xff\xff",
        b"\x00\x02" + second.encode() + first.encode(),
        b"\x00\x02" + first.encode() + first.encode(),
    ):
        with pytest.raises(MalformedError):
            decode_echo(data)


def test_a_claim_holds_for_its_own_party_task_nonce_and_time_only() -> None:
    key = PARTIES[1].node_key
    assert holds(GOOD.claim, TASK, key)
    assert not holds(GOOD.claim, b"u" * 32, key)
    assert not holds(GOOD.claim, TASK, PARTIES[2].node_key)
    for change in ({"party": "carol"}, {"nonce": b"m" * 32}, {"made": NOW + 1}, {"signature": b"0" * 64}):
        assert not holds(dataclasses.replace(GOOD.claim, **change), TASK, key)


def test_a_good_hello_passes() -> None:
    check_hello(GOOD, CONFIG, PARTIES[1], NOW + 300)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"claim": claim(KEYS["bob"], TASK, "carol", b"n" * 32, NOW)}, "link.wrong_party"),
        ({"to": "carol"}, "link.wrong_party"),
        ({"task": b"u" * 32}, "link.task_mismatch"),
        ({"program_digest": b"q" * 32}, "link.program_mismatch"),
        ({"clock": NOW + 301}, "link.clock_skew"),
        ({"clock": NOW - 301}, "link.clock_skew"),
        ({"clock": 0}, "link.clock_skew"),
        ({"claim": claim(KEYS["carol"], TASK, "bob", b"n" * 32, NOW)}, "link.malformed_frame"),
    ],
)
def test_each_difference_has_its_code(change: dict[str, object], code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        check_hello(dataclasses.replace(GOOD, **change), CONFIG, PARTIES[1], NOW)
    assert caught.value.code == code


def test_another_version_is_told_apart_from_garbage() -> None:
    data = GOOD.encode()
    with pytest.raises(MalformedError) as caught:
        decode_hello(data[:4] + b"\x00\x02" + data[6:])
    assert caught.value.code == "link.version_mismatch"


def test_a_claim_outlives_clock_skew_and_the_handshake() -> None:
    assert claim_lifetime(LinkTimeouts(connect=100, handshake=10)) == 411
