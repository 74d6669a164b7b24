"""Rows opened to an auditor: only to whom may ask, only what was asked, logged first, and every forged answer is found out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from eth_account import Account

from protocol import canonical, dsse, ids, merkle, openings, sealing, statements
from protocol.errors import TallyError
from protocol.openings import OpenedRows, OpeningAnswer, OpeningRequest, RowsOpened, SignedRequest
from protocol.programs import Words
from protocol.rows import InputTree, OpenedCell, Opening, RowHasher
from protocol.verify_opening import Opened, Registered, verify
from protocol.vocabulary import Role
from tests.unit.workers.world import DOSES, NOW, World
from workers import disk
from workers import openings as owner_side
from workers.chain_view import DataSetFacts, PartyFacts
from workers.data_sets import StoredVersion
from workers.jobs.stages import Stage
from workers.node import LOCK
from workers.openings import Prepared, answer, logged, prepare
from workers.sources.schema import Schema

OWNER = "hospital"
ASKER = "regulator"
KEY = X25519PrivateKey.from_private_bytes(b"\x31" * 32)
WALLET = Account.from_key(b"\x07" * 32)
STRANGER = Account.from_key(b"\x08" * 32)


@pytest.fixture
def regulated(world: World) -> World:
    world.chain.parties[ASKER] = party(WALLET.address, Role.REGULATOR)
    return world


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests that change nothing in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        made = World(tmp_path_factory.mktemp("steady"))
        made.chain.parties[ASKER] = party(WALLET.address, Role.REGULATOR)
        yield made
        made.close()


def party(wallet: str, roles: int, *, active: bool = True) -> PartyFacts:
    return PartyFacts(wallet, wallet, bytes(32), bytes(32), ids.on_chain("state"), int(roles), active)


def asked(world: World, **changes: Any) -> OpeningRequest:
    stored = world.stored[OWNER]
    found = OpeningRequest(
        ASKER, OWNER, stored.data_set, 1, stored.input_root, stored.rows, (1, 3), (), ("age", "patient"), "a sample",
        KEY.public_key().public_bytes_raw(), NOW + openings.DAY, 5,
    )  # fmt: skip
    return replace(found, **changes)


def digest(world: World, message: OpeningRequest) -> bytes:
    return message.digest(world.chain.domain("DataSets"))


def signed(world: World, message: OpeningRequest, wallet: Any = WALLET) -> bytes:
    return SignedRequest(message, bytes(wallet.unsafe_sign_hash(digest(world, message)).signature)).data()


def ready(world: World, **changes: Any) -> Prepared:
    return prepare(world.nodes[OWNER], signed(world, asked(world, **changes)))


def registered(world: World, stored: StoredVersion | None = None) -> Registered:
    stored = stored or world.stored[OWNER]
    facts = world.chain.sets[stored.data_set, stored.version]
    keys = (world.keys[OWNER].node_public,)
    return Registered(facts.owner, facts.schema_hash, facts.input_root, facts.rows, keys, Words("the chain", "链"))


def checked(world: World, data: bytes, **changes: Any) -> Opened:
    message = asked(world, **changes)
    return verify(message, digest(world, message), data, KEY, lambda: registered(world))


def settled(world: World, prepared: Prepared) -> bytes:
    """An answer while the node runs: what the service's loop does, done here at once."""
    node = world.nodes[OWNER]
    said = stated(world, prepared)
    node.state.owe_opening(said.request, dsse.sign(said.serialise(), node.keys.node_public, node.keys.sign))
    node.evidence.log_openings()
    return answer(node, prepared)


def stated(world: World, prepared: Prepared, rows: OpenedRows | None = None) -> RowsOpened:
    rows, message = rows or prepared.rows, prepared.message
    return RowsOpened(
        prepared.digest, message.asker, OWNER, ids.on_chain(message.data_set), message.data_version, message.input_root,
        len(rows.openings), rows.cells, canonical.sha256(rows.data()), world.now,
    )  # fmt: skip


