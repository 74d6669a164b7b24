"""What the child says to its node about progress: beginnings, ends, and little in between."""

import io
import json

from workers.child import Pipe, Seldom


def test_a_fast_program_does_not_flood_its_node() -> None:
    out, now = io.BytesIO(), [50.0]
    seldom = Seldom(Pipe(io.BytesIO(), out), lambda: now[0])
    for phase in ("align", "fit"):
        for step in range(1001):
            now[0] += 0.001
            seldom.progress(phase, step, 1000)
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {frozenset(event) for event in events} == {frozenset(("event", "phase", "step", "total"))}
    said = [(event["phase"], event["step"]) for event in events]
    assert said[0] == ("align", 0)
    assert ("align", 1000) in said
    assert ("fit", 0) in said
    assert said[-1] == ("fit", 1000)
    assert len(said) <= 8
