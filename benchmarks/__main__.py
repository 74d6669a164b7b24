"""``python -m benchmarks``: what is measured side by side. Without a command: all of `engine` (`make bench`)."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.engine import command

_RUNS = 5
_IDLE_SECONDS = 300.0


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="command")
    command.arguments(commands.add_parser("engine", help="our engine, SPU and stock MPyC on the same work"))
    command.profile_arguments(commands.add_parser("profile", help="where one party's time goes in one row"))
    commands.add_parser("report", help="write RESULTS.md anew from results.json")
    ends = commands.add_parser("end-to-end", help="the demo's task on a prepared system")
    ends.add_argument("--runs", type=int, default=_RUNS)
    ends.add_argument("--write", action="store_true", help="keep the figures in results_end_to_end.json")
    idle = commands.add_parser(
        "idle", help="CPU time and log lines of the running `make up` while nothing is asked of it"
    )
    idle.add_argument("--seconds", type=float, default=_IDLE_SECONDS)
    idle.add_argument("--state", type=Path, default=Path("state"))
    idle.add_argument("--write", action="store_true", help="keep the figures in results_idle.json")
    past = commands.add_parser("history", help="the coordinator at rest and asked, after few and many ended tasks")
    past.add_argument("--tasks", default="100,10000", help="how many have ended, one system for each")
    past.add_argument("--seconds", type=float, default=30.0, help="how long it is watched at rest")
    age = commands.add_parser("evidence", help="what the chain's age costs a bundle")
    age.add_argument("--blocks", type=lambda text: tuple(map(int, text.split(","))), default=None)
    age.add_argument("--write", action="store_true", help="keep the figures in results_evidence.json")
    files = commands.add_parser("data-sets", help="what adding a large file costs its owner")
    files.add_argument("--rows", type=int, default=1_000_000)
    exact = commands.add_parser("accuracy", help="every program's numbers beside an independent package's")
    exact.add_argument("--only", default="", help="the cases whose name has this word")
    exact.add_argument("--write", action="store_true", help="write docs/accuracy.md")
    forest = commands.add_parser(
        "trees", help="boosted trees of two owners' columns, among three processes over TLS links"
    )
    forest.add_argument("--table", default="made", help="`made`, or a CSV file with the label in its last column")
    for name, value in (("rows", 100_000), ("columns", 40), ("bins", 32), ("trees", 1), ("depth", 5)):
        forest.add_argument(f"--{name}", type=int, default=value)
    forest.add_argument("--profile", action="store_true", help="where the first party's time goes")
    genome = commands.add_parser(
        "association", help="genotypes of three centres' people, among three processes over TLS links"
    )
    for name, value in (("variants", 500_000), ("people", 10_000), ("group", 1)):
        genome.add_argument(f"--{name}", type=int, default=value)
    asked = commands.add_parser("lookup", help="a private lookup: holders as processes, one asker, a mirror made")
    for name, value in (("holders", 3), ("entries", 100_000), ("questions", 300), ("mirror", 1_000_000)):
        asked.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    match options.command:
        case "engine":
            command.engine(options)
        case "profile":
            command.profile(options)
        case "report":
            command.report()
        case "end-to-end":
            _end_to_end(options.runs, write=options.write)
        case "idle":
            _idle(options.state, options.seconds, write=options.write)
        case "history":
            from benchmarks.history import command as history  # noqa: PLC0415 - brings the whole system with it

            counts = tuple(int(count) for count in options.tasks.split(","))
            print(json.dumps(history.measured(counts, options.seconds), indent=1))
        case "data-sets":
            from benchmarks import data_sets  # noqa: PLC0415 - Arrow and the node's store

            print(json.dumps(data_sets.measured(options.rows), indent=1))
        case "accuracy":
            from benchmarks.accuracy import command as exact_command  # noqa: PLC0415 - scikit-learn and statsmodels

            exact_command.accuracy(options.only, write=options.write)
        case "trees":
            from benchmarks import trees  # noqa: PLC0415 - the other commands need none of it

            shape = trees.Shape(
                options.table, options.rows, options.columns, options.bins, options.trees, options.depth
            )
            print(json.dumps(trees.measured(shape, profile=options.profile), indent=1))
        case "association":
            from benchmarks import association  # noqa: PLC0415 - the other commands need none of it

            cohort = association.Shape(options.variants, options.people, options.group)
            print(json.dumps(association.measured(cohort), indent=1))
        case "lookup":
            from benchmarks import lookup  # noqa: PLC0415 - the node's store and its door

            print(
                json.dumps(
                    lookup.measured(options.holders, options.entries, options.questions, options.mirror), indent=1
                )
            )
        case "evidence":
            _evidence(options.blocks, write=options.write)
        case _:
            command.engine(parser.parse_args(["engine"]))


def _end_to_end(runs: int, *, write: bool) -> None:
    from benchmarks import end_to_end  # noqa: PLC0415 - brings the whole system with it

    end_to_end.measure(runs, write=write)


def _idle(state: Path, seconds: float, *, write: bool) -> None:
    from benchmarks import idle  # noqa: PLC0415 - as above

    sys.exit(idle.measure(state, seconds, write=write))


def _evidence(blocks: tuple[int, ...] | None, *, write: bool) -> None:
    from benchmarks import evidence  # noqa: PLC0415 - brings the chain with it

    evidence.measure(blocks or evidence.BLOCKS, write=write)


if __name__ == "__main__":
    main()
