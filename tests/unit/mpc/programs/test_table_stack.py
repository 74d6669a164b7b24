"""Stacking: what stays, what becomes known, what is refused; also with owners outside the committee."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from mpc.workflow.values import PrivateTable, Source, Stacked
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import PARTIES, Outcome, run_step

ROWS = np.random.default_rng(3).normal(size=(40, 2))
SPLIT = {"bank": ROWS[:13], "shop": ROWS[13:]}


def stack(
    rows: Mapping[str, Any] = SPLIT, columns: Mapping[str, tuple[str, ...]] | None = None, **options: Any
) -> Outcome:
    def inputs(me: str, _: Any) -> dict[str, Any]:
        sources = []
        for owner, values in rows.items():
            names = (columns or {}).get(owner, ("a", "b"))
            table = PrivateTable(
                tuple(str(i) for i in range(len(values))), dict(zip(names, np.asarray(values).T, strict=True))
            )
            sources.append(Source(f"{owner}-set", owner, names, table if me == owner else None))
        return {"tables": tuple(sources)}

    return run_step("table.stack@1.0.0", inputs, **options)


def stacked(outcome: Outcome) -> Stacked:
    found = outcome.values["stacked"]
    assert isinstance(found, Stacked)
    return found


@pytest.mark.parametrize("backend", ["mpyc", "fast"])
def test_only_row_counts_become_known(backend: str) -> None:
    outcome = stack(backend=backend, parameters={"order": "kept"})
    table = stacked(outcome)
    assert [(part.owner, part.rows) for part in table.tables] == [("bank", 13), ("shop", 27)]
    assert table.columns == ("a", "b")
    assert np.array_equal(table.tables[0].values, SPLIT["bank"])
    assert table.tables[1].values is None
    assert outcome.disclosed == {"row_counts": 2}


def test_rows_are_shuffled_whole_and_anew_each_time() -> None:
    first, second = (stacked(stack()).tables[0].values for _ in range(2))
    assert first is not None
    assert second is not None
    assert not np.array_equal(first, second)
    for values in (first, second):
        assert np.array_equal(values[np.lexsort(values.T)], SPLIT["bank"][np.lexsort(SPLIT["bank"].T)])


def test_owners_outside_the_committee_take_part() -> None:
    rows = {"bank": ROWS[:7], "clinic": ROWS[7:20], "museum": ROWS[20:]}
    outcome = stack(rows, parties=(*PARTIES, "clinic", "museum"), outside=2)
    assert [part.rows for part in stacked(outcome).tables] == [7, 13, 20]


@pytest.mark.parametrize(
    ("rows", "columns", "group", "code"),
    [
        (SPLIT, {"shop": ("b", "a")}, 0, "stack.columns_differ"),
        (SPLIT, {"shop": ("a", "c")}, 0, "stack.columns_differ"),
        (SPLIT | {"shop": ROWS[:0]}, None, 0, "stack.empty_table"),
        (SPLIT, None, 41, "group.too_small"),
        ({"bank": ROWS[:13] * np.nan}, None, 0, "input.null"),
    ],
)
def test_what_is_refused(rows: Any, columns: Any, group: int, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        stack(rows, columns, minimum_group=group)
    assert caught.value.code == code
    assert caught.value.fix
