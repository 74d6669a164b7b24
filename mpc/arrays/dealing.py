"""Sharings that cross the committee's edge: what an owner deals, what an opening says, and how both are checked.

Shamir's sharing (CACM 1979) over the field of :mod:`mpc.arrays.field`; compute party i holds the value at i + 1.
All functions are local and work on flat arrays of Python integers.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256, shake_128
from typing import Final

import numpy as np

from mpc.arrays.field import MODULUS, Elements, integers_from, objects, random_elements, signed
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.prss import lagrange
from protocol.errors import VerificationError

SEED_BYTES: Final = 16
_LARGEST_OPENED: Final = 1 << 62


def deal(values: Integers | Elements, parties: int, degree: int) -> list[Elements]:
    """Every compute party's share of each signed integer, on fresh random polynomials; shape ``(values.size,)`` each."""
    flat = objects(values).reshape(-1)
    coefficients = [random_elements(flat.size) for _ in range(degree)]
    shares: list[Elements] = []
    for point in range(1, parties + 1):
        share = flat
        for power, coefficient in enumerate(coefficients, start=1):
            share = share + coefficient * point**power
        shares.append(objects(share % MODULUS))
    return shares


def recombine(shares: Mapping[int, Elements], at: int) -> Elements:
    """The polynomial through the shares (by compute party) at the point ``at``: 0 for the value, i + 1 for party i."""
    total = 0
    for coefficient, values in zip(lagrange([party + 1 for party in shares], at), shares.values(), strict=True):
        total = total + values * coefficient
    return objects(total % MODULUS)


def consistent(shares: Mapping[int, Elements], degree: int) -> bool:
    """Whether all shares lie on polynomials of ``degree``; for three parties and degree 1: s1 - 2·s2 + s3 = 0."""
    parties = sorted(shares)
    base = {party: shares[party] for party in parties[: degree + 1]}
    return all(bool((recombine(base, party + 1) == shares[party]).all()) for party in parties[degree + 1 :])


def opened(shares: Mapping[int, Elements], degree: int) -> Integers:
    """The signed integers that all compute parties' shares agree on.

    One deviating party is detected, not named (``arrays.inconsistent_opening``); what leaves every declared range is
    refused (``arrays.opened_out_of_range``).
    """
    if not consistent(shares, degree):
        raise inconsistent()
    values = signed(recombine({party: shares[party] for party in sorted(shares)[: degree + 1]}, 0))
    if values.size and bool((np.abs(values) >= _LARGEST_OPENED).any()):
        raise VerificationError(
            "arrays.opened_out_of_range",
            "An opened value lies outside every declared range.",
            "At least one compute party deviated, or a program's proof of its ranges is wrong: the run is void.",
        )
    return values.astype(np.int64)


def inconsistent() -> VerificationError:
    """What ends a run whose opened shares contradict each other."""
    return VerificationError(
        "arrays.inconsistent_opening",
        "The shares of an opened value lie on no common polynomial.",
        "At least one compute party deviated: the run is void; agree on other parties before a retry.",
    )


def coin(seeds: Sequence[bytes]) -> bytes:
    """A seed that no party can choose: every compute party contributed one after it had received the dealt shares."""
    return sha256(b"tallystick/dealing/v1" + b"".join(seeds)).digest()


def weights(seed: bytes, count: int) -> Elements:
    """Field elements that weigh the shares of one dealing: wrong shares pass with probability 2^-104."""
    return integers_from(shake_128(seed).digest(16 * count), 104)
