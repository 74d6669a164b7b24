"""``python -m tests.simulation.faults``: many schedules, or one again.

python -m tests.simulation.faults --count 10000 --jobs 2     schedules 0 to 9999; what fails is shrunk and written to a file
python -m tests.simulation.faults --replay FILE               that history again, operation by operation
"""

import argparse
import logging
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path

import structlog

from tests.simulation.faults.schedule import Schedule, drawn, run, shrunk
from tests.simulation.faults.template import template
from tests.simulation.faults.world import World


def main() -> int:
    """Exit code 1 when something was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=30, help="how many schedules (default 30)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side (default 1)")
    parser.add_argument("--folder", type=Path, default=Path(), help="where failing schedules are written")
    parser.add_argument(
        "--whole", action="store_true", help="write failing schedules as they are, without shrinking them"
    )
    parser.add_argument("--replay", type=Path, help="a failing schedule's file")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if given.replay is not None:
        return _replay(Schedule.read(given.replay.read_text("utf-8")))
    seeds = range(given.first, given.first + given.count)
    shares = [(seeds[start :: given.jobs], given.folder, given.whole) for start in range(given.jobs)]
    began = time.monotonic()
    if given.jobs == 1:
        results = [_many(*shares[0])]
    else:
        with multiprocessing.get_context("spawn").Pool(given.jobs) as pool:
            results = pool.starmap(_many, shares)
    failed = sum(found for found, _, _ in results)
    seconds = sum(spent for _, spent, _ in results)
    ends = sum((told for _, _, told in results), Counter[str]())
    print(
        f"{given.count} schedules, {failed} failed; {seconds:.0f} CPU seconds here, {time.monotonic() - began:.0f} s in all"
    )
    print("tasks ended as " + ", ".join(f"{name} {times}" for name, times in ends.most_common()))
    return 1 if failed else 0


def _many(seeds: range, folder: Path, whole: bool) -> tuple[int, float, "Counter[str]"]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began, failed, ends = time.process_time(), 0, Counter[str]()

    def note(world: World) -> None:
        ends.update((world.row(task) or {"state": "nothing"})["state"] for task in world.accepted.tasks)

    with template() as made:
        for seed in seeds:
            schedule = drawn(seed)
            try:
                found = run(made, schedule, note)
            except Exception as error:
                found = [f"crash: {type(error).__name__}: {error}"]
            if not found:
                continue
            failed += 1
            name = found[0].partition(":")[0] + ":"
            small = schedule if whole or name == "crash:" else shrunk(made, schedule, name)
            path = folder / f"failing-schedule-{seed}.json"
            path.write_text(small.text(), "utf-8")
            print(
                f"seed {seed}: {found[0]} (and {len(found) - 1} more); {len(small.operations)} operations are left: --replay {path}",
                flush=True,
            )
    return failed, time.process_time() - began, ends


def _replay(schedule: Schedule) -> int:
    def tell(world: World) -> None:
        print("\n".join(world.trace()))
        print(
            "\n".join(
                [
                    *world.words,
                    *world.coordinator.failures,
                    *(one for party in world.parties.values() for one in party.surprises),
                ]
            )
        )

    print("\n".join(" ".join(map(str, operation)) for operation in schedule.operations))
    with template() as made:
        found = run(made, schedule, tell)
    print("\n".join(found) or "nothing wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
