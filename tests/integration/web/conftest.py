"""The TypeScript of the pages, bundled for Node once for all tests."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protocol import canonical
from tests.patience import scaled
from tools.web_files import ROOT, WEB
from tools.web_questions import Question

Ask = Callable[[list[Question]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def node() -> str:
    """Node's executable; skips where there is none, or where the pages' packages are not installed."""
    found = shutil.which("node", path=f"{os.environ['PATH']}{os.pathsep}{ROOT / '.venv' / 'bin'}")
    if found is None or not (WEB / "node_modules").is_dir():
        pytest.skip("needs Node and the packages of audit_explorer/web (`tools/bootstrap.sh dev`)")
    return found


@pytest.fixture(scope="session")
def built(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the bundled tests."""
    folder = tmp_path_factory.mktemp("web")
    done = subprocess.run(
        [node, "build.mjs", "--tests", str(folder)],
        cwd=WEB,
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def typescript(node: str, built: Path) -> Ask:
    """TypeScript's answers to questions."""

    def ask(questions: list[Question]) -> list[dict[str, Any]]:
        lines = b"".join(canonical.dumps(question) + b"\n" for question in questions)
        done = subprocess.run(
            [node, str(built / "probe.mjs")], input=lines, capture_output=True, timeout=scaled(60), check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return [canonical.parse(line) for line in done.stdout.splitlines()]

    return ask
