"""One stack for the folder; every test makes tasks of its own."""

from collections.abc import Iterator

import pytest

from embedded.stack import Stack
from tests.integration.orchestrator.world import NODES, World


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    with Stack.temporary(NODES) as running:
        yield running


@pytest.fixture(scope="package")
def world(stack: Stack) -> Iterator[World]:
    made = World(stack)
    made.prepare()
    try:
        yield made
    finally:
        made.close()
