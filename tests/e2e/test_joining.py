"""Two people, from nothing to a proven result on their own CSV files, with the commands that the guide lists and no others.

The list is read out of the guide (section "Joining"), so that it cannot say anything else than what is run here.
"""

import json
import os
import random
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chain.ports import free_port
from demo.site import Site
from demo.system import System
from demo.telling import COMMANDS
from tests.joining import Step, block, section, steps
from tests.patience import Patience, scaled

pytestmark = [pytest.mark.slow, pytest.mark.promised, pytest.mark.timeout(1800)]
ROOT = Path(__file__).resolve().parents[2]
TALLY = Path(sys.executable).with_name("tally")
PRACTICE = ROOT.parent / "shared" / "data" / "practice"
PRACTISED = ("csv01_excel_bom", "csv02_gbk", "csv06_thousands", "csv15_dates", "csv18_bool_zh")
MOST_SECONDS = 15 * 60
SOON = 60.0
WHERE = re.compile(r"(claims|visits)-[0-9a-f]{32}")


@dataclass
class Person:
    """Somebody at a terminal: a folder, settings, and nothing else."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    left_running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    seconds: float = 0.0

    def environment(self) -> dict[str, str]:
        found = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "COLUMNS": "200"}
        return {**found, **self.settings}

    def tally(self, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        began = time.monotonic()
        found = subprocess.run(
            [str(TALLY), *words], cwd=self.folder, env=self.environment(), input=answer, capture_output=True, text=True,
            timeout=scaled(240), check=False,
        )  # fmt: skip
        self.seconds += time.monotonic() - began
        assert "Traceback" not in found.stdout + found.stderr, found.stderr
        return found

    def leave_running(self, *words: str) -> None:
        with (self.folder / "node.log").open("wb") as log:
            self.left_running.append(
                subprocess.Popen([str(TALLY), *words], cwd=self.folder, env=self.environment(), stdout=log, stderr=log)
            )

    def end(self) -> None:
        for process in self.left_running:
            process.send_signal(signal.SIGTERM)
        for process in self.left_running:
            process.wait(scaled(30))


@dataclass
class Played:
    """What the two have when all is done."""

    one: Person
    two: Person
    said: dict[str, str]
    waiting: subprocess.CompletedProcess[str]
    seconds: float
    expected: dict[str, list[float]]


def write_files(one: Path, two: Path) -> dict[str, list[float]]:
    """70 rows each, 50 patients in both; as Excel and a German colleague save them. Returns the joint columns."""
    drawn = random.Random(11)
    ids = [f"P{number}" for number in drawn.sample(range(10_000, 99_999), 90)]
    visits = {name: (drawn.randint(18, 90), round(drawn.uniform(50, 4000), 2)) for name in drawn.sample(ids[:70], 70)}
    claims = {name: (drawn.randint(0, 9), round(drawn.uniform(0, 900), 2)) for name in drawn.sample(ids[20:], 70)}
    rows = "".join(f"{name},{age},{cost:.2f}\r\n" for name, (age, cost) in visits.items())
    (one / "visits.csv").write_bytes(f"Patient,Age,Cost\r\n{rows}".encode("utf-8-sig"))
    (two / "claims.csv").write_text(
        "patient;claims;paid\n" + "".join(f"{name};{count};{paid:.2f}\n" for name, (count, paid) in claims.items())
    )
    both = [name for name in visits if name in claims]
    return {
        "claims": [float(claims[name][0]) for name in both],
        "paid": [claims[name][1] for name in both],
        "age": [float(visits[name][0]) for name in both],
        "cost": [visits[name][1] for name in both],
    }


class Play:
    """Runs the list; what one command prints, the next ones take in the place of the words in capitals."""

    def __init__(self, one: Person, two: Person) -> None:
        self.one, self.two = one, two
        self.put: dict[str, str] = {}
        self.said: dict[str, str] = {}
        self.after: dict[str, Callable[[str], None]] = {
            "up": self._hand_over,
            "node enrol": self._note("FINGERPRINT", r"^fingerprint (0x[0-9a-f]{64})$"),
            "node dataset draft visits.csv": lambda _: self._confirm(self.one.folder / "visits.schema.toml"),
            "node dataset draft claims.csv": lambda _: self._confirm(self.two.folder / "claims.schema.toml"),
            "node dataset add visits.csv": self._refer,
            "node dataset add claims.csv": self._refer,
            "task submit contract.json": self._note("TASK", r"^(task_[0-9a-f]{64})$"),
            "task evidence": lambda _: self._give("evidence.zip"),
        }

    def run(self, step: Step) -> None:
        person = self.one if step.who == "one" else self.two
        words = tuple(self.put.get(word, word) for word in step.words)
        if step.words[:2] == ("node", "run"):
            person.leave_running(*words)
            return
        if step.name.startswith("task complete"):
            (person.folder / "contract.json").write_text(self._contract())
        patience = Patience(SOON, " ".join(words))
        while True:
            found = person.tally(*words, answer="y\ny\n")
            text = found.stdout + found.stderr
            if found.returncode == 0 and ("authorization" not in step.words or "signed auth_" in text):
                break
            # a chain, an index and three nodes take their seconds, as for everybody who types
            patience.check(lambda text=text: text + self._log())
            time.sleep(0.5)
        self.said[step.name] = text
        for name, note in self.after.items():
            if step.name.startswith(name):
                note(text)

    def _give(self, name: str) -> None:
        shutil.copy(self.one.folder / name, self.two.folder / name)

    def _log(self) -> str:
        log = self.two.folder / "node.log"
        return log.read_text()[-2000:] if log.exists() else ""

    def _note(self, name: str, pattern: str) -> Callable[[str], None]:
        def note(text: str) -> None:
            found = re.search(pattern, text, re.MULTILINE)
            assert found is not None, text
            self.put[name] = found[1]

        return note

    def _hand_over(self, _: str) -> None:
        guests = self.one.folder / "state" / "demo" / "guests"
        for name in ("deployment.json", "trust.json"):
            shutil.copy(guests / name, self.two.folder / name)
        given = dict(line.split("=", 1) for line in (guests / "addresses").read_text().splitlines())
        own = dict(line.split("=", 1) for line in block("user-guide.md", "ini").splitlines())
        assert own.keys() > given.keys()
        settings = self.two.folder / "two.settings"
        settings.write_text("".join(f"{name}={value}\n" for name, value in (own | given).items()))
        self.two.settings["TALLY_SETTINGS"] = "two.settings"
        self.put["RPC"] = given["TALLY_RPC_URL"]
        self.put["127.0.0.1:7801"] = f"127.0.0.1:{free_port()}"

    def _confirm(self, schema: Path) -> None:
        text = schema.read_text("utf-8")
        assert "CONFIRM" in text
        schema.write_text(text.replace("data_level = 5", "data_level = 3"), "utf-8")

    def _refer(self, text: str) -> None:
        found = WHERE.search(text)
        assert found is not None, text
        self.put[found[1]] = found[0]

    def _contract(self) -> str:
        text = re.findall(r"```json\n(.*?)```", section("user-guide.md"), re.DOTALL)[0]
        return WHERE.sub(lambda found: self.put[found[1]], text)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    home = tmp_path_factory.mktemp("joining")
    for folder in (home, home.parent, home.parent.parent):
        folder.chmod(0o711)  # as root, PostgreSQL is another user who must pass through
    one, two = Person(home / "one"), Person(home / "two")
    for person in (one, two):
        person.folder.mkdir(mode=0o711)
    expected = write_files(one.folder, two.folder)
    play = Play(one, two)
    waiting = subprocess.CompletedProcess[str]([], 0, "", "")
    began = time.monotonic()
    try:
        for step in steps("user-guide.md"):
            if "admit" in step.words:
                waiting = two.tally("node", "application")
            play.run(step)
        yield Played(one, two, play.said, waiting, time.monotonic() - began, expected)
    finally:
        two.end()
        one.tally("down")
        System(one.folder / "state" / "demo").erase()


def test_from_nothing_to_a_proven_result_in_time(played: Played) -> None:
    assert played.seconds < scaled(MOST_SECONDS)
    said = next(text for name, text in played.said.items() if name.startswith("verify"))
    assert said.startswith("PROVEN"), said


def test_the_result_is_what_both_files_say_together(played: Played) -> None:
    text = (played.two.folder / "result.json").read_text()
    numbers = [float(found) for found in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]
    for name, values in played.expected.items():
        mean = statistics.fmean(values)
        assert any(abs(number - mean) < 0.01 for number in numbers), (name, mean, text)
    assert json.loads(text)


def test_the_applicant_saw_how_it_stands(played: Played) -> None:
    assert played.waiting.returncode == 1
    assert "Waiting" in played.waiting.stdout
    assert "等待中" in played.waiting.stdout
    now = played.two.tally("node", "application")
    assert (now.returncode, "issued to this node" in now.stdout) == (0, True), now.stdout + now.stderr
    fingerprints = re.findall("0x[0-9a-f]{64}", played.waiting.stdout + now.stdout)
    assert len(fingerprints) == 2
    assert len(set(fingerprints)) == 1


def test_the_broker_login_lies_nowhere_in_clear(played: Played) -> None:
    kept = played.two.folder / "node" / "broker.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    for path in (*played.two.folder.rglob("*"), *(played.one.folder / "state").rglob("*")):
        if path.is_file() and path.name not in {"credentials.json", "brokers", "broker-admin"}:
            data = path.read_bytes()
            assert b"redis+socket://party-" not in data, path


def test_every_command_that_up_prints_runs(played: Played) -> None:
    told = played.one.tally("up").stdout
    commands = re.findall(r"^  (tally --settings=.*)$", told, re.MULTILINE)
    assert len(commands) == len(COMMANDS)
    for command in commands:
        found = played.one.tally(*shlex.split(command)[1:])
        assert found.returncode == 0, (command, found.stderr)
    wallets = re.findall(r"0x[0-9a-fA-F]{40}", told)
    assert len(wallets) == len(list(Site(played.one.folder / "state" / "demo").parties()))


def test_every_program_of_the_catalogue_is_published_and_approved(played: Played) -> None:
    settings = "--settings=state/demo/settings/platform"
    lines = played.one.tally(settings, "admission", "releases").stdout.splitlines()
    assert len(lines) > 20
    assert [line for line in lines if ", approved (1), installed here" not in line] == []


def test_a_party_is_added_and_stays(played: Played) -> None:
    added = played.one.tally("up", "--add-party", "registry-office")
    assert added.returncode == 0, added.stderr
    settings = "--settings=state/demo/settings/registry-office"
    assert played.one.tally(settings, "node", "application").returncode == 0
    again = played.one.tally("up", "--add-party", "registry-office")
    assert again.returncode == 0, again.stderr
    refused = played.one.tally("up", "--add-party", "hospital")
    assert (refused.returncode, "up.party_exists" in refused.stderr) == (1, True)
    played.one.tally("down")
    told = played.one.tally("up")
    assert "registry-office" in told.stdout
    assert (played.one.folder / "state" / "demo" / "pids" / "node-registry-office").exists()
    assert played.one.tally(settings, "node", "status").returncode == 0


def test_practice_files_are_added_by_the_one_who_joined(played: Played) -> None:
    if not PRACTICE.is_dir():
        pytest.skip("needs the practice files beside the worktree (../shared/data/practice)")
    for name in PRACTISED:
        shutil.copy(PRACTICE / f"{name}.csv", played.two.folder)
        short, schema = name.replace("_", "-"), f"{name}.schema.toml"
        drafted = played.two.tally("node", "dataset", "draft", f"{name}.csv")
        assert drafted.returncode == 0, (name, drafted.stderr)
        found = played.two.tally(
            "node", "dataset", "add", f"{name}.csv", "--schema", schema, "--name", short, "--legal-basis", "Practice",
            answer="y\n",
        )  # fmt: skip
        assert found.returncode == 0, (name, found.stderr)
        assert "registered" in found.stdout
