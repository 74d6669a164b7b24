"""The sender against a node that forgets, refuses and lies. No network: the endpoint is a fake with a pool and a chain."""

import time
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

import chain.sender
from chain.endpoint import RawReceipt, RefusedByNodeError
from chain.errors import EndpointError, SendTimeoutError
from chain.nonces import MemoryNonceStore, Outstanding
from chain.sender import NonceTakenError, Sender, Transaction

ACCOUNT = Account.from_key(b"\1" * 32)
TRANSACTION = Transaction("0x52908400098527886E0F7030069857D2E4169EE7", b"data", 100_000)
BOOK = f"7-{ACCOUNT.address.lower()}"


@dataclass
class Node:
    """``pool`` and ``mined`` hold hash and nonce; ``mines`` says whether a sent transaction gets into a block at once."""

    mines: bool = True
    mined: dict[bytes, int] = field(default_factory=dict)
    pool: dict[bytes, int] = field(default_factory=dict)
    refusal: str | None = None
    answers_lost: int = 0
    sent: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    barred: bytes | None = None
    lag: int = 0

    def transaction_count(self, address: str, *, pending: bool = False) -> int:
        assert address == ACCOUNT.address
        found = self.next_nonce(self.mined | self.pool if pending else self.mined)
        return max(0, found - self.lag)

    def next_nonce(self, known: dict[bytes, int]) -> int:
        """The account's, or, of a pool, the first one that nothing waits for."""
        nonce = 0
        while nonce in known.values():
            nonce += 1
        return nonce

    def send(self, signed: bytes) -> None:
        self.sent.append(signed)
        transaction = decode(signed)
        if self.refusal is not None:
            raise RefusedByNodeError("eth_sendRawTransaction", -32000, self.refusal)
        if self.barred is not None and self.barred in signed:
            raise RefusedByNodeError("eth_sendRawTransaction", -32000, "transaction size exceeds the limit")
        if transaction.hash in self.pool:
            raise RefusedByNodeError("eth_sendRawTransaction", -32000, "already known")
        if transaction.nonce in (self.mined | self.pool).values():
            raise RefusedByNodeError("eth_sendRawTransaction", -32000, "nonce too low")
        self.pool[transaction.hash] = transaction.nonce
        self.taken.append(signed)
        if self.mines:
            self.mine()
        if self.answers_lost > 0:
            self.answers_lost -= 1
            raise EndpointError("chain.unreachable", "The answer was lost.", "Try again.")

    def mine(self) -> None:
        # Only what follows without a gap, as a real chain.
        while ready := {digest: n for digest, n in self.pool.items() if n == self.next_nonce(self.mined)}:
            self.mined |= ready
            self.pool = {digest: n for digest, n in self.pool.items() if digest not in ready}

    def receipt(self, transaction_hash: bytes) -> RawReceipt | None:
        if transaction_hash not in self.mined:
            return None
        return RawReceipt(transaction_hash, 1, bytes(32), True, (), {})


def decode(signed: bytes) -> Outstanding:
    import rlp
    from eth_hash.auto import keccak

    fields = rlp.decode(signed[1:])
    return Outstanding(int.from_bytes(fields[1], "big"), keccak(signed), signed)


def sender(node: Node, store: MemoryNonceStore | None = None, deadline: float = 5.0) -> Sender:
    return Sender(node, 7, ACCOUNT, store or MemoryNonceStore(), deadline=deadline)  # type: ignore[arg-type]


def kept(store: MemoryNonceStore) -> list[int]:
    with store.locked(BOOK, 1) as book:
        return [one.nonce for one in book.load()]


def test_nonces_follow_one_another() -> None:
    node = Node()
    sending = sender(node)
    for _ in range(3):
        assert sending.send(TRANSACTION).succeeded
    assert sorted(node.mined.values()) == [0, 1, 2]


def test_every_fee_is_zero_and_the_chain_is_named() -> None:
    import rlp

    node = Node()
    sender(node).send(TRANSACTION)
    fields = rlp.decode(node.sent[0][1:])
    assert node.sent[0][0] == 2
    assert [int.from_bytes(fields[position], "big") for position in (0, 2, 3, 6)] == [7, 0, 0, 0]


