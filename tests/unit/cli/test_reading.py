"""What an owner sees while a file is read: nothing for a quick one, a share and an estimate for a long one."""

import pytest

from cli.reading import Shown
from workers.sources.problems import Problem


def test_progress_is_shown_now_and_then_with_an_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    now = [100.0]
    shown = Shown(lambda: now[0])
    for done in range(1, 11):
        now[0] += 1
        shown.progress("read", done, 10)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" %")[0] for line in lines] == ["20", "40", "60", "80"]
    assert "about 8 s left" in lines[0]
    assert "约8秒" in lines[0]


def test_each_step_has_an_estimate_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    shown = Shown(lambda: now[0])
    for step in ("read", "commit"):
        for done in range(1, 11):
            now[0] += 1
            shown.progress(step, done, 10)
    lines = [line for line in capsys.readouterr().err.splitlines() if "committed" in line]
    assert "50 % committed to, about 5 s left" in lines[2]
    assert "已计算承诺值50%" in lines[2]


def test_a_quick_file_shows_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(lambda: 0.0)
    shown.progress("read", 1, 2)
    shown.progress("read", 2, 2)
    assert capsys.readouterr().err == ""


def test_a_warning_is_shown_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    Shown().warn(Problem("csv.id_number", "visits.csv", 7, "patient"))
    text = capsys.readouterr().err
    assert "csv.id_number  visits.csv:7 patient: Ids look like numbers" in text
    assert "标识像是被电子表格改写的数字" in text
