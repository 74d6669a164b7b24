"""What integrators import, on the running system: the guide's joint model from two CSV files, and each step's own word."""

import asyncio
import contextlib
import io
import json
import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from demo.data import Side, split, write_csv
from demo.system import DATA_SETS, schema_of
from demo.telling import settings_file, write_settings
from protocol.api import TaskStatus
from tallystick import AsyncClient, Client, RefusedError, TallyError
from tests.e2e.conftest import Run
from tests.patience import scaled
from tools import notebook

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "joint_model.py"
FILES = {"hospital": "diagnoses", "laboratory": "assays"}


@pytest.fixture
def folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the example is run in: two CSV files, their schemas, two parties' settings."""
    write_settings(run.system)
    sides: dict[str, Side] = dict(zip(FILES, split(), strict=True))
    for owner, name in FILES.items():
        write_csv(sides[owner], tmp_path / f"{name}.csv")
        (tmp_path / f"{name}.json").write_text(json.dumps(schema_of(sides[owner], DATA_SETS[owner][1])))
        (tmp_path / f"{owner}.settings").write_bytes(settings_file(run.system, owner).read_bytes())
    (tmp_path / "dpia.md").write_text("The impact assessment of this run.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_trains_the_pooled_model_from_two_csv_files(run: Run, folder: Path) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        done = runpy.run_path(str(EXAMPLE))
    with Client.open("hospital.settings") as hospital:
        result = hospital.result(done["task"])
        assert result.checked
        coefficients = result["fit.coefficients"]
        assert coefficients.index.name == "column"
        assert str(coefficients) in said.getvalue()
        assert len(coefficients) == 30
        assert {name.partition(".")[0] for name in coefficients.index} == set(FILES)
        # what a larger tumour means for the diagnosis is known; which rows train is drawn anew each time
        assert coefficients["laboratory.worst_radius"] > 0.1
        assert 0.97 < result["judge.auc"] <= 1
        report = hospital.verify(done["task"])
        assert report.exit_code == 0, [step for step in report.steps if step.outcome not in ("holds", "nothing")]
        with pytest.raises(RefusedError, match=r"result\.no_output"):
            result["fit.means"]
    with Client.open("laboratory.settings") as laboratory, pytest.raises(TallyError, match=r"result\."):
        laboratory.result(done["task"], within=0)


def test_a_task_is_submitted_read_refused_and_told_of_by_the_client_of_an_event_loop(run: Run, folder: Path) -> None:
    async def play() -> tuple[list[TaskStatus], str, str]:
        async with (
            await AsyncClient.open("hospital.settings") as hospital,
            await AsyncClient.open("laboratory.settings") as laboratory,
        ):
            own, other = await asyncio.gather(
                hospital.data_set(run.system.data_set("hospital")),
                laboratory.data_set(run.system.data_set("laboratory")),
            )
            draft = await hospital.task(
                "Means", "Consent", ["exchange", "hospital", "laboratory"], impact_assessment=folder / "dpia.md"
            )
            rows = draft.step("align", "psi.align", tables=[own, draft_source(draft, other)])
            told = draft.step("told", "feature.standardize", tables=rows["aligned"], limit="24")
            draft.give(told["means"], to="hospital")
            found = await hospital.preflight(draft)
            assert found.problems == (), found.problems
            task = await hospital.submit(draft)
            assert task == await hospital.submit(draft), "the same draft is the same task"
            asked = await laboratory.consent(task)
            assert asked.rows is not None
            await laboratory.refuse(task)
            seen = [status async for status in hospital.follow(task, within=scaled(60))]
            with pytest.raises(RefusedError, match=r"task\.not_completed") as ended:
                await hospital.watch(task, within=scaled(60), bar=False)
            return seen, str(asked), str(ended.value.details["reasons"])

    def draft_source(draft: object, other: object) -> object:
        return draft.use(other, columns=["worst_area"], where=[("worst_radius", "gt", "1")])  # type: ignore[attr-defined]

    seen, consent, reasons = asyncio.run(play())
    assert seen[-1].state == "refused"
    assert "laboratory allows hospital" in consent
    assert "worst_area" in consent
    assert "owner.declined" in reasons


def test_what_is_missing_in_the_settings_is_named(folder: Path) -> None:
    os.environ.pop("TALLY_PARTY", None)
    (folder / "none.settings").write_text("TALLY_COORDINATOR=http://127.0.0.1:1\n")
    with pytest.raises(TallyError, match=r"settings\.missing") as missing:
        Client.open("none.settings")
    assert missing.value.details["name"] == "TALLY_PARTY"


def test_every_cell_of_the_notebook_runs_and_gives_what_is_printed_there(run: Run, folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "demo").symlink_to(run.system.state)
    printed = json.loads((ROOT / "docs" / "joint-model.ipynb").read_text("utf-8"))
    ran = notebook.run(printed)
    pairs = [(old, new) for old, new in zip(printed["cells"], ran["cells"], strict=True) if new["cell_type"] == "code"]
    assert len(pairs) == 10
    for old, new in pairs:
        assert kinds(old) == kinds(new), new["source"]
    for at in (0, 2, 3, 8):  # what no run draws anew: the catalogue, the defaults, what becomes known, the ten steps
        assert pairs[at][0]["outputs"] == pairs[at][1]["outputs"]
    assert "<Result" not in str(printed)
    assert str(folder) not in str(ran)


def kinds(cell: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(output["output_type"], sorted(output.get("data", ()))) for output in cell["outputs"]]
