"""A slower network on loopback: TCP proxies that pass every byte on a fixed time after it came, in both directions.

In a benchmark: ``with delayed([port, ...], 0.005) as ports:`` — whoever connects to ``ports[i]`` talks to the i-th port
with 5 ms one-way delay. By hand: ``python -m benchmarks.delay --milliseconds 5 7001:8001`` (listens on 7001). One process of
its own for all connections; bandwidth is not limited. ``select`` because ``epoll`` counts in milliseconds.
"""

import argparse
import contextlib
import fcntl
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final, TextIO, cast

_COPIED_BYTES: Final = 64 * 1024
_PIPE_BYTES: Final = 1024 * 1024
_PIPES: Final = 64
_QUEUED_PIECES: Final = 4096
_PATIENCE: Final = 30.0
_HOST: Final = "127.0.0.1"


@contextlib.contextmanager
def delayed(ports: Sequence[int], seconds: float) -> Generator[list[int]]:
    """Proxies in front of ``ports`` of this machine, which nobody needs to listen on yet; ended at the end."""
    pairs = [f"0:{port}" for port in ports]
    command = [
        sys.executable,
        "-m",
        "benchmarks.delay",
        "--until-input-ends",
        "--milliseconds",
        str(seconds * 1e3),
        *pairs,
    ]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield [int(cast("TextIO", process.stdout).readline()) for _ in ports]
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--milliseconds", type=float, default=5.0, help="one way")
    parser.add_argument("--until-input-ends", action="store_true", help="outlive nobody: end with whoever started this")
    parser.add_argument("pairs", nargs="+", metavar="LISTEN:TARGET", help="ports; LISTEN 0 takes a free one")
    options = parser.parse_args()
    proxy = Proxy(options.milliseconds / 1e3)
    for pair in options.pairs:
        listen, target = (int(port) for port in pair.split(":"))
        print(proxy.listen(listen, target), flush=True)
    if options.until_input_ends:
        threading.Thread(target=_end_with_input, daemon=True).start()
    while True:
        proxy.turn()


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


@dataclass(slots=True)
class _Piece:
    """Bytes on their way: in ``data``, or ``left`` of them in ``pipe``; neither means the end of the stream."""

    due: float
    data: memoryview
    pipe: tuple[int, int] | None = None
    left: int = 0


class _Pipes:
    """Kernel pipes, through which large pieces pass without being copied."""

    def __init__(self) -> None:
        self._free: list[tuple[int, int]] = []
        for _ in range(_PIPES):
            ends = os.pipe2(os.O_NONBLOCK)
            fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            self._free.append(ends)

    def take(self, source: socket.socket) -> tuple[tuple[int, int], int] | None:
        """Move what ``source`` holds into a free pipe; None when it holds nothing or no pipe is free."""
        if not self._free:
            return None
        ends = self._free.pop()
        try:
            count = os.splice(source.fileno(), ends[1], _PIPE_BYTES)
        except OSError:
            count = 0
        if not count:
            self._free.append(ends)
            return None
        return ends, count

    def give(self, ends: tuple[int, int], left: int) -> None:
        """``ends`` is not needed any more; bytes that are left in it are lost."""
        if left:
            os.read(ends[0], left)
        self._free.append(ends)


