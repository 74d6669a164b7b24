"""Pictures of a report as SVG without script or style: intervals of coefficients, and what an evaluation's curve says."""

import html
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from client.evaluation import Evaluation, Group, Point
from client.inference import Inference
from protocol.programs import Words

_LINE: Final = "#0b5394"
_OTHER: Final = "#9a5b00"
_SIDE: Final = 280
_LEFT: Final = 50
_TOP: Final = 12
_SHORT: Final = 32

ROC: Final = Words("ROC: true positive rate over false positive rate", "ROC 曲线：纵轴为真正率，横轴为假正率")
KS: Final = Words(
    "KS: true (blue) and false positive rate over the share of rows chosen",
    "KS 曲线：真正率（蓝）与假正率随入选比例的变化",
)
PRECISION: Final = Words("Precision over recall", "精确率—召回率曲线")
GAIN: Final = Words("Gain: positives found over the share of rows chosen", "增益曲线：入选比例对应的正例捕获率")
CALIBRATION: Final = Words(
    "Calibration: observed over expected share of positives; a circle's area is its rows",
    "校准图：纵轴为实际正例比例，横轴为预测概率，圆面积表示行数",
)
INTERVALS: Final = Words("Coefficients with 95 % intervals", "系数及其 95% 区间")
RATIOS: Final = {
    "odds": Words("Odds ratios with 95 % intervals, on a log scale", "优势比及其 95% 区间（对数刻度）"),
    "rate": Words("Rate ratios with 95 % intervals, on a log scale", "率比及其 95% 区间（对数刻度）"),
    "hazard": Words("Hazard ratios with 95 % intervals, on a log scale", "风险比及其 95% 区间（对数刻度）"),
}
"""What the picture is of where exponentials of coefficients mean something: the same lines, with ratios along the axis."""
_MOST_TICKS: Final = 8


def intervals(fit: Inference) -> str:
    """A line for each coefficient that has an interval, of ratios a forest plot; nothing where none has."""
    drawn = [
        (each, each.low, each.high)
        for each in fit.estimates
        if each.low is not None and each.high is not None and each.name != "intercept"
    ]
    if not drawn:
        return ""
    least, most = min(0.0, *(low for _, low, _ in drawn)), max(0.0, *(high for _, _, high in drawn))
    width = (most - least) or 1.0

    def at(value: float) -> str:
        return f"{240 + 420 * (value - least) / width:.1f}"

    lines = [
        f'<line x1="{at(0)}" x2="{at(0)}" y1="8" y2="{22 * len(drawn) + 12}" stroke="#888" stroke-dasharray="4 3"/>'
    ]
    for place, (each, low, high) in enumerate(drawn):
        y, name = 22 * place + 20, each.name if len(each.name) <= _SHORT else f"{each.name[: _SHORT - 1]}…"
        lines.append(
            f'<text x="230" y="{y + 4}" text-anchor="end" font-size="12">{html.escape(name)}</text>'
            f'<line x1="{at(low)}" x2="{at(high)}" y1="{y}" y2="{y}" stroke="{_LINE}" stroke-width="2"/>'
            f'<circle cx="{at(each.coefficient)}" cy="{y}" r="4" fill="{_LINE}"/>'
        )
    bottom = 22 * len(drawn) + 20
    if not fit.ratio:
        return picture(INTERVALS, 680, bottom, "".join(lines))
    lines += [
        f'<text x="{at(math.log(ratio))}" y="{bottom + 12}" text-anchor="middle" font-size="11">{ratio:g}</text>'
        for ratio in _ratios(least, most)
    ]
    return picture(RATIOS[fit.ratio], 680, bottom + 20, "".join(lines))


