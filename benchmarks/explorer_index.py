"""The event index over many generated events: ``python -m benchmarks.explorer_index [EVENTS]``, 1,000,000 unless another number is given.

The chain is generated (nothing of it is kept: block and logs follow from their number), everything after it is the coordinator's own: the
logs are decoded, projected and kept in an embedded PostgreSQL of its own by the engine's indexer and store. Each tenth prints how many events
per second and the memory of this process (resident, MiB); status 1 where that grew after the first fifth by more than a tenth.
"""

import hashlib
import itertools
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import structlog
from eth_abi.abi import encode

from chain.endpoint import BlockRef, RawLog, RawReceipt
from chain.gateway import Gateway
from chain.indexer import Indexer
from embedded.postgres import Postgres
from orchestrator.engine.indexing import IndexStore
from orchestrator.store.database import Database
from orchestrator.store.migrate import migrate
from protocol import events, ids
from protocol.event import Event, Struct
from protocol.fields import Fields, fields_of

_PARTIES: Final = tuple(f"party-{number}" for number in range(40))
_DATA_SETS: Final = 500
_BEGUN: Final = 1_700_000_000
_ADDRESSES: Final = {name: ids.checksum_address(hashlib.sha256(name.encode()).digest()[:20]) for name in sorted(
    {contract for event in events.EVENTS for contract in event.CONTRACTS})}  # fmt: skip
_STRUCTS: Final[Mapping[str, type[Struct]]] = {"proposal": events.Proposal, "signed": events.Authorization}
_GROWTH: Final = 1.1
"""How much of the memory after the first fifth may be there at the end."""


def main() -> int:
    """Generate, index, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
    )  # a line for each event is not measured
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        server = Postgres(Path(folder) / "server")
        server.start()
        try:
            migrate(server.dsn)
            with Database(server.dsn, size=2) as database:
                return _measure(database, count)
        finally:
            server.stop()
            server.erase()


def _measure(database: Database, count: int) -> int:
    chain = GeneratedChain(count)
    indexer = Indexer(cast("Gateway", chain), IndexStore(database), batch=500, senders=True)
    begun, done, marks = time.perf_counter(), 0, list[float]()
    while (found := indexer.step()) is not None:
        done += len(found)
        while len(marks) < 10 and done * 10 >= count * (len(marks) + 1):
            marks.append(_resident())
            seconds = time.perf_counter() - begun
            print(f"{done:>9} events  {done / seconds:7.0f} a second  {marks[-1]:6.1f} MiB", flush=True)
    seconds = time.perf_counter() - begun
    print(f"{done} events in {seconds:.0f} s ({chain.seconds:.0f} s of them made the chain), up to block {chain.last}")
    with database.transaction() as tx:
        kept = tx.execute(
            "SELECT count(*) AS events, pg_total_relation_size('chain_events') AS size FROM chain_events"
        ).fetchone()
        letters = tx.execute("SELECT count(*) AS number FROM faults").fetchone()
    assert kept is not None
    assert letters is not None
    print(f"kept: {kept['events']} events ({kept['size'] >> 20} MiB with indexes), {letters['number']} dead letters")
    flat = marks[-1] <= _GROWTH * marks[1]
    print(
        f"memory after the first fifth {marks[1]:.1f} MiB, at the end {marks[-1]:.1f} MiB: {'flat' if flat else 'GREW'}"
    )
    return 0 if flat and kept["events"] == done >= count and letters["number"] == 0 else 1


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 2**20


class GeneratedChain:
    """A chain that is made up as it is asked: registers in its first blocks, then one task after another, each from proposal to anchors.

    It answers what :class:`chain.indexer.Indexer` asks a gateway and its endpoint. No block is kept, and ``seconds`` is what making them took.
    """

    def __init__(self, least: int) -> None:
        self._registers: Final = list(_registered())
        per_task = len(list(itertools.chain.from_iterable(_task(0))))
        tasks = -(-(least - len(self._registers)) // per_task)
        self._blocks_per_task: Final = len(list(_task(0)))
        self.last: Final = len(self._registers) + tasks * self._blocks_per_task - 1
        self.deployment: Final = SimpleNamespace(contracts=_ADDRESSES, deployed_block=0)
        self.seconds = 0.0

    @property
    def endpoint(self) -> "GeneratedChain":
        """It is its own."""
        return self

    def finalized_block(self) -> int:
        """The last."""
        return self.last

    def block_ref(self, number: int) -> BlockRef | None:
        """A block, by its number."""
        if number > self.last:
            return None
        before = bytes(32) if number == 0 else _digest(f"block {number - 1}")
        return BlockRef(number, _digest(f"block {number}"), before, _BEGUN + 2 * number, 0)

    def block_refs(self, numbers: Sequence[int]) -> tuple[BlockRef | None, ...]:
        """As :meth:`block_ref`."""
        begun = time.perf_counter()
        found = tuple(map(self.block_ref, numbers))
        self.seconds += time.perf_counter() - begun
        return found

    def logs(self, addresses: Sequence[str], first: int, last: int) -> tuple[RawLog, ...]:
        """The logs of some blocks, encoded as the contracts do."""
        begun, wanted = time.perf_counter(), frozenset(addresses)
        found = tuple(
            log
            for number in range(first, min(last, self.last) + 1)
            for log in self._logs(number)
            if log.address in wanted
        )
        self.seconds += time.perf_counter() - begun
        return found

    def senders(self, transactions: Sequence[bytes]) -> tuple[bytes | None, ...]:
        """One relay sends everything."""
        return tuple(b"\x11" * 20 for _ in transactions)

    def receipts(self, block_hash: bytes) -> tuple[RawReceipt, ...]:
        """Not asked for: every transaction has its sender."""
        raise NotImplementedError(block_hash.hex())

    def _logs(self, number: int) -> Iterator[RawLog]:
        if number < len(self._registers):
            told = [self._registers[number]]
        else:
            task, place = divmod(number - len(self._registers), self._blocks_per_task)
            told = next(itertools.islice(_task(task), place, None))
        block, sent = _digest(f"block {number}"), _digest(f"transaction {number}")
        for index, event in enumerate(told):
            topics, data = _encoded(event)
            yield RawLog(
                _ADDRESSES[event.CONTRACTS[0]], topics, data, number, block, sent, 0, index, _BEGUN + 2 * number
            )


def _registered() -> Iterator[Event]:
    for number, name in enumerate(_PARTIES):
        own = ids.checksum_address(_digest(f"wallet {number}")[:20])
        yield blank(
            events.PartyAdmitted,
            party=_digest(name),
            wallet=own,
            node_signer=own,
            node_key=_digest(f"key {number}"),
            roles=3,
        )
    for number in range(_DATA_SETS):
        owner = _digest(_PARTIES[number % len(_PARTIES)])
        yield blank(
            events.DataSetRegistered, data_set=_digest(f"set {number}"), version=1, owner=owner, input_root=_digest(f"root {number}"), rows=1000,
        )  # fmt: skip


def _task(number: int) -> Iterator[list[Event]]:
    """One task's transactions, each a block with its events."""
    task, consent, run = (_digest(f"{what} {number}") for what in ("task", "consent", "run"))
    committee = tuple(_digest(_PARTIES[(number + place) % len(_PARTIES)]) for place in range(3))
    data_set, owner = _digest(f"set {number % _DATA_SETS}"), _digest(_PARTIES[number % _DATA_SETS % len(_PARTIES)])
    terms = blank(
        events.Proposal, proposer=committee[0], contract_digest=_digest(f"contract {number}"), compute_parties=committee, data_sets=(data_set,),
        data_versions=(1,), epsilon_micros=(0,), programs=(_digest("program"),), result_users=committee[:1], protection_level=4, nonce=number,
    )  # fmt: skip
    signed = blank(
        events.Authorization, data_set=data_set, data_version=1, programs=(_digest("program"),), proposer=committee[0],
        result_users=committee[:1], compute_parties=committee, task=task, max_uses=1, not_after=2**40, nonce=number,
    )  # fmt: skip
    yield [blank(events.TaskProposed, task=task, proposal=terms)]
    yield [
        blank(
            events.AuthorizationSubmitted,
            authorization=consent,
            owner=owner,
            sequence=number // _DATA_SETS + 1,
            signed=signed,
        )
    ]
    yield [
        blank(events.UseConsumed, authorization=consent, task=task, uses=1),
        blank(events.TaskStarted, task=task, authorizations=(consent,), started_at=_BEGUN),
    ]
    committed = [
        blank(
            events.RunCommitted, task=task, run_id=run, party=party, epoch=1, log_size=7 * (number + 1),
            log_root=_digest(f"log {number} {place}"), links=(run, run), key_period=1,
        )
        for place, party in enumerate(committee)
    ]  # fmt: skip
    yield committed[:1]
    yield committed[1:2]
    yield [committed[2], blank(events.TaskCompleted, task=task, run_id=run)]
    for place, party in enumerate(committee):
        yield [
            blank(
                events.Anchored, party=party, epoch=1, old_size=7 * number, size=7 * (number + 1), root=_digest(f"log {number} {place}"),
                key_period=1,
            )
        ]  # fmt: skip


