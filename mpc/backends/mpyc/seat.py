"""The seat of MPyC's stack in the engine."""

from typing import Final

from mpc.arrays.headroom import headroom
from mpc.backends.ghost import GhostBackend
from mpc.backends.mpyc.backend import MpycBackend
from mpc.backends.seat import RunningBackend, Seat
from mpc.session import Session
from protocol.backends import MPYC


def _outside(session: Session) -> RunningBackend:
    return GhostBackend(session, MPYC, headroom(len(session.committee), session.threshold))


SEAT: Final = Seat(MPYC, MpycBackend, _outside)
