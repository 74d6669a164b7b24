"""Ports of this machine for the processes that are started here.

They come from below Linux's range for outgoing connections (32768 and up), so that no connection made in the meantime
can sit on a port that was found free; a process gives each port out once. ``TALLY_PORT_RANGE`` (``low-high``) names
another range: two test runs side by side take one each.
"""

import os
import random
import socket
from typing import Final

from protocol.errors import RangeError, UnavailableError

LOOPBACK: Final = "127.0.0.1"
_RANGE: Final = "20000-32000"
_given: Final[set[int]] = set()


def free_ports(count: int) -> list[int]:
    """``count`` different ports that are free now; whoever binds one next may still lose a race to another process."""
    low, high = _range()
    # not a secret: a random order keeps processes that share the range apart
    candidates = [port for port in range(low, high + 1) if port not in _given]
    random.shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            break
        if _is_free(port):
            found.append(port)
    if len(found) < count:
        raise UnavailableError(
            "ports.none_free", f"No {count} free ports from {low} to {high}.", "Name another range in TALLY_PORT_RANGE."
        )
    _given.update(found)
    return found


def free_port() -> int:
    """One of :func:`free_ports`."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as servers do, so that a port whose last connections are still closing counts as free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _range() -> tuple[int, int]:
    text = os.environ.get("TALLY_PORT_RANGE", _RANGE)
    low, _, high = text.partition("-")
    if not (low.isdecimal() and high.isdecimal() and 1024 <= int(low) <= int(high) <= 65535):
        raise RangeError("ports.range", f"TALLY_PORT_RANGE={text!r} is no range of ports.", "Write it as 20000-32000.")
    return int(low), int(high)
