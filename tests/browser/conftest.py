"""A browser and a seeded database for the explorer's browser tests."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from embedded.postgres import Postgres
from orchestrator.store.migrate import migrate


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI must install Debian's chromium")
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a migrated embedded PostgreSQL."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder / "server")
    server.start()
    try:
        migrate(server.dsn)
        yield server.dsn
    finally:
        server.stop()
        server.erase()
