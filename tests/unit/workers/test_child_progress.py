"""What the child says to its node about progress: beginnings, ends, and little in between."""

import io

from workers.child import Seldom
from workers.child_messages import Progress
from workers.pipe import Kind, Pipe, decode


def test_a_fast_program_does_not_flood_its_node() -> None:
    out, now = io.BytesIO(), [50.0]
    seldom = Seldom(Pipe(0, out), lambda: now[0])
    for phase in ("align", "fit"):
        for step in range(1001):
            now[0] += 0.001
            seldom.progress(phase, step, 1000)
    messages = decode(out.getvalue())
    assert {message.kind for message in messages} == {Kind.PROGRESS}
    said = [(progress.phase, progress.step) for progress in (Progress.read(message.data) for message in messages)]
    assert said[0] == ("align", 0)
    assert ("align", 1000) in said
    assert ("fit", 0) in said
    assert said[-1] == ("fit", 1000)
    assert len(said) <= 8
