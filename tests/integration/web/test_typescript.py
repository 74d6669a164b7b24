"""The pages' own tests, run by Node, and what the committed files must be."""

import subprocess
from pathlib import Path

from tests.patience import scaled
from tools.web_files import WEB


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=scaled(90), check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_their_own_tests_pass(node: str, built: Path) -> None:
    said = run(node, "--test", *map(str, sorted(built.glob("*.test.mjs"))))
    assert "# fail 0" in said
    assert "# skipped 0" in said


def test_bundles_are_what_their_sources_give(node: str) -> None:
    run(node, "build.mjs", "--check")


def test_the_api_types_are_those_of_the_openapi_document(node: str) -> None:
    tool = "node_modules/openapi-typescript/bin/cli.js"
    run(node, tool, "../../orchestrator/api/openapi.json", "--immutable", "--output", "src/generated/api.ts", "--check")
