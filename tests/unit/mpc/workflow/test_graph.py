"""Which workflows can run: every problem has a code and a fix, and all are found at once."""

from dataclasses import replace
from typing import Any

import pytest

from mpc.workflow.graph import DataSet, Workflow, check, problems
from protocol.contract import Step
from protocol.errors import TallyError
from protocol.sources import split_source
from tests.unit.mpc.workflow.test_runner import BANK, COMMITTEE, SHOP, step, workflow

GOOD = workflow(("fit.coefficients", "test.auc"))


def codes(flow: Workflow) -> list[str]:
    return [problem.code for problem in problems(flow)]


def with_step(place: int, changed: Step) -> Workflow:
    steps = list(GOOD.steps)
    steps[place] = changed
    return replace(GOOD, steps=tuple(steps))


def test_the_demo_workflow_is_sound() -> None:
    assert problems(GOOD) == ()
    assert GOOD.protection_level == 3  # the alignment's
    assert GOOD.wanted("fit") == {"coefficients", "scores", "labels"}
    assert GOOD.wanted("align") == {"aligned"}


@pytest.mark.parametrize(
    ("flow", "code"),
    [
        (replace(GOOD, outputs=("fit.weights",)), "workflow.unknown_output"),
        (replace(GOOD, outputs=("nowhere.auc",)), "workflow.unknown_output"),
        (replace(GOOD, outputs=("align.aligned",)), "workflow.private_output"),
        (replace(GOOD, outputs=("scale.features",)), "workflow.private_output"),
        (replace(GOOD, outputs=("align.aligned.default",)), "workflow.unknown_output"),
        (replace(GOOD, committee=("bank", "shop", "third")), None),
        (replace(GOOD, committee=("bank", "neutral", "other")), None),
        (replace(GOOD, committee=("first", "neutral", "other")), None),
        (replace(GOOD, committee=("bank", "shop")), "program.parties"),
        (replace(GOOD, committee=(*COMMITTEE, *(f"p{i}" for i in range(7)))), "program.parties"),
        (with_step(0, step("align", "psi.align@2.0.0", tables=(BANK, SHOP))), "program.unknown"),
        (with_step(0, step("align", "psi.align@1.0.0", tables=(BANK,))), "workflow.input_count"),
        (with_step(0, step("align", "psi.align@1.0.0", tables=(BANK, "none"))), "workflow.unknown_source"),
        (
            with_step(0, step("align", "psi.align@1.0.0", {"speed": 1}, tables=(BANK, SHOP))),
            "program.unknown_parameter",
        ),
        (
            with_step(0, step("align", "psi.align@1.0.0", {"minimum_matches": 1}, tables=(BANK, SHOP))),
            "program.parameter",
        ),
        (with_step(0, step("align", "psi.align@1.0.0", tables=(BANK, SHOP), rows=BANK)), "workflow.unknown_input"),
        (with_step(1, step("scale", "feature.standardize@1.0.0", tables=BANK)), "workflow.kind"),
        (with_step(1, step("scale", "feature.standardize@1.0.0", tables="fit.scores")), "workflow.unknown_source"),
        (
            with_step(2, step("fit", "glm.logistic@1.0.0", features="scale.features", label="align.aligned")),
            "workflow.kind",
        ),
        (with_step(2, step("fit", "glm.logistic@1.0.0", features="scale.features")), "workflow.input_count"),
        (
            with_step(3, step("test", "eval.binary@1.0.0", scores="fit.scores", labels="scale.features")),
            "workflow.kind",
        ),
    ],
)
def test_problems_have_codes_and_fixes(flow: Workflow, code: str | None) -> None:
    if code is None:
        assert problems(flow) == ()
        return
    assert code in codes(flow)
    assert all(problem.fix for problem in problems(flow))
    with pytest.raises(TallyError):
        check(flow)


def test_owners_only_committees_have_no_helper() -> None:
    third = DataSet("visits-" + "c" * 32, "neutral", ("visits",))
    assert "workflow.no_dataless_party" in codes(replace(GOOD, data_sets=(*GOOD.data_sets, third)))


def test_all_problems_are_found_at_once() -> None:
    broken = replace(
        GOOD,
        outputs=("fit.coefficients", "test.f1"),
        steps=(
            *GOOD.steps[:2],
            step("fit", "glm.logistic@1.0.0", {"c": "-1"}, features="scale.features"),
            GOOD.steps[3],
        ),
    )
    assert {"program.parameter", "workflow.unknown_source", "workflow.unknown_output"} <= set(codes(broken))


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("align.aligned.default", ("align", "aligned", "default")),
        ("align.aligned.bank.default", ("align", "aligned", "bank.default")),
        ("fit.scores", ("fit", "scores", "")),
        (BANK, (BANK, "", "")),
    ],
)
def test_sources_split(source: str, parts: Any) -> None:
    assert split_source(source) == parts
