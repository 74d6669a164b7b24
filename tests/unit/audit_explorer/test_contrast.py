"""WCAG 2.2: text at least 4.5:1 (1.4.3), marks and borders of controls at least 3:1 (1.4.11), in both themes."""

import re
from pathlib import Path

import pytest

import audit_explorer

CSS = (Path(audit_explorer.__file__).parent / "static" / "explorer.css").read_text()
TEXT = [
    ("ink", "page"), ("ink", "card"), ("quiet", "page"), ("quiet", "card"), ("link", "page"), ("link", "card"),
    ("card", "link"), ("good", "good-soft"), ("bad", "bad-soft"), ("open", "open-soft"), ("good", "card"),
    ("bad", "card"), ("bad", "page"), ("open", "card"),
]  # fmt: skip
MARKS = [("edge", "card"), ("edge", "page"), ("focus", "page"), ("focus", "card"), ("good", "card"), ("open", "card")]


def colours(theme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light if theme == "light" else dark))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_is_wcags() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_can_be_read(theme: str, front: str, back: str) -> None:
    found = colours(theme)
    assert contrast(found[front], found[back]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), MARKS)
def test_marks_can_be_seen(theme: str, front: str, back: str) -> None:
    found = colours(theme)
    assert contrast(found[front], found[back]) >= 3


def test_both_themes_name_the_same_colours_and_nothing_else_has_one() -> None:
    assert set(colours("light")) == set(colours("dark"))
    rest = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl", rest)
    assert "url(" not in CSS
    assert "@import" not in CSS
