"""Questions to a child process of its own: what they cost is the child's, and however it ends the parent goes on.

A frame is four bytes, the length of what follows (big-endian), and the data.
"""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
_HEAD: Final = 4
_PIECE: Final = 1 << 16


def ask(command: Sequence[str], question: bytes, seconds: float) -> bytes | None:
    """What ``command`` writes about ``question``; None when it fails or takes longer than ``seconds``, and then it is gone.

    The child gets no setting of ours but the path to our packages, so that no secret of the parent's is with it.
    """
    try:
        done = subprocess.run(
            command, input=question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(), cwd="/",
            start_new_session=True, timeout=seconds, check=False,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout if done.returncode == 0 else None


class StandBy:
    """A child that waits for questions, so that only the first one pays for its start. Not for several threads at once.

    It ends by itself when its parent is gone, or asks nothing for long; then the next question starts another.
    """

    def __init__(self, command: Sequence[str], most: int) -> None:
        """``most`` bounds an answer, in bytes."""
        self._command: Final = tuple(command)
        self._most: Final = most
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, question: bytes, seconds: float) -> bytes | None:
        """As :func:`ask`; a child that does not answer in time is gone, with all that it started."""
        until = time.monotonic() + seconds
        for _ in range(2):  # one that went away between two questions is no answer to the second
            fresh = self._child is None
            with contextlib.suppress(OSError):
                found = self._exchange(self._running(), len(question).to_bytes(_HEAD) + question, until)
                if found is not None:
                    return found or None
            self.close()
            if fresh or time.monotonic() > until:
                break
        return None

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        child.wait()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is None:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=_environment(), cwd="/", start_new_session=True, bufsize=0,
            )  # fmt: skip
            for pipe in (self._child.stdin, self._child.stdout):
                assert pipe is not None
                os.set_blocking(pipe.fileno(), False)
        return self._child

    def _exchange(self, child: "subprocess.Popen[bytes]", data: bytes, until: float) -> bytes | None:
        """The answer's bytes, empty where the child could not tell; None when it went away or time is up."""
        assert child.stdin is not None
        assert child.stdout is not None
        into, out, found = child.stdin.fileno(), child.stdout.fileno(), bytearray()
        ends = select.poll()  # select() takes no descriptor above 1023, and a server's connections may use those up
        ends.register(out, select.POLLIN)
        ends.register(into, select.POLLOUT)
        while (left := until - time.monotonic()) > 0:
            ready = dict(ends.poll(1000 * left))
            if into in ready:
                data = data[os.write(into, data[:_PIECE]) :]
                if not data:
                    ends.unregister(into)
            if out in ready:
                piece = os.read(out, _PIECE)
                found += piece
                length = int.from_bytes(found[:_HEAD]) if len(found) >= _HEAD else 0
                if not piece or length > self._most:
                    return None
                if len(found) >= _HEAD + length:
                    return bytes(found[_HEAD:])
        return None


def _environment() -> dict[str, str]:
    found = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return found | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
