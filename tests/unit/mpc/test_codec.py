"""The codec between parties: round trips, and bytes from an enemy."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mpc.codec import (
    DTYPES,
    MAX_INT_BYTES,
    CodecError,
    FieldArray,
    FieldSpec,
    decode,
    decode_elements,
    encode,
    encode_elements,
)

P = 2**104 - 17
FIELD = FieldSpec(P, P)
SMALL = FieldSpec(257, 257)
BINARY = FieldSpec(283, 256, 8)

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple),
    max_leaves=10,
)
arrays = st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(np.dtype(d), hnp.array_shapes(min_dims=0, max_dims=4)))
fields = st.sampled_from([FIELD, SMALL, BINARY])


@given(plain)
def test_plain_values_round_trip_with_their_types(value: object) -> None:
    assert repr(decode(encode(value))) == repr(value)


@given(arrays)
def test_integer_arrays_round_trip(array: np.ndarray) -> None:
    back = decode(encode(array))
    assert isinstance(back, np.ndarray)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert np.array_equal(back, array)


@given(fields, st.data())
def test_field_arrays_round_trip(field: FieldSpec, data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
    size = int(np.prod(shape))
    values = np.empty(size, dtype=object)
    values[:] = data.draw(st.lists(st.integers(0, field.order - 1), min_size=size, max_size=size))
    back = decode(encode([FieldArray(field, values.reshape(shape))]), field)
    assert isinstance(back, list)
    assert back[0].field == field
    assert np.array_equal(back[0].values, values.reshape(shape))


@given(fields, st.data())
def test_elements_round_trip_in_lists_and_in_arrays(field: FieldSpec, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, field.order - 1), max_size=30))
    array = np.empty(len(values), dtype=object)
    array[:] = values
    assert encode_elements(values, field) == encode_elements(array, field)
    assert decode_elements(encode_elements(values, field), field, len(values)) == values


@given(st.binary(max_size=200) | plain.map(pickle.dumps))
def test_any_bytes_decode_or_raise_codec_error_only(data: bytes) -> None:
    try:
        value = decode(data, SMALL)
    except CodecError:
        return
    if not isinstance(value, FieldArray | np.ndarray):
        assert repr(decode(encode(value), SMALL)) == repr(value)


@given(plain, st.data())
def test_a_flipped_byte_never_crashes_otherwise(value: object, data: st.DataObject) -> None:
    good = bytearray(encode([value, np.arange(4), FieldArray(SMALL, np.array([1, 2], dtype=object))]))
    good[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        decode(bytes(good), SMALL)
    except CodecError as error:
        assert error.what


@given(plain, st.binary(min_size=1, max_size=4))
def test_trailing_bytes_are_refused(value: object, tail: bytes) -> None:
    with pytest.raises(CodecError, match="follow the value"):
        decode(encode(value) + tail)


@pytest.mark.parametrize(
    "data",
    [
        b"\x05\xff\xff\xff\xff",  # a list of 4 billion items
        b"\x06\xff\xff\xff\x7f" + b"\x00" * 8,
        b"\x04\xff\xff\xff\xff",  # 4 GiB of bytes
        b"\x08\x04\x02" + b"\xff" * 8,  # an array of 2^64 numbers
        b"\x08\x04\x08" + b"\xff\xff\xff\xff" * 8,
        b"\x07" + SMALL.header + b"\x01\xff\xff\xff\xff",
        b"\x03\xff\xff",  # an integer of 64 KiB
    ],
)
def test_huge_counts_are_refused_before_memory_is_taken(data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(CodecError):
        decode(data, SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_nesting_is_bounded_in_both_directions() -> None:
    value: object = []
    for _ in range(8):
        value = [value]
    with pytest.raises(CodecError, match="nested"):
        encode(value)
    with pytest.raises(CodecError, match="nested"):
        decode(b"\x05\x01\x00\x00\x00" * 5000 + b"\x00")


@pytest.mark.parametrize("value", [1.5, "text", {1: 2}, {1}, object(), np.array([1.5]), np.array([object()]), 1 + 2j])
def test_types_outside_the_closed_set_are_refused(value: object) -> None:
    with pytest.raises(CodecError):
        encode(value)


def test_integers_have_a_bound_and_one_encoding() -> None:
    with pytest.raises(CodecError):
        encode(1 << (8 * MAX_INT_BYTES))
    with pytest.raises(CodecError, match="shortest"):
        decode(b"\x03\x02\x00\x01\x00")


def test_a_value_at_or_above_p_is_refused() -> None:
    good = encode_elements([P - 1], FIELD)
    bad = good[:-13] + P.to_bytes(13, "little")
    assert decode_elements(good, FIELD, 1) == [P - 1]
    with pytest.raises(CodecError, match="not below"):
        decode_elements(bad, FIELD, 1)
    with pytest.raises(CodecError, match="not below"):
        decode(bad, FIELD)
    for value in (P, -1, 2**104, 2**200, "x", None):
        with pytest.raises(CodecError):
            encode_elements([value], FIELD)


def test_another_field_or_count_is_refused() -> None:
    message = encode_elements([1, 2, 3], SMALL)
    for field, count in [(FIELD, 3), (BINARY, 3), (SMALL, 2), (SMALL, 4)]:
        with pytest.raises(CodecError, match="not a message of"):
            decode_elements(message, field, count)
    with pytest.raises(CodecError, match="another field"):
        decode(message, FIELD)
    with pytest.raises(CodecError, match="another field"):
        decode(message)


def test_truth_values_are_zero_or_one() -> None:
    good = encode(np.array([True, False]))
    with pytest.raises(CodecError, match="truth"):
        decode(good[:-1] + b"\x02")


def test_decoded_arrays_own_their_memory() -> None:
    back = decode(encode(np.arange(3)))
    assert isinstance(back, np.ndarray)
    back[0] = 7
    assert back[0] == 7


def test_element_width_is_thirteen_bytes_for_the_engines_field() -> None:
    assert FIELD.width == 13
    assert BINARY.width == 1
