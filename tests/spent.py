"""What tests cost in CPU seconds, which a loaded machine changes little: ``--spent N`` names the N dearest files and tests at the end.

A process that lives on is counted for the test at whose end it is waited for, as the system of a package is for the package's last test.
"""

import resource
from collections import Counter
from collections.abc import Generator
from typing import Final

import pytest

_SPENT: Final = "spent"
"""The attribute of a test's report; reports come from the workers of a parallel run with all their plain attributes."""


def used() -> float:
    """CPU seconds, of user and system, of this process and of those that it has waited for."""
    return sum(
        seconds for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) for seconds in resource.getrusage(who)[:2]
    )


class Spent:
    """Measures where tests run, and adds up where their reports come together."""

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._mark = used()
        self._tests: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What was used since the last report belongs to this one."""
        report = yield
        now = used()
        setattr(report, _SPENT, now - self._mark)
        self._mark = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a report of set-up, call or tear-down to its test."""
        self._tests[report.nodeid] += getattr(report, _SPENT, 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The sum, the dearest files, the dearest tests."""
        files: Counter[str] = Counter()
        for name, seconds in self._tests.items():
            files[name.partition("::")[0]] += seconds
        terminalreporter.section(f"{self._tests.total():.0f} CPU seconds")
        for found in (files, self._tests):
            for name, seconds in found.most_common(self._most):
                terminalreporter.write_line(f"{seconds:8.2f}  {name}")
            terminalreporter.write_line("")
