"""Codecs: what is read is what is written, and each refuses its neighbours' values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import codec
from protocol.codec import Codec
from protocol.errors import FormatError

GOOD: list[tuple[Codec[Any], object, object]] = [
    (codec.HASH, "0x" + "ab" * 32, b"\xab" * 32),
    (codec.NAME, "bank-a", "bank-a"),
    (codec.PROGRAM, "glm.logistic@1.0.0", "glm.logistic@1.0.0"),
    (codec.CODE, "run.deadline", "run.deadline"),
    (codec.COUNT, 7, 7),
    (codec.UINT64, str(2**64 - 1), 2**64 - 1),
    (codec.integer(3, 5), 4, 4),
    (codec.choice(("a", "b")), "b", "b"),
    (codec.raw(4), "AAECAw==", b"\0\1\2\3"),
    (codec.optional(codec.COUNT), None, None),
    (codec.optional(codec.COUNT), 1, 1),
    (codec.sequence(codec.COUNT, 3), [3, 1, 2], (3, 1, 2)),
    (codec.names(3), ["a", "b"], ("a", "b")),
    (codec.counts(2), {"a": 1, "b": 2}, (("a", 1), ("b", 2))),
]
BAD: list[tuple[Codec[Any], object]] = [
    (codec.HASH, "0x" + "AB" * 32),
    (codec.HASH, "ab" * 32),
    (codec.HASH, 5),
    (codec.CODE, "Run"),
    (codec.CODE, "x" * 64),
    (codec.COUNT, True),
    (codec.COUNT, -1),
    (codec.COUNT, 2**53),
    (codec.COUNT, "7"),
    (codec.UINT64, 7),
    (codec.UINT64, "07"),
    (codec.UINT64, str(2**64)),
    (codec.integer(3, 5), 6),
    (codec.choice(("a", "b")), "c"),
    (codec.choice(("a", "b")), ["a"]),
    (codec.raw(4), "AAECAw"),
    (codec.raw(4), "AAEC"),
    (codec.raw(4), "AAECAwQ="),
    (codec.sequence(codec.COUNT, 3), [1, 2, 3, 4]),
    (codec.sequence(codec.COUNT, 3), {"0": 1}),
    (codec.names(3), ["b", "a"]),
    (codec.names(3), ["a", "a"]),
    (codec.counts(2), {"a": 1, "b": 2, "c": 3}),
    (codec.counts(2), {"A": 1}),
    (codec.counts(2), {"a": 1.5}),
]


@pytest.mark.parametrize(("kind", "json", "value"), GOOD)
def test_reading_and_writing(kind: Codec[Any], json: object, value: object) -> None:
    assert kind.read(json, "field") == value
    assert kind.write(value) == json


@pytest.mark.parametrize(("kind", "json"), BAD)
def test_refused(kind: Codec[Any], json: object) -> None:
    with pytest.raises(FormatError, match="field"):
        kind.read(json, "field")


@given(
    st.sampled_from([kind for kind, _, _ in GOOD]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=70),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_json_is_refused_or_round_trips(kind: Codec[Any], json: object) -> None:
    try:
        value = kind.read(json, "field")
    except FormatError:
        return
    assert kind.write(value) == json
