"""How the supervisor waits: for signals, and for nothing else."""

import os
import select
import signal


class Signals:
    """Waits for signals instead of looking: a child that ended (SIGCHLD) or a party that was added (SIGHUP) is noticed
    at once, and nothing costs nothing.

    Through a file descriptor (signal.set_wakeup_fd), because no lock is safe to take in a signal handler.
    """

    def __init__(self) -> None:
        self.stopping = False
        self._read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for number in (signal.SIGCHLD, signal.SIGHUP):  # without a handler they would not reach the descriptor
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float) -> None:
        """Until a signal comes, or so long."""
        if select.select([self._read], [], [], seconds)[0]:
            os.read(self._read, 4096)

    def _stop(self, *_: object) -> None:
        self.stopping = True
