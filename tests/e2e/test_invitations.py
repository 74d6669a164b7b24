"""A coordinator that takes applications by invitation only: what the office and an applicant type, as processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chain.ports import free_port
from demo.story import PLATFORM
from demo.system import COMMANDS
from demo.telling import settings_file, write_settings
from tests.e2e.conftest import Run
from tests.patience import Patience, scaled

pytestmark = pytest.mark.slow  # a coordinator of its own, and some thirty commands
TALLY = Path(sys.executable).with_name("tally")
WORDS = (
    "--operator", "guest-group", "--role", "compute-provider", "--title", "Guest", "--title-zh", "来宾", "--contact",
    "office@guest.example",
)  # fmt: skip


@dataclass(frozen=True)
class Office:
    """The closed coordinator, beside the open one of the run, on the same database."""

    run: Run
    url: str
    folder: Path

    def tally(self, settings: Path | dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        own = {"TALLY_SETTINGS": str(settings)} if isinstance(settings, Path) else settings
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COLUMNS": "200", **own}
        found = subprocess.run(
            [str(TALLY), *words], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=scaled(90), check=False
        )  # fmt: skip
        assert "Traceback" not in found.stdout + found.stderr
        return found

    def act(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.tally(settings_file(self.run.system, PLATFORM.name), "admission", *words)


@pytest.fixture(scope="module")
def office(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    system, port = run.system, free_port()
    write_settings(system)
    child = system.run(
        "api-invited", COMMANDS["api"], TALLY_DATABASE_URL_FILE=str(system.state / "secrets" / "database"),
        TALLY_DEPLOYMENT_FILE=str(system.deployment_file), TALLY_RPC_URL=system.rpc_url, TALLY_SCHEDULER=PLATFORM.name,
        TALLY_PORT=str(port), TALLY_ENROLMENT="invited",
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    system._wait_for(f"{url}/v1/health", "api-invited")
    yield Office(run, url, tmp_path_factory.mktemp("guests"))
    child.stop(scaled(10))
    del system.children["api-invited"]


class Guest:
    """Somebody with a folder of its own and nothing else."""

    def __init__(self, office: Office, name: str, folder: str) -> None:
        self.office, self.name = office, name
        place = office.folder / folder
        place.mkdir(mode=0o700)
        self.settings = {
            "TALLY_COORDINATOR": office.url,
            "TALLY_RPC_URL": office.run.system.rpc_url,
            "TALLY_DEPLOYMENT_FILE": str(office.run.system.deployment_file),
            "TALLY_PARTY": name,
            "TALLY_WALLET": str(place / "wallet"),
            "TALLY_WALLET_PASSPHRASE_FILE": str(place / "wallet-passphrase"),
            "TALLY_NODE_STATE": str(place / "node"),
        }
        made = self.tally(
            "wallet", "new", "--folder", str(place / "wallet"), "--passphrase-file", str(place / "wallet-passphrase")
        )
        assert made.returncode == 0, made.stderr
        made = self.tally(
            "node",
            "init",
            "--passphrase-file",
            str(place / "node-passphrase"),
            "--advertise",
            f"127.0.0.1:{free_port()}",
        )
        assert made.returncode == 0, made.stderr

    def tally(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.office.tally(self.settings, *words)

    def enrol(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.tally("node", "enrol", *WORDS, *words)


def admitted_by_invitation(office: Office) -> None:
    """Who is invited applies, is admitted and is issued a login; nobody else is."""
    guest, thief = Guest(office, "guest", "guest"), Guest(office, "guest", "thief")
    uninvited = guest.enrol()
    assert (uninvited.returncode, "enrolment.invited_only" in uninvited.stderr) == (1, True)
    assert "--invitation" in uninvited.stderr

    invited = office.act("invite", "guest")
    assert invited.returncode == 0, invited.stderr
    code = invited.stdout.strip()
    applied = guest.enrol("--invitation", code)
    assert applied.returncode == 0, applied.stderr
    fingerprint = re.findall(r"^fingerprint (0x[0-9a-f]{64})$", applied.stdout, re.MULTILINE)[0]
    stolen = thief.enrol("--invitation", code)
    assert (stolen.returncode, "invitation.not_good" in stolen.stderr) == (1, True)

    listed = office.act("list", "--standing", "pending").stdout
    assert re.search(r"^guest  waits 待准入  .*  invited 受邀  ", listed, re.MULTILINE), listed
    assert fingerprint in listed
    waiting = guest.tally("node", "application")
    assert (waiting.returncode, "Waiting" in waiting.stdout) == (1, True)
    told = thief.tally("node", "run")
    assert (told.returncode, "party.unknown" in told.stderr + told.stdout) == (1, True), told.stderr

    wrong = office.act("admit", "guest", "--fingerprint", "0x" + "00" * 32)
    assert (wrong.returncode, "admission.other_fingerprint" in wrong.stderr) == (1, True)
    admitted = office.act("admit", "guest", "--fingerprint", fingerprint)
    assert admitted.returncode == 0, admitted.stderr
    patience = Patience(30, "the broker login")
    while (found := guest.tally("node", "application")).returncode:
        patience.check(lambda found=found: found.stdout + found.stderr)
    assert "issued to this node" in found.stdout
    other = thief.tally("node", "application")
    assert (other.returncode, "OTHER keys" in other.stdout) == (1, True), other.stdout


def suspended_and_back(office: Office) -> None:
    """A suspended party loses its login, and gets another when it is back."""
    settings = {"TALLY_NODE_STATE": str(office.folder / "guest" / "node")}
    kept = office.folder / "guest" / "node" / "broker.json"
    before = kept.read_bytes()
    suspended = office.act("suspend", "guest", "--reason", "a test", "--yes")
    assert suspended.returncode == 0, suspended.stderr
    found = office.tally(settings, "node", "application")
    assert (found.returncode, "Suspended on chain" in found.stdout) == (1, True), found.stdout
    patience = Patience(30, "the login's end")
    users = office.run.system.stack.state_dir / "broker" / "users.acl"
    while "user party-guest " in users.read_text():
        patience.check()
    assert office.act("reinstate", "guest", "--yes").returncode == 0
    patience = Patience(30, "another login")
    while kept.read_bytes() == before:
        office.tally(settings, "node", "application")
        patience.check()
    assert office.tally(settings, "node", "application").returncode == 0


@pytest.mark.timeout(240)
def test_a_guest_from_its_invitation_to_its_second_login(office: Office) -> None:
    """One test, as the second half needs the first, whatever part of the slow tests is run."""
    admitted_by_invitation(office)
    suspended_and_back(office)
