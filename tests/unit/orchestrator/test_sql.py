"""SQL is literal text: no statement is ever put together from values.

A copy of all tables names them as the schema does: psycopg puts the names of tables and columns into literal text, as identifiers and never as values.
"""

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


COPYING = STORE / "copying.py"


def named_by_the_schema(statement: ast.expr) -> bool:
    """Whether it is a literal of the module, or literal text into which psycopg puts names."""
    match statement:
        case ast.Name():
            return statement.id in {"_TABLES", "_SEQUENCES", "statement"}  # the last runs over the literals of _ENDED
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="SQL"), args=[ast.Constant()]), attr="format")
        ):
            return True
        case _:
            return isinstance(statement, ast.Constant)


def test_a_copy_s_statements_are_literals_with_names() -> None:
    assert all(named_by_the_schema(statement) for statement in statements(COPYING))
    assert not named_by_the_schema(ast.parse("sql.SQL(text).format(names)", mode="eval").body)
    assert not named_by_the_schema(ast.parse("f'TRUNCATE {names}'", mode="eval").body)
    assert "sql.Literal" not in COPYING.read_text("utf-8")


@pytest.mark.parametrize("path", sorted({*STORE.glob("*.py")} - {COPYING}), ids=lambda path: path.stem)
def test_every_statement_is_a_constant(path: Path) -> None:
    for statement in statements(path):
        assert isinstance(statement, ast.Constant), ast.dump(statement)
        assert isinstance(statement.value, str)


def test_there_are_statements_to_check() -> None:
    assert sum(len(statements(path)) for path in STORE.glob("*.py")) > 50
