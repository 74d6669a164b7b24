"""Every rule about an owner's rows has words in both languages, and they say what they are given and no more."""

import string

import pytest

from protocol.data_faults import RULES, DataFault, said, too_few
from protocol.errors import RangeError, RefusedError

FACTS = {
    "row": 17,
    "limit": "16",
    "levels": 3,
    "least": 5,
    "groups": 2,
    "free": 9,
    "places": 2,
    "used": 4,
    "most": 6,
    "error": "ValueError",
    "tasks": 31,
    "reader": "shop",
    "aggregates": 29,
    "found": 71,
    "variants": 83,
}


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_said_in_both_languages_with_all_of_its_facts(code: str) -> None:
    rule = RULES[code]
    fault = DataFault(code, ["age", "住址"], 12, **FACTS)
    assert isinstance(fault, RangeError)
    for language, words in (("en", rule.what.english), ("zh", rule.what.chinese)):
        text = said(code, fault.what, fault.fix, fault.details, language)  # type: ignore[arg-type]
        named = {field for _, field, _, _ in string.Formatter().parse(words) if field}
        assert named <= {"columns", "rows", *FACTS}
        assert not set("{}?") & set(text)
        for field in named:
            assert {"columns": "age, 住址", "rows": "12"}.get(field, str(FACTS.get(field))) in text
    # both languages speak of the same facts
    assert {f for _, f, _, _ in string.Formatter().parse(rule.what.english) if f} == {
        f for _, f, _, _ in string.Formatter().parse(rule.what.chinese) if f
    }
    assert rule.fix.english
    assert rule.fix.chinese


def test_a_column_that_is_named_like_a_fact_stays_a_name() -> None:
    """Attack: a column called {limit} or {0.__class__} is a text, and no place to put something in."""
    fault = DataFault("stats.beyond_limit", ["{limit}", "{0.__class__}", "{"], 1, limit="4")
    assert "{limit}, {0.__class__}, {" in fault.what
    assert "{limit}" in said(fault.code, fault.what, fault.fix, fault.details, "zh")


def test_a_count_that_is_not_known_is_at_least_one() -> None:
    assert "≥1" in DataFault("arrays.out_of_range", ["age"], limit="4").what


def test_a_minimum_group_is_no_fault_of_values_and_other_errors_keep_their_words() -> None:
    found = too_few("group.too_small", 3, 5)
    assert isinstance(found, RefusedError)
    assert "5" in said(found.code, found.what, found.fix, found.details, "zh")
    assert said("other.code", "What.", "Fix.", {}, "zh") == "What. Fix."
