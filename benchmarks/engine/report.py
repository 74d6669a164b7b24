"""``RESULTS.md`` from a run's results: one table per delay, targets and whether they are reached, what stands behind."""

from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.engine.report_parts import kept_figures, part_sections, table
from benchmarks.engine.results import Line, Results, Timing, verdict
from benchmarks.engine.work import BY_KEY, MPYC_RATIO, PARTS, Row, Target

_MARKS: Final = {"aim": "aim reached", "must": "must reached", "missed": "**missed**", "not measured": "not measured"}
_MACHINE: Final = (
    ("date", "date"), ("commit", "commit"), ("size", "size"), ("cpu", "CPU"), ("cores", "cores"), ("system", "system"),
    ("python", "Python"), ("numpy", "numpy"), ("spu", "SPU"), ("mpyc", "MPyC"), ("scikit-learn", "scikit-learn"),
    ("backend", "our backend"), ("kernels", "kernels"), ("load_before", "load before the run"),
)  # fmt: skip
_INTRODUCTION: Final = """\
Written by `make bench`; the same figures, with spread and counts, are in [results.json](results.json). How they are measured:
[README.md](README.md). All engines ran in this one run, on this machine, repeats interleaved; seconds are medians. *Ours* is
the product's: TLS 1.3 and transcript hashes on; *plain* is the same without both. Ratios are SPU's or MPyC's seconds over
ours (TLS on). Targets are those of ENGINE.md.
"""


def markdown(results: Results, limits: dict[str, str]) -> str:
    """The whole page. ``limits`` says per row key what holds back a row that misses its target."""
    lines = results.lines
    backends = sorted({line.timings["ours"].backend for line in lines if "ours" in line.timings})
    pieces = [
        "# Engine, side by side",
        _INTRODUCTION,
        *_unfinished(results),
        _machine(results.machine | {"backend": ", ".join(backends)}),
    ]
    for delay in sorted({line.delay_ms for line in lines}):
        chosen = [line for line in lines if line.delay_ms == delay]
        pieces += [f"## {_delay_words(delay)}", _seconds(chosen)]
        targets = _targets(chosen)
        if targets:
            pieces += ["Targets:", targets]
        pieces += [
            "Bytes on the wire (above TCP) and CPU seconds, all parties together; largest error of the result:",
            _bytes(chosen),
        ]
        notes = _notes(chosen)
        if notes:
            pieces.append(notes)
    pieces += part_sections(results.parts | kept_figures())
    missed = _missed(lines, limits)
    if missed:
        pieces += ["## Where a target is missed, or an aim not reached", missed]
    return "\n\n".join(piece.strip() for piece in pieces) + "\n"


def _unfinished(results: Results) -> list[str]:
    """What a whole run would have besides, and rows that were measured at another commit than the last."""
    found: list[str] = []
    missing = len(BY_KEY) * 2 - sum(line.delay_ms in {0, 5} for line in results.lines)
    if missing > 0 or set(PARTS) - results.parts.keys():
        parts = "".join(f", {part.replace('_', ' ')}" for part in PARTS if part not in results.parts)
        found.append(f"**Not a whole run**: {missing} rows{parts} not measured.")
    stamps = {line.measured.split(", ")[1]: line.measured for line in results.lines if ", " in line.measured}
    if len(stamps) > 1:
        found.append(f"Rows of different commits: {'; '.join(stamps.values())}.")
    return found


def duration(seconds: float | None) -> str:
    """Three significant digits with a unit."""
    if seconds is None:
        return "–"
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"


def ratio(value: float | None) -> str:
    """``12×``."""
    if value is None:
        return "–"
    return f"{value:,.0f}×" if value >= 100 else f"{value:.3g}×"


def amount(count: float | None) -> str:
    """Bytes, in decimal units."""
    if count is None:
        return "–"
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"


def _machine(facts: dict[str, str]) -> str:
    return table(("", ""), [(words, facts[key]) for key, words in _MACHINE if facts.get(key)])


def _delay_words(delay: float) -> str:
    return f"{delay:g} ms one-way delay on every link" if delay else "Loopback, no delay"


def _seconds(lines: Sequence[Line]) -> str:
    head = ("work", "SPU", "stock MPyC", "ours", "plain", "in the clear", "× SPU", "× MPyC", "runs")
    return table(
        head,
        [
            (
                line.title,
                *(duration(line.seconds(engine)) for engine in ("spu", "mpyc", "ours", "ours_plain")),
                duration(line.local),
                ratio(line.ratio("spu")),
                ratio(line.ratio("mpyc")),
                _runs(line),
            )
            for line in lines
        ],
    )


def _runs(line: Line) -> str:
    order = ("spu", "mpyc", "ours", "ours_plain")
    return " / ".join(str(line.timings[name].runs) if name in line.timings else "–" for name in order)


