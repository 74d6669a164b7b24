"""A task's audit report: from a bundle alone, the same bytes each time, and nothing in it that its authors could make run."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from audit_explorer.reports import one_task, paper
from cli.main import app
from protocol import bundle
from protocol.errors import FormatError
from protocol.verify import verify
from tests.unit.audit_explorer.reports.made_up import HOSTILE
from tests.unit.protocol.simulated_task import SimulatedTask


@pytest.fixture(scope="module")
def story() -> SimulatedTask:
    return SimulatedTask().complete()


@pytest.fixture(scope="module")
def data(story: SimulatedTask) -> bytes:
    return bundle.build(story.material())


def printed(data: bytes, story: SimulatedTask | None, language: Any = "en") -> str:
    trust = None if story is None else story.pinned
    return paper.html(one_task.paper(data, trust, verify(data, trust), {}, language), language)


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Train a diagnosis model", "completed", "Its evidence holds in every step", "worst_area", "alike")),
    ("zh", ("Train a diagnosis model", "已完成", "其证据在所有需核验的步骤中均成立", "worst_area", "一致")),
])  # fmt: skip
def test_it_tells_the_story_and_the_ten_answers(
    story: SimulatedTask, data: bytes, language: Any, words: tuple[str, ...]
) -> None:
    text = printed(data, story, language)
    assert [word for word in words if word not in text] == []
    assert text.count("<svg") == 2
    assert re.search(r"10\. ", text)
    assert printed(data, story, language) == text


def test_without_a_trust_root_it_says_what_cannot_be_checked_and_shows_no_event(data: bytes) -> None:
    text = printed(data, None)
    assert "only the bundle&#39;s form is checked" in text
    assert text.count(">cannot be checked here<") == 9
    assert "The bundle proves none." in text


def test_attack_what_the_contract_says_stays_text() -> None:
    turned = SimulatedTask(purpose=HOSTILE).complete()
    with pytest.raises(FormatError, match="unreadable"):
        printed(bundle.build(turned.material()), turned)
    hostile = HOSTILE.replace("\u202e", "")
    story = SimulatedTask(purpose=hostile, legal_basis=f"{hostile} basis").complete()
    text = printed(bundle.build(story.material()), story)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 2


def test_attack_a_broken_bundle_is_no_report(story: SimulatedTask, data: bytes) -> None:
    with pytest.raises(FormatError, match="unreadable"):
        one_task.paper(data[:-1], story.pinned, verify(data[:-1], story.pinned), {}, "en")


def test_the_command_prints_the_same_bytes(story: SimulatedTask, data: bytes, tmp_path: Path) -> None:
    for name, content in (("b.zip", data), ("trust.json", story.pinned.data())):
        (tmp_path / name).write_bytes(content)
    out = tmp_path / "report.html"
    words = [
        "report",
        "task",
        str(tmp_path / "b.zip"),
        "--trust",
        str(tmp_path / "trust.json"),
        "--lang",
        "zh",
        "--out",
        str(out),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert out.read_text("utf-8") == printed(data, story, "zh")


def test_the_file_loads_nothing(story: SimulatedTask, data: bytes) -> None:
    text = printed(data, story)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not re.search(r"(src|href)=|url\(|@import", text)
