"""How often an owner's rows were computed over, for whom: counted once a task, and said where the owner looks and before it signs."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.main import app
from protocol.contract import Output, TaskContract
from tests.unit.workers.test_local_check import CONSTANT, at, proposed
from tests.unit.workers.world import World
from workers.read_before import Read, before, keep, readers_of


def outputs(contract: TaskContract, *leave: tuple[str, tuple[str, ...]]) -> TaskContract:
    return replace(contract, outputs=tuple(Output(source, users) for source, users in leave))


def test_a_task_counts_once_for_each_reader_with_what_it_reads(world: World) -> None:
    state, contract = world.nodes["hospital"].state, world.contract()
    plain = outputs(contract, ("fit.coefficients", ("bank", "shop")))
    single = outputs(contract, ("fit.coefficients", ("bank",)), ("fit.scores", ("shop",)))
    assert readers_of(plain) == (("bank", True), ("shop", True))
    assert readers_of(single) == (("bank", True), ("shop", False))
    assert readers_of(outputs(contract, ("fit.of_another_release", ("bank",)))) == (("bank", False),)
    for _ in range(2):
        keep(state, b"\1" * 32, ("h-diagnoses",), plain)
        keep(state, b"\2" * 32, ("h-diagnoses",), single)
    assert before(state, "h-diagnoses") == (Read("bank", 2, 2), Read("shop", 2, 1))
    assert before(state, "h-diagnoses", ("shop", "nobody")) == (Read("shop", 2, 1),)
    assert before(state, "h-diagnoses", ("shop",), b"\2" * 32) == (Read("shop", 1, 1),)
    assert before(state, "another") == ()


def test_the_party_check_counts_and_the_owner_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = world.start()
    world.dispatch(message)
    world.turn()
    node = world.nodes["hospital"]
    data_set = world.stored["hospital"].data_set
    (read, *_) = before(node.state, data_set)
    assert read.tasks == 1
    contract = proposed(world, CONSTANT)
    own = next(item.data_set for item in contract.inputs if item.owner == "hospital")
    keep(node.state, b"\1" * 32, (own,), contract)
    told = [item for item in at(world, "hospital", contract).findings if item.code == "data_set.read_before"]
    assert len(told) == len(contract.result_users)
    assert all(item.notice and item.data_set == own for item in told)
    assert f"that {contract.result_users[0]} reads: 1, of which" in told[0].what.english
    assert contract.result_users[0] in told[0].what.chinese
    monkeypatch.setenv("COLUMNS", "200")
    shown = CliRunner().invoke(app, ["node", "dataset", "list", "--state", str(node.folder)])
    words = read.words(data_set)
    assert words.english in shown.output
    assert words.chinese in shown.output
