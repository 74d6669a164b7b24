"""The broker: redis-server as a child process on a unix socket, with an append-only file and one user per party.

Redis answers a write only after it went to the append-only file, so a killed server loses no acknowledged message
(``appendfsync always``: nor does a power cut). The default user is off. A party's user reaches keys and channels that
begin with ``party.<name>:`` and nothing else; kombu puts that before every key it uses when told so
(``broker_transport_options["global_keyprefix"]``). The coordinator's user reaches every ``party.`` key.
"""

import json
import re
import secrets
import shutil
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

import redis

from chain.child import Child, Program, end_orphan, plain_environment, write_atomically
from embedded.places import private_folder, socket_folder
from embedded.redis_binary import redis_server
from orchestrator.dispatch import rights
from orchestrator.dispatch.rights import COORDINATOR
from protocol.credentials import key_prefix, user_of
from protocol.errors import FormatError, UnavailableError

_ADMIN: Final = "admin"
_SOCKET = "redis.sock"
_STOP_GRACE = 10.0
_SAFE_PATH = re.compile(r"[A-Za-z0-9_./@+-]+")


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """One credential. ``url`` is kombu's broker URL; ``key_prefix`` belongs in its ``global_keyprefix`` option.

    The coordinator publishes to a party through a connection with that party's ``key_prefix`` and its own ``url``.
    """

    name: str
    password: str
    socket: Path
    key_prefix: str

    @property
    def url(self) -> str:
        """``redis+socket://user:password@/path``: holds the password."""
        path = quote(str(self.socket))
        return f"redis+socket://{quote(self.name, safe='')}:{quote(self.password, safe='')}@{path}"

    def connect(self) -> "redis.Redis":
        """A plain client, for tests and health checks."""
        return redis.Redis(
            unix_socket_path=str(self.socket), username=self.name, password=self.password, socket_timeout=5
        )


