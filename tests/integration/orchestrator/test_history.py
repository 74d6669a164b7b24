"""I15: no statement of a loop, a list or a task's own pages reads more because many tasks ended before."""

import ast
import json
import secrets
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit_explorer import queries
from audit_explorer.queries import PostgresRecords
from audit_explorer.rooms import authorizations, data_sets, find, parties, programs, reports, statistics
from audit_explorer.rooms import tasks as room_of_tasks
from audit_explorer.rooms.listing import Wanted
from benchmarks.history import ended
from chain.indexer import Cursor
from embedded.stack import Stack
from orchestrator import bootstrap
from orchestrator.chain_view import GatewayView
from orchestrator.dispatch.issuing import Issuer
from orchestrator.dispatch.mailing import Mailer
from orchestrator.dispatch.posting import NotTakenError
from orchestrator.engine.delivering import Delivering
from orchestrator.engine.indexing import IndexStore
from orchestrator.engine.issuing import Issuing
from orchestrator.engine.witnessing import Witnessing
from orchestrator.services import signing_in
from orchestrator.services.following import Following
from orchestrator.store import credentials, faults, hops, index, measures, receipts, tasks, work
from protocol import access_keys, checkpoint, ids, policy, sign_in
from protocol.api import PasskeyAccountRequest
from protocol.credentials import BrokerPlace
from protocol.errors import RefusedError
from protocol.messages import PROGRESS_TYPE, Progress
from protocol.sign_in import SignedIn, SignInRequest
from protocol.typed import Abort
from protocol.vkeys import VerifierKey
from protocol.vocabulary import TASK_STATES
from protocol.webhooks import KINDS
from protocol.witnessing import Submission
from tests.authenticator import Authenticator
from tests.integration.orchestrator.databases import own_database
from tests.integration.orchestrator.nodes import attestation, nodes_of, statement_head
from tests.integration.orchestrator.watching import Cost, watching
from tests.integration.orchestrator.world import NODES, PROGRAM, PUBLIC_URL, Party, World
from tests.unit.orchestrator.test_sql import STORE

FEW, MANY = 100, 10_000
ONCE = {
    "bind_deployment",
    "clear",
    "events_after",
    "engine_lock",
    "held",
    "ring",
    "forgive_events",
    "missing",
    "clock",
    "_pass_on",
    "decoded",
    "in_silence",
    "not_known",
    "started_progress",
    "restore",
    "_copied",
}
"""Functions of the store that no loop and no page runs: at a process's start, by an operator's command, for a log that cannot be read."""
COUNTING = ("counts", "period_tasks", "period_given", "of_subjects", "ended_in")
"""The explorer's statements whose answer is about many tasks, and grows with them: counts of all, and what one period's report reads."""


def whole_life(world: World) -> None:
    """One task through every loop and receipt to its bundle, one refused, one that expires, and every list."""
    client = world.client("hospital")
    refused, late = (client.submit(world.contract(deadline=world.clock() + seconds)) for seconds in (3600, 2))
    world.settle()
    world.client("laboratory").refuse(Abort(refused, "laboratory", 1, 9, bytes(32)))
    task, run = world.started(), secrets.token_bytes(32)
    contract = client.task(task).contract.digest()
    nodes, sizes = nodes_of(world), dict[str, int]()
    for name, node in nodes.items():
        node.state(task, statement_head(world, task, contract, name))
        sizes[name] = len(node.tree)
        world.client(name).receipt(node.commitment(task, run))
    world.settle()
    for name in NODES:
        world.client(name).receipt(nodes[name].release(task, run, contract, "hospital"))
    client.receipt(attestation(world, task, run))
    for name in NODES:
        world.client(name).receipt(nodes[name].anchor())
    world.settle()
    for name in NODES:
        world.client(name).receipt(nodes[name].evidence(task, sizes[name]))
    world.settle()
    world.clock.offset = 10
    world.starting.expire_step()
    world.clock.offset = 0
    world.settle()
    assert (client.task(task).state, client.task(refused).state) == ("completed", "refused")
    assert client.task(late).state == "expired"
    assert client.evidence(task)
    assert client.words(task).digest() == contract
    assert client.looks(task)
    assert client.sealed(task, "hospital")
    page = client.tasks(limit=50)
    client.tasks(page.next_cursor, limit=50)
    client.tasks(state="completed", part="owner", limit=50)
    followed = Following(None)
    with world.database.transaction() as tx:
        assert followed.look(tx, "hospital") == []
    world.client("stranger").tasks()
    for listing in (client.parties, client.data_sets, client.programs, client.engines):
        listing(limit=50)
    for filtered in (
        f"authorizations?data_set={world.references['hospital']}", "data-sets?owner=hospital&status=registered",
        "parties?status=active&role=certifier", "programs?status=approved", "engines?status=retired", "keys?status=active",
    ):  # fmt: skip
        answer = world.http.get(f"/v1/{filtered}", headers=client._auth())
        assert answer.status_code == 200, answer.text
    client.health()
    client.announcements()
    client.application("hospital")
    client.authorizations(task)
    signed_in(world)
    keyed(world)
    hooked(world)
    witnessed(world)
    with PostgresRecords(world.dsn) as records:
        assert records.deployment()
        for reader in ("*", "hospital"):
            explored(records, reader, task)


