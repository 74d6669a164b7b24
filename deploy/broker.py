"""RabbitMQ definitions: a virtual host, a credential and a queue per party, so no party sees another's messages.

Format: https://www.rabbitmq.com/docs/definitions ; password hashes: https://www.rabbitmq.com/docs/passwords
"""

from collections.abc import Mapping
from typing import Final

from orchestrator.dispatch.rights import COORDINATOR, RABBITMQ_HASHING, rabbitmq_coordinator, rabbitmq_party
from protocol.credentials import virtual_host
from protocol.messages import queue_of

ISSUER: Final = "issuer"
"""The broker user with which the coordinator makes users for parties that join, and removes those of suspended ones."""


def url(user: str, password: str, party: str, host: str = "rabbitmq:5672") -> str:
    """AMQP URL of ``user`` in ``party``'s virtual host; passwords are hexadecimal and need no escaping."""
    return f"amqp://{user}:{password}@{host}/{virtual_host(party)}"


def coordinator_addresses(password: str, host: str = "rabbitmq:5672") -> dict[str, object]:
    """What ``orchestrator.dispatch.broker`` reads: one address for every party, its name filled in there.

    Virtual hosts keep parties apart, so keys need no prefix (that is for redis).
    """
    address = url(COORDINATOR, password, "name", host).replace(virtual_host("name"), "party-{party}")
    return {"default": {"url": address, "key_prefix": ""}, "parties": {}}


def administration(password: str, host: str = "rabbitmq") -> dict[str, object]:
    """What ``orchestrator.dispatch.issuing`` reads: the management API's login, and where nodes reach the broker."""
    nodes = {"transport": "amqp", "place": f"{host}:5672"}
    return {"kind": "rabbitmq", "url": f"http://{host}:15672", "user": ISSUER, "password": password, "nodes": nodes}


def definitions(hashes: Mapping[str, str]) -> dict[str, object]:
    """Definitions for the parties named in ``hashes`` (party name, ``coordinator`` or ``issuer`` → password hash).

    What each may is in ``orchestrator.dispatch.rights``. The issuer alone is an administrator, and reads no queue.
    """
    parties = sorted(set(hashes) - {COORDINATOR, ISSUER})
    permissions: list[dict[str, str]] = []
    for party in parties:
        host = virtual_host(party)
        permissions += [
            {"user": party, "vhost": host, **rabbitmq_party(party)},
            {"user": COORDINATOR, "vhost": host, **rabbitmq_coordinator(party)},
        ]
    return {
        "users": [
            {
                "name": user,
                "password_hash": hashes[user],
                "hashing_algorithm": RABBITMQ_HASHING,
                "tags": ["administrator"] if user == ISSUER else [],
            }
            for user in sorted(hashes)
        ],
        "vhosts": [{"name": virtual_host(party)} for party in parties],
        "permissions": permissions,
        "queues": [
            {
                "name": queue_of(party),
                "vhost": virtual_host(party),
                "durable": True,
                "auto_delete": False,
                "arguments": {},
            }
            for party in parties
        ],
        "exchanges": [],
        "bindings": [],
        "topic_permissions": [],
        "parameters": [],
        "policies": [],
    }
