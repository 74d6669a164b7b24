"""Access keys: what programs read with, for months, where a token of one hour would ask the wallet again and again.

A key is 256 random bits that its party draws and keeps. The party's wallet signs, once, an :class:`~protocol.typed.AccessKey`: the
key's SHA-256, what it opens (:data:`SCOPES`), what it is for, and its end. The coordinator is given that, and sees the key itself
only when it is used (``Authorization: Bearer …``, RFC 6750). A key reads; it signs nothing, so it agrees to nothing.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, TypeAlias, get_args

from protocol import codec, ids
from protocol.api import PAGE, Answer, NextCursor
from protocol.codec import choice, prefixed, sequence, text
from protocol.errors import FormatError, VerificationError
from protocol.fields import Fields, Many, Named, Signature, Uint64
from protocol.programs import Words
from protocol.typed import AccessKey

SCHEME: Final = "Bearer"
DAY: Final = 86_400
LONGEST: Final = 366 * DAY
"""Seconds from its making to its end."""
RANDOM: Final = 32
"""Bytes of a key."""
_KEY: Final = re.compile(r"tallykey_[A-Za-z0-9_-]{43}")
_LABEL: Final = 80

Scope = Literal[
    "authorizations:read",
    "catalogue:read",
    "evidence:read",
    "results:read",
    "system:read",
    "tasks:read",
    "tasks:submit",
    "webhooks:manage",
]
SCOPES: Final[Mapping[Scope, Words]] = MappingProxyType(
    {
        "authorizations:read": Words("Read your party's own authorizations.", "读取本方的授权。"),
        "catalogue:read": Words("Read parties, data sets, programs and engines.", "读取参与方、数据集、程序与引擎。"),
        "evidence:read": Words("Fetch the evidence of your tasks.", "获取本方任务的证据。"),
        "results:read": Words(
            "Fetch shares sealed for your party; opening them takes its seal key.",
            "获取为本方密封的份额；打开仍需本方的密封密钥。",
        ),
        "system:read": Words("Read how the coordinator and its parts are.", "读取协调方及其各部分的状态。"),
        "tasks:read": Words(
            "Read your tasks, their state, and what their owners are asked.",
            "读取本方任务、其状态以及向数据提供方的请求。",
        ),
        "tasks:submit": Words(
            "Have contracts checked, and hand in those that your wallet has signed.",
            "检查合约，并提交本方钱包已签署的合约。",
        ),
        "webhooks:manage": Words(
            "Say which addresses are told of your tasks' ids and states.",
            "决定将本方任务的编号与状态通知到哪些地址。",
        ),
    }
)
"""What a key can be made for. None of them agrees to anything."""
KeyStanding = Literal["active", "expired", "revoked", "other-wallet"]
"""``other-wallet``: its party's registered wallet is not the one that signed it any more."""
Scopes: TypeAlias = Annotated[tuple[str, ...], sequence(choice(SCOPES), len(SCOPES))]
Label: TypeAlias = Annotated[str, text(_LABEL)]


@dataclass(frozen=True, slots=True)
class KeyRequest(Fields):
    """A key's hash, scopes, label and end, and the wallet's signature over that (EIP-712 `AccessKey`)."""

    WHERE: ClassVar[str] = "body"

    message: AccessKey
    signature: Signature


@dataclass(frozen=True, slots=True)
class KeyView(Answer):
    """A key of the reader's, without the key: times in unix seconds, `used_at` to the hour."""

    key: Annotated[bytes, prefixed("key"), Named("id"), "key_ and the SHA-256 of the key"]
    label: Label
    scopes: Scopes
    status: Annotated[KeyStanding, choice(get_args(KeyStanding))]
    made_at: Annotated[int, codec.COUNT]
    not_after: Uint64
    used_at: Annotated[int, codec.COUNT] | None


@dataclass(frozen=True, slots=True)
class KeyPage(Answer):
    """One page of the reader's keys, newest first; ask again with `next_cursor` until it is null."""

    items: Annotated[tuple[KeyView, ...], Many(PAGE)]
    next_cursor: NextCursor


def made_of(random: bytes) -> str:
    """The key for so many random bytes (:data:`RANDOM`)."""
    if len(random) != RANDOM:
        raise FormatError("key.random", f"{len(random)} bytes make no key.", f"Draw {RANDOM} random bytes.")
    return "tallykey_" + base64.urlsafe_b64encode(random).decode().rstrip("=")


def digest(key: str) -> bytes:
    """What the wallet signs of a key, and the coordinator keeps."""
    return hashlib.sha256(key.encode()).digest()


def header(key: str) -> str:
    """Value of the ``Authorization`` header."""
    return f"{SCHEME} {key}"


def presented(value: str | None) -> bool:
    """Whether an ``Authorization`` header offers a key (the scheme is told without regard to case: RFC 9110, 11.1)."""
    return value is not None and value.partition(" ")[0].lower() == SCHEME.lower()


def parse(value: str) -> bytes:
    """The hash of the key that a header offers; ``access.key_unknown`` for what cannot be one."""
    key = value.partition(" ")[2].strip(" ")
    if not presented(value) or _KEY.fullmatch(key) is None:
        raise unknown()
    return digest(key)


def unknown() -> VerificationError:
    """Nobody gave such a key here."""
    return VerificationError(
        "access.key_unknown",
        "This is no access key of this coordinator.",
        "Send the key that `tally token create` printed.",
    )


def require(message: AccessKey, now: int) -> None:
    """Refuse a message that no coordinator keeps: another form, no known scope, no time or too much."""
    ids.name(message.party, "party")
    if not message.scopes or tuple(sorted(set(message.scopes) & set(SCOPES))) != message.scopes:
        raise FormatError(
            "key.scopes",
            "The scopes are none, unknown, repeated or not sorted.",
            f"Name some of {', '.join(sorted(SCOPES))}, sorted.",
        )
    if not 1 <= len(message.label) <= _LABEL:
        raise FormatError(
            "key.label", f"A label has 1 to {_LABEL} characters.", "Say in a few words what the key is for."
        )
    if not now < message.not_after <= now + LONGEST:
        raise FormatError(
            "key.time", f"A key ends after now and within {LONGEST // DAY} days.", "Name an end within that."
        )
