"""The report says what the figures say: ratios, verdicts, what is missing and why."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.engine import measure, report
from benchmarks.engine.command import write
from benchmarks.engine.limits import LIMITS
from benchmarks.engine.results import Line, Results, Timing, verdict
from benchmarks.engine.work import BY_KEY, FULL, ROWS, Target

MACHINE = {"date": "2026-01-02 03:04 UTC", "commit": "abc", "cpu": "a CPU", "cores": "2", "kernels": "portable"}


def timing(seconds: float, **more: float) -> Timing:
    return Timing(seconds, seconds * 0.9, seconds * 1.5, 5, more.pop("wire", 1e6), **more)


def line(key: str, seconds: dict[str, float], *, delay: float = 0.0, local: float | None = None) -> Line:
    timings = {name: timing(value) for name, value in seconds.items()}
    return Line(key, BY_KEY[key].title(FULL), delay, timings, {}, local)


def page(*lines: Line, limits: dict[str, str] | None = None) -> str:
    return report.markdown(Results(MACHINE, FULL, lines), limits or {})


def rows_with(text: str, *words: str) -> list[str]:
    return [row for row in text.splitlines() if all(word in row for word in words)]


@pytest.mark.parametrize(
    ("target", "value", "expected"),
    [
        (Target("ratio", 2, 5), 5.0, "aim"),
        (Target("ratio", 2, 5), 4.99, "must"),
        (Target("ratio", 2, 5), 1.99, "missed"),
        (Target("ratio", 1), 100.0, "must"),
        (Target("seconds", 60, 20), 20.0, "aim"),
        (Target("seconds", 60, 20), 60.0, "must"),
        (Target("seconds", 60, 20), 60.1, "missed"),
        (Target("local", 2), 2.5, "missed"),
        (Target("ratio", 2, 5), None, "not measured"),
    ],
)
def test_verdicts(target: Target, value: float | None, expected: str) -> None:
    assert verdict(target, value) == expected


def test_ratios_are_theirs_over_ours_with_tls() -> None:
    text = page(line("multiply", {"spu": 0.016, "mpyc": 12.0, "ours": 0.004, "ours_plain": 0.002}))
    (row,) = rows_with(text, "multiply 100,000", "16 ms")
    assert row.split(" | ")[1:] == ["16 ms", "12 s", "4 ms", "2 ms", "–", "4×", "3,000×", "5 / 5 / 5 / 5 |"]
    (against_spu,) = rows_with(text, "multiply 100,000 | SPU")
    assert "≥ 2×" in against_spu
    assert "must reached" in against_spu
    (against_mpyc,) = rows_with(text, "multiply 100,000 | stock MPyC")
    assert "aim reached" in against_mpyc


def test_a_missed_target_is_said_with_its_limit() -> None:
    slow = line("full_accurate", {"spu": 2.0, "ours": 1.0})
    text = page(slow, limits={"full_accurate": "memory bandwidth."})
    assert rows_with(text, "accurate", "**missed**")
    assert rows_with(text, "- ", "accurate", "memory bandwidth.")
    assert "not yet looked into" in page(slow)
    assert "## Where a target is missed" not in page(line("multiply", {"spu": 1.0, "ours": 0.01}))


def test_delay_has_its_own_table_and_its_own_target() -> None:
    text = page(
        line("multiply", {"spu": 0.016, "ours": 0.004}), line("multiply", {"spu": 0.030, "ours": 0.020}, delay=5.0)
    )
    loopback, delayed = text.split("## 5 ms one-way delay on every link")
    assert rows_with(loopback, "≥ 2×")
    assert not rows_with(delayed, "≥ 2×")
    (row,) = rows_with(delayed, "ahead")
    assert "1.5×" in row
    assert "must reached" in row


def test_what_could_not_be_measured_is_said_not_left_out() -> None:
    without = Line("compare", BY_KEY["compare"].title(FULL), 0.0, {"ours": timing(0.01)}, {"spu": "no index reachable"})
    text = page(without)
    assert "- SPU: no index reachable (compare 100,000)" in text
    assert rows_with(text, "compare 100,000 | SPU", "not measured")


def test_seconds_and_local_targets() -> None:
    text = page(
        line("split_logistic", {"ours": 25.0}, local=6.0), line("split_logistic_level2", {"ours": 9.0}, local=6.0)
    )
    assert rows_with(text, "seconds", "≤ 60 s", "≤ 20 s", "25 s", "must reached")
    assert rows_with(text, "time in the clear", "≤ 2×", "1.5×", "must reached")


def test_bytes_per_element_come_from_payload() -> None:
    found = Line("compare", BY_KEY["compare"].title(FULL), 0.0, {"ours": timing(0.01, payload=6.5e6)}, {})
    (row,) = rows_with(page(found), "payload per element")
    assert "65.0 B" in row
    assert "aim reached" in row


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (2e-4, "200 µs"), (0.0042, "4.2 ms"), (0.9, "900 ms"), (12.34, "12.3 s"), (234.5, "234 s")],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert report.duration(seconds) == words


def test_results_survive_being_written_and_read(tmp_path: Path) -> None:
    first = Results(
        MACHINE,
        FULL,
        (
            line("multiply", {"spu": 0.016, "ours": 0.004}),
            Line("psi", BY_KEY["psi"].title(FULL), 0.0, {}, {"ours": "FailedError"}, None),
        ),
    )
    write(first, tmp_path)
    again = Results.read(tmp_path / "results.json")
    assert again == first
    assert report.markdown(again, LIMITS) == (tmp_path / "RESULTS.md").read_text()
    kept = json.loads((tmp_path / "results.json").read_text())["rows"][0]
    assert kept["ratio_spu"] == pytest.approx(4)
    assert (kept["spu_s"], kept["mpyc_s"], kept["ours_s"], kept["reached"]) == (0.016, None, 0.004, "must")


def test_every_row_has_a_title_and_every_delayed_row_a_target() -> None:
    titles = [row.title(FULL) for row in ROWS]
    assert len(set(titles)) == len(titles)
    assert all(row.delayed is not None for row in ROWS if "spu" in row.peers)


def test_a_row_measured_anew_replaces_the_old_one_and_keeps_the_order() -> None:
    whole = Results(MACHINE, FULL, ())
    for key, delay, seconds in (
        ("matmul", 0.0, 1.0),
        ("multiply", 5.0, 2.0),
        ("multiply", 0.0, 3.0),
        ("matmul", 0.0, 4.0),
    ):
        whole = whole.with_line(line(key, {"ours": seconds}, delay=delay))
    assert [(one.key, one.delay_ms, one.seconds("ours")) for one in whole.lines] == [
        ("multiply", 0.0, 3.0),
        ("matmul", 0.0, 4.0),
        ("multiply", 5.0, 2.0),
    ]
    assert "Not a whole run" in report.markdown(whole, {})


def test_figures_of_a_part_of_the_steps_say_so() -> None:
    part = replace(timing(200.0), factor=10)
    text = page(
        Line("full_segments", BY_KEY["full_segments"].title(FULL), 0.0, {"mpyc": part, "ours": timing(0.1)}, {})
    )
    assert rows_with(text, "stock MPyC: one step in 10 measured, figures × 10", "three-segment")


@pytest.mark.parametrize("error", [None, float("nan"), 0.02, float("inf")])
def test_a_wrong_result_has_no_seconds(error: float | None) -> None:
    notes: dict[str, str] = {}
    assert not measure.right(BY_KEY["full_linear"], "spu", replace(timing(1.0), error=error), notes)
    assert Line("full_linear", "", 0.0, {}, notes).failed
    assert measure.right(BY_KEY["full_linear"], "mpyc", replace(timing(1.0), error=0.009), notes)
    assert not measure.right(BY_KEY["full_linear"], "ours", replace(timing(1.0), error=0.009), notes)
    assert set(notes) == {"spu", "ours"}


def test_parts_are_shown() -> None:
    parts = {
        "link": {"secure": {"round trip": 90.0}, "plain": {"round trip": 60.0}},
        "kernels": {"portable": {"ns": {"mul": 3.25}, "GMAC/s": {"512^3": 0.5}}},
        "end_to_end": {"work": "a task", "runs": [{}] * 5, "median": {"overhead": 3.5}},
    }
    text = report.markdown(Results(MACHINE, FULL, (), parts), {})
    assert rows_with(text, "round trip", "90", "60")
    assert rows_with(text, "mul", "3.25")
    assert rows_with(text, "**missed**")
