"""Mail about what waits: once told for ever under one id, encrypted or not at all, bounded, and with no word of a contract in it."""

import base64
import email
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest

from orchestrator.api.app import create_app
from orchestrator.dispatch.mailing import Mailer, MailServer, Notice, written
from orchestrator.dispatch.posting import NotTakenError
from orchestrator.engine.delivering import Delivering
from orchestrator.settings import EngineSettings, mail_server
from protocol import ids
from protocol.errors import FormatError, TallyError
from protocol.webhooks import ASKS, KINDS
from tests.integration.orchestrator.nodes import nodes_of, statement_head
from tests.integration.orchestrator.test_posting import certificate
from tests.integration.orchestrator.test_webhooks import Sink
from tests.integration.orchestrator.world import NODES, World
from tests.patience import scaled
from tests.unit.orchestrator.asgi import client_of

NAMED = ("@hospital.example",)
TO = "mailto:office@hospital.example"
NOTICE = Notice("hospital", "waits.consent", b"\x4f" * 32, 1_780_000_000, b"\x5e" * 32)


class Relay:
    """A mail server on loopback: what it was given, and how it answers each command (by its first word)."""

    def __init__(self, tls: ssl.SSLContext | None = None, answers: dict[str, bytes] | None = None) -> None:
        self.said: list[str] = []
        self.mails: list[bytes] = []
        self.encrypted: list[bool] = []
        self.over = threading.Event()
        self._tls, self._answers = tls, answers or {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            plain.settimeout(30)
            with suppress(OSError, ValueError), plain:
                self._talk(plain)

    def _talk(self, plain: socket.socket) -> None:
        self._answer(plain, "", b"220 ready\r\n")
        if self._until_quit_or_tls(plain) and self._tls is not None:
            with self._tls.wrap_socket(plain, server_side=True) as channel:
                self._until_quit_or_tls(channel, secure=True)

    def _until_quit_or_tls(self, channel: socket.socket, *, secure: bool = False) -> bool:
        """Whether TLS is to begin now."""
        while line := self._line(channel):
            word = line.split(" ")[0].split(":")[0].upper()
            self.said.append(line)
            self.encrypted.append(secure)
            usual = {
                "EHLO": b"250-relay\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n" if self._tls and not secure else b"250-relay\r\n250 AUTH PLAIN\r\n",
                "DATA": b"354 go on\r\n", "AUTH": b"235 welcome\r\n", "STARTTLS": b"220 go on\r\n", "QUIT": b"221 bye\r\n",
            }  # fmt: skip
            self._answer(channel, word, usual.get(word, b"250 fine\r\n"))
            if word == "STARTTLS" and self._tls is not None and word not in self._answers:
                return True
            if word == "DATA" and word not in self._answers:
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += channel.recv(65536)
                self.mails.append(data)
                self._answer(channel, ".", b"250 taken\r\n")
            if word == "QUIT":
                break
        return False

    def _answer(self, channel: socket.socket, word: str, usual: bytes) -> None:
        answer = self._answers.get(word, usual)
        if answer == b"drip":
            while not self.over.wait(0.02):
                channel.sendall(b"250-still\r\n" if word else b"2")
        channel.sendall(answer)

    def _line(self, channel: socket.socket) -> str:
        data = b""
        while not data.endswith(b"\r\n"):
            got = channel.recv(1)
            if not got:
                return ""
            data += got
        return data.decode().rstrip()

    def calm(self) -> None:
        self._answers = {}

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


Serve = Callable[..., Relay]


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Relay] = []

    def start(tls: ssl.SSLContext | None = None, **answers: bytes) -> Relay:
        made.append(Relay(tls, {"" if name == "banner" else name: answer for name, answer in answers.items()}))
        return made[-1]

    yield start
    for relay in made:
        relay.close()


def mailer(relay: Relay, security: str = "none", tls: ssl.SSLContext | None = None, **more: str) -> Mailer:
    server = MailServer("127.0.0.1", relay.port, security, "tally@operator.example", **more)  # type: ignore[arg-type]
    return Mailer(server, NAMED, tls=tls)


def refused(found: Mailer) -> NotTakenError:
    with pytest.raises(NotTakenError) as caught:
        found.send(TO, NOTICE)
    return caught.value


