"""Plans before anybody signs: every program at its defaults, what has no room, and what a stranger's question may cost."""

import asyncio
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost.cases import BANK, COMMITTEE, SHOP, Case, at_defaults, cases
from chain.asking import StandBy
from mpc import plan
from mpc.programs.catalogue import CATALOGUE, code_digest
from mpc.workflow.planning import Fit, fit
from protocol.contract import Input, Output, RowFilter, Step, TaskContract
from protocol.plans import FAILURE_LIMIT, MEMORY, SECONDS, PlanAnswer, PlanQuestion, probability
from tests.unit.orchestrator import sample

ROOT = Path(__file__).parents[3]


def contract_of(case: Case, **changes: Any) -> TaskContract:
    """A task contract with a case's steps at the programs' defaults, for the owner of the first data set: some results are for it alone."""
    data_sets = case.workflow.data_sets
    inputs = tuple(
        Input(item.name, 1, item.owner, item.columns, ()) for item in sorted(data_sets, key=lambda item: item.name)
    )
    steps = tuple(
        replace(step, inputs=tuple(sorted(step.inputs)), parameters=tuple(sorted(step.parameters)))
        for step in case.workflow.steps
    )
    outputs = tuple(Output(name, (data_sets[0].owner,)) for name in sorted(case.workflow.outputs))
    return sample.contract(
        **{"committee": COMMITTEE, "inputs": inputs, "steps": steps, "outputs": outputs, "minimum_group": 0} | changes
    )


def question(contract: TaskContract, rows: dict[str, int], **codes: bytes) -> PlanQuestion:
    programs = {name: code_digest(name) for name in contract.programs} | codes
    return PlanQuestion(contract, tuple(sorted(rows.items())), tuple(sorted(programs.items())))


SMALL = cases([(400, 6, 2)])
FIRST = {case.steps[-1].program: case for case in reversed([*SMALL, *cases([(400, 6, 3)], ["federated"])])}


def test_every_program_has_a_case_that_is_planned_at_its_defaults() -> None:
    named = {step.program for case in [*SMALL, *FIRST.values()] for step in case.steps}
    assert named == set(CATALOGUE)


@pytest.mark.parametrize("case", [*FIRST.values()], ids=lambda case: case.steps[-1].program)
def test_programs_have_room_at_their_defaults(case: Case) -> None:
    """Through preflight's own question and answer, in this process."""
    case = at_defaults(case, case.steps[-1].program)
    asked = question(contract_of(case), case.sizes)
    assert PlanQuestion.read(asked.data()) == asked
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    answer = plan.answer(asked.data())
    assert answer.outcome == "room", answer
    assert [step.step for step in answer.steps] == [step.id for step in case.steps]
    assert answer.costs is not None
    assert answer.costs.traffic > 0
    assert float(probability(answer.costs.failure)) <= FAILURE_LIMIT
    assert PlanAnswer.read(answer.data()) == answer
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < SECONDS / 2


MANY = 40_000


def poisson(
    rows: int, filters: tuple[RowFilter, ...] = (), join: str = "table.stack"
) -> tuple[TaskContract, dict[str, int]]:
    """Of ranges so wide that tens of thousands of rows leave errors no places."""
    table = "join.stacked" if join == "table.stack" else "join.aligned"
    first = Step("join", f"{join}@1.0.0", (), (("tables", (BANK, SHOP)),))
    wide = (("limit", "64"), ("mean_limit", "256"))
    fit = Step("fit", "glm.poisson@1.0.0", wide, (("features", (table,)), ("label", (f"{table}.n",))))
    contract = sample.contract(
        committee=COMMITTEE, steps=(first, fit), outputs=(Output("fit.coefficients", ("hospital",)),),
        inputs=(Input(BANK, 1, "bank", ("age", "n"), filters), Input(SHOP, 1, "shop", ("age", "n"), ())),
    )  # fmt: skip
    return contract, {BANK: rows, SHOP: rows}


def test_poisson_on_too_many_rows_of_a_wide_range_is_refused_with_the_programs_own_sentence() -> None:
    """Regression: it was refused at the nodes, after 938 kB of shares had gone out."""
    found = plan.fits(*poisson(MANY)).refusal
    assert found is not None
    assert (found[0], found[1].code) == ("fit", "linear.headroom")
    assert "binary places" in found[1].what
    assert found[1].fix
    assert plan.fits(*poisson(300)).refusal is None


def test_where_fewer_rows_may_be_left_the_run_will_tell() -> None:
    """A filter or an alignment may leave few enough: what is not certain is no refusal; what has no room at any size is."""
    contract, rows = poisson(300, (RowFilter("age", "ge", "18"),))
    assert plan.fits(contract, {BANK: MANY, SHOP: 300}) == Fit()  # nor are costs of so many rows told
    found = plan.fits(contract, {BANK: 300, SHOP: MANY})
    assert found.refusal is not None  # no filter leaves a row of that table out
    widest = replace(contract.steps[1], parameters=(("limit", "1000"), ("mean_limit", "10000")))
    found = plan.fits(replace(contract, steps=(contract.steps[0], widest)), rows).refusal
    assert found is not None
    assert found[1].code in ("arrays.overflow", "linear.headroom")


