"""Frames: any cut of the stream gives the same frames; bad headers are refused before memory is taken."""

from itertools import pairwise

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from mpc.link.config import LinkLimits
from mpc.link.errors import MalformedError
from mpc.link.frames import (
    DATA,
    HEADER_BYTES,
    LINK,
    RECORD_BYTES,
    UNHASHED,
    Frame,
    FrameReader,
    FrameType,
    header,
    parse_header,
    prefix,
)
from mpc.link.transcript import Direction, DirectionHash

LIMITS = LinkLimits(frame=400_000, control_frame=50_000)

sizes = st.binary(max_size=80) | st.integers(30_000, 45_000).map(bytes)
data_frames = st.builds(
    Frame,
    st.sampled_from(sorted(DATA)),
    sizes | st.integers(60_000, 300_000).map(bytes),
    st.binary(max_size=255),
    st.booleans(),
)
frames = data_frames | st.builds(
    Frame, st.sampled_from(sorted(set(FrameType) - DATA)), sizes, st.just(b""), st.just(value=False)
)


def payload(frame: Frame) -> bytes:
    return prefix(frame.label, more=frame.more) + frame.payload if frame.kind in DATA else frame.payload


def encoded(items: list[Frame]) -> bytes:
    return b"".join(header(frame.kind, len(payload(frame))) + payload(frame) for frame in items)


def feed(reader: FrameReader, stream: bytes, cuts: list[int]) -> list[Frame]:
    got: list[Frame] = []
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        at = start
        while at < end:
            room = reader.buffer()
            assert len(room) >= RECORD_BYTES
            count = min(len(room), end - at)
            room[:count] = stream[at : at + count]
            got += reader.filled(count)
            at += count
    return got


@given(st.lists(frames, max_size=5), st.lists(st.integers(0, 1_000_000), max_size=8))
def test_frames_and_their_hash_survive_any_cut_of_the_stream(items: list[Frame], cuts: list[int]) -> None:
    transcript = DirectionHash()
    reader = FrameReader(LIMITS, transcript, LINK)
    assert feed(reader, encoded(items), cuts) == items
    assert not reader.inside_frame
    hashed = [frame for frame in items if frame.kind not in UNHASHED]
    whole = encoded(hashed)
    assert transcript.result() == Direction(blake3(whole).digest(), len(hashed))


@given(st.lists(frames, min_size=1, max_size=3), st.integers(1, 4))
def test_a_stream_that_stops_early_stands_inside_a_frame(items: list[Frame], missing: int) -> None:
    reader = FrameReader(LIMITS, DirectionHash(), LINK)
    got = feed(reader, encoded(items)[:-missing], [])
    assert reader.inside_frame
    assert len(got) < len(items)


@given(st.binary(max_size=60) | st.binary(min_size=2, max_size=2).map(lambda head: head + bytes(40_000)))
def test_any_data_payload_is_a_frame_or_malformed(data: bytes) -> None:
    stream = header(FrameType.MPYC, len(data)) + data
    try:
        (frame,) = feed(FrameReader(LIMITS, DirectionHash(), LINK), stream, [])
    except MalformedError as error:
        assert error.code == "link.malformed_frame"
    else:
        assert payload(frame) == data


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_any_header_parses_or_is_malformed(data: bytes) -> None:
    try:
        kind, length = parse_header(data, LIMITS, LINK)
    except MalformedError as error:
        assert error.code in {"link.unknown_frame", "link.frame_too_large"}
    else:
        assert header(kind, length) == data


@pytest.mark.parametrize(
    ("kind", "length", "code"),
    [
        (FrameType.MPYC, 400_001, "link.frame_too_large"),
        (FrameType.MESSAGE, 0xFFFFFFFF, "link.frame_too_large"),
        (FrameType.HELLO, 50_001, "link.frame_too_large"),
        (FrameType.ABORT, 50_001, "link.frame_too_large"),
        (0, 0, "link.unknown_frame"),
        (255, 0, "link.unknown_frame"),
    ],
)
def test_too_large_and_unknown_frames_are_refused(kind: int, length: int, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        feed(FrameReader(LIMITS, DirectionHash(), LINK), bytes((kind,)) + length.to_bytes(4, "big"), [])
    assert caught.value.code == code


def test_the_projects_frame_limit_is_64_mebibytes() -> None:
    assert LinkLimits().frame == 64 * 1024 * 1024
