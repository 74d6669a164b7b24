"""A notebook's cells run in one namespace; what they print and their last values are its outputs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools import notebook


def made(*sources: str) -> dict[str, Any]:
    cells = [{"cell_type": "code", "source": [source], "outputs": [], "execution_count": None} for source in sources]
    return {"cells": [{"cell_type": "markdown", "source": ["# words"]}, *cells], "nbformat": 4}


def test_cells_share_names_and_give_what_they_print_and_end_with(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(made("x = 1\nprint('a')\nprint('b')", "x + 1", "y = 2", "", "None")))
    notebook.write(path)
    cells = json.loads(path.read_text())["cells"]
    assert cells[0] == {"cell_type": "markdown", "source": ["# words"]}
    assert cells[1]["outputs"] == [{"name": "stdout", "output_type": "stream", "text": ["a\n", "b\n"]}]
    assert cells[2]["outputs"][0]["data"] == {"text/plain": ["2"]}
    assert [cell["outputs"] for cell in cells[3:]] == [[], [], []]
    assert [cell["execution_count"] for cell in cells[1:]] == [1, 2, 3, 4, 5]


def test_a_value_that_draws_itself_is_kept_as_html_too() -> None:
    source = "class Shown:\n    def _repr_html_(self):\n        return '<b>1</b>'\nShown()"
    cell = notebook.run(made(source))["cells"][1]
    assert cell["outputs"][0]["data"]["text/html"] == ["<b>1</b>"]


def test_an_error_names_its_cell() -> None:
    with pytest.raises(ZeroDivisionError) as error:
        notebook.run(made("1", "1 / 0"))
    assert error.value.__notes__ == ["in code cell 2"]