def test_a_mail_says_what_waits_in_both_languages_and_nothing_else(serve: Serve) -> None:
    relay = serve()
    assert mailer(relay).send(TO, NOTICE) == 250
    assert relay.said[1:3] == ["mail FROM:<tally@operator.example>", "rcpt TO:<office@hospital.example>"]
    mail = email.message_from_bytes(relay.mails[0].removesuffix(b".\r\n"), policy=default)
    assert {name.lower() for name in mail.keys()} == {  # noqa: SIM118 - fields may repeat
        "from", "to", "subject", "date", "message-id", "auto-submitted", "content-type", "content-transfer-encoding", "mime-version",
    }  # fmt: skip
    assert mail["To"] == "office@hospital.example"
    assert mail["Message-ID"] == f"<{ids.prefixed('msg', NOTICE.message)}@operator.example>"
    assert mail["Subject"] == "Tallystick: something waits for hospital / 有事项待 hospital 处理"
    body = mail.get_content()
    assert "it waits for your answer" in body
    assert "正等待您的答复" in body
    assert ids.prefixed("task", NOTICE.task) in body
    assert "://" not in body, "nobody learns to open addresses that come by mail"
    for kind in KINDS:
        assert (
            "{"
            not in written(
                Notice("hospital", kind, b"\1" * 32, 0, b"\2" * 32), "a@b.example", "c@d.example"
            ).get_content()
        )


def test_nothing_is_said_before_the_channel_is_encrypted(serve: Serve, tmp_path: Path) -> None:
    theirs, trust = certificate(tmp_path, "127.0.0.1")
    relay = serve(theirs)
    server = MailServer("127.0.0.1", relay.port, "starttls", "tally@operator.example", "tally", "secret")
    with pytest.raises(NotTakenError, match=r"webhook\.tls"):  # the certificate is a name's, the server an address
        Mailer(server, NAMED, tls=trust).send(TO, NOTICE)
    assert [line for line in relay.said if not line.lower().startswith(("ehlo", "starttls", "quit"))] == []
    trust.check_hostname = False
    assert Mailer(server, NAMED, tls=trust).send(TO, NOTICE) == 250
    told = {line.split(" ")[0].lower(): secure for line, secure in zip(relay.said, relay.encrypted, strict=True)}
    assert (told["mail"], told["auth"]) == (True, True)
    (login,) = [line for line in relay.said if line.startswith("AUTH")]
    assert base64.b64decode(login.split(" ")[2]) == b"\0tally\0secret"


@pytest.mark.parametrize("answer", [None, b"454 not now\r\n"])
def test_attack_a_server_in_between_that_hides_encryption(serve: Serve, tmp_path: Path, answer: bytes | None) -> None:
    theirs, trust = certificate(tmp_path, "127.0.0.1")
    relay = serve() if answer is None else serve(theirs, STARTTLS=answer)
    assert refused(mailer(relay, "starttls", trust, user="tally", password="secret")).code in (
        "webhook.tls",
        "webhook.status",
    )
    assert relay.mails == []
    assert not any(line.upper().startswith(("AUTH", "MAIL", "RCPT")) for line in relay.said)


@pytest.mark.parametrize("word", ["banner", "EHLO", "mail", "DATA", "."])
def test_attack_a_server_that_drips_is_cut_off(serve: Serve, word: str) -> None:
    relay = serve(**{word.upper() if word != "banner" else word: b"drip"})
    server = MailServer("127.0.0.1", relay.port, "none", "tally@operator.example")
    found = Mailer(server, NAMED, seconds=scaled(0.5))
    assert [refused(found).code for _ in range(2)] == ["webhook.slow"] * 2
    relay.calm()  # for those who come; whom it still drips to it goes on
    assert Mailer(server, NAMED).send(TO, NOTICE) == 250


@pytest.mark.parametrize(
    ("word", "answer", "code", "status"),
    [
        ("RCPT", b"550 nobody\r\n", "webhook.status", 550),
        ("RCPT", b"451 later\r\n", "webhook.status", 451),
        ("MAIL", b"553 no\r\n", "webhook.status", 553),
        ("DATA", b"554 no\r\n", "webhook.status", 554),
        (".", b"552 too much\r\n", "webhook.status", 552),
        ("banner", b"421 closing\r\n", "webhook.status", 421),
        ("banner", b"\x00\xff" * 9000, "webhook.status", 500),
        ("AUTH", b"535 who\r\n", "webhook.no_mail", None),
    ],
)
def test_what_the_server_refuses_is_told(serve: Serve, word: str, answer: bytes, code: str, status: int | None) -> None:
    error = refused(mailer(serve(**{word: answer}), user="tally", password="secret"))
    assert (error.code, error.answer) == (code, status)


def test_without_a_server_or_with_nobody_there_it_is_told() -> None:
    with pytest.raises(NotTakenError, match=r"webhook\.no_mail"):
        Mailer(None, NAMED).send(TO, NOTICE)
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(NotTakenError, match=r"webhook\.unreachable"):
        Mailer(MailServer("127.0.0.1", port, "none", "tally@operator.example"), NAMED).send(TO, NOTICE)