def test_what_was_asked_is_shown_and_nothing_else(regulated: World) -> None:
    prepared = ready(regulated)
    found = checked(regulated, settled(regulated, prepared))
    assert [step.outcome for step in found.steps] == ["holds"] * 5
    assert found.exit_code == 0
    assert [row.position for row in found.rows] == [1, 3]
    for row, shown in zip(found.rows, prepared.shown, strict=True):
        number = shown.number
        assert dict(row.cells) == {"age": str(20 + number), "patient": f"p{number}"}
    hidden = [part for opening in prepared.rows.openings for part in opening.columns if isinstance(part, bytes)]
    assert len(hidden) == 2  # the doses
    assert found.statement is not None
    assert found.statement.asker == ASKER


def test_rows_by_identifier_and_the_owners_word_that_there_is_none(regulated: World) -> None:
    changes = {"positions": (), "keys": ("p2", "p9")}
    found = checked(regulated, settled(regulated, ready(regulated, **changes)), **changes)
    assert found.exit_code == 0
    assert [dict(row.cells)["patient"] for row in found.rows] == ["p2"]
    assert found.absent == ("p9",)
    assert "no proof" in found.steps[4].detail.english


def test_a_row_that_is_asked_for_twice_is_opened_once(regulated: World) -> None:
    place = next(row.position for row in ready(regulated, positions=(0, 1, 2, 3, 4)).shown if row.number == 2)
    changes = {"positions": (place,), "keys": ("p2",)}
    found = checked(regulated, settled(regulated, ready(regulated, **changes)), **changes)
    assert found.exit_code == 0
    assert [row.position for row in found.rows] == [place]


