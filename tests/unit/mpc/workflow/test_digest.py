"""What voids a program's approval, and what does not."""

import ast
import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from mpc.programs.catalogue import CATALOGUE, FOLDER_OF, code_digest, descriptors, engine_digest
from mpc.workflow import digest
from mpc.workflow.program import Disclosure, InputPort, OutputPort, Program
from protocol import ids
from protocol.errors import FormatError
from protocol.programs import Condition, CostModel, Pair, ParameterSpec, Words

KMEANS = CATALOGUE["kmeans@1.0.0"]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of engine and programs that a test may change."""
    copied = tmp_path / "mpc"
    shutil.copytree(digest.SOURCES, copied, ignore=shutil.ignore_patterns("__pycache__", "built"))
    return copied


def digests(sources: Path) -> dict[str, bytes]:
    """The engine's and every program's own digest."""
    own = {name: digest.program_digest(program, FOLDER_OF[name], sources) for name, program in CATALOGUE.items()}
    return {"engine": digest.engine_digest(sources), **own}


def changed(sources: Path, change: Callable[[], object]) -> set[str]:
    """What a change voids; whatever voids something is seen by the snapshot that stands for it."""
    before, seen = digests(sources), digest.snapshot(sources)
    change()
    after = digests(sources)
    found = {name for name in before if before[name] != after[name]}
    assert not found or digest.snapshot(sources) != seen
    return found


def comment(path: Path) -> Callable[[], object]:
    return lambda: path.write_text(path.read_text() + "# a comment\n")


def test_a_program_is_registered_under_its_own_digest_and_the_engine_under_its() -> None:
    for descriptor in descriptors():
        name = descriptor.program
        assert descriptor.code_digest == code_digest(name) == digest.program_digest(CATALOGUE[name], FOLDER_OF[name])
    everything = {descriptor.code_digest for descriptor in descriptors()} | {engine_digest()}
    assert len(everything) == len(CATALOGUE) + 1
    assert engine_digest() == digest.engine_digest()
    assert ids.program(digest.ENGINE) not in CATALOGUE


def test_an_engine_upgrade_changes_the_registered_digest_of_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regression: the engine was part of every program's registered digest, and a repair of it voided all of them."""
    before = descriptors()
    monkeypatch.setattr(digest, "snapshot", lambda: b"other sources")
    monkeypatch.setattr(digest, "engine_digest", lambda: b"\7" * 32)
    assert descriptors() == before
    assert engine_digest() == b"\7" * 32


def test_a_digest_is_read_once_for_a_state_of_the_sources_and_anew_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    state, read = [b"one"], iter(range(10_000))
    monkeypatch.setattr(digest, "snapshot", lambda: state[0])
    monkeypatch.setattr(digest, "engine_digest", lambda: next(read).to_bytes(32, "big"))
    monkeypatch.setattr(digest, "program_digest", lambda *_: next(read).to_bytes(32, "big"))

    def seen() -> list[bytes]:
        return [engine_digest(), *(code_digest(name) for name in CATALOGUE)]

    first = seen()
    assert len(set(first)) == len(CATALOGUE) + 1
    assert seen() == first
    state[0] = b"another"
    assert not set(first) & set(seen())


