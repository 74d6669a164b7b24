"""How the harness talks with its processes: JSON lines over a socket pair, one answer per command. Standard library only.

A command is ``{"op": …}``; ``prepare`` (row, size), ``run`` (``at``: when to begin, on the machine's monotonic clock),
``counters``, ``error``, ``profile``, ``close``. A failed command is answered ``{"failed": "…"}``.
"""

import asyncio
import contextlib
import json
import os
import socket
import struct
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Message = dict[str, Any]
_LINE = 1 << 24
_SENT = struct.Struct("Q")
_SENT_AT = 200
"""Where ``tcpi_bytes_sent`` stands in Linux's ``struct tcp_info``."""


async def serve(descriptor: int, answer: Callable[[Message], Awaitable[Message]]) -> None:
    """Answer commands until ``close``, in the running event loop, which must stay free for the parties' links."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor), limit=_LINE)
    while (line := await reader.readline()) and (command := json.loads(line))["op"] != "close":
        try:
            found = await answer(command)
        except Exception as error:  # noqa: BLE001 - told to the harness, which says so in the table
            traceback.print_exc()
            found = {"failed": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(found).encode() + b"\n")
        await writer.drain()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def moment(at: float) -> None:
    """Return at ``at`` or just after it."""
    await asyncio.sleep(max(0.0, at - time.monotonic() - 0.002))
    time.sleep(max(0.0, at - time.monotonic()))  # noqa: ASYNC251 - the last 2 ms: the loop's timer is too coarse


def used() -> dict[str, float]:
    """What this process has used so far: bytes sent and seconds of CPU."""
    return {"wire": bytes_on_wire(), "cpu": time.process_time()}


def bytes_on_wire() -> int:
    """What this process has sent over all its TCP connections, as the kernel counts it: everything above TCP."""
    total = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if not str(entry.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as copy:
                if copy.family in {socket.AF_INET, socket.AF_INET6} and copy.type == socket.SOCK_STREAM:
                    info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                    total += _SENT.unpack_from(info, _SENT_AT)[0]
    return total
