"""Runs a notebook's cells in one namespace, in the folder where it is called, and writes down what they gave.

A kernel and its messages are not needed for that: what a cell prints, and the value of its last expression as text and HTML.
``python -m tools.notebook docs/joint-model.ipynb`` runs against the system that ``make up`` left running.
"""

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any, Final

INDENT: Final = 1


def run(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with fresh outputs; a cell's error is raised, with the cell's number in a note."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    cells: list[dict[str, Any]] = []
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            cells.append(cell)
            continue
        count += 1
        try:
            outputs = _outputs("".join(cell["source"]), namespace, count)
        except Exception as error:
            error.add_note(f"in code cell {count}")
            raise
        cells.append({**cell, "execution_count": count, "outputs": outputs})
    return {**notebook, "cells": cells}


def write(path: Path) -> None:
    """Run a notebook and store it with its outputs."""
    notebook = run(json.loads(path.read_text("utf-8")))
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=INDENT) + "\n", "utf-8")


def _outputs(source: str, namespace: dict[str, Any], count: int) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = None
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(tree, f"<cell {count}>", "exec"), namespace)  # noqa: S102 - a notebook of ours
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"<cell {count}>", "eval"), namespace)  # noqa: S307 - as above
    found: list[dict[str, Any]] = []
    if said.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": _lines(said.getvalue())})
    if value is not None:
        data = {"text/plain": _lines(repr(value))}
        if (html := getattr(value, "_repr_html_", None)) is not None:
            data["text/html"] = _lines(html())
        found.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return found


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write(Path(name))
