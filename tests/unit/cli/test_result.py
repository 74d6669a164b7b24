"""What `tally result fetch` shows and writes of a result that is there."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.result import app, lines
from client.result_file import MadeBy, NamedResult
from protocol.axes import Axis
from protocol.commitments import SHARE_BYTES, Tensor
from protocol.errors import FormatError
from protocol.variants import listed, read_list
from tests.unit.client.test_association import kept
from tests.unit.workers.sources import plink
from workers.results import Result

TASK = b"\7" * 32
NAME = f"task_{TASK.hex()}"
COLUMNS = Axis("column", ("bank.age", "shop.cost"))


def made() -> Result:
    def tensor(shape: tuple[int, ...], *numbers: int) -> Tensor:
        return Tensor(shape, 1, b"".join(number.to_bytes(SHARE_BYTES, "little") for number in numbers))

    outputs = (
        ("fit.coefficients", (bytes(32),), tensor((2,), 3, 1)),
        ("fit.intercept", (bytes(32),), tensor((), 7)),
        ("table.mean", (bytes(32),), tensor((2, 2), 2, 4, 6, 8)),
        ("fit.scores", (bytes(32),), tensor((50,), *range(50))),
    )
    names = {
        "fit.coefficients": (COLUMNS,), "fit.intercept": (), "table.mean": (Axis("group", ("0", "1")), COLUMNS),
        "fit.scores": (Axis("row", tuple(str(at) for at in range(1, 51))),),
    }  # fmt: skip
    steps = (
        MadeBy(
            "fit",
            "glm.logistic@1.0.0",
            {"c": "1", "class_weight": "none", "sigmoid": "fast", "tolerance": "0.0001", "beyond_limit": "refuse"},
        ),
    )
    return Result(TASK, b"\2" * 32, True, outputs, names, steps)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / TASK.hex()
    folder.mkdir(parents=True)
    (folder / "result.json").write_bytes(made().data())
    (folder / "result.json").chmod(0o600)
    return tmp_path


def fetch(state: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["fetch", NAME, "--state", str(state), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_table_has_each_number_beside_its_name(state: Path) -> None:
    text = fetch(state)
    shown = [line.split() for line in text.splitlines()]
    assert ["bank.age", "1.5"] in shown
    assert ["shop.cost", "0.5"] in shown
    assert ["3.5"] in shown
    assert ["0", "1", "2"] in shown
    assert ["1", "3", "4"] in shown
    assert "… 10 more 另有 10 行" in text
    assert text.splitlines()[-1] == str(state / "results" / TASK.hex() / "result.json")


def test_an_unchecked_result_says_so() -> None:
    document = json.loads(made().data()) | {"checked": False}
    assert "UNCHECKED 尚未核对" in lines(NamedResult.read(json.dumps(document).encode()))[0]


def test_csv_and_json_are_the_output_alone(state: Path) -> None:
    assert fetch(state, "--csv").splitlines()[:2] == [
        "output,of_1,name_1,of_2,name_2,value",
        "fit.coefficients,column,bank.age,,,1.5",
    ]
    assert json.loads(fetch(state, "--json"))["outputs"][1] == {
        "output": "fit.intercept",
        "axes": [],
        "values": ["3.5"],
    }
    assert CliRunner().invoke(app, ["fetch", NAME, "--state", str(state), "--csv", "--json"]).exit_code == 2


@pytest.mark.parametrize("option", ["--csv", "--json", ""])
def test_a_written_file_is_private(state: Path, tmp_path: Path, option: str) -> None:
    out = tmp_path / "out"
    assert fetch(state, "--out", str(out), *([option] if option else [])).splitlines()[-1] == str(out)
    assert out.stat().st_mode & 0o777 == 0o600
    if not option:
        assert out.read_bytes() == (state / "results" / TASK.hex() / "result.json").read_bytes()


def test_every_variant_is_written_under_the_list_that_was_counted(tmp_path: Path) -> None:
    folder = tmp_path / "results" / TASK.hex()
    folder.mkdir(parents=True)
    bim, out = tmp_path / "cohort.bim", tmp_path / "all.csv"
    bim.write_bytes(plink.bim(2))
    digest = listed(read_list(plink.bim(2))).digest
    (folder / "result.json").write_bytes(
        kept(np.array([[9, 5, 2, 4, 6, 8], [3, 9, 4, 7, 7, 4]]), np.array([16, 18]), digest)
    )
    (folder / "result.json").chmod(0o600)

    def run(*command: str) -> Any:
        return CliRunner().invoke(app, [command[0], NAME, "--state", str(tmp_path), *command[1:]])

    done = run("variants", "--out", str(out), "--bim", str(bim))
    assert done.exit_code == 0, done.output
    assert out.stat().st_mode & 0o777 == 0o600
    head, first, second = out.read_text().splitlines()
    assert head.startswith("step,place,chromosome,position,name,counted,other,case_frequency")
    assert (first.split(",")[:5], second.split(",")[4]) == (["test", "1", "1", "100", "rs0"], "rs1")
    assert run("report", "--bim", str(bim)).exit_code == 0
    assert "rs1" in (folder / "report.html").read_text()
    bim.write_bytes(plink.bim(2).replace(b"A\tG", b"G\tA"))
    for command in (("report",), ("variants", "--out", str(out))):
        wrong = run(*command, "--bim", str(bim))
        assert isinstance(wrong.exception, FormatError)
        assert wrong.exception.code == "result.other_list"


def test_a_report_is_written_beside_the_result_in_a_private_file(state: Path, tmp_path: Path) -> None:
    def report(*options: str) -> str:
        done = CliRunner().invoke(app, ["report", NAME, "--state", str(state), *options])
        assert done.exit_code == 0, done.output
        return done.stdout

    path = Path(report().strip())
    assert path == state / "results" / TASK.hex() / "report.html"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "bank.age" in path.read_text()
    other = tmp_path / "page.html"
    assert report("--out", str(other)).strip() == str(other)
    assert other.read_bytes() == path.read_bytes()
    fits = json.loads(report("--json"))["fits"]
    assert [each["name"] for each in fits[0]["estimates"]] == ["bank.age", "shop.cost", "intercept"]
    assert report("--csv").splitlines()[0].startswith("step,kind,name,coefficient,error")
    assert CliRunner().invoke(app, ["report", NAME, "--state", str(state), "--csv", "--json"]).exit_code == 2