def _ratios(least: float, most: float) -> list[float]:
    """Round numbers whose logarithms lie between these: 1, 2 and 5 of every power of ten; powers alone, or some of them, where that is many."""
    powers = range(math.floor(least / math.log(10)) - 1, math.ceil(most / math.log(10)) + 1)
    for steps in ((1, 2, 5), (1,)):
        found = [step * 10.0**power for power in powers for step in steps]
        found = [ratio for ratio in found if least <= math.log(ratio) <= most]
        if len(found) <= _MOST_TICKS:
            return found
    return found[:: -(-len(found) // _MOST_TICKS)]


def evaluated(evaluation: Evaluation) -> str:
    """ROC, KS, precision over recall, gain and calibration, those that the reader's outputs give."""
    points = evaluation.points
    if not points:
        return ""
    rate = points[0].true / (points[0].true + points[0].false)
    return "".join(
        [
            roc([(point.false_rate, point.true_rate) for point in points]),
            _ks(points),
            _precision(points, rate),
            _gain(points, rate),
            _calibration(evaluation.groups),
        ]
    )


def roc(points: Sequence[tuple[float, float]]) -> str:
    """The curve through (false, true) positive rates, from everything to nothing."""
    return _square(ROC, _diagonal() + _path(points, _LINE))


def _ks(points: Sequence[Point]) -> str:
    at = max(points, key=lambda point: point.true_rate - point.false_rate)
    gap = _path([(at.share, at.false_rate), (at.share, at.true_rate)], "#555", "4 3")
    drawn = [(point.share, point.true_rate) for point in points], [(point.share, point.false_rate) for point in points]
    return _square(KS, gap + _path(drawn[0], _LINE) + _path(drawn[1], _OTHER))


def _precision(points: Sequence[Point], rate: float) -> str:
    known = [(point.true_rate, point.precision) for point in points if point.precision is not None]
    return _square(PRECISION, _path([(0, rate), (1, rate)], "#bbb", "4 3") + _path(known, _LINE))


def _gain(points: Sequence[Point], rate: float) -> str:
    perfect = _path([(0, 0), (rate, 1), (1, 1)], "#bbb", "2 3")
    return _square(GAIN, _diagonal() + perfect + _path([(point.share, point.true_rate) for point in points], _LINE))


def _calibration(groups: Sequence[Group]) -> str:
    if not groups:
        return ""
    most = max(group.rows for group in groups)
    circles = "".join(
        f'<circle cx="{_x(group.expected)}" cy="{_y(group.observed)}" r="{2 + 6 * (group.rows / most) ** 0.5:.1f}" fill="{_LINE}"/>'
        for group in groups
    )
    line = _path([(group.expected, group.observed) for group in groups], _LINE)
    return _square(CALIBRATION, _diagonal() + line + circles)


def _square(title: Words, drawn: str) -> str:
    """Both axes from 0 to 1, with ticks at quarters."""
    ticks = "".join(
        f'<text x="{_x(tick)}" y="{_TOP + _SIDE + 18}" text-anchor="middle" font-size="11">{tick:g}</text>'
        f'<text x="{_LEFT - 8}" y="{float(_y(tick)) + 4:.1f}" text-anchor="end" font-size="11">{tick:g}</text>'
        for tick in (0, 0.25, 0.5, 0.75, 1)
    )
    frame = f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#888"/>'
    return picture(title, _LEFT + _SIDE + 16, _TOP + _SIDE + 28, frame + ticks + drawn)


def _diagonal() -> str:
    return _path([(0, 0), (1, 1)], "#bbb", "4 3")


def _path(points: Sequence[tuple[float, float]], colour: str, dashes: str = "") -> str:
    kept = [point for point, after in pairwise([*points, None]) if point is not None and point != after]
    drawn = " ".join(f"{_x(x)},{_y(y)}" for x, y in kept)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _x(value: float) -> str:
    return f"{_LEFT + _SIDE * min(1.0, max(0.0, value)):.1f}"


def _y(value: float) -> str:
    return f"{_TOP + _SIDE * (1 - min(1.0, max(0.0, value))):.1f}"


def picture(title: Words, width: int, height: int, drawn: str) -> str:
    """A figure with its caption in both languages."""
    english, chinese = html.escape(title.english), html.escape(title.chinese)
    return (
        f'<figure><figcaption>{english}<br>{chinese}</figcaption><svg role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><title>{english} {chinese}</title>{drawn}</svg></figure>'
    )
