"""What follows of a genome-wide association, as a section of a result's page and as a table of all variants."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from client import genome_pictures
from client.association import Association, VariantTest, associations
from client.markup import cell, escaped, number, plain, table
from client.result_file import NamedResult, harmless
from protocol.programs import Words
from protocol.variants import Variant

_STRONGEST: Final = 50
"""Variants of an association on the page; its own CSV has all."""
_TESTS: Final[dict[str, Words]] = {
    "case_frequency": Words("A1 in cases", "病例中 A1 频率"),
    "control_frequency": Words("A1 in controls", "对照中 A1 频率"),
    "case_missing": Words("Missing in cases", "病例缺失率"),
    "control_missing": Words("Missing in controls", "对照缺失率"),
    "allelic": Words("Allelic χ²", "等位基因 χ²"),
    "allelic_p": Words("Its p-value", "等位基因 p 值"),
    "trend": Words("Trend χ²", "趋势 χ²"),
    "trend_p": Words("Its p-value", "趋势 p 值"),
    "odds": Words("Odds ratio of A1", "A1 优势比"),
    "low": Words("95 % from", "95% 区间下限"),
    "high": Words("95 % to", "95% 区间上限"),
    "hardy_weinberg": Words("Hardy–Weinberg χ², controls", "对照哈迪-温伯格 χ²"),
    "hardy_weinberg_p": Words("Its p-value", "哈迪-温伯格 p 值"),
}
"""What stands in the columns beside a variant, by the field of :class:`~client.association.VariantTest`."""
_NAMES: Final[dict[str, Words]] = {
    "chromosome": Words("Chromosome", "染色体"),
    "position": Words("Position", "位置"),
    "name": Words("Variant", "位点"),
    "counted": Words("A1 (counted)", "A1（计数）"),
    "other": Words("A2", "A2"),
}
"""What the list says of a variant, by the field of :class:`~protocol.variants.Variant`."""
_FIGURES: Final[dict[str, Words]] = {
    "controls": Words("Controls", "对照数"),
    "cases": Words("Cases", "病例数"),
    "variants tested": Words("Variants tested", "检验的位点数"),
    "variants without counts": Words(
        "Variants without counts (hidden, or nobody's dosage is known)", "无计数的位点数（被隐藏，或无已知基因型）"
    ),
    "genomic inflation": Words("Genomic inflation λ (trend test)", "基因组膨胀因子 λ（趋势检验）"),
}


def variants_csv(result: NamedResult, variants: Sequence[Variant] = ()) -> str:
    """A line for each variant that shows, of every test of association; what is not given or not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["step", "place", *_NAMES, *_TESTS])
    for found in associations(result, variants):
        for each in found.tested:
            names = [harmless(str(getattr(each.variant, name, ""))) for name in _NAMES]
            writer.writerow([harmless(found.step), each.place, *names, *(cell(getattr(each, name)) for name in _TESTS)])
    return text.getvalue()


def section(found: Association) -> str:
    """Figures, both pictures, and the strongest variants."""
    figures = {
        "controls": found.controls,
        "cases": found.cases,
        "variants tested": len(found.tested),
        "variants without counts": found.hidden,
        "genomic inflation": found.inflation,
    }
    lines = [[plain(_FIGURES[name]), number(value)] for name, value in figures.items()]
    strongest = sorted(found.tested, key=genome_pictures.strength, reverse=True)[:_STRONGEST]
    named = any(each.variant is not None for each in strongest)
    heads = [Words("Place in the list", "列表中的序号"), *(_NAMES.values() if named else ()), *_TESTS.values()]
    parts = [
        f"<h2><code>{escaped(found.step)}</code> {escaped(found.program)}</h2>",
        table([Words("", ""), Words("Value", "数值")], lines, Words("Figures of the association", "关联分析指标")),
        genome_pictures.manhattan(found),
        genome_pictures.quantiles(found),
        table(heads, [_line(each, named=named) for each in strongest], Words("The strongest variants", "最显著的位点")),
    ]
    return "\n".join(part for part in parts if part)


def _line(each: VariantTest, *, named: bool) -> list[str]:
    names = [str(getattr(each.variant, name)) for name in _NAMES] if named else []
    return [str(each.place), *names, *(_test(name, getattr(each, name)) for name in _TESTS)]


def _test(name: str, value: float | None) -> str:
    """p-values of a genome are small: with their exponent."""
    return f"{value:.3g}" if name.endswith("_p") and value is not None else number(value)
