"""What the fast backend's tests share: dealing raw integers, opening them, small chunks."""

from typing import Any

import numpy as np
import pytest

from mpc.backends.fast import comparison, parties, series
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.shares import FastShares
from tests.unit.mpc.simulation import Wire, run_arrays


def run(body: Any, wire: Wire | None = None) -> list[Any]:
    return run_arrays(body, kind="fast", wire=wire)


def dealt(backend: FastBackend, values: Any, owner: int = 0) -> FastShares:
    values = np.asarray(values, dtype=np.int64)
    return backend.share(values if backend.pid == owner else None, values.shape, owner)


def small_chunks(monkeypatch: pytest.MonkeyPatch, size: int = 64) -> None:
    """Messages of ``size`` elements, so that small arrays go in several."""
    monkeypatch.setattr(parties, "CHUNK", size)
    monkeypatch.setattr(comparison, "CHUNK", size)
    monkeypatch.setattr(series, "_CHUNK", size)
