"""Webhooks by Standard Webhooks 1.0 (https://www.standardwebhooks.com): what is sent, how it is signed, and how it is verified.

A party names an address and the kinds of events that it wants to hear of there. Each is a POST whose body names ids and states only;
``webhook-signature`` is an HMAC-SHA-256 over ``id.timestamp.body`` with a secret that the party drew. A webhook rings a bell: what
it says is read from the API or, where it matters, from the chain.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias, get_args
from urllib.parse import urlsplit

from protocol import canonical, codec
from protocol.addresses import is_public
from protocol.api import PAGE, Answer, NextCursor, TaskId
from protocol.codec import choice, integer, prefixed, sequence, text
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.fields import Fields, Many, Named
from protocol.programs import Words
from protocol.vocabulary import TASK_STATES, TaskPart, TaskStateName

MOST_HOOKS: Final = 20
"""Of one party."""
TOLERANCE: Final = 300
"""Seconds by which a webhook's time may differ from its receiver's clock."""
OVERLAP: Final = 86_400
"""Seconds for which the secret before signs, too, once it was rotated."""
WAITS: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after each failed try of a delivery; the standard's own schedule. After the last it is a dead letter."""
LONGEST_FAILING: Final = 3 * 86_400
"""Seconds for which an address may fail without one success before it is switched off."""
RANDOM: Final = 32
"""Bytes of a secret that we draw; the standard takes 24 to 64."""
PREFIX: Final = "task."
_SECRET: Final = re.compile(r"whsec_[A-Za-z0-9+/]{32,86}={0,2}")
_LEAST, _MOST = 24, 64
_URL: Final = 1000
_NUMERIC: Final = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)$")
"""What ends in a number is an address in disguise (WHATWG URL: `127.1`, `2130706433`)."""
_INNER: Final = (".localhost", ".local", ".internal")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")
MAILTO: Final = "mailto:"
_MAILBOX: Final = re.compile(r"[a-z0-9]+([._+-][a-z0-9]+)*@[a-z0-9]+(-+[a-z0-9]+)*(\.[a-z0-9]+(-+[a-z0-9]+)*)+")
_LONGEST_MAILBOX: Final = 254
"""RFC 5321 (erratum 1690)."""

EventKind: TypeAlias = str
"""``task.`` and a state of :data:`protocol.vocabulary.TASK_STATES`, or one of :data:`ASKS`."""
ASKS: Final[Mapping[EventKind, tuple[TaskPart, TaskStateName]]] = {
    "waits.consent": ("owner", "proposed"),
    "waits.review": ("reviewer", "completed"),
}
"""What waits for a party: for whom, of which part, and in which state of a task (the view ``tally.task_bells``)."""
MOVES: Final[tuple[EventKind, ...]] = tuple(sorted(PREFIX + state for state in get_args(TaskStateName)))
"""What programs want to hear of: each state that a task reaches."""
KINDS: Final[tuple[EventKind, ...]] = tuple(sorted([*MOVES, *ASKS]))
HookStanding = Literal["active", "failing", "off"]
HOOK_STANDINGS: Final[Mapping[HookStanding, Words]] = {
    "active": Words("active", "有效"),
    "failing": Words("failing, tried again and again", "投递失败，正在重试"),
    "off": Words("switched off", "已停用"),
}
DeliveryStanding = Literal["waiting", "delivered", "dead"]
DELIVERY_STANDINGS: Final[Mapping[DeliveryStanding, Words]] = {
    "waiting": Words("waiting", "等待投递"),
    "delivered": Words("delivered", "已投递"),
    "dead": Words("given up", "已放弃"),
}
Kinds: TypeAlias = Annotated[tuple[str, ...], sequence(choice(KINDS, "webhook.kinds"), len(KINDS))]
Label: TypeAlias = Annotated[str, text(80)]
Url: TypeAlias = Annotated[str, text(_URL)]
Secret: TypeAlias = Annotated[str, text(100)]
HookId: TypeAlias = Annotated[bytes, prefixed("hook")]
MessageId: TypeAlias = Annotated[bytes, prefixed("msg")]
Time: TypeAlias = Annotated[int, codec.COUNT]


@dataclass(frozen=True, slots=True)
class HookRequest(Fields):
    """An address to send events to (`https:`, or `mailto:` for people), the kinds of events, what it is for, and the secret that the party
    drew (`whsec_…`), with which a mail is not signed.
    """

    WHERE: ClassVar[str] = "body"

    url: Url
    kinds: Kinds
    label: Label
    secret: Secret


@dataclass(frozen=True, slots=True)
class RotateRequest(Fields):
    """A new secret; the one before signs along for a day."""

    WHERE: ClassVar[str] = "body"

    secret: Secret


@dataclass(frozen=True, slots=True)
class ReplayRequest(Fields):
    """What is to be sent again: one `message`, or all from the message `since` on, itself included. One of them is null."""

    WHERE: ClassVar[str] = "body"

    message: MessageId | None
    since: MessageId | None


