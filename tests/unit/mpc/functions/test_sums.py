"""Secure sums: exact, checked by each owner, nothing but the local sums shared."""

from typing import Any

import numpy as np
import pytest

from mpc.functions.sums import secure_sum
from protocol.errors import RangeError
from tests.unit.mpc.functions.runs import Kind, both
from tests.unit.mpc.simulation import Wire, opened, run_arrays


@both
def test_sum_of_local_statistics(kind: Kind) -> None:
    local = np.random.default_rng(0).integers(-1000, 1000, (3, 2, 4)) / 4

    async def body(backend: Any) -> None:
        parts = [(owner, local[owner] if owner == backend.pid else None) for owner in (0, 2)]
        total = secure_sum(backend, parts, shape=(2, 4), fraction_bits=8, limit=250)
        assert np.array_equal(await opened(total), local[0] + local[2])
        assert total.limit < 501
        tighter = secure_sum(backend, parts, shape=(2, 4), fraction_bits=8, limit=250, total=300)
        assert tighter.limit < 301
        twice = secure_sum(backend, [parts[0], *parts], shape=(2, 4), fraction_bits=8, limit=250)
        assert np.array_equal(await opened(twice), 2 * local[0] + local[2])
        assert np.array_equal(await opened(tighter), local[0] + local[2])

    run_arrays(body, kind=kind)


@both
def test_an_owner_refuses_its_own_number_out_of_range(kind: Kind) -> None:
    wire = Wire()

    async def body(backend: Any) -> None:
        if backend.pid == 1:
            secure_sum(backend, [(1, np.array([11.0]))], shape=(1,), fraction_bits=8, limit=10)

    with pytest.raises(RangeError, match=r"arrays\.out_of_range"):
        run_arrays(body, kind=kind, wire=wire)
    assert wire.seen == []


def test_no_owner_no_sum() -> None:
    async def body(backend: Any) -> None:
        secure_sum(backend, [], shape=(1,), fraction_bits=8, limit=10)

    with pytest.raises(RangeError, match=r"functions\.no_owner"):
        run_arrays(body)
