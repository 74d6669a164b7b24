from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.workers.lookup.bank import Bank


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    monkeypatch.setattr("os.fsync", lambda _: None)
    made = Bank(tmp_path)
    yield made
    made.close()
