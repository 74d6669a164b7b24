"""Counts as horizontal bars, drawn on the server as SVG; the table beside them has the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

from audit_explorer.letters import fit

Look = Literal["good", "bad", "pending", "plain"]

_WIDTH: Final = 640
_LABELS: Final = 200
_NUMBERS: Final = 76
_ROW: Final = 28
_BAR: Final = 18
MOST: Final = 40
"""Bars of one drawing; the table has all of them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it counts, in parts that lie side by side; the number behind it is their sum."""

    label: str
    parts: tuple[tuple[Look, int], ...]

    @property
    def total(self) -> int:
        """What the bar counts."""
        return sum(number for _, number in self.parts)


def draw(bars: Sequence[Bar], title: str, description: str, prefix: str) -> str:
    """SVG of the first :data:`MOST` bars, "" without any; ``prefix`` makes its element ids unique on the page."""
    shown = bars[:MOST]
    if not shown:
        return ""
    most, height = max(1, *(bar.total for bar in shown)), len(shown) * _ROW + 6
    return (
        f'<svg class="bars" role="img" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'aria-labelledby="{prefix}-name {prefix}-description" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{prefix}-name">{escape(title)}</title><desc id="{prefix}-description">{escape(description)}</desc>'
        f"{''.join(_bar(bar, place, most) for place, bar in enumerate(shown))}</svg>"
    )


def _bar(bar: Bar, place: int, most: int) -> str:
    y = place * _ROW + 4
    room = _WIDTH - _LABELS - _NUMBERS
    x, drawn = float(_LABELS), list[str]()
    for look, number in bar.parts:
        width = room * number / most
        if number:
            drawn.append(f'<rect class="{look}" x="{x:.1f}" y="{y}" width="{max(width, 1):.1f}" height="{_BAR}"/>')
        x += width
    return (
        f'<text x="{_LABELS - 10}" y="{y + 14}" text-anchor="end">{fit(bar.label, 26)}</text>{"".join(drawn)}'
        f'<text class="count" x="{x + 8:.1f}" y="{y + 14}">{bar.total}</text>'
    )
