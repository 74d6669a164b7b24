"""A drafted limit says all of the ask in TOML, explains each part, and reads back as what it was drafted from."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from protocol.ask import Ask, Ranges, Span
from protocol.contract import TaskContract
from protocol.errors import FormatError, TallyError
from protocol.fields import fields_of
from tests.unit.orchestrator import sample
from tests.unit.workers.world import World
from workers.policy_draft import ABOUT, RANGES, read, text

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "examples").glob("*.json"))
CONTRACTS = [sample.contract(), *(TaskContract.parse(json.loads(path.read_text("utf-8"))) for path in EXAMPLES)]


def asks() -> list[Ask]:
    return [Ask.of(contract, item.data_set) for contract in CONTRACTS for item in contract.inputs]


@pytest.mark.parametrize("ask", asks(), ids=lambda ask: ask.data_set[:12])
def test_a_draft_reads_back_as_the_ask(ask: Ask) -> None:
    document = text(ask)
    assert read(document.encode(), toml=True) == ask
    assert read(json.dumps(ask.to_json(), indent=3).encode(), toml=False) == ask
    assert "不得有任何不同" in document


def test_every_part_and_every_range_is_explained_in_both_languages() -> None:
    """A field that is added to a limit and forgotten here is noticed."""
    assert {field.name for field in fields_of(Ask)} == set(ABOUT)
    assert {field.name for field in fields_of(Ranges)} == set(RANGES)
    document = text(asks()[0])
    for words in (*ABOUT.values(), *RANGES.values()):
        assert f"# {words.english}\n# {words.chinese}\n" in document
        assert words.english != words.chinese


def test_an_edited_draft_is_what_its_owner_wrote() -> None:
    ask = Ask.of(sample.contract(), sample.contract().inputs[0].data_set)
    step = next(step for step in ask.contract.steps if step.parameters)
    key = f"{step.id}.{step.parameters[0][0]}"
    edited = text(ask).replace("tasks_per_day = 1", "tasks_per_day = 7")
    edited = edited.replace("\nparameters = {  }", f'\nparameters = {{ "{key}" = {{ from = "0.01", to = "1" }} }}')
    found = read(edited.encode(), toml=True)
    assert found.tasks_per_day == 7
    assert found.ranges.parameters == ((key, Span("0.01", "1")),)
    assert read(text(found).encode(), toml=True) == found


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=60))
def test_whatever_words_a_contract_has_are_kept(words: str) -> None:
    ask = Ask.of(replace(sample.contract(), purpose=words), sample.contract().inputs[0].data_set)
    assert read(text(ask).encode(), toml=True).contract.purpose == words
    assert tomllib.loads(text(ask))["terms"]["purpose"] == words


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"format = ", "policy.not_toml"),
        (b"\xff", "policy.not_toml"),
        (b"x" * 300_000, "policy.too_large"),
        (b'format = "tallystick/ask/v1"', "json"),
    ],
)
def test_what_is_no_limit_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(FormatError, match=code.replace(".", r"\.")):
        read(data, toml=True)


def test_the_commands_draft_add_and_list(world: World, tmp_path: Path) -> None:
    state, file = world.nodes["hospital"].folder, tmp_path / "contract.json"
    contract = world.contract()
    file.write_text(json.dumps(contract.to_json(), indent=2))
    run = CliRunner()
    given = run.invoke(app, ["node", "policy", "draft", "--state", str(state), str(file), "--out", str(tmp_path)])
    assert given.exit_code == 0, given.output
    (drafted,) = tmp_path.glob("*.policy.toml")
    assert drafted.stat().st_mode & 0o777 == 0o600
    added = run.invoke(app, ["node", "policy", "add", "--state", str(state), str(drafted)])
    assert added.exit_code == 0, added.output
    listed = run.invoke(app, ["node", "policy", "list", "--state", str(state)])
    assert added.output.strip() in listed.output
    assert contract.purpose in listed.output
    again = run.invoke(app, ["node", "policy", "draft", "--state", str(state), str(file), "--out", str(tmp_path)])
    assert isinstance(again.exception, TallyError)
    other = run.invoke(app, ["node", "policy", "draft", "--state", str(world.nodes["exchange"].folder), str(file)])
    assert isinstance(other.exception, TallyError)
    assert other.exception.code == "policy.other_data_set"
