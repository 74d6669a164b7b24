"""Codes within the words that wallets sign: read once, at the end, and nothing that was written before they were known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import FormatError
from protocol.law import codes
from protocol.law.wording import (
    StatedBasis,
    basis_text,
    begins_with_words_of,
    last_second,
    purpose_code,
    purpose_text,
    stated_basis,
)

REF = " [ref 5c2d8e01f4a97b36c0d1e2f3a4b5c6d7]"
BASIS = StatedBasis("consent", "0x" + "ab" * 32, "2027-12-31")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("more", ["", "joint model of three banks [annex 3]"])
@pytest.mark.parametrize("code", codes.PURPOSE)
def test_a_purpose_is_read_as_it_was_written(code: str, more: str, language: str) -> None:
    for text in (purpose_text(code, more, language), purpose_text(code, more, language) + REF):
        assert (purpose_code(text), begins_with_words_of(text)) == (code, code)


def test_a_basis_is_read_as_it_was_written() -> None:
    assert stated_basis(basis_text("Applicants' consent", BASIS) + REF) == BASIS
    assert stated_basis(basis_text("Applicants' consent", BASIS)) == BASIS


@pytest.mark.parametrize(
    "text",
    [
        "Which applicants pay back", f"Joint default model of three banks{REF}", "Consent [see annex 3]", "Statute [until 2030] of 1990",
        f"Statute [document 4711]{REF}", f"Model [until further notice]{REF}", "", "[ref 12]",
    ],
)  # fmt: skip
def test_texts_from_before_codes_declare_nothing(text: str) -> None:
    assert purpose_code(text) == ""
    assert stated_basis(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Consent [basis consent]", "lacks [document …], [until …]"),
        (f"Consent [basis consent] [document 0x12] [until 2027-12-31]{REF}", "64 hex digits"),
        (f"Consent [basis consent] [document 0x{'ab' * 32}] [until 2027-02-30]{REF}", "no day"),
        (f"Consent [basis consent] [document 0x{'ab' * 32}] [until 20271231]{REF}", "no day"),
        (f"Consent [basis consent] [document 0x{'ab' * 32}] [until 2027-12-31] [until 2028-12-31]{REF}", "twice"),
        ("Consent [basis consent] or [basis news] [document x]", "among the words"),
        ("Consent ［basis news］ [basis consent]", "among the words"),
        ("Consent [purpose news] [basis consent]", "does not belong"),
    ],
)
def test_what_is_misplaced_twice_or_incomplete_is_refused_in_both_languages(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=r"law\.wording") as caught:
        stated_basis(text)
    assert said in caught.value.what
    assert caught.value.details["chinese"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=60))
def test_no_text_crashes_and_none_has_a_code_that_it_does_not_show(text: str) -> None:
    for read in (purpose_code, stated_basis):
        try:
            found = read(text)
        except FormatError as error:
            assert error.code == "law.wording"
        else:
            assert not found or "[" in text


def test_a_day_ends_with_its_last_second() -> None:
    assert last_second("1970-01-01") == 86_399
    assert last_second("2027-12-31") == 1_830_297_599
    assert [last_second(text) for text in ("2027-02-30", "2027-1-1", "20270101", "", "2027-W01-1")] == [None] * 5
