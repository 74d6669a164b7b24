"""Tables of plain text are aligned whatever their letters are, and tell a terminal nothing."""

from hypothesis import given
from hypothesis import strategies as st

from cli.layout import columns, width, wrapped

LETTERS = st.text(st.characters(codec="utf-8"), max_size=20)


def test_wide_letters_take_two_places() -> None:
    assert [width(text) for text in ("abc", "数据集", "ａ", "é", "e\u0301")] == [3, 6, 2, 1, 1]
    assert columns([["数据", "x"], ["data1", "y"]]) == ["数据   x", "data1  y"]
    assert columns([["a", "1"], ["b", "22"]], right=[1]) == ["a   1", "b  22"]


def test_long_texts_are_broken_within_their_column() -> None:
    assert columns([["who", "one two three"]], last=8) == ["who  one two", "     three"]
    assert wrapped("数据集数据集", 4) == ["数据", "集数", "据集"]
    assert wrapped("abcdefgh", 3) == ["abc", "def", "gh"]


@given(st.lists(st.lists(LETTERS, min_size=2, max_size=3), min_size=1, max_size=4), st.integers(4, 30))
def test_nothing_reaches_the_terminal_but_letters(rows: list[list[str]], last: int) -> None:
    lines = columns(rows, last=last)
    assert all(sign.isprintable() for line in lines for sign in line)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=60), st.integers(2, 20))
def test_broken_lines_are_short_and_lose_no_letter(text: str, places: int) -> None:
    lines = wrapped(text, places)
    assert all(width(line) <= places for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
