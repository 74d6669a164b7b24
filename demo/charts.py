"""Charts as SVG text: no script, no style of their own, colours by class names of the page that holds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

_SIDE: Final = 260
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 14, 14, 40
_TICKS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_BAR: Final = 22
_NAMES: Final = 190
_BARS: Final = 360


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One threshold of a classifier's scores, with the shares of both classes at or above it (each 0 to 1)."""

    threshold: float
    false_positive: float
    true_positive: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One horizontal bar; ``reference`` draws a mark beside it (the pooled model's value), ``group`` its look."""

    name: str
    value: float
    reference: float | None
    group: int


@dataclass(frozen=True, slots=True)
class Labels:
    """A chart's words in one language; ``prefix`` makes element ids unique on the page."""

    prefix: str
    title: str
    description: str
    horizontal: str = ""
    vertical: str = ""


def roc(points: Sequence[CurvePoint], alone: Sequence[CurvePoint], labels: Labels) -> str:
    """Receiver operating characteristic: the joint model as a filled curve, one side alone dashed, chance dotted."""
    joint_path = _along([(point.false_positive, point.true_positive) for point in _by_rate(points)])
    parts = [_frame(labels), f'<path class="chance" d="{_along([(0.0, 0.0), (1.0, 1.0)])}"/>']
    if points:
        parts.append(f'<path class="area" d="{joint_path} L{_x(1.0)} {_y(0.0)} L{_x(0.0)} {_y(0.0)} Z"/>')
        parts.append(f'<path class="curve joint" d="{joint_path}"/>')
    if alone:
        path = _along([(point.false_positive, point.true_positive) for point in _by_rate(alone)])
        parts.append(f'<path class="curve alone" d="{path}"/>')
    return _svg(labels, _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM, parts)


def separation(points: Sequence[CurvePoint], labels: Labels) -> str:
    """Kolmogorov-Smirnov: both classes' shares over the threshold, with the widest gap between them marked."""
    ordered = sorted(points, key=lambda point: point.threshold)
    parts = [_frame(labels)]
    if ordered:
        low, high = ordered[0].threshold, ordered[-1].threshold
        span = (high - low) or 1.0
        place = [(point.threshold - low) / span for point in ordered]
        for name in ("true_positive", "false_positive"):
            path = _along([(x, getattr(point, name)) for x, point in zip(place, ordered, strict=True)])
            parts.append(f'<path class="curve {name}" d="{path}"/>')
        at = max(range(len(ordered)), key=lambda i: ordered[i].true_positive - ordered[i].false_positive)
        x, widest = _x(place[at]), ordered[at]
        top, bottom = _y(widest.true_positive), _y(widest.false_positive)
        parts.append(f'<line class="gap" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>')
        gap = widest.true_positive - widest.false_positive
        side, anchor = (x - 6, "end") if place[at] > 0.5 else (x + 6, "start")
        middle = round((top + bottom) / 2 + 4, 1)
        parts.append(f'<text class="gap-value" x="{side}" y="{middle}" text-anchor="{anchor}">KS {gap:.3f}</text>')
    return _svg(labels, _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM, parts)


def bars(items: Sequence[Bar], labels: Labels) -> str:
    """Horizontal bars around zero, with each value printed; a small diamond marks the reference."""
    # never zero, nor so small that dividing by it overflows
    reach = max([1e-9, *(abs(v) for bar in items for v in (bar.value, bar.reference or 0.0))])
    zero, scale = _NAMES + _BARS / 2, (_BARS / 2 - 44) / reach
    height = _BAR * len(items) + 12
    parts = [f'<line class="axis" x1="{zero}" y1="0" x2="{zero}" y2="{height}"/>']
    for row, bar in enumerate(items):
        y, end = row * _BAR + 8, zero + bar.value * scale
        left, width = round(min(zero, end), 1), round(abs(end - zero), 1)
        parts.append(f'<text class="name" x="{_NAMES - 8}" y="{y + 11}" text-anchor="end">{escape(bar.name)}</text>')
        parts.append(f'<rect class="bar group-{bar.group}" x="{left}" y="{y}" width="{width}" height="14" rx="2"/>')
        side, anchor = (end + 9, "start") if bar.value >= 0 else (end - 9, "end")
        parts.append(f'<text class="value" x="{side:.1f}" y="{y + 11}" text-anchor="{anchor}">{bar.value:+.3f}</text>')
        if bar.reference is not None:
            x = round(zero + bar.reference * scale, 1)
            parts.append(f'<path class="reference" d="M{x} {y + 2} l4 5 l-4 5 l-4 -5 Z"/>')
    return _svg(labels, _NAMES + _BARS, height, parts)


def _by_rate(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Points from (0, 0) to (1, 1), both ends included whether or not they were given."""
    ends = [CurvePoint(float("inf"), 0.0, 0.0), CurvePoint(float("-inf"), 1.0, 1.0)]
    return sorted([*points, *ends], key=lambda point: (point.false_positive, point.true_positive))


def _x(share: float) -> float:
    return round(_LEFT + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _SIDE, 1)


def _along(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if number else 'M'}{_x(x)} {_y(y)}" for number, (x, y) in enumerate(places))


def _frame(labels: Labels) -> str:
    """Grid, tick labels and axis titles of a square from 0 to 1."""
    parts: list[str] = []
    for tick in _TICKS:
        parts.append(f'<line class="grid" x1="{_x(tick)}" y1="{_y(0)}" x2="{_x(tick)}" y2="{_y(1)}"/>')
        parts.append(f'<line class="grid" x1="{_x(0)}" y1="{_y(tick)}" x2="{_x(1)}" y2="{_y(tick)}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{_y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    middle, below = _LEFT + _SIDE / 2, _TOP + _SIDE
    parts.append(f'<text class="tick" x="{_x(0)}" y="{below + 15}" text-anchor="middle">0</text>')
    parts.append(f'<text class="tick" x="{_x(1)}" y="{below + 15}" text-anchor="middle">1</text>')
    parts.append(f'<text x="{middle}" y="{below + 32}" text-anchor="middle">{escape(labels.horizontal)}</text>')
    turn = f"rotate(-90 12 {_TOP + _SIDE / 2})"
    vertical = escape(labels.vertical)
    parts.append(f'<text x="12" y="{_TOP + _SIDE / 2}" text-anchor="middle" transform="{turn}">{vertical}</text>')
    return "".join(parts)


def _svg(labels: Labels, width: int, height: int, parts: Sequence[str]) -> str:
    name = labels.prefix
    head = (
        f'<svg class="chart" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-labelledby="{name}-title {name}-description" xmlns="http://www.w3.org/2000/svg">'
    )
    title = f'<title id="{name}-title">{escape(labels.title)}</title>'
    return "".join(
        [head, title, f'<desc id="{name}-description">{escape(labels.description)}</desc>', *parts, "</svg>"]
    )
