"""Schemas and files made in a test, and a listener that remembers what it was told."""

from pathlib import Path
from typing import Any

from workers.sources.problems import Listener, Problem
from workers.sources.schema import FORMAT, Schema


def declared(*columns: dict[str, Any], file: dict[str, Any] | None = None) -> Schema:
    """A schema of these columns and this way of writing the file."""
    document = {
        "format": FORMAT,
        "title": {"en": "T", "zh": "表"},
        "data_level": 3,
        "sensitive": [],
        "columns": columns,
    }
    return Schema.parse({**document, "columns": list(columns), **({"file": file} if file else {})})


def written(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A CSV file with this content."""
    path = folder / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


class Heard(Listener):
    """Keeps warnings and progress."""

    def __init__(self) -> None:
        self.warnings: list[Problem] = []
        self.steps: list[tuple[str, int, int]] = []

    def progress(self, step: str, done: int, total: int) -> None:
        """Keep a step."""
        self.steps.append((step, done, total))

    def warn(self, problem: Problem) -> None:
        """Keep a warning."""
        self.warnings.append(problem)

    def codes(self) -> list[str]:
        """Codes of the warnings, in order."""
        return [warning.code for warning in self.warnings]
