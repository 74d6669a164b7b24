"""Earlier blocks from a later block's state: what holds, and every way to cheat, each refused by a check of its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import rlp as oracle
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from protocol import ancestry, chainproof, state
from protocol.ancestry import HISTORY, HISTORY_CODE, WINDOW, Ancestor, Descent, Window
from protocol.errors import FormatError, TallyError, VerificationError
from protocol.qbft import MIX_HASH
from tests.unit.protocol.simulated_chain import (
    EMPTY,
    STRANGER,
    Built,
    build,
    descent,
    header_of,
    proof_nodes,
    stored,
    window,
)

TIME = 1_700_000_000


def chain(*numbers: int) -> tuple[Built, ...]:
    return build(tuple((number, ()) for number in numbers), TIME)


def forged(number: int, slots: dict[int, bytes], *, code: bytes = HISTORY_CODE, address: bytes = HISTORY) -> Built:
    """A block whose state somebody wrote at will: hashes and tries are right, its contents need not be."""
    storage, accounts = HexaryTrie({}), HexaryTrie({})
    for slot, word in slots.items():
        storage[keccak(slot.to_bytes(32, "big"))] = stored(word)
    accounts[keccak(STRANGER)] = oracle.encode([b"\1", b"", EMPTY, HISTORY_CODE])
    accounts[keccak(address)] = oracle.encode([b"\1", b"", storage.root_hash, code])
    header = header_of(bytes(32), number, TIME + number, accounts.root_hash, EMPTY)
    return Built(number, header, accounts, {HISTORY: storage})


def lone(number: int) -> Built:
    return forged(number, {1: b"\1" * 32})


def refused(found: Descent, code: str) -> None:
    with pytest.raises(VerificationError) as caught:
        found.verify()
    assert caught.value.code == code, caught.value


NUMBERS = (10, 11, 4_000, 8_200, 8_201, 16_391, 16_392)


def test_blocks_are_proven_over_hops_of_8191() -> None:
    built = chain(*NUMBERS)
    blocks = descent(built).verify()
    assert [block.number for block in blocks] == list(reversed(NUMBERS))
    assert [block.hash for block in blocks] == [item.hash for item in reversed(built)]
    assert len(descent(built).windows) == 2


@pytest.mark.parametrize(("age", "proven"), [(1, True), (8190, True), (8191, True), (8192, False)])
def test_the_window_ends_exactly_where_the_contract_writes_over(age: int, proven: bool) -> None:
    early, late = lone(20_000 - age), forged(20_000, {(20_000 - age) % WINDOW: lone(20_000 - age).hash})
    found = Descent(late.header, (window(late, [early]),))
    if proven:
        assert [block.number for block in found.verify()] == [20_000, 20_000 - age]
    else:
        refused(found, "chain.window")


def test_attack_a_stale_slot_of_the_ring_buffer() -> None:
    """The slot of block n still holds the hash of block n - 8191, on a state that was not written over."""
    stale = lone(5_000)
    late = forged(5_000 + 2 * WINDOW, {5_000 % WINDOW: stale.hash})
    refused(Descent(late.header, (window(late, [stale]),)), "chain.window")


def test_attack_a_hop_that_goes_the_wrong_way() -> None:
    for number in (9_000, 9_001, 12_000):
        other = lone(number)
        base = forged(9_000, {number % WINDOW: other.hash})
        refused(Descent(base.header, (window(base, [other]),)), "chain.window")


def test_attack_a_block_twice_or_out_of_order_in_a_window() -> None:
    built = chain(10, 11, 12)
    full = window(built[2], [built[1], built[0]])
    for blocks in ((full.blocks[1], full.blocks[0]), (full.blocks[0], full.blocks[0])):
        refused(Descent(built[2].header, (replace(full, blocks=blocks),)), "chain.window")


def test_attack_a_wrong_storage_slot() -> None:
    """The proof of another slot that does hold the header's hash."""
    old = lone(8_000)
    late = forged(9_000, {8_000 % WINDOW: b"\1" * 32, 77: old.hash})
    moved = Window(late.account(HISTORY), (Ancestor(old.header, late.slot(HISTORY, 77)),))
    refused(Descent(late.header, (moved,)), "chain.trie")


def test_attack_a_proof_against_another_account() -> None:
    old = lone(8_000)
    late = forged(9_000, {8_000 % WINDOW: old.hash}, address=b"\x42" * 20)
    storage = late.storage[HISTORY]
    proof = (Ancestor(old.header, proof_nodes(storage, keccak((8_000 % WINDOW).to_bytes(32, "big")))),)
    refused(Descent(late.header, (Window(late.account(b"\x42" * 20), proof),)), "chain.trie")
    refused(Descent(late.header, (Window(late.account(HISTORY), proof),)), "chain.account")


def test_attack_other_code_at_the_history_address() -> None:
    old = lone(8_000)
    late = forged(9_000, {8_000 % WINDOW: old.hash}, code=keccak(b"anybody may write here"))
    refused(Descent(late.header, (window(late, [old]),)), "chain.account")


