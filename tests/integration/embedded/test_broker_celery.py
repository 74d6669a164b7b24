"""Celery over the embedded broker: a party's credential is enough for its worker, and the coordinator's to reach it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import NoPermissionError

from chain.child import read_record
from embedded.redis import Broker
from tests.patience import scaled, until

WORKER = """
import os, sys, time
from pathlib import Path
from celery import Celery

url, prefix, output = sys.argv[1:]
app = Celery("node", broker=url)
app.conf.update(
    broker_transport_options={"global_keyprefix": prefix, "visibility_timeout": 1, "unacked_restore_interval": 1,
                              "unacked_restore_throttle": 1, "polling_interval": 0.1},
    task_acks_late=True, worker_prefetch_multiplier=1, task_ignore_result=True,
    accept_content=["json"], worker_enable_remote_control=False,
)

@app.task(name="tally.test")
def run(text):
    with open(output, "a") as file:
        file.write(f"{text}\\n")
    if text == "die" and not os.path.exists(output + ".died"):
        Path(output + ".died").touch()
        os.kill(os.getpid(), 9)

app.worker_main(["worker", "--pool=solo", "--queues=party.hospital", "--without-gossip", "--without-mingle",
                 "--without-heartbeat", "--loglevel=WARNING"])
"""


@pytest.fixture
def broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="tally-test-") as folder:
        found = Broker(Path(folder) / "broker")
        found.add_parties(["hospital", "lab"])
        found.start()
        try:
            yield found
        finally:
            found.stop()
            found.erase()


def publisher(broker: Broker, party: str) -> Celery:
    app = Celery("coordinator", broker=broker.coordinator.url)
    app.conf.broker_transport_options = {"global_keyprefix": broker.party(party).key_prefix}
    return app


def wait_for(output: Path, lines: list[str]) -> None:
    def found() -> list[str]:
        return output.read_text().splitlines() if output.exists() else []

    until(30, f"{lines}", lambda: found() == lines, detail=found)


def worker(broker: Broker, party: str, prefix: str, output: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, broker.party(party).url, prefix, str(output)],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


def test_a_partys_worker_gets_its_tasks_and_a_killed_ones_again(broker: Broker) -> None:
    output = Path(broker._folder).parent / "output"
    prefix = broker.party("hospital").key_prefix
    with publisher(broker, "hospital") as app:
        app.send_task("tally.test", ["one"], queue="party.hospital")
        app.send_task("tally.test", ["die"], queue="party.hospital")
    first = worker(broker, "hospital", prefix, output)
    second = None
    try:
        _, said = first.communicate(timeout=scaled(40))
        assert first.returncode == -9, said.decode()
        # The broker dies too; what was not acknowledged is still there.
        record = read_record(broker._folder / "redis.pid")
        assert record is not None
        os.kill(record.pid, 9)
        while broker.is_running():
            time.sleep(0.01)
        broker.start()
        second = worker(broker, "hospital", prefix, output)
        wait_for(output, ["one", "die", "die"])
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.communicate()


def test_another_partys_credential_cannot_put_or_take_them(broker: Broker) -> None:
    with Celery("thief", broker=broker.party("lab").url) as app:
        app.conf.broker_transport_options = {"global_keyprefix": broker.party("hospital").key_prefix}
        with pytest.raises(OperationalError, match="no permissions"):
            app.send_task("tally.test", ["one"], queue="party.hospital", retry=False)
        with app.connection() as connection, pytest.raises(NoPermissionError):
            connection.SimpleQueue("party.hospital").get(timeout=scaled(1))
