"""One party as a real process: ``python party.py '<json>'`` runs a session and prints its end as one line of JSON.

The JSON: ``name``, ``ports`` (one per party, the committee first), ``program``, ``timeouts``, ``slower`` (how many times
longer than on a quiet machine to sleep), optional ``committee`` (3), ``threshold`` (1), ``clock`` (seconds to add),
``task``, ``digest``, ``engine``, ``engine_digest``.
"""

import asyncio
import hashlib
import json
import os
import pickle
import sys
import time
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc import codec
from mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from mpc.link.connection import Link
from mpc.runtime import Session, run_session
from protocol.errors import TallyError

NAMES = ("alice", "bob", "carol", "dave", "erin")
MODULUS = 2**104 - 17
ENGINE = "tallystick.engine@1.0.0"
slower = 1.0


def node_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def session_config(
    name: str,
    ports: list[int],
    timeouts: dict[str, float],
    *,
    committee: int = 3,
    threshold: int = 1,
    task: bytes = b"t" * 32,
    program_digest: bytes = b"p" * 32,
    engine: str = ENGINE,
    engine_digest: bytes = b"e" * 32,
) -> SessionConfig:
    peers = tuple(
        PeerConfig(name, "127.0.0.1", port, node_key(name).public_key().public_bytes_raw())
        for name, port in zip(NAMES, ports, strict=False)
    )
    return SessionConfig(
        task=task,
        name=name,
        parties=peers[:committee],
        owners=peers[committee:],
        bind_host="127.0.0.1",
        bind_port=ports[NAMES.index(name)],
        node_private_key=node_key(name),
        program_digest=program_digest,
        engine=engine,
        engine_digest=engine_digest,
        threshold=threshold,
        timeouts=LinkTimeouts(**timeouts),
    )


