"""``python -m benchmarks lookup``: what a private lookup costs: holders as processes, one asker, links that stay open.

Milliseconds of a question from ids to labels, with the processor time of all processes beside them; bytes are counted by relays
between asker and holders, TLS records included and handshakes left out. A mirror is made of rows that are stored already.
"""

import multiprocessing
import resource
import secrets
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from logs.configuration import configure_as_guest
from protocol import dsse
from protocol.checkpoint import Origin
from protocol.sessions import LONGEST_DELAY, SessionAsker, SessionOpened, SessionTerms
from workers.data_sets import DataSetStore, draw_reference
from workers.keystore import NodeKeys
from workers.lookup.asking import Asker, HeldList
from workers.lookup.desk import now
from workers.lookup.evaluator import Holder
from workers.lookup.lists import Lists
from workers.lookup.serving import Service, serving
from workers.sessions.ledger import Ledger
from workers.sessions.proofs import Log, Proofs
from workers.sources.schema import FORMAT, Schema
from workers.state import State
from workers.vault import Vault

_NAME: Final = "blacklist"
_ASKER: Final = "asker"
_MUCH: Final = SessionAsker(_ASKER, 10**9, 10**9)
_WARM: Final = 20
_SCHEMA: Final = {
    "format": FORMAT,
    "title": {"en": "List", "zh": "名单"},
    "data_level": 3,
    "sensitive": [],
    "columns": [{"name": "person", "kind": "identifier"}, {"name": "reason", "kind": "text"}],
}


