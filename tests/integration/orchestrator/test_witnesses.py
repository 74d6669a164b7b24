"""Heads of logs on their way to witnesses and back: cosigned, served, in bundles; and logs, witnesses and networks that lie or are away."""

import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit_explorer.queries import PostgresRecords
from orchestrator.dispatch.posting import NotTakenError
from orchestrator.engine import witnessing as engine
from orchestrator.engine.witnessing import Witnessing
from orchestrator.services import heads
from orchestrator.store import measures
from protocol import bundle, checkpoint, verify
from protocol.checkpoint import Checkpoint, Origin
from protocol.errors import FormatError, RefusedError
from protocol.merkle import MerkleTree
from protocol.messages import LogEvidence
from protocol.policy import Policy, Witness
from protocol.vkeys import VerifierKey
from protocol.witnessing import Submission
from tallystick.log_keys import log_key
from tests.integration.orchestrator.nodes import nodes_of, statement_head
from tests.integration.orchestrator.test_completion import own_trust
from tests.integration.orchestrator.world import NODES, World
from witness import folder as folders
from witness.server import Server
from witness.service import Service

Lie = Callable[[str, str, bytes], tuple[int, bytes]]


class Outside:
    """Two witnesses that really listen, each with a way to be away or replaced by a liar."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.lies: dict[str, Lie] = {}
        self.asked: list[tuple[str, str]] = []
        self.folders: dict[str, Path] = {}
        self._servers: list[Server] = []
        self.witnesses: list[Witness] = []
        for name in ("north", "south"):
            self.folders[name] = path / name
            key = folders.create(path / name, f"{name}.example/w1")
            server = Server("127.0.0.1", 0, Service(folders.opened(path / name), world.clock))
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            self._servers.append(server)
            self.witnesses.append(Witness(name, key.public, f"http://127.0.0.1:{server.port}/"))
            for party in NODES:
                folders.opened(path / name).follow(self.vkey(party))
        self.trees = {party: MerkleTree() for party in NODES}
        self._poster = engine.asker(self.witnesses)
        self._names = {str(item.url).rstrip("/"): item.name for item in self.witnesses}

    def vkey(self, party: str) -> VerifierKey:
        return VerifierKey(self.origin(party).text(), checkpoint.ED25519, self.world.parties[party].node_key)

    def origin(self, party: str) -> Origin:
        return Origin(self.world.domains.deployment_id, self.world.domains.chain_id, party, 0)

    def note(self, party: str, log: MerkleTree) -> bytes:
        keys = self.world.parties[party]
        return checkpoint.sign(Checkpoint(self.origin(party), log.size, log.root()), keys.node_key, keys.node.sign)

    def grow(self) -> None:
        """Two entries more in every party's log, and its head as it comes in with a task's evidence."""
        for party, log in self.trees.items():
            old, root = log.size, log.root()
            for _ in range(2):
                log.append(f"{party} {log.size}".encode())
            earlier = ((old, root, log.consistency_proof(old)),) if old else ()
            with self.world.database.transaction() as tx:
                assert heads.take(tx, self.world.domains, checkpoint.parse(self.note(party, log)), earlier)

    def exchange(self, method: str, url: str, body: bytes, headers: dict[str, str], *, most: int) -> tuple[int, bytes]:
        name = next(name for prefix, name in self._names.items() if url.startswith(prefix))
        self.asked.append((name, method))
        if name in self.lies:
            return self.lies[name](method, url, body)
        return self._poster.exchange(method, url, body, headers, most=most)

    def ask(self) -> None:
        """The engine's loop, until nothing is due."""
        loop = Witnessing(self.world.database, self.witnesses, self, self.world.domains, self.world.clock)
        for _ in range(20):
            if not loop.step():
                return
        raise AssertionError("witnesses are asked without end")

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


@pytest.fixture
def outside(world: World, tmp_path: Path) -> Iterator[Outside]:
    made = Outside(world, tmp_path)
    yield made
    made.close()
    wiped(world)


