"""The generated broker definitions in a real RabbitMQ: each party reads its own queue, and nobody else's."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import kombu
import pytest
from amqp.exceptions import AccessRefused, NotAllowed

from chain.ports import free_ports
from deploy import generate
from orchestrator.dispatch.broker import Broker, BrokerAddress, BrokerAddresses
from protocol.messages import RUN_TASK, queue_of
from tests import compose
from tests.patience import scaled, until

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass(frozen=True)
class Running:
    """A broker and the generated state it was loaded from."""

    state: Path
    port: int

    def url(self, party: str) -> str:
        return self.local((self.state / "secrets" / f"broker_url_{party}").read_text())

    def local(self, url: str) -> str:
        return url.replace("rabbitmq:5672", f"127.0.0.1:{self.port}")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not SERVER.exists() or shutil.which("erl") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must install Debian's rabbitmq-server")
        pytest.skip("needs Debian's rabbitmq-server: apt-get install rabbitmq-server")
    home = tmp_path_factory.mktemp("rabbitmq")
    state, port, distribution, epmd = home / "state", *free_ports(3)
    generate.generate(state, 1_700_000_000)
    settings = (compose.COMPOSE_FILE.parent / "deploy" / "rabbitmq.conf").read_text()
    settings = settings.replace("/run/secrets/", f"{state}/secrets/")
    settings = settings.replace("listeners.tcp.default = 5672", f"listeners.tcp.local = 127.0.0.1:{port}")
    (home / "rabbitmq.conf").write_text(settings)
    (home / "plugins").write_text("[].")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"tally{port}@localhost",
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "logs"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_PORT": str(epmd),
    }
    (home / "data").mkdir()
    (home / "logs").mkdir()
    # its name service is started here as well, so that nothing outlives the test
    names = subprocess.Popen(["epmd", "-port", str(epmd)], env=environment, stdout=subprocess.DEVNULL)
    with (home / "out.log").open("wb") as log:
        server = subprocess.Popen([str(SERVER)], env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        said = (home / "out.log").read_text
        until(
            60, "RabbitMQ to start",
            lambda: "Server startup complete" in said() or server.poll() is not None, detail=lambda: said()[-2000:],
        )  # fmt: skip
        assert server.poll() is None, said()[-2000:]
        yield Running(state, port)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(scaled(30))
        names.terminate()
        names.wait(scaled(10))


def test_a_message_reaches_its_party(broker: Running) -> None:
    addresses = json.loads((broker.state / "secrets" / "brokers").read_text())
    default = BrokerAddress(broker.local(addresses["default"]["url"]), addresses["default"]["key_prefix"])
    producer = Broker(BrokerAddresses(default, ()))
    try:
        producer.publish("hospital", RUN_TASK, {"format": "x"}, "m-1")
    finally:
        producer.close()
    queue = kombu.Queue(queue_of("hospital"), durable=True, no_declare=True)
    with kombu.Connection(broker.url("hospital")) as connection:
        message = queue.bind(connection.default_channel).get(accept=["json"])
        assert message
        message.ack()
    assert message.headers["task"] == RUN_TASK
    assert '"format": "x"' in json.dumps(message.payload)


@pytest.mark.parametrize("other", ["exchange", "laboratory"])
def test_a_party_does_not_enter_anothers_host(broker: Running, other: str) -> None:
    url = broker.url("hospital").replace("party-hospital", f"party-{other}")
    with pytest.raises((NotAllowed, kombu.exceptions.OperationalError)), kombu.Connection(url) as connection:
        connection.ensure_connection(max_retries=1, timeout=scaled(5))


def test_a_party_publishes_nothing_through_the_default_exchange(broker: Running) -> None:
    with kombu.Connection(broker.url("hospital"), transport_options={"confirm_publish": True}) as connection:
        producer = connection.Producer()
        with pytest.raises((AccessRefused, kombu.exceptions.OperationalError), match="refused"):
            producer.publish({}, exchange="", routing_key=queue_of("hospital"))


def test_a_party_declares_its_own_queue_only(broker: Running) -> None:
    with kombu.Connection(broker.url("hospital")) as connection:
        kombu.Queue(queue_of("hospital"), durable=True)(connection.default_channel).queue_declare()
        with pytest.raises((AccessRefused, kombu.exceptions.OperationalError), match="refused"):
            kombu.Queue("elsewhere", durable=True)(connection.channel()).queue_declare()