def measured(holders: int, entries: int, questions: int, mirror: int) -> dict[str, Any]:
    """The figures; ``mirror`` entries for the time that making one takes."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        keys = NodeKeys.draw()
        places = [Path(folder, f"holder-{number}") for number in range(holders)]
        held, cpu = stack.enter_context(_holders(places, entries, keys.node_public))
        state = stack.enter_context(closing(State(Path(folder, "state.sqlite"))))
        asker = stack.enter_context(closing(Asker(_ASKER, state, Path(folder), keys, now)))
        for each in held:
            asker.join(each)
            asker.fetch(each)
        found = _timed(asker, held, questions, cpu)
        counted = [stack.enter_context(_Relay.between(each)) for each in held]
        through = [replace(each, port=relay.port) for each, relay in zip(held, counted, strict=True)]
        asker.ask(through, ["nobody"])
        before = sum(relay.bytes for relay in counted)
        for number in range(_WARM):
            asker.ask(through, [_id(number)])
        bytes_each = (sum(relay.bytes for relay in counted) - before) / _WARM
        size = sum(len(path.read_bytes()) for path in Path(folder, "lookup").rglob("*.mirror"))
    return {
        "holders": holders, "entries": entries, **found, "bytes": round(bytes_each), "mirror_bytes": size // holders,
        "made": _made(mirror),
    }  # fmt: skip


def _timed(asker: Asker, held: Sequence[HeldList], questions: int, cpu: Callable[[], float]) -> dict[str, Any]:
    for number in range(_WARM):
        asker.ask(held, [_id(number)])
    waits: list[float] = []
    began, theirs = _cpu(), cpu()
    for number in range(questions):
        start = time.perf_counter()
        answers = asker.ask(held, [_id(2 * number)])
        waits.append(1000 * (time.perf_counter() - start))
        assert all(isinstance(found, list) for found in answers), answers
    used = _cpu() - began
    waits.sort()
    return {
        "questions": questions,
        "milliseconds": {"median": round(statistics.median(waits), 2), "p99": round(waits[len(waits) * 99 // 100], 2)},
        "asker_cpu_milliseconds": round(1000 * used / questions, 2),
        "holder_cpu_milliseconds": round(1000 * (cpu() - theirs) / questions / len(held), 2),
    }  # fmt: skip


def _made(entries: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "holder")  # a party's name: a temporary folder's may be none
        place.mkdir(mode=0o700)
        lists, reference = _listed(place, NodeKeys.draw(), entries)
        wall, cpu = time.perf_counter(), _cpu()
        manifest = lists.make(_NAME, reference, 1, "reason", 3600, now())
        return {
            "entries": entries, "cells": manifest.cells, "bytes": manifest.cells * manifest.cell_bytes,
            "seconds": round(time.perf_counter() - wall, 1), "cpu_seconds": round(_cpu() - cpu, 1),
        }  # fmt: skip


def _listed(folder: Path, keys: NodeKeys, entries: int) -> tuple[Lists, str]:
    file, reference, vault = folder / "rows.csv", draw_reference(_NAME), Vault(keys.storage_key)
    with file.open("w", encoding="utf-8") as out:
        out.write("person,reason\n")
        out.writelines(f"{_id(2 * number)},overdue\n" for number in range(entries))
    store = DataSetStore(folder / "data", vault)
    store.add(file, Schema.parse(_SCHEMA), reference, 1, "measured")
    return Lists(folder, folder.name, keys, vault, store), reference


@dataclass(frozen=True, slots=True)
class _WithoutChain:
    """One asker's key, where no registry is asked: the chain is no part of what is measured."""

    key: bytes

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The one."""
        return (self.key,)

    def party_of(self, key: bytes) -> str:
        """The link has proven that it is this one."""
        assert key == self.key
        return _ASKER


def _session(ledger: Ledger, keys: NodeKeys, party: str, reference: str) -> None:
    """A session that lasts as long as the measurement; no node writes a log here, so its batches are never due."""
    begins = now()
    terms = SessionTerms(
        party, "lookup", _NAME, reference, (_MUCH,), "measured", "measured", begins, begins + LONGEST_DELAY, LONGEST_DELAY,
        LONGEST_DELAY, secrets.token_bytes(32),
    )  # fmt: skip
    said = SessionOpened(terms.digest(), party, begins)
    envelope = dsse.sign(said.serialise(), keys.node_public, keys.sign)
    ledger.open(terms, envelope, said.KIND)
    ledger.logged(ledger.last_entry(terms.digest()), envelope, 0, 0)


def _hold(folder: Path, entries: int, asker: bytes, pipe: Connection) -> None:
    configure_as_guest("benchmark")
    folder.mkdir(mode=0o700)
    keys = NodeKeys.draw()
    lists, reference = _listed(folder, keys, entries)
    lists.make(_NAME, reference, 1, "reason", 86_400, now())
    askers = _WithoutChain(asker)
    with closing(Ledger(folder)) as ledger:
        _session(ledger, keys, folder.name, reference)
        holder = Holder(folder.name, keys, lists, ledger, askers, now)
        log = Log(folder / "log", Origin(bytes(32), 1, folder.name, 0))
        with serving(Service(askers, holder, lists, Proofs(ledger, log, keys)), keys, "127.0.0.1", 0) as port:
            pipe.send((keys.node_public, port))
            while pipe.recv():
                pipe.send(time.process_time())


@contextmanager
def _holders(
    folders: Sequence[Path], entries: int, asker: bytes
) -> Generator[tuple[list[HeldList], Callable[[], float]]]:
    spawning = multiprocessing.get_context("spawn")
    pipes = [spawning.Pipe() for _ in folders]
    processes = [
        spawning.Process(target=_hold, args=(folder, entries, asker, theirs))
        for folder, (_, theirs) in zip(folders, pipes, strict=True)
    ]
    for process in processes:
        process.start()
    told = [ours.recv() for ours, _ in pipes]
    held = [
        HeldList(folder.name, key, "127.0.0.1", port, _NAME) for folder, (key, port) in zip(folders, told, strict=True)
    ]

    def cpu() -> float:
        """Processor seconds of all holders so far."""
        for ours, _ in pipes:
            ours.send(True)
        return sum(ours.recv() for ours, _ in pipes)

    yield held, cpu
    for (ours, _), process in zip(pipes, processes, strict=True):
        ours.send(False)
        process.join()


class _Relay:
    """Passes bytes between an asker and a holder, and counts them."""

    def __init__(self, server: socket.socket, target: tuple[str, int]) -> None:
        self.port = int(server.getsockname()[1])
        self.bytes = 0
        self._server = server
        self._target = target

    @classmethod
    @contextmanager
    def between(cls, held: HeldList) -> Generator["_Relay"]:
        """Until it ends."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            relay = cls(server, (held.host, held.port))
            threading.Thread(target=relay._accept, daemon=True).start()
            yield relay

    def _accept(self) -> None:
        inner, _ = self._server.accept()
        outer = socket.create_connection(self._target)
        for source, sink in ((inner, outer), (outer, inner)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65_536):
            self.bytes += len(data)
            sink.sendall(data)
        sink.close()


def _id(number: int) -> str:
    return f"{110_101_000_000_000_000 + number:018d}"


def _cpu() -> float:
    """Processor seconds of this process and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
