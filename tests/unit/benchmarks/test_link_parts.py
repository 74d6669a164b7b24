"""The account of CPU time by part: time inside a wrapped function is counted once, for the innermost part."""

from types import SimpleNamespace

import pytest

from benchmarks import link_parts
from benchmarks.link_parts import Account


def test_time_counts_for_the_innermost_part_and_errors_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(link_parts.time, "process_time", lambda: clock.now)

    def passes(seconds: float) -> None:
        clock.now += seconds

    class Work:
        def multiply(self) -> None:
            passes(3)

        def send(self) -> None:
            passes(1)
            self.multiply()
            passes(2)
            raise ConnectionError

    account = Account()
    account.wrap(Work, "multiply", "kernels")
    account.wrap(Work, "send", "link")
    passes(10)
    with pytest.raises(ConnectionError):
        Work().send()
    passes(20)
    Work().multiply()
    account.enter("python")
    assert account.spent == {"link": 3, "kernels": 6, "python": 30}


def test_every_part_that_is_wrapped_exists() -> None:
    """A renamed function of the link or of asyncio would be counted as Python, silently."""
    for owner, name in link_parts._LINK:
        assert callable(getattr(owner, name))