class _Way:
    """One direction of one connection: what came, and when it may go on."""

    def __init__(self, source: socket.socket, sink: socket.socket, pipes: _Pipes) -> None:
        self.source = source
        self.sink = sink
        self.queue: deque[_Piece] = deque()
        self.open = True
        self.blocked = False
        self._pipes = pipes

    def read(self, due: float) -> None:
        """Take what is there; an end passes on as an empty piece."""
        try:
            data = self.source.recv(_COPIED_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.open = bool(data)
        self.queue.append(_Piece(due, memoryview(data)))
        if len(data) == _COPIED_BYTES and (rest := self._pipes.take(self.source)) is not None:
            self.queue.append(_Piece(due, memoryview(b""), *rest))

    def write(self, now: float) -> None:
        """Pass on what is due, as far as there is room."""
        self.blocked = False
        try:
            while self.queue and self.queue[0].due <= now:
                if self._pass_on(self.queue[0]):
                    self.queue.popleft()
        except BlockingIOError:
            self.blocked = True
        except OSError:
            self.open = False
            for piece in self.queue:
                if piece.pipe is not None:
                    self._pipes.give(piece.pipe, piece.left)
            self.queue.clear()

    def _pass_on(self, piece: _Piece) -> bool:
        """Send what the kernel takes; whether that was all."""
        if piece.pipe is not None:
            piece.left -= os.splice(piece.pipe[0], self.sink.fileno(), piece.left)
            if piece.left:
                return False
            self._pipes.give(piece.pipe, 0)
        elif piece.data:
            piece.data = piece.data[self.sink.send(piece.data) :]
            return not piece.data
        else:
            self.sink.shutdown(socket.SHUT_WR)
        return True


class Proxy:
    """All connections of one process; :meth:`turn` waits for the next thing to do and does it."""

    def __init__(self, seconds: float) -> None:
        self._delay = seconds
        self._pipes = _Pipes()
        self._targets: dict[socket.socket, int] = {}
        self._ways: list[_Way] = []
        self._watched: dict[socket.socket, int] = {}
        self._selector = selectors.SelectSelector()

    def listen(self, port: int, target: int) -> int:
        """Accept connections on ``port`` for ``target``; returns the port."""
        listener = socket.create_server((_HOST, port), backlog=64)
        listener.setblocking(False)
        self._targets[listener] = target
        self._selector.register(listener, selectors.EVENT_READ)
        return int(listener.getsockname()[1])

    def turn(self) -> None:
        """Wait until something comes, can go on, or is due."""
        self._watch()
        waiting = [way.queue[0].due for way in self._ways if way.queue and not way.blocked]
        timeout = max(0.0, min(waiting) - time.monotonic()) if waiting else None
        ready = {cast("socket.socket", key.fileobj): events for key, events in self._selector.select(timeout)}
        now = time.monotonic()
        for listener in self._targets.keys() & ready.keys():
            self._accept(listener)
        for way in self._ways:
            if ready.get(way.source, 0) & selectors.EVENT_READ:
                way.read(now + self._delay)
            if not way.blocked or ready.get(way.sink, 0) & selectors.EVENT_WRITE:
                way.write(now)
        self._forget()

    def _accept(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        try:
            far = socket.create_connection((_HOST, self._targets[listener]), timeout=_PATIENCE)
        except OSError:  # nobody there yet: as a refused connection would, the caller tries again
            near.close()
            return
        for end in (near, far):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ways += [_Way(near, far, self._pipes), _Way(far, near, self._pipes)]

    def _watch(self) -> None:
        """Look at every source that is open and every sink that is full."""
        wanted: dict[socket.socket, int] = {}
        for way in self._ways:
            if way.open and len(way.queue) < _QUEUED_PIECES:
                wanted[way.source] = wanted.get(way.source, 0) | selectors.EVENT_READ
            if way.blocked:
                wanted[way.sink] = wanted.get(way.sink, 0) | selectors.EVENT_WRITE
        if wanted == self._watched:
            return
        for end in self._watched.keys() - wanted.keys():
            self._selector.unregister(end)
        for end, events in wanted.items():
            if end not in self._watched:
                self._selector.register(end, events)
            elif events != self._watched[end]:
                self._selector.modify(end, events)
        self._watched = wanted

    def _forget(self) -> None:
        """Close connections that are done in both directions."""
        for way in [way for way in self._ways if not way.open and not way.queue]:
            back = next(other for other in self._ways if other.source is way.sink)
            if back.open or back.queue:
                continue
            self._ways = [other for other in self._ways if other is not way and other is not back]
            self._watch()
            way.source.close()
            way.sink.close()
            return


if __name__ == "__main__":
    main()