def test_truncations_that_may_fail_too_often_have_no_room() -> None:
    (case,) = [item for item in cases([(20_000, 400, 2)], ["logistic"]) if item.layout == "aligned"]
    case = replace(case, steps=case.steps[:3], outputs=("fit.standard_errors", "fit.convergence"))
    found = asyncio.run(fit(case.workflow, case.sizes, case.sizes)).refusal
    assert found is not None
    assert found[1].code == "estimate.failure"
    assert f"{FAILURE_LIMIT:.1g}" in found[1].what


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda asked: b"{}", "json.missing_field"),
        (lambda asked: asked.data()[:-1], "json.malformed"),
        (lambda asked: replace(asked, programs=(("glm.poisson@1.0.0", bytes(32)),)).data(), "plan.other_code"),
        (lambda asked: replace(asked, programs=(("no.such@1.0.0", bytes(32)),)).data(), "program.unknown"),
        (lambda asked: replace(asked, rows=()).data(), "plan.keyerror"),
    ],
)
def test_what_cannot_be_planned_is_unknown_and_no_refusal(spoil: Any, code: str) -> None:
    answer = plan.answer(spoil(question(*poisson(MANY))))
    assert (answer.outcome, answer.code) == ("unknown", code)


def child(data: bytes, code: str = "-m mpc.plan") -> subprocess.CompletedProcess[bytes]:
    environment = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-P", *code.split(" ", 1)],
        input=data,
        capture_output=True,
        env=environment,
        check=False,
        timeout=150,
    )


@pytest.mark.timeout(400)
def test_attack_a_plan_that_would_take_for_ever_is_ended_by_the_kernel() -> None:
    """A stranger's contract of thousands of tiny batches: its processor seconds are bounded, whatever the machine's load."""
    (case,) = [item for item in cases([(8_000_000, 4, 2)], ["sgd-small"]) if item.layout == "aligned"]
    sooner = "-c from mpc import plan; plan.SECONDS = 2; plan.main()"
    done = child(question(contract_of(case), case.sizes).data(), sooner)
    assert -done.returncode in (signal.SIGXCPU, signal.SIGKILL)
    assert done.stdout == b""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_attack_a_stand_by_outlives_what_comes_to_its_bounds() -> None:
    """Each question has processor seconds of its own; the one that used them up takes nobody else's."""
    (case,) = [item for item in cases([(8_000_000, 4, 2)], ["sgd-small"]) if item.layout == "aligned"]
    standing = StandBy([sys.executable, "-P", "-m", "mpc.plan", "--stand-by"], PlanAnswer.LIMIT)
    try:
        assert standing.ask(question(contract_of(case), case.sizes).data(), 150) is None
        for _ in range(2):
            found = standing.ask(question(*poisson(MANY)).data(), 150)
            assert found is not None
            assert PlanAnswer.read(found).code == "linear.headroom"
        assert standing._child is not None
        assert standing._child.poll() is None
    finally:
        standing.close()


def test_a_stand_by_loads_every_program_without_mpyc() -> None:
    hidden = "-c import sys; sys.modules['mpyc'] = None; sys.argv[1:] = ['--stand-by']; from mpc.plan import main; sys.exit(main())"
    done = child(b"", hidden)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_attack_a_plan_that_would_take_all_memory_is_refused_by_the_kernel() -> None:
    """A thousand columns to choose from: pairs of pairs of columns would fill any machine."""
    names = tuple(f"x{i:04d}" for i in range(1000))
    steps = (
        Step("join", "psi.align@1.0.0", (), (("tables", (BANK, SHOP)),)),
        Step("best", "feature.select@1.0.0", (("rule", "variance"),), (("tables", ("join.aligned",)),)),
        Step("means", "stats.describe@1.0.0", (), (("table", ("best.selected",)),)),
    )
    inputs = (Input(BANK, 1, "bank", names, ()), Input(SHOP, 1, "shop", names, ()))
    contract = sample.contract(
        committee=COMMITTEE, steps=steps, inputs=inputs, outputs=(Output("means.mean", ("hospital",)),)
    )
    done = child(question(contract, {BANK: 1000, SHOP: 1000}).data())
    assert PlanAnswer.read(done.stdout) == PlanAnswer("unknown", code="plan.memory")
    assert MEMORY <= 2 * 1024**3


def test_the_process_needs_no_mpyc_which_a_coordinator_has_not() -> None:
    hidden = (
        "-c import sys; sys.modules['mpyc'] = None; import importlib.metadata as m; version = m.version\n"
        "def only(name):\n    assert name != 'mpyc'\n    return version(name)\n"
        "m.version = only\nfrom mpc.plan import main; sys.exit(main())"
    )
    done = child(question(*poisson(MANY)).data(), hidden)
    assert PlanAnswer.read(done.stdout).code == "linear.headroom", done.stderr.decode()[-2000:]
