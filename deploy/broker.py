"""RabbitMQ definitions: a virtual host, a credential and a queue per party, so no party sees another's messages.

Format: https://www.rabbitmq.com/docs/definitions ; password hashes: https://www.rabbitmq.com/docs/passwords
(base64 of a 4-byte salt and SHA-256 over salt and password).
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

from protocol import ids
from protocol.messages import queue_of

COORDINATOR: Final = "coordinator"
"""The broker user that puts messages into every party's queue."""


def virtual_host(party: str) -> str:
    """The virtual host that only this party and the coordinator may enter."""
    return f"party-{ids.name(party, 'party')}"


def url(user: str, password: str, party: str, host: str = "rabbitmq:5672") -> str:
    """AMQP URL of ``user`` in ``party``'s virtual host; passwords are hexadecimal and need no escaping."""
    return f"amqp://{user}:{password}@{host}/{virtual_host(party)}"


def coordinator_addresses(password: str, host: str = "rabbitmq:5672") -> dict[str, object]:
    """What ``orchestrator.dispatch.broker`` reads: one address for every party, its name filled in there.

    Virtual hosts keep parties apart, so keys need no prefix (that is for redis).
    """
    address = url(COORDINATOR, password, "name", host).replace(virtual_host("name"), "party-{party}")
    return {"default": {"url": address, "key_prefix": ""}, "parties": {}}


def password_hash(password: str, salt: bytes) -> str:
    """What the broker stores of a password; ``salt`` has 4 bytes."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def definitions(hashes: Mapping[str, str]) -> dict[str, object]:
    """Definitions for the parties named in ``hashes`` (party name or ``coordinator`` → password hash).

    A party may declare and read its own queue. The coordinator may declare it and publish, there and through the
    default exchange, whose permission name is ``amq.default``. No user is an administrator.
    """
    parties = sorted(set(hashes) - {COORDINATOR})
    permissions: list[dict[str, str]] = []
    for party in parties:
        own = f"^{queue_of(party).replace('.', '[.]')}$"
        publish = f"^({queue_of(party).replace('.', '[.]')}|amq[.]default)$"
        host = virtual_host(party)
        permissions += [
            {"user": party, "vhost": host, "configure": own, "write": own, "read": own},
            {"user": COORDINATOR, "vhost": host, "configure": own, "write": publish, "read": own},
        ]
    return {
        "users": [
            {
                "name": user,
                "password_hash": hashes[user],
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
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
