"""`tally node check`: what an owner's own data and node cannot do, all at once, for the owner alone."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from protocol import ids
from protocol.ask import Ask
from protocol.contract import RowFilter, TaskContract, task_id_of
from protocol.data_faults import Report
from tests.unit.workers import practice
from tests.unit.workers.world import CODE, World
from workers import local_check
from workers.checks import PartyCheck
from workers.local_check import check_contract
from workers.node import Desk
from workers.sources.schema import Schema
from workers.state import SlotRow

FILES = {
    "null_hospital": ({"hospital": ("age",), "laboratory": ("marker",)}, "null_lab"),
    "pf_constant_column": ({"hospital": ("age",), "laboratory": ("marker",)}, "pf_lab"),
    "pf_label_12": ({"hospital": ("age",), "laboratory": ("marker",)}, "pf_lab"),
    "pf_text_feature": ({"hospital": ("city",), "laboratory": ("marker",)}, "pf_lab"),
}
CLEAN, LABEL, CONSTANT = "clean", "label of 1 and 2", "constant"
MADE: dict[str, Callable[[int], str]] = {
    CLEAN: lambda at: f"{20 + at % 50},{at % 2}",
    LABEL: lambda at: f"{20 + at % 50},{1 + at % 2}",
    CONSTANT: lambda at: f"30,{at % 2}",
}
FOUND = {
    "null_hospital": {("align", "input.null", ("age",))},
    "pf_constant_column": {("scale", "standardize.constant_column", ("age",))},
    "pf_label_12": {("fit", "frame.label", ("malignant",))},
    "pf_text_feature": {("align", "input.kind", ("city",))},
}


def at(world: World, owner: str, contract: TaskContract) -> Report:
    desk = world.nodes[owner]
    installed: Any = lambda program: CODE.get(program, b"\1" * 32)  # noqa: E731
    desk.check = replace(desk.check, installed=installed)
    return check_contract(desk, desk.check, task_of(world, contract), contract)


def task_of(world: World, contract: TaskContract) -> bytes:
    return task_id_of(contract, world.chain.domain("Tasks"))


def proposed(world: World, name: str = LABEL, **changes: Any) -> TaskContract:
    """A task over what the hospital has under that name, and the laboratory's marker."""
    if name in MADE:
        practice.made(world, "hospital", practice.HOSPITAL, MADE[name])
        practice.made(world, "laboratory", practice.LABORATORY, lambda at: f"{at % 9}.5")
        return practice.training(world, {"hospital": ("age",), "laboratory": ("marker",)}, "malignant", **changes)
    features, lab = FILES[name]
    practice.practice(world, "hospital", name)
    practice.practice(world, "laboratory", lab)
    return practice.training(world, features, "malignant", **changes)


def stops(report: Report) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(item.step, item.code, item.columns) for item in report.findings if not item.notice}


@pytest.mark.parametrize("name", FILES)
def test_files_as_people_have_them(world: World, name: str) -> None:
    contract = proposed(world, name)
    report = at(world, "hospital", contract)
    assert stops(report) == FOUND[name]
    (finding,) = report.findings
    assert finding.data_set == world.stored["hospital"].data_set
    assert finding.what.english != finding.what.chinese
    other = at(world, "laboratory", contract)
    assert (other.findings, other.untried) == ((), ())
    assert other.costs is not None
    assert other.costs.traffic > 0


def test_counts_are_the_owners_own(world: World) -> None:
    text = (practice.FOLDER / "null_hospital.csv").read_text() if practice.FOLDER.is_dir() else ""
    (finding,) = at(world, "hospital", proposed(world, "null_hospital")).findings
    assert finding.rows == sum(line.split(",")[1] == "" for line in text.splitlines())


def test_a_filter_that_leaves_nothing_and_one_of_a_column_that_is_not_there(world: World) -> None:
    none = proposed(world, filters={"hospital": (RowFilter("age", "gt", "119"),)})
    assert stops(at(world, "hospital", none)) == {("", "input.no_rows", ())}
    wrong = replace(
        none,
        inputs=tuple(
            replace(i, filters=(RowFilter("city", "eq", "SH"),)) if i.owner == "hospital" else i for i in none.inputs
        ),
    )
    assert {code for _, code, _ in stops(at(world, "hospital", wrong))} == {"schema.no_column"}


def test_rows_that_are_no_longer_the_committed_ones(world: World) -> None:
    contract = proposed(world)
    stored = world.stored["hospital"]
    world.chain.sets[stored.data_set, 1] = replace(world.chain.sets[stored.data_set, 1], input_root=b"\5" * 32)
    assert stops(at(world, "hospital", contract)) == {("", "check.data_changed", ())}
    world.chain.sets[stored.data_set, 1] = replace(world.chain.sets[stored.data_set, 1], input_root=stored.input_root)
    snapshot = world.folder / "hospital" / "data" / stored.data_set / "1.snapshot"
    kept = snapshot.read_bytes()
    snapshot.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert {code for _, code, _ in stops(at(world, "hospital", contract))} == {"check.data_changed"}