def wiped(world: World) -> None:
    """Nothing is known of any log's head, nor of any witness."""
    with world.database.transaction() as tx:
        for table in (b"witnesses", b"log_newest", b"log_heads"):
            tx.execute(b"DELETE FROM " + table)


def down(*_: object) -> tuple[int, bytes]:
    raise NotTakenError("witness.unreachable", "No.", "Mend it.")


def finished(world: World) -> bytes:
    """A task to its end: every party's log has a new anchored head, and has handed it in."""
    task, run = world.started(), secrets.token_bytes(32)
    contract = world.client("hospital").task(task).contract.digest()
    nodes, sizes = nodes_of(world), dict[str, int]()
    for name, node in nodes.items():
        node.state(task, statement_head(world, task, contract, name))
        sizes[name] = len(node.tree)
        world.client(name).receipt(node.commitment(task, run))
    world.settle()
    for name in NODES:
        nodes[name].end(task, contract)
        world.client(name).receipt(nodes[name].anchor())
    world.settle()
    for name in NODES:
        world.client(name).receipt(nodes[name].evidence(task, sizes[name]))
    world.settle()
    return task


def ended(world: World) -> bytes:
    """A task in which all take part, the same for all tests; its own heads are forgotten."""
    if not hasattr(world, "witnessed_task"):
        world.witnessed_task = finished(world)  # pyright: ignore[reportAttributeAccessIssue]
        wiped(world)
    return world.witnessed_task  # pyright: ignore[reportAttributeAccessIssue]


def rows(world: World, statement: bytes, *values: object) -> list[Any]:
    with world.database.transaction() as tx:
        return tx.execute(statement, values).fetchall()


def again(world: World) -> None:
    """As if every pause were over."""
    rows(world, b"UPDATE witness_logs SET next_at = now() RETURNING party")


def served(world: World, reader: str, party: str) -> tuple[int, bytes]:
    answer = world.http.get(f"/v1/logs/{party}/checkpoint", headers=world.client(reader)._auth())
    return answer.status_code, answer.content


def codes(world: World, witness: str) -> dict[str, str | None]:
    found = rows(
        world,
        b"SELECT k.party, k.code FROM witness_logs k JOIN witnesses w USING (vkey) WHERE w.name LIKE %s",
        f"{witness}%",
    )
    return {row["party"]: row["code"] for row in found}


def forged_evidence(
    outside: Outside, task: bytes, party: str, log: MerkleTree, consistency: tuple[Any, ...] = ()
) -> LogEvidence:
    """What a party would hand in about another history, signed by its own key."""
    note = outside.note(party, log)
    return LogEvidence(task, party, 0, log.size, log.root(), note.decode(), (), consistency)


def other_history(outside: Outside, party: str) -> MerkleTree:
    """As long as the party's log, and different from its second entry on."""
    tree = outside.trees[party]
    return MerkleTree([tree.leaf(0), *(bytes([number % 251]) * 32 for number in range(1, tree.size))])


