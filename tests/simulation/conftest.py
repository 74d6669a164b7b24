"""One real system for all simulations; each test finds it healed, and a failed one prints the tail of every log."""

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.patience import until
from tests.simulation.cluster import Cluster
from tests.simulation.runs import Runs


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """Chain, database, broker, coordinator and three nodes, all as processes."""
    with tempfile.TemporaryDirectory(prefix="tally-sim-") as folder:
        Path(folder).chmod(0o711)  # as root the database runs as another user, who must pass through
        made = Cluster(Path(folder) / "s")
        try:
            with made:
                yield made
        finally:
            made.stack.erase()


@pytest.fixture
def runs(cluster: Cluster) -> Runs:
    """The system, healed."""
    cluster.revive()
    until(60, "the nodes to have started", cluster.ready, poll=0.1)
    assert not cluster.dead()
    return Runs(cluster)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the logs to a failed test's report."""
    report = yield
    found = getattr(item, "funcargs", {}).get("cluster") or getattr(
        getattr(item, "funcargs", {}).get("runs"), "cluster", None
    )
    if report.failed and isinstance(found, Cluster):
        report.sections.append(("tail of the logs", found.tails()))
    return report
