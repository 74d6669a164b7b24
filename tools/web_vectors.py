"""Writes ``tests/vectors/records.json``: questions about records with Python's answers, for every language that derives the same.

``python -m tools.web_vectors`` writes the file, ``--check`` compares and exits 1 on a difference. What is asked is drawn from fixed
seeds (:mod:`tools.web_questions`); the same kinds of questions with other seeds are put to both languages by
``tests/integration/web/test_agreement.py``.
"""

import json
import sys
from collections.abc import Iterator
from random import Random
from typing import Final

from tools.web_answers import Question, answer
from tools.web_files import ROOT, written
from tools.web_questions import fixed, questions
from tools.web_samples import Maker

OUTPUT: Final = ROOT / "tests" / "vectors" / "records.json"
SEEDS: Final = range(3)


def asked() -> Iterator[Question]:
    """All questions of the file."""
    yield from fixed()
    for seed in SEEDS:
        yield from questions(Maker(Random(seed)))  # noqa: S311 - the same records every time


def render() -> str:
    """The file's text: one vector a line."""
    lines = (json.dumps({"question": question, "answer": answer(question)}, sort_keys=True) for question in asked())
    return '{"vectors": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    sys.exit(written({OUTPUT: render()}, check="--check" in sys.argv[1:]))
