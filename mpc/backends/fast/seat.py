"""The fast stack's seat in the engine."""

from typing import Final

from mpc.backends.fast.backend import HEADROOM
from mpc.backends.fast.composition import semi_honest
from mpc.backends.fast.plan import PlanBackend
from mpc.backends.ghost import GhostBackend
from mpc.backends.seat import Seat
from protocol.backends import FAST

SEAT: Final = Seat(FAST, semi_honest, lambda session: GhostBackend(session, FAST, HEADROOM), PlanBackend)
