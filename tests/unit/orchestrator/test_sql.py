"""SQL is literal text: no statement is ever put together from values."""

import ast
from pathlib import Path

import pytest

STORE = Path(__file__).resolve().parents[3] / "orchestrator" / "store"


def statements(path: Path) -> list[ast.expr]:
    tree = ast.parse(path.read_text("utf-8"))
    return [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"execute", "executemany"}
    ]


@pytest.mark.parametrize("path", sorted(STORE.glob("*.py")), ids=lambda path: path.stem)
def test_every_statement_is_a_constant(path: Path) -> None:
    for statement in statements(path):
        assert isinstance(statement, ast.Constant), ast.dump(statement)
        assert isinstance(statement.value, str)


def test_there_are_statements_to_check() -> None:
    assert sum(len(statements(path)) for path in STORE.glob("*.py")) > 50
