"""Rings reach every loop of the node, and none is lost between a loop's look and its rest."""

import threading
import time

from tests.patience import scaled
from workers.wake import Wake


def test_a_ring_before_the_rest_is_heard_by_every_loop_once() -> None:
    wake = Wake()
    wake.set()
    begun = time.monotonic()
    for loop in ("settle", "run", "deliver"):
        wake.rest(loop, 60)
    assert time.monotonic() - begun < scaled(30)
    begun = time.monotonic()
    wake.rest("settle", 0.05)
    assert time.monotonic() - begun >= 0.05


def test_a_ring_ends_the_rests_of_all_loops() -> None:
    wake, ended = Wake(), threading.Barrier(4)

    def loop(name: str) -> None:
        wake.rest(name, 60)  # type: ignore[arg-type]
        ended.wait(scaled(30))

    threads = [threading.Thread(target=loop, args=(name,), daemon=True) for name in ("settle", "run", "deliver")]
    for thread in threads:
        thread.start()
    wake.set()
    ended.wait(scaled(30))
    for thread in threads:
        thread.join(scaled(30))
    assert not any(thread.is_alive() for thread in threads)
