"""Where each party finds each of the others: directly, or through a proxy that delays every byte by a fixed time."""

import contextlib
import socket
from collections.abc import Generator

from benchmarks.delay import delayed
from benchmarks.engine.processes import PARTIES


@contextlib.contextmanager
def addresses(delay: float) -> Generator[list[list[str]]]:
    """``[i][j]``: the address under which party i finds party j; its own entry is where it listens."""
    ports = free_ports(PARTIES)
    direct = [f"127.0.0.1:{port}" for port in ports]
    if not delay:
        yield [direct] * PARTIES
        return
    with delayed(ports, delay) as proxies:
        through = [f"127.0.0.1:{port}" for port in proxies]
        yield [[direct[i] if i == j else through[j] for j in range(PARTIES)] for i in range(PARTIES)]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return numbers
