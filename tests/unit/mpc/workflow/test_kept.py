"""What stays at the nodes and is used by a later task: whatever is made of shares, of any family, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mpc.arrays.interface import SecureArray, concatenate, share, where
from mpc.backends.choice import RELEASED, opened
from mpc.functions.extremes import argmin_one_hot
from mpc.programs import catalogue
from mpc.programs.catalogue import CATALOGUE
from mpc.workflow import graph, planning, runner
from mpc.workflow.context import Implementation, StepContext
from mpc.workflow.frames import share_stacked
from mpc.workflow.graph import DataSet, Workflow, problems
from mpc.workflow.kept import dump, kind_in, load
from mpc.workflow.program import Disclosure, InputPort, OutputPort, Program
from mpc.workflow.runner import WorkflowResult, run_workflow
from mpc.workflow.values import Model, PrivateTable, SharedTable, Stacked, Value
from protocol import canonical
from protocol.contract import Step
from protocol.errors import TallyError
from protocol.programs import Words
from protocol.sources import KEPT_KIND, family_of
from tests.patience import scaled
from tests.unit.mpc.simulation import SEATS, FakeSession, run_sessions
from tests.unit.mpc.simulation import opened as shown
from tests.unit.mpc.workflow.test_runner import reconstruct

COMMITTEE = ("bank", "neutral", "shop")
NAMES = ("income", "age")
WORDS = Words("test", "测试")
TREE = "model:tree"
RNG = np.random.default_rng(9)
ROWS = np.vstack([RNG.normal(c, 0.4, (12, 2)) for c in ((-3, 2), (3, -2))])[RNG.permutation(24)]
NEW = RNG.uniform(-4, 4, (10, 2))
SETS = (DataSet("b", "bank", NAMES), DataSet("s", "shop", NAMES))
STACK = Step("stack", "table.stack@1.0.0", (), (("tables", ("b", "s")),))


def with_rows(rows: SecureArray, found: SecureArray) -> SecureArray:
    """Beside each row's first entry, by which the test knows it: a stack mixes rows."""
    return concatenate([rows[:, :1], found.reshape(-1, 1)], axis=1)


def in_order(values: Any) -> Any:
    """The second column, in the order of ``NEW``."""
    place = np.abs(values[:, :1] - NEW[None, :, 0]).argmin(axis=0)
    return values[place, 1]


async def assign(context: StepContext) -> dict[str, Value]:
    """The nearest of kept centres, for new rows."""
    (centres,), (tables,) = context.inputs["centres"], context.inputs["tables"]
    assert isinstance(centres, SecureArray)
    assert isinstance(tables, Stacked)
    rows = share_stacked(context, tables, 18, 8)
    norms = centres.multiply(centres).sum(axis=1)
    members = argmin_one_hot(norms.reshape(1, -1) - 2 * (rows @ centres.T), axis=1)
    found = (members * np.arange(centres.shape[0])).sum(axis=1, limit=centres.shape[0])
    return {"nearest": with_rows(rows, found)}


async def grow(context: StepContext) -> dict[str, Value]:
    """A tree of one split: at the mean of the first column, with the mean of the second on either side."""
    (tables,) = context.inputs["tables"]
    assert isinstance(tables, Stacked)
    rows = share_stacked(context, tables, 18, 8)
    split = rows[:, 0].mean()
    right = rows[:, 0] >= split
    leaves = {"left": (1 - right), "right": right}
    arrays = {name: (side * rows[:, 1]).sum().multiply(1 / 12) for name, side in leaves.items()}
    mine = {"rows": sum(0 if table.values is None else len(table.values) for table in tables.tables)}
    return {"tree": Model("tree", {"split": split, **arrays}, {"depth": 1, "column": tables.columns[0]}, mine)}


async def descend(context: StepContext) -> dict[str, Value]:
    """The leaf of each row; says how many rows the party had in training."""
    (tree,), (tables,) = context.inputs["model"], context.inputs["tables"]
    assert isinstance(tree, Model)
    assert isinstance(tables, Stacked)
    assert tree.public == {"depth": 1, "column": NAMES[0]}
    context.disclose("own", tree.private["rows"])
    rows = share_stacked(context, tables, 18, 8)
    found = where(rows[:, 0] >= tree.arrays["split"], tree.arrays["right"], tree.arrays["left"])
    return {"leaves": with_rows(rows, found)}


