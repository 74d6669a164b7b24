"""`tally clear-signing` writes a deployment's descriptors, which hold what the committed files of all deployments hold."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app
from protocol.errors import TallyError
from tests.unit.cli.test_applying import DEPLOYMENT
from tools import clear_signing


def test_a_deployments_files_are_the_committed_ones_bound_to_it(tmp_path: Path) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    out = tmp_path / "descriptors"
    command = ["clear-signing", "--deployment", str(tmp_path / "deployment.json"), "--out", str(out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    found = {path.relative_to(out): json.loads(path.read_text("utf-8")) for path in out.rglob("*.json")}
    assert set(map(str, found)) == set(done.output.replace(f"{out}/", "").split())
    for path, made in found.items():
        home = path.stem.removeprefix("eip712-")
        committed = clear_signing.FOLDER / path.parent / f"common-{home}.json"
        context = made.pop("context")["eip712"]
        assert made == json.loads(committed.read_text("utf-8"))
        assert context["domain"]["salt"] == DEPLOYMENT.deployment_id
        assert context["domain"]["verifyingContract"] == DEPLOYMENT.contracts[home]
    assert len(found) == len(clear_signing.files())
    again = CliRunner().invoke(app, command)
    assert isinstance(again.exception, TallyError)
    assert again.exception.code == "clear_signing.exists"


def test_the_committed_files_are_what_their_sources_give() -> None:
    assert {path: path.read_text("utf-8") for path in clear_signing.FOLDER.rglob("*.json")} == clear_signing.files()