def test_heads_are_cosigned_served_and_in_the_bundle(world: World, outside: Outside) -> None:
    task = world.witnessed_task = finished(world)  # pyright: ignore[reportAttributeAccessIssue]
    before = world.client("hospital").evidence(task)
    outside.ask()
    size = nodes_of(world)["hospital"].tree.size
    status, data = served(world, "hospital", "hospital")
    assert status == 200
    note = checkpoint.parse(data)
    assert (note.checkpoint.size, len(note.signatures)) == (size, 3)
    for witness in outside.witnesses:
        assert abs(checkpoint.verify_cosignature(note, witness.key.name, witness.key.public) - world.clock()) <= 300
    assert served(world, "exchange", "hospital")[0] == 200
    assert served(world, "regulator", "hospital")[0] == 200
    assert served(world, "stranger", "hospital")[0] == served(world, "hospital", "nobody")[0] == 404
    assert world.http.get("/v1/logs/hospital/checkpoint").status_code == 401
    asked = len(outside.asked)
    outside.ask()
    assert len(outside.asked) == asked, "nothing is due, nobody is asked"

    world.settle()
    after = world.client("hospital").evidence(task)
    assert after != before
    assert all(len(checkpoint.parse(log.checkpoint.encode()).signatures) == 3 for log in bundle.read(after).logs)
    lines = "".join(f"witness {item.name} {item.key.text()}\n" for item in outside.witnesses)
    policy = Policy.read(f"{lines}group both all north south\nquorum both\n".encode())
    trust = own_trust(world, bundle.read(after).descent.top.number)
    assert verify.verify(after, trust, policy=policy).steps[4].outcome == "holds"
    assert (
        verify.verify(before, own_trust(world, bundle.read(before).descent.top.number), policy=policy).steps[4].outcome
        == "cannot"
    )

    with PostgresRecords(world.dsn) as records:
        known = records.rows("hospital", "log_witnesses")
        assert {(row["party"], row["witness"]) for row in known} >= {
            ("exchange", "north.example/w1"),
            ("hospital", "south.example/w1"),
        }
        assert all(row["newest"] == row["log_size"] for row in known)
        assert records.rows("stranger", "log_witnesses") == records.rows("", "log_witnesses") == []
        assert records.rows("*", "log_forks") == []


def test_a_witness_that_was_away_catches_up_anchor_by_anchor(world: World, outside: Outside) -> None:
    outside.grow()
    outside.ask()
    outside.lies["south"] = down
    for _ in range(2):
        outside.grow()
        outside.ask()
    assert set(codes(world, "south").values()) == {"witness.unreachable"}
    assert set(codes(world, "north").values()) == {None}
    outside.ask()
    (south,) = {
        bool(row["later"])
        for row in rows(world, b"SELECT next_at > now() AS later FROM witness_logs WHERE code IS NOT NULL")
    }
    assert south, "it is asked again after a pause"
    rows(world, b"UPDATE log_heads SET received_at = now() - interval '2 hours' RETURNING party")
    with world.database.transaction() as tx:
        assert measures.measures(tx, 60).unwitnessed == len(NODES)
    del outside.lies["south"]
    again(world)
    outside.asked.clear()
    outside.ask()
    assert set(codes(world, "south").values()) == {None}
    assert [name for name, _ in outside.asked].count("south") == 2 * len(NODES), "one step for each anchor"
    size = outside.trees["hospital"].size
    kept = folders.opened(outside.folders["south"]).head(outside.origin("hospital").text())
    assert kept is not None
    assert kept.checkpoint.size == size


def test_a_witness_whose_memory_is_not_what_we_thought_says_so_and_goes_on(world: World, outside: Outside) -> None:
    """Somebody else showed it a head; our note of what it remembers was lost."""
    outside.grow()
    outside.ask()
    rows(world, b"DELETE FROM witness_logs RETURNING party")
    outside.grow()
    outside.ask()
    assert set(codes(world, "south").values()) == {None}


def test_attack_a_log_with_two_heads_of_one_size_is_shown_with_both(world: World, outside: Outside) -> None:
    task = ended(world)
    outside.grow()
    outside.ask()
    log = other_history(outside, "laboratory")
    world.client("laboratory").receipt(forged_evidence(outside, task, "laboratory", log))
    with PostgresRecords(world.dsn) as records:
        (fork,) = records.rows("laboratory", "log_forks")
        assert records.rows("stranger", "log_forks") == []
    own = outside.trees["laboratory"]
    assert {(int(fork["log_size"]), bytes(fork["log_root"])), (int(fork["other_size"]), bytes(fork["other_root"]))} == {
        (own.size, own.root()), (log.size, log.root())
    }  # fmt: skip
    assert {fork["cosigned_by"], fork["other_cosigned_by"]} == {"north.example/w1, south.example/w1", None}
    with world.database.transaction() as tx:
        assert (measures.measures(tx, 60).forks, measures.measures(tx, 60).unwitnessed) == (1, 0)
    outside.ask()
    assert len(rows(world, b"SELECT FROM cosignatures WHERE party = 'laboratory' AND log_root = %s", log.root())) == 0


