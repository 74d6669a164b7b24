"""Measure every program at several shapes and compare with what is predicted: ``python -m benchmarks.cost_model``.

Three real processes over TLS links on the fast backend, owners beyond the committee in a fourth. Prints, for each step of each
case, the measured figure and predicted over measured: seconds by the descriptor's formula; bytes and memory by the plan. ``--grid``
says which shapes (``small``, ``medium``, ``wide``, ``large``, ``many`` owners; all of them unless named), ``--only`` which programs.
Status 1 when a plan is out by more than a factor of 2: bytes and memory do not depend on what else the machine does.

``--fit`` prints the seconds' formulas fitted to the figures, with the ranges that were measured, as ``description.py`` has them.
``--write`` keeps the measurement in results_cost.json, with its commit, against which tests hold formulas and plans. Seconds are those of
a machine with nothing else to do: see :mod:`benchmarks.cost.measure`.
"""

import argparse
import asyncio
import functools
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.cost.cases import Case, Size, case_of, cases
from benchmarks.cost.fit import fit
from benchmarks.cost.measure import Parties, seconds
from benchmarks.cost.ranges import measured_ranges, written
from benchmarks.engine.machine import commit
from mpc.programs.catalogue import CATALOGUE, cost_of
from mpc.workflow.planning import StepPlan, plan
from protocol.costs import Shape, variables_of

RESULTS = Path(__file__).with_name("results_cost.json")
SMALL: list[Size] = [(200, 5, 2), (1000, 24, 2), (4000, 10, 2)]
MEDIUM: list[Size] = [(30_000, 10, 2)]
LARGE: list[Size] = [(250_000, 8, 2)]
WIDE: list[Size] = [(300, 100, 2), (2000, 240, 2)]
MANY: list[Size] = [(400, 8, 5), (2000, 16, 4), (300, 6, 12), (30_000, 10, 3)]
SLOW = (
    "softmax", "softmax-five", "deciles", "describe", "gradient-linear", "gradient", "gradient-segments", "bound",
    "sgd-small", "kmeans-rows", "genotypes-many",
)  # fmt: skip
"""Not at medium size."""
LARGE_TOO = ("ridge", "join", "flows", "relations", "features", "kmeans-many", "logistic", "sgd")
MANY_TOO = ("genotypes", "federated", "join", "flows", "describe", "ridge", "relations")
MEASURES = ("seconds", "traffic", "memory")
PLANNED = ("traffic", "memory")
FLOORS = {"seconds": 1.0, "traffic": 2000.0, "memory": 0.0}
"""What nobody plans with: a factor of 2 of less than this does not matter. One second is what a run's start takes anyway."""
GRIDS = ("small", "many", "medium", "wide", "large")


def at_defaults(program: str, rows: int, columns: int, owners: int) -> dict[str, Any]:
    """Variables of a step on stacked rows."""
    return dict(CATALOGUE[program].published().cost_variables(rows, columns, owners, (), "stacked"))


KEPT = ("program", "case", "wall", "cpu", "slow", "traffic", "memory", "before", "failure", "rounds", "commit")


def measured_cases(grids: Iterable[str] = GRIDS) -> list[Case]:
    """What is measured: half an hour on a quiet machine for all grids."""
    every = {
        "small": lambda: cases(SMALL),
        "many": lambda: cases(MANY, MANY_TOO),
        "medium": lambda: [case for case in cases(MEDIUM) if case.name not in SLOW],
        "wide": lambda: [case for case in cases(WIDE) if case.name not in SLOW],
        "large": lambda: cases(LARGE, LARGE_TOO),
    }
    return [case for grid in grids for case in every[grid]()]


ELSEWHERE: list[dict[str, Any]] = [
    {"program": "glm.logistic@1.0.0", "seconds": 34.0, "variables": at_defaults("glm.logistic@1.0.0", 2_000_000, 20, 2)},
    {"program": "glm.logistic_federated@1.0.0", "seconds": 4.0,
     "variables": at_defaults("glm.logistic_federated@1.0.0", 2_100_000, 20, 3)},
    {"program": "gwas.assoc@1.0.0", "seconds": 4.7,
     "variables": at_defaults("gwas.assoc@1.0.0", 3_334, 6, 3) | {"variants": 500_000}},
]  # fmt: skip
"""Rows split_logistic and split_logistic_level2 of `python -m benchmarks engine`, and `python -m benchmarks association --group 10`: too
large to be measured here each time.
"""


def variables(case: Case) -> list[dict[str, Any]]:
    """What each step's formulas are evaluated at, as preflight does."""
    sets = {
        item.name: Shape(case.rows, len(item.columns), "table", frozenset({item.owner}))
        for item in case.workflow.data_sets
    }
    programs = {step.program: CATALOGUE[step.program].published() for step in case.steps}
    return [found for _, found in variables_of(case.steps, sets, programs)]


@functools.cache
def planned(case: Case) -> tuple[StepPlan, ...]:
    """What the steps take by plan."""
    return asyncio.run(plan(case.workflow, case.sizes))


def predicted(entry: dict[str, Any], measures: Iterable[str] = MEASURES) -> dict[str, float]:
    """Seconds by the descriptor, bytes and memory by the plan."""
    found: dict[str, float] = {}
    for what in measures:
        if what == "seconds":
            found[what] = CATALOGUE[entry["program"]].seconds.at(entry["variables"])
        else:
            found[what] = float(getattr(planned(case_of(tuple(entry["case"])))[entry["at"]], what))
    return found


