"""The toy's seat, and a registry that has it beside the released stacks."""

from mpc.backends.choice import RELEASED, Registry
from mpc.backends.ghost import GhostBackend
from mpc.backends.seat import Seat
from tests.unit.mpc.backends.toy.backend import FACTS, ClearToy, room

SEAT = Seat(FACTS, ClearToy, lambda session: GhostBackend(session, FACTS, room(session)))
WITH_TOY = Registry((*RELEASED.seats, SEAT), simulated=True)
