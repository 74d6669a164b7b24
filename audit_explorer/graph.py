"""A task's workflow as SVG, drawn on the server: data above, results below, each step under what it reads.

The table beside it says the same; a workflow that nobody could follow in a picture has the table alone (:data:`MOST`). Colours come from
the page's style sheet through class names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

from audit_explorer.letters import fit
from protocol.contract import TaskContract

Kind = Literal["data", "step", "output"]
Node = tuple[Kind, str]
"""What a line begins or ends at. Kinds are kept apart: a data set may be called like a step."""

MOST: Final = 160
"""Lines and boxes of a drawing at most."""
_WIDTH: Final = 208
_HEIGHT: Final = 66
_ACROSS: Final = 20
_DOWN: Final = 34
_MARGIN: Final = 8
_PER_ROW: Final = 5
_ROUND: Final = {"data": 14, "step": 4, "output": _HEIGHT // 2}
_LETTERS: Final = 27


@dataclass(frozen=True, slots=True)
class Box:
    """One end or step: what it is called, and what stands below the name."""

    node: Node
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Workflow:
    """Boxes in rows from above, and who reads what: lines from one node to another."""

    rows: tuple[tuple[Box, ...], ...]
    lines: tuple[tuple[Node, Node], ...]


def source_of(contract: TaskContract, source: str) -> Node:
    """What a step or an output names as its source, as the engine reads it: a data set, what an earlier task left, or a step."""
    if source in {item.data_set for item in contract.inputs} | {model.name for model in contract.models}:
        return ("data", source)
    return ("step", source.split(".", 1)[0])


def layout(contract: TaskContract) -> Workflow:
    """The boxes and lines of a contract. Steps stand in their order, each reads from those before it, so nothing can go in a circle."""
    depth: dict[Node, int] = {("data", name): 0 for name in _data(contract)}
    lines = dict[tuple[Node, Node], None]()
    for step in contract.steps:
        sources = list(dict.fromkeys(source_of(contract, source) for _, named in step.inputs for source in named))
        depth["step", step.id] = 1 + max((depth[node] for node in sources), default=0)
        lines |= dict.fromkeys((node, ("step", step.id)) for node in sources)
    last = 1 + max(depth.values())
    rows: list[list[Box]] = [[] for _ in range(last + 1)]
    rows[0] = [Box(("data", name), name, about) for name, about in _data(contract).items()]
    for step in contract.steps:
        rows[depth["step", step.id]].append(Box(("step", step.id), step.id, step.program))
    for output in contract.outputs:
        node: Node = ("output", output.source)
        rows[last].append(Box(node, output.source, ", ".join(output.users)))
        lines[source_of(contract, output.source), node] = None
    return Workflow(tuple(tuple(row) for row in rows if row), tuple(lines))


def draw(contract: TaskContract, title: str, description: str, prefix: str = "workflow") -> str:
    """SVG of a contract's workflow, "" where it is too large for a picture; ``prefix`` makes its element ids unique on the page."""
    found = layout(contract)
    if len(found.lines) + sum(map(len, found.rows)) > MOST:
        return ""
    rows = [row[at : at + _PER_ROW] for row in found.rows for at in range(0, len(row), _PER_ROW)]
    width = 2 * _MARGIN + max(map(len, rows)) * (_WIDTH + _ACROSS) - _ACROSS
    height = 2 * _MARGIN + len(rows) * (_HEIGHT + _DOWN) - _DOWN
    places = {box.node: place for number, row in enumerate(rows) for box, place in _placed(row, number, width)}
    return "".join(
        [
            (
                f'<svg class="workflow" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
                f'aria-labelledby="{prefix}-name {prefix}-description" xmlns="http://www.w3.org/2000/svg">'
                f'<title id="{prefix}-name">{escape(title)}</title>'
                f'<desc id="{prefix}-description">{escape(description)}</desc>'
            ),
            *(_line(places[start], places[end]) for start, end in found.lines),
            *(_box(box, places[box.node]) for row in rows for box in row),
            "</svg>",
        ]
    )


def shortened(name: str) -> str:
    """A data set's reference without most of its digits."""
    head, dash, digits = name.rpartition("-")
    long = len(digits) >= 32 and set(digits) <= set("0123456789abcdef")
    return f"{head}{dash}{digits[:4]}…{digits[-4:]}" if long else name


def _data(contract: TaskContract) -> dict[str, str]:
    """Data sets with their owners, and what earlier tasks left with the name of what it is."""
    kept = {model.name: f"{model.source} ({model.kind})" for model in contract.models}
    return {item.data_set: item.owner for item in contract.inputs} | kept


def _placed(row: Sequence[Box], number: int, width: int) -> list[tuple[Box, tuple[float, int]]]:
    left = (width - len(row) * (_WIDTH + _ACROSS) + _ACROSS) / 2
    y = _MARGIN + number * (_HEIGHT + _DOWN)
    return [(box, (left + place * (_WIDTH + _ACROSS), y)) for place, box in enumerate(row)]


def _line(start: tuple[float, int], end: tuple[float, int]) -> str:
    x, y, to_x, to_y = start[0] + _WIDTH / 2, start[1] + _HEIGHT, end[0] + _WIDTH / 2, end[1]
    bend = _DOWN / 2
    return (
        f'<path class="edge" d="M{x:g} {y}C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {to_y - 6}"/>'
        f'<path class="head" d="M{to_x - 4:g} {to_y - 7}h8l-4 7z"/>'
    )


def _box(box: Box, place: tuple[float, int]) -> str:
    (x, y), kind = place, box.node[0]
    middle = x + _WIDTH / 2
    return (
        f'<g class="box {kind}"><rect x="{x:g}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{_ROUND[kind]}"/>'
        f'<text x="{middle:g}" y="{y + 26}" text-anchor="middle" class="label">{fit(shortened(box.title), _LETTERS)}</text>'
        f'<text x="{middle:g}" y="{y + 46}" text-anchor="middle" class="when">{fit(box.about, _LETTERS)}</text></g>'
    )
