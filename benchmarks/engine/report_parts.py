"""The sections of ``RESULTS.md`` on the link, the field's kernels, a whole task and a coordinator with a past."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

_ORCHESTRATION: Final = 3.0
"""Seconds that the system may add to a task's computing (ENGINE.md)."""
_EVIDENCE: Final = Path(__file__).parents[1] / "results_evidence.json"


def kept_figures() -> dict[str, Any]:
    """What `python -m benchmarks evidence --write` kept: it takes no part in a run of the engines."""
    return {"evidence": json.loads(_EVIDENCE.read_text())} if _EVIDENCE.exists() else {}


def part_sections(parts: dict[str, Any]) -> list[str]:
    """What was measured of them."""
    sections = {
        "link": _link,
        "kernels": _kernels,
        "end_to_end": _end_to_end,
        "history": _history,
        "evidence": _evidence,
    }
    return [piece for name, section in sections.items() if name in parts for piece in section(parts[name])]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, the first column left-aligned."""
    cells = [list(head), ["---", *["--:"] * (len(head) - 1)], *[list(row) for row in rows]]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def _link(figures: dict[str, dict[str, float]]) -> list[str]:
    rows = [(name, f"{value:.3g}", f"{figures['plain'][name]:.3g}") for name, value in figures["secure"].items()]
    return ["## Link between parties", table(("three processes, loopback", "TLS and hashes", "plain"), rows)]


def _kernels(figures: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    pieces = ["## Kernels of the field, one thread"]
    for variant, units in figures.items():
        for unit, values in units.items():
            words = "ns an element" if unit == "ns" else "10^9 multiplications and additions a second"
            rows = [(name, f"{value:.2f}") for name, value in values.items()]
            pieces.append(table((variant, words), rows))
    return pieces


def _end_to_end(figures: dict[str, Any]) -> list[str]:
    rows = [(name.replace("_", " "), f"{value:.2f} s") for name, value in figures["median"].items()]
    verdict = "reached" if figures["median"]["overhead"] < _ORCHESTRATION else "**missed**"
    count = len(figures["runs"])
    return [
        "## A whole task",
        f"{figures['work']}; medians of {count}. Target, what the system adds to the computing: < {_ORCHESTRATION:g} s, {verdict}.",
        table(("from submission", "seconds"), rows),
    ]


def _history(figures: dict[str, Any]) -> list[str]:
    head = ("ended tasks before", "database at rest, % of a core", "page of 50 tasks, median ms", "best ms")
    rows = [
        (
            f"{row['ended_tasks']:,}",
            f"{row['database_cpu_percent_at_rest']:.1f}",
            f"{row['tasks_page_ms']:.0f}",
            f"{row['tasks_page_best_ms']:.0f}",
        )
        for row in figures["rows"]
    ]
    words = (
        f"What a coordinator costs after so many tasks have ended ({figures['machine']}). Target: the same, which the"
        " processor time shows; the page's times feel whatever else the machine does."
    )
    return ["## After many tasks", words, table(head, rows)]


def _evidence(figures: dict[str, Any]) -> list[str]:
    rows = [
        (
            f"{row['block']:,}", f"{row['bytes'] / 1e3:.0f} kB", f"{row['build seconds']:.2f} s", str(row["calls"]),
            f"{row['verify seconds']:.3f} s", str(row["hops"]), f"{row['path bytes'] / 1e3:.1f} kB",
        )
        for row in figures["rows"]
    ]  # fmt: skip
    head = ("at block", "chain's part of a bundle", "build", "calls", "verify", "hops to block 10", "path")
    return [
        "## Evidence and the chain's age",
        (
            "Ten transactions, and five parties registered up to 10,000 blocks earlier, on anvil with one window of proofs; see "
            "the README."
        ),
        table(head, rows),
    ]
