"""An owner outside the committee runs every function on shapes alone, and stays in step with the committee."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import concatenate, share
from mpc.backends.choice import opened as opened_seat
from mpc.functions.exponential import exp, log, softmax
from mpc.functions.extremes import argmax, clip, maximum
from mpc.functions.order import quantiles, sort, take
from mpc.functions.reciprocal import divide, reciprocal
from mpc.functions.roots import inverse_sqrt, sqrt
from mpc.functions.sigmoid import sigmoid, sigmoid_product
from mpc.functions.solve import solve
from mpc.functions.sums import secure_sum
from tests.unit.mpc.functions.runs import KINDS, Kind
from tests.unit.mpc.simulation import SEATS, FakeSession, opened, run_sessions

VALUES = np.array([[1.0, 2, 0.5], [3, 1, 0.25], [2, 2, 4]])


async def everything(backend: Any, pid: int) -> list[Any]:
    own = VALUES if pid == 3 else None
    a = share(backend, own, shape=(3, 3), owner=3, fraction_bits=20, limit=4)
    total = secure_sum(backend, [(3, own), (0, VALUES if pid == 0 else None)], shape=(3, 3), fraction_bits=20, limit=4)
    unit = a.T.matmul(a).multiply(1 / 64) + 0.25 * np.eye(3)
    results = [
        sigmoid(a), sigmoid_product(a, a[0], limit=12), reciprocal(a, floor=0.25), divide(a, a.T, floor=0.25, limit=20),
        sqrt(a), inverse_sqrt(a, floor=0.25), exp(a), log(a, floor=0.25), softmax(a), argmax(a), maximum(a, 0), clip(a, 1, 2),
        solve(unit, a[0], floor=0.25, limit=20), total, a[a.shape[0] - 1, [True, False, True]], a.mean(0), a.cumsum(),
        concatenate([a, abs(a)]), a.shuffled().sum(0), a.permuted(1, np.array([2, 0, 1]) if pid == 1 else None), take(a, a[0] == a[0].reshape(3, 1)), await quantiles(a.ravel(), [0, 0.3]),
        *[part for part in await sort(a[0], a) if part is not None],
    ]  # fmt: skip
    return [await opened(result) for result in results]


@pytest.mark.parametrize("kind", KINDS)
def test_same_operations_same_openings(kind: Kind) -> None:
    async def party(session: FakeSession) -> list[Any]:
        backend = opened_seat(SEATS[kind], session)  # type: ignore[arg-type]
        try:
            return await everything(backend, session.pid)
        finally:
            await backend.cancel()

    committee, *others = run_sessions(("p0", "p1", "p2", "owner"), party, outside=1)
    assert isinstance(committee, list), committee
    for other in others:
        assert isinstance(other, list), other
        for one, two in zip(committee, other, strict=True):
            assert np.array_equal(one, two)
