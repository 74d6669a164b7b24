"""Mail to people for whom something waits: over the operator's own server, encrypted, within bounds, and with no word of a contract.

What a mail says is ours alone, but for the party's name, the task's id and the moment. It names no address to open: whoever forges one
cannot make use of a habit that we taught.
"""

import smtplib
import socket
import ssl
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Literal

from orchestrator.dispatch.posting import TIME, NotTakenError
from protocol import ids
from protocol.programs import Words
from protocol.sentences import time_said
from protocol.vocabulary import TASK_STATES
from protocol.webhooks import ASKS, EventKind, mailbox, state_of

_WORKERS: Final = 8
_READY: Final = 220
_TAKEN: Final = 250
_ASKED: Final[Mapping[EventKind, Words]] = {
    "waits.consent": Words(
        "A task over data of {party} was proposed. Unless a standing authorization of yours covers it, it waits for your answer.",
        "有任务请求使用 {party} 的数据。除非已有长期授权覆盖，否则正等待您的答复。",
    ),
    "waits.review": Words(
        "The result of a task waits for the review by {party}. It is released to nobody before.",
        "有任务结果待 {party} 复核，复核前不向任何一方释放。",
    ),
}
_WAITS: Final = Words("something waits for {party}", "有事项待 {party} 处理")
_MOVES: Final = Words("a task of {party} has moved", "{party} 的任务状态有更新")
_MOVED: Final = Words("A task of {party} is now: {state}.", "{party} 的任务当前状态：{state}。")
_WHERE: Final = Words(
    "Open your desk at the address that you know, or run `tally authorization list`. We never send an address to open: a mail with one is"
    " not ours.",
    "请通过您已知的地址打开工作台，或运行 `tally authorization list`。我方从不发送供点击的网址；含网址的邮件并非我方所发。",
)
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """The operator's server, and as whom the coordinator writes; ``none`` is for a relay on the same machine."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: ``message`` is the same however often it is sent, and so is the mail's id."""

    party: str
    kind: EventKind
    task: bytes
    at: int
    message: bytes


class Mailer:
    """Sends notices to mailboxes of the domains in ``named`` (``@domain``); without a server it sends none."""

    def __init__(
        self,
        server: MailServer | None,
        named: Collection[str],
        *,
        tls: ssl.SSLContext | None = None,
        seconds: float = TIME,
    ) -> None:
        self._server: Final = server
        self._named: Final = frozenset(named)
        self._tls: Final = ssl.create_default_context() if tls is None else tls
        self._seconds: Final = seconds
        # a server that drips keeps a thread until it is cut off, and few can be kept
        self._threads: Final = ThreadPoolExecutor(_WORKERS, "mail")

    def send(self, url: str, notice: Notice) -> int:
        """The server's code once it took the mail; :class:`NotTakenError` ``webhook.*`` otherwise."""
        to, server = mailbox(url, self._named), self._server
        if server is None:
            raise NotTakenError("webhook.no_mail", "The coordinator has no mail server.", "Ask its operator for one.")
        channel = _Channel(server, self._tls, self._seconds)
        ahead = self._threads.submit(channel.deliver, written(notice, server.sender, to), to)
        try:
            return ahead.result(self._seconds)
        except Late as error:
            ahead.cancel()
            channel.cut()
            raise NotTakenError(
                "webhook.slow", f"The mail server did not take it within {self._seconds:g} s.", "It is tried again."
            ) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise _refusal(error) from error


class _Channel:
    """One conversation with the server (RFC 5321; RFC 3207 for STARTTLS)."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext, seconds: float) -> None:
        self._server: Final = server
        self._tls: Final = tls
        domain = server.sender.partition("@")[2]
        # without a host it does not connect yet, so that it can be cut off while it does
        self._client: Final = (
            smtplib.SMTP_SSL(local_hostname=domain, timeout=seconds, context=tls)
            if server.security == "tls"
            else smtplib.SMTP(local_hostname=domain, timeout=seconds)
        )
        # the name by which TLS is verified: only the constructor that connects at once sets it
        self._client._host = server.host  # type: ignore[attr-defined] # noqa: SLF001

    def deliver(self, mail: EmailMessage, to: str) -> int:
        """Hand one mail over; nothing of it is said before the channel is encrypted as the operator wants it."""
        server, client = self._server, self._client
        try:
            answer = client.connect(server.host, server.port)
            if answer[0] != _READY:
                raise smtplib.SMTPConnectError(*answer)
            if server.security == "starttls":
                client.starttls(context=self._tls)
            if server.user:
                client.login(server.user, server.password)
            client.send_message(mail, server.sender, [to])
        finally:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()
        return _TAKEN

    def cut(self) -> None:
        """End it, wherever it is: who waits for the server's next byte finds the connection closed."""
        channel = self._client.sock
        if channel is not None:
            with suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)


def written(notice: Notice, sender: str, to: str) -> EmailMessage:
    """A notice as a mail, the same each time it is sent."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = f"Tallystick <{sender}>", to
    subject = _WAITS if notice.kind in ASKS else _MOVES
    mail["Subject"] = f"Tallystick: {subject.english} / {subject.chinese}".format(party=notice.party)
    mail["Date"] = format_datetime(datetime.fromtimestamp(notice.at, UTC))
    mail["Message-ID"] = f"<{ids.prefixed('msg', notice.message)}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    state = TASK_STATES[state_of(notice.kind)].word
    words = _ASKED.get(notice.kind, _MOVED)
    said = [
        words.english.format(party=notice.party, state=state.english),
        words.chinese.format(party=notice.party, state=state.chinese),
    ]
    about = f"{ids.prefixed('task', notice.task)}\n{time_said(notice.at)}"
    mail.set_content("\n\n".join(["\n".join(said), about, f"{_WHERE.english}\n{_WHERE.chinese}"]) + "\n", cte="base64")
    return mail


def _refusal(error: Exception) -> NotTakenError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()), (None, b""))[0]
        return NotTakenError("webhook.status", f"The mail server refused the mailbox ({code}).", "Check it.", code)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return NotTakenError("webhook.no_mail", "The mail server refused the coordinator.", "Ask its operator.")
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code if 100 <= error.smtp_code <= 999 else None
        return NotTakenError("webhook.status", f"The mail server answered {code}.", "It is tried again.", code)
    if isinstance(error, (ssl.SSLError, smtplib.SMTPNotSupportedError)):
        return NotTakenError("webhook.tls", "TLS with the mail server failed.", "Ask the coordinator's operator.")
    return NotTakenError("webhook.unreachable", "The mail server cannot be reached.", "It is tried again.")
