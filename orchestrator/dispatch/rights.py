"""What each user of the broker may: a party reaches its own queue and nothing else, the coordinator every party's.

One definition for whoever makes users: the embedded stack, the generated definitions, and the coordinator as it admits.
Passwords reach a broker as hashes only.
"""

import base64
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.credentials import key_prefix
from protocol.messages import queue_of

COORDINATOR: Final = "coordinator"
"""The broker user that puts messages into every party's queue."""
RABBITMQ_HASHING: Final = "rabbit_password_hashing_sha256"

# Everything kombu's redis transport asks for; no administration, no look at other keys' names, no scripts by text.
_COMMANDS: Final = [
    "+@all",
    "-@admin",
    "-@dangerous",
    "-eval",
    "-script",
    "-randomkey",
    "-scan",
    "-select",
    "-swapdb",
    "+script|load",
    "+script|exists",
    "+info",
    "+client|setname",
    "+client|setinfo",
]


def redis_rules(prefix: str, password: str) -> list[str]:
    """Redis' rules of a user that reaches keys and channels that begin with ``prefix`` (`ACL SETUSER`)."""
    secret = f"#{hashlib.sha256(password.encode()).hexdigest()}"
    return ["on", secret, f"~{prefix}*", "resetchannels", f"&{prefix}*", *_COMMANDS]


def redis_party(party: str, password: str) -> list[str]:
    """Redis' rules of a party."""
    return redis_rules(key_prefix(party), password)


def rabbitmq_hash(password: str, salt: bytes) -> str:
    """What RabbitMQ stores of a password (https://www.rabbitmq.com/docs/passwords); ``salt`` has 4 bytes."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def rabbitmq_party(party: str) -> Mapping[str, str]:
    """RabbitMQ's permissions of a party in its own virtual host: it declares and reads its own queue."""
    own = _own(party)
    return MappingProxyType({"configure": own, "write": own, "read": own})


def rabbitmq_coordinator(party: str) -> Mapping[str, str]:
    """RabbitMQ's permissions of the coordinator there: it declares the queue and publishes, also through the default
    exchange, whose permission name is ``amq.default``.
    """
    own = _own(party)
    return MappingProxyType({"configure": own, "write": f"^({own[1:-1]}|amq[.]default)$", "read": own})


def _own(party: str) -> str:
    return f"^{queue_of(party).replace('.', '[.]')}$"
