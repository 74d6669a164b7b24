"""What a witness answers: checked against its memory, remembered, then signed, one request after the other."""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from protocol import checkpoint, witnessing
from protocol.errors import RefusedError
from protocol.witnessing import Submission
from witness.folder import Folder

_log = structlog.get_logger()


class Service:
    """A running witness. Safe for threads: comparing with the memory, changing it and signing are one step for all logs."""

    def __init__(self, folder: Folder, clock: Callable[[], int]) -> None:
        self._folder: Final = folder
        self._key: Final = folder.key()
        self._clock: Final = clock
        self._lock: Final = threading.Lock()

    def add(self, body: bytes) -> bytes:
        """The cosignature's line for a request to add a checkpoint; every refusal carries its ``status``."""
        asked = Submission.parse(body)
        with self._lock:
            kept = self._folder.head(asked.origin)
            try:
                note = witnessing.judge(
                    asked, self._folder.logs().get(asked.origin), None if kept is None else kept.checkpoint
                )
            except RefusedError as error:
                if error.code == "witness.contradiction":
                    self._folder.forked(checkpoint.parse(asked.note))
                    _log.error("witness.contradiction", origin=asked.origin, size=error.details["size"])
                raise
            self._folder.keep(note)
            line = self._key.cosign(note, self._clock()).signatures[-1].line()
        _log.info("witness.cosigned", origin=asked.origin, size=note.checkpoint.size, old=asked.old)
        return line.encode()

    def latest(self, origin: str) -> bytes:
        """The head of a log that was cosigned last, cosigned as of now: still the largest that this witness saw."""
        with self._lock:
            kept = self._folder.head(origin) if origin in self._folder.logs() else None
            if kept is None:
                raise RefusedError(
                    "witness.no_head", "Nothing of such a log was cosigned.", "Ask for another.", status=404
                )
            return self._key.cosign(kept, self._clock()).data()
