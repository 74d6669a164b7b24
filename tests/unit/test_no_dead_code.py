"""Nothing stays that nobody calls: every module is part of a role, every function, class and method is named somewhere."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.imports import BARE, EXTRAS, PACKAGES, ROOT, entries, reached

PROGRAMS = {
    "audit_explorer.act_words": "`make web`: the pages' bundle says them",
    "audit_explorer.cost_words": "`make web`: the pages' bundle says them",
    "audit_explorer.desk_words": "`make web`: the pages' bundle says them",
    "audit_explorer.join_words": "`make web`: the pages' bundle says them",
    "audit_explorer.mine_words": "`make web`: the pages' bundle says them",
    "audit_explorer.propose_words": "`make web`: the pages' bundle says them",
    "audit_explorer.standing_words": "`make web`: the pages' bundle says them",
    "chain.compile": "`make artifacts`",
    "chain.generate": "`make artifacts`",
    "chain.launch": "chain.child starts it by its path",
    "metrics.alerts": "`python -m tools.dashboard`",
    "mpc.backends.fast.kernels.build": "set-up and image",
}
"""Modules that no role imports, and who uses them."""

KEPT = {
    "other halves of documented formats (docs/evidence.md): what we write a reader can read, as the tests do": {
        "open_row", "parse_path", "parse_tile", "tile_root", "tiles_of",
    },
    "for tests, and for programs of others over client and chain": {
        "messages_of", "party_record", "storage_layouts", "temporary",
    },
    "the engine's library, complete beside what the present programs take": {
        "argmin", "dot", "from_mpyc", "sigmoid_product", "solve", "to_mpyc",
    },
    "called by http.server, http.client, logging and asyncio": {
        "buffer_updated", "connection_made", "data_received", "do_GET", "do_POST", "emit", "eof_received", "get_buffer", "handle_error", "log_message", "makefile",
        "pause_writing", "readinto", "resume_writing",
    },
    "in the place of MPyC's own": {"_distribute", "_reshare", "nbytes_sent"},
}  # fmt: skip


def files() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if "bindings" not in path.parts:
                yield module, path


def test_every_module_is_part_of_a_role() -> None:
    found = set(PROGRAMS)
    for role in (BARE, *EXTRAS):
        found |= set(reached(entries(role))[0])
    assert [module for module, _ in files() if module not in found] == []
    assert {module for module, _ in files()} >= set(PROGRAMS)


def definitions(tree: ast.Module) -> Iterator[str]:
    """Functions, classes and methods that nothing but a call by name can reach: decorated ones are somebody's hook."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            registered = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(item, ast.Call) for item in node.decorator_list
            )
            if not registered and not node.name.startswith("__"):
                yield node.name


@cache
def named() -> frozenset[str]:
    """Every identifier that code beside the tests reads, imports or spells in a string, and every word of the templates."""
    found: set[str] = set()
    users = [path for folder in ("benchmarks", "tools") for path in (ROOT / folder).rglob("*.py")]
    for path in (*(path for _, path in files()), *users):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.alias):
                found.add(node.name.split(".")[-1])
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(re.findall(r"\b[A-Za-z_]\w*\b", node.value) if len(node.value) < 200 else ())
    for path in ROOT.glob("*/templates/*.j2"):
        found.update(re.findall(r"\w+", path.read_text("utf-8")))
    return frozenset(found)


def test_nothing_is_defined_that_nobody_names() -> None:
    defined = {name: module for module, path in files() for name in definitions(ast.parse(path.read_text("utf-8")))}
    kept = set[str]().union(*KEPT.values())
    assert {name: module for name, module in defined.items() if name not in named() | kept} == {}
    assert kept - (set(defined) - named()) == set(), "no longer needs its exception"