def _targets(lines: Sequence[Line]) -> str:
    rows: list[tuple[str, ...]] = []
    for line in lines:
        row = BY_KEY[line.key]
        target = row.delayed if line.delay_ms else row.target
        if target is not None:
            rows.append(_target(line.title, target, line.value(target), _against(target)))
        if line.ratio("mpyc") is not None:
            rows.append(_target(line.title, MPYC_RATIO, line.ratio("mpyc"), "stock MPyC"))
        if row.bytes_aim is not None and "ours" in line.timings and not line.delay_ms:
            rows.append(_bytes_target(line, row))
    return table(("work", "against", "must", "aim", "found", "verdict"), rows) if rows else ""


def _against(target: Target) -> str:
    return {"ratio": "SPU", "seconds": "seconds", "local": "time in the clear"}[target.kind]


def _target(title: str, target: Target, value: float | None, against: str) -> tuple[str, ...]:
    words: Callable[[float | None], str] = {"ratio": _at_least, "seconds": _at_most, "local": _times_at_most}[
        target.kind
    ]
    found = duration(value) if target.kind == "seconds" else ratio(value)
    return (title, against, words(target.must), words(target.aim), found, _MARKS[verdict(target, value)])


def _at_least(value: float | None) -> str:
    return "–" if value is None else "ahead" if value == 1 else f"≥ {value:g}×"


def _at_most(value: float | None) -> str:
    return "–" if value is None else f"≤ {value:g} s"


def _times_at_most(value: float | None) -> str:
    return "–" if value is None else f"≤ {value:g}×"


def _per_element(line: Line, timing: Timing) -> float:
    """Payload bytes of all parties per element of an elementwise row."""
    count = float(line.title.rsplit(" ", 1)[1].replace(",", ""))
    return (timing.payload or timing.wire) / count


def _bytes_target(line: Line, row: Row) -> tuple[str, ...]:
    found, aim = _per_element(line, line.timings["ours"]), row.bytes_aim or 0
    mark = "aim reached" if found <= aim else "**missed**"
    return (line.title, "payload per element", "–", f"≤ {aim:g} B", f"{found:.1f} B", mark)


def _bytes(lines: Sequence[Line]) -> str:
    head = (
        "work",
        "SPU",
        "stock MPyC",
        "ours",
        "ours, payload",
        "rounds",
        "peak memory of a party",
        "CPU SPU",
        "CPU ours",
        "error SPU",
        "error MPyC",
        "error ours",
    )
    return table(head, [_byte_row(line) for line in lines])


def _byte_row(line: Line) -> tuple[str, ...]:
    found = line.timings
    ours = found.get("ours")
    wire = [amount(found[name].wire) if name in found else "–" for name in ("spu", "mpyc", "ours")]
    errors = [_error(found.get(name)) for name in ("spu", "mpyc", "ours")]
    rounds = "–" if ours is None or ours.rounds is None else f"{ours.rounds:.0f}"
    peak = amount(ours.more.get("peak") if ours else None)
    cpu = [duration(found[name].cpu) if name in found else "–" for name in ("spu", "ours")]
    return (line.title, *wire, amount(ours.payload if ours else None), rounds, peak, *cpu, *errors)


def _error(timing: Timing | None) -> str:
    if timing is None or timing.error is None:
        return "–"
    return "0" if timing.error == 0 else f"{timing.error:.1e}"


def _notes(lines: Sequence[Line]) -> str:
    names = {"spu": "SPU", "mpyc": "stock MPyC", "ours": "ours", "ours_plain": "plain"}
    gathered: dict[str, list[str]] = {}
    for line in lines:
        for engine, note in line.notes.items():
            gathered.setdefault(f"{names[engine]}: {note}", []).append(line.title)
        for engine, timing in line.timings.items():
            if timing.factor > 1:
                note = f"one step in {timing.factor} measured, figures × {timing.factor}"
                gathered.setdefault(f"{names[engine]}: {note}", []).append(line.title)
    return "\n".join(f"- {note} ({'; '.join(titles)})" for note, titles in gathered.items())


def _missed(lines: Sequence[Line], limits: dict[str, str]) -> str:
    found: list[str] = []
    for line in lines:
        row = BY_KEY[line.key]
        target = row.delayed if line.delay_ms else row.target
        verdicts = [verdict(target, line.value(target))] if target is not None else []
        if line.ratio("mpyc") is not None:
            verdicts.append(verdict(MPYC_RATIO, line.ratio("mpyc")))
        ours = line.timings.get("ours")
        if row.bytes_aim is not None and ours is not None and _per_element(line, ours) > row.bytes_aim:
            verdicts.append("missed")
        key = f"{line.key}, {line.delay_ms:g} ms" if line.delay_ms else line.key
        limit = limits.get(key, limits.get(line.key))
        if "missed" in verdicts or ("must" in verdicts and limit is not None and target is not None and target.aim):
            where = f", {line.delay_ms:g} ms" if line.delay_ms else ""
            found.append(f"- {line.title}{where}: {limit or 'not yet looked into.'}")
    return "\n".join(found)
