"""The report: self-contained, both languages, nothing executable, numbers where they belong."""

import re
import stat
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo import charts, report
from demo.charts import Bar, CurvePoint, Labels
from protocol.programs import Words
from protocol.verify import TITLES, Report, StepResult

HOSTILE = "</title><script>alert(1)</script>"
LABELS = Labels("x", "title", "description", "across", "up")


def words(text: str) -> Words:
    return Words(text, f"中文 {text}")


def sample() -> report.ReportData:
    outcomes = ["holds"] * 8 + ["cannot", "fails"]
    steps = tuple(
        StepResult(number, title, outcome, words(f"detail {number}"))  # type: ignore[arg-type]
        for number, (title, outcome) in enumerate(zip(TITLES, outcomes, strict=True), start=1)
    )
    curve = tuple(CurvePoint(t / 10, max(0.0, 1 - t / 8) ** 2, 1 - (t / 10) ** 3) for t in range(11))
    return report.ReportData(
        title=words("A joint model"),
        story=words("A hospital and a laboratory train a model that neither could train alone."),
        task=bytes(range(32)),
        state="completed",
        written_at=1_780_000_000,
        happenings=tuple(
            report.Happening(words(f"moment {n}"), "hospital", 1_780_000_000 + n, "done") for n in range(8)
        ),
        metrics=(
            report.Metric(Words("AUC", "AUC"), 0.99391, 0.99389, 0.98765),
            report.Metric(words("laboratory"), None, None, None),
        ),
        curve=curve,
        curve_alone=curve[::2],
        coefficients=tuple(
            report.Coefficient(f"feature_{n}", "hospital" if n < 10 else "laboratory", 0.3 - n / 20, 0.3 - n / 20)
            for n in range(15)
        ),
        signatures=(report.Signature("hospital", words("consent"), words("wallet"), 1_780_000_000, b"\1" * 32),),
        verification=Report(bytes(32), "completed", steps),
        protection_level=4,
        protection=words("One party that follows the protocol learns the result and declared sizes only."),
        leaks=(words("the size of the intersection"),),
        opened=(report.Fact(words("rows matched"), "455"),),
        facts=(report.Fact(words("chain"), "4503599627370497"),),
        warnings=(words("This demo's chain has one operator."),),
        verify_command="tally verify bundle.zip --trust trust.json",
    )


def drawings(html: str) -> list[ET.Element]:
    return [ET.fromstring(text) for text in re.findall(r"<svg .*?</svg>", html, re.DOTALL)]


def test_page_is_self_contained_and_runs_nothing() -> None:
    html = report.render(sample())
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\son\w+=|javascript:", html)
    assert set(re.findall(r'https?://[^"\s]+', html)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in html


def test_every_word_is_in_both_languages() -> None:
    html = report.render(sample())
    # the page's own lang and the language switch's Chinese label are one each
    assert html.count('lang="en"') - 1 == html.count('lang="zh-Hans"') - 1
    assert html.count('class="en"') == html.count('class="zh"')
    assert html.count('class="picture en"') == html.count('class="picture zh"') == 4


def test_ids_are_unique_and_references_resolve() -> None:
    html = report.render(sample())
    named = re.findall(r'\sid="([^"]+)"', html)
    assert len(named) == len(set(named))
    for reference in re.findall(r'aria-labelledby="([^"]+)"', html):
        assert set(reference.split()) <= set(named)


def test_numbers_are_printed_as_given() -> None:
    html = report.render(sample())
    for text in ("0.9939", "0.9877", "8 hold, 1 fail, 1 cannot", "8 步成立，1 步不成立", "455", bytes(range(32)).hex()):
        assert text in html
    assert html.count("–") == 3, "what does not exist is a dash, not a zero"


def test_hostile_texts_stay_texts() -> None:
    bad = Words(HOSTILE, HOSTILE)
    data = sample()
    spoiled = replace(
        data,
        title=bad,
        story=bad,
        state=HOSTILE,
        happenings=(report.Happening(bad, HOSTILE, 0, "bad"),),
        metrics=(report.Metric(bad, 1.0, 1.0, 1.0),),
        coefficients=(report.Coefficient(HOSTILE, HOSTILE, 1.0, None),),
        signatures=(report.Signature(HOSTILE, bad, bad, 0, b""),),
        leaks=(bad,),
        facts=(report.Fact(bad, HOSTILE),),
        verify_command=HOSTILE,
    )
    assert "<script" not in report.render(spoiled)


def test_file_is_for_its_owner_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    report.write(sample(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("<!doctype html>")
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]


def test_roc_goes_from_corner_to_corner() -> None:
    root = ET.fromstring(charts.roc((CurvePoint(0.5, 0.2, 0.9),), (), LABELS))
    curve = next(path for path in root.iter() if path.attrib.get("class") == "curve joint")
    assert curve.attrib["d"] == "M46.0 274.0 L98.0 40.0 L306.0 14.0"


def test_widest_gap_is_marked_with_its_value() -> None:
    points = (CurvePoint(0.0, 1.0, 1.0), CurvePoint(0.4, 0.25, 0.95), CurvePoint(1.0, 0.0, 0.0))
    text = charts.separation(points, LABELS)
    assert "KS 0.700" in text


RATE = st.floats(0, 1)


@settings(max_examples=50)
@given(st.lists(st.builds(CurvePoint, st.floats(-50, 50), RATE, RATE), max_size=20))
def test_curves_are_well_formed_and_stay_inside(points: list[CurvePoint]) -> None:
    for drawing in (charts.roc(points, points, LABELS), charts.separation(points, LABELS)):
        root = ET.fromstring(drawing)
        for element in root.iter():
            for x, y in re.findall(r"[ML]([0-9.]+) ([0-9.]+)", element.attrib.get("d", "")):
                assert 46 <= float(x) <= 306
                assert 14 <= float(y) <= 274


@settings(max_examples=50)
@given(
    st.lists(
        st.builds(Bar, st.text("abc<&", max_size=30), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 3)),
        max_size=12,
    )
)
def test_bars_are_well_formed_and_stay_inside(items: list[Bar]) -> None:
    root = ET.fromstring(charts.bars(items, LABELS))
    rects = [element for element in root.iter() if element.tag.endswith("rect")]
    assert len(rects) == len(items)
    for rect in rects:
        assert float(rect.attrib["x"]) >= 190
        assert float(rect.attrib["x"]) + float(rect.attrib["width"]) <= 550.2


@pytest.mark.parametrize(
    "empty", ["curve", "curve_alone", "coefficients", "happenings", "signatures", "leaks", "warnings"]
)
def test_what_is_missing_leaves_a_page(empty: str) -> None:
    html = report.render(replace(sample(), **{empty: ()}))
    assert all(root.tag.endswith("svg") for root in drawings(html))


def test_a_step_with_nothing_to_check_is_counted_and_named_as_such() -> None:
    data = sample()
    steps = tuple(replace(step, outcome="nothing") if step.number < 3 else step for step in data.verification.steps)
    html = report.render(replace(data, verification=replace(data.verification, steps=steps)))
    assert "2 with nothing to check." in html
    assert "2 步无可核验。" in html
    assert html.count("nothing to check</span>") >= 2
    assert "with nothing to check" not in report.render(data)
