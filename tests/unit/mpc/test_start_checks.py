"""A party whose kernels compute one wrong bit does not take part: it ends before it sends anything."""

from typing import Any

import pytest

from mpc.backends.choice import backend_for
from mpc.backends.fast import kernels
from mpc.backends.fast.kernels.choice import active
from tests.unit.mpc.backends.fast.kernels.test_self_test import Broken
from tests.unit.mpc.simulation import FakeSession, Wire, run_sessions


@pytest.mark.parametrize("operation", ["mul", "finish_ab", "sincos", "shifted_words"])
def test_a_kernel_that_is_wrong_by_one_bit_stops_its_party_at_the_start(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "active", lambda: Broken(active(), operation))
    wire = Wire()

    async def party(session: FakeSession) -> Any:
        return backend_for(session)

    for found in run_sessions(("p0", "p1", "p2"), party, wire=wire):
        assert isinstance(found, kernels.SelfTestError)
        assert found.code == "kernels.disagree"
    assert wire.seen == []
