"""The development chain as its owner sees it: start, stop, url. The work is done by :mod:`chain.devnet_front`."""

import fcntl
import json
import os
import secrets
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from chain.anvil import anvil_binary
from chain.child import Child, Program, end_orphan, plain_environment
from chain.jsonrpc import RpcClient
from protocol.errors import RefusedError, UnavailableError

__all__ = ["Devnet", "anvil_binary"]

_PROJECT = Path(__file__).resolve().parents[1]
_STOP_GRACE = 10.0
_PORTS = (20_000, 32_000)
_PORT_TRIES = 5
# Replaying takes 2 ms a block on a young chain and 20 ms once the history contract (EIP-2935) has its 8,191 slots, all of
# which anvil hashes anew for every block; a quarter of that speed is allowed for.
_REPLAY_PER_BLOCK = 0.08


class StateLock:
    """One owner per state folder. The kernel drops the lock when the owner dies, however it dies (flock(2))."""

    def __init__(self, folder: Path) -> None:
        self._path: Final = folder / "lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Takes the lock or says who has it."""
        if self._descriptor is not None:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise RefusedError(
                "state.in_use",
                f"{self._path.parent} is in use by process {owner or '(unknown)'}.",
                "Stop that one first, or use another state folder.",
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Gives the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Devnet:
    """A chain in a folder: random chain id, zero gas price, osaka, every acknowledged transaction kept.

    ``start_deadline`` (seconds) is for a new chain; replaying a long one is given its time on top.
    ``port`` 0 means the one this folder had last time, or any free one. Warning: whoever reaches the port can read
    everything and send transactions; anvil's own port, behind it, accepts anvil's test methods from anyone on this
    machine.
    """

    def __init__(self, state_dir: Path, port: int = 0, *, start_deadline: float = 60.0) -> None:
        self._folder: Final = state_dir.resolve()
        self._wanted_port: Final = port
        self._deadline: Final = start_deadline
        self._lock: Final = StateLock(self._folder)
        self._child: Child | None = None
        self._port: int | None = None

    @property
    def url(self) -> str:
        """The JSON-RPC endpoint."""
        if self._port is None:
            raise UnavailableError("chain.not_started", "The devnet is not started.", "Call start() first.")
        return f"http://127.0.0.1:{self._port}"

    @property
    def chain_id(self) -> int:
        """The chain id drawn at the folder's first start."""
        return int(self._rpc().call_text("eth_chainId"), 16)

    def start(self) -> Self:
        """Starts the chain, or does nothing when it runs. Ends what a killed owner may have left behind."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        try:
            if not self.is_running():
                self._start_front()
        except BaseException:
            self.stop()
            raise
        return self

    def is_running(self) -> bool:
        """Whether the front runs (it looks after anvil itself)."""
        return self._child is not None and self._child.exit_code() is None

    def stop(self) -> None:
        """Stops front and node; safe to call twice."""
        if self._child is not None:
            self._child.stop(_STOP_GRACE)
            self._child = None
        end_orphan(self._folder / "anvil.pid", signal.SIGKILL, _STOP_GRACE)
        self._lock.release()

    def mine(self, blocks: int = 1) -> None:
        """Mines empty blocks, for deployments that ask for confirmations."""
        for _ in range(blocks):
            self._rpc().call("evm_mine")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _rpc(self) -> RpcClient:
        return RpcClient(int(self.url.rpartition(":")[2]), timeout=self._deadline)

    def _start_front(self) -> None:
        end_orphan(self._folder / "front.pid", signal.SIGTERM, _STOP_GRACE)
        end_orphan(self._folder / "anvil.pid", signal.SIGKILL, _STOP_GRACE)
        ready = self._folder / "front.json"
        # A restart under running clients must come back at the same address; a fresh start may move if it must.
        kept = self._port or self._wanted_port
        ports = [kept] if kept else [*_last_port(ready), *(_random_port() for _ in range(_PORT_TRIES))]
        for position, port in enumerate(ports):
            ready.unlink(missing_ok=True)
            self._child = Child.start(self._program(port))
            try:
                self._port = self._wait_until_ready(self._child, ready)
            except UnavailableError:
                self._child.stop(_STOP_GRACE)
                if position == len(ports) - 1:
                    raise
            else:
                return

    def _journal_blocks(self) -> int:
        journal = self._folder / "journal.jsonl"
        if not journal.exists():
            return 0
        with journal.open("rb") as lines:
            return sum(1 for _ in lines)

    def _program(self, port: int) -> Program:
        paths = [str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
        # Resolved here so that a missing binary is told by the owner, not found in a log.
        environment = plain_environment(PYTHONPATH=os.pathsep.join(paths), TALLY_ANVIL=str(anvil_binary()))
        return Program(
            name="devnet",
            argv=(sys.executable, "-m", "chain.devnet_front", str(self._folder), str(port)),
            environment=environment,
            record=self._folder / "front.pid",
            log=self._folder / "front.log",
            stop_signal=signal.SIGTERM,
        )

    def _wait_until_ready(self, child: Child, ready: Path) -> int:
        seconds = self._deadline + self._journal_blocks() * _REPLAY_PER_BLOCK
        deadline = time.monotonic() + seconds
        while not ready.exists():
            if child.exit_code() is not None:
                raise child.exited()
            if time.monotonic() > deadline:
                raise UnavailableError(
                    "chain.start_timeout",
                    f"The devnet was not ready within {seconds:.0f} s.",
                    f"Read {child.program.log}.",
                )
            time.sleep(0.01)
        return int(json.loads(ready.read_text("utf-8"))["port"])


def _random_port() -> int:
    """A port that no outgoing connection is given by chance, so that a restart finds it free (ip_local_port_range)."""
    return secrets.choice(range(*_PORTS))


def _last_port(ready: Path) -> list[int]:
    try:
        return [int(json.loads(ready.read_text("utf-8"))["port"])]
    except (FileNotFoundError, ValueError, KeyError):
        return []