def test_attack_a_domain_that_is_no_longer_vouched_for(serve: Serve) -> None:
    relay = serve()
    with pytest.raises(FormatError, match=r"webhook\.url"):
        mailer(relay).send("mailto:office@other.example", NOTICE)
    assert relay.said == []


def test_settings_that_would_send_in_the_clear_or_as_nobody_are_refused(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o600)
    nowhere = Path("none")

    def of(**values: object) -> MailServer | None:
        needed = dict.fromkeys(("database_url_file", "deployment_file", "signer_key_file", "brokers_file"), nowhere)
        return mail_server(EngineSettings(**needed, rpc_url="http://127.0.0.1:1", **values))  # type: ignore[arg-type]

    assert of() is None
    whole = {"smtp_host": "mail.example", "mail_from": "tally@operator.example"}
    assert of(**whole) == MailServer("mail.example", 587, "starttls", "tally@operator.example")
    login = {"smtp_user": "tally", "smtp_password_file": password}
    assert of(**whole, **login) == MailServer(
        "mail.example", 587, "starttls", "tally@operator.example", "tally", "secret"
    )
    assert of(**whole | {"smtp_host": "127.0.0.1", "smtp_security": "none"}) is not None
    for wrong in (
        {"smtp_host": "mail.example"}, whole | {"smtp_security": "none"}, whole | {"smtp_user": "tally"},
        whole | {"smtp_password_file": password},
    ):  # fmt: skip
        with pytest.raises(FormatError, match=r"settings\.mail"):
            of(**wrong)


class Office:
    """A mail server that takes everything, or fails as it is told."""

    def __init__(self) -> None:
        self.came: list[tuple[str, Notice]] = []
        self.fails = False

    def send(self, url: str, notice: Notice) -> int:
        self.came.append((url, notice))
        if self.fails:
            raise NotTakenError("webhook.unreachable", "No.", "Wait.")
        return 250


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    world.settle()
    vouched = tuple(f"@{name}.example" for name in world.parties)
    context = replace(world.app.state.context, webhook_hosts=vouched)
    monkeypatch.setattr(world, "http", client_of(create_app(context)))
    yield Office()
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM webhooks")


def step(world: World, office: Office) -> None:
    loop = Delivering(world.database, Sink(), office, world.clock)
    while loop.step():
        pass


def subscribe(world: World, *parties: str) -> None:
    for party in parties:
        world.client(party).add_webhook(f"mailto:office@{party}.example", tuple(sorted(ASKS)), "what waits")


def test_whom_something_waits_for_is_told_of_it_once(world: World, office: Office) -> None:
    subscribe(world, "hospital", "laboratory", "exchange", "regulator")
    contract = world.contract(reviewer="regulator", review_within=86_400, auditors=())
    task = world.client("hospital").submit(contract)
    step(world, office)
    assert office.came == [], "a proposal that is on its way asks nobody yet"
    world.settle()
    step(world, office)
    assert {(url, told.party, told.kind, told.task) for url, told in office.came} == {
        (f"mailto:office@{owner}.example", owner, "waits.consent", task) for owner in ("hospital", "laboratory")
    }
    world.authorize(task)
    world.settle()
    run, nodes = b"\x77" * 32, nodes_of(world)
    for name in NODES:
        nodes[name].state(task, statement_head(world, task, contract.digest(), name))
        world.client(name).receipt(nodes[name].commitment(task, run))
    world.settle()
    step(world, office)
    assert [(told.party, told.kind) for _, told in office.came[2:]] == [("regulator", "waits.review")]


def test_what_was_not_taken_comes_again_under_the_same_id(world: World, office: Office) -> None:
    subscribe(world, "laboratory")
    world.client("hospital").submit(world.contract())
    world.settle()
    office.fails = True
    step(world, office)
    with world.database.transaction() as tx:
        tx.execute("UPDATE webhook_messages SET next_at = now() - interval '1 hour'")
        tx.execute("UPDATE webhooks SET next_at = now() - interval '1 hour'")
    office.fails = False
    step(world, office)
    (_, first), (_, second) = office.came
    assert first == second


def test_attack_mail_to_strangers_is_refused_when_it_is_asked_for(world: World, office: Office) -> None:
    for url in ("mailto:victim@other.example", "mailto:office@laboratory.example?bcc=victim@other.example"):
        with pytest.raises(TallyError, match=r"webhook\.url"):
            world.client("laboratory").add_webhook(url, tuple(sorted(ASKS)), "x")
