"""One bad item never holds up the others: every loop of the engine, every kind of exception."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator import bootstrap
from orchestrator.dispatch.broker import Broker
from orchestrator.dispatch.issuing import RedisUsers
from orchestrator.dispatch.posting import Poster
from orchestrator.engine import hopping
from orchestrator.engine.loop import Loop
from orchestrator.services import evidence, heads, projection
from orchestrator.services.sending import Sending
from orchestrator.settings import EngineSettings
from orchestrator.store import faults, logs, work
from orchestrator.store.database import Transaction
from protocol import checkpoint, events
from protocol.checkpoint import Checkpoint, Origin
from protocol.errors import RefusedError, UnavailableError
from protocol.merkle import MerkleTree
from protocol.typed import Abort
from protocol.vkeys import VerifierKey
from protocol.witnessing import Submission
from tests.alike import some
from tests.integration.orchestrator.test_witnesses import wiped
from tests.integration.orchestrator.world import World

Patch = pytest.MonkeyPatch
SECRET = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
WITNESS = VerifierKey("w.example", checkpoint.COSIGNATURE, SECRET.public_key().public_bytes_raw())


class OddError(Exception):
    """Something that nobody thought of."""


EXCEPTIONS = (
    OddError(), KeyError("missing"), ValueError("secret-canary"), AssertionError(), ZeroDivisionError(), RecursionError(),
    RefusedError("test.refused", "It cannot be.", "Wait."),
)  # fmt: skip
Errors = Callable[[], Exception]


@dataclass(frozen=True)
class Poisoned:
    """``item`` fails; ``done`` says whether its healthy neighbour, which comes after it, went through."""

    item: str
    done: Callable[[], bool]


def row(world: World, statement: bytes, *values: object) -> Any:
    with world.database.transaction() as tx:
        return tx.execute(statement, values).fetchone()


def state(world: World, task: bytes) -> str:
    return world.client("hospital").task(task).state


def submitted(world: World, **changes: object) -> bytes:
    return world.client("hospital").submit(world.contract(**changes))


def poison(patch: Patch, owner: Any, name: str, error: Errors, when: Callable[..., bool]) -> None:
    plain = getattr(owner, name)

    def poisoned(*args: Any, **kwargs: Any) -> Any:
        if when(*args, **kwargs):
            raise error()
        return plain(*args, **kwargs)

    patch.setattr(owner, name, poisoned)


def relay(world: World, patch: Patch, error: Errors) -> Poisoned:
    bad, good = submitted(world), submitted(world)
    job = row(world, b"SELECT id, body FROM relay_jobs WHERE task_id = %s", bad)
    poison(patch, Sending, "perform", error, lambda _self, _kind, body: body == bytes(job["body"]))
    done = b"SELECT 1 FROM relay_jobs WHERE task_id = %s AND state = 'done'"
    return Poisoned(str(job["id"]), lambda: row(world, done, good) is not None)


def start(world: World, patch: Patch, error: Errors) -> Poisoned:
    bad, good = submitted(world), submitted(world)
    world.settle()
    for task in (bad, good):
        world.authorize(task)
    while world.indexer.catch_up() + world.relaying.step():
        pass
    poison(patch, Sending, "start", error, lambda _self, task, *_: task == bad)
    return Poisoned(bad.hex(), lambda: bool(world.indexer.catch_up()) or state(world, good) == "started")


def expire(world: World, patch: Patch, error: Errors) -> Poisoned:
    bad, good = submitted(world), submitted(world)
    world.settle()
    with world.database.transaction() as tx:
        for task, late in ((bad, 20), (good, 10)):
            tx.execute("UPDATE tasks SET deadline = %s WHERE task_id = %s", (world.clock() - late, task))
    poison(patch, Sending, "expire", error, lambda _self, task: task == bad)
    tried = b"SELECT 1 FROM attempts WHERE task_id = %s AND action = 'expire'"
    return Poisoned(bad.hex(), lambda: row(world, tried, good) is not None)


def publish(world: World, patch: Patch, error: Errors) -> Poisoned:
    bad, good = world.started(), world.started()
    with world.database.transaction() as tx:
        tx.execute("UPDATE outbox SET published_at = NULL WHERE task_id = ANY (%s)", ([bad, good],))
    first = row(world, b"SELECT id FROM outbox WHERE task_id = %s AND party = 'exchange'", bad)
    key = f"tally.task.run:{bad.hex()}:exchange"
    poison(patch, Broker, "publish", error, lambda *arguments: arguments[-1] == key)
    sent = b"SELECT 1 FROM outbox WHERE task_id = %s AND party = 'exchange' AND published_at IS NOT NULL"
    return Poisoned(str(first["id"]), lambda: row(world, sent, good) is not None)


def bundle(world: World, patch: Patch, error: Errors) -> Poisoned:
    bad, good = submitted(world), submitted(world)
    world.settle()
    for task in (bad, good):
        world.client("laboratory").refuse(Abort(task, "laboratory", 1, 9, bytes(32)))
    while world.indexer.catch_up() + world.relaying.step():
        pass
    poison(patch, evidence, "gather", error, lambda _tx, task: task == bad)
    return Poisoned(bad.hex(), lambda: row(world, b"SELECT 1 FROM bundles WHERE task_id = %s", good) is not None)


def index(world: World, patch: Patch, error: Errors) -> Poisoned:
    bad, good = submitted(world), submitted(world)
    world.relaying.step()
    plain = projection.HANDLERS[events.TaskProposed]

    def handler(tx: Any, at: Any, event: Any) -> None:
        plain(tx, at, event)
        if event.task == bad:
            raise error()

    patch.setitem(projection.HANDLERS, events.TaskProposed, handler)  # pyright: ignore[reportArgumentType]
    return Poisoned("", lambda: state(world, good) == "proposed")


def hops(_world: World, patch: Patch, error: Errors) -> Poisoned:
    """Ancestors in two windows; no chain of a test is that long, so what would be stored is only noted."""
    stored: list[int] = []
    patch.setattr(hopping.hops, "due", lambda *_: [0, hopping.EVERY])
    patch.setattr(hopping.Hopping, "_store", lambda _self, base, _ancestors: stored.append(base))
    poison(patch, hopping.Hopping, "_store", error, lambda _self, base, _ancestors: base == hopping.EVERY)
    return Poisoned(str(hopping.EVERY), lambda: 2 * hopping.EVERY in stored)


def sweep(world: World, patch: Patch, error: Errors) -> Poisoned:
    with world.database.transaction() as tx:
        tx.execute("INSERT INTO receipt_days (party, day, receipts) VALUES ('old', '2000-01-01', 1)")
    poison(patch, work, "forget_old_answers", error, lambda _tx: True)
    return Poisoned("answers", lambda: row(world, b"SELECT 1 FROM receipt_days WHERE party = 'old'") is None)


def webhooks(world: World, patch: Patch, error: Errors) -> Poisoned:
    """One party's message; the other party's goes through."""
    for party in ("hospital", "laboratory"):
        world.client(party).add_webhook(f"https://{party}.example.org/", ["task.submitted"], "poison")
    submitted(world)
    bad = row(world, b"SELECT number FROM webhook_messages JOIN webhooks USING (hook_id) WHERE party = 'hospital'"
              b" AND label = 'poison' AND webhook_messages.state = 'waiting'")["number"]  # fmt: skip
    patch.setattr(Poster, "post", lambda *_: 204)
    poison(patch, Poster, "post", error, lambda _self, url, *_: "hospital" in url)
    done = b"SELECT 1 FROM webhook_messages JOIN webhooks USING (hook_id) WHERE party = 'laboratory' AND state = 'delivered'"
    return Poisoned(str(bad), lambda: row(world, done) is not None)


def credentials(world: World, patch: Patch, error: Errors) -> Poisoned:
    """Nothing is asked of the broker: its users are other tests'."""
    with world.database.transaction() as tx:
        tx.execute("UPDATE broker_credentials SET sealed = NULL")
    patch.setattr(RedisUsers, "give", lambda _self, _party, _password: None)
    poison(patch, RedisUsers, "give", error, lambda _self, party, _password: party == "hospital")
    done = b"SELECT 1 FROM broker_credentials WHERE party = 'laboratory' AND sealed IS NOT NULL"
    return Poisoned("hospital", lambda: row(world, done) is not None)


