"""A task's timeline as SVG, drawn on the server: no script, no inline style, readable without colour.

The picture repeats what the page's table says; it carries a title and a description for those who do not see it.
Colours come from the page's style sheet through class names, so a strict content security policy holds.
"""

from dataclasses import dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

from audit_explorer.letters import fit

Mark = Literal["done", "bad", "open"]

_STEP: Final = 148
_MARGIN: Final = 78
_PER_ROW: Final = 7
_ROW: Final = 104
_LINE_Y: Final = 40


@dataclass(frozen=True, slots=True)
class Moment:
    """One mark: what happened, who it is about, when; ``open`` marks what is still awaited."""

    label: str
    about: str
    when: str
    mark: Mark


def draw(moments: tuple[Moment, ...], title: str, description: str, prefix: str = "timeline") -> str:
    """SVG of the moments from left to right, seven to a row; ``prefix`` makes its element ids unique on the page."""
    columns = max(1, min(len(moments), _PER_ROW))
    rows = max(1, -(-len(moments) // _PER_ROW))
    width, height = 2 * _MARGIN + (columns - 1) * _STEP, rows * _ROW
    parts = [
        (
            f'<svg class="timeline" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'aria-labelledby="{prefix}-title {prefix}-description" xmlns="http://www.w3.org/2000/svg">'
        ),
        f'<title id="{prefix}-title">{escape(title)}</title>',
        f'<desc id="{prefix}-description">{escape(description)}</desc>',
    ]
    parts += [_rail(moments, row) for row in range(rows)]
    parts += [_moment(moment, number) for number, moment in enumerate(moments)]
    return "".join([*parts, "</svg>"])


def _place(number: int) -> tuple[int, int]:
    return _MARGIN + (number % _PER_ROW) * _STEP, (number // _PER_ROW) * _ROW + _LINE_Y


def _rail(moments: tuple[Moment, ...], row: int) -> str:
    """The line behind one row's marks; its last part is dashed while something is awaited."""
    first, last = row * _PER_ROW, min(len(moments), (row + 1) * _PER_ROW) - 1
    lines: list[str] = []
    for number in range(first, last):
        (x, y), (next_x, _) = _place(number), _place(number + 1)
        kind = "rail awaited" if moments[number + 1].mark == "open" else "rail"
        lines.append(f'<line class="{kind}" x1="{x}" y1="{y}" x2="{next_x}" y2="{y}"/>')
    return "".join(lines)


def _moment(moment: Moment, number: int) -> str:
    x, y = _place(number)
    return (
        f'<g class="moment {moment.mark}">{_glyph(moment.mark, x, y)}'
        f'<text class="label" x="{x}" y="{y - 18}" text-anchor="middle">{fit(moment.label, 20)}</text>'
        f'<text class="about" x="{x}" y="{y + 26}" text-anchor="middle">{fit(moment.about, 22)}</text>'
        f'<text class="when" x="{x}" y="{y + 42}" text-anchor="middle">{fit(moment.when, 22)}</text></g>'
    )


def _glyph(mark: Mark, x: int, y: int) -> str:
    """A tick, a cross or an empty circle: the shape says what the colour says."""
    circle = f'<circle cx="{x}" cy="{y}" r="9"/>'
    if mark == "done":
        return f'{circle}<path d="M{x - 4} {y} l3 3.5 l5.5 -7"/>'
    if mark == "bad":
        return f'{circle}<path d="M{x - 3.5} {y - 3.5} l7 7 m0 -7 l-7 7"/>'
    return circle
