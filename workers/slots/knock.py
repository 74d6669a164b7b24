"""Knocking at another node's door: whether it answers, and with the key that the registry holds for it.

The same first words and the same pinned TLS as a real channel; the connection ends before a word is said, so nothing begins by it.
"""

import socket
import ssl
from typing import Final, Literal, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link import tls
from workers.slots.door import CONTROL, preamble

Answer = Literal["answers", "other_key", "silent"]
_PATIENCE: Final = 5.0


def knock(own: Ed25519PrivateKey, key: bytes, host: str, port: int, patience: float = _PATIENCE) -> Answer:
    """Whether the door at ``host:port`` presents ``key`` (a raw node key)."""
    context = tls.context(own, [key], server=False)
    try:
        with socket.create_connection((host, port), timeout=patience) as connection:
            connection.sendall(preamble(CONTROL))
            # TLS 1.3: our side of the handshake is done when the other has proved its key, before it judges ours
            with context.wrap_socket(connection) as secured:
                found = tls.peer_key(cast("ssl.SSLObject", secured))  # both tell the peer's certificate
                return "answers" if found == key else "other_key"
    except ssl.SSLCertVerificationError:
        return "other_key"
    except OSError:
        return "silent"
