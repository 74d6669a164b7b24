"""Which protocol stack a party of a session computes with: derived from public facts, so that all parties agree on it.

The choice itself is :func:`protocol.backends.choose`, which preflight asks as well; here its answer meets the code.
"""

from collections.abc import Iterable
from typing import Final

from mpc.backends.fast.seat import SEAT as FAST
from mpc.backends.mpyc.seat import SEAT as MPYC
from mpc.backends.seat import RunningBackend, Seat
from mpc.session import Session
from protocol.backends import SEMI_HONEST, choose
from protocol.errors import RefusedError


class Registry:
    """The stacks that runs may be on, in order of preference.

    ``simulated`` ones, which keep no secrets, are refused (``backend.simulated``) unless asked for: only tests do.
    """

    def __init__(self, seats: Iterable[Seat], *, simulated: bool = False) -> None:
        self.seats: Final = tuple(seats)
        for seat in self.seats:
            if seat.facts.simulated and not simulated:
                raise RefusedError(
                    "backend.simulated",
                    f"The protocol stack {seat.facts.name!r} is simulated: it keeps no secrets.",
                    "Use it in tests only.",
                )
        if len({seat.facts.name for seat in self.seats}) != len(self.seats):
            raise RefusedError("backend.twice", "Two protocol stacks have one name.", "Rename one.")

    def choose(self, parties: int, level: int, security_model: int) -> Seat:
        """The seat of the stack that such a task runs on; refused as by :func:`protocol.backends.choose`."""
        facts = choose(parties, level, security_model, [seat.facts for seat in self.seats])
        return next(seat for seat in self.seats if seat.facts is facts)


RELEASED: Final = Registry((FAST, MPYC))


def opened(seat: Seat, session: Session) -> RunningBackend:
    """A party's end: its committee's stack, or the end of an owner outside the committee."""
    return seat.member(session) if session.pid < len(session.committee) else seat.outside(session)


def backend_for(session: Session, level: int = 1, security_model: int = SEMI_HONEST) -> RunningBackend:
    """A party's end of what a task of this level and model runs on."""
    return opened(RELEASED.choose(len(session.committee), level, security_model), session)
