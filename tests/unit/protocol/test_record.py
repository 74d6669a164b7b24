"""Texts that people read are one line of visible characters, wherever they stand."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.contract import TaskContract
from protocol.errors import FormatError
from protocol.record import Record, unprintable
from tests.unit.protocol import samples

SPOOFS = {
    "line feed": "Research\nResults: all rows for everybody",
    "right to left": "Research \u202eeverybody rof",
    "isolate": "Research \u2066x\u2069",
    "zero width": "Rese\u200barch",
    "joiner": "Rese\u200darch",
    "soft hyphen": "Rese\u00adarch",
    "C1": "Research\x9b2J",
    "escape": "Research\x1b[2J",
    "line separator": "Research\u2028Results",
    "paragraph separator": "Research\u2029Results",
    "tag": "Research\U000e0041",
    "private": "Research\ue000",
    "unassigned": "Research\U000e0fff",
    "surrogate": "Research\ud800",
    "byte order mark": "\ufeffResearch",
}


@pytest.mark.parametrize("text", SPOOFS.values(), ids=SPOOFS)
@pytest.mark.parametrize("field", ["purpose", "legal_basis"])
def test_attack_words_that_look_like_ours(field: str, text: str) -> None:
    with pytest.raises(FormatError, match=f"contract.{field}"):
        TaskContract.parse({**samples.contract().to_json(), field: text})


@pytest.mark.parametrize("text", SPOOFS.values(), ids=SPOOFS)
def test_attack_names_of_parameters(text: str) -> None:
    value = samples.contract().to_json()
    steps = value["steps"]
    assert isinstance(steps, list)
    steps[0]["parameters"] = {text[:60]: 1}  # pyright: ignore[reportUnknownMemberType]
    with pytest.raises(FormatError):
        TaskContract.parse(value)


def test_people_may_write_what_they_write_in() -> None:
    for text in (
        "Modèle de diagnostic",
        "联合建模（第二期）",
        "疾病予測モデル",
        "модель",
        "نموذج",
        "price ≤ 5 € – “net”",
    ):
        assert not unprintable(text)
        assert Record({"v": text}, "x").text("v") == text


@given(st.text(max_size=40))
def test_exactly_visible_lines_pass(text: str) -> None:
    hidden = any(unicodedata.category(c)[0] == "C" or unicodedata.category(c) in ("Zl", "Zp") for c in text)
    assert bool(unprintable(text)) is hidden