def explored(records: PostgresRecords, reader: str, task: bytes) -> None:
    """Every page of the explorer, as one reader sees them."""
    told = records.task(reader, task)
    assert told
    consumed = [item.digest for item in told.consents]
    assert records.rows(reader, "around", task=task, authorizations=consumed)
    assert records.bundle(reader, task)
    assert records.reads_all("hospital") is False
    for listed in (room_of_tasks.LIST, parties.LIST, data_sets.LIST, programs.LIST, authorizations.LIST):
        for sort, down in ((column.sort, down) for column in listed.columns if column.sort for down in (False, True)):
            found = listed.find(records, reader, Wanted({}, sort, down, None), 50)
            after = listed.line(found[-1], 0, "en").at
            listed.find(records, reader, Wanted({}, sort, down, after), 50)
    given = {"party": ids.on_chain("hospital"), "from": 1}
    for state in TASK_STATES:
        room_of_tasks.LIST.find(records, reader, Wanted({**given, "state": state}, "submitted", True, None), 50)
    events = records.rows(reader, "about", subject=task, contracts=["Tasks"])
    assert records.rows(reader, "transaction", transaction=events[0]["tx_hash"])
    assert records.rows(reader, "block", block=events[0]["block_number"])
    authorization = authorizations.LIST.find(records, reader, Wanted({}, "changed", True, None), 1)[0]["id"]
    data_set = data_sets.LIST.find(records, reader, Wanted({}, "block", True, None), 1)[0]["id"]
    for statement, found in {
        "party": ids.on_chain("hospital"), "program": ids.on_chain(PROGRAM), "successions": ids.on_chain(PROGRAM),
        "authorization": authorization, "data_set": data_set,
    }.items():  # fmt: skip
        assert records.rows(reader, statement, id=found) or statement == "successions"
    for subject, contract in (
        (ids.on_chain("hospital"), "Anchors"),
        (authorization, "Consents"),
        (data_set, "DataSets"),
    ):
        assert records.rows(reader, "about", subject=subject, contracts=[contract])
    assert records.rows(reader, "uses", owner=ids.on_chain("hospital"))
    assert records.rows(reader, "party_wallets", names=["hospital"])
    assert records.rows(reader, "last_event")
    assert records.rows(reader, "descriptors", ids=[ids.on_chain(PROGRAM)])
    assert records.rows(reader, "heads", each=11)
    assert records.rows(reader, "log_witnesses")
    assert records.rows(reader, "log_forks") == []
    assert records.rows(reader, "looks", task=task)
    (wallet,) = {bytes(row["sender"]) for row in records.rows(reader, "events", task=task)}
    assert records.rows(reader, "wallets", wallets=[wallet])[0]["name"] == "platform"
    assert statistics.count(records, reader).total >= 3
    assert records.rows(reader, "ended_in", tasks=[task])
    assert reports.gather(records, reader, int(time.time()) - 600, int(time.time()) + 600, lambda _: ()).happened
    for typed in (task.hex(), "hospital", "zzz"):
        assert find.search(records, reader, typed) or typed == "zzz"


