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
ENGINE, CODE = "tallystick.engine@1.0.0", b"e" * 32
PARTIES = tuple(
    PeerConfig(name, "127.0.0.1", 4000 + i, key.public_key().public_bytes_raw())
    for i, (name, key) in enumerate(KEYS.items())
)
CONFIG = SessionConfig(TASK, "alice", PARTIES, "127.0.0.1", 4000, KEYS["alice"], PROGRAMS, ENGINE, CODE)
GOOD = Hello(ENGINE, CODE, claim(KEYS["bob"], TASK, "bob", b"n" * 32, NOW), "alice", TASK, PROGRAMS, NOW)

names = st.from_regex(r"[a-z0-9-]{1,63}", fullmatch=True)
claims = st.builds(
    NonceClaim,
    names,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=64, max_size=64),
)
digests = st.binary(min_size=32, max_size=32)
engines = st.from_regex(r"[a-z0-9_.]{1,63}@[1-9]\.[1-9]\.[1-9]", fullmatch=True)
hellos = st.builds(Hello, engines, digests, claims, names, digests, digests, st.integers(0, 2**64 - 1))


@given(hellos)
def test_hello_round_trips(hello: Hello) -> None:
    assert decode_hello(hello.encode(), ENGINE) == hello


@given(st.lists(claims, max_size=5, unique_by=lambda item: item.party))
def test_echo_round_trips(items: list[NonceClaim]) -> None:
    by_party = {item.party: item for item in items}
    assert decode_echo(encode_echo(by_party)) == by_party


@given(st.binary(max_size=300), hellos, st.integers(0, 400))
def test_any_bytes_are_a_hello_or_malformed(junk: bytes, hello: Hello, cut: int) -> None:
    for data in (junk, hello.encode()[:cut], hello.encode() + junk[:3], b"TLYL\x00\x01" + junk):
        for decode in (lambda payload: decode_hello(payload, ENGINE), decode_echo):
            try:
                decode(data)
            except MalformedError as error:
                assert error.code in {"link.malformed_frame", "link.engine_mismatch"}


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
        ({"engine_digest": b"f" * 32}, "link.engine_mismatch"),
        ({"engine_digest": b"f" * 32, "engine": "tallystick.engine@1.0.1"}, "link.engine_mismatch"),
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


@pytest.mark.parametrize("version", [0, 1, 2, 4, 65_535])
def test_a_hello_of_another_version_still_names_its_engine(version: int) -> None:
    """What follows the engine may be anything: it is another engine's."""
    other = dataclasses.replace(GOOD, engine="tallystick.engine@9.0.0").encode()
    head = len(b"TLYL") + 2 + 1 + len("tallystick.engine@9.0.0") + 32
    with pytest.raises(MalformedError) as caught:
        decode_hello(other[:4] + version.to_bytes(2, "big") + other[6:head] + b"whatever", ENGINE)
    assert caught.value.code == "link.engine_mismatch"
    assert "tallystick.engine@9.0.0" in caught.value.what
    assert ENGINE in caught.value.what


@given(engines, digests)
def test_nodes_pair_exactly_when_their_engines_are_the_same_code(engine: str, code: bytes) -> None:
    hello = dataclasses.replace(GOOD, engine=engine, engine_digest=code)
    if code == CODE:
        check_hello(hello, CONFIG, PARTIES[1], NOW)
        return
    with pytest.raises(MalformedError) as caught:
        check_hello(hello, CONFIG, PARTIES[1], NOW)
    assert caught.value.code == "link.engine_mismatch"
    assert engine in caught.value.what
    assert ENGINE in caught.value.what
    assert engine != ENGINE or code.hex() in caught.value.what


@pytest.mark.parametrize("engine", ["", "engine", "ENGINE@1.0.0", "x" * 64 + "@1.0.0", "x@1.0.0\nforged line"])
def test_attack_a_peers_engine_that_is_no_name_reaches_no_log(engine: str) -> None:
    with pytest.raises(MalformedError, match="names no engine") as caught:
        decode_hello(dataclasses.replace(GOOD, engine=engine).encode(), ENGINE)
    assert caught.value.code == "link.malformed_frame"


def test_a_claim_outlives_clock_skew_and_the_handshake() -> None:
    assert claim_lifetime(LinkTimeouts(connect=100, handshake=10)) == 411
