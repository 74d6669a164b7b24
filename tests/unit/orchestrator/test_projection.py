"""Every event of the contracts either changes what the coordinator keeps, or is said to be kept as an event only."""

from orchestrator.services import projection
from protocol import events


def test_every_event_is_spoken_of_once() -> None:
    handled = set(projection.HANDLERS)
    assert handled | projection.EVENTS_ONLY == set(events.EVENTS)
    assert not handled & projection.EVENTS_ONLY
