"""The generated broker definitions in a real RabbitMQ: each party reads its own queue, and nobody else's."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import kombu
import pytest
from amqp.exceptions import AccessRefused, NotAllowed

from chain.ports import free_ports
from deploy import generate
from orchestrator.dispatch.broker import Broker, BrokerAddress, BrokerAddresses
from orchestrator.dispatch.issuing import RabbitUsers, load
from protocol.credentials import BrokerCredentials, BrokerPlace
from protocol.errors import RefusedError, UnavailableError
from protocol.messages import RUN_TASK, queue_of
from tests import compose
from tests.patience import scaled, until

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass(frozen=True)
class Running:
    """A broker and the generated state it was loaded from."""

    state: Path
    port: int
    management: int

    @property
    def issuer(self) -> RabbitUsers:
        """The coordinator's administrator, from the generated file."""
        found = load(self.state / "secrets" / "broker_admin").users
        assert isinstance(found, RabbitUsers)
        return replace(found, url=f"http://127.0.0.1:{self.management}")

    def issued(self, party: str, password: str) -> str:
        """The URL that a node builds from what it was issued."""
        place = BrokerPlace("amqp", f"127.0.0.1:{self.port}")
        return BrokerCredentials(party, 1, place, password).url

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
    state, port, management, distribution, epmd = home / "state", *free_ports(4)
    generate.generate(state, 1_700_000_000)
    settings = (compose.COMPOSE_FILE.parent / "deploy" / "rabbitmq.conf").read_text()
    settings = settings.replace("/run/secrets/", f"{state}/secrets/")
    settings = settings.replace("listeners.tcp.default = 5672", f"listeners.tcp.local = 127.0.0.1:{port}")
    settings = settings.replace("tcp.port = 15672", f"tcp.port = {management}\nmanagement.tcp.ip = 127.0.0.1")
    (home / "rabbitmq.conf").write_text(settings)
    shutil.copy(compose.COMPOSE_FILE.parent / "deploy" / "rabbitmq-plugins", home / "plugins")
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
        yield Running(state, port, management)
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


def reached(url: str) -> bool:
    try:
        with kombu.Connection(url) as connection:
            connection.ensure_connection(max_retries=1, timeout=scaled(5))
    except (AccessRefused, NotAllowed, kombu.exceptions.OperationalError):
        return False
    return True


def test_a_party_that_joins_is_issued_a_user_that_reads_its_own_queue(broker: Running) -> None:
    """As at a coordinator with the generated files: it makes the user, publishes to its queue, and the node reads it."""
    broker.issuer.give("clinic", "p" * 43)
    url = broker.issued("clinic", "p" * 43)
    addresses = json.loads((broker.state / "secrets" / "brokers").read_text())
    default = BrokerAddress(broker.local(addresses["default"]["url"]), addresses["default"]["key_prefix"])
    producer = Broker(BrokerAddresses(default, ()))
    try:
        producer.publish("clinic", RUN_TASK, {"format": "x"}, "m-1")
    finally:
        producer.close()
    with kombu.Connection(url) as connection:
        queue = kombu.Queue(queue_of("clinic"), durable=True)(connection.default_channel)
        queue.queue_declare()
        message = queue.get(accept=["json"])
        assert message
        message.ack()
    assert '"format": "x"' in json.dumps(message.payload)
    assert not reached(url.replace("/party-clinic", "/party-hospital"))
    refused = pytest.raises((AccessRefused, kombu.exceptions.OperationalError), match="refused")
    with kombu.Connection(url) as connection, refused:
        kombu.Queue("elsewhere", durable=True)(connection.default_channel).queue_declare()


def test_a_new_password_and_a_suspension_cut_the_old_login_off(broker: Running) -> None:
    broker.issuer.give("member", "p" * 43)
    old, new = broker.issued("member", "p" * 43), broker.issued("member", "q" * 43)
    with kombu.Connection(old) as connection:
        connection.ensure_connection(max_retries=1, timeout=scaled(5))
        channel = connection.channel()
        broker.issuer.give("member", "q" * 43)
        with pytest.raises((OSError, *connection.connection_errors)):
            until(20, "the old login's connection to be closed", lambda: declared(channel))
    assert (reached(old), reached(new)) == (False, True)
    broker.issuer.take("member")
    broker.issuer.take("member")
    assert not reached(new)


def declared(channel: object) -> bool:
    """Never true: asks the broker something, which raises once the connection is gone."""
    kombu.Queue(queue_of("member"), durable=True)(channel).queue_declare()
    return False


def test_a_suspension_also_removes_the_generated_user_of_a_member(broker: Running) -> None:
    assert reached(broker.url("laboratory"))
    broker.issuer.take("laboratory")
    assert not reached(broker.url("laboratory"))


def test_attack_a_party_named_like_anothers_user_is_suspended(broker: Running) -> None:
    """Its end is nobody else's: not the coordinator's, not the issuer's, not that of the party whose user has this name."""
    broker.issuer.give("victim", "p" * 43)
    for name in ("coordinator", "issuer", "party-victim", "party-hospital"):
        broker.issuer.give(name, "q" * 43)
        broker.issuer.take(name)
    assert reached(broker.issued("victim", "p" * 43))
    assert reached(broker.url("hospital"))
    broker.issuer.give("clinic-two", "p" * 43)
    assert reached(broker.issued("clinic-two", "p" * 43))


def test_the_issuer_itself_reads_no_queue(broker: Running) -> None:
    broker.issuer.give("clinic-three", "p" * 43)
    password = broker.issuer.password
    for party in ("hospital", "clinic-three"):
        assert not reached(f"amqp://issuer:{password}@127.0.0.1:{broker.port}/party-{party}")


def test_a_wrong_login_is_refused_and_a_silent_broker_waited_for(broker: Running) -> None:
    with pytest.raises(RefusedError, match=r"issuing\.refused") as refused:
        replace(broker.issuer, password="wrong").give("clinic", "p" * 43)
    with pytest.raises(UnavailableError, match=r"issuing\.unavailable"):
        replace(broker.issuer, url="http://127.0.0.1:9").take("clinic")
    assert "p" * 43 not in str(refused.value)
