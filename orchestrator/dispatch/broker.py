"""Producers: one Celery app per party, each with that party's own broker address and key namespace. JSON only.

The file of broker addresses (0600, it holds passwords) is
``{"default": {"url": …, "key_prefix": "party.{party}:"}, "parties": {name: {"url": …, "key_prefix": …}}}``; ``{party}`` in
the default stands for the name. Tasks travel by name; nothing is ever read back from the broker.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from celery import Celery
from celery.exceptions import CeleryError
from kombu.exceptions import KombuError

from protocol import canonical, ids
from protocol.credentials import tls_of
from protocol.errors import FormatError, UnavailableError
from protocol.messages import queue_of
from protocol.record import Record

_LIMIT: Final = 1024 * 1024
_TIMEOUT: Final = 5


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker URL (with password, so not in ``repr``) and the prefix of all keys (redis) that belong to the party."""

    url: str = field(repr=False)
    key_prefix: str

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one address."""
        record = Record(value, where)
        found = cls(record.text("url"), record.text("key_prefix", 200))
        record.done()
        return found


@dataclass(frozen=True, slots=True)
class BrokerAddresses:
    """Where each party's queue is."""

    default: BrokerAddress
    parties: tuple[tuple[str, BrokerAddress], ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; it must not be readable by others."""
        try:
            if path.stat().st_mode & 0o077:
                raise FormatError("secret.open", f"{path} can be read by others.", f"chmod 600 {path}")
            data = path.read_bytes()
        except OSError as error:
            raise FormatError("secret.missing", f"{path} cannot be read: {error.strerror}.", "Write it.") from error
        record = Record(canonical.parse(data[: _LIMIT + 1]), "brokers")
        default = BrokerAddress.parse(record.take("default"), "brokers.default")
        parties = record.mapping("parties", 10_000)
        record.done()
        return cls(
            default,
            tuple(
                (ids.name(name), BrokerAddress.parse(value, f"brokers.{name}"))
                for name, value in sorted(parties.items())
            ),
        )

    def of(self, party: str) -> BrokerAddress:
        """A party's address."""
        own = dict(self.parties).get(party)
        if own is not None:
            return own
        return BrokerAddress(
            self.default.url.replace("{party}", party), self.default.key_prefix.replace("{party}", party)
        )


class Broker:
    """Publishes to parties' queues; safe for threads."""

    def __init__(self, addresses: BrokerAddresses) -> None:
        self._addresses: Final = addresses
        self._apps: Final[dict[str, Celery]] = {}
        self._lock: Final = threading.Lock()

    def publish(self, party: str, name: str, message: dict[str, object], message_id: str) -> None:
        """Send a task by name and wait until the broker has it; ``broker.unavailable`` otherwise."""
        with _answering(party):
            self._app(party).send_task(
                name,
                args=[message],
                task_id=message_id,
                queue=queue_of(party),
                serializer="json",
                ignore_result=True,
                retry=False,
            )

    def reach(self, party: str) -> None:
        """Connect to a party's broker without sending anything; ``broker.unavailable`` when it does not answer."""
        with _answering(party), self._app(party).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=_TIMEOUT)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for app in self._apps.values():
                app.close()
            self._apps.clear()

    def _app(self, party: str) -> Celery:
        with self._lock:
            if party not in self._apps:
                self._apps[party] = _producer(self._addresses.of(party))
            return self._apps[party]


def _producer(address: BrokerAddress) -> Celery:
    app = Celery("coordinator", broker=address.url, set_as_current=False, autofinalize=True, fixups=[])
    options: dict[str, Any] = {"socket_timeout": _TIMEOUT, "socket_connect_timeout": _TIMEOUT}
    if address.key_prefix:
        options["global_keyprefix"] = address.key_prefix
    if address.url.startswith(("amqp", "pyamqp")):
        options = {"confirm_publish": True, "connect_timeout": _TIMEOUT, "read_timeout": _TIMEOUT}
    # a broker that is away is tried again by who publishes, after its own pauses: nobody waits here for it to come back
    options |= {"max_retries": 1, "interval_start": 0}
    app.conf.update(
        broker_transport_options=options,
        broker_use_ssl=tls_of(address.url),
        broker_connection_timeout=_TIMEOUT,
        broker_pool_limit=2,
        task_serializer="json",
        accept_content=["json"],
        result_backend=None,
        task_ignore_result=True,
        task_send_sent_event=False,
        worker_hijack_root_logger=False,
    )
    return app


@contextmanager
def _answering(party: str) -> Generator[None]:
    try:
        yield
    except (KombuError, CeleryError, OSError, RuntimeError) as error:
        raise _unavailable(party, error) from error
    except Exception as error:
        # redis' and amqp's own errors share no base with kombu's.
        if not type(error).__module__.startswith(("redis.", "amqp.")):
            raise
        raise _unavailable(party, error) from error


def _unavailable(party: str, error: Exception) -> UnavailableError:
    return UnavailableError(
        "broker.unavailable",
        f"The broker of {party} does not answer: {type(error).__name__}.",
        "Check the broker; messages are kept and sent again.",
        party=party,
    )