def test_attack_a_larger_head_of_another_history_is_shown_with_the_one_that_it_contradicts(
    world: World, outside: Outside
) -> None:
    """It comes with its own proof that it extends another root of the size that was signed before."""
    task = ended(world)
    outside.grow()
    outside.ask()
    log = other_history(outside, "exchange")
    size, root = log.size, log.root()
    log.append(b"more")
    earlier = ((size, root, log.consistency_proof(size, log.size)),)
    world.client("exchange").receipt(forged_evidence(outside, task, "exchange", log, earlier))
    with PostgresRecords(world.dsn) as records:
        (fork,) = records.rows("*", "log_forks")
    assert (int(fork["log_size"]), int(fork["other_size"])) == (size, size + 1)
    assert (bytes(fork["log_root"]), bytes(fork["other_root"])) == (outside.trees["exchange"].root(), log.root())
    outside.ask()
    assert codes(world, "north")["exchange"] in ("witness.no_way", engine.CONTRADICTION)
    assert not rows(world, b"SELECT FROM cosignatures WHERE party = 'exchange' AND log_size = %s", log.size)


def test_attack_a_witness_shows_that_a_party_told_it_another_history(world: World, outside: Outside) -> None:
    """The party showed one witness another history before: its answer brings the other head, signed by the same key."""
    log = MerkleTree([bytes([7]) * 32])
    asked = Submission(0, (), outside.note("hospital", log))
    Service(folders.opened(outside.folders["north"]), world.clock).add(asked.data())
    outside.grow()
    outside.ask()
    assert codes(world, "north")["hospital"] == "witness.no_way"
    (shown,) = rows(
        world, b"SELECT log_root FROM log_heads WHERE party = 'hospital' AND log_size = 1 AND log_root = %s", log.root()
    )
    assert bytes(shown["log_root"]) == log.root()
    # once our own head of that size is here, too, both stand side by side
    own = MerkleTree([outside.trees["hospital"].leaf(0)])
    with world.database.transaction() as tx:
        heads.take(tx, world.domains, checkpoint.parse(outside.note("hospital", own)))
    with PostgresRecords(world.dsn) as records:
        (fork,) = records.rows("*", "log_forks")
    assert "north.example/w1" in {fork["cosigned_by"], fork["other_cosigned_by"]}


LIES: dict[str, tuple[Callable[[Outside], Lie], set[str]]] = {
    "bits": (lambda _: lambda *_: (200, b"\xe2\x80\x94 north.example/w1 AAAA\n"), {"checkpoint.malformed"}),
    "nothing": (lambda _: lambda *_: (200, b""), {"checkpoint.malformed", "checkpoint.unsigned"}),
    "no size": (lambda _: lambda *_: (409, b"many\n"), {"witness.answer"}),
    "one size after another": (lambda _: lambda method, _u, body: (409, f"{int(body.split()[1]) + 1}\n".encode()) if method == "POST" else (404, b""), {"witness.no_way", "witness.answer"}),
    "server error": (lambda _: lambda *_: (500, b""), {"witness.answer"}),
    "redirect": (lambda _: lambda *_: (301, b""), {"witness.answer"}),
    "unknown": (lambda _: lambda *_: (404, b""), {"witness.unknown_log"}),
    "forbidden": (lambda _: lambda *_: (403, b""), {"witness.unsigned"}),
    "contradiction without a head": (lambda _: lambda method, *_: (422, b"") if method == "POST" else (404, b""), {engine.CONTRADICTION}),
    "a head that no log signed": (lambda outside: lambda method, *_: (422, b"") if method == "POST" else (200, invented(outside)), {"checkpoint.unsigned", "witness.answer"}),
    "another key's cosignature": (lambda outside: lambda _m, _u, body: (200, by_stranger(body, outside, 0)), {"checkpoint.unsigned"}),
    "a cosignature of tomorrow": (lambda outside: lambda _m, _u, body: (200, by_own_key(body, outside, 86_400)), {"witness.time"}),
    "a cosignature of last year": (lambda outside: lambda _m, _u, body: (200, by_own_key(body, outside, -31_536_000)), {"witness.time"}),
}  # fmt: skip