def witness(world: World, patch: Patch, error: Errors) -> Poisoned:
    """One party's log; the other party's is cosigned."""
    wiped(world)
    for party in ("hospital", "laboratory"):
        log = MerkleTree([bytes(32)])
        head = Checkpoint(Origin(world.domains.deployment_id, world.domains.chain_id, party, 77), log.size, log.root())
        signed = checkpoint.sign(head, world.parties[party].node_key, world.parties[party].node.sign)
        with world.database.transaction() as tx:
            heads.take(tx, world.domains, checkpoint.parse(signed))

    def answer(
        _self: Poster, _method: str, _url: str, body: bytes, _headers: object, *, most: int
    ) -> tuple[int, bytes]:
        note = checkpoint.parse(Submission.parse(body).note)
        found = checkpoint.cosign(note, WITNESS.name, WITNESS.public, SECRET.sign, world.clock())
        return 200, found.signatures[-1].line().encode()[:most]

    patch.setattr(Poster, "exchange", answer)
    poison(patch, logs, "next_head", error, lambda _tx, party, *_: party == "hospital")
    done = b"SELECT 1 FROM cosignatures WHERE party = 'laboratory' AND epoch = 77"
    return Poisoned("hospital/77", lambda: row(world, done) is not None)


SCENARIOS = {
    found.__name__: found
    for found in (relay, start, expire, publish, bundle, index, hops, sweep, credentials, webhooks, witness)
}