@dataclass(frozen=True, slots=True)
class SwitchOn(Fields):
    """Nothing more to say: `{}`."""

    WHERE: ClassVar[str] = "body"


@dataclass(frozen=True, slots=True)
class Replayed(Answer):
    """How many messages will be sent again."""

    messages: Annotated[int, codec.COUNT]


@dataclass(frozen=True, slots=True)
class HookView(Answer):
    """A webhook of the reader's, without its secret; times in unix seconds. `code` says why it fails or is off."""

    hook: Annotated[HookId, Named("id")]
    url: Url
    kinds: Kinds
    label: Label
    status: Annotated[HookStanding, choice(get_args(HookStanding))]
    made_at: Time
    key: Annotated[bytes, prefixed("key"), "the access key with which it was made"] | None
    delivered_at: Time | None
    failing_since: Time | None
    off_at: Time | None
    code: Annotated[str, text(60)] | None
    overlap_until: Annotated[int, codec.COUNT, "until then the secret before signs, too"] | None


@dataclass(frozen=True, slots=True)
class HookPage(Answer):
    """One page of the reader's webhooks, newest first; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[HookView, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class DeliveryView(Answer):
    """A message to a webhook: its id is the header `webhook-id`. `answer` is the last HTTP status that came back."""

    message: Annotated[MessageId, Named("id")]
    kind: Annotated[str, choice(KINDS)]
    task: TaskId
    at: Time
    status: Annotated[DeliveryStanding, choice(get_args(DeliveryStanding))]
    tries: Annotated[int, codec.COUNT]
    next_at: Time | None
    code: Annotated[str, text(60)] | None
    answer: Annotated[int, integer(100, 999)] | None


@dataclass(frozen=True, slots=True)
class DeliveryPage(Answer):
    """One page of a webhook's messages, newest first; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[DeliveryView, ...], Many(PAGE)]
    next_cursor: NextCursor


@dataclass(frozen=True, slots=True)
class TaskMoved(Fields):
    """Which task reached which state."""

    task: TaskId
    state: Annotated[str, choice(tuple(TASK_STATES))]


@dataclass(frozen=True, slots=True)
class WebhookEvent(Fields):
    """The body of a webhook: ids and states, and no word of a contract."""

    WHERE: ClassVar[str] = "webhook"

    kind: Annotated[str, choice(KINDS), Named("type")]
    timestamp: Annotated[str, text(20)]
    data: TaskMoved

    @classmethod
    def of(cls, kind: EventKind, task: bytes, at: int) -> Self:
        """``at`` in unix seconds."""
        moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return cls(kind, moment, TaskMoved(task, state_of(kind)))

    def body(self) -> bytes:
        """As it is sent."""
        return canonical.dumps(self.to_json())


def state_of(kind: EventKind) -> str:
    """The state of a task that an event of this kind is about."""
    return ASKS[kind][1] if kind in ASKS else kind.removeprefix(PREFIX)


def secret_of(random: bytes) -> str:
    """The secret for random bytes, as both sides write it."""
    return "whsec_" + base64.b64encode(random).decode()


def key_of(secret: str) -> bytes:
    """The HMAC key of a secret; ``webhook.secret`` for what is none. The value is in no error."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if _SECRET.fullmatch(secret) else b""
    except binascii.Error:
        key = b""
    if not _LEAST <= len(key) <= _MOST:
        raise FormatError(
            "webhook.secret",
            f"The secret is not `whsec_` and the base64 of {_LEAST} to {_MOST} bytes.",
            "Draw one: printf 'whsec_%s' \"$(openssl rand -base64 32)\"",
        )
    return key


def signed(message: str, at: int, body: bytes, keys: Collection[bytes]) -> dict[str, str]:
    """The headers of a webhook, with a signature by each key; ``at`` in unix seconds."""
    marks = [f"v1,{base64.b64encode(_mac(key, message, at, body)).decode()}" for key in keys]
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": " ".join(marks)}


def verified_webhook(body: bytes, headers: Mapping[str, str], secret: str, now: int) -> WebhookEvent:
    """What a webhook says, once its signature and time hold; ``webhook.*`` otherwise. ``now`` in unix seconds.

    Who was told twice (the same ``webhook-id``) acts once: deliveries are made at least once.
    """
    key = key_of(secret)
    given = {name.lower(): value for name, value in headers.items()}
    message, time, marks = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not message or not re.fullmatch(r"[0-9]{1,15}", time, re.ASCII):
        raise VerificationError(
            "webhook.headers", "The headers of a webhook are missing or malformed.", "Hand over the request as it came."
        )
    wanted = base64.b64encode(_mac(key, message, int(time), body)).decode()
    # every signature is compared, and in constant time: how long it takes tells nothing
    found = [
        hmac.compare_digest(mark.encode(errors="replace"), f"v1,{wanted}".encode()) for mark in marks.split(" ")[:16]
    ]
    if not any(found):
        raise VerificationError(
            "webhook.signature", "No signature of the webhook holds.", "Check the secret; drop what came."
        )
    if abs(now - int(time)) > TOLERANCE:
        raise VerificationError(
            "webhook.time",
            f"The webhook is more than {TOLERANCE} s off this clock: an old one sent again, or a clock that is wrong.",
            "Drop it; check this machine's clock if it was none.",
        )
    return WebhookEvent.parse(canonical.parse(body))


def _mac(key: bytes, message: str, at: int, body: bytes) -> bytes:
    return hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes: ``host`` without brackets, ``path`` with its query; ``open`` where the operator names the host."""

    host: str
    port: int
    path: str
    tls: bool
    open: bool


