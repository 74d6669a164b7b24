"""Every variant that this machine can run, as a fixture; the same tests for each."""

import random

import pytest

from mpc.backends.fast.kernels.choice import load, usable
from mpc.backends.fast.kernels.interface import Kernels


@pytest.fixture(params=usable())
def kernels(request: pytest.FixtureRequest) -> Kernels:
    return load(request.param)


@pytest.fixture
def rng() -> random.Random:
    return random.Random(20261121)
