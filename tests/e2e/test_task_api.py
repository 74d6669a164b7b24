"""The walk through the task API, as both guides print it: run as it stands, with `curl`, against the running system."""

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from protocol import ids
from tests.e2e.conftest import Run
from tests.e2e.test_command_line import TALLY
from tests.patience import scaled

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = ("user-guide.md", "user-guide.zh-CN.md")


def block(guide: str) -> list[str]:
    (found,) = re.findall(r"```sh\n(umask 077\n.*?)```", (DOCS / guide).read_text("utf-8"), re.DOTALL)
    return found.splitlines()


def test_both_guides_print_the_same_commands() -> None:
    english, chinese = (block(guide) for guide in GUIDES)
    assert english == chinese
    assert len(english) == 9


def test_a_program_reads_with_a_key_as_the_guide_says(run: Run, tmp_path: Path) -> None:
    system = run.system
    environment = {
        "PATH": f"{TALLY.parent}:/usr/bin:/bin",
        "COLUMNS": "200",
        "TALLY_COORDINATOR": system.api_url,
        "TALLY_PARTY": "hospital",
        "TALLY_WALLET": str(system.state / "wallets" / "hospital"),
        "TALLY_WALLET_PASSPHRASE_FILE": str(system.state / "passphrases" / "wallet-hospital"),
        "TALLY_DEPLOYMENT_FILE": str(system.deployment_file),
        "TASK": ids.prefixed("task", run.task),
    }

    def typed(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", f"umask 077; {line}"], env=environment, cwd=tmp_path, capture_output=True, text=True,
            timeout=scaled(60), check=False,
        )  # fmt: skip

    _, create, header, tasks, task, stream, evidence, listing, revoke = block(GUIDES[0])
    for line in (create, header):
        assert (done := typed(line)).returncode == 0, done.stderr
    key = (tmp_path / "tally.key").read_text().strip()
    assert {oct(path.stat().st_mode)[-3:] for path in tmp_path.iterdir()} == {"600"}
    assert environment["TASK"] in {item["id"] for item in json.loads(typed(tasks).stdout)["items"]}
    assert json.loads(typed(task).stdout)["state"] == "completed"
    assert '"state":"completed"' in typed(stream).stdout
    assert typed(evidence).returncode == 0
    assert zipfile.is_zipfile(tmp_path / "evidence.zip")
    listed = typed(listing).stdout
    assert "nightly report" in listed
    assert key not in listed
    (found,) = re.findall(r"key_[0-9a-f]{64}", listed)
    assert typed(revoke.replace("key_…", found)).returncode == 0
    over = typed(tasks)
    assert over.returncode != 0
    assert json.loads(over.stdout)["code"] == "access.key_over"


@pytest.mark.parametrize("query", ["state=soon", "cursor=x", "colour=red"])
def test_what_curl_asks_wrongly_is_told_what_to_do(run: Run, query: str) -> None:
    with run.client("hospital") as client:
        token = client._auth()["authorization"]
    asked = ["curl", "-sS", "-H", f"Authorization: {token}", f"{run.system.api_url}/v1/tasks?{query}"]
    answer = json.loads(subprocess.run(asked, capture_output=True, text=True, timeout=scaled(30), check=True).stdout)
    assert answer["status"] == 400
    assert answer["fix"]
