"""What one owner knows of the outcome: in which order its rows follow each other, and at which places of it events are.

Cox's partial likelihood (J. R. Stat. Soc. B 34, 1972) depends on times by their order alone. The owner of the times sorts the training
rows from the latest time down: whoever is at risk at some time then stands before a place, and sums over risk sets are running
sums. Times are never shared, so no limit or unit of theirs is anybody's matter. Of tied times Breslow's likelihood (Biometrics 30,
1974) needs how many events there are at the last place of each time; where ties are is part of that, and shared with it.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from mpc import faults
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.interface import SecureArray
from mpc.functions.order import sort
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from, zeros_and_ones
from mpc.workflow.values import Floats, Label
from protocol.data_faults import DataFault
from protocol.errors import RefusedError

_NULL_BITS: Final = 24


@dataclass(frozen=True, slots=True)
class Outcome:
    """The owner's own, for ``rows`` training rows; None at everybody else.

    ``places``: the row at each place, latest time first. ``events``: bits of the places. ``deaths``: at the last place of each time how
    many events there are at that time, else 0. ``null``: the log partial likelihood where all hazards are alike.
    """

    places: Integers
    events: Floats
    deaths: Floats
    null: float

    @classmethod
    def of(cls, times: Floats, events: Floats) -> Self:
        """Of training rows; both of shape (rows,)."""
        order = np.argsort(-times, kind="stable")
        sorted_times, sorted_events = times[order], events[order]
        last = np.append(sorted_times[1:] != sorted_times[:-1], True)
        deaths = np.zeros(len(times))
        deaths[last] = np.diff(np.cumsum(sorted_events)[last], prepend=0.0)
        null = -float((deaths * np.log(np.arange(1, len(times) + 1))).sum())
        return cls(order, sorted_events, deaths, null)


@dataclass(frozen=True, slots=True)
class Observed:
    """The outcome of ``rows`` training rows, which ``owner`` alone knows."""

    rows: int
    owner: str
    own: Outcome | None

    @classmethod
    def of(cls, time: Label, event: Label, rows: int) -> Self:
        """Checked by its owner: ``survival.owners``, ``survival.time``, ``frame.label``, ``label.constant``, ``survival.no_event``."""
        if time.owner != event.owner:
            raise RefusedError(
                "survival.owners",
                f"Times are {time.owner}'s and events {event.owner}'s: nobody knows the order of events.",
                "Name a time and an event of one owner.",
            )
        bits = zeros_and_ones(event).values
        if time.values is None or bits is None:
            return cls(rows, time.owner, None)
        return cls(rows, time.owner, _checked(_times(time.values, time.column)[:rows], bits[:rows], time, event))

    async def in_order(self, context: StepContext, table: SecureArray) -> SecureArray:
        """The training rows of a secret table in the order of times, which stays the owner's.

        A compute party permutes them; an owner who does not compute shares each row's rank, by which they are sorted.
        """
        order = None if self.own is None else self.own.places
        if self.owner in context.session.committee:
            return table.permuted(context.session.committee.index(self.owner), order)
        ranks = None if order is None else np.argsort(order, kind="stable").astype(np.float64)
        _, ordered = await sort(share_from(context, ranks, self.owner, (self.rows,), 0, max(1, self.rows - 1)), table)
        assert ordered is not None
        return ordered

    def events(self, context: StepContext) -> SecureArray:
        """Bits of the places, shape (rows,)."""
        own = None if self.own is None else self.own.events
        return share_from(context, own, self.owner, (self.rows,), 0, 1)

    def deaths(self, context: StepContext) -> SecureArray:
        """Events at each time, at its last place; shape (rows,). All of them are at most as many as rows."""
        own = None if self.own is None else self.own.deaths
        return share_from(context, own, self.owner, (self.rows,), 0, self.rows)

    def null(self, context: StepContext) -> SecureArray:
        """The log partial likelihood where all hazards are alike, shape (1,)."""
        own = None if self.own is None else np.array([self.own.null])
        limit = self.rows * max(1.0, float(np.log(self.rows)))
        return share_from(context, own, self.owner, (1,), _NULL_BITS, limit, per_row=False)


def _times(values: Floats, column: str) -> Floats:
    wrong = ~(np.isfinite(values) & (values >= 0))
    if bool(wrong.any()):
        faults.refuse(DataFault("survival.time", [column], int(wrong.sum())))
        return np.where(wrong, 0.0, values)
    return values


def _checked(times: Floats, events: Floats, time: Label, event: Label) -> Outcome:
    if bool((times == times[:1]).all()):
        faults.refuse(DataFault("label.constant", [time.column]))
    found = Outcome.of(times, events)
    if found.null == 0:  # no event, or none but of who was last at risk
        faults.refuse(DataFault("survival.no_event", [event.column]))
    return found