def signed_in(world: World) -> None:
    """Somebody signs in, reads and signs out."""
    door, hospital = world.app.state.context.door, world.parties["hospital"]
    with world.database.transaction() as tx:
        request = SignInRequest(hospital.wallet.address.lower(), None)
        made = signing_in.message(tx, door, request, world.clock())
        signed = SignedIn(made.sign_in, made.seal, hospital.sign_wallet(sign_in.digest(made.text)))
        secret, view = signing_in.open_session(tx, GatewayView(world.gateway), door, signed, world.clock())
        assert signing_in.session(tx, secret, world.clock()) == view
        signing_in.close(tx, secret)


def keyed(world: World) -> None:
    """A program reads with a key of its party's, which ends it."""
    client = world.client("hospital")
    key, view = client.give_key(["tasks:read"], "a program", world.clock() + 600)
    assert world.http.get("/v1/tasks", headers={"authorization": access_keys.header(key)}).status_code == 200
    assert client.keys(client.keys(limit=1).next_cursor).items
    client.revoke_key(view.key)


def hooked(world: World) -> None:
    """A party hears of a task, its address fails, is switched off and on; behind it lie messages about every task there was."""
    client = world.client("hospital")
    _, view = client.add_webhook("https://hooks.example.org/", KINDS, "history")
    _, other = client.add_webhook("https://other.example.org/", ("task.aborted",), "history")
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO tally.webhook_messages (hook_id, task_id, kind, at, state, finished_at)"
            " SELECT %s, task_id, 'task.completed', 0, 'delivered', now() FROM tally.tasks",
            (view.hook,),
        )
        connection.execute("VACUUM ANALYZE tally.webhook_messages")
    post = {"answer": 204}

    class Poster:
        def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
            if post["answer"] != 204:
                raise NotTakenError("webhook.status", "No.", "Mend it.", post["answer"])
            return 204

    step = Delivering(world.database, Poster(), Mailer(None, ()), world.clock).step
    client.submit(world.contract())
    assert step()
    page = client.webhook_messages(view.hook, limit=1)
    client.webhook_messages(view.hook, page.next_cursor, limit=20)
    assert client.replay_webhook(view.hook, page.items[0].message) == 1
    post["answer"] = 500
    assert step()
    client.webhook_messages(view.hook, limit=20, status="waiting")
    client.rotate_webhook(view.hook)
    post["answer"] = 410
    client.resume_webhook(view.hook)
    client.replay_webhook(view.hook, page.items[0].message, all_since=True)
    assert step()
    assert [item.hook for item in client.webhooks(status="off").items] == [view.hook]
    client.resume_webhook(view.hook)
    client.remove_webhook(other.hook)


def witnessed(world: World) -> None:
    """A witness fails, tells what it remembers and cosigns; behind it lies a head for every task there was."""
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO tally.log_heads (party, epoch, log_size, log_root, note)"
            " SELECT 'hospital', 0, 1000000 + row_number() OVER (ORDER BY task_id), task_id, '' FROM tally.tasks"
        )
        connection.execute(
            "INSERT INTO tally.log_steps (party, epoch, old_size, old_root, log_size, log_root, proof)"
            " SELECT party, epoch, log_size - 1, log_root, log_size, log_root, '' FROM tally.log_heads WHERE log_size > 1000000"
        )
        connection.execute("VACUUM ANALYZE tally.log_heads, tally.log_steps")
    secret = Ed25519PrivateKey.generate()
    key = VerifierKey("w.example", checkpoint.COSIGNATURE, secret.public_key().public_bytes_raw())
    told = set[bytes]()

    class Witness:
        def exchange(
            self, method: str, url: str, body: bytes, headers: dict[str, str], *, most: int
        ) -> tuple[int, bytes]:
            asked = Submission.parse(body)
            note = checkpoint.parse(asked.note)
            if asked.origin.encode() not in told:
                told.add(asked.origin.encode())
                return (500, b"") if len(told) == 1 else (409, f"{note.checkpoint.size}\n".encode())
            signed = checkpoint.cosign(note, key.name, key.public, secret.sign, world.clock())
            return 200, signed.signatures[-1].line().encode()

    loop = Witnessing(world.database, (policy.Witness("w", key, "http://w"),), Witness(), world.domains, world.clock)
    for _ in range(3):
        loop.step()
        with world.database.transaction() as tx:
            tx.execute("UPDATE witness_logs SET next_at = now()")
    world.settle()
    for reader in ("hospital", "exchange"):
        answer = world.http.get("/v1/logs/hospital/checkpoint", headers=world.client(reader)._auth())
        assert len(checkpoint.parse(answer.content).signatures) == 2