def test_the_nodes_own_policy_engine_memory_disk_and_slots(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = proposed(world, CONSTANT)
    node = world.nodes["hospital"]
    narrower = replace(Ask.of(contract, world.stored["hospital"].data_set), tasks_per_day=1)
    other = replace(narrower, contract=replace(narrower.contract, purpose="another one [ref 0123]"))
    node.state.add_policy(b"\1" * 32, other.data_set, other.data(), world.now)
    node.check = replace(node.check, engine=lambda: ("tallystick@9.9.9", b"\7" * 32))
    node.config = replace(node.config, party_memory=1)
    most = node.config.slots[local_check.Kind.TASK]
    node.state.set_slots([SlotRow(bytes([n]) * 32, "task", "running", "") for n in range(most)])
    monkeypatch.setattr(local_check.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 3 << 20}))
    report = at(world, "hospital", contract)
    assert {code for _, code, _ in stops(report)} == {
        "check.engine", "estimate.memory", "node.disk", "check.policy", "standardize.constant_column",
    }  # fmt: skip
    assert [item.code for item in report.findings if item.notice] == ["node.slots"]
    (policy,) = [item for item in report.findings if item.code == "check.policy"]
    assert "purpose" in policy.what.english
    node.state.add_policy(b"\2" * 32, narrower.data_set, narrower.data(), world.now)
    assert "check.policy" not in {code for _, code, _ in stops(at(world, "hospital", contract))}


def test_attack_a_coordinator_proposes_tasks_to_learn_about_rows(world: World) -> None:
    """The check tells, stores and asks nothing: neither receipts nor requests nor state differ between good and bad rows."""
    contract = proposed(world)

    class Deaf:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"the check asks the coordinator: {name}")

    node = world.nodes["hospital"]
    node.coordinator = Deaf()  # type: ignore[assignment]
    before = list(node.state._db.iterdump())
    assert at(world, "hospital", contract).stops
    assert list(node.state._db.iterdump()) == before
    assert world.chain.aborts == []
    assert node.state.job(task_of(world, contract)) is None


def test_no_value_of_the_rows_is_in_the_report(world: World, tmp_path: Path) -> None:
    """Recognisable values in every kind of faulty cell."""
    schema = Schema.parse(
        {
            "format": "tallystick/declared-schema/v2", "title": {"en": "t", "zh": "t"}, "data_level": 3, "sensitive": [],
            "columns": [
                {"name": "patient_id", "kind": "identifier"},
                {"name": "age", "kind": "integer", "low": "0", "high": "999999999"},
                {"name": "city", "kind": "text"},
                {"name": "malignant", "kind": "integer", "low": "0", "high": "999999999"},
            ],
        }
    )  # fmt: skip
    file = tmp_path / "canary.csv"
    rows = [f"CANARY{at},{30 + at % 7},CANARYCITY,{at % 2}" for at in range(700)]
    rows[5] = "CANARY5,777000777,CANARYCITY,1"
    rows[6] = "CANARY6,35,CANARYCITY,888000888"
    file.write_text("patient_id,age,city,malignant\n" + "\n".join(rows) + "\n")
    practice.add(world, "hospital", file, schema)
    practice.made(world, "laboratory", practice.LABORATORY, lambda at: f"{at % 9}.5")
    contract = practice.training(world, {"hospital": ("age", "city"), "laboratory": ("marker",)}, "malignant")
    report = at(world, "hospital", contract)
    assert {code for _, code, _ in stops(report)} == {"input.kind", "standardize.beyond_limit", "frame.label"}
    said = json.dumps(report.to_json(), ensure_ascii=False)
    for canary in ("CANARY", "777000777", "888000888"):
        assert canary not in said


# -- the commands ------------------------------------------------------------------------------------------------


@pytest.fixture
def own(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The hospital's node is the one whose state folder the command names."""

    @contextmanager
    def open_desk(_: Path) -> Generator[Desk]:
        yield world.nodes["hospital"]

    def check(desk: Any) -> PartyCheck:
        return replace(desk.check, installed=lambda program: CODE.get(program, b"\1" * 32))

    monkeypatch.setattr(local_check, "open_desk", open_desk)
    monkeypatch.setattr(local_check, "party_check", check)
    return world


def node_check(world: World, contract: TaskContract, *words: str) -> Any:
    task = task_of(world, contract)
    world.coordinator.contracts[task] = contract
    return CliRunner().invoke(app, ["node", "check", ids.prefixed("task", task), "--state", str(world.folder), *words])


def test_the_command_shows_a_table_in_either_language_and_says_by_its_status_what_would_stop(own: World) -> None:
    contract = proposed(own)
    said = node_check(own, contract)
    assert said.exit_code == 2, said.output
    assert "frame.label" in said.output
    assert "malignant" in said.output
    assert "60" in said.output
    assert "将使任务停止" in node_check(own, contract, "--lang", "zh").output
    found = json.loads(node_check(own, contract, "--json").output)
    assert [(f["code"], f["stops"], f["columns"]) for f in found["findings"]] == [("frame.label", True, ["malignant"])]


def test_the_command_says_when_nothing_stands_against_the_task(own: World) -> None:
    contract = proposed(own, CLEAN)
    said = node_check(own, contract)
    assert said.exit_code == 0, said.output
    assert "Nothing" in said.output
