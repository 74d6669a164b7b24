"""Access keys: what a wallet signs of one, and what a header may hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import access_keys
from protocol.access_keys import DAY, LONGEST, RANDOM, SCOPES, KeyRequest, digest, header, made_of, parse, presented
from protocol.errors import FormatError, VerificationError
from protocol.typed import AccessKey

NOW = 1_800_000_000
GOOD = AccessKey("hospital", bytes(32), ("evidence:read", "tasks:read"), "nightly report", NOW + DAY)


@given(st.binary(min_size=RANDOM, max_size=RANDOM))
def test_every_key_is_read_back_from_its_header(random: bytes) -> None:
    key = made_of(random)
    assert parse(header(key)) == digest(key)
    assert parse(f"bearer  {key}") == digest(key)
    assert presented(header(key))


@given(st.one_of(st.text(max_size=100), st.text(max_size=60).map(lambda text: f"Bearer {text}")))
def test_what_is_no_key_is_refused_with_a_code(value: str) -> None:
    with pytest.raises(VerificationError, match=r"access\.key_unknown"):
        parse(value)


def test_a_token_of_a_wallet_is_no_key() -> None:
    assert not presented("Tallystick abc")
    assert not presented(None)
    assert not presented("")


@pytest.mark.parametrize("size", [0, RANDOM - 1, RANDOM + 1])
def test_a_key_has_all_its_random_bytes(size: int) -> None:
    with pytest.raises(FormatError, match=r"key\.random"):
        made_of(bytes(size))


@given(st.sets(st.sampled_from(sorted(SCOPES)), min_size=1), st.integers(1, LONGEST))
def test_what_may_be_signed(scopes: set[str], seconds: int) -> None:
    access_keys.require(replace(GOOD, scopes=tuple(sorted(scopes)), not_after=NOW + seconds), NOW)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"scopes": ()}, "key.scopes"),
        ({"scopes": ("tasks:read", "evidence:read")}, "key.scopes"),
        ({"scopes": ("tasks:read", "tasks:read")}, "key.scopes"),
        ({"scopes": ("tasks:read", "tasks:write")}, "key.scopes"),
        ({"scopes": ("*",)}, "key.scopes"),
        ({"label": ""}, "key.label"),
        ({"label": "x" * 81}, "key.label"),
        ({"not_after": NOW}, "key.time"),
        ({"not_after": NOW + LONGEST + 1}, "key.time"),
        ({"party": "Hospital"}, "id.malformed"),
    ],
)
def test_what_no_coordinator_keeps(changed: dict[str, object], code: str) -> None:
    access_keys.require(GOOD, NOW)
    with pytest.raises(FormatError) as caught:
        access_keys.require(replace(GOOD, **changed), NOW)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_request_holds_what_was_signed_and_nothing_else() -> None:
    request = KeyRequest(GOOD, bytes(65))
    assert KeyRequest.parse(request.to_json()) == request
    with pytest.raises(FormatError, match=r"json\.unknown_field"):
        KeyRequest.parse(request.to_json() | {"scopes": ["tasks:submit"]})
