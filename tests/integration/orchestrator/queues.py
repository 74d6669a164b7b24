"""Reading a party's queue as its node would: through kombu, with the party's own credential and key prefix."""

from typing import Any

from celery import Celery
from kombu import Queue

from embedded.redis import BrokerUser
from protocol.messages import queue_of


def take_all(user: BrokerUser, party: str) -> list[dict[str, Any]]:
    """Name and message of each waiting task, acknowledged and gone."""
    app = Celery("test", broker=user.url, set_as_current=False)
    app.conf.update(broker_transport_options={"global_keyprefix": user.key_prefix, "socket_timeout": 5})
    found: list[dict[str, Any]] = []
    with app.connection_for_read() as connection, connection.channel() as channel:
        queue = Queue(queue_of(party), channel=channel)
        while (message := queue.get()) is not None:
            arguments, _, _ = message.payload
            found.append({"name": message.headers["task"], "id": message.headers["id"], "message": arguments[0]})
            message.ack()
    app.close()
    return found
