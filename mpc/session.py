"""What an MPC program sees of a running session: MPyC's runtime, who takes part, and private channels.

:class:`mpc.runtime.Session` is the real one, over pinned TLS links. This module imports nothing of mpyc, so that
metadata and type checks work in any process.

Committee members reach each other faster through ``session.mpc.parties[i].protocol``: ``send(label, data)`` takes any
contiguous bytes-like object and returns at once; data of more than 64 KiB is kept by reference and must not change until
``await drained()`` has returned, which waits until everything sent has left this process. ``await receive(label)`` gives
``bytes``, without a pass through the event loop when they are there already. Labels are integers of 64 bits, first in
first out each. Large rounds go in pieces of 1 to 8 MB with ``drained()`` between them: a message above 32 MB costs fresh
memory pages, one above 64 MiB another copy, and what the peer has not taken yet waits in its memory.
"""

from typing import Any, Final, Protocol

_SIGNED: Final = b"tallystick/program-message/v1\0"


def signed_bytes(run_id: bytes, label: str, message: bytes) -> bytes:
    """What a node key signs when a message reaches its receiver through somebody else: good in this run only."""
    name = label.encode("ascii")
    return b"".join((_SIGNED, run_id, len(name).to_bytes(2, "big"), name, message))


class Session(Protocol):
    """One party's end of a run. Party ``i`` of ``committee`` holds Shamir point ``i + 1``."""

    @property
    def mpc(self) -> Any:  # noqa: ANN401 - mpyc has no types
        """MPyC's runtime (``mpyc.runtime.Runtime``), connected, with fresh PRSS keys."""
        ...

    @property
    def pid(self) -> int:
        """The position of this end in :attr:`names`."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Everyone's party names, the committee first."""
        ...

    @property
    def committee(self) -> tuple[str, ...]:
        """The compute parties' names in committee order."""
        ...

    @property
    def threshold(self) -> int:
        """How many compute parties may collude without learning anything."""
        ...

    @property
    def run_id(self) -> bytes:
        """32 bytes that all parties agreed on for this run only."""
        ...

    async def send(self, peer: str, label: str, message: bytes) -> None:
        """Send ``message`` to one party."""
        ...

    async def receive(self, peer: str, label: str) -> bytes:
        """The next message that ``peer`` sent under ``label``; waits, within the session's deadlines."""
        ...

    def sign(self, label: str, message: bytes) -> bytes:
        """The signature (64 bytes) of this party's node key over ``message`` under ``label`` in this run."""
        ...

    def verify(self, peer: str, label: str, message: bytes, signature: bytes) -> bool:
        """Whether ``peer``'s registered node key signed ``message`` under ``label`` in this run."""
        ...

    def progress(self, phase: str, step: int, total: int) -> None:
        """Report that ``phase`` has reached ``step`` of ``total``."""
        ...

    def refuse(self, peer: str, what: str) -> Exception:
        """The error to raise when ``peer`` sent something malformed; it names the peer and ends the run."""
        ...


class MeteredSession:
    """A session that counts the payload a program sends besides its shares."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.bytes_sent = 0

    @property
    def mpc(self) -> Any:  # noqa: ANN401 - mpyc has no types
        """As the session's."""
        return self._session.mpc

    @property
    def pid(self) -> int:
        """As the session's."""
        return self._session.pid

    @property
    def names(self) -> tuple[str, ...]:
        """As the session's."""
        return self._session.names

    @property
    def committee(self) -> tuple[str, ...]:
        """As the session's."""
        return self._session.committee

    @property
    def threshold(self) -> int:
        """As the session's."""
        return self._session.threshold

    @property
    def run_id(self) -> bytes:
        """As the session's."""
        return self._session.run_id

    async def send(self, peer: str, label: str, message: bytes) -> None:
        """Count and send."""
        self.bytes_sent += len(message)
        await self._session.send(peer, label, message)

    async def receive(self, peer: str, label: str) -> bytes:
        """As the session's."""
        return await self._session.receive(peer, label)

    def sign(self, label: str, message: bytes) -> bytes:
        """As the session's."""
        return self._session.sign(label, message)

    def verify(self, peer: str, label: str, message: bytes, signature: bytes) -> bool:
        """As the session's."""
        return self._session.verify(peer, label, message, signature)

    def progress(self, phase: str, step: int, total: int) -> None:
        """As the session's."""
        self._session.progress(phase, step, total)

    def refuse(self, peer: str, what: str) -> Exception:
        """As the session's."""
        return self._session.refuse(peer, what)
