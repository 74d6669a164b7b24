"""Two tables of one task over the same people: refused where a minimum group is agreed, whatever the programs."""

from dataclasses import replace

import pytest

from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.graph import DataSet, Workflow, problems
from protocol.contract import Step
from protocol.grouping import CODE, by_groups, what

KNOWN = {name: program.published() for name, program in CATALOGUE.items()}
SETS = (DataSet("a-set", "bank", ("x", "town", "province")), DataSet("b-set", "shop", ("y",)))
ALIGN = Step("align", "psi.align@1.0.0", (), (("tables", ("a-set", "b-set")),))


def grouped(name: str, column: str) -> Step:
    by = f"align.aligned.bank.{column}"
    return Step(name, "stats.groupby@1.0.0", (("groups", 8),), (("tables", ("align.aligned",)), ("by", (by,))))


FLOW = Workflow(
    ("bank", "neutral", "shop"), SETS, (ALIGN, grouped("towns", "town"), grouped("provinces", "province")),
    ("towns.sum", "provinces.sum"), 5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, [CODE]),
        ({"minimum_group": 0}, []),
        ({"outputs": ("towns.sum", "towns.count")}, []),
        ({"outputs": ("towns.sum", "provinces.shown")}, []),
    ],
    ids=["nested groups", "no group", "one table", "marks of the other"],
)
def test_attack_groups_inside_groups(change: dict[str, object], codes: list[str]) -> None:
    """A town that hides is its province less the other towns."""
    assert [error.code for error in problems(replace(FLOW, **change))] == codes


def test_all_that_groups_by_values_counts() -> None:
    by_values = {
        name
        for name, found in KNOWN.items()
        if any(port.values in ("levels", "genotypes", "keyed") for port in found.inputs)
    }
    cells = {name for name in by_values if any(port.support == "cells" for port in KNOWN[name].outputs)}
    assert cells == {
        "stats.crosstab@1.0.0",
        "stats.groupby@1.0.0",
        "feature.woe_iv@1.0.0",
        "eval.stability@1.0.0",
        "gwas.assoc@1.0.0",
        "reconcile.flows@1.0.0",
    }
    for name in sorted(cells):
        port = next(port.name for port in KNOWN[name].outputs if port.support == "cells")
        steps = (Step("one", name, (), ()), Step("two", name, (), ()))
        assert by_groups(steps, (f"one.{port}", f"two.{port}"), KNOWN, 2) == ("one", "two")
        assert by_groups(steps, (f"one.{port}",), KNOWN, 2) == ()
        assert by_groups(steps, (f"one.{port}", f"two.{port}"), {}, 2) == ()
    assert "one, two" in what(("one", "two")).english
    assert "one、two" in what(("one", "two")).chinese
