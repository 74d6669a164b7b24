"""The witness as a process: one per folder, an orderly stop on SIGTERM and SIGINT."""

import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Final

import structlog

from logs.configuration import configure
from witness.folder import LOCK, opened
from witness.server import Server
from witness.service import Service
from workers import disk

_log = structlog.get_logger()
_LOOK: Final = 0.2
"""Seconds after which serving looks whether it should stop."""


def run(path: Path, host: str, port: int) -> int:
    """Serve until a signal; the exit status."""
    configure("witness")
    stop = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        _log.info("witness.signal", number=number)
        stop.set()

    folder = opened(path)
    with disk.exclusive(folder.path / LOCK, f"the witness in {folder.path}"):
        server = Server(host, port, Service(folder, lambda: int(time.time())))
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        thread = threading.Thread(target=server.serve_forever, args=(_LOOK,), name="witness", daemon=True)
        thread.start()
        _log.info("witness.listening", host=host, port=server.port, logs=len(folder.logs()))
        stop.wait()
        server.shutdown()
        server.server_close()
        thread.join()
    return 0