def standing(world: World) -> None:
    """A task under standing authorizations of which one owner takes its own back; a word of progress."""
    client = world.client("hospital")
    task = client.submit(world.contract())
    assert client.task(task).state == "submitted"
    world.settle()
    given = [
        (
            other,
            other.sign(
                *other.standing(
                    task, request, uses=9, not_after=world.clock() + 999, tasks_per_day=9, approved_successors=True
                )
            ),
        )
        for other in (client, world.client("laboratory"))
        for request in other.authorizations(task)
        if request.owner == other.party
    ]
    for other, signed in given:
        other.authorize_standing(signed)
    world.settle()
    assert client.task(task).state == "started"
    succeeded(world)
    for _ in range(2):  # again while the first is on its way
        client.revoke(world.domains.digest(given[0][1].message))
    with pytest.raises(RefusedError, match="unknown"):
        client.revoke(bytes(32))
    client.revoke_all(client.own_authorizations().submissions)
    page = client.own_authorizations(limit=1)
    client.own_authorizations(page.next_cursor, limit=1)
    said = Progress("hospital", task, "computing", "train", 1, 9, 1, 1, "", "", 1)
    client.receipt(world.parties["hospital"].envelope(said.data(), PROGRESS_TYPE))
    world.settle()


def succeeded(world: World) -> None:
    """A task of a program that is the approved successor of the one that was authorized."""
    newer = "glm.logistic@1.0.1"
    descriptor = world.publish(newer)
    world.succeed(PROGRAM, newer)
    world.settle()
    world.client("platform").publish_program(descriptor)
    made = world.contract()
    task = world.client("hospital").submit(replace(made, steps=(replace(made.steps[0], program=newer),)))
    world.settle()
    assert world.client("hospital").task(task).state == "proposed"  # another purpose: nothing given covers it


def invited(world: World) -> None:
    """Somebody applies, is invited, has an account made and applies again."""
    world.parties["guest"] = Party("guest", ("result-user",))
    application = world.signed(world.enrol(world.parties["guest"]))
    code = world.client("platform").invite("guest", world.clock() + 600)
    wanted = PasskeyAccountRequest("guest", Authenticator(PUBLIC_URL).owners).to_json()
    assert world.http.post("/v1/passkey-accounts", json=wanted, headers={"invitation": code}).is_success
    world.client("guest").enrol(application, code)
    assert world.client("hospital").application("guest").invited


def issued(world: World) -> None:
    """Broker logins are issued, fetched, issued anew; applications are listed."""

    class Users:
        def give(self, party: str, password: str) -> None: ...

        def take(self, party: str) -> None: ...

    issuer = Issuer(Users(), BrokerPlace("amqp", "broker:5672"))
    step = Issuing(world.database, issuer, world.domains.deployment_id, world.clock).step
    assert step()
    assert world.client("hospital").credentials()
    with world.database.transaction() as tx:
        assert credentials.drop(tx, "hospital")
    assert step()
    page = world.client("platform").applications(limit=2)
    world.client("platform").applications(page.next_cursor, limit=2, standing="active")


