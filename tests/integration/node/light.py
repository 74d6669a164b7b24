"""An MPC child without MPC: opens its run's links as workers.child does, stays a moment, countersigns and closes.

``python light.py <parent> <descriptor of its arrivals>``; starts in a fifth of the real one's time.
"""

import asyncio
import os
import socket
import sys
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from mpc.link.errors import LinkError
from mpc.link.mesh import Mesh
from protocol.statements import MpcParameters
from workers.child_messages import Failure, LinkEnd, Order, Outcome
from workers.pipe import Kind, Message, Pipe

STAY = 0.3
ENGINE = "tallystick.engine@1.0.0"
ENGINE_DIGEST = b"\x0a" * 32


async def run(pipe: Pipe, order: Order, config: SessionConfig) -> Outcome:
    """Open, serve, close."""
    loop = asyncio.get_running_loop()
    mesh = Mesh(config, lambda: int(time.time()))
    await mesh.connect()
    await loop.run_in_executor(None, pipe.ask, Message(Kind.CONNECTED, b""))
    await mesh.agree()
    await mesh.exchange_keys({})
    await loop.run_in_executor(None, pipe.ask, Message(Kind.INPUT_SENT, mesh.run_id))
    await asyncio.sleep(STAY)
    transcripts = await mesh.finish()
    links = tuple(LinkEnd(item.peer_of(order.party), bytes(32), 1, bytes(32), 1, b"", b"") for item in transcripts)
    return Outcome(mesh.run_id, MpcParameters("mpyc", 1, 2**104 - 17, 1, 40), bytes(32), (), (), links)


def main() -> None:
    """Read the order and say how the run ended."""
    pipe = Pipe(0, os.fdopen(os.dup(1), "wb"))
    arrivals = socket.socket(fileno=int(sys.argv[2]))
    arrivals.setblocking(False)
    order = Order.read(pipe.read(Kind.ORDER))
    key = Ed25519PrivateKey.from_private_bytes(pipe.read(Kind.NODE_KEY))
    for _ in order.data_sets:
        pipe.read(Kind.SCHEMA)
        pipe.read(Kind.ROWS)
    config = SessionConfig(
        task=order.task,
        name=order.party,
        parties=tuple(PeerConfig(peer.name, peer.host, peer.port, peer.node_key) for peer in order.committee),
        owners=tuple(PeerConfig(peer.name, peer.host, peer.port, peer.node_key) for peer in order.owners),
        bind_host="",
        bind_port=0,
        node_private_key=key,
        program_digest=order.programs,
        engine=ENGINE,
        engine_digest=ENGINE_DIGEST,
        timeouts=LinkTimeouts(connect=order.connect, total=order.total, close=0.5),
        arrivals=arrivals,
        preambles={peer.name: peer.preamble for peer in (*order.committee, *order.owners)},
    )
    try:
        outcome = asyncio.run(run(pipe, order, config))
    except LinkError as error:
        pipe.tell(Failure(error.code, error.what, error.reason, error.peer).message())
        return
    pipe.tell(*outcome.messages(), Message(Kind.DONE, b""))


if __name__ == "__main__":
    main()
