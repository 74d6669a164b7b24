"""Writes what Grafana and Prometheus read from the one definition of metrics and alerts; ``--check`` compares instead."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from metrics.alerts import ALERTS
from metrics.catalogue import PROCESSES, Metric, Process, of_process
from protocol.programs import Words

_DEPLOY: Final = Path(__file__).resolve().parents[1] / "deploy"
DASHBOARD: Final = _DEPLOY / "grafana" / "tallystick.json"
RULES: Final = _DEPLOY / "prometheus" / "alerts.yml"
_TITLES: Final[dict[Process, str]] = {
    "api": "Coordinator: API · 协调方：API",
    "engine": "Coordinator: engine · 协调方：引擎",
    "node": "Node · 隐私计算节点",
    "explorer": "Explorer · 浏览器",
}
_UNITS: Final = {"": "short", "s": "s", "bytes": "bytes", "blocks": "none", "bool": "bool_yes_no"}
_SOURCE: Final = {"type": "prometheus", "uid": "${source}"}
_WIDTH, _HEIGHT, _ACROSS = 8, 7, 3


def query(metric: Metric, process: Process) -> list[tuple[str, str]]:
    """(PromQL, legend) of a metric's panel; series are told apart by its labels and by the instance."""
    job = f'job=~"$job",process="{process}"'
    by = ", ".join(["instance", *(name for name, _ in metric.labels)])
    legend = " ".join(["{{instance}}", *(f"{{{{{name}}}}}" for name, _ in metric.labels)])
    if metric.kind == "counter":
        return [(f"sum by ({by}) (rate({metric.name}{{{job}}}[$__rate_interval]))", legend)]
    if metric.kind == "histogram":
        inner = f"sum by (le, {by}) (rate({metric.name}_bucket{{{job}}}[$__rate_interval]))"
        return [(f"histogram_quantile({share}, {inner})", f"{legend} p{int(100 * share)}") for share in (0.5, 0.95)]
    return [(f"{metric.name}{{{job}}}", legend)]


def dashboard() -> str:
    """The dashboard: a row for each process, a panel for each of its metrics."""
    panels: list[dict[str, Any]] = []
    at = 0
    for process in PROCESSES:
        panels.append(_panel("row", len(panels), {"x": 0, "y": at, "w": 24, "h": 1}, title=_TITLES[process]))
        at += 1
        metrics = of_process(process)
        for number, metric in enumerate(metrics):
            place = {
                "x": number % _ACROSS * _WIDTH,
                "y": at + number // _ACROSS * _HEIGHT,
                "w": _WIDTH,
                "h": _HEIGHT,
            }
            panels.append(_metric(metric, process, len(panels), place))
        at += -(-len(metrics) // _ACROSS) * _HEIGHT
    return _text(
        {
            "title": "Tallystick 符契",
            "uid": "tallystick",
            "tags": ["tallystick"],
            "timezone": "utc",
            "schemaVersion": 39,
            "version": 1,
            "refresh": "30s",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {
                "list": [
                    {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
                    {
                        "name": "job", "type": "query", "datasource": _SOURCE, "query": "label_values(tally_part_up, job)",
                        "refresh": 2, "multi": True, "includeAll": True, "allValue": ".*",
                        "current": {"text": "All", "value": "$__all"},
                    },
                ]
            },
            "panels": panels,
        }
    )  # fmt: skip


def rules() -> str:
    """The alert rules. YAML 1.2 holds JSON, and JSON needs no quoting rules."""
    return _text(
        {
            "groups": [
                {
                    "name": "tallystick",
                    "rules": [
                        {
                            "alert": alert.name,
                            "expr": alert.holds,
                            "for": alert.lasts,
                            "labels": {"severity": alert.severity},
                            "annotations": {**_said("summary", alert.what), **_said("fix", alert.fix)},
                        }
                        for alert in ALERTS
                    ],
                }
            ]
        }
    )


def _metric(metric: Metric, process: Process, number: int, place: dict[str, int]) -> dict[str, Any]:
    return _panel(
        "timeseries",
        number,
        place,
        title=f"{metric.about.english} · {metric.about.chinese}",
        description=metric.name,
        datasource=_SOURCE,
        fieldConfig={"defaults": {"unit": _UNITS[metric.unit], "min": 0}, "overrides": []},
        targets=[
            {"refId": chr(65 + place), "datasource": _SOURCE, "expr": text, "legendFormat": legend}
            for place, (text, legend) in enumerate(query(metric, process))
        ],
    )


def _panel(kind: str, number: int, place: dict[str, int], **more: object) -> dict[str, Any]:
    return {"id": number + 1, "type": kind, "gridPos": place, **more}


def _said(name: str, words: Words) -> dict[str, str]:
    return {name: words.english, f"{name}_zh": words.chinese}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def files() -> Iterator[tuple[Path, str]]:
    """What is written where."""
    yield DASHBOARD, dashboard()
    yield RULES, rules()


def main() -> int:
    """Write, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what is committed, and write nothing")
    check = parser.parse_args().check
    for path, text in files():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            sys.stderr.write(f"{path} differs: run `python -m tools.dashboard`.\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
