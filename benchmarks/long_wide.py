"""Long and wide tables among three real processes: ``python -m benchmarks.long_wide --shape 100000x330 --case logistic``.

One case of :mod:`benchmarks.cost.cases` at one shape (rows of each table, columns in all), two owners, columns split unless ``--rows``. Prints for every step
seconds, processor seconds of all parties, bytes sent by one, and the peak of one party's resident memory, beside what the plan says of the
last three; a shape that the plan refuses is not run. ``--plan`` runs nothing. Seconds are the clock's: what else the machine does is in them.
"""

import argparse
import asyncio
import sys
import time
from typing import Final

from benchmarks.cost.cases import Case, case_of
from benchmarks.cost.measure import Parties
from mpc.workflow.planning import Fit, fit
from protocol.plans import PARTY_MEMORY

_MEGA: Final = 1e6


def planned(case: Case) -> Fit:
    """Of all its rows; prints a line for each step, or why there is no room."""
    started = time.process_time()
    found = asyncio.run(fit(case.workflow, case.sizes, case.sizes))
    took = time.process_time() - started
    if found.refusal is not None:
        step, error = found.refusal
        print(f"{case.key}: refused at {step}: {error.code}: {error.what}", flush=True)
    for step in found.steps:
        room = "" if step.memory <= PARTY_MEMORY else " (more than a party has, unless set)"
        print(
            f"plan {step.program:28} {step.rounds:7} rounds {step.traffic / _MEGA:10,.1f} MB sent "
            f"{step.memory / _MEGA:9,.0f} MB memory{room}  failure {step.failure:.1e}",
            flush=True,
        )
    print(f"planned in {took:.1f} processor seconds", flush=True)
    return found


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", required=True, help="rows of each table x columns in all")
    parser.add_argument("--case", default="logistic")
    parser.add_argument("--rows", action="store_true", help="rows are split, not columns")
    parser.add_argument("--plan", action="store_true", help="plan only")
    given = parser.parse_args()
    rows, columns = (int(part) for part in given.shape.split("x"))
    case = case_of(("stacked" if given.rows else "aligned", given.case, rows, columns, 2))
    if planned(case).refusal is not None:
        return 1
    if given.plan:
        return 0
    with Parties() as parties:
        for step in parties.measure(case):
            print(
                f"run  {step['program']:28} {step['wall']:9,.1f} s {step['cpu']:9,.1f} CPU s {step['traffic'] / _MEGA:10,.1f} MB sent "
                f"{step['memory'] / _MEGA:9,.0f} MB memory",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
