"""Child processes that end with their owner, and orphans of an earlier run that are found and ended.

Three nets, so that nothing is left running however the owner ends:

1. ``stop()`` sends the program's own orderly signal, waits, and kills only after a deadline.
2. PR_SET_PDEATHSIG (:mod:`chain.launch`): when the owner dies without a word (kill -9, out of memory), the kernel
   sends the child the same orderly signal.
3. A record file names the child by process id, start time and boot id. Process ids are reused, quickly in containers;
   the three together name one process only. The next start ends whatever its record still names.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

from protocol.errors import UnavailableError

_POLL = 0.01
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, without doubt: ``started`` is in clock ticks since ``boot`` (proc(5), field 22 of stat)."""

    pid: int
    started: int
    boot: str


@dataclass(frozen=True, slots=True)
class Account:
    """The system user a program runs as; needed where a program refuses to run as root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how it is told to end."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    record: Path
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None


def identify(pid: int) -> Identity | None:
    """The process now behind ``pid``, or None when there is none or only a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may itself hold spaces and parentheses: fields are counted from the last one.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]), _boot_id())


def is_alive(identity: Identity) -> bool:
    """Whether this very process still runs."""
    return identify(identity.pid) == identity


def read_record(record: Path) -> Identity | None:
    """The process a record names. A record that is missing or torn by a kill names none."""
    try:
        fields = json.loads(record.read_text("utf-8"))
        return Identity(int(fields["pid"]), int(fields["started"]), str(fields["boot"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def end_orphan(record: Path, orderly: signal.Signals, grace: float) -> bool:
    """Ends what an earlier run left behind; True when something was. Raises when it survives even SIGKILL."""
    identity = read_record(record)
    found = identity is not None and is_alive(identity)
    if identity is not None and found:
        _end(identity, orderly, grace)
    record.unlink(missing_ok=True)
    return found


class Child:
    """One running program. Create it with :meth:`start`."""

    def __init__(self, program: Program, process: "subprocess.Popen[bytes]", identity: Identity | None) -> None:
        self.program: Final = program
        self.identity: Final = identity
        self._process: Final = process

    @classmethod
    def start(cls, program: Program) -> Self:
        """Starts the program in its own session, so that a terminal's Ctrl-C reaches the owner only."""
        process = _spawner(os.getpid()).submit(_spawn, program).result()
        identity = identify(process.pid)
        if identity is not None:
            write_atomically(program.record, json.dumps(asdict(identity)).encode())
        return cls(program, process, identity)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """The exit code (negative: the signal), or None while it runs."""
        return self._process.poll()

    def stop(self, grace: float) -> None:
        """Orderly signal, wait up to ``grace`` seconds, then kill. Safe to call twice."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(self.program.stop_signal)
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.program.record.unlink(missing_ok=True)

    def exited(self) -> UnavailableError:
        """The error for a child that ended by itself, with the end of what it said."""
        said = log_tail(self.program.log)
        return UnavailableError(
            "child.exited",
            f"{self.program.name} ended with code {self.exit_code()}. Its last words: {said or '(none)'}",
            f"Read {self.program.log}.",
            name=self.program.name,
        )


def log_tail(log: Path, size: int = 800) -> str:
    """The last characters of a log file, on one line."""
    try:
        text = log.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return " / ".join(line.strip() for line in text[-size:].splitlines() if line.strip())


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replaces the file whole or not at all, and so that it is still there after a power cut (rename(2), fsync(2))."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new file in the folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def plain_environment(**more: str) -> dict[str, str]:
    """What every program gets and no more: PG*, REDIS* or ANVIL* variables of the owner must not steer it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "TZ": "UTC", **more}


def _end(identity: Identity, orderly: signal.Signals, grace: float) -> None:
    for number, seconds in ((orderly, grace), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(identity.pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(identity):
                return
            time.sleep(_POLL)
    raise UnavailableError(
        "child.will_not_end", f"Process {identity.pid} of an earlier run does not end.", f"kill -9 {identity.pid}"
    )


def _spawn(program: Program) -> "subprocess.Popen[bytes]":
    account = program.account or Account(-1, -1)
    launch: Sequence[str] = (
        *(sys.executable, "-I", "-S", str(_LAUNCH)),
        *(str(int(program.stop_signal)), str(os.getpid()), str(account.uid), str(account.gid)),
    )
    descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            [*launch, *program.argv],
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            umask=0o077,  # what a server writes by itself (Redis its users' hashes) is its owner's alone
        )
    finally:
        os.close(descriptor)


@cache
def _spawner(owner: int) -> ThreadPoolExecutor:
    """One thread that lives as long as process ``owner``: the death signal follows the thread, not the process."""
    return ThreadPoolExecutor(1, f"spawner-{owner}")


@cache
def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except FileNotFoundError:
        # Sandboxed kernels have none; their processes do not outlive a boot either.
        return ""
