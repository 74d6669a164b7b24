"""Pictures of a genome-wide association as SVG: the Manhattan plot and the quantiles of p-values.

Half a million points are drawn on a grid of the picture's own resolution, each place once: what is seen is every point, and the file
stays small.
"""

import html
import math
from collections.abc import Iterable
from typing import Final

from client.association import GENOME_WIDE, SUGGESTIVE, Association, VariantTest
from client.pictures import picture
from protocol.programs import Words

MANHATTAN: Final = Words(
    "Manhattan plot: -log10 p of the trend test along the genome; lines at 5e-8 and 1e-5",
    "曼哈顿图：趋势检验的 -log10 p 沿基因组分布，横线为 5e-8 与 1e-5",
)
QUANTILES: Final = Words(
    "Q-Q plot: observed over expected -log10 p of the trend test",
    "Q-Q 图：趋势检验 -log10 p 的观测值与期望值",
)
_COLOURS: Final = ("#0b5394", "#9a5b00")
_WIDTH: Final = 900
_HEIGHT: Final = 280
_SIDE: Final = 300
_LEFT: Final = 50
_TOP: Final = 12
_DOT: Final = 2
"""Pixels of a point, and of the grid that it stands on."""
_LEAST: Final = 8.0
"""-log10 p up to which the axes go at least."""
_NAMED: Final = 40
"""Chromosomes up to which their names are written."""


def strength(tested: VariantTest) -> float:
    """-log10 p of the trend test; of a statistic whose p is 0 in double precision by its asymptotic tail (DLMF 7.12.1)."""
    if tested.trend is None or tested.trend_p is None:
        return 0.0
    if tested.trend_p > 0:
        return -math.log10(tested.trend_p)
    return tested.trend / 2 / math.log(10) + math.log10(math.pi * tested.trend / 2) / 2


def manhattan(found: Association) -> str:
    """Chromosomes in the list's order, each as wide as its positions go; places in the list where no names are known."""
    chromosomes: dict[str, list[tuple[int, float]]] = {}
    for each in found.tested:
        if each.trend is not None:
            name, position = (
                ("", each.place) if each.variant is None else (each.variant.chromosome, each.variant.position)
            )
            chromosomes.setdefault(name, []).append((position, strength(each)))
    if not chromosomes:
        return ""
    widths = {name: max(position for position, _ in points) + 1 for name, points in chromosomes.items()}
    total = sum(widths.values())
    most = max(_LEAST, *(height for points in chromosomes.values() for _, height in points))
    drawn = [_frame(_WIDTH, _HEIGHT, most), *(_level(level, most) for level in (GENOME_WIDE, SUGGESTIVE))]
    start = 0
    for at, (name, points) in enumerate(chromosomes.items()):
        places = [(_WIDTH * (start + x) / total, _HEIGHT * (1 - y / most)) for x, y in points]
        drawn.append(_dots(places, _COLOURS[at % 2]))
        if name and len(chromosomes) <= _NAMED:
            middle = _LEFT + _WIDTH * (start + widths[name] / 2) / total
            drawn.append(
                f'<text x="{middle:.0f}" y="{_TOP + _HEIGHT + 16}" text-anchor="middle" font-size="10">{html.escape(name[:8])}</text>'
            )
        start += widths[name]
    return picture(MANHATTAN, _LEFT + _WIDTH + 12, _TOP + _HEIGHT + 24, "".join(drawn))


def quantiles(found: Association) -> str:
    """Observed strengths over those of as many uniform p-values."""
    seen = sorted((strength(each) for each in found.tested if each.trend is not None), reverse=True)
    if not seen:
        return ""
    expected = [-math.log10((at + 0.5) / len(seen)) for at in range(len(seen))]
    most, widest = max(seen[0], expected[0], 1.0), max(expected[0], 1.0)
    points = ((_SIDE * x / widest, _SIDE * (1 - y / most)) for x, y in zip(expected, seen, strict=True))
    diagonal = (
        f'<line x1="{_LEFT}" y1="{_TOP + _SIDE}" x2="{_LEFT + _SIDE}" y2="{_TOP + _SIDE * (1 - widest / most):.1f}" '
        'stroke="#bbb" stroke-width="2" stroke-dasharray="4 3"/>'
    )
    return picture(
        QUANTILES,
        _LEFT + _SIDE + 12,
        _TOP + _SIDE + 12,
        _frame(_SIDE, _SIDE, most) + diagonal + _dots(points, _COLOURS[0]),
    )


def _frame(width: int, height: int, most: float) -> str:
    """A box with ticks on the left, a few whole numbers."""
    step = max(1, math.ceil(most / 8))
    ticks = "".join(
        f'<text x="{_LEFT - 8}" y="{_TOP + height * (1 - tick / most) + 4:.1f}" text-anchor="end" font-size="11">{tick}</text>'
        for tick in range(0, math.floor(most) + 1, step)
    )
    return f'<rect x="{_LEFT}" y="{_TOP}" width="{width}" height="{height}" fill="none" stroke="#888"/>{ticks}'


def _level(level: float, most: float) -> str:
    y = _TOP + _HEIGHT * (1 + math.log10(level) / most)
    return f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#888" stroke-dasharray="4 3"/>'


def _dots(points: Iterable[tuple[float, float]], colour: str) -> str:
    places = sorted({(round(x / _DOT), round(y / _DOT)) for x, y in points})
    path = "".join(f"M{_LEFT + _DOT * x - 1} {_TOP + _DOT * y}h{_DOT}" for x, y in places)
    return f'<path d="{path}" stroke="{colour}" stroke-width="{_DOT}" fill="none"/>'
