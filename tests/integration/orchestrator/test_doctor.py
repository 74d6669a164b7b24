"""`tally doctor` and the commands for dead letters: each check says yes on a healthy system, and no when its part is broken."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.coordinator import app as coordinator
from cli.main import app
from orchestrator import doctor
from orchestrator.store import faults, receipts, work
from protocol import dsse
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement, Progress
from tests.integration.orchestrator.world import World
from tests.patience import scaled

LOOPS = ("index", "relay", "start", "expire", "publish", "bundle", "sweep")


@dataclass
class Office:
    """Settings of a coordinator as files and variables."""

    world: World
    folder: Path
    environment: dict[str, str]

    def secret(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o600)

    def doctor(self, *arguments: str) -> tuple[int, list[str]]:
        done = CliRunner().invoke(app, ["doctor", *arguments], env=self.environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output.splitlines()


@pytest.fixture
def office(world: World, tmp_path: Path) -> Iterator[Office]:
    made = Office(
        world,
        tmp_path,
        {
            "TALLY_DATABASE_URL_FILE": str(tmp_path / "database"),
            "TALLY_DEPLOYMENT_FILE": str(tmp_path / "deployment"),
            "TALLY_RPC_URL": world.rpc_url,
            "TALLY_SIGNER_KEY_FILE": str(tmp_path / "key"),
            "TALLY_BROKERS_FILE": str(tmp_path / "brokers"),
            "TALLY_STATE_DIR": str(tmp_path),
        },
    )
    made.secret("database", world.dsn)
    made.secret("key", "0x" + bytes(world.parties["platform"].wallet.key).hex())
    brokers = {"default": {"url": world.stack.info.coordinator.url, "key_prefix": "party.{party}:"}, "parties": {}}
    made.secret("brokers", json.dumps(brokers))
    world.deployment.save(tmp_path / "deployment")
    with world.database.transaction() as tx:
        announced = receipts.announcements(tx)
        for loop in LOOPS:
            work.loop_succeeded(tx, loop)
    yield made
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM announcements")
        for party, envelope in announced.items():
            sequence = Announcement.read(dsse.parse(envelope).payload).sequence
            receipts.put_announcement(tx, party, sequence, envelope)
        tx.execute("DELETE FROM loops")
        tx.execute("DELETE FROM faults")


def no_chain(office: Office) -> None:
    office.environment["TALLY_RPC_URL"] = "http://127.0.0.1:1"


def no_database(office: Office) -> None:
    office.secret("database", "postgresql://nobody@127.0.0.1:1/none")


def no_broker(office: Office) -> None:
    office.secret(
        "brokers", json.dumps({"default": {"url": "redis+socket:///nowhere.sock", "key_prefix": ""}, "parties": {}})
    )


def failing_loop(office: Office) -> None:
    with office.world.database.transaction() as tx:
        work.loop_failed(tx, "relay", "chain.unreachable", "It does not answer.")


def silent_loop(office: Office) -> None:
    with office.world.database.transaction() as tx:
        tx.execute("UPDATE loops SET last_success = now() - interval '1 day' WHERE name = 'publish'")


def dead_letter(office: Office) -> None:
    with office.world.database.transaction() as tx:
        for _ in range(faults.MOST_TRIES):
            faults.note(tx, "relay", "7", "engine.fault", "KeyError")


def full_disk(office: Office) -> None:
    office.environment["TALLY_STATE_DIR"] = "/proc"  # which has no free byte


def other_code(office: Office) -> None:
    found = json.loads((office.folder / "deployment").read_text())
    found["runtime_code_hashes"]["Tasks"] = "0x" + "11" * 32
    (office.folder / "deployment").write_text(json.dumps(found))


def left_behind(office: Office) -> None:
    """A node announces an engine that nobody published."""
    party = office.world.parties["laboratory"]
    said = Announcement("laboratory", "127.0.0.1", 4000, 99, "tallystick.engine@0.9.0", b"\x09" * 32)
    with office.world.database.transaction() as tx:
        receipts.put_announcement(tx, "laboratory", 99, party.envelope(said.data(), ANNOUNCEMENT_TYPE))


BREAKS: dict[str, Callable[[Office], None]] = {
    "chain": no_chain,
    "database": no_database,
    "broker": no_broker,
    "loop relay": failing_loop,
    "loop publish": silent_loop,
    "dead letters": dead_letter,
    "engines": left_behind,
    "disk": full_disk,
    "contracts": other_code,
}


def test_a_healthy_coordinator_is_well_in_both_languages(office: Office) -> None:
    status, lines = office.doctor()
    assert status == 0, lines
    checks = {line[5:].split(":")[0] for line in lines}
    assert checks == {
        "chain",
        "contracts",
        "disk",
        "database",
        "broker",
        "runs",
        "dead letters",
        "engines",
        "clock",
        *(f"loop {name}" for name in LOOPS),
    }
    status, chinese = office.doctor("--language", "zh")
    assert status == 0
    assert len(chinese) == len(lines)
    assert all(any(ord(letter) > 0x2E80 for letter in line) for line in chinese)


@pytest.mark.parametrize("check", sorted(BREAKS))
def test_what_is_broken_is_named_and_the_status_says_so(office: Office, check: str) -> None:
    BREAKS[check](office)
    status, lines = office.doctor()
    assert status == 1
    failed = {line[5:].split(":")[0] for line in lines if line.startswith("FAIL")}
    assert check in failed
    if check in ("chain", "contracts"):
        assert failed == {"chain", "contracts", "engines"}, "what is published is asked of the chain"
    elif check != "database":
        assert failed == {check}
    if check == "engines":
        assert any("tallystick.engine@0.9.0" in line and "laboratory" in line for line in lines)
        assert any(line.startswith("ok   engines:") and "exchange" in line for line in lines)


@pytest.mark.parametrize(("check", "opened"), [("database", "Database"), ("chain", "Gateway")])
def test_what_does_not_answer_is_waited_for_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, check: str, opened: str
) -> None:
    """Seven checks read the database: each of them waiting for its own time-out took half a minute to say one thing."""
    made: list[str] = []
    kind = getattr(doctor, opened)

    def counted(*words: object, **named: object) -> object:
        made.append(opened)
        return kind(*words, **named)

    monkeypatch.setattr(doctor, opened, counted)
    BREAKS[check](office)
    begun = time.monotonic()
    assert office.doctor()[0] == 1
    assert made == [opened]
    assert time.monotonic() - begun < scaled(15)


def test_a_clock_that_is_wrong_is_said(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metrics.ground.time.time", lambda: 0.0)
    assert any(line.startswith("FAIL clock:") for line in office.doctor()[1])


def test_a_missing_migration_is_said(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from orchestrator.store import migrate

    shutil.copytree(migrate.MIGRATIONS, tmp_path / "more")
    (tmp_path / "more" / "9999.later.sql").write_text("SELECT 1;")
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path / "more")
    assert any(line.startswith("FAIL database:") and "9999.later" in line for line in office.doctor()[1])


def test_requests_go_to_a_process_whose_database_answers_with_its_own_schema(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from orchestrator.store import migrate

    assert office.world.http.get("/v1/ready").status_code == 200
    shutil.copytree(migrate.MIGRATIONS, tmp_path / "later")
    (tmp_path / "later" / "9999.later.sql").write_text("SELECT 1;")
    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path / "later")
    answer = office.world.http.get("/v1/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "coordinator.not_ready")


def test_one_screen_says_who_is_there_and_what_is_under_way(office: Office) -> None:
    for language, words in (
        ("en", ("chain", "index at block", "node hospital at")),
        ("zh", ("链", "已索引", "节点 hospital")),
    ):
        done = CliRunner().invoke(app, ["status", "--lang", language], env=office.environment)
        assert done.exit_code == 0, done.output
        assert all(word in done.output for word in words), done.output
        assert len(done.output.splitlines()) < 24
    no_database(office)
    done = CliRunner().invoke(app, ["status"], env=office.environment)
    assert "database.unavailable" in done.output
    assert "head" in done.output


def test_dead_letters_are_listed_and_tried_again(office: Office) -> None:
    dead_letter(office)
    url = str(office.folder / "database")
    listed = CliRunner().invoke(coordinator, ["dead-letters", url])
    assert listed.output == f"relay 7 {faults.MOST_TRIES} engine.fault: KeyError\n"
    assert CliRunner().invoke(coordinator, ["rearm", url, "--loop", "bundle"]).output == "0 tried again.\n"
    assert (
        CliRunner().invoke(coordinator, ["rearm", url, "--loop", "relay", "--item", "7"]).output == "1 tried again.\n"
    )
    assert CliRunner().invoke(coordinator, ["dead-letters", url]).output == ""
    assert office.doctor()[0] == 0


def test_started_tasks_say_what_runs_and_who_is_waited_for(office: Office) -> None:
    task = b"\x5a" * 32
    said = [
        Progress("hospital", task, "computing", "fit", 1, 3, 10, 0, "", "", 1),
        Progress("exchange", task, "waiting", "connect", 0, 0, 0, 0, "link.busy", "laboratory", 1),
    ]
    with office.world.database.transaction() as tx:
        tx.execute(
            "INSERT INTO tasks (task_id, contract, contract_digest, proposer, deadline, signature, submitted_at, state)"
            " VALUES (%s, '', %s, 'hospital', 1, '', 1, 'started')",
            (task, task),
        )
        for one in said:
            receipts.put_progress(tx, task, one.party, one.sequence, one.data())
    try:
        _, lines = office.doctor()
        (found,) = (line for line in lines if line[5:].startswith("runs:"))
        assert "1 running, 1 waiting; task_5a5a5a5a… exchange waits for laboratory" in found
        assert "link.busy" in found
        assert not found.startswith("FAIL"), "waiting for a slot is no fault"
    finally:
        with office.world.database.transaction() as tx:
            tx.execute("DELETE FROM tasks WHERE task_id = %s", (task,))