def test_a_transaction_is_in_the_book_before_the_node_hears_of_it() -> None:
    store = MemoryNonceStore()
    node = Node(answers_lost=1)
    with pytest.raises(EndpointError):
        sender(node, store).send(TRANSACTION)
    assert kept(store) == [0]
    assert sender(node, store).flush() == 0
    sender(node, store).send(TRANSACTION)
    assert sorted(node.mined.values()) == [0, 1]


def test_what_the_node_forgot_is_sent_again_by_the_next_send() -> None:
    store, node = MemoryNonceStore(), Node(mines=False)
    with pytest.raises(SendTimeoutError):
        sender(node, store, deadline=0.05).send(TRANSACTION)
    node.pool = {}
    node.mines = True
    sender(node, store).send(Transaction(None, b"other", 100_000))
    assert sorted(node.mined.values()) == [0, 1]


def test_what_the_node_still_has_is_not_an_error() -> None:
    store, node = MemoryNonceStore(), Node(mines=False)
    with pytest.raises(SendTimeoutError) as caught:
        sender(node, store, deadline=0.05).send(TRANSACTION)
    assert sender(node, store).flush() == 1
    assert caught.value.transaction_hash in node.pool


def test_a_refused_transaction_gives_its_nonce_back() -> None:
    store, node = MemoryNonceStore(), Node(refusal="intrinsic gas too low")
    with pytest.raises(RefusedByNodeError, match="intrinsic"):
        sender(node, store).send(TRANSACTION)
    assert kept(store) == []
    node.refusal = None
    sender(node, store).send(TRANSACTION)
    assert list(node.mined.values()) == [0]


@pytest.mark.parametrize("said", ["syncing", "transaction pool is disabled", "limit exceeded", "insufficient funds"])
def test_a_nonce_in_no_block_is_never_dropped_whatever_the_node_says(said: str) -> None:
    store, node = MemoryNonceStore(), Node(mines=False)
    with pytest.raises(SendTimeoutError) as caught:
        sender(node, store, deadline=0.05).send(TRANSACTION)
    node.pool, node.refusal = {}, said
    for _ in range(2 * chain.sender._REFUSALS):
        assert sender(node, store).flush() == 1
        with pytest.raises(RefusedByNodeError, match=said):
            sender(node, store).send(Transaction(None, b"other", 100_000))
        assert kept(store) == [0]
    node.refusal, node.mines = None, True
    sender(node, store).send(Transaction(None, b"later", 100_000))
    assert sorted(node.mined.values()) == [0, 1]
    assert caught.value.transaction_hash in node.mined


def test_while_a_transaction_is_waited_for_a_refusal_is_not_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.sender._SEND_AGAIN_AFTER", 0.01)
    store, node = MemoryNonceStore(), Node(mines=False)
    sending = sender(node, store)
    waiting = sending._submit(TRANSACTION)
    node.pool, node.refusal = {}, "syncing"
    with pytest.raises(SendTimeoutError):
        sending._wait(waiting, time.monotonic() + 0.1)
    node.refusal, node.mines = None, True
    assert sending._wait(waiting, time.monotonic() + 5).succeeded


def test_what_a_node_will_not_have_any_more_gives_way_to_those_behind_it() -> None:
    store, node = MemoryNonceStore(), Node(mines=False)
    sending = sender(node, store, deadline=0.05)
    for data in (b"too large by a new rule", b"behind"):
        with pytest.raises(SendTimeoutError):
            sending.send(Transaction(None, data, 100_000))
    node.pool, node.taken, node.barred, node.mines = {}, [], b"too large", True
    for _ in range(chain.sender._REFUSALS):
        assert sending.flush() == 2
    assert sending.flush() == 0
    assert sorted(node.mined.values()) == [0, 1]
    assert not any(b"too large" in signed for signed in node.taken)


def test_a_gap_below_what_we_sent_is_filled() -> None:
    store, node = MemoryNonceStore(), Node(mines=False)
    sending = sender(node, store, deadline=0.05)
    for _ in range(3):
        with pytest.raises(SendTimeoutError):
            sending.send(TRANSACTION)
    with store.locked(BOOK, 1) as book:
        book.save(tuple(one for one in book.load() if one.nonce == 2))
    node.pool, node.mines = {}, True
    assert sender(node, store).flush() == 3
    assert sorted(node.mined.values()) == [0, 1, 2]


