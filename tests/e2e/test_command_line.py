"""What participants type: the `tally` command as a process, with its settings from the environment."""

import json
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import story
from protocol import bundle, canonical, ids
from protocol.contract import TaskContract
from tests.e2e.conftest import Run
from tests.patience import Patience, scaled

TALLY = Path(sys.executable).with_name("tally")


def tally(run: Run, party: str, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    system = run.system
    environment = {
        "PATH": "/usr/bin:/bin",
        "COLUMNS": "200",
        "TALLY_COORDINATOR": system.api_url,
        "TALLY_PARTY": party,
        "TALLY_WALLET": str(system.state / "wallets" / party),
        "TALLY_WALLET_PASSPHRASE_FILE": str(system.state / "passphrases" / f"wallet-{party}"),
        "TALLY_DEPLOYMENT_FILE": str(system.deployment_file),
    }
    found = subprocess.run(
        [str(TALLY), *arguments],
        env=environment,
        input=answer,
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=False,
    )
    assert "Traceback" not in found.stdout + found.stderr
    return found


def fresh_contract(run: Run, **changes: object) -> TaskContract:
    references = {owner: run.system.data_set(owner) for owner in run.sides}
    found = story.task_contract(references, run.sides, int(time.time()) + 3600, assessment=secrets.token_bytes(32))
    return TaskContract.parse({**found.to_json(), **changes})


def test_a_task_is_checked_submitted_read_and_refused_by_its_owner(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "contract.json"
    path.write_bytes(fresh_contract(run).data())
    checked = tally(run, "hospital", "task", "check", str(path))
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["problems"] == 0
    submitted = tally(run, "hospital", "task", "submit", str(path))
    assert submitted.returncode == 0, submitted.stderr
    task = submitted.stdout.strip()
    assert ids.unprefixed("task", task)

    patience = Patience(30, "the owner to be asked")
    while "asked" not in (listed := tally(run, "laboratory", "authorization", "list", task).stdout):
        patience.check()
    assert "laboratory allows hospital" in listed
    assert "检验" in listed or "授权" in listed or "同意" in listed or "允许" in listed
    declined = tally(run, "laboratory", "authorization", "sign", task, answer="n\n")
    assert "signed auth_" not in declined.stdout
    own = ("--state", str(run.system.node_folder("hospital")))
    tried = tally(run, "hospital", "node", "check", task, *own)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    signed = tally(run, "hospital", "authorization", "sign", task, "--yes", *own)
    for said in (tried.stdout, signed.stdout):  # the demo's task, and nothing else, was over the same rows
        noticed = re.findall(r"\b[a-z_]+\.[a-z_]+: \w+", said)
        assert [item for item in noticed if not item.startswith("law.")] == ["data_set.read_before: notice"], said
        assert "law.data_undeclared: not declared" in said
        assert "that hospital reads: 1, of which" in " ".join(said.split())
    assert "signed auth_" in signed.stdout, signed.stderr
    assert tally(run, "laboratory", "authorization", "refuse", task).returncode == 0

    patience = Patience(30, "the refusal to be shown")
    while (shown := json.loads(tally(run, "hospital", "task", "show", task).stdout))["state"] != "refused":
        patience.check()
    assert "owner.declined" in json.dumps(shown["reasons"])


def test_rows_that_cannot_do_a_task_are_told_to_their_owner_before_it_signs(run: Run, tmp_path: Path) -> None:
    """No value may be further than two deviations from its mean; the node that runs beside the command is not disturbed."""
    value = fresh_contract(run).to_json()
    value["steps"][1]["parameters"]["limit"] = "2"  # type: ignore[index]
    path = tmp_path / "contract.json"
    path.write_bytes(canonical.dumps(value))
    submitted = tally(run, "hospital", "task", "submit", str(path))
    assert submitted.returncode == 0, submitted.stderr
    task = submitted.stdout.strip()
    own = ("--state", str(run.system.node_folder("hospital")))
    patience = Patience(30, "the owner to be asked")
    while "asked" not in tally(run, "hospital", "authorization", "list", task).stdout:
        patience.check()
    tried = tally(run, "hospital", "node", "check", task, "--json", *own)
    assert tried.returncode == 2, tried.stdout + tried.stderr
    found = {item["code"] for item in json.loads(tried.stdout)["findings"]}
    assert "standardize.beyond_limit" in found
    signed = tally(run, "hospital", "authorization", "sign", task, "--yes", *own)
    assert signed.returncode == 1
    assert "authorization.rows_cannot" in signed.stderr
    assert "signed auth_" not in signed.stdout
    assert tally(run, "hospital", "authorization", "refuse", task).returncode == 0


def test_what_cannot_start_is_listed_with_fixes(run: Run, tmp_path: Path) -> None:
    value = fresh_contract(run).to_json()
    value["deadline"] = str(int(time.time()) - 5)
    value["steps"][2]["parameters"]["c"] = "1000000"  # type: ignore[index]
    path = tmp_path / "contract.json"
    path.write_bytes(canonical.dumps(value))
    checked = tally(run, "hospital", "task", "check", str(path))
    assert checked.returncode == 1
    assert "program.parameter" in checked.stdout
    assert "deadline" in checked.stdout


def test_attack_values_that_the_proposer_never_read(run: Run, tmp_path: Path) -> None:
    """What a contract leaves out is signed by nobody: it is written out by a command of its own, and shown."""
    whole = fresh_contract(run)
    bare, full = tmp_path / "bare.json", tmp_path / "full.json"
    value = whole.to_json()
    for step in value["steps"]:  # type: ignore[attr-defined]
        if step["id"] == "judge":
            step["parameters"] = {}
    bare.write_bytes(canonical.dumps(value))
    refused = tally(run, "hospital", "task", "submit", str(bare))
    assert (refused.returncode, "task.problems" in refused.stderr) == (1, True)
    assert "tally task complete" in refused.stderr
    shown = tally(run, "hospital", "task", "complete", str(bare), "--out", str(full))
    assert shown.returncode == 0, shown.stderr
    judge = next(step for step in whole.steps if step.id == "judge")
    assert len(judge.parameters) > 0
    assert sorted(line.split(" = ")[0] for line in shown.stdout.splitlines()) == [
        f"judge.{name}" for name, _ in judge.parameters
    ]
    assert TaskContract.parse(json.loads(full.read_text())) == whole


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"committee": ["hospital", "laboratory"]}, "contract.committee_too_small"),
        ({"auditors": ["exchange"]}, "contract.auditor_computes"),
        ({"surprise": 1}, "json.unknown_field"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_an_impossible_contract_is_refused_before_anything_is_signed(
    run: Run, tmp_path: Path, change: dict[str, object], code: str
) -> None:
    path = tmp_path / "contract.json"
    path.write_bytes(canonical.dumps({**fresh_contract(run).to_json(), **change}))
    found = tally(run, "hospital", "task", "submit", str(path))
    assert found.returncode == 1
    assert code in found.stderr
    assert len(found.stderr.strip().splitlines()) == 2


def test_the_auditor_fetches_the_evidence(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    found = tally(run, "regulator", "task", "evidence", ids.prefixed("task", run.task), str(path))
    assert found.returncode == 0, found.stderr
    assert bundle.read(path.read_bytes()).task == run.task


def test_a_missing_setting_is_named(run: Run) -> None:
    found = subprocess.run(
        [str(TALLY), "task", "show", ids.prefixed("task", run.task)],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=scaled(60), check=False,
    )  # fmt: skip
    assert (found.returncode, "cli.missing_option" in found.stderr) == (1, True)
