"""Measure every program at several shapes and compare with what its descriptor predicts: ``python -m benchmarks.cost_model``.

Three real processes over TLS links on the fast backend, owners beyond the committee in a fourth. Prints, for each step of each
case, predicted over measured seconds, bytes and memory; ``--fit`` prints formulas fitted to the figures (bytes
from plans too, which are exact for any shape). ``--write`` keeps the measurement in results_cost.json, against which tests
hold the descriptors' formulas. Seconds are those of a machine with nothing else to do: see :mod:`benchmarks.cost.measure`.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.cost.cases import Case, Size, case_of, cases
from benchmarks.cost.fit import fit
from benchmarks.cost.measure import Parties, seconds
from mpc.programs.catalogue import CATALOGUE, cost_of
from mpc.workflow.planning import plan
from protocol.costs import Shape, variables_of
from protocol.programs import CostModel

RESULTS = Path(__file__).with_name("results_cost.json")
SMALL: list[Size] = [(200, 5, 2), (1000, 24, 2), (4000, 10, 2)]
MEDIUM: list[Size] = [(30_000, 10, 2)]
LARGE: list[Size] = [(250_000, 8, 2)]
MANY: list[Size] = [(400, 8, 5), (2000, 16, 4), (300, 6, 12), (30_000, 10, 3)]
SLOW = (
    "softmax", "softmax-five", "deciles", "describe", "gradient-linear", "gradient", "gradient-segments", "bound",
    "sgd-small", "kmeans-rows",
)  # fmt: skip
"""Not at medium size."""
LARGE_TOO = ("ridge", "relations", "features", "kmeans-many", "logistic", "sgd")
MANY_TOO = ("federated", "describe", "ridge", "relations")
PLANNED_SHAPES: list[Size] = [(200, 4, 2), (200, 30, 2), (2000, 10, 2), (20_000, 4, 2), (20_000, 30, 2), (300, 8, 10)]
PLANNED_LARGE: list[Size] = [(200_000, 10, 2), (1_000_000, 20, 2)]
MEASURES = ("seconds", "traffic", "memory")


def at_defaults(program: str, rows: int, columns: int, owners: int) -> dict[str, Any]:
    """Variables of a step on stacked rows."""
    return dict(CATALOGUE[program].published().cost_variables(rows, columns, owners, (), "stacked"))


KEPT = ("program", "case", "wall", "cpu", "slow", "traffic", "memory", "before", "failure", "rounds")


def measured_cases() -> list[Case]:
    """What is measured: a quarter of an hour on a quiet machine."""
    medium = [case for case in cases(MEDIUM) if case.name not in SLOW]
    return [*cases(SMALL), *cases(MANY, MANY_TOO), *medium, *cases(LARGE, LARGE_TOO)]


ELSEWHERE: list[dict[str, Any]] = [
    {"program": "glm.logistic@1.0.0", "seconds": 34.0, "traffic": 4.6e9 / 3, "memory": 2.7e9, "own_memory": True,
     "variables": at_defaults("glm.logistic@1.0.0", 2_000_000, 20, 2)},
    {"program": "glm.logistic_federated@1.0.0", "seconds": 4.0, "own_memory": False,
     "variables": at_defaults("glm.logistic_federated@1.0.0", 2_100_000, 20, 3)},
]  # fmt: skip
"""Rows split_logistic and split_logistic_level2 of `python -m benchmarks engine`: too large to be measured here each time."""


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
        found.append({**entry, "seconds": seconds(entry), "variables": known[at], "own_memory": own})
        at += 1
    return found


def line(entry: dict[str, Any]) -> str:
    """Predicted over measured."""
    expected = predicted(entry["program"], entry["variables"])
    at = entry["variables"]
    shape = f"{entry['program']:28} {at['layout']:8} {at['rows']:>8} x {at['columns']:<4} {at['owners']:>3}"
    ratios = (f"{entry[name]:>12.4g} {expected[name] / max(entry[name], 1e-9):>6.2f}" for name in MEASURES)
    return shape + "".join(ratios)


def planned(chosen: Iterable[Case]) -> list[dict[str, Any]]:
    """Traffic and failures of cases by plan; a shape that a program refuses is left out."""
    entries: list[dict[str, Any]] = []
    for case in chosen:
        try:
            found = asyncio.run(plan(case.workflow, case.sizes))
        except Exception as error:  # noqa: BLE001 - refusals of all kinds
            print(f"no plan: {case.key}: {error}", file=sys.stderr)
            continue
        for item, at in zip(found, variables(case), strict=True):
            if not CATALOGUE[item.program].rows_stay:
                entries.append(
                    {"program": item.program, "traffic": item.traffic, "failure": item.failure, "variables": at}
                )
    return entries


def planned_cases() -> list[Case]:
    """Everything at moderate sizes; nothing of many mini-batches at large ones."""
    return [*cases(PLANNED_SHAPES), *(case for case in cases(PLANNED_LARGE) if not case.name.startswith("sgd"))]


def fitted(program: str, entries: list[dict[str, Any]], plans: list[dict[str, Any]]) -> dict[str, str]:
    """Formulas for one program."""
    terms = cost_of(program).TERMS
    own = [entry for entry in (*entries, *ELSEWHERE) if entry["program"] == program]
    exact = [entry for entry in plans if entry["program"] == program]
    traffic = [*own, *exact]
    if terms.bounded_by:
        traffic = [entry for entry in own if entry["case"][1] == terms.bounded_by]
    formulas = {
        "seconds": _fit(terms.work, own, "seconds", 0.03),
        "traffic": _fit(terms.work, traffic, "traffic", 5000.0),
        "memory": _fit_memory(terms.held, own),
    }
    return {what: _as_shared(formula) if terms.as_aligned else formula for what, formula in formulas.items()}


def _as_shared(formula: str) -> str:
    more = [term.replace("=aligned]", "=shared]") for term in formula.split(" + ") if "=aligned]" in term]
    return " + ".join([formula, *more])


def _fit(basis: list[str], entries: list[dict[str, Any]], what: str, floor: float) -> str:
    known = [entry for entry in entries if what in entry]
    return fit(list(dict.fromkeys(basis)), [e["variables"] for e in known], [e[what] for e in known], floor)


def _fit_memory(basis: list[str], entries: list[dict[str, Any]]) -> str:
    """Steps that need no more than earlier ones bound the formula from above: they count where it says more."""
    counted = [entry for entry in entries if entry["own_memory"]]
    others = [entry for entry in entries if not entry["own_memory"] and "memory" in entry]
    if not counted:
        counted, others = others, []
    for _ in range(4):
        formula = _fit(basis, counted, "memory", 0.0)
        model = CostModel(formula)
        over = [entry for entry in others if model.at(entry["variables"]) > entry["memory"]]
        if not over:
            break
        counted, others = [*counted, *over], [entry for entry in others if entry not in over]
    return formula


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="keep the measurement in results_cost.json")
    parser.add_argument("--fit", action="store_true", help="print fitted formulas")
    parser.add_argument("--kept", action="store_true", help="use the kept measurement instead of measuring")
    parser.add_argument("--only", nargs="*", default=[], help="programs, without version")
    given = parser.parse_args()
    only = set(given.only)
    if given.kept:
        entries = [
            e for e in entered(json.loads(RESULTS.read_text())) if not only or e["program"].partition("@")[0] in only
        ]
        for entry in entries:
            print(line(entry))
    else:
        wanted = [
            c for c in measured_cases() if not only or only & {step.program.partition("@")[0] for step in c.steps}
        ]
        entries = measured(wanted)
    if given.write:
        write(entries)
    if given.fit:
        plans = planned(planned_cases())
        for program in sorted({entry["program"] for entry in entries}):
            print(program)
            for what, formula in fitted(program, entries, plans).items():
                print(f"    {what}: {formula}")


def write(entries: list[dict[str, Any]]) -> None:
    """Keep what was measured, in place of what was kept of the same cases."""
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
