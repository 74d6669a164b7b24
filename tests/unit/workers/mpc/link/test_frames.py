"""Frames: any cut of the stream gives the same frames; bad headers are refused before memory is taken."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.mpc.link.config import LinkLimits
from workers.mpc.link.errors import MalformedError
from workers.mpc.link.frames import DATA, HEADER_BYTES, Frame, FrameReader, FrameType, header, parse_header

LIMITS = LinkLimits(frame=400_000, control_frame=1000)

frames = st.tuples(
    st.sampled_from(list(FrameType)), st.binary(max_size=80) | st.integers(60_000, 200_000).map(bytes)
).map(lambda item: item if item[0] in DATA else (item[0], item[1][:1000]))


def feed(reader: FrameReader, stream: bytes, cuts: list[int]) -> list[Frame]:
    got: list[Frame] = []
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        at = start
        while at < end:
            room = reader.buffer()
            count = min(len(room), end - at)
            room[:count] = stream[at : at + count]
            got += reader.filled(count)
            at += count
    return got


@given(st.lists(frames, max_size=5), st.lists(st.integers(0, 1_000_000), max_size=8))
def test_frames_survive_any_cut_of_the_stream(items: list[tuple[FrameType, bytes]], cuts: list[int]) -> None:
    reader = FrameReader(LIMITS)
    stream = b"".join(header(kind, len(payload)) + payload for kind, payload in items)
    got = feed(reader, stream, cuts)
    assert [(frame.kind, bytes(frame.payload)) for frame in got] == items
    assert [frame.header for frame in got] == [header(kind, len(payload)) for kind, payload in items]
    assert not reader.inside_frame


@given(st.lists(frames, min_size=1, max_size=3), st.integers(1, 4))
def test_a_stream_that_stops_early_stands_inside_a_frame(items: list[tuple[FrameType, bytes]], missing: int) -> None:
    reader = FrameReader(LIMITS)
    stream = b"".join(header(kind, len(payload)) + payload for kind, payload in items)
    got = feed(reader, stream[:-missing], [])
    assert reader.inside_frame
    assert len(got) < len(items)


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_any_header_parses_or_is_malformed(data: bytes) -> None:
    try:
        kind, length = parse_header(data, LIMITS)
    except MalformedError as error:
        assert error.code in {"link.unknown_frame", "link.frame_too_large"}
    else:
        assert header(kind, length) == data


@pytest.mark.parametrize(
    ("kind", "length", "code"),
    [
        (FrameType.MPYC, 400_001, "link.frame_too_large"),
        (FrameType.MESSAGE, 0xFFFFFFFF, "link.frame_too_large"),
        (FrameType.HELLO, 1001, "link.frame_too_large"),
        (FrameType.ABORT, 1001, "link.frame_too_large"),
        (0, 0, "link.unknown_frame"),
        (255, 0, "link.unknown_frame"),
    ],
)
def test_too_large_and_unknown_frames_are_refused(kind: int, length: int, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        feed(FrameReader(LIMITS), bytes((kind,)) + length.to_bytes(4, "big"), [])
    assert caught.value.code == code


def test_the_projects_frame_limit_is_64_mebibytes() -> None:
    assert LinkLimits().frame == 64 * 1024 * 1024
