"""A process tells what the catalogue declares, and nothing else: no name or value of a task, a party or a stranger becomes a series."""

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from audit_explorer.settings import ExplorerSettings
from metrics.asgi import Metered
from metrics.board import Board, Reading, each
from metrics.catalogue import BY_NAME, LOCAL, METRICS, PARTS, PROCESSES, of_process
from metrics.serving import serving
from orchestrator.settings import ApiSettings, EngineSettings
from protocol.errors import RangeError, RefusedError, UnavailableError
from workers.config import NodeConfig

MOST_SERIES = 400
"""Series that one process may have at most, buckets among them: a monitor of many nodes must not drown."""


def told(board: Board) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(board.text().decode())
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_every_metric_has_words_in_both_languages_and_a_bounded_number_of_series() -> None:
    assert len(BY_NAME) == len(METRICS)
    for metric in METRICS:
        assert metric.name.startswith("tally_")
        assert metric.about.english
        assert any(ord(letter) > 0x2E80 for letter in metric.about.chinese)
        assert (metric.kind == "counter") == metric.name.endswith("_total")
        assert (metric.kind == "histogram") == bool(metric.buckets)
        assert all(len(set(values)) == len(values) > 0 for _, values in metric.labels)
    for process in PROCESSES:
        series = 0
        for metric in of_process(process):
            combined = 1
            for _, values in metric.labels:
                combined *= len(values)
            series += combined * (len(metric.buckets) + 3 if metric.kind == "histogram" else 1)
        assert series <= MOST_SERIES, process


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("tally_node_tasks_ended_total", ("hospital",)),
        ("tally_node_tasks_ended_total", ()),
        ("tally_node_tasks_ended_total", ("done", "more")),
        ("tally_api_requests_total", ("tasks", "2xx")),
        ("tally_made_up_total", ()),
    ],
)
def test_what_is_not_declared_becomes_no_series(name: str, labels: tuple[str, ...]) -> None:
    board = Board("node")
    before = told(board)
    with pytest.raises(RangeError, match=r"metrics\.undeclared"):
        board.count(name, *labels)
    assert told(board) == before


def test_a_gauge_that_is_not_declared_is_a_defect_of_its_part_alone() -> None:
    board = Board("node")
    board.reads(
        "state", lambda: [Reading("tally_node_receipts_owed", 1), Reading("tally_node_peers", 1, ("hospital",))]
    )
    board.reads("disk", lambda: [Reading("tally_disk_free_bytes", 7)])
    found = told(board)
    assert found["tally_part_up", (("part", "state"),)] == 0
    assert found["tally_part_up", (("part", "disk"),)] == 1
    assert found["tally_disk_free_bytes", ()] == 7
    assert not [name for name, labels in found if "hospital" in str(labels)]
    with pytest.raises(RangeError):
        board.reads("elsewhere", list)


def test_a_part_that_does_not_answer_hides_no_other() -> None:
    def away() -> Iterator[Reading]:
        yield Reading("tally_chain_head", 5)
        raise UnavailableError("chain.unreachable", "It does not answer.", "Wait.")

    board = Board("engine")
    board.reads("chain", away)
    board.reads("disk", lambda: [Reading("tally_disk_free_bytes", 7)])
    found = told(board)
    assert found["tally_part_up", (("part", "chain"),)] == 0
    assert ("tally_chain_head", ()) not in found, "half an answer is none"
    assert found["tally_disk_free_bytes", ()] == 7


def test_scrapes_within_a_second_read_once() -> None:
    """Whoever reaches the port cannot make the process ask its database or its chain more often."""
    now, asked = [0.0], []
    board = Board("engine", lambda: now[0])
    board.reads("disk", lambda: asked.append(1) or [Reading("tally_disk_free_bytes", len(asked))])
    assert {board.text() for _ in range(50)} == {board.text()}
    assert len(asked) == 1
    now[0] = 1.0
    board.text()
    assert len(asked) == 2


def test_nothing_is_read_before_somebody_asks() -> None:
    asked: list[int] = []
    board = Board("engine")
    for part in PARTS["engine"]:
        board.reads(part, lambda: asked.append(1) or [])
    assert asked == []


def test_each_says_every_value_of_a_label() -> None:
    found = list(each("tally_webhooks", {"off": 2}))
    assert [(reading.labels, reading.value) for reading in found] == [
        (("active",), 0),
        (("failing",), 0),
        (("off",), 2),
    ]


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_port_has_one_path() -> None:
    board = Board("explorer")
    with serving(board, LOCAL, 0) as port:
        status, body = get(f"http://{LOCAL}:{port}/metrics")
        assert status == 200
        assert b"tally_explorer_request_seconds" in body
        assert get(f"http://{LOCAL}:{port}/")[0] == 404
        assert get(f"http://{LOCAL}:{port}/metrics/../etc")[0] == 404


def test_a_port_in_use_is_said_plainly() -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        taken.listen()
        with pytest.raises(RefusedError, match=r"metrics\.port"), serving(Board("api"), LOCAL, taken.getsockname()[1]):
            pytest.fail("it was served")


def test_nobody_is_told_anything_unless_an_operator_says_so_and_then_this_machine_alone() -> None:
    for settings in (ApiSettings, EngineSettings, ExplorerSettings):
        assert settings.model_fields["metrics_port"].default is None
        assert settings.model_fields["metrics_host"].default == "127.0.0.1"
    assert {field.name: field.default for field in fields(NodeConfig) if field.name.startswith("metrics")} == {
        "metrics_host": "127.0.0.1",
        "metrics_port": 0,
    }
    with serving(Board("api"), LOCAL, None) as port:
        assert port is None


def answered(app: Any, path: str, query: bytes = b"") -> None:
    async def nothing() -> dict[str, object]:
        return {"type": "http.request"}

    async def drop(_: object) -> None:
        pass

    asyncio.run(app({"type": "http", "path": path, "query_string": query}, nothing, drop))


@given(st.text(max_size=40), st.binary(max_size=20))
def test_no_path_of_a_stranger_becomes_a_series(path: str, query: bytes) -> None:
    from orchestrator.measuring import asked, route

    assert route({"path": path})[0] in dict(BY_NAME["tally_api_requests_total"].labels)["route"]
    assert asked({"path": path, "query_string": query})[0] in ("now", "waiting")


def test_answers_are_counted_by_their_class_and_what_breaks_off_as_an_error_of_ours() -> None:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/broken":
            raise RuntimeError("secret words")
        await send({"type": "http.response.start", "status": 404, "headers": []})

    board = Board("explorer")
    metered = Metered(app, board, requests="tally_explorer_requests_total", seconds="tally_explorer_request_seconds")
    answered(metered, "/x")
    with pytest.raises(RuntimeError):
        answered(metered, "/broken")
    found = told(board)
    assert found["tally_explorer_requests_total", (("status", "4xx"),)] == 1
    assert found["tally_explorer_requests_total", (("status", "5xx"),)] == 1
    assert found["tally_explorer_request_seconds_count", ()] == 2
    assert metered.open == 0