@pytest.fixture
def loops(world: World, tmp_path: Path) -> Iterator[dict[str, Loop]]:
    key = tmp_path / "key"
    key.write_text("0x" + bytes(world.parties["platform"].wallet.key).hex())
    key.chmod(0o600)
    admin = tmp_path / "admin"
    admin.touch(0o600)
    admin.write_text(json.dumps(world.stack.broker.administration))
    policy = tmp_path / "policy"
    policy.write_text(f"witness w {WITNESS.text()} http://127.0.0.1:1/\nquorum none\n")
    settings = EngineSettings(
        database_url_file=key, deployment_file=key, rpc_url=world.rpc_url, signer_key_file=key, brokers_file=key,
        broker_admin_file=admin, witnesses_file=policy,
    )  # fmt: skip
    world.settle()
    yield {loop.name: loop for loop in bootstrap.engine_loops(settings, world.deployment, world.database, world.broker)}
    with world.database.transaction() as tx:
        faults.rearm(tx)
        tx.execute("DELETE FROM webhooks")
    wiped(world)


def test_every_loop_has_its_scenario(loops: dict[str, Loop]) -> None:
    assert set(SCENARIOS) == set(loops)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_others_go_through_and_the_poisoned_item_is_a_dead_letter(
    world: World, loops: dict[str, Loop], monkeypatch: Patch, name: str
) -> None:
    """Each try meets another kind of exception."""
    thrown: list[Exception] = []

    def error() -> Exception:
        thrown.append(EXCEPTIONS[len(thrown) % len(EXCEPTIONS)])
        return thrown[-1]

    with monkeypatch.context() as patch:
        found = SCENARIOS[name](world, patch, error)
        for _ in range(faults.MOST_TRIES + 3):
            loops[name].step()
            if found.done() and letters(world, name):
                break
            with world.database.transaction() as tx:
                tx.execute("UPDATE faults SET next_at = now()")
                look_at(tx, found)
        assert found.done()
        (letter,) = letters(world, name)
        assert found.item in letter["item"]
        assert letter["tries"] == len(thrown) == (1 if name == "index" else faults.MOST_TRIES)
        assert (letter["code"], letter["cause"]) == ("engine.fault", type(thrown[-1]).__name__)
        assert world.client("hospital").health().status == "degraded"
    mend(world, name, found)
    assert letters(world, name) == []


def look_at(tx: Transaction, found: Poisoned) -> None:
    tx.execute("UPDATE tasks SET look_at = now() WHERE encode(task_id, 'hex') = %s", (found.item,))


def mend(world: World, name: str, found: Poisoned) -> None:
    """Once the cause is away: the command's effect, and the item is done like any other."""
    with world.database.transaction() as tx:
        if name == "index":
            projection.rebuild(tx)
        else:
            assert faults.rearm(tx, name) == 1
        look_at(tx, found)
    world.settle()


def letters(world: World, name: str) -> list[Any]:
    with world.database.transaction() as tx:
        return [letter for letter in faults.dead(tx) if letter["loop"] == name]


@pytest.mark.parametrize("name", some(sorted(set(SCENARIOS) - {"index", "sweep", "publish"}), always=(0, 3)))
def test_what_others_fail_by_is_no_items_fault(
    world: World, loops: dict[str, Loop], monkeypatch: Patch, name: str
) -> None:
    """An endpoint that stays away for one item for ever: it is never given up, and the others still get their turn."""
    with monkeypatch.context() as patch:
        found = SCENARIOS[name](world, patch, lambda: UnavailableError("test.away", "Away.", "Wait."))
        for _ in range(3 * faults.MOST_TRIES):
            try:
                loops[name].step()
            except UnavailableError:
                continue
            if found.done():
                break
        assert found.done()
        assert letters(world, name) == []
    with world.database.transaction() as tx:
        look_at(tx, found)
        tx.execute("UPDATE relay_jobs SET next_at = now() WHERE state = 'waiting'")
        tx.execute("UPDATE bundles_due SET next_at = now()")
        tx.execute("UPDATE outbox SET next_at = now()")
    world.settle()


def test_a_party_whose_broker_is_away_makes_nobody_else_wait(
    world: World, loops: dict[str, Loop], monkeypatch: Patch
) -> None:
    """However much is owed to it: all of that is put off by one failed try, and goes out once the broker is back."""
    tasks = [world.started() for _ in range(2)]
    with world.database.transaction() as tx:
        tx.execute("UPDATE outbox SET published_at = NULL, next_at = now() WHERE task_id = ANY (%s)", (tasks,))
    tried: list[str] = []

    def away(_self: Broker, party: str, *_: object) -> bool:
        tried.append(party)
        return party == "exchange"

    with monkeypatch.context() as patch:
        poison(patch, Broker, "publish", lambda: UnavailableError("broker.unavailable", "Away.", "Wait."), away)
        loops["publish"].step()
    assert tried.count("exchange") == 1
    owed = b"SELECT array_agg(DISTINCT party) AS parties FROM outbox WHERE published_at IS NULL"
    assert row(world, owed)["parties"] == ["exchange"]
    assert letters(world, "publish") == []
    with world.database.transaction() as tx:
        tx.execute("UPDATE outbox SET next_at = now()")
    world.settle()
    assert row(world, owed)["parties"] is None
