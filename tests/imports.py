"""Which modules a role of the installation reaches by its imports, read from the source without running it."""

import ast
import itertools
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from cli.roles import ROLES

ROOT: Final = Path(__file__).resolve().parent.parent
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES: Final = (*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "deploy")
BARE: Final = "verify"
"""How the installation without an extra is called: its lock is ``requirements/verify.lock``."""
EXTRAS: Final = tuple(sorted(set(ROLES.values())))
OPERATORS: Final = {"coordinator": ("chain.besu", "deploy.generate")}
"""What an operator starts with ``python -m`` beside the command line (the user guide names it)."""

LOADED: Final = tuple(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "mpc" / "programs").rglob("*.py"))
    if path.stem != "__init__"
)
"""What the catalogue of programs loads by name."""


def entries(role: str) -> tuple[str, ...]:
    """The modules that a role starts from: its commands and its part of the library, and what its operators run."""
    if role != BARE:
        own = [module for module, owner in ROLES.items() if owner == role]
        return (*own, *OPERATORS.get(role, ()), *(LOADED if role == "node" else ()))
    return tuple(module for module in command_modules() if module not in ROLES)


def command_modules() -> tuple[str, ...]:
    """Every module of the command line."""
    return _modules("cli")


def library_modules() -> tuple[str, ...]:
    """Every module of what integrators import."""
    return _modules("tallystick")


def reached(start: Iterable[str], *, at_import: bool = False) -> tuple[dict[str, str], dict[str, str]]:
    """Our own modules and the foreign top-level packages that ``start`` leads to, each with a module that imports it.

    ``at_import`` leaves out what functions import when they run. Modules that belong to another role are not followed.
    """
    start = tuple(start)
    roles = {ROLES.get(module) for module in start}
    ours: dict[str, str] = {}
    foreign: dict[str, str] = {}
    todo = [(module, "") for module in start]
    while todo:
        module, by = todo.pop()
        top = module.split(".")[0]
        if top not in PACKAGES:
            if top not in sys.stdlib_module_names:
                foreign.setdefault(top, by)
        elif module not in ours and source(module) is not None:
            if by and ROLES.get(module) not in {None, *roles}:
                continue
            ours[module] = by
            todo += [(parent, by) for parent in _parents(module)]
            todo += [(name, module) for name in imports(module, at_import=at_import)]
    return ours, foreign


def source(module: str) -> Path | None:
    """A module's file; None when there is no such module of ours."""
    path = ROOT / module.replace(".", "/")
    for found in (path / "__init__.py", path.with_suffix(".py")):
        if found.exists():
            return found
    return None


@cache
def imports(module: str, *, at_import: bool) -> tuple[str, ...]:
    """What a module imports or starts with ``python -m``; what only type checkers see is left out."""
    path = source(module)
    assert path is not None, module
    return tuple(names_in(ast.parse(path.read_text("utf-8")), at_import=at_import))


def names_in(tree: ast.AST, *, at_import: bool = False) -> list[str]:
    """The modules that a tree's import statements name."""
    found: list[str] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module, "imports here are absolute"
            found.append(node.module)
            found += [f"{node.module}.{alias.name}" for alias in node.names if node.module.split(".")[0] in PACKAGES]
        elif isinstance(node, ast.List | ast.Tuple | ast.Call):
            items = node.args if isinstance(node, ast.Call) else node.elts
            words = [item.value if isinstance(item, ast.Constant) else None for item in items]
            pairs = itertools.pairwise(words)
            found += [after for word, after in pairs if word == "-m" and isinstance(after, str) and after != "pip"]
        todo += ast.iter_child_nodes(node)
    return found


def _modules(package: str) -> tuple[str, ...]:
    return tuple(f"{package}.{path.stem}" for path in sorted((ROOT / package).glob("*.py")) if path.stem != "__init__")


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]
