"""Alignment against Python sets, and against helpers and owners that send something else."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.programs.alignment.psi_align import group_key
from mpc.programs.alignment.psi_align.description import PROGRAM as PSI_ALIGN
from mpc.programs.alignment.psi_align.run import (
    ascending_order,
    keyed_digests,
    match,
    normalise,
    read_digests,
    read_positions,
    run,
)
from mpc.workflow.context import StepContext
from mpc.workflow.relay import Relay
from mpc.workflow.values import Aligned, PrivateTable, Source
from protocol.errors import TallyError
from tests.unit.mpc.simulation import FakeSession, Wire, run_sessions

NAMES = ("anna", "bert", "helper", "cleo")
OWNERS = ("anna", "bert", "cleo")
IDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)


def align(
    tables: dict[str, list[str]],
    *,
    wire: Wire | None = None,
    minimum: int = 2,
    group: int = 0,
    names: tuple[str, ...] = NAMES,
    outside: int = 0,
) -> list[Any]:
    """Each party's (Aligned, disclosed), or its exception."""

    async def party(session: FakeSession) -> Any:
        me = session.names[session.pid]
        sources = tuple(
            Source(f"{owner}-data", owner, ("row",), _table(ids) if owner == me else None)
            for owner, ids in tables.items()
        )
        context = StepContext(
            session,
            None,
            PSI_ALIGN,
            "align",
            PSI_ALIGN.validate_params({"minimum_matches": minimum}),
            {"tables": sources},
            frozenset({"aligned"}),
            group,
        )  # type: ignore[arg-type]
        return (await run(context))["aligned"], context.disclosed

    return run_sessions(names, party, wire=wire, outside=outside)


def _table(ids: list[str]) -> PrivateTable:
    return PrivateTable(tuple(ids), {"row": np.arange(len(ids), dtype=np.float64)})


def matched(result: Any, owner: str, ids: list[str]) -> list[str]:
    aligned: Aligned = result[0]
    table = next(table for table in aligned.tables if table.owner == owner)
    assert table.values is not None
    return [ids[int(row)] for row in table.values[:, 0]]


@settings(max_examples=40)
@given(st.lists(st.sets(st.integers(0, 40), min_size=1), min_size=2, max_size=3), st.randoms(use_true_random=False))
def test_alignment_equals_set_intersection(sets: list[set[int]], rng: Any) -> None:
    tables = {owner: [f"id-{n}" for n in rng.sample(sorted(s), len(s))] for owner, s in zip(OWNERS, sets, strict=False)}
    common = {f"id-{n}" for n in set.intersection(*sets)}
    results = align(tables)
    if len(common) < 2:
        assert all(isinstance(result, TallyError) and result.code == "psi.too_few_matches" for result in results)
        return
    orders = [matched(results[NAMES.index(owner)], owner, ids) for owner, ids in tables.items()]
    assert set(orders[0]) == common
    assert all(order == orders[0] for order in orders)
    for result in results:
        assert result[1] == {"intersection_size": len(common)}
        assert result[0].rows == len(common)
    helper = results[NAMES.index("helper")][0]
    assert all(table.values is None for table in helper.tables)


@pytest.mark.parametrize(("minimum", "group", "allowed"), [(2, 5, 5), (5, 2, 5), (2, 2, 2), (3, 0, 3)])
def test_fewer_matches_than_the_contracts_minimum_group_or_the_steps_own_are_refused(
    minimum: int, group: int, allowed: int
) -> None:
    ids = [f"id-{n}" for n in range(9)]
    enough = align({"anna": ids, "bert": ids[:allowed]}, minimum=minimum, group=group)
    assert [result[1] for result in enough] == [{"intersection_size": allowed}] * len(NAMES)
    for result in align({"anna": ids, "bert": ids[: allowed - 1]}, minimum=minimum, group=group):
        assert isinstance(result, TallyError)
        assert result.code == "psi.too_few_matches"
        assert str(allowed - 1) not in result.what, "how many matched is not told"


