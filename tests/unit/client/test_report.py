"""The page about a result: self-contained, in both languages, whatever names and numbers there are."""

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from benchmarks.cost.cases import Case
from client import markup, report
from client.result_file import MadeBy, NamedResult
from mpc.arrays.interface import SecureArray
from mpc.programs import axes
from tests.unit.client.fitted import result_of, tensor
from tests.unit.client.test_inference import NAMES, run
from tests.unit.mpc.programs.test_axes import ALL, values
from workers.results import Result

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=y>', "=cmd()", "列&名")


class Seen(HTMLParser):
    """Every tag with its attributes, and the texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def made(columns: tuple[str, ...] = NAMES, **given: Any) -> NamedResult:
    return result_of({**run()[2], **given}, columns, c="100")


def test_the_page_has_the_table_in_both_languages() -> None:
    text = " ".join(Seen(report.page(made())).texts)
    for word in (
        "Standard error 标准误",
        "95 % from 95% 区间下限",
        "Odds ratio 优势比",
        "p-value p 值",
        "Rows (n) 行数 (n)",
        "AIC",
    ):
        assert word in text
    coefficient = run()[2]["coefficients"][0]
    assert markup.number(float(coefficient)) in text
    assert "bank.x0" in text
    withheld = " ".join(Seen(report.page(made(convergence=np.array([0.5, 0.5, 0])))).texts)
    assert "had not reached its optimum" in withheld
    assert "拟合尚未达到最优" in withheld
    assert "p-value p 值" not in withheld


def test_the_page_needs_nothing_from_elsewhere_and_its_policy_allows_its_own_style_alone() -> None:
    page = report.page(made())
    seen = Seen(page)
    assert not {tag for tag, _ in seen.tags} & {"script", "link", "img", "iframe", "object", "a", "form"}
    assert not {name for _, attributes in seen.tags for name in attributes} & {"style", "src", "href", "onload"}
    (policy,) = [a["content"] for _, a in seen.tags if a.get("http-equiv") == "Content-Security-Policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"


def test_attack_names_are_texts_on_the_page_and_no_formulas_in_csv() -> None:
    result = made(HOSTILE)
    assert [tag for tag, _ in Seen(report.page(result)).tags] == [tag for tag, _ in Seen(report.page(made())).tags]
    assert HOSTILE[0] in Seen(report.page(result)).texts
    names = [row["name"] for row in csv.DictReader(io.StringIO(report.as_csv(result))) if row["kind"] == "coefficient"]
    assert names == [*HOSTILE[:2], "'=cmd()", HOSTILE[3], "intercept"]
    step = replace(result, steps=(MadeBy("fit", "glm.logistic@1.0.0<b>", result.steps[0].parameters),))
    assert "b" not in {tag for tag, _ in Seen(report.page(step)).tags}


def test_csv_and_json_have_all_digits_and_the_reasons() -> None:
    rows = list(csv.DictReader(io.StringIO(report.as_csv(made()))))
    told = json.loads(report.as_json(made()))
    (fit,) = told["fits"]
    assert told["format"] == report.FORMAT
    assert [float(row["error"]) for row in rows[:5]] == [each["error"] for each in fit["estimates"]]
    assert {row["name"]: float(row["coefficient"]) for row in rows if row["kind"] == "figure"} == fit["figures"]
    assert fit["withheld"] == {}
    (fit,) = json.loads(report.as_json(made(convergence=np.array([0.5, 0.5, 0]))))["fits"]
    assert set(fit["withheld"]["unfinished"]) == {"en", "zh"}
    assert fit["estimates"][0]["p"] is None
    json.loads(report.as_json(made(coefficients=np.array([900.0, 0, 0, 0]))))  # an odds ratio beyond all numbers


@pytest.mark.parametrize("case", ALL[::3], ids=lambda case: f"{case.layout}-{case.name}")
def test_there_is_a_page_for_every_program(case: Case) -> None:
    outputs = {
        f"{step}.{name}": tensor((np.arange(int(np.prod(value.shape))).reshape(value.shape) % 7) / 8)
        for step, found in values(case).items()
        for name, value in found.items()
        if isinstance(value, SecureArray)
    }
    names = {source: axes.axes(case.workflow, source, each.shape) for source, each in outputs.items()}
    steps = tuple(MadeBy(step.id, step.program, {"c": "1"}) for step in case.steps)
    found = Result(b"\1" * 32, b"\2" * 32, False, tuple((n, (bytes(32),), t) for n, t in outputs.items()), names, steps)
    seen = Seen(report.page(NamedResult.read(found.data())))
    assert {*outputs} <= {*seen.texts}
    assert any("UNCHECKED" in text for text in seen.texts)
