"""Elements on the wire: canonical both ways, and nothing else accepted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.arrays import field
from protocol.errors import FormatError

elements = st.lists(st.integers(0, field.MODULUS - 1), max_size=20)


@given(elements)
def test_round_trip_and_layout(values: list[int]) -> None:
    array = np.array(values, dtype=object)
    data = field.encode(array)
    assert data == b"".join(value.to_bytes(13, "little") for value in values)
    assert field.decode(data, array.shape).tolist() == values


@given(st.integers(field.MODULUS, 2**104 - 1), st.integers(0, 3))
def test_second_representations_are_refused(value: int, place: int) -> None:
    data = bytearray(4 * 13)
    data[13 * place : 13 * place + 13] = value.to_bytes(13, "little")
    with pytest.raises(FormatError, match=r"arrays\.not_canonical"):
        field.decode(bytes(data), (4,))


@given(st.binary(max_size=60), st.integers(0, 5))
def test_other_lengths_are_refused(data: bytes, count: int) -> None:
    if len(data) != 13 * count:
        with pytest.raises(FormatError, match=r"arrays\.wrong_length"):
            field.decode(data, (count,))


@given(elements)
def test_signed_is_the_closest_representative(values: list[int]) -> None:
    half = field.MODULUS // 2
    expected = [value if value <= half else value - field.MODULUS for value in values]
    assert field.signed(np.array(values, dtype=object)).tolist() == expected


def test_modulus_is_the_documented_prime() -> None:
    p = field.MODULUS
    assert p == 2**104 - 17
    assert p % 4 == 3
    assert all(pow(base, p - 1, p) == 1 for base in (2, 3, 5, 7, 11, 13))
    assert field.inverse(7) * 7 % p == 1


def test_random_elements_are_in_the_field_and_differ() -> None:
    values = field.random_elements(1000)
    assert all(0 <= value < field.MODULUS for value in values)
    assert len(set(values)) == 1000
    # eight standard deviations: an unbiased source fails this about once in 10^15 runs
    assert 0.37 < sum(value > field.MODULUS // 2 for value in values) / 1000 < 0.63
