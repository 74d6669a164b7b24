"""The indexer against a chain that is rewritten at the worst moments. No network: the gateway is a fake."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from eth_hash.auto import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain import blooms, proofs
from chain.endpoint import BlockRef, Endpoint, RawLog, RawReceipt
from chain.errors import EndpointError
from chain.indexer import Indexer, MemoryCursorStore

TASKS = "0x" + "11" * 20
TOPIC = keccak(b"TaskCompleted(bytes32,bytes32)")


@dataclass
class Chain:
    """Block ``n``'s hash depends on its salt and its parent; every block holds one event, named by that hash."""

    salts: list[int] = field(default_factory=lambda: [0])
    # Called, once, in the middle of a step: before its range is chosen, or before its logs are read.
    before_range: Callable[[], None] | None = None
    before_logs: Callable[[], None] | None = None
    # Answers a query for logs as a node that has none of the blocks yet.
    lagging: bool = False
    finds_transactions: bool = True
    deployment: object = field(default_factory=lambda: SimpleNamespace(contracts={"Tasks": TASKS}, deployed_block=0))

    @property
    def endpoint(self) -> "Chain":
        return self

    def finalized_block(self) -> int:
        if self.before_range is not None:
            rewrite, self.before_range = self.before_range, None
            rewrite()
        return len(self.salts) - 1

    def hash(self, number: int) -> bytes:
        found = bytes(32)
        for salt in self.salts[: number + 1]:
            found = keccak(found + salt.to_bytes(8, "big"))
        return found

    def block_ref(self, number: int) -> BlockRef | None:
        if number >= len(self.salts):
            return None
        before = self.hash(number - 1) if number else bytes(32)
        return BlockRef(number, self.hash(number), before, 1_000 + number, blooms.bits(TASKS))

    def block_refs(self, numbers: range) -> tuple[BlockRef | None, ...]:
        return tuple(self.block_ref(number) for number in numbers)

    def logs(self, addresses: list[str], first: int, last: int) -> tuple[RawLog, ...]:
        assert addresses == [TASKS]
        if self.before_logs is not None:
            rewrite, self.before_logs = self.before_logs, None
            rewrite()
        if self.lagging:
            return ()
        return self.true_logs(first, last)

    def senders(self, transactions: list[bytes]) -> tuple[bytes | None, ...]:
        return tuple(b"\x05" * 20 if self.finds_transactions else None for _ in transactions)

    def receipts(self, digest: bytes) -> tuple[RawReceipt, ...]:
        number = next(number for number in range(len(self.salts)) if self.hash(number) == digest)
        fields = {"from": "0x" + "06" * 20}
        return (RawReceipt(bytes(32), number, digest, True, self.true_logs(number, number), fields),)

    def true_logs(self, first: int, last: int) -> tuple[RawLog, ...]:
        return tuple(
            RawLog(TASKS, (TOPIC, self.hash(number)), bytes(32), number, self.hash(number), bytes(32), 0, 0, 0)
            for number in range(first, min(last, len(self.salts) - 1) + 1)
        )


def expected(chain: Chain) -> list[bytes]:
    return [chain.hash(number) for number in range(len(chain.salts))]