def target(url: str, named: Collection[str]) -> Target:
    """The parts of an address that may be sent to; ``webhook.url`` otherwise.

    ``named`` are hosts (``host`` or ``host:port``) for which the operator vouches: http and closed networks are allowed there. Of all
    others only what the text shows is judged here; where the name leads is judged when it is connected to.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _no_address("It is malformed.") from None
    authority = parts.netloc.lower()
    if len(url) > _URL or not url.isascii() or any(c <= " " or c == "\x7f" for c in url) or "\\" in url:
        raise _no_address("It has characters that addresses do not have, or too many.")
    if (
        "@" in parts.netloc
        or "#" in url
        or not _HOST.fullmatch(authority.removesuffix("" if port is None else f":{port}"))
    ):
        raise _no_address("It has a user, a fragment, or no plain host.")
    tls = parts.scheme == "https"
    number = (443 if tls else 80) if port is None else port
    vouched = host in named or f"{host}:{number}" in named
    if parts.scheme not in ("https", "http") or not (tls or vouched):
        raise _no_address("It is not https.")
    if not vouched:
        if number != 443 and number < 1024:
            raise _no_address(f"Port {number} is another service's.")
        if _is_address(host) and not is_public(host):
            raise _no_address(f"{host} is no public address.")
        if not _is_address(host) and (_NUMERIC.search(host) or "." not in host or host.endswith(_INNER)):
            raise _no_address(f"{host} is no public name.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, number, path, tls, vouched)


def mailbox(url: str, named: Collection[str]) -> str:
    """The mailbox of a `mailto:` address that mail may be sent to; ``webhook.url`` otherwise.

    ``named`` has `@domain` for each domain to whose mailboxes the operator lets mail go: nobody makes the coordinator write to strangers.
    Of RFC 5321 a plain local part and a domain are all there is: no header field, no second mailbox, no quoting can hide in it.
    """
    found = url.removeprefix(MAILTO)
    if not url.startswith(MAILTO) or len(found) > _LONGEST_MAILBOX or not _MAILBOX.fullmatch(found):
        raise _no_mailbox("It is not `mailto:` and one mailbox in lower-case letters, digits and . _ + - alone.")
    if found[found.index("@") :] not in named:
        raise _no_mailbox("Its domain is not one that the operator lets mail go to.")
    return found


def _no_mailbox(why: str) -> FormatError:
    return FormatError(
        "webhook.url",
        f"Mail is not sent to this address. {why}",
        "Give `mailto:name@domain`; the operator names the domain in TALLY_WEBHOOK_HOSTS, as `@domain`.",
        field="url",
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _no_address(why: str) -> FormatError:
    return FormatError(
        "webhook.url",
        f"Webhooks are not sent to this address. {why}",
        "Give an https address with a public name; for a host of its own network the operator sets TALLY_WEBHOOK_HOSTS.",
        field="url",
    )


def require(request: HookRequest, named: Collection[str]) -> bytes:
    """Refuse a webhook that nobody can be served by (``webhook.*``); the HMAC key of its secret."""
    if request.url.startswith(MAILTO):
        mailbox(request.url, named)
    else:
        target(request.url, named)
    if not request.kinds or tuple(sorted(set(request.kinds))) != request.kinds:
        raise FormatError(
            "webhook.kinds", "The kinds are none, repeated or not sorted.", f"Name some of {', '.join(KINDS)}, sorted."
        )
    if not request.label:
        raise FormatError("webhook.label", "The label is empty.", "Say in a few words what the webhook is for.")
    return key_of(request.secret)


def require_one(request: ReplayRequest) -> tuple[bytes, bool]:
    """The message that a replay names, and whether all after it are meant, too."""
    if (request.message is None) == (request.since is None):
        raise FormatError("webhook.replay", "Neither or both of message and since are given.", "Give one of them.")
    return (request.message, False) if request.since is None else (request.since, True)  # pyright: ignore[reportReturnType]


def not_yours(party: str, hook: str) -> RefusedError:
    """The party has no such webhook: others' look like none."""
    return RefusedError(
        "webhook.unknown", f"{party} has no webhook {hook}.", "Look with `tally webhook list`.", status=404
    )