def test_another_version_of_a_library_is_another_snapshot(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, engine = digest.snapshot(sources), digest.engine_digest(sources)
    assert digest.snapshot(sources) == seen
    monkeypatch.setattr(digest.metadata, "version", lambda name: f"0.{len(name)}")
    assert digest.snapshot(sources) != seen
    assert digest.engine_digest(sources) != engine


def test_a_change_of_the_engine_is_the_engines_alone(sources: Path) -> None:
    """Regression: a comment in ``link/errors.py`` was a change to the code of every program."""
    assert changed(sources, comment(sources / "link" / "errors.py")) == {"engine"}
    assert changed(sources, comment(sources / "workflow" / "runner.py")) == {"engine"}
    kernel = sources / "backends" / "fast" / "kernels" / "csrc" / "field.h"
    assert changed(sources, lambda: kernel.write_text("#define LANES 8")) == {"engine"}
    assert changed(sources, lambda: (sources / "new.c").write_text("int x;")) == {"engine"}
    assert changed(sources, lambda: (sources / "new.c").rename(sources / "newer.c")) == {"engine"}


def test_a_change_of_a_program_is_its_own_and_of_those_that_import_it(sources: Path) -> None:
    programs = sources / "programs"
    assert changed(sources, comment(programs / "clustering" / "kmeans" / "run.py")) == {"kmeans@1.0.0"}
    assert changed(sources, comment(programs / "stats" / "order_statistics.py")) == {"stats.describe@1.0.0"}
    solvers = changed(sources, comment(programs / "glm" / "solvers" / "preconditioner.py"))
    assert {"glm.logistic@1.0.0", "linear.ridge@1.0.0", "glm.softmax@1.0.0"} <= solvers
    assert not solvers & {"engine", "kmeans@1.0.0", "stats.describe@1.0.0", "psi.align@1.0.0"}


def test_words_costs_and_new_programs_change_nothing(sources: Path) -> None:
    """Regression: a corrected Chinese word, or a new program, voided all others."""
    programs = sources / "programs"
    for name in ("description.py", "cost.py"):
        assert changed(sources, comment(programs / "clustering" / "kmeans" / name)) == set()
    assert changed(sources, comment(programs / "catalogue.py")) == set()
    (programs / "stats" / "median").mkdir()
    assert changed(sources, lambda: (programs / "stats" / "median" / "run.py").write_text("x = 1\n")) == set()
    better = replace(KMEANS, title=Words("x", "y"), headroom=Words("x", "y"), seconds=CostModel("7*rows"))
    assert digest.facts(better) == digest.facts(KMEANS)


WORDS = {
    Program: {"title", "headroom", "seconds", "measured"},
    InputPort: {"about"}, OutputPort: {"about"}, Disclosure: {"about"}, ParameterSpec: {"about"},
}  # fmt: skip
"""What a description may change without a new version: words and estimates."""


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_every_other_field_of_a_description_is_part_of_its_program(kind: type[Any]) -> None:
    """A field that is added later is covered, or stands in the list above."""
    program = CATALOGUE["psi.align@1.0.0"]
    holder = {InputPort: "inputs", OutputPort: "outputs", Disclosure: "disclosures", ParameterSpec: "parameters"}
    for field in fields(kind):
        if kind is Program:
            pairs = (Pair("tables", "table", "label", "label"),)
            value = pairs if field.name == "pairs" else _other(getattr(program, field.name))
            other = replace(program, **{field.name: value})
        else:
            first, *rest = getattr(program, holder[kind])
            value = (Condition("parameter", "x", 0),) if field.name == "when" else _other(getattr(first, field.name))
            other = replace(program, **{holder[kind]: (_with(first, field.name, value), *rest)})
        assert (digest.facts(other) == digest.facts(program)) == (field.name in WORDS[kind]), field.name


def _with(item: Any, name: str, value: Any) -> Any:
    return replace(item, **{name: value})


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "9"
        case CostModel():
            return CostModel("1e-9*rows")
        case tuple():
            return value[:-1] if value else ("other",)
        case _:
            return Words("x", "y")


def test_every_library_that_computes_is_part_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in digest.LIBRARIES:
        before = digest.engine_digest()
        with monkeypatch.context() as patch:
            versions = {name: digest.metadata.version(name) for name in digest.LIBRARIES} | {library: "0.0.1"}
            patch.setattr(digest.metadata, "version", versions.__getitem__)
            assert digest.engine_digest() != before
    outside = {"structlog"}  # it writes lines, and no number passes through it
    used = {name for path in digest.SOURCES.rglob("*.py") for name in _packages(path)}
    assert used - set(digest.LIBRARIES) == outside


def _packages(path: Path) -> set[str]:
    import sys

    found = {name.split(".")[0] for name in _modules(path)}
    return found - set(sys.stdlib_module_names) - {"mpc", "protocol"}


def _modules(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_the_engine_imports_nothing_of_the_programs_but_their_list() -> None:
    """What it imported besides would be covered by no digest."""
    for path in digest.SOURCES.rglob("*.py"):
        if path.relative_to(digest.SOURCES).parts[0] != "programs":
            used = {name for name in _modules(path) if name.startswith("mpc.programs")}
            assert all(name.startswith("mpc.programs.catalogue.") for name in used), path


@pytest.mark.parametrize(
    "line",
    [
        "import importlib", "from importlib import import_module", "__import__('mpc.programs.columns')", "exec('x')",
        "eval('x')", "from . import other", "from .other import x", "import runpy", "compile('x', 'y', 'exec')",
    ],
)  # fmt: skip
def test_imports_that_cannot_be_read_off_are_refused(sources: Path, line: str) -> None:
    run = sources / "programs" / "clustering" / "kmeans" / "run.py"
    run.write_text(run.read_text() + f"\ndef hidden():\n    {line}\n")
    with pytest.raises(FormatError, match=r"program\.dynamic_import"):
        digest.program_digest(KMEANS, FOLDER_OF[KMEANS.program], sources)


def test_a_branch_that_imports_is_followed(sources: Path) -> None:
    run = sources / "programs" / "clustering" / "kmeans" / "run.py"
    run.write_text(run.read_text() + "\ndef later():\n    from mpc.programs.stats import moments\n    return moments\n")
    found = digest.closure(FOLDER_OF[KMEANS.program], sources)
    assert sources / "programs" / "stats" / "moments.py" in found


def test_what_runs_was_covered() -> None:
    """Importing a program's code in a fresh process reads only files of its closure, the catalogue's and the engine's."""
    import subprocess
    import sys

    code = """
import json, sys
read = {}
for name, folder in json.loads(sys.argv[1]).items():
    for module in [each for each in sys.modules if each.startswith("mpc.programs")]:
        del sys.modules[module]
    __import__(f"mpc.programs.{folder}.run")
    read[name] = [m.__file__ for n, m in sys.modules.items() if n.startswith("mpc.programs")]
print(json.dumps(read))
"""
    command = [sys.executable, "-c", code, json.dumps(FOLDER_OF)]
    done = subprocess.run(command, cwd=digest.SOURCES.parent, capture_output=True, text=True, check=True)
    read = {name: set(files) for name, files in json.loads(done.stdout).items()}
    assert all(read.values())
    for name, folder in FOLDER_OF.items():
        covered = {str(path) for path in digest.closure(folder)}
        assert read[name] <= covered, name


def test_a_snapshot_changes_with_any_source(sources: Path) -> None:
    seen = {digest.snapshot(sources)}
    for path in (sources / "link" / "mesh.py", sources / "programs" / "columns.py"):
        path.write_text(path.read_text() + "\n")
        seen.add(digest.snapshot(sources))
    assert len(seen) == 3