def tasks(store: MemoryCursorStore) -> list[bytes]:
    return [logged.event.task for logged in store.events]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def receipts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipts of a block, as the chain has them; :mod:`chain.proofs` checks them against its header."""

    def whole(endpoint: Endpoint, number: int, digest: bytes) -> tuple[RawReceipt, ...]:
        assert isinstance(endpoint, Chain)
        assert endpoint.hash(number) == digest
        return (RawReceipt(bytes(32), number, digest, True, endpoint.true_logs(number, number), {}),)

    monkeypatch.setattr(proofs, "whole_receipts", whole)


def indexer(chain: Chain, store: MemoryCursorStore, batch: int) -> Indexer:
    return Indexer(chain, store, batch=batch)  # type: ignore[arg-type]


operations = st.lists(
    st.one_of(
        st.tuples(st.just("grow"), st.integers(1, 5)),
        st.tuples(st.just("replace"), st.integers(1, 8)),
        st.tuples(st.just("shrink"), st.integers(1, 4)),
        st.tuples(st.just("step"), st.integers(1, 3)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations, st.integers(1, 6))
def test_whatever_happens_the_store_ends_with_exactly_the_chains_events(
    history: list[tuple[str, int]], batch: int
) -> None:
    chain, store, salt = Chain(), MemoryCursorStore(), 1
    found = indexer(chain, store, batch)
    for what, amount in history:
        if what == "grow":
            chain.salts += range(salt, salt + amount)
            salt += amount
        elif what == "replace":
            kept = max(1, len(chain.salts) - amount)
            chain.salts = [*chain.salts[:kept], *range(salt, salt + len(chain.salts) - kept + 1)]
            salt += amount + 1
        elif what == "shrink":
            chain.salts = chain.salts[: max(1, len(chain.salts) - amount)]
        elif what == "restart":
            found = indexer(chain, store, batch)
        else:
            for _ in range(amount):
                found.step()
        # Never two blocks of one number, at no time.
        numbers = [logged.block_number for logged in store.events]
        assert numbers == sorted(set(numbers))
    found.catch_up()
    assert tasks(store) == expected(chain)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 5), st.booleans())
def test_a_chain_replaced_in_the_middle_of_a_step_leaves_no_mixture(
    from_block: int, batch: int, steps_before: int, before_range: bool
) -> None:
    chain, store = Chain(list(range(10))), MemoryCursorStore()
    found = indexer(chain, store, batch)
    for _ in range(steps_before):
        found.step()

    def rewrite() -> None:
        chain.salts = [*chain.salts[:from_block], *range(100, 112 - from_block)]

    if before_range:
        chain.before_range = rewrite
    else:
        chain.before_logs = rewrite
    for _ in range(20):
        found.step()
        if store.events:
            # Every event names its block: the cursor's block is the one whose event was kept.
            assert tasks(store)[-1] == store.cursors()[0].hash
    assert tasks(store) == expected(chain)


def test_times_come_from_the_blocks_when_logs_have_none() -> None:
    chain, store = Chain(list(range(4))), MemoryCursorStore()
    indexer(chain, store, 10).catch_up()
    assert [logged.time for logged in store.events] == [1_000, 1_001, 1_002, 1_003]


def test_a_step_without_new_blocks_says_so() -> None:
    chain, store = Chain(list(range(4))), MemoryCursorStore()
    found = indexer(chain, store, 3)
    assert [len(found.step() or ()), len(found.step() or ()), found.step()] == [3, 1, None]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 9), st.integers(1, 6))
def test_events_that_a_lagging_node_leaves_out_are_not_passed_over(blocks: int, batch: int) -> None:
    chain, store = Chain(list(range(blocks)), lagging=True), MemoryCursorStore()
    found = indexer(chain, store, batch)
    for _ in range(2):
        with pytest.raises(EndpointError) as caught:
            found.step()
        assert caught.value.code == "chain.logs_missing"
        assert not store.cursors()
    chain.lagging = False
    found.catch_up()
    assert tasks(store) == expected(chain)


def test_a_block_whose_filter_only_looks_like_ours_is_passed_by_its_receipts(monkeypatch: pytest.MonkeyPatch) -> None:
    chain, store = Chain(list(range(4)), lagging=True), MemoryCursorStore()
    monkeypatch.setattr(proofs, "whole_receipts", lambda *_: ())
    indexer(chain, store, 10).catch_up()
    assert store.cursors()[0].number == 3


@pytest.mark.parametrize(("finds", "sender"), [(True, b"\x05" * 20), (False, b"\x06" * 20)])
def test_who_sent_is_asked_where_it_is_wanted_and_of_the_blocks_receipts_where_hashes_find_nothing(
    *, finds: bool, sender: bytes
) -> None:
    chain, store = Chain(list(range(4)), finds_transactions=finds), MemoryCursorStore()
    Indexer(chain, store, batch=3, senders=True).catch_up()  # type: ignore[arg-type]
    assert {logged.sender for logged in store.events} == {sender}
    assert tasks(store) == expected(chain)
    plain = MemoryCursorStore()
    indexer(chain, plain, 3).catch_up()
    assert {logged.sender for logged in plain.events} == {None}
