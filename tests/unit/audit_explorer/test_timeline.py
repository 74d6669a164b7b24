from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from audit_explorer.timeline import Moment, draw

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
SVG = "{http://www.w3.org/2000/svg}"


@given(st.lists(st.builds(Moment, TEXT, TEXT, TEXT, st.sampled_from(["done", "bad", "open"])), max_size=14), TEXT, TEXT)
def test_any_words_give_well_formed_svg_without_script_or_style(moments: list[Moment], title: str, about: str) -> None:
    drawing = draw(tuple(moments), title, about)
    root = ET.fromstring(drawing)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "line", "g", "circle", "path", "text",
    }  # fmt: skip
    assert not any("style" in element.attrib or "onload" in element.attrib for element in root.iter())
    assert len(root.findall(f"{SVG}g")) == len(moments)
    assert root.findtext(f"{SVG}title") == title
    assert root.findtext(f"{SVG}desc") == about


def test_marks_lie_within_the_picture_and_apart() -> None:
    moments = tuple(Moment(f"m{i}", "", "", "done") for i in range(13))
    root = ET.fromstring(draw(moments, "t", "d"))
    places = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter(f"{SVG}circle")]
    assert len(set(places)) == 13
    assert all(0 < x < float(root.attrib["width"]) and 0 < y < float(root.attrib["height"]) for x, y in places)


def test_what_is_awaited_is_dashed_and_shaped_otherwise() -> None:
    drawing = draw((Moment("a", "", "", "done"), Moment("b", "", "", "open"), Moment("c", "", "", "bad")), "t", "d")
    assert drawing.count('class="rail awaited"') == 1
    assert drawing.count("<path") == 2, "tick and cross; the open circle has neither"


def test_names_are_unique_when_two_are_on_a_page() -> None:
    one, two = (draw((), "t", "d", prefix) for prefix in ("a", "b"))
    assert 'id="a-title"' in one
    assert 'id="b-title"' in two
