"""What a protocol stack brings to take a seat in the engine: its facts, and how a party's end of it is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from mpc.arrays.backend import Backend
from mpc.session import Session
from protocol.backends import BackendFacts


class RunningBackend(Backend, Protocol):
    """A backend with the end of a run."""

    async def idle(self) -> None:
        """Wait for everything that still runs: peers may need messages that it sends."""
        ...

    async def cancel(self) -> None:
        """Stop everything that still runs."""
        ...


class CountingBackend(RunningBackend, Protocol):
    """A backend that computes nothing and counts what the stack would do."""

    @property
    def dealt(self) -> Mapping[int, int]:
        """Bytes that each owner deals, by its place in the session."""
        ...

    @property
    def peak_memory(self) -> int:
        """Bytes of shares alive at once since :meth:`begin`."""
        ...

    def begin(self) -> None:
        """Forget the peak so far: a step begins."""
        ...


@dataclass(frozen=True, slots=True)
class Seat:
    """One stack. ``outside`` is the end of an owner that is not on the committee: it deals, hears openings and holds nothing."""

    facts: BackendFacts
    member: Callable[[Session], RunningBackend]
    outside: Callable[[Session], RunningBackend]
    counting: Callable[[int], CountingBackend] | None = None
    """For plans, by how many owners are outside the committee; None where nobody has counted what the stack sends."""