class Evil:
    """What a hostile peer would like us to unpickle: it leaves a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {os.environ['MARKER']}",))


def fixed(session: Session) -> Any:
    return session.mpc.SecFxp(44, 18, p=MODULUS)


def pair(session: Session, n: int) -> tuple[Any, Any]:
    """``a`` from party 0, ``b`` from party 1."""
    secure = fixed(session)
    values = np.arange(n) / 7 + 0.5
    return (
        session.mpc.input(secure.array(values), senders=0),
        session.mpc.input(secure.array(values[::-1].copy()), senders=1),
    )


async def compute(session: Session) -> object:
    """Multiply, compare, output; scalars, transfer and a message: every way to a peer."""
    mpc = session.mpc
    a, b = pair(session, 50)
    product = await mpc.output(a * b)
    smaller = await mpc.output(a < b)
    inner = await mpc.output(a @ b)
    only_alice = await mpc.output(a, receivers=0)
    integers = await mpc.output(mpc.input(mpc.SecInt(32)(session.pid + 5)))
    scalar = await mpc.output(mpc.input(fixed(session)(session.pid + 0.25), senders=2) * 2)
    bits = mpc.SecFld(2**8)
    octets = await mpc.output(mpc.input(bits.array(np.array([session.pid + 1, 200])), senders=1) * bits(3))
    told = await mpc.transfer((session.pid, b"bytes", [None, True]))
    place = session.committee.index(session.names[session.pid])
    after, before = session.committee[(place + 1) % 3], session.committee[(place - 1) % 3]
    await session.send(after, "ring", session.run_id * 2_200_000)
    message = await session.receive(before, "ring")
    return {
        "product": product.tolist(),
        "smaller": smaller.tolist(),
        "inner": float(inner),
        "only_alice": None if only_alice is None else only_alice.tolist(),
        "integers": integers,
        "scalar": float(scalar),
        "octets": [int(value) for value in octets],
        "told": repr(told),
        "ring": message == session.run_id * 2_200_000,
    }


async def five(session: Session) -> object:
    """A larger committee with threshold 2."""
    a, b = pair(session, 10)
    return (await session.mpc.output(a * b)).tolist()


async def owners_share(session: Session) -> object:
    """Owners outside the committee send it bytes."""
    if session.pid >= 3:
        for name in session.committee:
            await session.send(name, "input", session.names[session.pid].encode())
        return "sent"
    got = [await session.receive(name, "input") for name in session.names[3:]]
    return [message.decode() for message in got]


async def multiply_forever(session: Session) -> object:
    a, b = pair(session, 200)
    await session.mpc.gather(a, b)
    session.progress("multiply", 1, 2)
    print("RUNNING", flush=True)
    while True:
        await session.mpc.gather(a * b)


async def leave(session: Session) -> object:
    """Two parties multiply for ever, carol leaves without a word."""
    if session.names[session.pid] == "carol":
        a, b = pair(session, 200)
        await session.mpc.gather(a * b)
        os._exit(9)
    return await multiply_forever(session)


async def quiet(session: Session) -> object:
    """Carol keeps the link alive and never sends what the others wait for."""
    session.progress("quiet", 0, 1)
    print("RUNNING", flush=True)
    if session.names[session.pid] == "carol":
        await asyncio.sleep(30 * slower)
    return (await session.receive("carol", "word")).decode()


async def busy(session: Session) -> object:
    """Carol's event loop is blocked for longer than carol's own idle deadline; nobody is to blame."""
    if session.names[session.pid] == "carol":
        time.sleep(2.5 * slower)  # noqa: ASYNC251 - blocking the loop is the point
        for name in ("alice", "bob"):
            await session.send(name, "word", b"done")
        return "done"
    return (await session.receive("carol", "word")).decode()


async def wait_in_a_thread(session: Session) -> object:
    """Carol leaves while the others wait for something that blocks a thread (the node's go)."""
    if session.names[session.pid] == "carol":
        await asyncio.sleep(1)
        os._exit(9)
    print("RUNNING", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    return None


async def flood(session: Session) -> object:
    """Send much to carol, who may not read."""
    session.progress("flood", 0, 1)
    for _ in range(60):
        await session.send("carol", "much", bytes(1_000_000))
    return "sent"


async def raise_in_coroutine(session: Session) -> object:
    mpc = session.mpc
    a, b = pair(session, 5)
    if session.names[session.pid] == "carol":

        @mpc.coroutine
        async def wrong(x):  # noqa: ANN001, ANN202 - MPyC reads annotations
            await mpc.returnType(asyncio.Future)
            await mpc.gather(x)
            raise ZeroDivisionError

        wrong(a)
    await mpc.gather(a * b)
    return (await session.receive("carol", "word")).decode()


async def diverge(session: Session) -> object:
    """Carol computes something else: the parties wait for messages that never come."""
    a, b = pair(session, 5)
    if session.names[session.pid] == "carol":
        a = a + (a * b)
    return (await session.mpc.output(a * b)).tolist()


async def start_the_runtime(session: Session) -> object:
    async with session.mpc:
        return None


async def shut_the_runtime_down(session: Session) -> object:
    await session.mpc.shutdown()
    return None


async def honest(session: Session) -> object:
    return session.run_id.hex()


async def array_operations(session: Session) -> object:
    """The operations an enemy may poison, one after the other; ``ATTACK`` says which."""
    mpc, attack = session.mpc, os.environ["ATTACK"]
    evil_here = session.names[session.pid] == "carol"
    operation, payload = attack.split(":")
    if evil_here:
        poison(payload)
    secure = fixed(session)
    values = secure.array(np.arange(4) / 7 + 0.5)
    scalars = [secure(0.25 + i) for i in range(4)]
    match operation:
        case "input":
            await mpc.gather(mpc.input(values))
        case "output":
            await mpc.output(mpc.SecFxp(44, 18, p=MODULUS).array(values.share))
        case "reshare":
            await mpc.gather(mpc._reshare(values))
        case "multiply":
            await mpc.gather(values * values)
        case "compare":
            await mpc.output(values < values + 1)
        case "scalar_input":
            await mpc.gather(mpc.input(scalars))
        case "scalar_output":
            await mpc.output(scalars)
        case "scalar_reshare":
            await mpc.gather(mpc._reshare(scalars))
        case "transfer":
            await mpc.transfer([1, 2])
        case _:
            raise AssertionError(operation)
    return "nothing noticed"


def poison(payload: str) -> None:
    """Make this party send ``payload`` in place of every value."""
    elements, values = codec.encode_elements, codec.encode

    def bad_elements(items: Any, field: codec.FieldSpec) -> bytes:
        good = elements(items, field)
        match payload:
            case "pickle":
                return pickle.dumps(Evil())
            case "above_p":
                return good[: -field.width] + MODULUS.to_bytes(field.width, "little")
            case "short":
                return good[: -field.width]
            case "altered":
                return elements([(int(item) + 1) % MODULUS for item in items], field)
            case "other_field":
                return elements([1] * len(items), codec.FieldSpec(257, 257))
            case _:
                return b""

    codec.encode_elements = bad_elements
    codec.encode = lambda obj: bad_elements([1, 2], codec.FieldSpec(257, 257)) if obj is None else bad_value(obj)

    def bad_value(obj: object) -> bytes:
        return pickle.dumps(Evil()) if payload == "pickle" else values(obj)[:-1]


async def lie_in_fin(session: Session) -> object:
    """Carol counts one frame too many towards alice."""
    if session.names[session.pid] == "carol":
        session._mesh.links["alice"].sent.frames += 1
    return None


async def lie_in_hash(session: Session) -> object:
    """Carol countersigns another hash towards alice."""
    if session.names[session.pid] == "carol":
        session._mesh.links["alice"].sent._hash.update(b"x")
    return None


async def stop_reading(session: Session) -> object:
    """Carol stays, sends heartbeats, and does not read."""
    if session.names[session.pid] != "carol":
        return await flood(session)
    for link in session._mesh.links.values():
        link._transport.pause_reading()
        link._timeouts = LinkTimeouts(heartbeat=0.5, idle=100)
    await asyncio.sleep(30 * slower)
    return None


def main() -> None:
    global slower  # noqa: PLW0603 - one party a process
    spec = json.loads(sys.argv[1])
    slower = spec["slower"]
    offset = spec.get("clock", 0)
    try:
        config = session_config(
            spec["name"],
            spec["ports"],
            spec.get("timeouts", {}),
            committee=spec.get("committee", 3),
            threshold=spec.get("threshold", 1),
            program_digest=spec.get("digest", "p" * 32).encode(),
            engine=spec.get("engine", ENGINE),
            engine_digest=spec.get("engine_digest", "e" * 32).encode(),
            task=spec.get("task", "t" * 32).encode(),
        )
        outcome = run_session(config, globals()[spec["program"]], clock=lambda: time.time() + offset)
        result: dict[str, object] = {
            "value": outcome.value,
            "run": outcome.run_id.hex(),
            "links": {t.peer_of(spec["name"]): t.link_hash.hex() for t in outcome.transcripts},
            "statements": {t.peer_of(spec["name"]): t.statement.hex() for t in outcome.transcripts},
            "signatures": {
                t.peer_of(spec["name"]): [t.low_signature.hex(), t.high_signature.hex()] for t in outcome.transcripts
            },
        }
    except TallyError as error:
        traceback.print_exc()
        result = {"code": error.code, "what": error.what, "reason": getattr(error, "reason", ""), **error.details}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()


__all__ = ["NAMES", "Link", "node_key", "session_config"]