@lru_cache(maxsize=1024)
def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def blank(cls: type[Any], **values: object) -> Any:  # noqa: ANN401 - an event or a struct of one
    """One with the given fields; in all others there is nothing."""
    return cls(**(_nothing(cls) | values))


@lru_cache(maxsize=64)
def _nothing(cls: type[Fields]) -> dict[str, object]:
    plain: dict[str, object] = {"bytes32": bytes(32), "address": ids.checksum_address(bytes(20)), "bool": False}
    found = dict[str, object]()
    for field in fields_of(cls):
        if struct := _STRUCTS.get(field.attribute):
            found[field.attribute] = struct(**cast("dict[str, Any]", _nothing(struct)))
        else:
            kind = field.codec.solidity
            found[field.attribute] = () if kind.endswith("[]") else plain.get(kind, 0)
    return found


def _encoded(event: Event) -> tuple[tuple[bytes, ...], bytes]:
    """Topics and data of an event as its contract emits it; every indexed field of ours is a value."""
    told = list(zip(event.parameters(), map(_plain, _values(event)), strict=True))
    topics = (encode([parameter.kind], [value]) for parameter, value in told if parameter.indexed)
    plain = [(parameter.kind, value) for parameter, value in told if not parameter.indexed]
    return (_topic(type(event)), *topics), encode([kind for kind, _ in plain], [value for _, value in plain])


@lru_cache(maxsize=64)
def _topic(kind: type[Event]) -> bytes:
    return kind.topic()


def _values(held: Fields) -> list[object]:
    return [getattr(held, field.attribute) for field in fields_of(type(held))]


def _plain(value: object) -> object:
    return tuple(map(_plain, _values(value))) if isinstance(value, Struct) else value


if __name__ == "__main__":
    raise SystemExit(main())
