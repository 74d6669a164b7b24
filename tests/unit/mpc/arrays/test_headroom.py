"""The bound that keeps masked values from wrapping, checked over the integers for every committee."""

import math

import pytest

from mpc.arrays.field import MODULUS
from mpc.arrays.headroom import STATISTICAL_SECURITY, headroom
from protocol.errors import TallyError

COMMITTEES = [(m, (m - 1) // 2) for m in range(3, 10)]


@pytest.mark.parametrize(("parties", "threshold"), COMMITTEES)
def test_largest_masked_value_stays_below_the_modulus(parties: int, threshold: int) -> None:
    room = headroom(parties, threshold)
    largest = (room.limit - 1) + 2 ** (room.length - 1) + math.comb(parties, threshold) * (2**room.mask_bits - 1)
    assert largest < MODULUS
    assert 2**room.length * 2**STATISTICAL_SECURITY == 2**room.mask_bits
    assert room.length >= 32


def test_three_parties_have_the_documented_room() -> None:
    room = headroom(3, 1)
    assert (room.mask_bits, room.length, room.slack) == (102, 62, 2)
    assert headroom(5, 2).slack == 6


def test_too_large_a_committee_is_refused() -> None:
    with pytest.raises(TallyError, match=r"mpc\.committee_too_large"):
        headroom(99, 49)
