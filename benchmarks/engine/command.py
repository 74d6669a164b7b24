"""The engine's commands: measure, write, profile one row."""

import argparse
import json
import re
from pathlib import Path
from typing import Final

from benchmarks.engine import network, processes
from benchmarks.engine import report as pages
from benchmarks.engine.limits import LIMITS
from benchmarks.engine.measure import Plan, run
from benchmarks.engine.processes import ROOT
from benchmarks.engine.results import ENGINES, Results
from benchmarks.engine.work import BY_KEY, FULL, QUICK, ROWS

_FOLDER: Final = ROOT / "benchmarks"
_DELAY_MS: Final = 5.0
_REPEATS: Final = 5
_QUICK_ROWS: Final = ("multiply", "compare", "matmul", "mini_linear", "split_linear")
_PROFILE_LINES: Final = 40
_PROFILED: Final = re.compile(r"\s+(ncalls|[\d/]+\s+\d)")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of ``engine``."""
    parser.add_argument("--quick", action="store_true", help="small rows, few repeats, SPU only if installed: a minute")
    parser.add_argument("--rows", help=f"some of {','.join(BY_KEY)}")
    parser.add_argument("--engines", default=",".join(ENGINES), help="some of %(default)s")
    parser.add_argument("--delays", help="one-way, in milliseconds (default: 0,5)")
    parser.add_argument("--repeats", type=int, default=None, help=f"at least so many runs (default: {_REPEATS})")
    parser.add_argument(
        "--out", type=Path, help="folder for RESULTS.md and results.json (default: only printed when --quick or --rows)"
    )


def profile_arguments(parser: argparse.ArgumentParser) -> None:
    """Of ``profile``."""
    parser.add_argument("row", choices=list(BY_KEY))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--plain", action="store_true", help="without TLS and transcripts")
    parser.add_argument("--delay", type=float, default=0.0, help="one-way, in milliseconds")
    parser.add_argument("--runs", type=int, default=10, help="the table adds up so many runs")
    parser.add_argument("--lines", type=int, default=_PROFILE_LINES)


def engine(options: argparse.Namespace) -> None:
    """Measure; print the page, or write it where a whole run was asked for."""
    results = run(plan(options))
    folder = options.out or (None if options.quick or options.rows else _FOLDER)
    if folder is None:
        print(pages.markdown(results, LIMITS))
    else:
        write(results, folder)


def plan(options: argparse.Namespace) -> Plan:
    """What the options ask for."""
    rows = options.rows.split(",") if options.rows else _QUICK_ROWS if options.quick else [row.key for row in ROWS]
    unknown = set(rows) - set(BY_KEY)
    engines = options.engines.split(",")
    unknown |= set(engines) - set(ENGINES)
    if unknown:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}")
    delays = [float(item) for item in options.delays.split(",")] if options.delays else [0.0, _DELAY_MS]
    return Plan(
        size=QUICK if options.quick else FULL,
        size_name="quick" if options.quick else "full",
        rows=rows,
        delays=[delay / 1000 for delay in delays],
        engines=engines,
        repeats=options.repeats or (2 if options.quick else _REPEATS),
        patience=60.0 if options.quick else 300.0,
        install_spu=not options.quick,
    )


def write(results: Results, folder: Path) -> None:
    """``results.json`` and ``RESULTS.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results.json(BY_KEY), indent=1) + "\n")
    (folder / "RESULTS.md").write_text(pages.markdown(results, LIMITS))
    print(f"written: {folder / 'RESULTS.md'}")


def report() -> None:
    """``RESULTS.md`` again from ``results.json``, after a change of words."""
    write(Results.read(_FOLDER / "results.json"), _FOLDER)


def profile(options: argparse.Namespace) -> None:
    """Run one row warm, then under cProfile in every party; print CPU milliseconds per run, the dearest functions first."""
    size = QUICK if options.quick else FULL
    with (
        network.addresses(options.delay / 1000) as addresses,
        processes.ours(addresses, 600.0, plain=options.plain) as group,
    ):
        group.prepare(options.row, size)
        print(f"warm-up {group.run():.4f} s, again {group.run():.4f} s")
        for rank, answer in enumerate(group.ask("profile", runs=options.runs, lines=options.lines)):
            print(f"party {rank}, per run: {answer['wall']:.4f} s, of it {answer['cpu']:.4f} s CPU (profiler included)")
            for line in answer["profile"].splitlines():
                if _PROFILED.match(line):
                    print(line.replace(f"{ROOT}/", "")[:150])
