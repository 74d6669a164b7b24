"""Every command that a document prints exists, with the options it prints; links between documents resolve."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "contracts" / "README.md",
        ROOT / "benchmarks" / "README.md",
    ]
)
ENTRY = typer.main.get_command(app)
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def commands(page: Path) -> Iterator[str]:
    """Lines of code blocks and inline code that begin like a command of ours."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```(?:sh|bash|console|)\n(.*?)```", text, re.DOTALL):
        yield from (line.strip().removeprefix("$ ") for line in block.splitlines())
    yield from (line.strip() for line in re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE))
    yield from re.findall(r"`((?:tally|make) [^`\n]+)`", text)


FOUND = [(page.relative_to(ROOT), line) for page in PAGES if page.exists() for line in commands(page)]
OURS = [(p, c) for p, c in FOUND if re.match(r"(tally|make|python -m|node_modules/\.bin/)\b", c)]


def without_comment(command: str) -> str:
    return re.split(r"\s+#\s", command)[0]


@pytest.mark.parametrize(("page", "command"), OURS, ids=lambda v: str(v)[:60])
def test_the_command_exists(page: Path, command: str) -> None:
    words = shlex.split(without_comment(command).replace("…", "X"))
    if words[0] == "make":
        for word in words[1:]:
            variable, assigned, _ = word.partition("=")
            assert f"$({variable})" in MAKEFILE if assigned else word in TARGETS, f"{page}: make {word}"
    elif words[0] == "tally":
        check_tally(page, words[1:])
    elif words[0] == "python":
        assert (ROOT / (words[2].replace(".", "/") + ".py")).exists() or (ROOT / words[2].replace(".", "/")).is_dir()
    else:
        assert words[0].startswith("node_modules/.bin/")


def commands_of(at: Any) -> dict[str, Any]:
    """A group's commands; typer brings a click of its own, so the kind is told by what it has."""
    return getattr(at, "commands", {})


def check_tally(page: Path, words: list[str]) -> None:
    at = ENTRY
    for word in words:
        if word == "--help":
            return
        if word.startswith("-"):
            known = {name for parameter in at.params for name in (*parameter.opts, *parameter.secondary_opts)}
            assert word.split("=")[0] in known, f"{page}: {word} is no option of {at.name}"
        elif word in commands_of(at):
            at = commands_of(at)[word]
        elif commands_of(at) and word == "X":
            return
        else:
            assert not commands_of(at), f"{page}: tally has no {word!r} in {words}"


def test_there_is_something_to_check() -> None:
    assert len(OURS) > 20
    assert any(command.startswith("make demo") for _, command in OURS)


def every_command(at: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in commands_of(at).items():
        yield from every_command(child, (*path, name))


@pytest.mark.parametrize("path", list(every_command(ENTRY)), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage" in result.output


FOLDERS = "audit_explorer|benchmarks|chain|cli|client|contracts|demo|deploy|docs|embedded|lookup|orchestrator|protocol|tests|tools|workers"


@pytest.mark.parametrize("page", [p for p in PAGES if p.exists()], ids=lambda p: str(p.relative_to(ROOT)))
def test_files_that_documents_name_exist(page: Path) -> None:
    named = re.findall(
        rf"`((?:{FOLDERS})/[\w./-]*(?:\.(?:lock|md|py|sh|sol|sql)|/))`", page.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [p for p in PAGES if p.exists()], ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_documents_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        there = page.parent / file if file else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"