def by_own_key(body: bytes, outside: Outside, away: int) -> bytes:
    key = folders.opened(outside.folders["north"]).key()
    return (
        key.cosign(checkpoint.parse(Submission.parse(body).note), outside.world.clock() + away)
        .signatures[-1]
        .line()
        .encode()
    )


def by_stranger(body: bytes, outside: Outside, away: int) -> bytes:
    other = Ed25519PrivateKey.generate()
    public = other.public_key().public_bytes_raw()
    note = checkpoint.parse(Submission.parse(body).note)
    found = checkpoint.cosign(note, "north.example/w1", public, other.sign, outside.world.clock() + away)
    return found.signatures[-1].line().encode()


def invented(outside: Outside) -> bytes:
    """A head that the witness made up: cosigned by it, and signed by no key of the party."""
    other = Ed25519PrivateKey.generate()
    head = Checkpoint(outside.origin("hospital"), 1, bytes(32))
    note = checkpoint.sign(head, other.public_key().public_bytes_raw(), other.sign)
    return folders.opened(outside.folders["north"]).key().cosign(checkpoint.parse(note), outside.world.clock()).data()


def test_attack_lies_of_a_witness_are_noted_and_hold_up_nobody_else(world: World, outside: Outside) -> None:
    outside.grow()
    for name, (lie, wanted) in LIES.items():
        outside.lies["north"] = lie(outside)
        outside.ask()
        assert set(codes(world, "north").values()) <= wanted, name
        assert codes(world, "north"), name
        assert not rows(world, b"SELECT FROM log_forks"), name
        assert {
            row["name"] for row in rows(world, b"SELECT w.name FROM cosignatures c JOIN witnesses w USING (vkey)")
        } == {"south.example/w1"}
        rows(
            world,
            b"DELETE FROM witness_logs k USING witnesses w WHERE w.vkey = k.vkey AND w.name LIKE 'north%%' RETURNING k.party",
        )


def test_witnesses_that_are_named_no_longer_are_not_shown(world: World, outside: Outside) -> None:
    outside.grow()
    outside.ask()
    gone = outside.witnesses.pop()
    Witnessing(world.database, outside.witnesses, outside, world.domains, world.clock).step()
    with PostgresRecords(world.dsn) as records:
        assert gone.key.name not in {row["witness"] for row in records.rows("*", "log_witnesses")}
    assert len(checkpoint.parse(served(world, "hospital", "hospital")[1]).signatures) == 2


def test_a_log_s_key_is_the_chain_s(world: World, outside: Outside, tmp_path: Path) -> None:
    file = tmp_path / "deployment.json"
    world.deployment.save(file)
    for party in NODES:
        assert log_key(world.rpc_url, file, party) == outside.vkey(party)
    for party, code in (("nobody", "party.unknown"), ("regulator", "party.no_node")):
        with pytest.raises(RefusedError, match=code):
            log_key(world.rpc_url, file, party)


def test_the_operator_s_policy_is_read_at_the_start(tmp_path: Path) -> None:
    key = VerifierKey("w.example", checkpoint.COSIGNATURE, bytes(range(32))).text()
    file = tmp_path / "policy"
    file.write_text(f"witness a {key} http://10.0.0.1:8003/w\nquorum none\n")
    assert [item.url for item in engine.named_in(file)] == ["http://10.0.0.1:8003/w"]
    file.write_text(f"witness a {key}\nquorum none\n")
    assert engine.named_in(file) == ()
    for url in ("ftp://w.example", "w.example", "https://u@w.example", "http://[::1"):
        file.write_text(f"witness a {key} {url}\nquorum none\n")
        with pytest.raises(FormatError, match=r"policy\.url"):
            engine.named_in(file)
    with pytest.raises(FormatError, match=r"policy\.missing"):
        engine.named_in(tmp_path / "nothing")