def test_attack_owners_that_go_on_below_the_minimum_were_never_told_their_matches() -> None:
    """The refusal is the helper's: what reaches an owner holds no position, whatever that owner's software does."""
    ids = [f"id-{n}" for n in range(9)]
    seen: list[bytes] = []

    def watch(sender: int, receiver: int, name: Any, data: bytes) -> bytes:
        if name == "align/matches":
            seen.append(data)
        return data

    align({"anna": ids, "bert": ids[:4]}, group=5, wire=Wire(watch))
    assert seen == [b"", b""]


def test_order_is_fresh_in_every_run() -> None:
    ids = [f"id-{n}" for n in range(50)]
    orders = {tuple(matched(align({"anna": ids, "bert": ids})[0], "anna", ids)) for _ in range(3)}
    assert len(orders) == 3


def test_ids_are_compared_in_normal_form() -> None:
    composed, decomposed = "Zo\u00eb", " Zoe\u0308\t"
    results = align({"anna": [composed, "x"], "bert": ["x ", decomposed]})
    assert results[0][1] == {"intersection_size": 2}


@pytest.mark.parametrize(
    ("ids", "code"), [(["a", " a"], "psi.duplicate_id"), (["\u00eb", "e\u0308"], "psi.duplicate_id"), (["a", "  "], "psi.empty_id")]
)  # fmt: skip
def test_ambiguous_ids_are_refused_by_their_owner(ids: list[str], code: str) -> None:
    with pytest.raises(TallyError, match=code):
        normalise(ids)


@given(st.lists(IDS, max_size=20))
def test_normalisation_never_merges_silently(ids: list[str]) -> None:
    try:
        found = normalise(ids)
    except TallyError as error:
        assert error.code in ("psi.duplicate_id", "psi.empty_id")
    else:
        assert len(set(found)) == len(ids)


def test_helper_sees_digests_that_depend_on_a_key_it_does_not_get() -> None:
    wires = [Wire(), Wire()]
    for wire in wires:
        align({"anna": ["a", "b", "c"], "bert": ["b", "c", "d"]}, wire=wire)
    helper = NAMES.index("helper")
    to_helper = [{m for s, r, _, m in wire.seen if r == helper} for wire in wires]
    assert {len(message) for message in to_helper[0]} == {3 * 16, 32 + 64, 48 + 64}
    assert not to_helper[0] & to_helper[1]  # same ids, other numbers in every run
    assert not [label for s, r, label, _ in wires[0].seen if helper not in (s, r)]


OUTSIDE = ("one", "two", "helper", "anna", "bert", "cleo", "dora", "emil")


def test_owners_without_links_align_through_the_helper() -> None:
    """Two of the five owners sit on the committee, three outside; one more owner outside has nothing to align."""
    rng = np.random.default_rng(5)
    owners = ("one", "two", "anna", "cleo", "emil")
    tables = {owner: [f"id-{n}" for n in rng.permutation(20)[:17]] for owner in owners}
    common = set.intersection(*map(set, tables.values()))
    results = align(tables, names=OUTSIDE, outside=5)
    assert all(result[1] == {"intersection_size": len(common)} for result in results)
    orders = [matched(results[OUTSIDE.index(owner)], owner, tables[owner]) for owner in owners]
    assert set(orders[0]) == common
    assert all(order == orders[0] for order in orders)


@pytest.mark.slow
def test_a_hundred_owners_agree_on_a_key() -> None:
    names = ("a-first", "a-helper", "a-third", *(f"owner-{i:03d}" for i in range(100)))
    ids = [f"id-{n}" for n in range(5)]
    results = align(dict.fromkeys(names[3:], ids), names=names, outside=100)
    assert all(result[1] == {"intersection_size": 5} for result in results), results[0]
    assert len({tuple(matched(results[names.index(owner)], owner, ids)) for owner in names[3:]}) == 1


