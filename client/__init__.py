"""The participants' client of the coordinator; it believes nothing that it can derive by itself.

Its answers are the API's own types (:mod:`protocol.api`).
"""

from client.coordinator import Coordinator
from client.signing import Signer

__all__ = ["Coordinator", "Signer"]
