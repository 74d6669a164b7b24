"""Dashboard and alerts speak of metrics and values that exist, and are what the table gives."""

import json
import re
from typing import get_args

import pytest

from metrics.alerts import ALERTS, Alert
from metrics.catalogue import BY_NAME, METRICS, PROCESSES, of_process
from orchestrator.services.relay import JobKind
from protocol.vocabulary import TaskState
from tools import dashboard
from workers.jobs import stages


def plain(name: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", name) if name not in BY_NAME else name


def test_what_is_committed_is_what_the_tables_give() -> None:
    for path, text in dashboard.files():
        assert path.read_text("utf-8") == text, f"{path}: run `python -m tools.dashboard`"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_speaks_of_what_exists_and_says_what_to_do(alert: Alert) -> None:
    for name in re.findall(r"\btally_\w+", alert.holds):
        assert plain(name) in BY_NAME, name
    for name, matchers in re.findall(r"(tally_\w+)\{([^}]*)\}", alert.holds):
        labels = dict(BY_NAME[plain(name)].labels)
        for label, value in re.findall(r'(\w+)[=!~]+"([^"]*)"', matchers):
            assert set(value.split("|")) <= set(labels[label]), (name, label)
    for words in (alert.what, alert.fix):
        assert words.english
        assert any(ord(letter) > 0x2E80 for letter in words.chinese)
    assert re.fullmatch(r"\d+[smh]", alert.lasts)


def test_commands_that_alerts_name_exist() -> None:
    from tests.docs.test_commands import ENTRY, commands_of

    for alert in ALERTS:
        for words in (alert.fix.english, alert.fix.chinese):
            for command in re.findall(r"`tally ([a-z -]+)`", words):
                at = ENTRY
                for word in command.split():
                    at = commands_of(at)[word]


def test_the_dashboard_shows_every_metric_of_every_process() -> None:
    document = json.loads(dashboard.dashboard())
    shown = [panel["description"] for panel in document["panels"] if panel["type"] != "row"]
    assert shown == [metric.name for process in PROCESSES for metric in of_process(process)]
    assert len({panel["id"] for panel in document["panels"]}) == len(document["panels"])
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in document["panels"]}
    assert len(places) == len(document["panels"]), "no panel lies over another"


def test_closed_lists_are_those_of_the_code_that_fills_them() -> None:
    values = {metric.name: dict(metric.labels) for metric in METRICS}
    assert set(values["tally_relay_jobs_waiting"]["kind"]) == set(get_args(JobKind))
    ended = {stage.value for stage in stages.ENDED}
    assert set(values["tally_node_tasks_ended_total"]["outcome"]) == ended
    assert set(values["tally_node_stage_seconds"]["stage"]) == {stage.value for stage in stages.Stage} - ended
    states = set(values["tally_tasks"]["state"]) | set(values["tally_tasks_ended_last_hour"]["state"])
    assert states == {
        "submitted",
        "failed",
        *(state.name.lower() for state in TaskState if state is not TaskState.NONE),
    }
