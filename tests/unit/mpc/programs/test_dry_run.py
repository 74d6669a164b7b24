"""What a check before signing says, and what the run then refuses at the owner, are one rule: every program, ugly tables."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import mpc
from mpc import faults
from mpc.backends.fast.backend import HEADROOM
from mpc.programs.catalogue import alone_of, find, implementation
from mpc.workflow import dry_run as module
from mpc.workflow import runner
from mpc.workflow.dry_run import DryRun, dry_run
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import PrivateTable
from protocol.backends import FAST
from protocol.data_faults import RULES
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import PARTIES
from tests.unit.mpc.programs.test_every_program import ASKED, CASES, execute
from tests.unit.mpc.workflow.test_runner import BANK, SHOP, tables, workflow
from tests.unit.mpc.workflow.test_runner import execute as run_all
from tests.unit.mpc.workflow.test_runner import step as step_of

Spoil = Callable[[Any], Any]


def first(value: float) -> Spoil:
    def spoil(values: Any) -> Any:
        found = np.array(values, dtype=float)
        found.reshape(-1)[0] = value
        return found

    return spoil


UGLY: dict[str, Spoil] = {
    "as it is": lambda values: values,
    "null": first(np.nan),
    "huge": first(1e12),
    "beyond 16": first(500.0),
    "negative": first(-1.0),
    "fraction": first(1.5),
    "other class": lambda values: np.asarray(values, dtype=float) + 1,
    "constant": lambda values: np.ones_like(np.asarray(values, dtype=float)),
    "tiny": lambda values: np.asarray(values, dtype=float) * 1e-6,
}
NEVER_LOCAL = {"card", "binary evaluation", "multiclass evaluation", "regression evaluation"}
"""Their owners' rows are shares already; here the test's own sharing stands for an earlier step."""
LOCAL = [name for name in CASES if name not in NEVER_LOCAL]


OF_ALL_ROWS: dict[str, Callable[[str], bool]] = {
    code: lambda name: "rows" in name or "federated" in name
    for code in ("label.one_class", "label.missing_class", "label.all_zero")
}
"""What only all owners' rows together tell: a run opens the bit before it trains."""


class Kept:
    def __init__(self) -> None:
        self.found: list[TallyError] = []

    def keep(self, fault: TallyError) -> None:
        self.found.append(fault)

    @property
    def stops(self) -> list[TallyError]:
        return [fault for fault in self.found if fault.code not in RULES or not RULES[fault.code].notice]


def at_the_bank(name: str, spoil: Spoil) -> None:
    """The step at one owner alone, as it would run there."""
    program, build, parameters = CASES[name]
    found = find(f"{program}@1.0.0")
    session = SimpleNamespace(names=PARTIES, committee=PARTIES, pid=0, progress=lambda *_: None)
    backend: Any = module._Shapes(FAST, HEADROOM)
    wanted = ASKED.get(name) or [port.name for port in found.outputs]
    context = module._Context(
        session=session,  # type: ignore[arg-type]
        backend=backend,
        program=found,
        step="step",
        parameters=found.validate_params(dict(parameters)),
        inputs={port.name: () for port in found.inputs} | build(spoil)("bank", backend),
        wanted=frozenset(wanted),
        minimum_group=0,
    )
    if found.rows_stay:
        alone_of(found.program)(context, {"bank-set": 24, "shop-set": 24}, np.arange)
    else:
        asyncio.run(implementation(found.program)(context))


def tried(name: str, spoil: Spoil) -> Kept:
    """What the check keeps of it."""
    kept = Kept()
    with faults.kept(kept):
        try:
            at_the_bank(name, spoil)
        except TallyError as error:
            kept.keep(error)
    return kept


