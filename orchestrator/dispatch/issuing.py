"""Makes and removes parties' users at the broker, with an administrator's login that nothing else uses.

The file (0600) is ``{"kind": "rabbitmq", "url": "http://…:15672", "user": …, "password": …, "nodes": {"transport": "amqp",
"place": "host:port"}}``, for RabbitMQ's management API, or ``{"kind": "redis", "url": "redis://…", "nodes": {…}}`` for a
Redis with an ACL file. ``nodes`` is where party nodes reach the broker. Both may be asked again at any time.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

import redis
import requests

from orchestrator.dispatch import rights
from orchestrator.settings import read_secret
from protocol import canonical
from protocol.credentials import BrokerPlace, user_of, virtual_host
from protocol.errors import FormatError, RefusedError, UnavailableError
from protocol.record import Record

_TIMEOUT: Final = 10.0
_GONE: Final = 404
_DOWN: Final = 500


class Users(Protocol):
    """A broker's users."""

    def give(self, party: str, password: str) -> None:
        """Make a party's user, or make it anew: whoever held it before is cut off."""
        ...

    def take(self, party: str) -> None:
        """Remove every user of a party and cut it off; nothing when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who gives parties their users, and where these log in."""

    users: Users
    nodes: BrokerPlace


@dataclass(frozen=True, slots=True)
class RedisUsers:
    """Users of a Redis server; the list is written to its ACL file, so that a restart keeps it."""

    url: str = field(repr=False)

    def give(self, party: str, password: str) -> None:
        """`ACL SETUSER` leaves connections open, `ACL DELUSER` ends them."""
        self._run(
            ["ACL", "DELUSER", user_of(party)],
            ["ACL", "SETUSER", user_of(party), "reset", *rights.redis_party(party, password)],
            ["ACL", "SAVE"],
        )

    def take(self, party: str) -> None:
        """Remove the user."""
        self._run(["ACL", "DELUSER", user_of(party)], ["ACL", "SAVE"])

    def _run(self, *commands: list[str]) -> None:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT) as client:
                for command in commands:
                    client.execute_command(*command)
        except redis.ResponseError as error:
            raise _refused(type(error).__name__) from error
        except redis.RedisError as error:
            raise _unavailable(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class RabbitUsers:
    """Users of a RabbitMQ server, each in a virtual host of its party."""

    url: str
    user: str
    password: str = field(repr=False)

    def give(self, party: str, password: str) -> None:
        """Virtual host, user and permissions; deleting the user first ends what it had open."""
        host, user = _path(virtual_host(party)), _path(user_of(party))
        self._ask("DELETE", f"users/{user}")
        self._ask("PUT", f"vhosts/{host}", {})
        hashed = rights.rabbitmq_hash(password, secrets.token_bytes(4))
        self._ask(
            "PUT",
            f"users/{user}",
            {"password_hash": hashed, "hashing_algorithm": rights.RABBITMQ_HASHING, "tags": ""},
        )
        self._ask("PUT", f"permissions/{host}/{user}", dict(rights.rabbitmq_party(party)))
        self._ask("PUT", f"permissions/{host}/{_path(rights.COORDINATOR)}", dict(rights.rabbitmq_coordinator(party)))
        self._ask("DELETE", f"permissions/{host}/{_path(self.user)}")  # RabbitMQ lets in who makes a virtual host

    def take(self, party: str) -> None:
        """The user that was issued, and one of the party's bare name, as generated definitions have it.

        A broker may have other users of such a name: only one that may enter this party's virtual host is meant.
        """
        self._ask("DELETE", f"users/{_path(user_of(party))}")
        inside = f"permissions/{_path(virtual_host(party))}/{_path(party)}"
        if party not in (rights.COORDINATOR, self.user) and self._ask("GET", inside):
            self._ask("DELETE", f"users/{_path(party)}")

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> bool:
        """Whether what was asked about is there; one that is not is none of the errors."""
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy, no .netrc: the login goes to the broker alone
                answer = session.request(
                    method,
                    f"{self.url.rstrip('/')}/api/{path}",
                    json=body,
                    auth=(self.user, self.password),
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise _unavailable(type(error).__name__) from error
        if answer.status_code == _GONE and method != "PUT":
            return False
        if not answer.ok:
            fail = _unavailable if answer.status_code >= _DOWN else _refused
            raise fail(f"HTTP {answer.status_code} to {method} {path.partition('/')[0]}")
        return True


def load(path: Path) -> Issuer:
    """Read the administrator's file."""
    record = Record(canonical.parse(read_secret(path).encode()), "broker administrator")
    kind, url = record.text("kind", 20), record.text("url", 2000)
    users: Users
    if kind == "redis":
        users = RedisUsers(url)
    elif kind == "rabbitmq":
        users = RabbitUsers(url, record.text("user", 255), record.text("password", 255))
    else:
        raise FormatError("issuing.kind", f"{path} names no kind of broker.", "Write redis or rabbitmq.")
    nodes = BrokerPlace.parse(record.take("nodes"), "nodes")
    record.done()
    return Issuer(users, nodes)


def _path(name: str) -> str:
    return quote(name, safe="")


def _refused(what: str) -> RefusedError:
    return RefusedError(
        "issuing.refused",
        f"The broker's administration refuses what it is asked: {what}.",
        "Look at the broker's log; the login in TALLY_BROKER_ADMIN_FILE must be an administrator's.",
    )


def _unavailable(what: str) -> UnavailableError:
    """The words of a broker's error may repeat what it was sent, so they stay out."""
    return UnavailableError(
        "issuing.unavailable",
        f"The broker's administration does not answer: {what}.",
        "Check that it runs, and its address in TALLY_BROKER_ADMIN_FILE.",
    )