def test_attack_a_proof_of_exclusion_instead_of_the_hash() -> None:
    late = forged(9_000, {5: b"\5" * 32, 6: b"\6" * 32})
    refused(Descent(late.header, (window(late, [lone(8_000)]),)), "chain.ancestor")
    with pytest.raises(VerificationError, match="has no account"):
        state.storage_root(HexaryTrie({}).root_hash, HISTORY, (), HISTORY_CODE)


def test_attack_trailing_missing_or_swapped_nodes() -> None:
    built = chain(*range(100, 140))
    good = window(built[-1], [built[3]])
    nodes = good.blocks[0].storage
    assert len(nodes) > 1
    for bad in ((*nodes, nodes[-1]), nodes[:-1], nodes[1:], (nodes[0], *nodes), ()):
        blocks = (replace(good.blocks[0], storage=bad),)
        refused(Descent(built[-1].header, (replace(good, blocks=blocks),)), "chain.trie")
    for account in ((*good.account, good.account[-1]), good.account[:-1], ()):
        refused(Descent(built[-1].header, (replace(good, account=account),)), "chain.trie")


def test_attack_a_header_that_is_not_linked() -> None:
    built, other = chain(10, 11, 12), build(((10, ()), (11, ())), TIME + 5)
    good = window(built[2], [built[1]])
    blocks = (replace(good.blocks[0], header=other[1].header),)
    refused(Descent(built[2].header, (replace(good, blocks=blocks),)), "chain.ancestor")


def test_attack_an_empty_window() -> None:
    built = chain(10, 11)
    refused(Descent(built[1].header, (Window(built[1].account(HISTORY), ()),)), "chain.window")


def test_attack_bytes_that_a_qbft_hash_leaves_out() -> None:
    """Round and seals of an ancestor prove nothing, so they must not be there: otherwise they could be changed unseen."""

    def header(round_number: int, seals: list[bytes]) -> bytes:
        extra = oracle.encode([bytes(32), [b"\3" * 20], [], round_number, seals])
        return header_of(bytes(32), 8_000, TIME, bytes(32), EMPTY, extra=extra, mix=MIX_HASH)

    plain, sealed = header(0, []), header(2, [b"\4" * 65])
    digest = chainproof.parse_header(sealed).hash
    assert digest == keccak(plain)
    late = forged(9_000, {8_000 % WINDOW: digest})
    for found, bad in ((plain, False), (sealed, True)):
        item = Window(late.account(HISTORY), (Ancestor(found, late.slot(HISTORY, 8_000 % WINDOW)),))
        if bad:
            refused(Descent(late.header, (item,)), "chain.header_form")
            refused(Descent(sealed, ()), "chain.header_form")
        else:
            assert len(Descent(late.header, (item,)).verify()) == 2


def test_a_hash_with_leading_zeros_is_stored_shorter() -> None:
    """Storage holds numbers: one hash in 256 begins with a zero byte, which the trie does not keep."""
    number, old = 0, lone(1)
    while old.hash[0]:
        number += 1
        old = lone(number)
    late = forged(number + 5, {number % WINDOW: old.hash})
    assert len(Descent(late.header, (window(late, [old]),)).verify()) == 2
    padded, key = HexaryTrie({}), keccak((7).to_bytes(32, "big"))
    padded[key] = oracle.encode(old.hash)
    with pytest.raises(FormatError, match="canonical"):
        state.word(padded.root_hash, 7, proof_nodes(padded, key))


WHOLE = descent(chain(*NUMBERS))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_of_a_path_is_noticed(data: st.DataObject) -> None:
    """With the head's hash trusted and the last block's known, nothing in between can be another."""
    bytes_ = ancestry.path_data(WHOLE)
    position = data.draw(st.integers(0, len(bytes_) - 1))
    changed = bytes_[:position] + bytes([bytes_[position] ^ data.draw(st.integers(1, 255))]) + bytes_[position + 1 :]
    try:
        blocks = ancestry.read_path(changed).verify()
    except TallyError:
        return
    assert (blocks[0].hash, blocks[-1].hash) != (WHOLE.verify()[0].hash, WHOLE.verify()[-1].hash)


def test_a_path_survives_its_file() -> None:
    assert ancestry.read_path(ancestry.path_data(WHOLE)) == WHOLE
    bad: list[Callable[[], Any]] = [
        lambda: ancestry.read_path(b"{}"),
        lambda: ancestry.read_path(ancestry.path_data(WHOLE).replace(b"path/v1", b"path/v2")),
        lambda: ancestry.read_path(ancestry.path_data(WHOLE)[:-1] + b',"x":1}'),
    ]
    for read in bad:
        with pytest.raises(FormatError):
            read()


def test_parts_of_a_path_are_joined_only_where_they_meet() -> None:
    upper = Descent(WHOLE.head, WHOLE.windows[:1])
    lower = Descent(WHOLE.windows[0].blocks[-1].header, WHOLE.windows[1:])
    assert ancestry.join([upper, lower]) == WHOLE
    with pytest.raises(VerificationError, match=r"chain\.path"):
        ancestry.join([upper, Descent(WHOLE.head, WHOLE.windows[1:])])
