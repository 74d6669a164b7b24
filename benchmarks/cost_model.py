"""Measure every program at several shapes and compare with what its descriptor predicts: ``python -m benchmarks.cost_model``.

Three real processes over TLS links on the fast backend. Prints, for each step of each case, predicted over measured seconds,
bytes and memory; ``--fit`` prints formulas fitted to the figures (traffic and failures from plans, which are exact for any
shape, seconds and memory from the measurement). ``--write`` keeps the measurement in results_cost.json, against which a
test holds the descriptors' formulas. Other load on the machine is in the seconds: measure on a quiet one.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.cost.cases import BANK, SHOP, Case, cases
from benchmarks.cost.fit import fit, terms
from benchmarks.cost.measure import measure
from protocol.costs import Shape, variables_of
from workers.mpc.programs.catalogue import CATALOGUE
from workers.mpc.programs.planning import plan

RESULTS = Path(__file__).with_name("results_cost.json")
SHAPES = [(300, 6), (300, 24), (3000, 6), (3000, 24), (30_000, 12)]
PLANNED_SHAPES = [(200, 4), (200, 30), (2000, 10), (20_000, 4), (20_000, 30), (200_000, 10), (1_000_000, 20)]
MEASURES = ("seconds", "traffic", "memory")
BY_PARAMETER = {
    "psi.align": [""],
    "glm.logistic": ["", "iterations", "passes"],
    "glm.poisson": ["iterations"],
    "glm.softmax": ["iterations*classes", "iterations*classes^2"],
    "kmeans": ["", "clusters*iterations"],
    "eval.binary": ["", "thresholds"],
    "feature.woe_iv": ["", "bins"],
    "stats.crosstab": ["", "row_levels", "column_levels", "row_levels*column_levels"],
    "stats.groupby": ["", "groups"],
    "stats.describe": ["", "quantiles"],
}
"""What a program's own parameters multiply; all other programs' costs depend on their shape alone."""


def variables(case: Case) -> list[dict[str, Any]]:
    """What each step's formulas are evaluated at, as preflight does."""
    sets = {
        item.name: Shape(case.rows, len(item.columns), "table", frozenset({item.owner}))
        for item in case.workflow.data_sets
    }
    programs = {step.program: CATALOGUE[step.program].published() for step in case.steps}
    return [found for _, found in variables_of(case.steps, sets, programs)]


def predicted(program: str, at: dict[str, Any]) -> dict[str, float]:
    """By the descriptor."""
    described = CATALOGUE[program]
    return {name: getattr(described, name).at(at) for name in MEASURES}


def measured(shapes: list[tuple[int, int]], only: set[str]) -> list[dict[str, Any]]:
    """All cases' steps with their variables; a case that its programs refuse is named and left out."""
    entries: list[dict[str, Any]] = []
    for case in cases(shapes):
        if only and not only & {step.program.partition("@")[0] for step in case.steps}:
            continue
        try:
            found = measure(case)
        except RuntimeError as error:
            print(f"left out: {error}", file=sys.stderr, flush=True)
            continue
        for entry, at in zip(found, variables(case), strict=True):
            entries.append({**entry, "case": case.name, "layout": case.layout, "variables": at})
            print(line(entries[-1]), flush=True)
    return entries


def line(entry: dict[str, Any]) -> str:
    """Predicted over measured."""
    expected = predicted(entry["program"], entry["variables"])
    at = entry["variables"]
    shape = f"{entry['program']:28} {at['layout']:8} {at['rows']:>8} x {at['columns']:<4}"
    ratios = (f"{entry[name]:>12.4g} {expected[name] / max(entry[name], 1e-9):>6.2f}" for name in MEASURES)
    return shape + "".join(ratios)


def planned(shapes: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Traffic and failures of all cases by plan; a shape that a program refuses is left out."""
    entries: list[dict[str, Any]] = []
    for case in cases(shapes):
        try:
            found = asyncio.run(plan(case.workflow, {BANK: case.rows, SHOP: case.rows}))
        except Exception as error:  # noqa: BLE001 - refusals of all kinds
            print(f"no plan: {case.layout} {case.name} {case.rows}x{case.columns}: {error}", file=sys.stderr)
            continue
        for item, at in zip(found, variables(case), strict=True):
            if not item.program.startswith(("psi.align", "table.stack")):
                entries.append(
                    {"program": item.program, "traffic": item.traffic, "failure": item.failure, "variables": at}
                )
    return entries


def fitted(program: str, entries: list[dict[str, Any]], plans: list[dict[str, Any]]) -> dict[str, str]:
    """Formulas for one program."""
    name = program.partition("@")[0]
    found: dict[str, str] = {}
    for what in (*MEASURES, "failure"):
        source = plans if what in ("traffic", "failure") and any(e["program"] == program for e in plans) else entries
        own = [entry for entry in source if entry["program"] == program]
        layouts = sorted({str(entry["variables"]["layout"]) for entry in own})
        extra = BY_PARAMETER.get(name, [""])
        if what in ("seconds", "memory") and "" not in extra:
            extra = ["", *extra]
        basis = [""] if not own else terms(extra if what != "memory" else ["", *extra], layouts)
        found[what] = fit(list(dict.fromkeys(basis)), [e["variables"] for e in own], [e[what] for e in own])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="keep the measurement in results_cost.json")
    parser.add_argument("--fit", action="store_true", help="print fitted formulas")
    parser.add_argument("--kept", action="store_true", help="use the kept measurement instead of measuring")
    parser.add_argument("--only", nargs="*", default=[], help="programs, without version")
    given = parser.parse_args()
    only = set(given.only)
    if given.kept:
        entries = [e for e in json.loads(RESULTS.read_text()) if not only or e["program"].partition("@")[0] in only]
        for entry in entries:
            print(line(entry))
    else:
        entries = measured(SHAPES, only)
    if given.write:
        others = []
        if only and RESULTS.exists():
            new = {entry["program"] for entry in entries}
            others = [entry for entry in json.loads(RESULTS.read_text()) if entry["program"] not in new]
        text = ",\n".join(json.dumps(entry, sort_keys=True) for entry in (*others, *entries))
        RESULTS.write_text(f"[\n{text}\n]\n")
    if given.fit:
        plans = planned(PLANNED_SHAPES)
        for program in sorted({entry["program"] for entry in entries}):
            print(program)
            for what, formula in fitted(program, entries, plans).items():
                print(f"    {what}: {formula}")


if __name__ == "__main__":
    main()