def rarely(world: World) -> None:
    """What a reorganisation, a silent broker, a refusing chain and the sweep run."""
    with world.database.transaction() as tx:
        above = index.cursors(tx)[8]
        task = bytes(32)
        work.postpone_messages(tx, "hospital", 1.0)
        work.postpone_job(tx, -1, 1.0, ("code", "what", "fix"))
        work.job_failed(tx, -1, ("code", "what", "fix"))
        tasks.look_in(tx, task, 1.0)
        tasks.fail(tx, task, "code", "what", "fix")
        work.messages_of(tx, task)
        measures.measures(tx, 60)
        receipts.postpone_bundle(tx, task, 1.0)
        receipts.bundle_head(tx, task)
        hops.want(tx, 7)
        hops.plan(tx, 0, 20_000, 8_000)
        for block in hops.due(tx, 20_000, 8_000):
            hops.add(tx, hops.Hop(block, (block // 8_000 + 1) * 8_000, b"", {}))
        assert [hop.ancestor for hop in hops.upward(tx, 7, 20_000)] == [8_000, 7]
        assert hops.due(tx, 20_000, 8_000) == []
        faults.note(tx, "relay", "-1", "code", "cause")
        newest = tx.execute(
            "SELECT block_number, log_index FROM chain_events ORDER BY 1 DESC, 2 DESC LIMIT 1"
        ).fetchone()
        assert newest is not None
        faults.note_event(tx, "index", (newest["block_number"], newest["log_index"]), "code", "cause")
        faults.dead(tx)
        faults.rearm(tx)
        work.loop_failed(tx, "test", "code", "what")
        work.loop_succeeded(tx, "test")
    IndexStore(world.database).rollback(Cursor(*above))
    world.settle()
    bootstrap.sweep(world.database)


def measured(stack: Stack, count: int) -> dict[str, Cost]:
    """The cost of every statement in a database with so many ended tasks."""
    with own_database(stack, f"history_{count}") as dsn:
        ended.make(dsn, count)
        world = World(stack, database=dsn)
        try:
            with watching() as watch:
                world.prepare()
            with psycopg.connect(dsn) as connection:
                # As if the ended tasks had used the same data sets.
                for owner, reference in world.references.items():
                    connection.execute(
                        "UPDATE tally.authorizations SET data_set = %s WHERE owner = %s", (reference, owner)
                    )
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
            with watching(watch):
                standing(world)
                whole_life(world)
                invited(world)
                issued(world)
                rarely(world)
            return watch.costs
        finally:
            world.close()


@pytest.fixture(scope="module")
def few(stack: Stack) -> dict[str, Cost]:
    return measured(stack, FEW)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_statement_reads_more_after_ten_thousand_tasks(stack: Stack, few: dict[str, Cost]) -> None:
    """Two levels more of an index are 3 pages instead of 1; whatever is read from end to end gives a hundred times the rows."""
    many = measured(stack, MANY)
    counting = {(Path(queries.__file__).parent / f"{name}.sql").read_text("utf-8") for name in COUNTING}
    grown = {
        statement: (few[statement].pages, few[statement].rows, cost.pages, cost.rows, json.dumps(cost.plan))
        for statement, cost in many.items()
        if statement in few
        and statement not in counting
        and (cost.pages > 3 * few[statement].pages + 60 or cost.rows > 2 * few[statement].rows + 40)
    }
    assert not grown, "\n\n".join(f"{text}\n{found}" for text, found in grown.items())
    assert not (missing := not_among(many)), missing


def test_every_statement_of_the_store_was_measured(few: dict[str, Cost]) -> None:
    assert not (missing := not_among(few)), missing


def not_among(seen: dict[str, Cost]) -> str:
    """The statements of store and explorer that were not run."""
    wanted = store_statements() | {
        path.read_text("utf-8"): f"audit_explorer.{path.stem}" for path in Path(queries.__file__).parent.glob("*.sql")
    }
    return "\n".join(f"{where}: {text}" for text, where in wanted.items() if text not in seen)


def store_statements() -> dict[str, str]:
    """Every statement that the store executes, with its function."""
    found: dict[str, str] = {}
    for path in sorted(STORE.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef) or function.name in ONCE:
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "execute"
                    and isinstance(node.args[0], ast.Constant)
                    and "pg_advisory" not in str(node.args[0].value)
                ):
                    found[str(node.args[0].value)] = f"{path.stem}.{function.name}"
    return found
