"""A workflow's picture: what it shows, and what a contract that was made to break it gets."""

import re
import time
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from audit_explorer import bars, graph
from audit_explorer.bars import Bar
from protocol.contract import Input, KeptModel, Output, Step, TaskContract
from protocol.errors import FormatError
from tests.unit.protocol import samples

SVG = "{http://www.w3.org/2000/svg}"
D, M = samples.DIAGNOSES, samples.MEASUREMENTS


def lines(contract: TaskContract) -> set[tuple[str, str]]:
    return {(f"{a[0]}:{a[1]}", f"{b[0]}:{b[1]}") for a, b in graph.layout(contract).lines}


def test_who_reads_what_is_what_the_contract_says() -> None:
    assert lines(samples.contract()) == {
        (f"data:{D}", "step:align"),
        (f"data:{M}", "step:align"),
        ("step:align", "step:fit"),
        ("step:fit", "output:fit.coefficients"),
    }
    assert [[box.title for box in row] for row in graph.layout(samples.contract()).rows] == [
        [D, M], ["align"], ["fit"], ["fit.coefficients"],
    ]  # fmt: skip


def test_the_picture_has_every_box_and_line_and_says_what_it_is() -> None:
    drawing = ET.fromstring(graph.draw(samples.contract(), "Workflow", "Two steps"))
    assert [item.text for item in drawing.iter() if item.tag in (f"{SVG}title", f"{SVG}desc")] == [
        "Workflow",
        "Two steps",
    ]
    boxes = [group.attrib["class"] for group in drawing.iter(f"{SVG}g")]
    assert sorted(boxes) == ["box data", "box data", "box output", "box step", "box step"]
    assert len([path for path in drawing.iter(f"{SVG}path") if path.attrib["class"] == "edge"]) == 4
    assert "style" not in {name for item in drawing.iter() for name in item.attrib}, "the policy refuses it"


def test_what_an_earlier_task_left_is_an_end_of_its_own_even_where_a_step_reads_it_by_a_steps_like_name() -> None:
    model = KeptModel("kept", bytes(32), "fit.model", "model:glm")
    contract = samples.contract(
        models=(model,), steps=(Step("score", "glm.score@1.0.0", (), (("model", ("kept",)), ("table", (D,)))),),
        outputs=(Output("score.values", ("hospital",)),),
    )  # fmt: skip
    assert ("data:kept", "step:score") in lines(contract)


def huge() -> TaskContract:
    """As many steps as a contract may have, each reading all before it."""
    inputs = tuple(Input(f"d{n:03}-{'0' * 32}", 1, "hospital", ("a",), ()) for n in range(100))
    every = tuple(item.data_set for item in inputs)
    steps = [
        Step(f"s{n}", "glm.logistic@1.0.0", (), (("table", (*every, *(f"s{k}.x" for k in range(n)))),))
        for n in range(64)
    ]
    return samples.contract(inputs=inputs, steps=tuple(steps), outputs=(Output("s63.x", ("hospital",)),))


def test_attack_a_huge_workflow_is_told_by_its_table_alone_and_costs_little() -> None:
    contract, begun = huge(), time.process_time()
    assert graph.draw(contract, "t", "d") == ""
    assert time.process_time() - begun < 2
    assert len(graph.layout(contract).lines) == 64 * 100 + 64 * 63 // 2 + 1, "each once, however often it is named"


@pytest.mark.parametrize("source", ["fit.model", "later.x", "nothing-there.x"])
def test_attack_a_workflow_in_a_circle_is_no_contract(source: str) -> None:
    """Nobody's page draws one: a contract is read before it is shown."""
    made = samples.contract()
    circle = replace(
        made, steps=(made.steps[0], replace(made.steps[1], inputs=(("table", (source,)),)), replace(made.steps[0], id="later"))
    )  # fmt: skip
    with pytest.raises(FormatError, match="source_unknown"):
        TaskContract.read(circle.data())


@pytest.mark.parametrize("name", ["<script>x</script>", "a&b\"'>", "\u202eright\u2066", "很长" * 80, "w" * 500])
def test_attack_names_stay_text_of_a_boxs_width(name: str) -> None:
    made = samples.contract()
    contract = replace(made, steps=(replace(made.steps[0], program=name), made.steps[1]))
    drawing = graph.draw(contract, name, name)
    texts = [item.text or "" for item in ET.fromstring(drawing).iter(f"{SVG}text")]
    assert max(map(len, texts)) <= 28
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", "".join(texts))
    assert "<script" not in drawing


def test_bars_are_as_long_as_their_numbers() -> None:
    drawing = ET.fromstring(
        bars.draw([Bar("a", (("good", 30), ("bad", 10))), Bar("b", (("plain", 20),))], "t", "d", "p")
    )
    widths = [float(item.attrib["width"]) for item in drawing.iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(3 * widths[1])
    assert widths[0] + widths[1] == pytest.approx(2 * widths[2])
    assert [item.text for item in drawing.iter(f"{SVG}text")] == ["a", "40", "b", "20"]
    assert bars.draw([], "t", "d", "p") == ""
    assert len(ET.fromstring(bars.draw([Bar("<b>", (("plain", 0),))] * 100, "t", "d", "p")).findall(f"{SVG}text")) == 80