def test_a_named_auditor_of_a_task_over_the_version_may_ask(world: World) -> None:
    world.chain.parties[ASKER] = party(WALLET.address, Role.RESULT_USER)
    with pytest.raises(TallyError) as refused:
        ready(world)
    assert refused.value.code == "opening.not_entitled"
    dispatch = world.start(world.contract(auditors=(ASKER,)))
    world.dispatch(dispatch, OWNER)
    prepared = ready(world)
    assert prepared.right.english == f"auditor of task_{dispatch.task.hex()}"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"positions": (1, 5)}, "opening.outside"),
        ({"positions": (3, 1)}, "opening.order"),
        ({"positions": (), "keys": ()}, "opening.rows"),
        ({"positions": tuple(range(60)), "keys": tuple(f"p{i:02}" for i in range(60)), "rows": 200}, "opening.rows"),
        ({"columns": ()}, "opening.no_columns"),
        ({"columns": ("age", "income")}, "opening.no_column"),
        ({"columns": ("age",), "keys": ("p1",)}, "opening.no_identifier"),
        ({"owner": "laboratory"}, "opening.other_owner"),
        ({"data_set": f"other-{'0' * 32}"}, "data_set.unknown"),
        ({"input_root": bytes(32)}, "opening.other_root"),
        ({"rows": 6}, "opening.other_root"),
        ({"not_after": NOW - 1}, "opening.time"),
        ({"not_after": NOW + openings.LONGEST + 1}, "opening.time"),
        ({"asker": "nobody"}, "opening.asker"),
    ],
)
def test_requests_that_are_not_answered(steady: World, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(TallyError) as refused:
        ready(steady, **changes)
    assert refused.value.code == code
    assert steady.nodes[OWNER].state.openings() == []


@pytest.mark.parametrize("roles", [Role.PLATFORM, Role.DATA_PROVIDER, Role.RESULT_USER])
def test_a_stranger_to_the_task_is_not_answered(world: World, roles: Role) -> None:
    world.chain.parties[ASKER] = party(WALLET.address, roles)
    world.dispatch(world.start(), OWNER)
    with pytest.raises(TallyError) as refused:
        ready(world)
    assert refused.value.code == "opening.not_entitled"


def test_a_suspended_regulator_is_not_answered(world: World) -> None:
    world.chain.parties[ASKER] = party(WALLET.address, Role.REGULATOR, active=False)
    with pytest.raises(TallyError) as refused:
        ready(world)
    assert refused.value.code == "opening.asker"


def test_a_request_in_a_regulators_name_is_not_answered(steady: World) -> None:
    message = asked(steady)
    for data in (
        signed(steady, message, STRANGER),
        SignedRequest(
            replace(message, columns=("dose",)), SignedRequest.read(signed(steady, message)).signature
        ).data(),
    ):
        with pytest.raises(TallyError) as refused:
            prepare(steady.nodes[OWNER], data)
        assert refused.value.code == "opening.signature"


def test_a_request_for_another_deployment_is_not_answered(steady: World) -> None:
    message = asked(steady)
    other = replace(steady.chain.domain("DataSets"), salt=b"\x55" * 32)
    signature = bytes(WALLET.unsafe_sign_hash(message.digest(other)).signature)
    with pytest.raises(TallyError) as refused:
        prepare(steady.nodes[OWNER], SignedRequest(message, signature).data())
    assert refused.value.code == "opening.signature"


def test_nothing_is_given_out_before_the_log_has_it(regulated: World, monkeypatch: pytest.MonkeyPatch) -> None:
    node, prepared = regulated.nodes[OWNER], ready(regulated)
    monkeypatch.setattr(owner_side, "_LOOK", 0.0)
    with disk.exclusive(node.folder / LOCK, "the node"), pytest.raises(TallyError) as waits:
        logged(node, stated(regulated, prepared), wait=0.0)
    assert waits.value.code == "opening.not_logged"
    before = node.evidence.head()
    assert node.evidence.log_openings() == before[0] + 1
    kept = node.state.opening(prepared.digest)
    data = OpeningAnswer.read(answer(node, prepared))
    assert data.statement == kept
    assert node.evidence.log_openings() is None  # once


def test_an_answer_given_again_is_the_same_entry(regulated: World) -> None:
    first = settled(regulated, ready(regulated))
    size = regulated.nodes[OWNER].evidence.head()[0]
    regulated.now += 60
    again = settled(regulated, ready(regulated))
    assert regulated.nodes[OWNER].evidence.head()[0] == size
    assert OpeningAnswer.read(again).statement == OpeningAnswer.read(first).statement
    assert checked(regulated, again).exit_code == 0


def test_where_no_node_runs_the_command_logs_itself(regulated: World) -> None:
    node, prepared = regulated.nodes[OWNER], ready(regulated)
    assert checked(regulated, answer(node, prepared)).exit_code == 0
    node.state.close()
    reopened = regulated.open(OWNER)
    assert reopened.evidence.head()[0] == 1
    entries = reopened.state.entries_of(0, prepared.digest)
    assert entries == [(0, openings.KIND)]


def test_an_opening_whose_index_was_lost_is_found_in_the_log_again(regulated: World) -> None:
    prepared = ready(regulated)
    kept = OpeningAnswer.read(settled(regulated, prepared)).statement
    node, state = regulated.nodes[OWNER], regulated.nodes[OWNER].state
    state._run("DELETE FROM log_index")
    state._run("DELETE FROM facts WHERE name = ?", f"opening/{prepared.digest.hex()}")
    later = replace(stated(regulated, prepared), time=regulated.now + 9)
    state.owe_opening(prepared.digest, dsse.sign(later.serialise(), node.keys.node_public, node.keys.sign))
    state.close()
    node = regulated.open(OWNER)
    assert node.evidence.log_openings() == 1  # killed between log and index: it is there, once
    assert node.state.entries_of(0, prepared.digest) == [(0, openings.KIND)]
    assert node.state.opening(prepared.digest) == kept  # and it is the one that was logged


def test_what_earlier_keys_signed_is_signed_anew(regulated: World) -> None:
    node, prepared, old = regulated.nodes[OWNER], ready(regulated), regulated.keys["laboratory"]
    said = stated(regulated, prepared)
    node.state.owe_opening(said.request, dsse.sign(said.serialise(), old.node_public, old.sign))
    assert node.evidence.log_openings() is None
    assert node.state.owed_openings() == []
    node.state.owe_opening(said.request, dsse.sign(said.serialise(), old.node_public, old.sign))
    assert checked(regulated, answer(node, prepared)).exit_code == 0


def test_a_task_ends_as_before_with_an_opening_in_the_log(regulated: World) -> None:
    settled(regulated, ready(regulated))
    dispatch = regulated.start()
    regulated.dispatch(dispatch)
    regulated.turns(12)
    assert set(regulated.stages(dispatch.task).values()) == {str(Stage.DONE)}
    evidence = regulated.coordinator.logs(dispatch.task)[OWNER]
    kinds = [statements.parse(dsse.parse(entry.envelope).payload).KIND for entry in evidence.entries]
    assert kinds[0] == "task-contract"
    assert min(entry.index for entry in evidence.entries) == 1
    assert evidence.size > len(evidence.entries)


def test_values_are_nowhere_but_under_the_seal(regulated: World) -> None:
    data = settled(regulated, ready(regulated))
    parts = OpeningAnswer.read(data)
    said = dsse.parse(parts.statement).payload
    assert b'"cells":4' in said
    for value in (b'"p0"', b'"p1"', b'"p2"', b'"p3"', b'"p4"'):
        assert value not in said
    info = openings.seal_info(parts.request, parts.statement)
    with pytest.raises(TallyError) as refused:
        sealing.open_sealed(X25519PrivateKey.generate(), info, parts.sealed)
    assert refused.value.code == "seal.not_opened"


# what a hostile owner, or whoever stands between, sends instead


def forged(world: World, prepared: Prepared, opened: OpenedRows, **changes: Any) -> bytes:
    """An answer that the owner's own key signs and seals, over other rows."""
    keys = world.keys[OWNER]
    said = replace(stated(world, prepared, opened), **changes)
    envelope = dsse.sign(said.serialise(), keys.node_public, keys.sign)
    sealed = sealing.seal(prepared.message.seal_key, openings.seal_info(prepared.digest, envelope), opened.data())
    return OpeningAnswer(prepared.digest, envelope, sealed).data()


def first(rows: OpenedRows, change: Callable[[Opening], Opening]) -> OpenedRows:
    return replace(rows, openings=(change(rows.openings[0]), *rows.openings[1:]))


def cell(opening: Opening, change: Callable[[OpenedCell], OpenedCell | bytes]) -> Opening:
    parts = list(opening.columns)
    at = next(i for i, part in enumerate(parts) if not isinstance(part, bytes))
    parts[at] = change(parts[at])  # pyright: ignore[reportArgumentType]
    return replace(opening, columns=tuple(parts))


def other_rows(world: World, prepared: Prepared, **changes: Any) -> OpenedRows:
    """What the owner's tree would open of another request."""
    return replace(ready(world, **changes).rows, request=prepared.digest)


FORGERIES: dict[str, tuple[Callable[[World, Prepared], OpenedRows], int]] = {
    "a cell is changed": (lambda _, p: first(p.rows, lambda o: cell(o, lambda c: replace(c, cell="99"))), 4),
    "a cell's salt is changed": (lambda _, p: first(p.rows, lambda o: cell(o, lambda c: replace(c, salt=bytes(16)))), 4),
    "a cell is in another spelling": (lambda _, p: first(p.rows, lambda o: cell(o, lambda c: replace(c, cell="020"))), 4),
    "the row's salt is changed": (lambda _, p: first(p.rows, lambda o: replace(o, salt=bytes(32))), 4),
    "another row's proof": (
        lambda _, p: first(p.rows, lambda o: replace(o, proof=p.rows.openings[1].proof)), 4
    ),
    "another place is claimed": (lambda _, p: first(p.rows, lambda o: replace(o, index=o.index - 1)), 4),
    "a larger table is claimed": (lambda _, p: first(p.rows, lambda o: replace(o, rows=o.rows + 1)), 4),
    "a row is left out": (lambda _, p: replace(p.rows, openings=p.rows.openings[:1]), 5),
    "another row is opened": (lambda w, p: other_rows(w, p, positions=(1, 2)), 5),
    "a row more is opened": (lambda w, p: other_rows(w, p, positions=(1, 2, 3)), 5),
    "a column more is opened": (lambda w, p: other_rows(w, p, columns=("age", "dose", "patient")), 5),
    "a column stays hidden": (lambda w, p: other_rows(w, p, columns=("age",)), 5),
    "an identifier that nobody asked for is absent": (lambda _, p: replace(p.rows, absent=("p9",)), 5),
    "another description": (lambda _, p: replace(p.rows, description=p.rows.description.replace(b"Table", b"Sheet")), 3),
    "another request inside": (lambda _, p: replace(p.rows, request=bytes(32)), 1),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGERIES)
def test_forged_rows_are_found_out_at_their_step(steady: World, what: str) -> None:
    make, step = FORGERIES[what]
    prepared = ready(steady)
    found = checked(steady, forged(steady, prepared, make(steady, prepared)))
    assert [item.number for item in found.steps if item.outcome == "fails"] == [step]
    assert found.exit_code == 1
    assert found.rows == ()


def test_an_identifier_is_not_denied_that_is_open(steady: World) -> None:
    changes = {"positions": (), "keys": ("p2",)}
    prepared = ready(steady, **changes)
    denied = replace(prepared.rows, absent=("p2",))
    assert checked(steady, forged(steady, prepared, denied), **changes).steps[4].outcome == "fails"
    silent = replace(prepared.rows, openings=())
    assert checked(steady, forged(steady, prepared, silent), **changes).steps[4].outcome == "fails"


@pytest.mark.parametrize(
    "changes",
    [
        {"asker": "certifier"}, {"owner": "laboratory"}, {"data_set": bytes(32)}, {"version": 2}, {"input_root": bytes(32)},
        {"rows": 1}, {"cells": 1}, {"content": bytes(32)}, {"request": bytes(32)},
    ],
)  # fmt: skip
def test_a_statement_about_something_else_is_found_out(steady: World, changes: dict[str, Any]) -> None:
    prepared = ready(steady)
    found = checked(steady, forged(steady, prepared, prepared.rows, **changes))
    assert [item.number for item in found.steps if item.outcome == "fails"] == [2]


def test_a_statement_that_another_node_signed_is_not_the_owners(steady: World) -> None:
    prepared, keys = ready(steady), steady.keys["laboratory"]
    envelope = dsse.sign(stated(steady, prepared).serialise(), keys.node_public, keys.sign)
    sealed = sealing.seal(
        prepared.message.seal_key, openings.seal_info(prepared.digest, envelope), prepared.rows.data()
    )
    found = checked(steady, OpeningAnswer(prepared.digest, envelope, sealed).data())
    assert [item.outcome for item in found.steps] == ["holds", "cannot", "holds", "holds", "holds"]
    assert found.exit_code == 2
    named = dsse.parse(envelope)
    pretended = replace(named, keyid=dsse.key_id(steady.keys[OWNER].node_public)).data()
    sealed = sealing.seal(
        prepared.message.seal_key, openings.seal_info(prepared.digest, pretended), prepared.rows.data()
    )
    assert checked(steady, OpeningAnswer(prepared.digest, pretended, sealed).data()).steps[1].outcome == "fails"


def test_an_answer_to_another_request_is_not_this_ones(regulated: World) -> None:
    old = settled(regulated, ready(regulated))
    assert checked(regulated, old, nonce=6).steps[0].outcome == "fails"
    message = asked(regulated, nonce=6)
    relabelled = replace(OpeningAnswer.read(old), request=digest(regulated, message)).data()
    found = checked(regulated, relabelled, nonce=6)
    assert found.steps[0].outcome == "fails"
    assert "seal.not_opened" in found.steps[0].detail.english


@pytest.mark.parametrize(
    "change", [{"owner": bytes(32)}, {"schema_hash": bytes(32)}, {"input_root": bytes(32)}, {"rows": 6}]
)
def test_what_the_registry_has_otherwise_is_found_out(steady: World, change: dict[str, Any]) -> None:
    """A request that was led to a root which nobody registered is not answered as if it were."""
    prepared, message = ready(steady), asked(steady)
    data = forged(steady, prepared, prepared.rows)
    facts = replace(registered(steady), **change)
    found = verify(message, digest(steady, message), data, KEY, lambda: facts)
    assert [item.number for item in found.steps if item.outcome == "fails"] == [3]
    assert found.rows == ()


def test_another_versions_row_is_not_this_ones(regulated: World) -> None:
    node = regulated.nodes[OWNER]
    path = regulated.folder / "second.csv"
    path.write_text("patient,age,dose\n" + "".join(f"p{i},{30 + i},{i}\n" for i in range(5)))
    data_set = regulated.stored[OWNER].data_set
    second = node.store.add(path, Schema.parse(DOSES), data_set, 2, "consent [ref 00]")
    regulated.chain.sets[data_set, 2] = DataSetFacts(
        ids.on_chain(OWNER), second.description(OWNER).digest(), second.input_root, second.rows, active=True
    )
    changes = {"data_version": 2, "input_root": second.input_root}
    prepared = ready(regulated)
    rows = replace(ready(regulated, **changes).rows, request=prepared.digest, description=prepared.rows.description)
    found = checked(regulated, forged(regulated, prepared, rows))
    assert [item.number for item in found.steps if item.outcome == "fails"] == [4]
    message = asked(regulated, **changes)
    answered = settled(regulated, ready(regulated, **changes))
    assert (
        verify(message, digest(regulated, message), answered, KEY, lambda: registered(regulated)).steps[2].outcome
        == "fails"
    )
    assert (
        verify(message, digest(regulated, message), answered, KEY, lambda: registered(regulated, second)).exit_code == 0
    )


def test_columns_of_another_kind_than_described_are_found_out(steady: World) -> None:
    prepared = ready(steady)
    columns = tuple(
        replace(column, kind="text") if column.name == "age" else column for column in prepared.rows.columns.columns
    )
    other = replace(prepared.rows, columns=replace(prepared.rows.columns, columns=columns))
    found = checked(steady, forged(steady, prepared, other))
    assert [item.number for item in found.steps if item.outcome == "fails"] == [3]


def test_changed_rows_on_the_owners_disk_are_not_opened(regulated: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = regulated.stored[OWNER]
    path: Path = regulated.folder / "other.csv"
    path.write_text("patient,age,dose\n" + "".join(f"p{i},{21 + i},{i}\n" for i in range(5)))
    other = regulated.nodes[OWNER].store.add(path, Schema.parse(DOSES), f"other-{'1' * 32}", 1, "consent [ref 00]")
    table = regulated.nodes[OWNER].store.table(other)
    monkeypatch.setattr(type(regulated.nodes[OWNER].store), "table", lambda *_: table)
    assert table.rows == stored.rows
    with pytest.raises(TallyError) as refused:
        ready(regulated)
    assert refused.value.code == "data_set.changed"


def test_a_tree_keeps_its_order_for_every_opening() -> None:
    hasher = RowHasher(Schema.parse(DOSES).committed(), bytes(range(32)))
    rows = [(str(i), str(i), f"p{i}") for i in range(7)]
    hashes = [hasher.row_hash(number, row) for number, row in enumerate(rows)]
    tree = InputTree(hashes)
    for place in range(7):
        number = hashes.index(tree.row_hash(place))
        opening = tree.open_row(hasher, number, rows[number])
        assert opening.index == place
        merkle.verify_inclusion(merkle.leaf_hash(hashes[number]), place, 7, opening.proof, tree.root())
    with pytest.raises(TallyError) as refused:
        tree.row_hash(7)
    assert refused.value.code == "input.no_position"
