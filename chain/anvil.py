"""The anvil node as a child process: where its binary is, how it is started, when it is ready."""

import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chain.child import Child, Program, plain_environment
from chain.jsonrpc import RpcClient
from protocol.errors import UnavailableError

_PROJECT = Path(__file__).resolve().parents[1]
_NATIVE = Path("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
HARDFORK: Final = "osaka"
"""One fork everywhere: solc's evmVersion, anvil, the QBFT genesis."""


def anvil_binary() -> Path:
    """Anvil's native binary: ``TALLY_ANVIL``, else ``contracts/node_modules``, else PATH.

    Never npm's ``.bin/anvil`` wrapper: killed, it leaves the real anvil running.
    """
    named = os.environ.get("TALLY_ANVIL")
    if named is not None:
        candidates = [Path(named)]
    else:
        on_path = shutil.which("anvil")
        candidates = [_PROJECT / "contracts" / _NATIVE, *([Path(on_path)] if on_path is not None else [])]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and candidate.is_file() and not _is_script(candidate):
            return candidate.resolve()
    raise UnavailableError(
        "chain.no_anvil",
        f"anvil's binary is in none of: {', '.join(str(candidate) for candidate in candidates)}.",
        "Run `npm ci` in contracts/, or set TALLY_ANVIL to the binary's path.",
    )


@dataclass(frozen=True, slots=True)
class AnvilOptions:
    """What identifies the chain: the same three values give the same genesis hash."""

    chain_id: int
    genesis_time: int
    port: int
    automine: bool = True


class Anvil:
    """One anvil process with zero gas price and no funded accounts, on 127.0.0.1 only."""

    def __init__(self, folder: Path, options: AnvilOptions, *, start_deadline: float = 20.0) -> None:
        self.options: Final = options
        self.rpc: Final = RpcClient(options.port, timeout=30.0)
        self._folder: Final = folder
        self._deadline: Final = start_deadline
        self._child: Child | None = None

    @property
    def record(self) -> Path:
        """The record of the running process, for ending an orphan."""
        return self._folder / "anvil.pid"

    @property
    def url(self) -> str:
        """The JSON-RPC endpoint."""
        return f"http://127.0.0.1:{self.options.port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Starts anvil and waits until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        states = self._folder / "anvil-states"
        # Blocks' states that anvil moved out of memory: worthless to the next process, which never reads them.
        shutil.rmtree(states, ignore_errors=True)
        self._child = Child.start(
            Program(
                name="anvil",
                argv=(str(anvil_binary()), *self._arguments(states)),
                environment=plain_environment(HOME=str(self._folder)),
                record=self.record,
                log=self._folder / "anvil.log",
                # It saves nothing at its end (the journal has everything), so the quickest way is the best.
                stop_signal=signal.SIGKILL,
            )
        )
        self._wait_until_ready(self._child)

    def is_running(self) -> bool:
        """Whether the process runs."""
        return self._child is not None and self._child.exit_code() is None

    def stop(self) -> None:
        """Ends the process."""
        self.rpc.close()
        if self._child is not None:
            self._child.stop(grace=5.0)
            self._child = None

    def _arguments(self, states: Path) -> tuple[str, ...]:
        options = self.options
        return (
            *("--host", "127.0.0.1", "--port", str(options.port), "--quiet", "--no-cors"),
            *("--hardfork", HARDFORK, "--chain-id", str(options.chain_id)),
            # Its hash stays the same over restarts only with its time given.
            *("--timestamp", str(options.genesis_time)),
            # Any key can send: no fees and no balances, as on Besu with zeroBaseFee.
            *("--gas-price", "0", "--block-base-fee-per-gas", "0", "--disable-min-priority-fee", "--accounts", "0"),
            *("--order", "fifo", "--cache-path", str(states)),
            *(() if options.automine else ("--no-mining",)),
        )

    def _wait_until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + self._deadline
        while True:
            if child.exit_code() is not None:
                raise child.exited()
            try:
                found = int(self.rpc.call_text("eth_chainId"), 16)
            except UnavailableError:
                if time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(0.01)
                continue
            if found == self.options.chain_id:
                return
            self.stop()
            raise UnavailableError(
                "chain.port_taken", f"Another chain ({found}) answers on port {self.options.port}.", "Use another port."
            )


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"