@pytest.mark.parametrize("label", ["key/public", "key/contribution", "key/confirm", "matched"])
@pytest.mark.parametrize("place", [0, 5, -70, -1], ids=["first", "early", "message-end", "signature-end"])
def test_a_helper_that_alters_what_it_carries_is_named(label: str, place: int) -> None:
    ids = [f"id-{n}" for n in range(8)]

    def change(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[place] ^= 1
        return bytes(changed)

    tables = {"anna": ids, "bert": ids[:6], "cleo": ids[1:]}
    results = align(tables, wire=_cheat("one", "cleo", label, change, OUTSIDE), names=OUTSIDE, outside=5)
    error = results[OUTSIDE.index("cleo")]
    assert isinstance(error, TallyError), results
    assert error.details["peer"] == "one"


@pytest.mark.parametrize("label", ["key/public", "key/contribution", "key/confirm", "matched"])
def test_a_helper_cannot_play_one_owners_messages_back_as_anothers(label: str) -> None:
    ids = [f"id-{n}" for n in range(8)]

    def change(data: bytes) -> bytes:
        size = {"key/public": 96, "key/contribution": 112}.get(label, 96)
        return data[size : 2 * size] + data[:size] + data[2 * size :]

    tables = {"anna": ids, "bert": ids[:6], "cleo": ids[1:]}
    results = align(tables, wire=_cheat("one", "cleo", label, change, OUTSIDE), names=OUTSIDE, outside=5)
    error = results[OUTSIDE.index("cleo")]
    assert isinstance(error, TallyError), results
    assert error.details["peer"] == "one"


def test_a_helper_cannot_replay_a_message_of_an_earlier_run() -> None:
    ids = [f"id-{n}" for n in range(8)]
    recorded = Wire()
    align({"anna": ids, "bert": ids}, wire=recorded)
    old = {(s, r, label): data for s, r, label, data in recorded.seen}

    def tamper(s: int, r: int, label: Any, data: bytes) -> bytes:
        return old[s, r, label] if (NAMES[s], NAMES[r], label) == ("helper", "anna", "align/key/public") else data

    async def another_run(session: FakeSession) -> Any:
        session.run_id = b"\1" * 32
        relay = Relay(session, "helper", ("anna", "bert"))
        if session.names[session.pid] == "helper":
            return await group_key.serve(relay, "align/key")
        return await group_key.agree(relay, "align/key") if session.pid < 2 else None

    results = run_sessions(NAMES, another_run, wire=Wire(tamper))
    assert isinstance(results[0], TallyError)
    assert results[0].details["peer"] == "helper"


def _cheat(sender: str, receiver: str, label: str, change: Any, names: tuple[str, ...] = NAMES) -> Wire:
    def tamper(s: int, r: int, name: Any, data: bytes) -> bytes:
        return change(data) if (names[s], names[r], name) == (sender, receiver, f"align/{label}") else data

    return Wire(tamper)


@pytest.mark.parametrize(
    ("sender", "receiver", "label", "change"),
    [
        ("helper", "anna", "matches", lambda d: d[4:]),  # leaves a match out for one owner only
        ("helper", "anna", "matches", lambda d: d[:-4] + (99).to_bytes(4, "little")),
        ("helper", "anna", "matches", lambda d: d[4:8] + d[:4] + d[8:]),
        ("helper", "anna", "matches", lambda d: d[:-1]),
        ("helper", "anna", "matches", lambda d: bytes(4) + d),
        ("helper", "anna", "matches", lambda d: d * 100),
        ("anna", "helper", "digests", lambda d: d[:-1]),
        ("anna", "helper", "digests", lambda d: d + d[-16:]),
        ("anna", "helper", "digests", lambda d: d[16:32] + d[:16] + d[32:]),
        ("anna", "helper", "digests", lambda d: b""),
        ("anna", "helper", "key/public", lambda d: bytes(96)),
        ("anna", "helper", "key/public", lambda d: d[:-1]),
        ("anna", "helper", "key/contribution", lambda d: bytes([d[0] ^ 1]) + d[1:]),
        ("anna", "helper", "key/contribution", lambda d: b""),
        ("anna", "helper", "key/confirm", lambda d: bytes([d[0] ^ 1]) + d[1:]),
        ("anna", "helper", "matched", lambda d: d[:32] + bytes(64)),
    ],
)
def test_deviations_are_refused_and_name_the_sender(sender: str, receiver: str, label: str, change: Any) -> None:
    ids = [f"id-{n}" for n in range(8)]
    results = align({"anna": ids, "bert": ids[:6]}, wire=_cheat(sender, receiver, label, change))
    errors = [result for result in results if isinstance(result, TallyError)]
    assert errors, results
    blamed = {error.details.get("peer") for error in errors if error.code == "link.bad_payload"}
    assert blamed & {sender, receiver}, errors


def test_a_helper_cannot_swap_matches_unnoticed() -> None:
    """The owners compare a keyed hash of what matched: positions that are valid but wrong are caught."""
    ids = [f"id-{n}" for n in range(8)]

    def another(data: bytes) -> bytes:
        """The first of the positions that did not match in place of the last one that did."""
        matched = np.frombuffer(data, "<u4").tolist()
        other = next(n for n in range(len(ids)) if n not in matched)
        return np.array(sorted([*matched[:-1], other]), "<u4").tobytes()

    wire = _cheat("helper", "bert", "matches", another)
    results = align({"anna": ids[3:], "bert": ids}, wire=wire)
    assert any(isinstance(result, TallyError) for result in results)


def test_a_committee_of_owners_only_has_no_helper() -> None:
    results = align({"anna": ["a"], "bert": ["a"], "cleo": ["a"]}, names=("anna", "bert", "cleo"))
    assert all(isinstance(result, TallyError) and result.code == "workflow.no_dataless_party" for result in results)


@given(st.lists(st.sets(st.binary(min_size=1, max_size=3), min_size=1), min_size=2, max_size=4))
def test_matching_equals_sets_for_any_digests(sets: list[set[bytes]]) -> None:
    lists = [np.array(sorted(keyed_digests(b"k" * 32, sorted(s))), dtype="S16") for s in sets]
    common = set.intersection(*[set(keyed_digests(b"k" * 32, sorted(s)).tolist()) for s in sets])
    for digests, positions in zip(lists, match(lists), strict=True):
        assert set(digests[positions].tolist()) == common
        assert read_positions(positions.astype("<u4").tobytes(), len(digests)) is not None
        assert read_digests(digests.tobytes()) is not None


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=2, max_size=6))
def test_only_strictly_ascending_digests_are_read(items: list[bytes]) -> None:
    ascending = all(a < b for a, b in pairwise(items))
    assert (read_digests(b"".join(items)) is not None) == ascending