def program(name: str, inputs: tuple[InputPort, ...], output: OutputPort) -> Program:
    base = CATALOGUE["kmeans@1.0.0"]
    return replace(base, program=f"{name}@1.0.0", inputs=inputs, outputs=(output,), parameters=(), disclosures=())


TABLES = InputPort("tables", ("stacked",), WORDS)
PROGRAMS: dict[str, tuple[Program, Implementation]] = {
    found.program: (found, run)
    for found, run in (
        (
            program(
                "test.assign",
                (InputPort("centres", ("shares",), WORDS), TABLES),
                OutputPort("nearest", "shares", WORDS, "per-person"),
            ),
            assign,
        ),
        (program("test.grow", (TABLES,), OutputPort("tree", TREE, WORDS, "held")), grow),
        (
            program(
                "test.descend",
                (InputPort("model", (TREE,), WORDS), TABLES),
                OutputPort("leaves", "shares", WORDS, "per-person"),
            ),
            descend,
        ),
    )
}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's programs beside the catalogue's: the engine is not told in any other way."""
    own = (Disclosure("own", "itself", WORDS),)
    known = {name: (replace(found, disclosures=own), run) for name, (found, run) in PROGRAMS.items()}
    find, implementation = catalogue.find, catalogue.implementation
    for module in (graph, runner, planning):
        monkeypatch.setattr(module, "find", lambda name: known[name][0] if name in known else find(name))
    monkeypatch.setattr(
        runner, "implementation", lambda name: known[name][1] if name in known else implementation(name)
    )


def execute(flow: Workflow, rows: Any, kept: list[Mapping[str, bytes]] | None = None) -> list[WorkflowResult]:
    half = len(rows) // 2

    async def party(session: FakeSession) -> Any:
        place = session.pid // 2
        own = rows[place * half : (place + 1) * half]
        table = PrivateTable(tuple(map(str, range(half))), dict(zip(NAMES, own.T, strict=True)))
        mine = {} if session.pid == 1 else {"bs"[place]: table}
        models = None if kept is None else kept[session.pid]
        return await run_workflow(session, flow, mine, deadline=scaled(30), models=models)  # type: ignore[arg-type]

    found = run_sessions(COMMITTEE, party)
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found  # type: ignore[return-value]


def second(program: str, port: str, kind: str) -> Workflow:
    inputs = ((port, ("old",)), ("tables", ("stack.stacked",)))
    name = CATALOGUE[program].outputs[0].name if program in CATALOGUE else PROGRAMS[program][0].outputs[0].name
    return Workflow(
        COMMITTEE, SETS, (STACK, Step("use", program, (), inputs)), (f"use.{name}",), models=(("old", kind),)
    )


CLUSTER = Workflow(
    COMMITTEE,
    SETS,
    (STACK, Step("fit", "kmeans@1.0.0", (("clusters", 2), ("iterations", 4)), (("tables", ("stack.stacked",)),))),
    ("fit.sizes", "fit.centroids"),
    keeps=("fit.centroids",),
)
GROWN = Workflow(
    COMMITTEE, SETS, (STACK, Step("fit", "test.grow@1.0.0", (), (("tables", ("stack.stacked",)),))), (), keeps=("fit.tree",)
)  # fmt: skip


def parts(results: list[WorkflowResult], source: str) -> list[Mapping[str, bytes]]:
    return [{"old": dict(result.kept)[source]} for result in results]


def test_cluster_centres_stay_as_shares_and_a_later_task_assigns_new_rows_to_them() -> None:
    first = execute(CLUSTER, ROWS)
    centres = reconstruct(first)["fit.centroids"]
    kept = parts(first, "fit.centroids")
    assert {kind_in(part["old"]) for part in kept} == {"shares"}
    again = execute(second("test.assign@1.0.0", "centres", "shares"), NEW, kept)
    nearest = ((NEW[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert np.array_equal(in_order(reconstruct(again)["use.nearest"]), nearest)


def test_a_tree_stays_with_what_is_public_of_it_and_what_is_each_partys_own() -> None:
    first = execute(GROWN, ROWS)
    kept = parts(first, "fit.tree")
    assert {kind_in(part["old"]) for part in kept} == {TREE}
    again = execute(second("test.descend@1.0.0", "model", TREE), NEW, kept)
    split = ROWS[:, 0].mean()
    right = ROWS[:, 0] >= split
    expected = np.where(NEW[:, 0] >= split, ROWS[right, 1].sum() / 12, ROWS[~right, 1].sum() / 12)
    np.testing.assert_allclose(in_order(reconstruct(again)["use.leaves"]), expected, atol=1e-4)
    assert [dict(result.steps[1].disclosed) for result in again] == [{"own": 12}, {"own": 0}, {"own": 12}]


@pytest.mark.parametrize(
    ("program", "port", "kind", "code"),
    [
        ("score.glm@1.0.0", "model", TREE, "workflow.model_family"),
        ("test.descend@1.0.0", "model", "model:linear", "workflow.model_family"),
        ("score.glm@1.0.0", "model", "shares", "workflow.kind"),
        ("test.assign@1.0.0", "centres", TREE, "workflow.kind"),
    ],
)
def test_a_port_refuses_what_its_program_cannot_read(program: str, port: str, kind: str, code: str) -> None:
    flow = replace(second(program, port, kind), outputs=())
    assert {problem.code for problem in problems(flow)} == {code}


def test_a_part_of_another_kind_than_the_contract_names_is_refused() -> None:
    kept = parts(execute(CLUSTER, ROWS), "fit.centroids")
    with pytest.raises(TallyError, match=r"model\.malformed"):
        execute(second("test.descend@1.0.0", "model", TREE), NEW, kept)


@pytest.mark.parametrize(("source", "fits"), [("fit.centroids", True), ("stack.stacked", False), ("fit.none", False)])
def test_only_what_is_made_of_shares_can_stay(source: str, fits: bool) -> None:
    assert [p.code for p in problems(replace(CLUSTER, keeps=(source,)))] == ([] if fits else ["workflow.not_kept"])


def test_every_output_of_the_catalogue_that_is_made_of_shares_can_stay() -> None:
    kinds = {port.kind for found in CATALOGUE.values() for port in found.outputs}
    assert {kind for kind in kinds if not KEPT_KIND.fullmatch(kind)} == {"aligned", "stacked", "table"}
    assert {family_of(kind) for kind in kinds} == {"", "forest", "linear", "scorecard"}


def values(backend: Any, pid: int) -> dict[str, Value]:
    """One of each kind, with scales and shapes that differ."""
    made = [
        share(backend, RNG_ARRAYS[shape] if pid == 0 else None, shape=shape, owner=0, fraction_bits=bits, limit=9)
        for shape, bits in (((2, 3), 18), ((4,), 30), ((), 0), ((0, 2), 7))
    ]
    return {
        "shares": made[1],
        "shared": SharedTable(("x", "y", "z"), made[0], 1),
        "model:tree": Model("tree", {"a": made[2], "b": made[3], "c": made[1]}, {"n": 3, "names": ["q"]}, {"m": "0.5"}),
    }


RNG_ARRAYS: dict[tuple[int, ...], Any] = {
    shape: np.random.default_rng(2).integers(-8, 8, shape).astype(float) for shape in ((2, 3), (4,), (), (0, 2))
}


@pytest.mark.parametrize("seat", [pytest.param(seat, id=seat.facts.name) for seat in RELEASED.seats])
def test_what_stays_comes_back_the_same_and_anything_else_is_refused(seat: Any) -> None:
    async def party(session: FakeSession) -> Any:
        backend = opened(SEATS[seat.facts.name], session)  # type: ignore[arg-type]
        for kind, value in values(backend, session.pid).items():
            data = await dump(backend, value)
            back = load(backend, data, kind)
            assert type(back) is type(value)
            if isinstance(back, Model) and isinstance(value, Model):
                assert (back.family, back.public, back.private) == (value.family, value.public, value.private)
            if isinstance(back, SharedTable) and isinstance(value, SharedTable):
                assert (back.columns, back.train_rows) == (value.columns, value.train_rows)
            for name, array in runner.arrays_of(value).items():
                same = runner.arrays_of(back)[name]
                assert (same.shape, same.fraction_bits, same.bound) == (array.shape, array.fraction_bits, array.bound)
                assert np.array_equal(await shown(same), await shown(array))
            for other in {"shares", "shared", "model:tree", "model:linear"} - {kind}:
                with pytest.raises(TallyError):
                    load(backend, data, other)
            for change in ("format", "kind", "arrays", "public", "private"):
                whole: Any = canonical.loads(data, 1 << 20)
                whole[change] = "?"
                with pytest.raises(TallyError):
                    load(backend, canonical.dumps(whole), kind)
        await backend.cancel()
        return True

    assert run_sessions(COMMITTEE, party) == [True, True, True]
