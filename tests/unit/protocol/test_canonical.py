import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical
from protocol.errors import TallyError
from tests.unit.protocol.strategies import json_values


@given(json_values)
def test_what_is_written_is_what_is_read(value: object) -> None:
    data = canonical.dumps(value)
    assert canonical.loads(data, 10**6) == json.loads(data) == json.loads(json.dumps(value))


@given(st.dictionaries(st.text("abcxyz", min_size=1), st.integers(0, 9), min_size=2))
def test_only_the_canonical_order_is_accepted(value: dict[str, int]) -> None:
    backwards = json.dumps(dict(sorted(value.items(), reverse=True)), separators=(",", ":")).encode()
    with pytest.raises(TallyError) as caught:
        canonical.loads(backwards, 10**6)
    assert caught.value.code == "json.not_canonical"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a":1,"a":1}', "json.duplicate_key"),
        (b'{"a":1.0}', "json.float"),
        (b'{"a":NaN}', "json.float"),
        (b'{"a":9007199254740992}', "json.integer_range"),
        (b'{"a": 1}', "json.not_canonical"),
        (b'{"a":"\xff"}', "json.malformed"),
        (b"{", "json.malformed"),
        (b'"\\ud800"', "json.not_canonical"),
        (b"[" * 100_000, "json.too_deep"),
        (b'{"a":' * 33, "json.too_deep"),
    ],
)
def test_other_json_is_refused_with_its_code(data: bytes, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        canonical.loads(data, 10**6)
    assert caught.value.code == code


def test_the_limit_is_checked_before_parsing() -> None:
    with pytest.raises(TallyError) as caught:
        canonical.loads(b"x" * 11, 10)
    assert caught.value.code == "json.too_large"


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    try:
        value = canonical.loads(data, 1000)
    except TallyError:
        return
    assert canonical.dumps(value) == data


@pytest.mark.parametrize("value", [1.5, {1: 2}, {"a": b"x"}, object(), 2**53, "\ud800"])
def test_values_without_a_canonical_form_are_refused(value: object) -> None:
    with pytest.raises(TallyError):
        canonical.dumps(value)
