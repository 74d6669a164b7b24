"""A process's metrics: what it counts as it works, and what is read when somebody asks.

An idle process pays nothing: gauges are read at a scrape, each part of the process on its own, and scrapes that come faster than once a
second share one reading. A name, a label or a value that the catalogue does not have is a defect and raises; nothing else becomes a series.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from metrics.catalogue import BY_NAME, PARTS, Metric, Process, of_process
from protocol.errors import RangeError, TallyError

_log = structlog.get_logger()
_FRESH: Final = 1.0
"""Seconds for which a reading is good."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A gauge's value now; ``labels`` in the catalogue's order."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


Reader = Callable[[], Iterable[Reading]]


class Meter(Protocol):
    """What code that works needs of a board."""

    def count(self, name: str, *labels: str) -> None:
        """One more."""
        ...

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """It took so long."""
        ...


class Board:
    """The metrics of one process. Safe for threads."""

    def __init__(self, process: Process, clock: Callable[[], float] = time.monotonic) -> None:
        disable_created_metrics()  # when each series began is nobody's question, and doubles what is sent
        self._process: Final = process
        self._clock: Final = clock
        self._registry: Final = CollectorRegistry(auto_describe=False)
        self._known: Final = {metric.name: metric for metric in of_process(process)}
        self._readers: Final[dict[str, Reader]] = {}
        self._lock: Final = threading.Lock()
        self._read: tuple[float, bytes] | None = None
        self._counters: Final[dict[str, Counter]] = {}
        self._histograms: Final[dict[str, Histogram]] = {}
        for metric in self._known.values():
            names = [name for name, _ in metric.labels]
            if metric.kind == "counter":
                self._counters[metric.name] = Counter(metric.name, _help(metric), names, registry=self._registry)
            elif metric.kind == "histogram":
                self._histograms[metric.name] = Histogram(
                    metric.name, _help(metric), names, registry=self._registry, buckets=metric.buckets
                )
        self._registry.register(_Gauges(self._families))

    def count(self, name: str, *labels: str) -> None:
        """See :class:`Meter`."""
        counter = self._counters[self._checked(name, labels).name]
        (counter.labels(*labels) if labels else counter).inc()

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        """See :class:`Meter`."""
        histogram = self._histograms[self._checked(name, labels).name]
        (histogram.labels(*labels) if labels else histogram).observe(seconds)

    def reads(self, part: str, reader: Reader) -> None:
        """Ask ``reader`` at each scrape; ``tally_part_up`` says whether it answered. ``""``: what the process knows by itself."""
        if part and part not in PARTS[self._process]:
            raise _undeclared(f"part {part} of {self._process}")
        self._readers[part] = reader

    def text(self) -> bytes:
        """The exposition, read now unless that was done within the last second."""
        with self._lock:
            now = self._clock()
            if self._read is None or now - self._read[0] >= _FRESH:
                self._read = (now, generate_latest(self._registry))
            return self._read[1]

    def _families(self) -> Iterator[Family]:
        found: dict[str, list[Reading]] = {}
        for part, reader in self._readers.items():
            said, up = self._answer(part, reader)
            if part:
                said.append(Reading("tally_part_up", float(up), (part,)))
            for reading in said:
                found.setdefault(reading.name, []).append(reading)
        for name, readings in found.items():
            metric = self._known[name]
            family = GaugeMetricFamily(name, _help(metric), labels=[label for label, _ in metric.labels])
            for reading in readings:
                family.add_metric(reading.labels, reading.value)
            yield family

    def _answer(self, part: str, reader: Reader) -> tuple[list[Reading], bool]:
        """What a part says, all or nothing; one that fails is logged by its code and hides no other."""
        try:
            said = list(reader())
            for reading in said:
                self._checked(reading.name, reading.labels)
        except TallyError as error:
            _log.warning("metrics.part_silent", part=part, code=error.code)
        except Exception:  # noqa: BLE001 - a defect in one part must not take the monitor's view of the others
            _log.exception("metrics.part_defect", part=part)
        else:
            return said, True
        return [], False

    def _checked(self, name: str, labels: tuple[str, ...]) -> Metric:
        metric = self._known.get(name)
        if metric is None or len(labels) != len(metric.labels):
            raise _undeclared(f"{name}{labels} of {self._process}")
        for value, (label, values) in zip(labels, metric.labels, strict=True):
            if value not in values:
                raise _undeclared(f"{name}: {label} {value}")
        return metric


class _Gauges(Collector):
    def __init__(self, families: Callable[[], Iterator[Family]]) -> None:
        self._families: Final = families

    def collect(self) -> Iterator[Family]:
        return self._families()


def each(name: str, values: Mapping[str, float], label: int = 0) -> Iterator[Reading]:
    """A reading for every value that the metric's label may have: 0 where nothing is said of one, so that no series comes and goes."""
    for value in BY_NAME[name].labels[label][1]:
        yield Reading(name, values.get(value, 0.0), (value,))


def _help(metric: Metric) -> str:
    return f"{metric.about.english} / {metric.about.chinese}"


def _undeclared(what: str) -> RangeError:
    return RangeError("metrics.undeclared", f"No metric is declared as {what}.", "Declare it in metrics/catalogue.py.")
