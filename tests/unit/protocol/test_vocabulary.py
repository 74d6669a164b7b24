"""One vocabulary: contracts, database, API, texts and code name the same states and roles, in both languages."""

import ast
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from protocol import reasons, vocabulary
from protocol.api import ReviewName
from protocol.vocabulary import (
    CHAIN_STATES,
    ENDED,
    ENDED_ON_CHAIN,
    NODE_STATES,
    REVIEWS,
    ROLE_BITS,
    ROLE_WORDS,
    TASK_STATES,
    TRANSITIONS,
    Review,
    Role,
    TaskState,
)
from workers.jobs import stages

ROOT = Path(__file__).parents[3]
TYPES = (ROOT / "contracts/src/Types.sol").read_text()
STATES = set(TASK_STATES)
JOB_ENDS = {str(stage) for stage in stages.ENDED}
"""A node's jobs have stages of their own, in ``workers/jobs/stages.py``; some of their ends are called alike."""
SOURCES = [
    path
    for folder in (
        "protocol",
        "orchestrator",
        "workers",
        "client",
        "tallystick",
        "cli",
        "audit_explorer",
        "mpc",
        "demo",
        "chain",
    )
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != ROOT / "protocol/vocabulary.py"
]


def solidity_enum(name: str) -> list[str]:
    found = re.search(rf"enum {name} \{{([^}}]*)\}}", TYPES)
    assert found is not None
    return [item.strip().upper() for item in re.sub(r"//.*", "", found[1]).split(",")]


@pytest.mark.parametrize("enum", [TaskState, Review])
def test_the_contracts_number_states_alike(enum: type[TaskState] | type[Review]) -> None:
    assert solidity_enum(enum.__name__) == [item.name for item in enum]
    assert [int(item) for item in enum] == list(range(len(enum)))


def test_the_contracts_give_roles_the_same_bits() -> None:
    for role in Role:
        assert f"uint32 constant {role.name} = {role.value};" in TYPES
    declared = re.findall(r"uint32 constant ([A-Z_]+) = \d+;", TYPES)
    assert sorted(declared) == sorted(role.name for role in Role)


def test_the_contracts_allow_the_same_transitions() -> None:
    """The table in words at the head of ``TaskStates.sol``; forge tests hold its code to it."""
    source = (ROOT / "contracts/src/libraries/TaskStates.sol").read_text()
    for before, allowed in TRANSITIONS.items():
        found = re.search(rf"///\s+{before.name.title()}\s+-> ([A-Za-z, ]+)", source)
        assert found is not None
        assert {item.strip().upper() for item in found[1].split(",")} == {state.name for state in allowed}


def test_names_are_complete() -> None:
    assert set(CHAIN_STATES) - {"none"} | {vocabulary.SUBMITTED, vocabulary.FAILED, vocabulary.UNKNOWN} == STATES
    assert ENDED_ON_CHAIN < ENDED < STATES
    assert set(ROLE_WORDS) == set(ROLE_BITS)
    assert set(get_args(vocabulary.TaskStateName)) == STATES
    assert set(get_args(vocabulary.NodeState)) == set(NODE_STATES)
    assert list(REVIEWS) == [item.name.lower() for item in Review]
    assert set(get_args(ReviewName)) == set(REVIEWS)


def words() -> list[tuple[str, str, str]]:
    found = [(f"{name}: word", term.word.english, term.word.chinese) for name, term in TASK_STATES.items()]
    found += [(f"{name}: about", term.about.english, term.about.chinese) for name, term in TASK_STATES.items()]
    found += [(name, item.english, item.chinese) for name, item in NODE_STATES.items()]
    found += [(name, item.english, item.chinese) for name, item in ROLE_WORDS.items()]
    return found + [(item.code, item.english, item.chinese) for item in reasons.BY_NUMBER.values()]


@pytest.mark.parametrize(("name", "english", "chinese"), words())
def test_everything_has_words_in_both_languages(name: str, english: str, chinese: str) -> None:
    assert english == english.strip() != ""
    assert not re.search(r"[\u3000-\u9fff]", english), name
    assert re.search(r"[\u4e00-\u9fff]", chinese), name


def test_no_two_states_read_alike() -> None:
    for language in ("en", "zh"):
        said = [vocabulary.say(term.word, language) for term in TASK_STATES.values()]
        assert len(set(said)) == len(said)


def test_a_note_is_the_reasons_sentence_with_its_code() -> None:
    for reason in reasons.BY_NUMBER.values():
        assert vocabulary.note(reason.code, "en") == f"{reason.english} [{reason.code}]"
    assert vocabulary.note("link.timeout", "zh") == "链路无应答 [link.timeout]"
    assert vocabulary.note("some.other", "en") == "some.other"


def test_the_api_knows_the_same_states() -> None:
    schemas = json.loads((ROOT / "orchestrator/api/openapi.json").read_text())["components"]["schemas"]
    lists = [
        set(schema["enum"])
        for model in schemas.values()
        for schema in model.get("properties", {}).values()
        if "enum" in schema and "disputed" in schema["enum"]
    ]
    assert lists
    assert all(found == STATES for found in lists)


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "orchestrator/store/migrations").glob("*.sql")), *(ROOT / "audit_explorer/queries").glob("*.sql")],
    ids=lambda path: path.name,
)
def test_sql_lists_states_of_this_vocabulary(path: Path) -> None:
    check_sql(path.read_text())


def check_sql(text: str) -> None:
    """A list of states in SQL is all of them (before 0008: but ``unknown``), those of the chain, or the ends (of tasks, or of jobs)."""
    for listed in re.findall(r"IN\s*\(([^()]*'disputed'[^()]*)\)", text):
        found = set(re.findall(r"'([a-z]+)'", listed))
        assert found in (
            STATES,
            STATES - {vocabulary.UNKNOWN},
            set(CHAIN_STATES) - {"none"},
            ENDED,
            ENDED_ON_CHAIN,
            JOB_ENDS,
        ), listed


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_module_lists_states_or_roles(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            check_sql(node.value)
        if isinstance(node, ast.Set | ast.Tuple | ast.List | ast.Dict):
            items = node.keys if isinstance(node, ast.Dict) else node.elts
            found = {item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)}
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            assert len(found & (STATES - {"submitted"})) < 4, f"{where} lists task states of its own"
            assert len(found & set(ROLE_BITS)) < 4, f"{where} lists roles of its own"
