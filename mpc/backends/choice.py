"""Which protocol stack a party of a session computes with: derived from public facts, so all parties agree on it.

The fast one is for exactly three compute parties; larger committees use MPyC's. Its kernels are compiled code: before a run
counts on them they compute known answers and agree with each other bit for bit.
"""

from typing import Literal, Protocol, TypeAlias

from mpc.arrays.backend import Backend
from mpc.arrays.headroom import Headroom, headroom
from mpc.backends.fast import kernels
from mpc.backends.fast.backend import HEADROOM, FastBackend
from mpc.backends.ghost import GhostBackend
from mpc.backends.mpyc.backend import MpycBackend
from mpc.session import Session

Kind: TypeAlias = Literal["fast", "mpyc"]


class RunningBackend(Backend, Protocol):
    """A backend with the end of a run."""

    async def idle(self) -> None:
        """Wait for everything that still runs: peers may need messages that it sends."""
        ...

    async def cancel(self) -> None:
        """Stop everything that still runs."""
        ...


def kind_of(parties: int, threshold: int) -> Kind:
    """What a committee computes with."""
    return "fast" if (parties, threshold) == (HEADROOM.parties, HEADROOM.threshold) else "mpyc"


def headroom_of(parties: int, threshold: int) -> Headroom:
    """How large numbers may be on that stack."""
    return HEADROOM if kind_of(parties, threshold) == "fast" else headroom(parties, threshold)


def backend_for(session: Session) -> RunningBackend:
    """The end of this party: its committee's stack, or a ghost of it at an owner outside the committee."""
    parties, threshold = len(session.committee), session.threshold
    kind = kind_of(parties, threshold)
    if session.pid >= parties:
        return GhostBackend(session, kind, headroom_of(parties, threshold))
    if kind == "mpyc":
        return MpycBackend(session)
    kernels.self_test()
    return FastBackend(session)
