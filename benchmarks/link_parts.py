"""Where a multiplication's processor time goes: ``python -m benchmarks.link --parts``.

Three real parties multiply arrays of 100,000 elements, and do rounds of ten elements that wait for each other, over real links. Each
function of the link (event loop's transports, TLS, frames, hashes) and of the kernels is wrapped, and its CPU time counted
without that of wrapped functions inside it; what is left is Python and the event loop.
"""

import asyncio
import functools
import json
import statistics
import subprocess
import sys
import time
from asyncio import selector_events
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from benchmarks import plain_link
from mpc.arrays.interface import share
from mpc.backends.fast import kernels
from mpc.backends.fast.composition import semi_honest
from mpc.link.connection import Link
from mpc.link.inbox import Inbox
from mpc.runtime import Session, run_session

PARTS: Final[tuple[str, ...]] = ("link", "kernels", "python")
ELEMENTS: Final = 100_000
ROUNDS: Final = 50
_BITS: Final = 18
_SMALL: Final = 10
_LINK: Final[tuple[tuple[type, str], ...]] = (
    (Link, "send"),
    (Link, "send_message"),
    (Link, "drained"),
    (selector_events._SelectorSocketTransport, "_read_ready"),  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue, reportUnknownMemberType]
    (selector_events._SelectorSocketTransport, "_write_ready"),  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue, reportUnknownMemberType]
)

Figures = dict[str, float]


class Account:
    """CPU seconds of each part; entering one stops the clock of the part around it."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = dict.fromkeys(PARTS, 0.0)
        self._now: str = "python"
        self._since = time.process_time()

    def enter(self, part: str) -> str:
        """From now on time counts for ``part``; returns what it counted for before."""
        now = time.process_time()
        self.spent[self._now] += now - self._since
        before, self._now, self._since = self._now, part, now
        return before

    def wrap(self, owner: Any, name: str, part: str) -> None:  # noqa: ANN401 - a class or a module
        """Count ``owner.name``'s time for ``part``."""
        original: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(original)
        def counted(*args: Any, **keywords: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
            before = self.enter(part)
            try:
                return original(*args, **keywords)
            finally:
                self.enter(before)

        setattr(owner, name, counted)

    def install(self) -> None:
        """Wrap the link and the kernels, before the session begins."""
        for owner, name in _LINK:
            self.wrap(owner, name, "link")
        self.wrap(Inbox, "tell", "python")  # what goes on when a message is there
        for name in kernels.__all__:
            found = getattr(kernels, name)
            if callable(found) and not isinstance(found, type):
                self.wrap(kernels, name, "kernels")
        self.wrap(kernels.Prf, "elements", "kernels")


def measure(plain: bool, repeats: int, ports: list[int]) -> dict[str, Figures]:
    """CPU milliseconds of all three parties together, by part: medians over ``repeats``."""
    spec = {"ports": ports, "plain": plain, "repeats": repeats}
    command = [sys.executable, "-c", "from benchmarks.link_parts import party; party()"]
    parties = [
        subprocess.Popen([*command, json.dumps(spec | {"place": place})], stdout=subprocess.PIPE, text=True)
        for place in range(len(ports))
    ]
    try:
        views: list[dict[str, Figures]] = [json.loads(made.communicate(timeout=600)[0]) for made in parties]
    finally:
        for made in parties:
            made.kill()
    return {row: {part: sum(view[row][part] for view in views) for part in PARTS} for row in views[0]}


def party() -> None:
    """The child process: ``argv[1]`` is its part as JSON."""
    from benchmarks.link import NAMES, config  # noqa: PLC0415 - which imports this module

    spec: dict[str, Any] = json.loads(sys.argv[1])
    if spec["plain"]:
        plain_link.install()
    kernels.keep_freed_memory()  # as the process of a run does
    account = Account()
    account.install()
    outcome = run_session(
        config(NAMES[spec["place"]], spec["ports"]), lambda session: _work(session, account, spec["repeats"])
    )
    print(json.dumps(outcome.value))


async def _work(session: Session, account: Account, repeats: int) -> dict[str, Figures]:
    backend = semi_honest(session)
    numbers = np.random.default_rng(0).uniform(-2, 2, ELEMENTS)
    large = share(
        backend, numbers if session.pid == 0 else None, shape=(ELEMENTS,), owner=0, fraction_bits=_BITS, limit=8
    )
    small = large[:_SMALL]

    async def multiply() -> None:
        await (large * large).settled()

    async def rounds() -> None:
        value = small
        for _ in range(ROUNDS):
            value = (value * small).within(8, because="only time counts")
        await value.settled()

    rows: dict[str, Figures] = {}
    for name, work, count in (
        (f"multiply {ELEMENTS:,}", multiply, 1),
        (f"a round of {_SMALL} elements", rounds, ROUNDS),
    ):
        seen: dict[str, list[float]] = {part: [] for part in PARTS}
        for _ in range(repeats + 1):
            backend.traffic.failure = 0.0  # each stands for a task of its own
            await backend.open(backend.constant(np.zeros(1, dtype=np.int64)), (1,))
            await asyncio.sleep(0)
            account.enter("python")
            before = dict(account.spent)
            await work()
            account.enter("python")
            for part in PARTS:
                seen[part].append(1e3 * (account.spent[part] - before[part]) / count)
        rows[name] = {part: statistics.median(values[1:]) for part, values in seen.items()}
    await backend.idle()
    return rows
