"""The guides' section on the declared schema and on node limits: their example is read, and no field is missing or invented."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest

from protocol.ask import NOTHING_VARIES, Ask, Ranges
from protocol.catalogue import COLUMN_KINDS
from protocol.contract import TaskContract
from workers import policy_draft
from workers.sources import draft_text, read
from workers.sources.reading import ENCODINGS, KINDS
from workers.sources.schema import Schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = ("user-guide.md", "user-guide.zh-CN.md")


def text(guide: str) -> str:
    return (DOCS / guide).read_text("utf-8")


def example(guide: str) -> dict[str, Any]:
    (found,) = re.findall(r"```toml\n(format = \"tallystick/declared-schema.*?)```", text(guide), re.DOTALL)
    return tomllib.loads(found)


def test_both_guides_have_one_example() -> None:
    assert example(GUIDES[0]) == example(GUIDES[1])


def test_the_example_reads_a_file_that_is_written_so(tmp_path: Path) -> None:
    schema = Schema.parse(example(GUIDES[0]))
    path = tmp_path / "visits.csv"
    rows = "身份证号;Cost;ward;smoker;seen;name\r\n110x;1,234.50;north;是;2024/1/5;张\r\n111X;NA;south;否;2024-02-29;李\r\n"
    path.write_bytes(rows.encode("gb18030"))
    table = read(path, schema)
    assert [table.texts(name) for name in schema.names] == [
        ["110X", "111X"], ["1234.5", None], ["north", "south"], ["true", "false"], ["2024-01-05", "2024-02-29"],
    ]  # fmt: skip


@pytest.mark.parametrize("guide", GUIDES)
def test_every_field_and_word_stands_in_the_guide(guide: str) -> None:
    said = text(guide)
    fields = {"encoding", "separator", "undeclared", *KINDS, *COLUMN_KINDS, *ENCODINGS}
    assert not {field for field in fields if f"`{field}`" not in said and f'`"{field}"`' not in said}
    schema = Schema.parse(example(guide)).to_json()
    for field in (
        "title",
        "data_level",
        "sensitive",
        "name",
        "kind",
        "source",
        "low",
        "high",
        "scale",
        "null",
        "about",
        "choices",
    ):
        assert f"{field} = " in said, field
    assert set(schema) == {"format", "title", "data_level", "sensitive", "columns", "file"}


@pytest.mark.parametrize("guide", GUIDES)
def test_the_fields_of_a_limit_are_those_of_an_ask(guide: str) -> None:
    table = re.search(r"\| `format` \| `\"(.*?)\"` \|\n((?:\|.*\n)+)", text(guide))
    assert table is not None
    assert table[1] == Ask.FORMAT
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", table[2], re.MULTILINE)
    assert ["format", *(name for name, _ in rows)] == list(cast("dict[str, object]", Ask.json_schema()["properties"]))
    words = dict(rows)["ranges"]
    assert set(re.findall(r"`(\w+)`", words)) == set(Ranges().to_json())


def test_a_drafts_head_names_the_sections_of_the_guides() -> None:
    for guide, name in zip(GUIDES, ("The declared schema", "声明的表结构"), strict=True):
        assert f"docs/{guide}" in draft_text.HEAD
        assert name in draft_text.HEAD
        assert f"### {name}\n" in text(guide)


def limit(guide: str) -> bytes:
    (found,) = re.findall(r"```toml\n(# A limit of your own.*?)```", text(guide), re.DOTALL)
    return found.encode()


def test_the_limits_example_is_what_a_draft_looks_like_after_its_owner_loosened_it() -> None:
    """Read as `tally node policy add` reads it, and written as `draft` writes: the comments are the draft's own."""
    assert limit(GUIDES[0]) == limit(GUIDES[1])
    found = policy_draft.read(limit(GUIDES[0]), toml=True)
    assert policy_draft.text(found).rstrip().encode() == limit(GUIDES[0]).rstrip()
    joining = TaskContract.parse(json.loads((DOCS / "examples" / "joining.json").read_text("utf-8")))
    assert found.contract == Ask.of(joining, found.data_set).contract
    assert (found.tasks_per_day, found.ranges != NOTHING_VARIES) == (5, True)
