"""The page for lawyers is what the tables say, in both languages, and its command tells when it is not."""

import re
from pathlib import Path

import pytest

from protocol.law import codes
from protocol.law.rules import TABLE
from tools import law_docs


@pytest.mark.parametrize("page", law_docs.PAGES, ids=lambda item: item.file)
def test_the_committed_page_is_the_tables(page: law_docs.Page) -> None:
    assert (law_docs.DOCS / page.file).read_text("utf-8") == law_docs.text(page), "run `python -m tools.law_docs`"


@pytest.mark.parametrize("page", law_docs.PAGES, ids=lambda item: item.file)
def test_every_code_stands_in_a_row_of_its_table(page: law_docs.Page) -> None:
    sections = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", law_docs.text(page), re.MULTILINE | re.DOTALL))
    for table in codes.TABLES:
        title = table.title.english if page.language == "en" else table.title.chinese
        rows = [line for line in sections[title].splitlines() if line.startswith("| `")]
        assert [re.findall(r"`([^`]+)`", row)[0] for row in rows] == [code.code for code in table.codes]
        assert all(len(row.split(" | ")) == 4 for row in rows), title
    text = law_docs.text(page)
    assert all(f"| `{rule.code}` | " in text for rule in TABLE)


def test_the_check_notices_a_page_that_is_old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert law_docs.main([], tmp_path) == 0
    assert law_docs.main(["--check"], tmp_path) == 0
    page = tmp_path / law_docs.PAGES[1].file
    page.write_text(page.read_text("utf-8").replace("第十三条", "第十四条", 1), "utf-8")
    assert law_docs.main(["--check"], tmp_path) == 1
    assert page.name in capsys.readouterr().err
