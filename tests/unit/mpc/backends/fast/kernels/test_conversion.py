"""Integers, wire bytes and bit slices of every variant."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.arrays import field
from mpc.backends.fast.kernels.choice import load, usable
from mpc.backends.fast.kernels.golden import EDGES
from mpc.backends.fast.kernels.interface import Kernels
from protocol.errors import FormatError, RangeError
from tests.unit.mpc.backends.fast.kernels.reference import P, Reference, decode, encode
from tests.unit.mpc.backends.fast.kernels.test_arithmetic import LENGTHS, drawn

REFERENCE = Reference()
INTEGERS = (0, 1, -1, 2**52 - 1, 2**52, -(2**52), 2**62 - 1, 1 - 2**62, 17, -17, -(2**52) + 17)


def test_integers_there_and_back(kernels: Kernels, rng: random.Random) -> None:
    values = np.array([*INTEGERS, *(rng.randrange(1 - 2**62, 2**62) for _ in range(89))], dtype=np.int64)
    planes = kernels.from_int64(values)
    assert decode(planes) == [x % P for x in values.tolist()]
    assert (kernels.to_int64(planes) == values).all()
    shaped = values.reshape(4, 25)
    assert (kernels.to_int64(kernels.from_int64(shaped.T)) == shaped.T).all()


def test_every_int64_becomes_its_residue(kernels: Kernels) -> None:
    values = np.array([-(2**63), 2**63 - 1, 2**62, -(2**62)], dtype=np.int64)
    assert decode(kernels.from_int64(values)) == [x % P for x in values.tolist()]


def test_both_representations_decode_alike(kernels: Kernels) -> None:
    assert kernels.to_int64(encode([*range(P, 2**104)])).tolist() == list(range(17))


@pytest.mark.parametrize("value", [2**62, P - 2**62, 2**64, 2**103, P // 2, P // 2 + 1, 2**52 << 10])
def test_large_residues_are_refused(kernels: Kernels, value: int) -> None:
    for position in (0, 8, 99):
        values = [5] * 100
        values[position] = value
        with pytest.raises(RangeError, match=r"kernels\.too_large"):
            kernels.to_int64(encode(values))


@pytest.mark.parametrize("length", LENGTHS)
def test_wire_bytes_of_every_length(kernels: Kernels, length: int, rng: random.Random) -> None:
    a = encode(drawn(rng, length))
    data = kernels.pack(a)
    assert data == REFERENCE.pack(a)
    assert data == field.encode(np.array([x % P for x in decode(a)], dtype=object))
    back = kernels.unpack(data, (length,))
    assert decode(back) == [x % P for x in decode(a)]
    for kind in (bytearray, memoryview):
        assert (kernels.unpack(kind(data), (length,)) == back).all()


def test_wire_shapes(kernels: Kernels) -> None:
    a = encode(list(EDGES[:24]), (2, 3, 4))
    assert kernels.unpack(kernels.pack(a), (2, 3, 4)).shape == (2, 2, 3, 4)
    assert kernels.pack(a.transpose(0, 2, 1, 3)) == REFERENCE.pack(np.ascontiguousarray(a.transpose(0, 2, 1, 3)))
    assert kernels.unpack(bytes(13), ()).shape == (2,)


@pytest.mark.parametrize("value", range(P, 2**104))
def test_second_representations_are_refused(kernels: Kernels, value: int) -> None:
    for position in (0, 7, 8, 33):
        values = [P - 1] * 34
        values[position] = value
        with pytest.raises(FormatError, match=r"arrays\.not_canonical"):
            kernels.unpack(b"".join(x.to_bytes(13, "little") for x in values), (34,))


@pytest.mark.parametrize("length", [0, 1, 12, 14, 25, 27, 39])
def test_wrong_lengths_are_refused(kernels: Kernels, length: int) -> None:
    with pytest.raises(FormatError, match=r"arrays\.wrong_length"):
        kernels.unpack(bytes(length), (2,))


@settings(max_examples=60)
@given(st.binary(max_size=60), st.integers(0, 4))
def test_any_bytes_are_read_or_refused_alike(data: bytes, count: int) -> None:
    def outcome(kernels: Kernels) -> object:
        try:
            return decode(kernels.unpack(data, (count,)))
        except FormatError as problem:
            return problem.code

    expected = outcome(REFERENCE)
    assert {name: outcome(load(name)) for name in usable()} == dict.fromkeys(usable(), expected)