class Broker:
    """One redis-server. ``folder`` is its part of the state directory."""

    def __init__(self, folder: Path, *, start_deadline: float = 30.0) -> None:
        self._folder: Final = folder.resolve()
        self._deadline: Final = start_deadline
        self._child: Child | None = None
        self._loaded: frozenset[str] = frozenset()

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        return None if self._child is None else self._child.pid

    @property
    def coordinator(self) -> BrokerUser:
        """The credential that reaches every party's keys."""
        return self._user(COORDINATOR, "")

    @property
    def administration(self) -> dict[str, object]:
        """What ``orchestrator.dispatch.issuing`` reads to make users for parties as they join; it holds a password."""
        user = self._user(_ADMIN, "")
        url = f"unix://{_ADMIN}:{quote(user.password, safe='')}@{quote(str(self.socket))}"
        return {"kind": "redis", "url": url, "nodes": {"transport": "redis+socket", "place": str(self.socket)}}

    def party(self, name: str) -> BrokerUser:
        """A party's credential; it must have been added."""
        if user_of(name) not in self._passwords():
            raise FormatError(
                "embedded.unknown_party", f"The broker has no user for {name!r}.", "Add it with add_parties()."
            )
        return self._user(user_of(name), key_prefix(name))

    def add_parties(self, names: Iterable[str]) -> None:
        """Makes users for parties that have none, at once when the server runs. Existing credentials stay.

        Does nothing when the server has them all: ACL LOAD disconnects every client.
        """
        users = {user_of(name) for name in names}
        if users <= self._loaded and self.is_running():
            return
        passwords = self._passwords()
        if not users <= passwords.keys():
            for user in sorted(users):
                passwords.setdefault(user, secrets.token_urlsafe(24))
            self._save(passwords)
        if self.is_running():
            with self._user(_ADMIN, "").connect() as client:
                client.acl_load()
            self._loaded = frozenset(passwords)

    def start(self) -> None:
        """Starts the server and waits until its append-only file is loaded; does nothing when it runs."""
        if self.is_running():
            return
        private_folder(self._folder)
        end_orphan(self._record, signal.SIGTERM, _STOP_GRACE)
        passwords = self._passwords()
        for name in (_ADMIN, COORDINATOR):
            passwords.setdefault(name, secrets.token_urlsafe(24))
        self._save(passwords)
        write_atomically(self._folder / "redis.conf", self._configuration().encode())
        self._child = Child.start(
            Program(
                name="redis-server",
                argv=(str(redis_server()), str(self._folder / "redis.conf")),
                environment=plain_environment(),
                record=self._record,
                log=self._folder / "redis.log",
                stop_signal=signal.SIGTERM,
            )
        )
        self._loaded = frozenset(passwords)
        self._wait_until_ready(self._child)

    def is_running(self) -> bool:
        """Whether the server runs."""
        return self._child is not None and self._child.exit_code() is None

    def stop(self) -> None:
        """Orderly stop; safe to call twice."""
        if self._child is not None:
            self._child.stop(_STOP_GRACE)
            self._child = None

    def erase(self) -> None:
        """Removes the stopped server's data and its socket's folder."""
        shutil.rmtree(self.socket.parent, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def socket(self) -> Path:
        """The server's unix socket."""
        return socket_folder(self._folder / "socket", _SOCKET) / _SOCKET

    @property
    def _record(self) -> Path:
        return self._folder / "redis.pid"

    def _user(self, name: str, prefix: str) -> BrokerUser:
        return BrokerUser(name, self._passwords()[name], self.socket, prefix)

    def _passwords(self) -> dict[str, str]:
        path = self._folder / "credentials.json"
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}

    def _save(self, passwords: dict[str, str]) -> None:
        private_folder(self._folder)
        write_atomically(self._folder / "credentials.json", json.dumps(passwords).encode())
        path = self._folder / "users.acl"
        before = path.read_text("utf-8") if path.exists() else ""
        write_atomically(path, _access_list(passwords, before).encode())

    def _configuration(self) -> str:
        folder, socket = str(self._folder), str(self.socket)
        for path in (folder, socket):
            # redis.conf has its own quoting rules; a path that needs them is refused rather than guessed at.
            if not _SAFE_PATH.fullmatch(path):
                raise FormatError(
                    "embedded.path", f"The broker cannot use the path {path!r}.", "Use letters, digits and /._@+-"
                )
        settings = {
            "port": "0",
            "unixsocket": socket,
            "unixsocketperm": "700",
            "dir": folder,
            "aclfile": f"{folder}/users.acl",
            "appendonly": "yes",
            "appendfsync": "always",
            # After a kill in mid-write the last, unacknowledged command may be torn: it is cut off.
            "aof-load-truncated": "yes",
            "save": '""',
            "databases": "1",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _wait_until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + self._deadline
        client = self._user(_ADMIN, "").connect()
        try:
            while True:
                if child.exit_code() is not None:
                    raise child.exited()
                try:
                    client.ping()
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    if time.monotonic() > deadline:
                        child.stop(_STOP_GRACE)
                        raise UnavailableError(
                            "embedded.redis_timeout",
                            f"redis-server was not ready within {self._deadline:.0f} s.",
                            f"Read {child.program.log}.",
                        ) from error
                    time.sleep(0.01)
                else:
                    return
        finally:
            client.close()


def _access_list(passwords: dict[str, str], before: str) -> str:
    """The ACL file (https://redis.io/docs/management/security/acl/), with password hashes only.

    ``before`` is what the server wrote last (`ACL SAVE`): users that the coordinator made since keep their lines, for their
    passwords are known to nobody here.
    """
    rules = {name: _rules(name, password) for name, password in passwords.items()}
    lines = {name: " ".join(("user", name, *found)) for name, found in rules.items()}
    for line in before.splitlines():
        words = line.split()
        if words[:1] == ["user"] and words[1].startswith("party-"):
            name = words[1]
            if name not in rules or rules[name][1] not in words:
                lines[name] = line
    return "\n".join(("user default off resetpass -@all", *(lines[name] for name in sorted(lines)))) + "\n"


def _rules(name: str, password: str) -> list[str]:
    if name == _ADMIN:
        return ["on", f"#{sha256(password.encode()).hexdigest()}", "~*", "&*", "+@all"]
    if name == COORDINATOR:
        return rights.redis_rules("party.", password)
    return rights.redis_party(name.removeprefix("party-"), password)
