"""The link's evidence: both ends hash the same, one changed byte shows, signatures are over exactly the statement."""

import dataclasses

import pytest
from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from mpc.link.errors import MalformedError
from mpc.link.frames import FrameType, header
from mpc.link.transcript import (
    GATHERED_BYTES,
    Direction,
    DirectionHash,
    check_countersignature,
    countersign,
    finished,
    seen_by,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
UP, DOWN = Direction(b"u" * 32, 5), Direction(b"d" * 32, 2**60)
RUN = b"r" * 32
SEEN = seen_by(RUN, "alice", "bob", UP, DOWN)
frames = st.lists(st.tuples(st.sampled_from(list(FrameType)), st.binary(max_size=50)), max_size=10)


@given(frames, st.integers(0, 50))
def test_a_direction_is_hashed_as_the_protocol_says_and_heartbeats_are_left_out(
    items: list[tuple[FrameType, bytes]], cut: int
) -> None:
    ours, count, whole = DirectionHash(), 0, b""
    for kind, payload in items:
        ours.add(kind, header(kind, len(payload)), payload[:cut], payload[cut:])
        if kind not in (FrameType.HEARTBEAT, FrameType.ABORT, FrameType.COUNTERSIGN):
            count, whole = count + 1, whole + bytes([kind]) + len(payload).to_bytes(4, "big") + payload
    assert ours.result() == Direction(blake3(whole).digest(), count)


@given(
    st.lists(
        st.sampled_from([1, 40, GATHERED_BYTES - 6, GATHERED_BYTES - 5, GATHERED_BYTES, 3 * GATHERED_BYTES]), max_size=6
    )
)
def test_gathering_pieces_changes_no_hash(sizes: list[int]) -> None:
    ours, whole = DirectionHash(), b""
    for count, size in enumerate(sizes, 1):
        head, payload = header(FrameType.MPYC, size), bytearray([count]) * size
        assert ours.add(FrameType.MPYC, head)
        ours.update(memoryview(payload))
        whole += head + payload
        payload[0] = 0  # the sender may use its memory again
        if count % 2:
            assert ours.result() == Direction(blake3(whole).digest(), count)
    assert ours.result() == Direction(blake3(whole).digest(), len(sizes))


def test_both_ends_see_one_transcript_whoever_is_asked() -> None:
    assert seen_by(RUN, "bob", "alice", DOWN, UP) == SEEN
    at_alice = finished(SEEN, "alice", b"A" * 64, b"B" * 64)
    assert at_alice == finished(SEEN, "bob", b"B" * 64, b"A" * 64)
    assert (at_alice.low, at_alice.high) == ("alice", "bob")
    assert (at_alice.low_to_high, at_alice.high_to_low) == (UP, DOWN)
    assert (at_alice.low_signature, at_alice.high_signature) == (b"A" * 64, b"B" * 64)
    assert at_alice.transcript == SEEN
    assert (at_alice.statement, at_alice.link_hash) == (SEEN.message(), SEEN.link_hash())
    assert (at_alice.peer_of("alice"), at_alice.peer_of("bob")) == ("bob", "alice")


def test_a_countersignature_holds_for_the_same_transcript_only() -> None:
    payload = countersign(KEY, SEEN)
    assert check_countersignature(payload, SEEN, PUBLIC) == payload[:64]
    SEEN.verify(PUBLIC, payload[:64])
    for change in ({"run": b"s" * 32}, {"forward": b"v" * 32}, {"backward_frames": 3}):
        with pytest.raises(MalformedError) as caught:
            check_countersignature(countersign(KEY, dataclasses.replace(SEEN, **change)), SEEN, PUBLIC)
        assert caught.value.code == "link.transcript_mismatch"


@given(st.binary(max_size=300), st.integers(0, 500), st.integers(1, 255))
def test_a_forged_countersignature_never_holds(junk: bytes, at: int, flip: int) -> None:
    changed = bytearray(countersign(KEY, SEEN))
    changed[at % len(changed)] ^= flip
    for payload in (junk, bytes(changed), countersign(Ed25519PrivateKey.generate(), SEEN)):
        with pytest.raises(MalformedError) as caught:
            check_countersignature(payload, SEEN, PUBLIC)
        assert caught.value.code in {"link.bad_countersignature", "link.malformed_frame"}
