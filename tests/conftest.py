"""What tests of more than one folder need: profiles, order, time limits that know the load, a browser."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import hypothesis
import pytest
import structlog

from tests.patience import load
from tests.spent import Spent

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Linear algebra takes one thread, as at the nodes: more of them would wait for each other, busily, on cores that other tests need.
# Before numpy is imported, which reads it once.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# A loaded machine is no defect: no example has a deadline. CI tries the same examples every time; here they vary from run to run, so
# fewer do, and `make properties` tries many.
hypothesis.settings.register_profile(
    "varied", deadline=None, max_examples=30, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.register_profile("many", hypothesis.settings.get_profile("varied"), max_examples=1000)
hypothesis.settings.register_profile(
    "ci", hypothesis.settings.get_profile("varied"), max_examples=50, derandomize=True, database=None
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "varied")

# Through the standard library's logging, so that pytest shows a failed test's lines; no tracebacks are drawn.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["event"]),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
)

ROOT: Final = Path(__file__).parent
TOGETHER: Final = ("integration/orchestrator", "integration/node", "e2e", "simulation", "integration/programs")
"""Folders whose tests share one expensive system, or would only slow each other down: one worker runs them all; longest waits first."""
HALVED: Final = {"integration/orchestrator": "test_g"}
"""Of these, by where the second half of its names begins, one that would keep its worker busy long after the others: two workers, with
a system each.
"""
LATER: Final = (
    "browser/test_explorer.py",
    "e2e/test_restart.py",
    "e2e/test_verify_command.py",
    "integration/chain/test_acts.py",
    "integration/chain/test_devnet.py",
    "integration/deploy/test_rabbitmq.py",
    "integration/embedded/test_postgres.py",
    "integration/embedded/test_stack.py",
    "integration/logs/test_secrets.py",
    "integration/mpc_link/test_computation.py",
    "integration/mpc_link/test_hostile.py",
    "integration/node/test_broker_tls.py",
    "integration/node/test_chain.py",
    "integration/node/test_process.py",
    "integration/node/test_run.py",
    "integration/orchestrator/test_acts.py",
    "integration/orchestrator/test_company.py",
    "integration/orchestrator/test_processes.py",
    "integration/programs/test_arrays.py",
    "integration/web/test_agreement.py",
    "simulation/",
    "unit/mpc/programs/test_ranges.py",
    "unit/mpc/programs/test_shapes.py",
)
"""What costs most, mostly by the processes that it starts: `make test` leaves it out, `make nightly` and every run of CI have all of it
but for what is slow by itself.
"""
LIMIT: Final = 120.0
"""Seconds for one test on a quiet machine, where it names none itself."""


def pytest_configure(config: pytest.Config) -> None:
    """Each worker of a parallel run draws its ports from a range of its own; CPU seconds are measured where it is asked for."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        low = 11_000 + 2_500 * (int(worker.removeprefix("gw")) % 8)
        os.environ["TALLY_PORT_RANGE"] = f"{low}-{low + 2_499}"
    if most := config.getoption("--spent"):
        config.pluginmanager.register(Spent(most), "spent")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--sample FRACTION``: only so many of the tests, chosen by their names and the commit. ``--spent N``: what they cost."""
    parser.addoption("--sample", type=float, default=1.0, help="run this fraction of the tests, other ones each commit")
    parser.addoption("--promised", type=float, default=1.0, help="and this fraction of those that are in each sample")
    parser.addoption("--spent", type=int, default=0, help="name the so many dearest files and tests, by CPU seconds")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Tests that share a system go to one worker; so does a file's, for its fixtures' sake."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid.partition("::")[0].removeprefix("tests/"))

    return Scheduling(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests of :data:`LATER` are slow, and in each sample."""
    later = item.path.is_relative_to(ROOT) and item.path.relative_to(ROOT).as_posix().startswith(LATER)
    if later and not item.get_closest_marker("slow"):
        item.add_marker("slow")
        item.add_marker("promised")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first; a sample is drawn where one is asked for, and what users are promised is in each."""
    fraction, promised = config.getoption("--sample"), config.getoption("--promised")
    if fraction < 1:
        command = ["git", "rev-parse", "HEAD"]
        commit = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        chosen = [
            item
            for item in items
            if _draw(commit, item.nodeid) < (promised if item.get_closest_marker("promised") else fraction)
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    order = {name: place for place, name in enumerate(TOGETHER)}
    items.sort(key=lambda item: order.get(_folder(item.path.relative_to(ROOT).as_posix()), len(order)))


def _folder(path: str) -> str:
    return next((name for name in TOGETHER if path.startswith(f"{name}/")), path)


def _group(path: str) -> str:
    folder = _folder(path)
    return f"{folder}/{half}" if (half := HALVED.get(folder)) and path >= f"{folder}/{half}" else folder


def _draw(commit: bytes, name: str) -> float:
    return int.from_bytes(hashlib.sha256(commit + name.encode()).digest()[:4], "big") / 2**32


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """A test's time limit, stretched by the machine's load as it begins."""
    named = item.get_closest_marker("timeout")
    seconds = float(named.args[0]) if named else LIMIT
    item.add_marker(pytest.mark.timeout(seconds * load()), append=False)
    return (yield)


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """Debian's Chromium. By module and no longer: while it is open an event loop runs in this thread."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI must install Debian's chromium")
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