@pytest.mark.parametrize("lag", [500, 10**9])
def test_a_replica_far_behind_does_not_make_the_sender_sign_its_whole_history_anew(lag: int) -> None:
    """Regression: an answer of 0 had something empty signed and offered for every nonce below the book, 2.3 s of CPU for 500."""
    store, node = MemoryNonceStore(), Node()
    node.mined = {bytes([n % 256, n // 256]) * 16: n for n in range(700)}
    node.mines = False
    with pytest.raises(SendTimeoutError):
        sender(node, store, deadline=0.05).send(TRANSACTION)
    node.sent.clear()
    node.lag = lag
    for _ in range(3):
        assert sender(node, store).flush() == 1
    assert len(node.sent) <= 3 * (1 + chain.sender._GAP)
    assert kept(store) == [700]
    node.lag, node.mines = 0, True
    sender(node, store).flush()
    node.mine()
    assert 700 in node.mined.values()


def test_a_gap_longer_than_one_try_fills_is_closed_piece_by_piece() -> None:
    store, node = MemoryNonceStore(), Node()
    with store.locked(BOOK, 1) as book:
        book.save((sender(node)._sign(TRANSACTION, 150),))
    for _ in range(3):
        sender(node, store).flush()
    assert sorted(node.mined.values()) == list(range(151))


def test_a_lost_book_steps_over_what_still_waits_in_the_nodes_pool() -> None:
    node = Node(mines=False)
    for data in (b"first", b"second"):
        sender(node)._submit(Transaction(None, data, 100_000))
    assert sorted(node.pool.values()) == [0, 1]
    store = MemoryNonceStore()
    sender(node, store)._submit(Transaction(None, b"later", 100_000))
    assert kept(store) == [2]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["send", "mine", "lose", "refuse", "take", "behind", "caught up", "restart"]), max_size=25)
)
def test_whatever_the_node_does_everything_sent_ends_in_a_block(history: list[str]) -> None:
    """Pools are lost, sends refused, counts lag: once the node is well again, nonces in blocks have no gap and nothing waits."""
    store, node = MemoryNonceStore(), Node(mines=False)
    accepted: list[bytes] = []
    for what in history:
        if what == "send":
            with suppress(RefusedByNodeError, NonceTakenError):
                accepted.append(sender(node, store)._submit(Transaction(None, b"%d" % len(accepted), 100_000)).hash)
        elif what == "mine":
            node.mine()
        elif what == "lose":
            node.pool = {}
        elif what in ("refuse", "take"):
            node.refusal = "syncing" if what == "refuse" else None
        elif what in ("behind", "caught up"):
            node.lag = 1 if what == "behind" else 0
        else:
            sender(node, store).flush()
    node.refusal, node.lag, node.mines = None, 0, True
    for _ in range(2):
        sender(node, store).flush()
        node.mine()
    assert sorted(node.mined.values()) == list(range(len(node.mined)))
    assert sender(node, store).flush() == 0
    assert set(accepted) <= set(node.mined)


def test_a_key_used_elsewhere_costs_a_second_try_only() -> None:
    node = Node()
    real = node.transaction_count
    # Between the count and the send somebody else uses the nonce, once.
    calls = []

    def late(address: str, *, pending: bool = False) -> int:
        found = real(address, pending=pending)
        calls.append(found)
        if len(calls) == 1:
            node.mined[b"somebody else's"] = found
        return found

    node.transaction_count = late  # type: ignore[method-assign]
    assert sender(node).send(TRANSACTION).succeeded
    assert sorted(node.mined.values()) == [0, 1]


def test_a_key_used_elsewhere_all_the_time_ends_at_the_deadline() -> None:
    node = Node()
    node.transaction_count = lambda address, *, pending=False: 0  # type: ignore[method-assign]
    node.mined |= {b"somebody else's %d" % nonce: nonce for nonce in range(100)}
    with pytest.raises(NonceTakenError):
        sender(node, deadline=0.05).send(TRANSACTION)


def test_a_nonce_that_was_taken_while_waiting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.sender._SEND_AGAIN_AFTER", 0.01)
    store, node = MemoryNonceStore(), Node(mines=False)
    sending = sender(node, store)
    waiting = sending._submit(TRANSACTION)
    node.pool = {}
    node.mined[b"somebody else's"] = waiting.nonce
    with pytest.raises(NonceTakenError):
        sending._wait(waiting, float("inf"))
