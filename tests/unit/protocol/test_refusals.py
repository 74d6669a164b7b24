"""Every error that a contract of ours can revert with has words and what to do, in both languages; no words are left over."""

import pytest

from chain.abi import BUILT_IN_ERRORS
from chain.bindings import ERRORS
from chain.errors import ChainError
from protocol import refusals
from protocol.programs import Words

NAMES = sorted({spec.name for table in ERRORS.values() for spec in table.values()})
BUILT_IN = {spec.name for spec in BUILT_IN_ERRORS.values()}


def test_the_words_are_those_of_the_contracts_errors() -> None:
    assert len(NAMES) > 90
    assert sorted(refusals.REFUSALS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_what_happened_and_what_to_do(name: str) -> None:
    found = refusals.of(name)
    for words in (found.what, found.fix):
        assert isinstance(words, Words)
        assert words.english.endswith(".")
        assert words.english.isascii()
        assert words.chinese.endswith("。")
        assert not words.chinese.isascii()
    said = ChainError(name, {"party": b"\1" * 32}, call="Tasks.propose")
    assert found.what.english in said.what
    assert said.fix == found.fix.english
    assert refusals.said(said.code, said.what, said.fix, "en") == f"{said.what} {said.fix}"
    assert refusals.said(said.code, said.what, said.fix, "zh") == found.what.chinese + found.fix.chinese


def test_what_is_no_refusal_is_said_as_it_is() -> None:
    assert refusals.said("task.unknown", "There is none.", "Check.", "zh") == "There is none. Check."


@pytest.mark.parametrize("name", [*sorted(BUILT_IN), "Unexplained"])
def test_what_solidity_itself_says_has_words_too(name: str) -> None:
    assert refusals.of(name).what.english
