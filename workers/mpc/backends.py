"""Which protocol stack a party of a session computes with: derived from public facts, so all parties agree on it."""

from typing import Literal, Protocol, TypeAlias

from workers.mpc.arrays.backend import Backend
from workers.mpc.arrays.ghost import GhostBackend
from workers.mpc.arrays.headroom import headroom
from workers.mpc.arrays.mpyc_backend import MpycBackend
from workers.mpc.session import Session

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
    del parties, threshold
    return "mpyc"


def backend_for(session: Session) -> RunningBackend:
    """The end of this party: its committee's stack, or a ghost of it at an owner outside the committee."""
    parties = len(session.committee)
    kind = kind_of(parties, session.threshold)
    if session.pid >= parties:
        return GhostBackend(session, kind, headroom(parties, session.threshold))
    return MpycBackend(session)
