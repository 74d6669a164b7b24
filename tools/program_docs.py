"""The reference of all programs, ``docs/programs.md`` and ``docs/programs.zh-CN.md``, written from the catalogue.

Usage: ``python -m tools.program_docs`` writes both pages, ``--check`` only compares (exit status 1 when one is old).
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.program import InputPort, OutputPort, Program
from protocol.backends import SEMI_HONEST
from protocol.columns import taken
from protocol.plans import probability
from protocol.programs import ParameterSpec
from protocol.support import WORDS, needs_consent
from tools.program_costs import Cell, cells
from tools.program_words import LANGUAGES, Language

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


def main(arguments: list[str] | None = None, folder: Path = DOCS) -> int:
    """Write or compare both pages; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.program_docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with the committed pages")
    check = parser.parse_args(arguments).check
    old = 0
    for language in LANGUAGES:
        path, text = folder / language.file, page(language)
        if not check:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            sys.stderr.write(f"{path.name} is not what the catalogue says: run `python -m tools.program_docs`.\n")
            old = 1
    return old


def page(language: Language) -> str:
    """The whole page in one language."""
    rows = [
        (f"[`{program.program}`](#{_anchor(program)})", language.of(program.title), str(program.protection_level))
        for program in CATALOGUE.values()
    ]
    parts = [
        language.introduction,
        _table(language.overview, rows),
        language.reading,
        *(_program(language, program) for program in CATALOGUE.values()),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _program(language: Language, program: Program) -> str:
    return "\n\n".join(_sections(language, program))


def _sections(language: Language, program: Program) -> Iterator[str]:
    yield f"## {program.program}"
    yield f"**{language.of(program.title)}**{language.stop} " + _facts(language, program)
    yield _table(
        language.inputs,
        [
            (f"`{p.name}`", _kinds(p.kinds), _columns(language, p), _count(p.least, p.most), language.of(p.about))
            for p in program.inputs
        ],
    )
    yield _table(
        language.outputs,
        [(f"`{p.name}`", f"`{p.kind}`", _leaves(language, p), language.of(p.about)) for p in program.outputs],
    )
    if program.parameters:
        yield _table(
            language.parameters,
            [
                (
                    f"`{spec.name}`",
                    language.parameter_kinds[spec.kind],
                    f"`{_default(spec)}`",
                    _range(spec),
                    language.of(spec.about),
                )
                for spec in program.parameters
            ],
        )
    else:
        yield language.no_parameters
    yield _disclosed(language, program)
    yield _table(language.costs, list(_costs(language, program)))


def _columns(language: Language, port: InputPort) -> str:
    found = language.of(taken(port.values, f"`{port.levels}` − 1"))
    identified = language.identified_or_keyed if port.values == "keyed" else language.identified
    return f"{found}{identified}" if port.identified else found or language.no_columns


def _leaves(language: Language, port: OutputPort) -> str:
    if not port.releasable:
        return language.no
    about = language.of(WORDS[port.support])
    if needs_consent(port.support, 0):
        return f"{language.per_person}{language.colon}{about}"
    return f"{language.above_group if needs_consent(port.support, 2) else language.yes}{language.colon}{about}"


def _facts(language: Language, program: Program) -> str:
    facts = [
        language.level.format(level=program.protection_level),
        language.committee.format(least=program.min_parties, most=program.max_parties),
    ]
    if program.needs_dataless_party:
        facts.append(language.dataless)
    if program.security_model == SEMI_HONEST:
        facts.append(language.semi_honest)
    return " ".join([*facts, language.headroom.format(headroom=language.of(program.headroom))])


def _disclosed(language: Language, program: Program) -> str:
    if not program.disclosures:
        return language.discloses_nothing
    lines = (
        f"- `{item.name}`{language.colon}{language.of(item.about)}"
        + "".join(f" {language.conditions[when.subject].format(name=when.name, over=when.over)}" for when in item.when)
        for item in program.disclosures
    )
    return "\n".join([language.discloses, "", *lines])


def _costs(language: Language, program: Program) -> Iterator[tuple[str, ...]]:
    at = cells(program.program)
    seconds, sent, rounds, memory, failure = language.quantities
    ranges = ", ".join(f"`{item.name}` {item.low:,}–{item.high:,}" for item in program.measured)
    formula = f"`{program.seconds.formula}`{language.measured.format(ranges=ranges)}"
    yield (
        seconds,
        formula,
        *(_or_refused(language, cell, _seconds(cell.seconds) + "*" * bool(cell.beyond)) for cell in at),
    )
    layout = language.layouts[at[0].layout]
    for name, shown in (
        (sent, [_bytes(float(cell.plan.traffic)) if cell.plan else "" for cell in at]),
        (rounds, [f"{cell.plan.rounds:,}" if cell.plan else "" for cell in at]),
        (memory, [_bytes(float(cell.plan.memory)) if cell.plan else "" for cell in at]),
        (failure, [probability(cell.plan.failure) if cell.plan else "" for cell in at]),
    ):
        yield name, layout, *(_or_refused(language, cell, text) for cell, text in zip(at, shown, strict=True))


def _or_refused(language: Language, cell: Cell, text: str) -> str:
    return text if cell.plan is not None else language.refused.format(code=cell.refusal)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _anchor(program: Program) -> str:
    """What GitHub makes of the heading."""
    return program.program.replace("@", "").replace(".", "")


def _kinds(kinds: Iterable[str]) -> str:
    return ", ".join(f"`{kind}`" for kind in kinds)


def _count(least: int, most: int) -> str:
    return str(least) if least == most else f"{least}–{most}"


def _default(spec: ParameterSpec) -> str:
    return str(spec.default).lower() if isinstance(spec.default, bool) else str(spec.default)


def _range(spec: ParameterSpec) -> str:
    if spec.kind == "choice":
        return ", ".join(f"`{choice}`" for choice in spec.choices)
    return "`true`, `false`" if spec.kind == "boolean" else f"{spec.low}–{spec.high}"


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 10 else f"{value:,.0f} s"


def _bytes(value: float) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.2g} {unit}" if value < 10 * size else f"{value / size:,.0f} {unit}"
    return f"{value:.0f} B"


if __name__ == "__main__":
    sys.exit(main())
