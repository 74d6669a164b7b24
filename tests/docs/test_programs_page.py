"""The reference of programs is what the catalogue says, in both languages, and its command tells when it is not."""

import re
from pathlib import Path

import pytest

from mpc.programs.catalogue import CATALOGUE
from tools import program_docs
from tools.program_words import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda item: item.file)
def test_the_committed_page_is_the_catalogues(language: Language) -> None:
    path = program_docs.DOCS / language.file
    assert path.read_text("utf-8") == program_docs.page(language), "run `python -m tools.program_docs`"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda item: item.file)
def test_everything_that_is_declared_is_on_the_page(language: Language) -> None:
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", program_docs.page(language), re.MULTILINE | re.DOTALL))
    assert list(sections) == list(CATALOGUE)
    for name, program in CATALOGUE.items():
        named = {port.name for port in (*program.inputs, *program.outputs)} | {p.name for p in program.parameters}
        rows = [re.split(r"(?<!\\)\|", line) for line in sections[name].splitlines() if line.startswith("|")]
        assert named <= {row[1].strip().strip("`") for row in rows}, name
        assert all(f"`{fact.name}`" in sections[name] for fact in program.disclosures)
        assert {len(row) for row in rows} <= {6, 7}, name  # a bar in a text would make another cell


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda item: item.file)
def test_every_program_in_the_list_has_its_heading(language: Language) -> None:
    text = program_docs.page(language)
    headings = {re.sub(r"[@.]", "", name) for name in re.findall(r"^## (\S+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", text)) == headings


def test_the_check_notices_a_page_that_is_old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program_docs.main([], tmp_path) == 0
    assert program_docs.main(["--check"], tmp_path) == 0
    page = tmp_path / LANGUAGES[1].file
    page.write_text(page.read_text("utf-8").replace("4", "5", 1), "utf-8")
    assert program_docs.main(["--check"], tmp_path) == 1
    assert page.name in capsys.readouterr().err
    (tmp_path / LANGUAGES[0].file).unlink()
    assert program_docs.main(["--check"], tmp_path) == 1