@given(st.lists(st.integers(0, 12), max_size=6))
def test_only_strictly_ascending_positions_in_range_are_read(items: list[int]) -> None:
    data = b"".join(item.to_bytes(4, "little") for item in items)
    sound = all(a < b for a, b in pairwise(items)) and all(item < 10 for item in items)
    assert (read_positions(data, 10) is not None) == sound


@given(st.lists(st.sets(st.integers(0, 40), min_size=1, max_size=20), min_size=2, max_size=4), st.booleans())
def test_digests_that_share_their_first_bits_match_all_the_same(sets: list[set[int]], alike: bool) -> None:
    """Of 64 equal leading bits, too: only whole digests count."""
    head = bytes(8) if alike else b""

    def digests(found: set[int]) -> np.ndarray:
        return np.array([(head + value.to_bytes(8, "big")).ljust(16, b"\1") for value in found], dtype="S16")

    lists = [digests(found) for found in sets]
    orders = [ascending_order(found) for found in lists]
    ascending = [found[order] for found, order in zip(lists, orders, strict=True)]
    common = digests(set.intersection(*sets))
    for found, positions in zip(ascending, match(ascending), strict=True):
        assert list(found) == sorted(found)
        assert sorted(found[positions].tolist()) == sorted(common.tolist())


def test_keyed_digests_are_blake2s() -> None:
    """RFC 7693 with a 16-byte result, as another implementation computes it."""
    from Crypto.Hash import BLAKE2s

    key, ids = bytes(range(32)), [b"patient-1", b"", b"\xe5\x8c\xbb" * 30]
    expected = [BLAKE2s.new(key=key, digest_bytes=16, data=item).digest() for item in ids]
    assert [bytes(item).ljust(16, b"\0") for item in keyed_digests(key, ids)] == expected
