"""Chain, database and broker together, as child processes of whoever holds the :class:`Stack`.

Everything is below one state directory and comes back as it was: same chain, same rows, same messages, same
credentials.

How nothing is left running: leaving the ``with`` block or ``stop()`` ends the three in order. When the owner dies
without that (SIGTERM's default action, SIGKILL), the kernel sends each child its own orderly stop signal
(:mod:`chain.child`); and whatever should still survive is ended by the next start, which knows it by process id,
start time and boot id.
"""

import os
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from chain.devnet import Devnet, StateLock
from embedded.postgres import Postgres
from embedded.redis import Broker, BrokerUser

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StackInfo:
    """Where everything is. ``database`` and the broker users hold passwords, and are left out of ``repr``."""

    rpc_url: str
    database: str = field(repr=False)
    coordinator: BrokerUser = field(repr=False)
    parties: Mapping[str, BrokerUser] = field(repr=False)


class Stack:
    """The embedded stack in ``state_dir``, with a broker user for each name in ``parties``."""

    def __init__(self, state_dir: Path, parties: Sequence[str] = (), *, rpc_port: int = 0) -> None:
        self.state_dir: Final = state_dir.resolve()
        self.chain: Final = Devnet(self.state_dir / "chain", rpc_port)
        self.database: Final = Postgres(self.state_dir / "postgres")
        self.broker: Final = Broker(self.state_dir / "broker")
        self._parties: Final = tuple(parties)
        self._lock: Final = StateLock(self.state_dir)

    @classmethod
    @contextmanager
    def temporary(cls, parties: Sequence[str] = ()) -> Generator[Self]:
        """A started stack that leaves nothing behind, for tests."""
        with tempfile.TemporaryDirectory(prefix="tally-stack-") as folder:
            stack = cls(Path(folder), parties)
            try:
                with stack:
                    yield stack
            finally:
                stack.erase()

    @property
    def info(self) -> StackInfo:
        """Addresses and credentials of the running stack."""
        return StackInfo(
            rpc_url=self.chain.url,
            database=self.database.dsn,
            coordinator=self.broker.coordinator,
            parties={name: self.broker.party(name) for name in self._parties},
        )

    def start(self) -> Self:
        """Starts what does not run. One owner per state directory; a second one is told whose it is."""
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            # As root the database runs as another user, who must pass through here; the folders below stay closed.
            self.state_dir.chmod(0o711)
        self._lock.take()
        try:
            self.heal()
        except BaseException:
            self.stop()
            raise
        return self

    def heal(self) -> tuple[str, ...]:
        """Starts again whatever was killed, at the same address and with its state; returns the names."""
        self.broker.add_parties(self._parties)
        parts = (("postgres", self.database), ("broker", self.broker), ("chain", self.chain))
        dead = [(name, part) for name, part in parts if not part.is_running()]
        for name, part in dead:
            part.start()
            _log.info("stack.part_started", part=name)
        return tuple(name for name, _ in dead)

    def stop(self) -> None:
        """Stops broker, chain and database, in this order: first what brings work, last what keeps its outcome."""
        try:
            self.broker.stop()
        finally:
            try:
                self.chain.stop()
            finally:
                try:
                    self.database.stop()
                finally:
                    self._lock.release()

    def erase(self) -> None:
        """Removes everything the stopped stack ever wrote, also outside the state directory."""
        self.database.erase()
        self.broker.erase()
        shutil.rmtree(self.state_dir, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