def missed(entry: dict[str, Any], measures: Iterable[str] = MEASURES) -> list[str]:
    """The quantities that are not predicted within a factor of two. A step whose process was larger before shows an earlier one's
    memory: the plan may say less.
    """
    found: list[str] = []
    at = entry["variables"]
    for what, expected in predicted(entry, measures).items():
        ratio = (expected + FLOORS[what]) / (entry[what] + FLOORS[what])
        if (ratio < 0.5 and not (what == "memory" and not entry["own_memory"])) or ratio > 2:
            shape = f"{at['layout']} {at['rows']}x{at['columns']}"
            found.append(f"{entry['program']} {entry['case'][1]} {shape} {what} {ratio:.2f} of {entry[what]:.4g}")
    return found


def measured(chosen: Iterable[Case]) -> list[dict[str, Any]]:
    """All cases' steps with their variables; a case that its programs refuse is named and left out."""
    entries: list[dict[str, Any]] = []
    with Parties() as parties:
        for case in chosen:
            try:
                found = parties.measure(case)
            except RuntimeError as error:
                print(f"left out: {error}", file=sys.stderr, flush=True)
                continue
            for entry in entered([{**entry, "case": case.key} for entry in found]):
                entries.append(entry)
                print(line(entry), flush=True)
    return entries


def entered(kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Measured steps with seconds, variables, and whether memory is this step's own doing.

    A process keeps freed memory: a step that needs no more than an earlier one of its run shows the earlier one's peak.
    """
    found: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    programs: list[str] = []
    at, case, peak = 0, None, 0.0
    for entry in kept:
        key = tuple(entry["case"])
        if key != case or at == len(known):
            case, at, peak = key, 0, 0.0
            known, programs = variables(case_of(key)), [step.program for step in case_of(key).steps]
        at = programs.index(entry["program"], at)  # a program that was changed since is measured in fewer cases
        own = entry["memory"] > 1.03 * max(peak, entry["before"]) or at == 0
        peak = max(peak, entry["memory"])
        found.append({**entry, "seconds": seconds(entry), "variables": known[at], "own_memory": own, "at": at})
        at += 1
    return found


def line(entry: dict[str, Any]) -> str:
    """Predicted over measured."""
    expected = predicted(entry)
    at = entry["variables"]
    shape = f"{entry['program']:28} {at['layout']:8} {at['rows']:>8} x {at['columns']:<4} {at['owners']:>3}"
    ratios = (f"{entry[name]:>12.4g} {expected[name] / max(entry[name], 1e-9):>6.2f}" for name in MEASURES)
    return shape + "".join(ratios)


def fitted(program: str, entries: list[dict[str, Any]]) -> str:
    """The formula of one program's seconds."""
    terms = cost_of(program).TERMS
    own = [entry for entry in (*entries, *ELSEWHERE) if entry["program"] == program]
    formula = fit(list(dict.fromkeys(terms.work)), [e["variables"] for e in own], [e["seconds"] for e in own], 0.03)
    return _as_shared(formula) if terms.as_aligned else formula


def ranges(program: str, formula: str, entries: list[dict[str, Any]]) -> str:
    """The program's measured ranges, as its description writes them."""
    own = [entry["variables"] for entry in (*entries, *ELSEWHERE) if entry["program"] == program]
    return written(measured_ranges(formula, own))


def _as_shared(formula: str) -> str:
    more = [term.replace("=aligned]", "=shared]") for term in formula.split(" + ") if "=aligned]" in term]
    return " + ".join([formula, *more])


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="keep the measurement in results_cost.json")
    parser.add_argument("--fit", action="store_true", help="print fitted formulas")
    parser.add_argument("--kept", action="store_true", help="use the kept measurement instead of measuring")
    parser.add_argument("--only", nargs="*", default=[], help="programs, without version")
    parser.add_argument("--grid", nargs="*", default=[*GRIDS], choices=GRIDS, help="which shapes")
    given = parser.parse_args()
    only = set(given.only)
    if given.kept:
        every = entered(json.loads(RESULTS.read_text()))
        entries = [e for e in every if not only or e["program"].partition("@")[0] in only]
        for entry in entries:
            print(line(entry))
    else:
        wanted = [
            c
            for c in measured_cases(given.grid)
            if not only or only & {step.program.partition("@")[0] for step in c.steps}
        ]
        entries = measured(wanted)
    if given.write:
        write(entries)
    if given.fit:
        for program in sorted({entry["program"] for entry in entries}):
            formula = fitted(program, entries)
            print(f"{program}\n    seconds: {formula}\n    measured: {ranges(program, formula, entries)}")
    wrong = [text for entry in entries for text in missed(entry, PLANNED)]
    print("\n".join(wrong) or f"{len(entries)} steps: bytes and memory within a factor of 2 of their plans")
    sys.exit(bool(wrong))


def write(entries: list[dict[str, Any]]) -> None:
    """Keep what was measured, in place of what was kept of the same cases."""
    of = commit()
    entries = [{"commit": of, **entry} for entry in entries]
    new = {tuple(entry["case"]) for entry in entries}
    old = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = [entry for entry in old if tuple(entry["case"]) not in new]
    every = (*kept, *({name: rounded(entry[name]) for name in KEPT} for entry in entries))
    text = ",\n".join(json.dumps(entry, sort_keys=True) for entry in every)
    RESULTS.write_text(f"[\n{text}\n]\n")


def rounded(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Four digits are more than enough."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
