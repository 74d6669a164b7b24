"""Rows matched by several columns together: alignments and joins give what a dictionary of these columns gives."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mpc.programs.axes import columns_of
from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import Aligned, PrivateTable, SharedTable, Source
from protocol import columns
from protocol.catalogue import Column
from protocol.contract import Input, Step
from protocol.errors import TallyError
from protocol.programs import Words
from tests.unit.mpc.programs.steps import PARTIES, Outcome, run_step

KEYS = ("ward", "day")
GIVEN = {"keys": "ward, day"}
Rows = Sequence[tuple[str, int, float]]
BANK: Rows = [("a", 1, 0.5), ("a", 2, 1.5), ("b", 1, 2.5), ("b", 2, 3.5), ("c", 1, 4.5)]
SHOP: Rows = [("c", 1, 9.0), ("a", 2, 8.0), ("a", 11, 7.0), (" b", 1, 6.0)]
COMMON = {(1.5, 8.0), (2.5, 6.0), (4.5, 9.0)}


def source(me: str, owner: str, rows: Rows, name: str, column: str) -> Source:
    """Rows without an identifier: they stand by their place."""
    cells = {
        "ward": np.array([row[0] for row in rows], dtype=object), "day": np.array([float(row[1]) for row in rows]),
        column: np.array([row[2] for row in rows]),
    }  # fmt: skip
    table = PrivateTable(tuple(map(str, range(len(rows)))), cells)
    return Source(name, owner, ("day", "ward", column), table if me == owner else None)


def tables(bank: Rows = BANK, shop: Rows = SHOP, label: Rows = ()) -> Any:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        found = (source(me, "bank", bank, "bank-set", "a"), source(me, "shop", shop, "shop-set", "b"))
        return {"tables": found} | ({"label": (source(me, "bank", label, "label-set", "y"),)} if label else {})

    return inputs


def joined(outcome: Outcome) -> Any:
    found = outcome.values["joined"]
    assert isinstance(found, SharedTable)
    return found.columns, {tuple(row) for row in outcome.opened["joined"].round(4).tolist()}


def test_an_alignment_by_two_columns() -> None:
    seen: dict[str, Any] = {}
    for owner in ("bank", "shop"):  # the first party's outcome is told: each owner is that once
        parties = (owner, "neutral", "shop" if owner == "bank" else "bank")
        found = run_step("psi.align@1.0.0", tables(), GIVEN, parties=parties).values["aligned"]
        assert isinstance(found, Aligned)
        assert found.rows == len(COMMON)
        assert [table.columns for table in found.tables] == [("a",), ("b",)]
        seen[owner] = next(table.values for table in found.tables if table.owner == owner)
    assert {row[0] for row in seen["bank"]} == {one for one, _ in COMMON}
    assert {row[0] for row in seen["shop"]} == {other for _, other in COMMON}


def test_a_join_by_two_columns_with_a_label() -> None:
    label: Rows = [("c", 1, 1.0), ("b", 1, 0.0), ("a", 1, 1.0), ("z", 1, 0.0)]
    given = {**GIVEN, "limit": "100"}
    assert joined(run_step("psi.join@1.0.0", tables(), given, wanted=["joined"])) == (("bank.a", "shop.b"), COMMON)
    outcome = run_step("psi.join@1.0.0", tables(label=label), given, wanted=["joined", "labels"])
    rows = np.column_stack([outcome.opened["joined"].round(4), outcome.opened["labels"]])
    assert sorted(rows.tolist()) == [[2.5, 6.0, 0.0], [4.5, 9.0, 1.0]]


@pytest.mark.parametrize("program", ["psi.align@1.0.0", "psi.join@1.0.0"])
def test_what_cannot_be_matched_is_refused(program: str) -> None:
    for made, given, code, told in (
        (tables([*BANK, ("a", 1, 9.0), ("a ", 2, 9.0)]), GIVEN, "psi.duplicate_key", 2),
        (tables([*BANK, ("", 1, 9.0)]), GIVEN, "input.null", 1),
        (tables(), {"keys": "ward, month"}, "psi.no_key", None),
        (tables(), {"keys": "ward,day"}, "program.columns", None),
        (tables(), {}, "input.kind", None),
    ):
        with pytest.raises(TallyError) as error:
            run_step(program, made, given, wanted=[])
        assert error.value.code == code
        assert error.value.fix
        assert error.value.details.get("rows") == told


def test_keys_are_no_columns_of_what_comes_out() -> None:
    """Neither in names of results, nor for the rule that looks at columns before anybody signs."""
    sets = (DataSet("bank-set", "bank", ("a", "day", "ward")), DataSet("shop-set", "shop", ("b", "day", "ward")))
    align = Step("join", "psi.align@1.0.0", (("keys", "ward, day"),), (("tables", ("bank-set", "shop-set")),))
    for program, output in (("psi.align@1.0.0", "aligned"), ("psi.join@1.0.0", "joined")):
        flow = Workflow(PARTIES, sets, (replace(align, program=program),), ())
        assert columns_of(flow, f"join.{output}") == ("bank.a", "shop.b")
    words = Words("column", "列")
    plain = (Column("a", "decimal", words, nullable=False), Column("b", "decimal", words, nullable=False))
    known = (*plain, Column("ward", "text", words, nullable=False), Column("day", "date", words, nullable=False))
    asked = tuple(Input(item.name, 1, item.owner, item.columns, ()) for item in sets)
    described = {name: program.published() for name, program in CATALOGUE.items()}
    after = Step("all", "stats.describe@1.0.0", (), (("table", ("join.aligned",)),))
    assert columns.examine(asked, (align, after), {item.name: known for item in sets}, described) == ()
    without = columns.examine(asked, (replace(align, parameters=()),), {item.name: known for item in sets}, described)
    assert {item.column for item in without} == {"", "ward", "day"}