def assert_one_rule(name: str, ugly: str, run: Callable[[str, Spoil], Any]) -> None:
    said = tried(name, UGLY[ugly]).stops
    try:
        run(name, UGLY[ugly])
    except TallyError as error:
        if error.code in OF_ALL_ROWS and OF_ALL_ROWS[error.code](name):
            return
        same = next(fault for fault in said if fault.code == error.code)
        assert same.details == error.details
        assert error.code in RULES or ugly == "null"  # psi.align and table.stack let no null come to a later step
    else:
        assert said == []


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", LOCAL)
def test_what_is_refused_is_what_was_found_before_and_a_clean_check_is_followed_by_no_refusal(name: str) -> None:
    for ugly in UGLY:
        assert_one_rule(name, ugly, at_the_bank)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", LOCAL)
def test_a_run_with_peers_refuses_the_same(name: str) -> None:
    ugly = list(UGLY)[1 + LOCAL.index(name) % (len(UGLY) - 1)]
    assert_one_rule(name, ugly, execute)


@pytest.mark.walk
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("ugly", UGLY)
@pytest.mark.parametrize("name", LOCAL)
def test_every_run_with_peers_refuses_the_same(name: str, ugly: str) -> None:
    assert_one_rule(name, ugly, execute)


# -- whole workflows ---------------------------------------------------------------------------------------------


def check(flow: Workflow, me: str, own: dict[str, PrivateTable], others: dict[str, int]) -> DryRun:
    rows = others | {name: len(table.ids) for name, table in own.items()}
    return asyncio.run(dry_run(flow, me, own, rows))


def codes(found: DryRun) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(item.step, item.code, item.columns) for item in found.findings if not item.notice}


def spoilt(**columns: Any) -> PrivateTable:
    bank, _ = tables(60)
    return PrivateTable(bank.ids, {**bank.columns, **columns})


def test_everything_is_said_at_once_with_step_data_set_column_and_count() -> None:
    age = np.array(tables(60)[0].columns["age"])
    age[[3, 4]] = np.nan
    label = np.array(tables(60)[0].columns["default"]) + 1
    found = check(
        workflow(("fit.coefficients",)),
        "bank",
        {BANK: spoilt(age=age, default=label, income=np.full(60, 7.0))},
        {SHOP: 60},
    )
    assert codes(found) == {
        ("align", "input.null", ("age",)),
        ("scale", "standardize.constant_column", ("income",)),
        ("fit", "frame.label", ("default",)),
    }
    assert {item.code: item.rows for item in found.findings} == {
        "input.null": 2, "standardize.constant_column": None, "frame.label": int((label != 1).sum()),
    }  # fmt: skip
    assert all(item.data_sets == (BANK,) for item in found.findings)
    assert not any(item.drawn for item in found.findings)
    assert found.untried == ()


def test_text_is_no_feature_even_where_it_spells_a_number_and_nothing_else_is_said_of_it() -> None:
    text = np.array([str(at) for at in range(60)], dtype=object)
    found = check(workflow(("fit.coefficients",)), "bank", {BANK: spoilt(age=text)}, {SHOP: 60})
    assert codes(found) == {("align", "input.kind", ("age",))}


def test_a_minimum_group_that_the_own_rows_cannot_reach() -> None:
    flow = Workflow(
        **{**{f: getattr(workflow(("fit.coefficients",)), f) for f in Workflow.__slots__}, "minimum_group": 61}
    )
    found = check(flow, "bank", {BANK: spoilt()}, {SHOP: 90})
    assert ("align", "psi.too_few_matches", ()) in codes(found)


def test_a_rule_that_depends_on_the_drawn_order_says_so() -> None:
    rare = np.zeros(60)
    rare[7] = 1.0  # in the test rows for some orders: constant in the training rows
    flow = workflow(("fit.coefficients",))
    found = check(flow, "bank", {BANK: spoilt(age=rare)}, {SHOP: 60})
    (finding,) = [item for item in found.findings if item.code == "standardize.constant_column"]
    assert finding.drawn


def test_the_other_owners_columns_are_never_spoken_of_and_nothing_is_sent() -> None:
    found = check(workflow(("fit.coefficients",)), "shop", {SHOP: tables(60)[1]}, {BANK: 60})
    assert found == DryRun((), ())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(6))
