"""The words between doors: one encoding each, and nothing else is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.link.errors import MalformedError
from workers.slots.words import Claim, Go, Held, Offer, PeerState, Release, Standing, Word, WordKind, decode, encode

ids, rounds = st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16)
words = st.one_of(
    st.builds(Offer, ids, rounds, st.booleans()),
    st.builds(Claim, ids, rounds),
    st.builds(Held, ids, rounds),
    st.builds(Go, ids, rounds, ids),
    st.builds(Release, ids, rounds),
    st.builds(Standing, ids, st.booleans(), st.lists(st.sampled_from(PeerState), max_size=132).map(tuple)),
)


@given(words)
def test_every_word_comes_back(word: Word) -> None:
    kind, payload = encode(word)
    assert decode(kind, payload) == word


@given(words, st.data())
def test_no_other_length_is_read(word: Word, data: st.DataObject) -> None:
    kind, payload = encode(word)
    with pytest.raises(MalformedError):
        decode(kind, payload + b"\0")
    with pytest.raises(MalformedError):
        decode(kind, payload[: data.draw(st.integers(0, len(payload) - 1))])


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (WordKind.OFFER, bytes(48) + b"\2"),
        (WordKind.STANDING, bytes(32) + b"\2\0"),
        (WordKind.STANDING, bytes(32) + b"\0\1\3"),
        (WordKind.STANDING, bytes(32) + b"\0\x85" + bytes(133)),
        (WordKind.PING, b"x"),
    ],
)
def test_unknown_values_are_refused(kind: WordKind, payload: bytes) -> None:
    with pytest.raises(MalformedError):
        decode(kind, payload)
