"""The engine's commands: measure, write, profile one row."""

import argparse
import json
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.engine import machine, network, processes
from benchmarks.engine import report as pages
from benchmarks.engine.limits import LIMITS
from benchmarks.engine.measure import Plan, run
from benchmarks.engine.parts import MEASURED
from benchmarks.engine.processes import ROOT
from benchmarks.engine.results import ENGINES, Results
from benchmarks.engine.work import BY_KEY, FULL, PARTS, QUICK

_FOLDER: Final = ROOT / "benchmarks"
_DELAY_MS: Final = 5.0
_REPEATS: Final = 5
_QUICK_ROWS: Final = ("multiply", "compare", "mini_linear", "split_linear", "psi", "open")
_QUICK_ENGINES: Final = ("mpyc", "ours")
_PROFILE_LINES: Final = 40
_PROFILED: Final = re.compile(r"\s+(ncalls|[\d/]+\s+\d)")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of ``engine``."""
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small rows, once, ours and stock MPyC unless --engines says more: half a minute",
    )
    parser.add_argument("--rows", help=f"some of {','.join((*BY_KEY, *PARTS))}; the others stay as they were")
    parser.add_argument("--resume", action="store_true", help="go on where an interrupted run stopped")
    parser.add_argument("--engines", help=f"some of {','.join(ENGINES)} (default: all)")
    parser.add_argument("--delays", help="one-way, in milliseconds (default: 0,5)")
    parser.add_argument("--repeats", type=int, default=None, help=f"at least so many runs (default: {_REPEATS})")
    parser.add_argument(
        "--out",
        type=Path,
        help="folder for RESULTS.md and results.json (default: benchmarks/; only printed when --quick or --rows)",
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
    """Measure; the page is written anew after every row, or printed. Status 1 when an engine failed or was wrong."""
    signal.signal(signal.SIGTERM, processes.ENDING.asked)  # so that all processes are ended
    asked, parts = plan(options)
    folder = options.out or (None if options.quick or options.rows else _FOLDER)
    results = _begun(asked, folder, keep=bool(options.rows) or options.resume)

    def keep(found: Results) -> None:
        if folder is not None:
            write(found, folder)

    if asked.rows:
        results = run(asked, results, keep, resume=options.resume)
    for part in parts:
        if not (options.resume and part in results.parts):
            print(part.replace("_", " "), flush=True)
            results = results.with_part(part, MEASURED[part]())
            keep(results)
    if folder is None:
        print(pages.markdown(results, LIMITS))
    failed = [line.title for line in results.lines if line.failed and line.key in asked.rows]
    if failed:
        raise SystemExit(f"failed: {'; '.join(failed)}")


def _begun(asked: Plan, folder: Path | None, *, keep: bool) -> Results:
    """What is there already and stays, and this machine."""
    found = machine.described(asked.size_name)
    file = None if folder is None else folder / "results.json"
    if keep and file is not None and file.exists():
        kept = Results.read(file)
        if kept.size == asked.size:
            return replace(kept, machine=found)
    return Results(found, asked.size, ())


def plan(options: argparse.Namespace) -> tuple[Plan, list[str]]:
    """What the options ask for: rows, and parts."""
    rows = options.rows.split(",") if options.rows else _QUICK_ROWS if options.quick else (*BY_KEY, *PARTS)
    unknown = set(rows) - {*BY_KEY, *PARTS}
    engines = options.engines.split(",") if options.engines else _QUICK_ENGINES if options.quick else ENGINES
    unknown |= set(engines) - set(ENGINES)
    if unknown:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}")
    delays = [float(item) for item in options.delays.split(",")] if options.delays else [0.0, _DELAY_MS]
    wanted = Plan(
        size=QUICK if options.quick else FULL,
        size_name="quick" if options.quick else "full",
        rows=[row for row in rows if row in BY_KEY],
        delays=[delay / 1000 for delay in delays],
        engines=engines,
        repeats=options.repeats or (1 if options.quick else _REPEATS),
        patience=60.0 if options.quick else 900.0,
        install_spu=not options.quick,
    )
    return wanted, [row for row in rows if row in PARTS]


def write(results: Results, folder: Path) -> None:
    """``results.json`` and ``RESULTS.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    _replaced(folder / "results.json", json.dumps(results.json(BY_KEY), indent=1) + "\n")
    _replaced(folder / "RESULTS.md", pages.markdown(results, LIMITS))


def _replaced(file: Path, text: str) -> None:
    """The whole file or the old one, whenever the run is interrupted."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


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