def test_a_random_table_is_refused_by_the_run_for_one_of_the_reasons_found(seed: int) -> None:
    dice = np.random.default_rng(seed)
    bank, shop = tables(60)
    columns = {name: np.array(values, dtype=float) for name, values in bank.columns.items()}
    for values in columns.values():
        match dice.integers(5):
            case 0:
                values[dice.integers(60)] = np.nan
            case 1:
                values[:] = 1.0
            case 2:
                np.add(values, 1, out=values)
    own = PrivateTable(bank.ids, columns)
    flow = workflow(("fit.coefficients",))
    said = {(item.code, item.columns) for item in check(flow, "bank", {BANK: own}, {SHOP: 60}).findings}
    results = run_all(flow, {"bank": {BANK: own}, "shop": {SHOP: shop}})
    error = results[0]
    if isinstance(error, TallyError):
        assert (error.code, tuple(error.details["columns"])) in said  # type: ignore[arg-type]
    else:
        assert said == set()


def test_a_run_with_peers_never_keeps_a_fault_instead_of_raising_it() -> None:
    """Attack on I12: what collects faults for the dry run would let bad values out if it were in force at a run."""
    bank, shop = tables(40)
    bank.columns["default"][0] = 5.0  # type: ignore[index]
    with faults.kept(Kept()):
        results = run_all(workflow(("fit.coefficients",)), {"bank": {BANK: bank}, "shop": {SHOP: shop}})
    assert any(isinstance(result, TallyError) and result.code == "workflow.dry" for result in results)


def test_a_slip_of_ours_in_one_step_is_told_without_its_words_and_stops_neither_check_nor_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(program: str) -> Any:
        async def run(_: Any) -> Any:
            raise ValueError("CANARY 4711")

        return run if program.startswith("feature.") else implementation(program)

    monkeypatch.setattr(runner, "implementation", broken)
    found = check(workflow(("fit.coefficients",)), "bank", {BANK: spoilt()}, {SHOP: 60})
    assert [(item.step, item.code, item.notice) for item in found.findings] == [("scale", "step.untried", True)]
    assert "ValueError" in found.findings[0].what
    assert "CANARY" not in repr(found)
    assert found.untried == ("scale", "fit", "test")


def test_two_own_tables_that_cannot_be_aligned_are_said() -> None:
    flow = workflow(("fit.coefficients",))
    sets = (DataSet(BANK, "bank", ("age", "default", "income")), DataSet(SHOP, "bank", ("orders", "returns")))
    both = Workflow(flow.committee, sets, flow.steps, flow.outputs)
    bank, shop = tables(60)
    found = asyncio.run(dry_run(both, "bank", {BANK: bank, SHOP: shop}, {BANK: 60, SHOP: 60}))
    assert ("align", "psi.one_table_per_owner", ()) in codes(found)


def test_every_rule_can_be_met() -> None:
    """Each code of the table is raised or noticed somewhere."""
    root = Path(mpc.__file__).parents[1]
    text = "".join(path.read_text("utf-8") for room in ("mpc", "workers") for path in (root / room).rglob("*.py"))
    assert [code for code in RULES if f'"{code}"' not in text] == []


def test_stacked_rows_and_a_table_of_groups() -> None:
    names = ("g", "y")
    flow = Workflow(
        PARTIES,
        (DataSet(BANK, "bank", names), DataSet(SHOP, "shop", names)),
        (
            step_of("stack", "table.stack@1.0.0", {"order": "kept"}, tables=(BANK, SHOP)),
            step_of(
                "by", "stats.groupby@1.0.0", {"groups": 3, "limit": "10"}, tables="stack.stacked", by="stack.stacked.g"
            ),
        ),
        ("by.mean",),
        minimum_group=5,
    )
    rows = np.array([0] * 20 + [1] * 2 + [2] * 8, dtype=float)
    own = PrivateTable(tuple(map(str, range(30))), {"g": rows, "y": np.linspace(0, 12, 30)})
    found = check(flow, "bank", {BANK: own}, {SHOP: 40})
    assert codes(found) == {("by", "stats.beyond_limit", ("y",))}
    (hidden,) = [item for item in found.findings if item.notice]
    assert (hidden.code, hidden.details["groups"]) == ("group.hidden", 1)
