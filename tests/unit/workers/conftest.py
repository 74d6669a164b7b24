from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.workers.world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("os.fsync", lambda _: None)
    made = World(tmp_path)
    yield made
    made.close()
